"""Which ticket a mail belongs to. What we signed decides first; the body never does.

The order: a bounce report's original mail; our own signed Message-ID in In-Reply-To or References; a plus address;
the subject's hook; the Message-ID of somebody else's mail that is already on a ticket.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from tickets.mail.addressing import number_in_addresses, numbers_in_subject
from tickets.mail.parsed import ParsedMail
from tickets.mail.signing import read_mail_id
from tickets.models import Message, OutboundMail, Ticket

MOST_IDS = 100  # of References that are looked at
MOST_COPIES = 20  # messages with one and the same id that are compared
LONGEST_ID = 900  # bytes of a foreign Message-ID that are kept; an index entry takes no more
TOLD_OF = "X-Ticketdesk-Ticket"  # in a mail of notices: the number of the one ticket that it tells of


class How(Enum):
    """By what a ticket was found."""

    BOUNCE = "bounce"
    MAIL_ID = "mail_id"
    PLUS_ADDRESS = "plus_address"
    SUBJECT = "subject"
    KNOWN_MAIL = "known_mail"


@dataclass(frozen=True, slots=True)
class Match:
    """A ticket that was found, by what, and the message or mail that is being answered or returned, where known."""

    ticket: Ticket
    how: How
    outbound: OutboundMail | None = None
    message: Message | None = None


def find_ticket(mail: ParsedMail, *, envelope_to: Sequence[str] = ()) -> Match | None:
    """The ticket a mail belongs to, as its marks say; merges are followed and trust is judged by the caller."""
    if mail.bounce is not None:
        match = _by_own_ids(mail.bounce.original_message_ids, How.BOUNCE)
        if match is not None:
            return match
    # The latest id comes first: In-Reply-To, then References from the end.
    ids = [*mail.in_reply_to, *reversed(mail.references)][:MOST_IDS]
    parties = (*mail.to, *mail.cc)
    addresses = [*envelope_to, *mail.delivered_to, *(party.address for party in parties)]
    return (
        _by_own_ids(ids, How.MAIL_ID) or _by_plus_address(addresses) or _by_subject(mail.subject) or _by_known_mail(ids)
    )


def find_notice(mail: ParsedMail) -> OutboundMail | None:
    """The mail of notices that this one answers: ours, and the latest of the ids it names that we signed."""
    for mail_id in [*mail.in_reply_to, *reversed(mail.references)][:MOST_IDS]:
        number = read_mail_id(mail_id)
        if number is not None:
            notices = OutboundMail.objects.filter(purpose=OutboundMail.Purpose.NOTICE, mail_id=mail_id.lower())
            return notices.first() if number == "" else None
    return None


def stored_id(mail_id: str) -> str:
    """A foreign Message-ID as it is kept and looked up: cut where an index entry ends."""
    return mail_id.encode()[:LONGEST_ID].decode(errors="ignore")


def find_copy(mail: ParsedMail) -> Message | None:
    """The message of a mail that reached us over another way too: all alike but what the way added.

    A Message-ID alone is no proof, since some senders use one again and again.
    """
    if not mail.message_id:
        return None
    same = Message.objects.filter(
        mail_id=stored_id(mail.message_id), from_address=mail.sender.address, subject=mail.subject
    )
    files = sorted(hashlib.sha256(file.content).hexdigest() for file in mail.attachments)
    for message in same.select_related("ticket").order_by("id")[:MOST_COPIES]:
        if message.body == mail.text and files == sorted(message.attachments.values_list("blob_id", flat=True)):
            return message
    return None


def _by_own_ids(ids: Iterable[str], how: How) -> Match | None:
    for mail_id in ids:
        number = read_mail_id(mail_id)
        if number is None:
            continue
        outbound = (
            OutboundMail.objects.select_related("ticket", "message").filter(mail_id=mail_id.lower()).first()
            or OutboundMail.objects.select_related("ticket", "message").filter(mail_id=mail_id).first()
        )
        if outbound is not None and outbound.ticket is not None:
            return Match(outbound.ticket, how, outbound, outbound.message)
        ticket = _ticket(number)
        if ticket is not None:
            return Match(ticket, how)
    return None


def _by_plus_address(addresses: Iterable[str]) -> Match | None:
    ticket = _ticket(number_in_addresses(addresses))
    return Match(ticket, How.PLUS_ADDRESS) if ticket else None


def _by_subject(subject: str) -> Match | None:
    for number in numbers_in_subject(subject):
        ticket = _ticket(number)
        if ticket is not None:
            return Match(ticket, How.SUBJECT)
    return None


def _by_known_mail(ids: Sequence[str]) -> Match | None:
    stored = [stored_id(mail_id) for mail_id in ids if mail_id]
    if not stored:
        return None
    known: dict[str, Message] = {}
    for message in Message.objects.filter(mail_id__in=stored).select_related("ticket").order_by("id"):
        known[message.mail_id] = message
    found = next((known[mail_id] for mail_id in stored if mail_id in known), None)
    return Match(found.ticket, How.KNOWN_MAIL, message=found) if found else None


def _ticket(number: str | None) -> Ticket | None:
    return Ticket.objects.filter(number=number).first() if number else None
