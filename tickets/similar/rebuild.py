"""The words of tickets that were there before the radar, in batches while people work; may be stopped and run again."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone

from tickets.models import Ticket
from tickets.similar.asking import REACH
from tickets.similar.drain import hold_lock
from tickets.similar.index import write_ticket

BATCH = 100  # tickets a transaction, for which arrivals wait to be read


def rebuild(*, only_missing: bool = False, batch: int = BATCH) -> Iterator[int]:
    """How many were read so far, batch by batch: the tickets within reach, the oldest first."""
    done, last = 0, 0
    within_reach = Ticket.objects.filter(opened_at__gte=timezone.now() - REACH).order_by("pk")
    while True:
        with transaction.atomic():
            hold_lock(wait=True)
            waiting = within_reach.filter(pk__gt=last)
            if only_missing:
                waiting = waiting.filter(radar_text__isnull=True)
            tickets = list(waiting[:batch])
            for ticket in tickets:
                write_ticket(ticket)
        if not tickets:
            return
        done, last = done + len(tickets), tickets[-1].pk
        yield done
