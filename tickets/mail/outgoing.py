"""Mail that leaves a ticket: replies and acknowledgements become rows of the outbox in the act's transaction.

`tickets.mail.sending` sends them afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import EllipsisType

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets import waking
from tickets.errors import Refused
from tickets.history import record
from tickets.lifecycle import lock_ticket
from tickets.mail import composing
from tickets.mail.acknowledgement import compose_acknowledgement
from tickets.mail.addressing import plus_address, subject_for
from tickets.mail.loops import why_hold_auto_reply
from tickets.mail.mailbox import is_own_address, sender_for
from tickets.mail.signing import make_mail_id
from tickets.models import Channel, Message, OutboundMail, Ticket, User, Verb

PARTY = tuple[str, str]  # name, address


def default_recipients(ticket: Ticket, *, last: Message | EllipsisType | None = ...) -> list[PARTY]:
    """Whom a reply goes to: the customer, at the address he last wrote from, else at his primary one.

    Without a customer: whoever wrote last. Empty when no address is known. `last`: the mail
    he last wrote, where it was read already.
    """
    person = ticket.customer
    if isinstance(last, EllipsisType):
        last = composing.last_mail_of_customer(ticket)
    if person is None:
        return [(last.from_name, last.from_address)] if last and _is_usable(last.from_address) else []
    own = {email.lower() for email in person.addresses.values_list("email", flat=True)}
    if last is not None and last.author_id == person.pk and last.from_address.lower() in own:
        return [(person.name, last.from_address.lower())]
    return [(person.name, person.email)] if person.email else []


def default_copies(ticket: Ticket) -> list[PARTY]:
    """Who gets a copy of a reply: the participants who have an address."""
    people = [row.user for row in ticket.participants.select_related("user").order_by("id")]
    return [(person.name, person.email) for person in people if person.email and person.is_active]


def queue_reply(
    ticket: Ticket,
    message: Message,
    *,
    language: str = "",
    footer: str = "",
    more_headers: Mapping[str, str] | None = None,
) -> OutboundMail:
    """Puts an agent's message to `message.to` and `message.cc` into the outbox. Call within the act's transaction.

    `footer` stands below the signature; `language` is asked of the recipient where it is not given.
    """
    recipients = [_party(row) for row in message.to]
    copies = [_party(row) for row in message.cc]
    if not recipients:
        raise Refused(_("There is nobody to send this to."), field="to")
    language = language or composing.language_for(ticket, recipients[0][1])
    name, address = sender_for(ticket)
    headers = {
        "Reply-To": plus_address(address, ticket.number),
        **composing.thread_headers(ticket, answers=composing.last_mail_of_customer(ticket)),
        **(more_headers or {}),
    }
    row = OutboundMail.objects.create(
        purpose=OutboundMail.Purpose.REPLY,
        ticket=ticket,
        message=message,
        sender_name=name,
        sender_address=address,
        to=recipients,
        cc=copies,
        subject=subject_for(ticket.number, ticket.title),
        body=composing.compose_reply(ticket, message, language=language, footer=footer),
        headers=headers,
        mail_id=make_mail_id(ticket.number, _domain(address)),
    )
    waking.wake(waking.SEND_DUE_MAIL)
    return row


def acknowledge(ticket: Ticket, message: Message, *, hold: str = "") -> None:
    """Tells the author of `message` that it arrived and under which number, if the guards and brakes allow.

    Either way the history says so. `hold` is the code of a reason not to that the caller knows, such as the
    kind of machine that wrote. Call within the act's transaction.
    """
    address = _answer_address(ticket, message)
    reason = hold or why_hold_auto_reply(ticket, message, address)
    if reason:
        record(ticket, Verb.AUTO_REPLY_HELD, by=None, message=message, reason=reason)
        return
    person_name = ticket.customer.name if ticket.customer else message.from_name
    language = composing.language_for(ticket, address)
    name, sender = sender_for(ticket)
    text = compose_acknowledgement(ticket, language=language)
    reply = Message.objects.create(
        ticket=ticket,
        kind=Message.Kind.MAIL,
        sender=Message.Sender.SYSTEM,
        channel=Channel.SYSTEM,
        visible_to_customer=True,
        is_automatic=True,
        from_name=name,
        from_address=sender,
        to=[[person_name, address]],
        subject=subject_for(ticket.number, ticket.title),
        body=text,
    )
    OutboundMail.objects.create(
        purpose=OutboundMail.Purpose.AUTO_REPLY,
        ticket=ticket,
        message=reply,
        sender_name=name,
        sender_address=sender,
        to=[[person_name, address]],
        subject=reply.subject,
        body=text,
        headers={
            "Reply-To": plus_address(sender, ticket.number),
            **composing.thread_headers(ticket, answers=message),
            "Auto-Submitted": "auto-replied",
            "Precedence": "bulk",
            "X-Auto-Response-Suppress": "All",
            "X-Loop": sender,
        },
        mail_id=make_mail_id(ticket.number, _domain(sender)),
        is_automatic=True,
    )
    record(ticket, Verb.AUTO_REPLIED, by=None, message=reply)
    waking.wake(waking.SEND_DUE_MAIL)


def resend_mail(outbound: OutboundMail, *, by: User) -> OutboundMail:
    """Queues a mail again that failed, bounced or waits for another try. Raises Refused when that makes no sense."""
    with transaction.atomic():
        ticket = lock_ticket(outbound.ticket) if outbound.ticket else None
        row = OutboundMail.objects.select_for_update(no_key=True).get(pk=outbound.pk)
        if row.state not in (OutboundMail.State.FAILED, OutboundMail.State.BOUNCED, OutboundMail.State.DEFERRED):
            raise Refused(_("Only a mail that failed can be sent again."))
        original_is_gone = row.original is not None and row.original.erasure_id is not None
        if row.erasure_id is not None or not row.body or original_is_gone:
            raise Refused(_("The text of this mail is no longer kept, so it can't be sent again."))
        if row.state == OutboundMail.State.BOUNCED:
            row.headers = {name: value for name, value in row.headers.items() if not name.startswith("_")}
        row.state = OutboundMail.State.QUEUED
        row.attempts = 0
        row.next_try_at = timezone.now()
        row.claimed_until = None
        row.last_error = ""
        row.save(update_fields=["headers", "state", "attempts", "next_try_at", "claimed_until", "last_error"])
        if ticket is not None:
            record(ticket, Verb.MAIL_RESENT, by=by, message=row.message, mail=row.pk)
        waking.wake(waking.SEND_DUE_MAIL)
    return row


def _answer_address(ticket: Ticket, message: Message) -> str:
    """Where the author of the message gets his answer."""
    if message.from_address:
        return message.from_address.lower()
    return (ticket.customer.email if ticket.customer else "") or ""


def _is_usable(address: str) -> bool:
    return "@" in address and not is_own_address(address)


def _party(row: object) -> PARTY:
    """A [name, address] pair as it is kept in JSON."""
    name, address = row if isinstance(row, (list, tuple)) else ("", row)
    return str(name), str(address).strip().lower()


def _domain(address: str) -> str:
    return address.rpartition("@")[2] or "localhost"
