"""Our own addresses: which of them a mail is for, and from which a ticket's mail is sent."""

from __future__ import annotations

from collections.abc import Iterable
from email.utils import parseaddr

from django.conf import settings

from tickets.mail.addressing import plain_address
from tickets.mail.parsed import ParsedMail
from tickets.models import Mailbox, Ticket

POSTMASTER = "postmaster"  # RFC 5321 section 4.5.1: mail to it must be taken


def own_addresses() -> set[str]:
    """Every address of ours, also of mailboxes that are switched off: mail from one of them is a loop."""
    return set(Mailbox.objects.values_list("address", flat=True))


def is_own_address(address: str) -> bool:
    return Mailbox.objects.filter(address__in={address.lower(), plain_address(address)}).exists()


def mailboxes_of(addresses: Iterable[str]) -> list[Mailbox]:
    """Our active mailboxes among these addresses, in their order, each once; exact ones go before plus ones."""
    wanted = [(address.strip().strip("<>").lower(), plain_address(address)) for address in addresses if address]
    if not wanted:
        return []
    names = {name for pair in wanted for name in pair}
    known = {
        box.address: box for box in Mailbox.objects.select_related("team").filter(is_active=True, address__in=names)
    }
    found = [known.get(exact) or known.get(plain) for exact, plain in wanted]
    return list(dict.fromkeys(box for box in found if box is not None))


def mailbox_for_recipient(address: str) -> Mailbox | None:
    """The mailbox that an envelope's recipient means. `postmaster` means the default one."""
    boxes = mailboxes_of([address])
    if boxes:
        return boxes[0]
    local, _at, domain = address.strip().strip("<>").lower().partition("@")
    if local == POSTMASTER and (not domain or Mailbox.objects.filter(address__endswith=f"@{domain}").exists()):
        return default_mailbox()
    return None


def mailboxes_named_in(mail: ParsedMail) -> list[Mailbox]:
    """Our mailboxes that the header names, in the order in which OTRS looks: where it was delivered, then To, Cc."""
    parties = [party.address for party in (*mail.to, *mail.cc)]
    return mailboxes_of([*mail.delivered_to, *parties])


def default_mailbox() -> Mailbox | None:
    """The one that takes mail naming none of our addresses."""
    return Mailbox.objects.select_related("team").filter(is_default=True, is_active=True).first()


def mailbox_for(ticket: Ticket) -> Mailbox | None:
    """What a ticket's mail is sent from: the mailbox it came to if that is still its team's, else the team's first."""
    boxes = list(Mailbox.objects.filter(team=ticket.team_id, is_active=True).order_by("id"))
    came_to = (
        ticket.inbound.filter(mailbox__isnull=False).order_by("id").values_list("mailbox_id", flat=True).first()
        if len(boxes) > 1
        else None
    )
    for box in boxes:
        if box.pk == came_to:
            return box
    return boxes[0] if boxes else default_mailbox()


def sender_for(ticket: Ticket) -> tuple[str, str]:
    """Name and address that a ticket's mail is sent as."""
    box = mailbox_for(ticket)
    if box is not None:
        return box.name or ticket.team.name, box.address
    return ticket.team.name, fallback_address()


def fallback_address() -> str:
    """The address of the installation, for teams without a mailbox."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower()
