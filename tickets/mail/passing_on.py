"""Mail passed on to third parties: forwards and redirects become rows of the outbox, in the act's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import format_datetime, formataddr

from django.utils import timezone
from django.utils.translation import gettext as _

from tickets import waking
from tickets.mail.addressing import plus_address, subject_for
from tickets.mail.composing import signature_of
from tickets.mail.mailbox import sender_for
from tickets.mail.signing import make_mail_id
from tickets.models import InboundMail, Message, OutboundMail, Ticket

MOST_QUOTED = 200_000  # characters of a conversation that a forward offers; the oldest messages are left out first
LONGEST_REFERENCE = 250


def queue_forward(ticket: Ticket, message: Message, *, answers: Message | None) -> OutboundMail:
    """Puts a forward into the outbox. Its Reply-To leads back to the ticket.

    `answers` is the message passed on: when it came from a recipient of this mail, it threads as an answer to him.
    """
    name, address = sender_for(ticket)
    row = OutboundMail.objects.create(
        purpose=OutboundMail.Purpose.FORWARD,
        ticket=ticket,
        message=message,
        sender_name=name,
        sender_address=address,
        to=message.to,
        cc=message.cc,
        subject=subject_for(ticket.number, message.subject),
        body=message.body,
        headers={"Reply-To": plus_address(address, ticket.number), **_thread(message, answers)},
        mail_id=make_mail_id(ticket.number, address.rpartition("@")[2] or "localhost"),
    )
    waking.wake(waking.SEND_DUE_MAIL)
    return row


def queue_redirect(ticket: Ticket, message: Message, original: InboundMail) -> OutboundMail:
    """Puts the raw mail into the outbox once more; `mail_id` becomes its Resent-Message-ID."""
    name, address = sender_for(ticket)
    row = OutboundMail.objects.create(
        purpose=OutboundMail.Purpose.REDIRECT,
        ticket=ticket,
        message=message,
        original=original,
        sender_name=name,
        sender_address=address,
        to=message.to,
        subject=message.subject[:500],
        body=message.body,
        mail_id=make_mail_id(ticket.number, address.rpartition("@")[2] or "localhost"),
    )
    waking.wake(waking.SEND_DUE_MAIL)
    return row


def starting_words(ticket: Ticket, language: str) -> str:
    """What a forward begins with: room for words, and the team's signature."""
    signature = signature_of(ticket, language)
    return f"\n\n-- \n{signature}\n" if signature else ""


def text_to_pass_on(messages: Sequence[Message], *, most: int = MOST_QUOTED) -> str:
    """The messages, each below its sender, time and subject, oldest first; the oldest go when it grows too long."""
    parts: list[str] = []
    length = 0
    for message in reversed(messages):
        part = f"{_head_of(message)}\n\n{message.body.strip()}"
        length += len(part)
        if parts and length > most:
            parts.append(_("(earlier messages are left out)"))
            break
        parts.append(part[:most])
    return "\n\n".join(reversed(parts))


def _head_of(message: Message) -> str:
    people = [
        (_("From"), [(message.from_name, message.from_address)]),
        (_("To"), message.to),
        (_("Cc"), message.cc),
    ]
    lines = ["---------- {} ----------".format(_("Forwarded message"))]
    for label, parties in people:
        words = ", ".join(_party(str(name), str(address)) for name, address in parties)
        if words:
            lines.append(f"{label}: {words}")
    sent = timezone.localtime(message.sent_at or message.created_at)
    lines.insert(min(2, len(lines)), f"{_('Date')}: {format_datetime(sent)}")
    if message.subject:
        lines.append(f"{_('Subject')}: {' '.join(message.subject.split())}")
    return "\n".join(lines)


def _party(name: str, address: str) -> str:
    if not address:
        return name
    return formataddr((name, address)) if name.isascii() else f"{name} <{address}>"


def _thread(message: Message, answers: Message | None) -> dict[str, str]:
    if answers is None or not answers.mail_id or answers.from_address.lower() not in {row[1] for row in message.to}:
        return {}
    mail_id = answers.mail_id
    if len(mail_id) > LONGEST_REFERENCE or not mail_id.isascii() or not mail_id.isprintable() or " " in mail_id:
        return {}
    return {"In-Reply-To": f"<{mail_id}>", "References": f"<{mail_id}>"}
