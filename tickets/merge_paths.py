"""Where a merged ticket leads: the ticket that goes on in its place, and the tickets that lead to one.

A merged ticket keeps its number, its words and its history; it only points. Pointers may follow one another.
"""

from __future__ import annotations

from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from tickets.errors import Refused
from tickets.models import Status, Ticket
from tickets.models.tickets import TicketQuerySet

LEADING_HERE = """
WITH RECURSIVE led(id) AS (
    SELECT id FROM tickets_ticket WHERE merged_into_id = %s
    UNION SELECT t.id FROM tickets_ticket t JOIN led l ON t.merged_into_id = l.id
) SELECT id FROM led"""


def target_of(ticket: Ticket) -> Ticket:
    """The ticket that goes on in its place: itself, or the end of its pointers."""
    seen = {ticket.pk}
    while ticket.merged_into_id is not None and ticket.merged_into_id not in seen:
        seen.add(ticket.merged_into_id)
        ticket = Ticket.objects.select_related("status").get(pk=ticket.merged_into_id)
    return ticket


def tickets_leading_to(ticket: Ticket) -> TicketQuerySet:
    """All that were merged into it, or into one of those."""
    return Ticket.objects.filter(pk__in=RawSQL(LEADING_HERE, [ticket.pk]))  # noqa: S611 (no text of a user's in it)


def may_be_led_to(ticket: Ticket) -> bool:
    """Whether others may have been merged into it: `access` asks along with the ticket, so that pages need not."""
    return bool(getattr(ticket, "is_led_to", True))


def refuse_merged(ticket: Ticket) -> None:
    """Raises Refused, with the number to write on, for a ticket that only points at another."""
    if ticket.merged_into_id is not None:
        raise Refused(
            _("This ticket was merged into %(number)s; write there instead.") % {"number": target_of(ticket).number}
        )
    if ticket.status.type == Status.Type.MERGED:
        raise Refused(_("This ticket was merged into another one; write there instead."))


def refuse_change_of_merged(ticket: Ticket, *, field: str = "") -> None:
    """Raises Refused, with the number to change, for a ticket that only points at another."""
    if ticket.merged_into_id is not None:
        sentence = _("This ticket was merged into %(number)s; change that one instead.")
        raise Refused(sentence % {"number": target_of(ticket).number}, field=field)
