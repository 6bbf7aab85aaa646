"""No answer to machines, no circles: what is ours coming back, and when an automatic reply is held back.

The guards are the sum of what OTRS, Zammad and FreeScout do. Each refusal has a code for the ticket's history.
"""

from __future__ import annotations

import re
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from tickets.mail.mailbox import is_own_address, mailbox_for
from tickets.mail.parsed import ParsedMail
from tickets.mail.signing import read_mail_id
from tickets.models import Message, OutboundMail, Ticket
from tickets.people import bounced_addresses

# Automatic replies; the counts stand in the outbox itself.
PER_ADDRESS_AND_DAY = 40
PER_MINUTE = 60
SAME_SUBJECT = 2
SAME_SUBJECT_WINDOW = timedelta(hours=3)

# Local parts behind which no person reads.
NOBODY = re.compile(
    r"^(?:mailer-daemon|postmaster|abuse|hostmaster|listserv|majordomo|.*-(?:request|bounces?|owner)|owner-.*|bounces?(?:[+=-].*)?"
    r"|(?:.*[._+-])?(?:no|do-?not|dont|ne|not)[._-]?reply(?:[._+-].*)?|nincs-?valasz|ne-?valaszolj(?:on)?)@",
    re.IGNORECASE,
)


def is_own_mail(mail: ParsedMail) -> bool:
    """A mail that we sent has come back to us: only we can sign such a Message-ID."""
    return read_mail_id(mail.message_id) is not None


def is_nobody(address: str) -> bool:
    """Whether the address belongs to a mail system or says that nobody reads it."""
    return NOBODY.match(address) is not None


def why_hold_auto_reply(ticket: Ticket, message: Message, address: str) -> str:
    """The code of the guard or brake that forbids an automatic reply to this message; "" when it may go."""
    if not address or "@" not in address:
        return "no_address"
    if message.is_automatic:
        return "automatic"
    if is_nobody(address):
        return "nobody_reads"
    if is_own_address(address):
        return "own_address"
    box = mailbox_for(ticket)
    if box is not None and not box.sends_auto_reply:
        return "switched_off"
    if not ticket.is_open:
        return "closed"
    if bounced_addresses([address]):
        return "bounced_address"
    return _brake(ticket, address)


def _brake(ticket: Ticket, address: str) -> str:
    """Counts without a lock: two workers at once may pass the mark by one or two, which stops a flood all the same."""
    now = timezone.now()
    replies = OutboundMail.objects.filter(is_automatic=True)
    if replies.filter(created_at__gte=now - timedelta(minutes=1)).count() >= PER_MINUTE:
        return "per_minute"
    to_address = replies.filter(Q(to__contains=[[address]]), created_at__gte=now - timedelta(days=1))
    if to_address.count() >= PER_ADDRESS_AND_DAY:
        return "per_address"
    same = to_address.filter(ticket__title=ticket.title, created_at__gte=now - SAME_SUBJECT_WINDOW)
    if same.count() >= SAME_SUBJECT:
        return "same_subject"
    return ""
