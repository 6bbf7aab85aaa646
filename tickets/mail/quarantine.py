"""What people do with mail that was set aside: make a ticket of it, declare it ignored, or let it be tried again."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets import live, waking
from tickets.conversation import IncomingMail, receive_message
from tickets.errors import Refused
from tickets.lifecycle import open_ticket
from tickets.mail.filing import author_of, open_from_mail
from tickets.mail.intake import read_mail
from tickets.mail.parsed import ParsedMail, Party, Unparseable
from tickets.models import Channel, InboundMail, Mailbox, Team, Ticket, User
from tickets.people import find_or_add_person
from tickets.writing import NewFile

SET_ASIDE = (InboundMail.State.QUARANTINED, InboundMail.State.IGNORED)
DECLARED = "declared"  # the code of an agent's own reason, which stands in `detail`


def open_ticket_from(inbound: InboundMail, *, by: User, sender_email: str = "", team: Team | None = None) -> Ticket:
    """A new ticket from a mail that was set aside; what can't be read is attached as it came.

    `sender_email` says who wrote it when the mail does not. Without `team` it goes to its mailbox's.
    """
    with transaction.atomic():
        row = _lock(inbound)
        if row.state not in SET_ASIDE or (row.ticket_id is not None and row.state != InboundMail.State.IGNORED):
            raise Refused(_("This mail is on a ticket already, or waits to be read."))
        team = team or _team_of(row)
        try:
            mail = read_mail(row)
        except Unparseable:
            ticket = _open_from_unread(row, by=by, sender_email=sender_email, team=team)
        else:
            ticket = _open_from_read(row, mail, by=by, sender_email=sender_email, team=team)
        row.ticket = ticket
        _settle(row, InboundMail.State.NEW_TICKET, by=by)
    return ticket


def ignore_inbound(inbound: InboundMail, *, reason: str, by: User) -> InboundMail:
    """Declares a quarantined mail not worth a ticket; the reason and who said so stay with it."""
    reason = " ".join(reason.replace("\x00", "").split())
    if not reason:
        raise Refused(_("Say why this mail needs no ticket."), field="reason")
    with transaction.atomic():
        row = _lock(inbound)
        if row.state != InboundMail.State.QUARANTINED:
            raise Refused(_("Only a quarantined mail can be declared ignored."))
        row.reason = DECLARED
        row.detail = reason[:500]
        _settle(row, InboundMail.State.IGNORED, by=by)
    return row


def retry_inbound(inbound: InboundMail, by: User) -> InboundMail:
    """Lets a quarantined mail be read again, for instance after a fault of ours was mended."""
    with transaction.atomic():
        row = _lock(inbound)
        if row.state != InboundMail.State.QUARANTINED:
            raise Refused(_("Only a quarantined mail can be tried again."))
        row.attempts = 0
        row.next_try_at = timezone.now()
        row.reason = ""
        _settle(row, InboundMail.State.WAITING, by=by)
        waking.wake(waking.PROCESS_INBOUND_MAIL)
    return row


def _open_from_read(row: InboundMail, mail: ParsedMail, *, by: User, sender_email: str, team: Team) -> Ticket:
    sender = Party(sender_email.strip().lower(), author_of(mail).name) if sender_email.strip() else author_of(mail)
    if not sender.address:
        raise Refused(_("The mail does not say who wrote it. Enter the sender's address."), field="sender_email")
    # A person vouches for it now, but an acknowledgement weeks later, or to a forged address, would help nobody.
    return open_from_mail(row, mail, sender=sender, team=team, by=by, hold="opened_by_hand")


def _open_from_unread(row: InboundMail, *, by: User, sender_email: str, team: Team) -> Ticket:
    customer = find_or_add_person(sender_email) if sender_email.strip() else None
    ticket = open_ticket(title=_("Mail that can't be read"), team=team, channel=Channel.MAIL, by=by, customer=customer)
    text = _("This mail could not be read (%(reason)s). It is attached as it came.") % {"reason": row.reason}
    receive_message(
        ticket,
        IncomingMail(
            subject=ticket.title,
            text=text,
            from_address=sender_email.strip().lower(),
            is_automatic=True,
            files=[NewFile("mail.eml", bytes(row.raw), "message/rfc822")],
        ),
        author=customer,
        inbound=row,
        is_first=True,
    )
    return ticket


def _team_of(row: InboundMail) -> Team:
    mailbox = row.mailbox or Mailbox.objects.select_related("team").order_by("-is_default", "id").first()
    if mailbox is None:
        raise Refused(_("Say which team the ticket goes to."), field="team")
    return mailbox.team


def _lock(inbound: InboundMail) -> InboundMail:
    return (
        InboundMail.objects.select_for_update(no_key=True, of=("self",))
        .select_related("mailbox__team")
        .get(pk=inbound.pk)
    )


def _settle(row: InboundMail, state: InboundMail.State, *, by: User) -> None:
    row.state = state
    row.handled_by = by
    row.handled_at = timezone.now()
    row.save(
        update_fields=[
            "state", "ticket", "reason", "detail", "attempts", "next_try_at", "handled_by", "handled_at"
        ]
    )  # fmt: skip
    live.tell_house("quarantine")
