"""Each ticket's words and weights. Written once when it has come, and anew when its title changes or a text is erased.

Only one process at a time writes (the drain holds a lock), so no row of the word table is fought over, and each ticket
finds all that came before it.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import F

from tickets.models import Event, Message, RadarPending, RadarTerm, RadarText, RadarTotals, Ticket, Verb
from tickets.similar.weighing import weight_in_ticket
from tickets.similar.words import LONGEST_BODY, Words, read_words
from tickets.waking import READ_RADAR, wake

READ_AGAIN = frozenset({Verb.TITLE_CHANGED, Verb.ERASED})

_KNOWN = "UPDATE tickets_radarterm SET tickets = tickets + 1 WHERE word = ANY(%s) RETURNING word, id"
_NEW = "INSERT INTO tickets_radarterm (word, tickets) SELECT unnest(%s::text[]), 1 RETURNING word, id"
_TOTALS = """
    INSERT INTO tickets_radartotals AS held (id, tickets, title_words, body_words) VALUES (1, 1, %s, %s)
    ON CONFLICT (id) DO UPDATE SET tickets = held.tickets + 1, title_words = held.title_words + excluded.title_words,
        body_words = held.body_words + excluded.body_words
    RETURNING tickets, title_words, body_words
"""
_POSTINGS = """
    INSERT INTO tickets_radarposting (term_id, ticket_id, weight)
    SELECT term, %s, weight FROM unnest(%s::int[], %s::real[]) AS each(term, weight)
"""
_FORGET_POSTINGS = """
    DELETE FROM tickets_radarposting WHERE ticket_id = %s
        AND term_id = ANY((SELECT terms FROM tickets_radartext WHERE ticket_id = %s)::int[])
"""


def mark_pending(event: Event, ticket: Ticket) -> None:
    """In the act's transaction: the ticket's words have to be read (anew)."""
    if event.verb == Verb.OPENED or event.verb in READ_AGAIN:
        RadarPending.objects.create(ticket=ticket, is_arrival=event.verb == Verb.OPENED)
        wake(READ_RADAR)


def text_of(ticket: Ticket) -> str:
    """What was reported: the first message that is no note, without what it quotes; nothing when it is erased."""
    first = Message.objects.filter(ticket=ticket).exclude(kind=Message.Kind.NOTE).order_by("created_at", "pk").first()
    if first is None or first.erasure_id is not None:
        return ""
    return first.shown_text[:LONGEST_BODY]


def write_ticket(ticket: Ticket) -> Words:
    """The ticket's words, in place of those that were written before. The caller holds the drain's lock."""
    forget_ticket(ticket)
    words = read_words(ticket.title, text_of(ticket))
    write_words(ticket.pk, words)
    return words


def write_words(ticket_id: int, words: Words) -> None:
    """Weighed with the means as they are now, this ticket included."""
    forms = sorted(words.title.keys() | words.body.keys())
    title_words, body_words = words.title.total(), words.body.total()
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [forms])
        ids: dict[str, int] = dict(cursor.fetchall())
        if missing := [form for form in forms if form not in ids]:
            cursor.execute(_NEW, [missing])
            ids |= dict(cursor.fetchall())
        cursor.execute(_TOTALS, [title_words, body_words])
        tickets, all_title, all_body = cursor.fetchone() or (1, 1, 1)
        mean_title, mean_body = max(1.0, all_title / tickets), max(1.0, all_body / tickets)
        weights = [
            weight_in_ticket(words.title[form], words.body[form], title_words, body_words, mean_title, mean_body)
            for form in forms
        ]
        cursor.execute(_POSTINGS, [ticket_id, [ids[form] for form in forms], weights])
    RadarText.objects.create(
        ticket_id=ticket_id,
        terms=[ids[form] for form in forms],
        in_title=_counts(words, forms, is_title=True),
        in_body=_counts(words, forms, is_title=False),
    )


def forget_ticket(ticket: Ticket) -> None:
    """Takes its words out again; a word that stood in this ticket alone is forgotten altogether."""
    held = RadarText.objects.filter(ticket=ticket).first()
    if held is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_POSTINGS, [ticket.pk, ticket.pk])
    terms = RadarTerm.objects.filter(pk__in=held.terms)
    terms.filter(tickets__lte=1).delete()
    terms.update(tickets=F("tickets") - 1)
    RadarTotals.objects.update(
        tickets=F("tickets") - 1,
        title_words=F("title_words") - sum(held.in_title),
        body_words=F("body_words") - sum(held.in_body),
    )
    held.delete()


def _counts(words: Words, forms: Sequence[str], *, is_title: bool) -> list[int]:
    counted = words.title if is_title else words.body
    return [min(counted[form], 32_767) for form in forms]
