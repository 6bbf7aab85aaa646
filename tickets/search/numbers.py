"""Ticket numbers as people type them: with spaces, a hook or a dash, without the check digit, or one digit wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Q
from django.db.models.expressions import RawSQL

from tickets.models import Ticket
from tickets.models.tickets import TicketQuerySet
from tickets.numbering import DATE_CHECKSUM, check_digit, is_well_formed
from tickets.search.words import digits_in

SHORTEST_PART = 3  # digits of a number that are worth looking for
_NUMBER = re.compile(r"(?:\[?ticket\s*)?#?\s*([\d\s.\-/]{3,40}?)\]?", re.IGNORECASE)
MOST = 5


def read_number(text: str) -> str:
    """The digits of a text that is nothing but a ticket's number as people write it; else empty."""
    match = _NUMBER.fullmatch(text.strip())
    return digits_in(match[1]) if match else ""


def with_number(tickets: TicketQuerySet, text: str) -> Ticket | None:
    """The ticket whose number this is, if it is among these."""
    digits = read_number(text)
    return tickets.filter(number=digits).first() if len(digits) >= SHORTEST_PART else None


def with_part_of_number(tickets: TicketQuerySet, text: str, *, most: int = MOST) -> list[Ticket]:
    """The latest tickets whose number begins or ends with these digits."""
    digits = read_number(text)
    if len(digits) < SHORTEST_PART:
        return []
    tickets = tickets.select_related("merged_into")
    ends = RawSQL("SELECT id FROM tickets_ticket WHERE reverse(number) LIKE %s LIMIT 500", [digits[::-1] + "%"])
    found: list[Ticket] = list(tickets.filter(pk__in=ends).order_by("-pk")[:most])
    if len(found) < most:
        begins = tickets.filter(number__startswith=digits).exclude(pk__in=[ticket.pk for ticket in found])
        found += begins.order_by("-number")[: most - len(found)]
    return found


def with_number_nearly(tickets: TicketQuerySet, text: str, *, most: int = MOST) -> list[Ticket]:
    """Tickets whose number was probably meant: check digit missing, a digit wrong, left out or doubled, two changed."""
    digits = read_number(text)
    if len(digits) < 8:
        return []
    candidates = set(corrections(digits)) - {digits}
    return list(tickets.filter(Q(number__in=candidates)).order_by("-pk")[:most])


def corrections(digits: str) -> Iterator[str]:
    """Numbers we could have given that are one slip away."""
    if settings.TICKET_NUMBER_SCHEME == DATE_CHECKSUM:
        yield f"{digits}{check_digit(digits)}"
    for place in range(len(digits)):
        for digit in "0123456789":
            yield from _if_ours(digits[:place] + digit + digits[place + 1 :])
            yield from _if_ours(digits[:place] + digit + digits[place:])
        yield from _if_ours(digits[:place] + digits[place + 1 :])
        yield from _if_ours(digits[:place] + digits[place : place + 2][::-1] + digits[place + 2 :])


def _if_ours(number: str) -> Iterator[str]:
    if is_well_formed(number):
        yield number
