"""What the fields of a question mean for one reader: conditions on tickets, words for the index, and complaints.

A value that this reader cannot see is unknown to him: names of others' teams are not found out by asking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets.filters import STATUS_GROUPS
from tickets.models import Attachment, Organisation, Promise, Right, Tag, Team, TicketTag, User
from tickets.permissions import teams_with
from tickets.search.fields import read_date, value_named
from tickets.search.parsing import Asked, Complaint, Term
from tickets.search.people import ids_of_people, named_organisation
from tickets.search.words import fold
from tickets.vocabulary import Vocabulary, read_vocabulary

FEW = ("customer", "org", "tag", "owner", "priority")  # fields that usually leave few tickets


@dataclass(slots=True)
class Meaning:
    """The question as this reader may ask it."""

    words: list[tuple[Term, ...]] = field(default_factory=list)  # clauses for the index
    tickets: Q = field(default_factory=Q)
    files: list[Term] = field(default_factory=list)
    since: datetime | None = None
    until: datetime | None = None
    team_ids: frozenset[int] | None = None  # the only teams it can be, if it says so
    is_narrow: bool = False  # a field says that few tickets are left
    complaints: list[Complaint] = field(default_factory=list)

    @property
    def looks_for_words(self) -> bool:
        """Whether something has to stand somewhere; exclusion alone is no question to an index."""
        return any(not term.is_excluded for clause in self.words for term in clause)


class Reader:
    """Who asks, and the vocabularies that his question needs, each read once at most."""

    def __init__(self, user: User) -> None:
        self.user = user
        self._teams: list[Team] | None = None
        self._vocabulary: Vocabulary | None = None

    @property
    def teams(self) -> list[Team]:
        """The active teams that he reads."""
        if self._teams is None:
            self._teams = teams_with(self.user, Right.READ)
        return self._teams

    @property
    def vocabulary(self) -> Vocabulary:
        if self._vocabulary is None:
            self._vocabulary = read_vocabulary()
        return self._vocabulary


def understand(asked: Asked, reader: Reader, *, inside: bool = True) -> Meaning:
    """The question's meaning. From outside (the portal) only words, dates and open or closed mean anything."""
    meaning = Meaning(complaints=list(asked.complaints))
    for clause in asked.clauses:
        if clause[0].is_about_words:
            _take_words(clause, meaning, inside=inside)
        elif clause[0].field in ("before", "after"):
            _take_date(clause[0], meaning)
        elif clause[0].field == "file":
            meaning.files += clause
        elif not inside and clause[0].field not in ("is", "status"):
            _take_words(clause, meaning, inside=inside)
        else:
            _take_condition(clause, meaning, reader)
    return meaning


def _take_words(clause: tuple[Term, ...], meaning: Meaning, *, inside: bool) -> None:
    if not inside:  # who wrote to whom is not shown there, so it is not found out either
        clause = tuple(_as_words(term) if term.field != "subject" else term for term in clause)
    meaning.words.append(clause)


def _as_words(term: Term) -> Term:
    return Term(term.value, is_phrase=term.is_phrase, is_beginning=term.is_beginning, is_excluded=term.is_excluded)


def _take_date(term: Term, meaning: Meaning) -> None:
    day = read_date(term.value, timezone.localdate())
    if day is None:
        meaning.complaints.append(Complaint("date_unknown", term.field, term.value[:40]))
        meaning.words.append((_as_words(term),))
        return
    moment = _midnight(day)
    if (term.field == "after") != term.is_excluded:
        meaning.since = max(meaning.since, moment) if meaning.since else moment
    else:
        meaning.until = min(meaning.until, moment) if meaning.until else moment


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _take_condition(clause: tuple[Term, ...], meaning: Meaning, reader: Reader) -> None:
    found: list[Q] = []
    for term in clause:
        condition = CONDITIONS[term.field](term.value, reader)
        if condition is None:
            meaning.complaints.append(Complaint("value_unknown", term.field, term.value[:40]))
            meaning.words.append((_as_words(term),))
            return
        found.append(~condition if term.is_excluded else condition)
    either = reduce(or_, found)
    meaning.tickets &= either
    term = clause[0]
    if term.is_excluded:
        return
    if term.field in FEW:
        meaning.is_narrow = True
    if term.field == "team":
        ids = frozenset(team.pk for each in clause for team in _named(reader.teams, each.value))
        meaning.team_ids = ids if meaning.team_ids is None else meaning.team_ids & ids


# --- one function a field: its condition on tickets, or None when the value is unknown --------------------------------


def _named(rows: Iterable[Team], value: str) -> list[Team]:
    """Those of exactly this name, else those whose name or one of its words begins so."""
    wanted = fold(value)
    exact = [row for row in rows if fold(row.name) == wanted]
    return exact or [row for row in rows if any(part.startswith(wanted) for part in _beginnings(fold(row.name)))]


def _beginnings(name: str) -> list[str]:
    """The name from each of its words on."""
    words = name.split()
    return [" ".join(words[n:]) for n in range(len(words))]


def _team(value: str, reader: Reader) -> Q | None:
    teams = _named(reader.teams, value)
    return Q(team__in=[team.pk for team in teams]) if teams else None


def _tag(value: str, reader: Reader) -> Q | None:
    wanted = fold(value.lstrip("#"))
    rows = Tag.objects.annotate(meant=Coalesce("synonym_of", "pk")).values_list("meant", "name")
    names = [(pk, fold(name)) for pk, name in rows]
    ids = {pk for pk, name in names if name == wanted}
    ids = ids or {pk for pk, name in names if name.startswith(wanted)}
    if not ids:
        return None
    return Q(Exists(TicketTag.objects.filter(ticket=OuterRef("pk"), tag__in=ids)))


def _owner(value: str, reader: Reader) -> Q | None:
    fixed = value_named("owner", value)
    if fixed == "me":
        return Q(owner=reader.user.pk)
    if fixed == "none":
        return Q(owner__isnull=True)
    ids = ids_of_people(value, agents=True)
    return Q(owner__in=ids) if ids else None


def _customer(value: str, reader: Reader) -> Q | None:
    if value_named("owner", value) == "me":
        return Q(customer=reader.user.pk)
    ids = ids_of_people(value)
    return Q(customer__in=ids) if ids else None


def _org(value: str, reader: Reader) -> Q | None:
    wanted = fold(value)
    ids = [
        pk
        for pk, name in Organisation.objects.filter(named_organisation(value)).values_list("pk", "name")[:200]
        if any(part.startswith(wanted) for part in _beginnings(fold(name))) or len(wanted.split()) > 1
    ]
    return Q(organisation__in=ids) if ids else None


def _status(value: str, reader: Reader) -> Q | None:
    wanted = fold(value)
    named = [
        status.pk
        for status in reader.vocabulary.statuses
        if wanted in {fold(status.code), *(fold(str(name)) for name in status.names.values())}
    ]
    if named:
        return Q(status__in=named)
    words = {"new": _("new"), "open": _("open"), "pending": _("pending"), "closed": _("closed")}
    key = next((key for key in STATUS_GROUPS if wanted in (key, fold(words[key]))), value_named("is", value))
    group = STATUS_GROUPS.get(key or "")
    if group is None:
        return None
    return Q(status__in=[status.pk for status in reader.vocabulary.statuses if status.type in group])


def _priority(value: str, reader: Reader) -> Q | None:
    wanted = fold(value)
    ids = [
        priority.pk
        for priority in reader.vocabulary.priorities
        if wanted in {fold(priority.code), *(fold(str(name)) for name in priority.names.values())}
    ]
    return Q(priority__in=ids) if ids else None


def _is(value: str, reader: Reader) -> Q | None:
    match value_named("is", value):
        case "open":
            return Q(closed_at__isnull=True)
        case "closed":
            return Q(closed_at__isnull=False)
        case "new" | "pending" as group:
            return _status(group, reader)
        case "late":
            return Q(closed_at__isnull=True, due_at__lt=timezone.now())
        case "unassigned":
            return Q(owner__isnull=True)
        case "mine":
            return Q(owner=reader.user.pk)
    return None


def _has(value: str, reader: Reader) -> Q | None:
    match value_named("has", value):
        case "file":
            files = Attachment.objects.filter(message__ticket=OuterRef("pk"), is_inline=False, erasure__isnull=True)
            return Q(Exists(files))
        case "promise":
            return Q(Exists(Promise.objects.open().filter(ticket=OuterRef("pk"))))
    return None


CONDITIONS: dict[str, Callable[[str, Reader], Q | None]] = {
    "team": _team,
    "tag": _tag,
    "owner": _owner,
    "customer": _customer,
    "org": _org,
    "status": _status,
    "priority": _priority,
    "is": _is,
    "has": _has,
}
