"""What waits is read: a new ticket's words go into the index, and what is alike to it is kept, proposed and watched.

One process at a time, one ticket a transaction, in the order in which they came; so each finds all that came before.
"""

from __future__ import annotations

from django.db import connection, transaction

from tickets import live
from tickets.models import Likeness, RadarPending, Ticket
from tickets.similar import asking, bursts
from tickets.similar.finding import MOST_WORDS, words_of, worth_showing
from tickets.similar.index import text_of, write_ticket
from tickets.similar.weighing import ALIKE, likeness

LOCK = 7_304_252  # any number, ours alone among advisory locks
MOST_AT_ONCE = 500
MOST_KEPT = 40  # alike tickets that are kept of one: enough to see a burst of any size


def read_radar() -> int:
    """Reads what waits. Returns how many; 0 when another reader is at work."""
    handled = 0
    while handled < MOST_AT_ONCE and _read_next():
        handled += 1
    return handled


def hold_lock(*, wait: bool = False) -> bool:
    """The lock of whoever writes the index, until the transaction ends. `wait`: for the other to finish."""
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            return True
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone() == (True,))


def _read_next() -> bool:
    with transaction.atomic():
        if not hold_lock():
            return False
        first = RadarPending.objects.select_related("ticket__team").order_by("pk").first()
        if first is None:
            return False
        waiting = list(RadarPending.objects.filter(ticket=first.ticket_id))
        write_ticket(first.ticket)
        if any(row.is_arrival for row in waiting):
            propose(first.ticket)
        # Only what was seen before the text was read: whatever changed since has a row of its own.
        RadarPending.objects.filter(pk__in=[row.pk for row in waiting]).delete()
    return True


def propose(ticket: Ticket) -> None:
    """Keeps what is alike to a new ticket, tells the pages of those, and looks whether it is one of many."""
    text = text_of(ticket)
    question = asking.ask_of_ticket(ticket)
    hits = worth_showing(question, asking.find_hits(question), least=min(ALIKE, bursts.least_likeness()))[:MOST_KEPT]
    Likeness.objects.bulk_create(
        [Likeness(ticket=ticket, other_id=hit.ticket_id, score=likeness(hit.score, question.own)) for hit in hits],
        ignore_conflicts=True,
    )
    numbers = dict(Ticket.objects.filter(pk__in=[hit.ticket_id for hit in hits]).values_list("pk", "number"))
    for pk, number in numbers.items():
        live.tell_inside(pk, f"alike-{number}")
    live.tell_inside(ticket.pk, f"alike-{ticket.number}")
    shared = asking.shared_terms(question, [hit.ticket_id for hit in hits[:1]])
    words = [word for found in shared.values() for word in words_of(found, f"{ticket.title} {text}")]
    bursts.watch_for_burst(ticket, words[:MOST_WORDS])
