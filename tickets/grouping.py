"""The same list by tag or by group of reports: problems rather than single requests.

The work is bounded: of a longer list only the latest changed tickets are grouped, and the answer says so. Few
queries, however many tags and tickets: the counts, the tags, the shown tickets' ids; the caller reads their rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, F, FilteredRelation, Min, Q, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from tickets.list_rows import Row
from tickets.lists import tagged
from tickets.models import GroupMembership, Tag, Ticket, TicketGroup, User
from tickets.models.tickets import TicketQuerySet
from tickets.paging import order_by

MOST_GROUPED = 5000  # tickets that are looked at
MOST_GROUPS = 20
SHOWN_OF_EACH = 5
NO_TAG = "none"
NO_GROUP = "gnone"  # keys of groups of reports begin with a letter: "g12"


@dataclass(slots=True)
class Group:
    """A tag, or a group of reports (`problem`), with its tickets in the list; both are None for those without any."""

    tag: Tag | None
    count: int
    late: int
    oldest: datetime
    ids: list[int] = field(default_factory=list)
    tickets: list[Row] = field(default_factory=list)
    problem: TicketGroup | None = None
    by: str = "tag"

    @property
    def key(self) -> str:
        if self.by == "group":
            return f"g{self.problem.pk}" if self.problem else NO_GROUP
        return str(self.tag.pk) if self.tag else NO_TAG

    @property
    def name(self) -> str:
        """Empty for the tickets without a tag or a group."""
        return self.problem.title if self.problem else self.tag.name if self.tag else ""

    @property
    def hidden(self) -> int:
        return self.count - len(self.tickets)


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups with the most tickets first, those without a tag last. `is_part`: the list was too long for all."""

    groups: list[Group]
    is_part: bool
    more: int

    @property
    def ids(self) -> set[int]:
        return {pk for group in self.groups for pk in group.ids}

    def fill(self, tickets: dict[int, Row]) -> None:
        """Gives each group its rows, read by the caller with all that a row shows."""
        for group in self.groups:
            group.tickets = [tickets[pk] for pk in group.ids if pk in tickets]


def group_by_tag(tickets: TicketQuerySet, *, sort: str) -> Groups:
    """The most frequent tags of these tickets, each with its first few in this order."""
    return _group_by("tag", tickets, sort=sort)


def group_by_problem(tickets: TicketQuerySet, *, sort: str) -> Groups:
    """The same by group of reports: the open group that each ticket is in."""
    return _group_by("group", tickets, sort=sort)


def _group_by(by: str, tickets: TicketQuerySet, *, sort: str) -> Groups:
    latest = tickets.order_by("-changed_at", "-pk").values("pk")
    is_part = latest[MOST_GROUPED : MOST_GROUPED + 1].exists()
    some = Ticket.objects.filter(pk__in=latest[:MOST_GROUPED]) if is_part else tickets
    some, path = _with_path(some, by)
    counted = (
        some.order_by()
        .values(path)
        .annotate(
            count=Count("pk"),
            oldest=Min("opened_at"),
            late=Count("pk", filter=Q(closed_at__isnull=True, due_at__lt=timezone.now())),
        )
        .order_by("-count", path)
    )
    rows: list[dict[str, Any]] = [dict(row) for row in counted]  # the id is None for those without any
    named = [row for row in rows if row[path] is not None]
    shown = named[:MOST_GROUPS] + [row for row in rows if row[path] is None]
    ids = [row[path] for row in shown if row[path] is not None]
    tags: dict[int, Tag] = Tag.objects.in_bulk(ids) if by == "tag" else {}
    problems: dict[int, TicketGroup] = TicketGroup.objects.in_bulk(ids) if by == "group" else {}
    groups: dict[int | None, Group] = {
        row[path]: Group(
            tags.get(row[path]), row["count"], row["late"], row["oldest"], problem=problems.get(row[path]), by=by
        )
        for row in shown
    }
    for key, pk in _first_of_each(some, path, ids, with_none=None in groups, sort=sort):
        groups[key].ids.append(pk)
    return Groups(list(groups.values()), is_part, more=max(0, len(named) - MOST_GROUPS))


def _with_path(tickets: TicketQuerySet, by: str) -> tuple[TicketQuerySet, str]:
    """The tickets, and where the id of the tag or the group stands on them."""
    if by == "tag":
        return tickets, "tags"
    holds = Q(group_memberships__left_at__isnull=True, group_memberships__group_closed_at__isnull=True)
    held = FilteredRelation("group_memberships", condition=holds)
    return tickets.annotate(held_group=held), "held_group__group"


def _first_of_each(
    tickets: TicketQuerySet, path: str, ids: list[int], *, with_none: bool, sort: str
) -> list[tuple[int | None, int]]:
    wanted = Q(**{f"{path}__in": ids})
    if with_none:
        wanted |= Q(**{f"{path}__isnull": True})
    place = Window(RowNumber(), partition_by=[F(path)], order_by=order_by(sort))
    numbered = tickets.filter(wanted).annotate(place=place, key=F(path))
    firsts = numbered.filter(place__lte=SHOWN_OF_EACH).order_by("key", "place")
    return list(firsts.values_list("key", "pk"))


def in_group(tickets: TicketQuerySet, key: str) -> TicketQuerySet:
    """Those of the tickets that stand in the group of this key: a tag's id, NO_TAG, "g12" or NO_GROUP."""
    if key == NO_TAG:
        return tickets.filter(tagged(None))
    held = GroupMembership.objects.current()
    if key == NO_GROUP:
        return tickets.exclude(pk__in=held.values("ticket"))
    if not is_group(key):
        return tickets.none()
    if key.startswith("g"):
        return tickets.filter(pk__in=held.filter(group=int(key[1:])).values("ticket"))
    return tickets.filter(tagged(int(key)))


def is_group(key: str) -> bool:
    number = key.removeprefix("g")
    return key in (NO_TAG, NO_GROUP) or (number.isascii() and number.isdigit() and len(number) < 16)


@dataclass(frozen=True, slots=True)
class Named:
    """The group that a list is narrowed to; `tag` and `problem` are None for the tickets without any."""

    key: str
    tag: Tag | None
    problem: TicketGroup | None = None

    @property
    def by(self) -> str:
        return "group" if self.key.startswith("g") else "tag"


def name_of(key: str, reader: User) -> Named | None:
    """None for a tag that there is not, or a group that the reader may not open."""
    if key in (NO_TAG, NO_GROUP):
        return Named(key, None)
    if key.startswith("g"):
        problem = TicketGroup.objects.worked_by(reader).filter(pk=int(key[1:])).first()
        return Named(key, None, problem) if problem else None
    tag = Tag.objects.filter(pk=int(key)).first()
    return Named(key, tag) if tag else None
