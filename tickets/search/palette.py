"""What the command palette has to offer: what was looked at lately, or what fits the letters typed so far."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from django.db.models import OuterRef, Q, Subquery

from tickets.group_lists import find_groups
from tickets.models import Organisation, SavedView, SeenMark, Ticket, TicketGroup, User
from tickets.search import rows
from tickets.search.meaning import Reader, understand
from tickets.search.numbers import read_number, with_number_nearly, with_part_of_number
from tickets.search.parsing import Term, parse
from tickets.search.people import find_organisations, find_people
from tickets.search.rows import Scope, TooBroad
from tickets.search.words import fold

MOST_RECENT = 6
MOST_TICKETS = 6
MOST_PEOPLE = 4
MOST_GROUPS = 4
MOST_VIEWS = 5
LOOKED_BACK = 60  # marks of what was seen, of which the latest still visible are shown
SHORTEST = 2  # letters from which on something is looked for
BEGINNING_FROM = 3  # letters that are worth a beginning


@dataclass(slots=True)
class Offers:
    """What fits. `is_recent`: nothing was typed yet, the tickets are those looked at last."""

    is_recent: bool = False
    tickets: list[Ticket] = field(default_factory=list)
    groups: list[TicketGroup] = field(default_factory=list)
    people: list[User] = field(default_factory=list)
    organisations: list[Organisation] = field(default_factory=list)
    saved_views: list[SavedView] = field(default_factory=list)


def look_up(user: User, text: str) -> Offers:
    """For an agent: only what he works on, however it is asked."""
    text = " ".join(text.replace("\x00", "").split())[:200]
    offers = Offers(is_recent=not text, saved_views=_views(user, text))
    if not text:
        offers.tickets = _recent(user)
        return offers
    offers.tickets = _tickets(user, text)
    if len(text) >= SHORTEST:
        offers.groups = find_groups(text, by=user, most=MOST_GROUPS)
        offers.people = find_people(text, most=MOST_PEOPLE)
        offers.organisations = find_organisations(text, most=2)
    return offers


def _recent(user: User) -> list[Ticket]:
    """What he looked at last, of what he may still see."""
    seen = SeenMark.objects.filter(user=user).order_by("-seen_at").values_list("ticket", flat=True)[:LOOKED_BACK]
    latest = SeenMark.objects.filter(user=user, ticket=OuterRef("pk")).values("seen_at")
    tickets = Ticket.objects.worked_by(user).filter(pk__in=list(seen)).annotate(seen=Subquery(latest))
    return list(tickets.select_related("customer", "status").order_by("-seen")[:MOST_RECENT])


def _tickets(user: User, text: str) -> list[Ticket]:
    """By number first, then by the words of the title, its people and its labels."""
    worked = Ticket.objects.worked_by(user).select_related("customer", "status")
    found: list[Ticket] = []
    if read_number(text):
        found = with_part_of_number(worked, text, most=MOST_TICKETS) or with_number_nearly(worked, text)
    if len(found) >= MOST_TICKETS or len(text) < SHORTEST:
        return found
    ids = _by_title(user, text)
    known = {ticket.pk for ticket in found}
    by_id = worked.in_bulk([pk for pk in ids if pk not in known])
    return (found + [by_id[pk] for pk in ids if pk in by_id])[:MOST_TICKETS]


def _by_title(user: User, text: str) -> list[int]:
    reader = Reader(user)
    meaning = understand(parse(text), reader)
    if not meaning.looks_for_words:
        return []
    words = _last_is_beginning(meaning.words)
    teams = meaning.team_ids
    worked = Ticket.objects.worked_by(user).filter(meaning.tickets)
    scope = Scope(worked, marks=tuple(tuple(each) for each in rows.ask_marks(teams=teams, since=None, until=None)))
    try:
        return rows.titles(rows.ask_words(words), scope, most=MOST_TICKETS)
    except TooBroad:
        return []


def _last_is_beginning(words: list[tuple[Term, ...]]) -> list[tuple[Term, ...]]:
    """The last word is still being typed: it may stand there whole, or begin one."""
    *before, last = words
    term = last[-1]
    if term.field or term.is_excluded or term.is_phrase or len(term.value) < BEGINNING_FROM:
        return words
    return [*before, (*last, replace(term, is_beginning=True))]


def _views(user: User, text: str) -> list[SavedView]:
    """His own saved views and those of his teams."""
    views = SavedView.objects.filter(Q(owner=user) | Q(team__memberships__user=user)).select_related("team").distinct()
    wanted = fold(text)
    fitting = [view for view in views.order_by("position", "name") if fits(wanted, fold(view.name))]
    return fitting[:MOST_VIEWS]


def fits(wanted: str, name: str) -> bool:
    """Every word that was typed begins a word of the name. Both are folded."""
    return all(any(part.startswith(word) for part in name.split()) for word in wanted.split())
