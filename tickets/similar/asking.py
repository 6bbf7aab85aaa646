"""A question to the index: the words with the most to say, and the tickets in which they stand.

The cost has an upper bound however many tickets there are: at most MOST_ASKED words, of each the latest MOST_POSTINGS
tickets, read backwards from the primary key's index alone; of these the best CANDIDATES are looked at closely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from tickets.models import RadarText, Ticket
from tickets.similar.weighing import MOST_ASKED, weight_in_question, weight_in_ticket
from tickets.similar.words import Words, read_words

MOST_POSTINGS = 2_500
CANDIDATES = 500
REACH = timedelta(days=365)

_TOTALS = "SELECT tickets, title_words, body_words FROM tickets_radartotals"
_TERMS_OF_TICKET = """
    SELECT t.id, t.word, t.tickets, each.in_title, each.in_body
    FROM tickets_radartext r, unnest(r.terms, r.in_title, r.in_body) AS each(term, in_title, in_body)
    JOIN tickets_radarterm t ON t.id = each.term WHERE r.ticket_id = %s
"""
_TERMS_OF_WORDS = "SELECT word, id, tickets FROM tickets_radarterm WHERE word = ANY(%s)"
# A ticket's number in the order of coming. Of the oldest within reach a few are asked: some came out of order.
_OLDEST = """
    SELECT coalesce(min(id), 0) FROM (
        SELECT id FROM tickets_ticket WHERE opened_at >= %s ORDER BY opened_at, id LIMIT 200
    ) AS oldest
"""
HITS = "SELECT ticket_id, score FROM radar_hits(%s::int[], %s::real[], %s, %s, %s, %s)"  # migration `radar`


@dataclass(frozen=True, slots=True)
class Asked:
    """A word of a question."""

    term: int
    form: str
    worth: float


@dataclass(frozen=True, slots=True)
class Question:
    """The words that are asked, the most telling first. `own`: what the text would score against itself."""

    asked: tuple[Asked, ...]
    own: float
    at: datetime
    ticket_id: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """A ticket in which words of the question stand."""

    ticket_id: int
    score: float


@dataclass(frozen=True, slots=True)
class _Term:
    id: int
    form: str
    tickets: int
    in_title: int
    in_body: int


def ask_of_ticket(ticket: Ticket, text: str | None = None) -> Question:
    """By the words that were kept of it; by `text` (or its title) while they are not read yet."""
    with connection.cursor() as cursor:
        cursor.execute(_TERMS_OF_TICKET, [ticket.pk])
        kept = [_Term(*row) for row in cursor.fetchall()]
    if kept or RadarText.objects.filter(ticket=ticket).exists():
        return _question(kept, at=ticket.opened_at, ticket_id=ticket.pk, is_read=True)
    return ask_of_words(read_words(ticket.title, text or ""), at=ticket.opened_at, ticket_id=ticket.pk)


def ask_of_words(words: Words, *, at: datetime | None = None, ticket_id: int = 0) -> Question:
    forms = sorted(words.title.keys() | words.body.keys())
    with connection.cursor() as cursor:
        cursor.execute(_TERMS_OF_WORDS, [forms])
        known = {form: (pk, tickets) for form, pk, tickets in cursor.fetchall()}
    terms = []
    for form in forms:
        pk, tickets = known.get(form, (0, 0))
        terms.append(_Term(pk, form, tickets, words.title[form], words.body[form]))
    return _question(terms, at=at or timezone.now(), ticket_id=ticket_id)


def find_hits(question: Question, *, most: int = CANDIDATES) -> list[Hit]:
    """The tickets that share the most, best first; whoever asks has to look which of them he may know."""
    known = [asked for asked in question.asked if asked.term]
    if not known:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST, [question.at - REACH])
        row = cursor.fetchone()
        oldest = row[0] if row else 0
        cursor.execute(
            HITS,
            [
                [asked.term for asked in known],
                [asked.worth for asked in known],
                oldest,
                MOST_POSTINGS,
                question.ticket_id,
                most,
            ],
        )
        return [Hit(*row) for row in cursor.fetchall()]


def shared_terms(question: Question, ticket_ids: Sequence[int]) -> dict[int, list[Asked]]:
    """Which of the asked words stand in each of the tickets, the most telling first."""
    by_term = {asked.term: asked for asked in question.asked if asked.term}
    shared: dict[int, list[Asked]] = {}
    for pk, terms in RadarText.objects.filter(pk__in=ticket_ids).values_list("pk", "terms"):
        found = [by_term[term] for term in terms if term in by_term]
        shared[pk] = sorted(found, key=lambda asked: -asked.worth)
    return shared


def _question(
    terms: Sequence[_Term],
    *,
    at: datetime,
    ticket_id: int = 0,
    is_read: bool = False,
) -> Question:
    """The MOST_ASKED words with the most to say, unknown ones among them: they say that it is something else."""
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS)
        tickets, all_title, all_body = cursor.fetchone() or (0, 0, 0)
    mean_title, mean_body = max(1.0, all_title / max(tickets, 1)), max(1.0, all_body / max(tickets, 1))
    title_words, body_words = sum(term.in_title for term in terms), sum(term.in_body for term in terms)
    # A ticket that was read counts among those with its words; its own question leaves it out.
    itself = 1 if is_read else 0
    weighed = []
    for term in terms:
        worth = weight_in_question(term.in_title, term.in_body, term.tickets - itself, tickets - itself)
        if worth > 0:
            weight = weight_in_ticket(term.in_title, term.in_body, title_words, body_words, mean_title, mean_body)
            weighed.append((Asked(term.id, term.form, worth), weight))
    weighed.sort(key=lambda each: -each[0].worth)
    best = weighed[:MOST_ASKED]
    return Question(
        asked=tuple(asked for asked, _weight in best),
        own=sum(asked.worth * weight for asked, weight in best),
        at=at,
        ticket_id=ticket_id,
    )
