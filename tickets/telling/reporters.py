"""What a reporter gets: one mail for each ticket and text.

Nothing but words for him leaves the house: a reply, a broadcast's reply, the automatic reply to his first mail. Each is
one message, and the outbox holds one mail for a message at most (`OutboundMail.message` is unique). Closing, grouping,
merging, tagging and moving write to nobody. What remains is the same text said twice: from two tabs, or by a broadcast
and then by its author; `was_told` answers that, and `undo.send_answer` asks.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from tickets.models import Message, Ticket

SAME_TEXT_WITHIN = timedelta(days=1)


def was_told(ticket: Ticket, text: str, *, within: timedelta = SAME_TEXT_WITHIN) -> bool:
    """Whether the reporter was sent this very text on this ticket lately; spaces and line ends don't count."""
    sent = Message.objects.filter(
        ticket=ticket,
        sender=Message.Sender.AGENT,
        visible_to_customer=True,
        created_at__gte=timezone.now() - within,
    )
    return any(is_same_text(body, text) for body in sent.values_list("body", flat=True))


def is_same_text(one: str, other: str) -> bool:
    """The same words; spaces and line ends don't count."""
    return one.split() == other.split()
