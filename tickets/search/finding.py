"""`find`: everything that answers a question and that this reader may see, the best first.

From inside an agent finds what he works on, with its notes. From outside (the portal) a person finds his requests and
what was said to him, never a note, a tag or who wrote to whom. What may be seen is asked in SQL for every row.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Exists, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from tickets.models import Attachment, Message, Promise, Right, SearchRow, Ticket, User
from tickets.models.tickets import TicketQuerySet
from tickets.search import rows
from tickets.search.meaning import Meaning, Reader, understand
from tickets.search.numbers import with_number_nearly, with_part_of_number
from tickets.search.parsing import Asked, Complaint, Term, parse
from tickets.search.rows import Candidate, Scope, TooBroad
from tickets.search.snippets import Marker, Part

PAGE_SIZE = 20
MOST_FOUND = 200  # tickets that are ranked and paged through; beyond it the count says "more than"
MOST_LISTED = 2_000  # tickets that may be named one by one
OUTSIDE_WEIGHTS = "AC"  # titles and what was said; not people (B), notes and tags (D)
BEGINNING_FROM = 4  # letters


@dataclass(slots=True)
class Hit:
    """A ticket that was found, and why."""

    ticket: Ticket
    title: list[Part]
    snippet: list[Part] = field(default_factory=list)
    message: Message | None = None
    file_name: list[Part] = field(default_factory=list)
    at: datetime | None = None
    is_note: bool = False


@dataclass(slots=True)
class Found:
    """What there is to show. `count` is exact unless `has_more` says that it stops at a cap."""

    asked: Asked
    hits: list[Hit] = field(default_factory=list)
    count: int = 0
    has_more: bool = False
    complaints: list[Complaint] = field(default_factory=list)
    teams: Counter[int] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    ages: Counter[int] = field(default_factory=Counter)  # how many are at most so many days old
    numbers: list[Ticket] = field(default_factory=list)  # whose number it may be, in part or nearly


@dataclass(slots=True)
class _Best:
    """The best row of a ticket, and its best message."""

    score: float
    row: Candidate
    said: Candidate | None = None


AGES = (7, 30, 365)  # days


def find(user: User, text: str, *, page: int = 1, inside: bool = True, size: int = PAGE_SIZE) -> Found:
    """What the person finds: `inside` as an agent, else as a customer in the portal."""
    asked = parse(text)
    reader = Reader(user)
    meaning = understand(asked, reader, inside=inside)
    tickets = Ticket.objects.worked_by(user) if inside else Ticket.objects.asked_by(user)
    found = Found(asked, complaints=meaning.complaints)
    found.numbers = with_part_of_number(tickets, text)
    if not asked:
        return found
    try:
        ranked = _ranked(meaning, reader, tickets, inside=inside)
        if not ranked and (begun := _as_beginnings(meaning)) is not None:
            ranked = _ranked(begun, reader, tickets, inside=inside)
            if ranked:
                meaning.words = begun.words
                found.complaints.append(Complaint("beginnings_tried"))
    except TooBroad:
        found.complaints.append(Complaint("too_broad"))
        return found
    if not ranked and not found.numbers:
        found.numbers = with_number_nearly(tickets, text)
    _count(found, ranked)
    shown = ranked[(page - 1) * size : page * size]
    found.hits = _hits(shown, meaning)
    return found


def find_ids(user: User, text: str) -> list[int]:
    """The requests that a customer finds, for the portal's own list; what is typed last may be a beginning."""
    asked = parse(text)
    if not asked:
        return []
    reader = Reader(user)
    meaning = understand(asked, reader, inside=False)
    tickets = Ticket.objects.asked_by(user)
    try:
        ranked = _ranked(meaning, reader, tickets, inside=False)
        if not ranked and (begun := _as_beginnings(meaning)) is not None:
            ranked = _ranked(begun, reader, tickets, inside=False)
    except TooBroad:
        return []
    return [best.row.ticket_id for best in ranked] + [ticket.pk for ticket in with_part_of_number(tickets, text)]


# --- candidates ----------------------------------------------------------------------------------------------------


def _ranked(meaning: Meaning, reader: Reader, tickets: TicketQuerySet, *, inside: bool) -> list[_Best]:
    """The tickets found, best first."""
    messages = None if inside else Message.objects.shown_to_customer()
    tickets, narrowed = tickets.filter(meaning.tickets), Ticket.objects.filter(meaning.tickets)
    if meaning.looks_for_words:
        for term in meaning.files:
            has_file = _has_file(term, outside=not inside)
            tickets, narrowed = tickets.filter(has_file), narrowed.filter(has_file)
        question, only_kind = rows.ask_words(meaning.words, "" if inside else OUTSIDE_WEIGHTS), ""
    elif meaning.files:
        question, only_kind = rows.ask_words([(_plain(term),) for term in meaning.files], "C"), "f"
    else:
        return _latest(_without_words(tickets, meaning), meaning)
    scope = Scope(tickets, messages, since=meaning.since, until=meaning.until)
    if not inside or meaning.is_narrow:
        ids = tuple(tickets.order_by("-pk").values_list("pk", flat=True)[: MOST_LISTED + 1])
        if len(ids) <= MOST_LISTED:
            return _group(rows.candidates(question, replace(scope, ticket_ids=ids), only_kind=only_kind))
    teams = meaning.team_ids
    scopes: list[Scope] = []
    if inside and not reader.user.is_admin:
        read = _read_teams(reader.user)
        own = tuple(_own_elsewhere(narrowed, reader.user, read)) if teams is None else ()
        if own:
            scopes.append(replace(scope, ticket_ids=own))
        teams = read if teams is None else teams & read
    marks = rows.ask_marks(teams=teams, since=meaning.since, until=meaning.until)
    scopes.append(replace(scope, marks=tuple(tuple(each) for each in marks)))
    return _group(rows.candidates(question, *scopes, only_kind=only_kind))


def _read_teams(user: User) -> frozenset[int]:
    return frozenset(team for team, rights in user.rights_by_team.items() if rights & {Right.READ, Right.ALL})


def _own_elsewhere(tickets: TicketQuerySet, user: User, read: Collection[int]) -> Iterable[int]:
    """Those of other teams that are his by ownership, responsibility or promise; the index does not mark them.

    Each ground lets him see the ticket, so nothing has to be asked besides; and each has an index of its own, which the
    database uses for three questions but not for one with "or".
    """
    if not user.is_active or not user.is_agent:
        return []
    promised = Promise.objects.open().filter(who=user).values("ticket")
    elsewhere = tickets.exclude(team__in=read).order_by("-pk").values_list("pk", flat=True)
    owned, answered, awaited = (
        elsewhere.filter(**ground)[:MOST_LISTED]
        for ground in ({"owner": user}, {"responsible": user}, {"pk__in": promised})
    )
    return owned.union(answered, awaited).order_by("-pk")[:MOST_LISTED]


def _has_file(term: Term, *, outside: bool) -> Exists | Q:
    named = RawSQL("vector @@ search_ask(%s, 'C', %s)", (term.value, term.is_beginning), output_field=BooleanField())
    files = SearchRow.objects.filter(named, ticket=OuterRef("pk"), kind=SearchRow.Kind.FILE)
    if outside:
        files = files.filter(message__in=Message.objects.shown_to_customer())
    return ~Q(Exists(files)) if term.is_excluded else Exists(files)


def _plain(term: Term) -> Term:
    return replace(term, field="", is_phrase=True)


def _without_words(tickets: TicketQuerySet, meaning: Meaning) -> TicketQuerySet:
    """Only exclusions and fields are asked for: tickets of which no row holds what is excluded."""
    for term in (term for clause in meaning.words for term in clause):
        said = RawSQL("vector @@ search_ask(%s, '', %s)", (term.value, term.is_beginning), output_field=BooleanField())
        tickets = tickets.filter(~Q(Exists(SearchRow.objects.filter(said, ticket=OuterRef("pk")))))
    for term in meaning.files:
        tickets = tickets.filter(_has_file(term, outside=False))
    return tickets


def _latest(tickets: TicketQuerySet, meaning: Meaning) -> list[_Best]:
    """Fields alone: the tickets themselves, the last changed first; dates are those of the opening."""
    if meaning.since is not None:
        tickets = tickets.filter(opened_at__gte=meaning.since)
    if meaning.until is not None:
        tickets = tickets.filter(opened_at__lt=meaning.until)
    values = tickets.order_by("-changed_at", "-pk").values_list("pk", "opened_at", "team", "status")
    return [
        _Best(0.0, Candidate("t", pk, None, None, opened_at.timestamp(), 0.0, team, status))
        for pk, opened_at, team, status in values[: MOST_FOUND + 1]
    ]


def _group(found: Sequence[Candidate]) -> list[_Best]:
    """One entry a ticket, by its best row; of its rows the best that was said is kept for the snippet."""
    now = timezone.now().timestamp()
    best: dict[int, _Best] = {}
    for row in found:
        age = max((now - row.second) / 86_400, 0)
        score = row.rank * (1 + 0.5 * math.exp(-age / 120))
        entry = best.setdefault(row.ticket_id, _Best(score, row))
        if score > entry.score:
            entry.score, entry.row = score, row
        if row.kind != "t" and (entry.said is None or row.rank > entry.said.rank):
            entry.said = row
    return sorted(best.values(), key=lambda entry: (-entry.score, -entry.row.ticket_id))[: MOST_FOUND + 1]


def _as_beginnings(meaning: Meaning) -> Meaning | None:
    """The same with each longer word as a beginning; None when there is none to try."""
    clauses = [tuple(_begun(term) for term in clause) for clause in meaning.words]
    return replace(meaning, words=clauses) if clauses != meaning.words else None


def _begun(term: Term) -> Term:
    is_word = not term.field and not term.is_phrase and not term.is_excluded
    return replace(term, is_beginning=True) if is_word and len(term.value) >= BEGINNING_FROM else term


# --- what is shown -------------------------------------------------------------------------------------------------


def _count(found: Found, ranked: Sequence[_Best]) -> None:
    found.has_more = len(ranked) > MOST_FOUND
    found.count = min(len(ranked), MOST_FOUND)
    now = timezone.now().timestamp()
    for entry in ranked[:MOST_FOUND]:
        found.teams[entry.row.team_id] += 1
        found.statuses[entry.row.status_id] += 1
        for days in AGES:
            if now - entry.row.second < days * 86_400:
                found.ages[days] += 1


def _hits(shown: Sequence[_Best], meaning: Meaning) -> list[Hit]:
    """The rows of a page: tickets, messages and files in one query each, then the words are marked."""
    tickets = {
        ticket.pk: ticket
        for ticket in Ticket.objects.filter(pk__in=[entry.row.ticket_id for entry in shown])
        .for_lists()
        .select_related("merged_into")
    }
    said = {entry.row.ticket_id: entry.said or entry.row for entry in shown}
    messages = (
        Message.objects.select_related("author")
        .defer("html", "to", "cc", "traits")
        .in_bulk([row.message_id for row in said.values() if row.message_id])
    )
    files = Attachment.objects.in_bulk([row.attachment_id for row in said.values() if row.attachment_id])
    marker = Marker([*(term for clause in meaning.words for term in clause), *meaning.files])
    marker.learn(
        [ticket.title for ticket in tickets.values()]
        + [message.shown_text for message in messages.values()]
        + [file.name for file in files.values()]
    )
    return [
        _hit(tickets[pk], row, messages.get(row.message_id or 0), files.get(row.attachment_id or 0), marker)
        for pk, row in said.items()
        if pk in tickets
    ]


def _hit(ticket: Ticket, row: Candidate, message: Message | None, file: Attachment | None, marker: Marker) -> Hit:
    return Hit(
        ticket=ticket,
        title=marker.mark(ticket.title),
        snippet=marker.snippet(message.shown_text) if message is not None and file is None else [],
        message=message,
        file_name=marker.mark(file.name) if file is not None else [],
        at=row.at,
        is_note=message is not None and message.kind == Message.Kind.NOTE,
    )


def everything(user: User, text: str, *, size: int) -> list[tuple[Hit, bool]]:
    """For programs: from inside what he works on, and from outside what he asked for himself."""
    hits = [(hit, True) for hit in find(user, text, size=size).hits] if user.is_agent else []
    known = {hit.ticket.pk for hit, _inside in hits}
    outside: Any = find(user, text, inside=False, size=size).hits
    worked = set()
    if user.is_agent:
        ids = [hit.ticket.pk for hit in outside]
        worked = set(Ticket.objects.worked_by(user).filter(pk__in=ids).values_list("pk", flat=True))
    hits += [(hit, False) for hit in outside if hit.ticket.pk not in known | worked]
    return hits[:size]
