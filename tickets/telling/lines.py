"""Many notices, few lines: what came on one ticket, in one group or of one team is one line, its kinds counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.urls import reverse

from tickets.models import Notice, Team, Ticket, TicketGroup
from tickets.notice_words import count_in_words, icon_of, put_in_words

Thing = tuple[str, int]
"""What a line is about: "group", "team" or "ticket", and its id."""

MOST_READ = 20  # notices of a line that are read in full; the others are counted


@dataclass(frozen=True, slots=True)
class Light:
    """As much of a notice as folding needs."""

    pk: int
    kind: str
    thing: Thing
    is_unseen: bool


@dataclass(frozen=True, slots=True)
class Part:
    """All of one kind on a line, as its reader reads it."""

    icon: str
    text: str


@dataclass(slots=True)
class NoticeLine:
    """What is new about one thing; the newest first.

    `notices` are the newest ones in full, `total` counts all. `counts` has what is unseen by kind: whoever has seen ten
    reports is told of the four that came since; of a line seen as a whole it has everything.
    """

    thing: Thing
    counts: dict[str, int] = field(default_factory=dict)
    total: int = 0
    is_unseen: bool = False
    notices: list[Notice] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        return f"{self.thing[0]}:{self.thing[1]}"

    def tells_of(self, notice: Notice) -> bool:
        """Whether `counts` counts it."""
        return notice.seen_at is None or not self.is_unseen

    @property
    def entries(self) -> list[tuple[Notice, str]]:
        """The newest notices, each with its sentence."""
        return list(zip(self.notices, self.told, strict=True))

    @property
    def newest(self) -> Notice:
        return self.notices[0]

    @property
    def ticket(self) -> Ticket | None:
        return self.newest.ticket if self.thing[0] == "ticket" else None

    @property
    def group(self) -> TicketGroup | None:
        return self.newest.group if self.thing[0] == "group" else None

    @property
    def team(self) -> Team | None:
        return self.newest.team if self.thing[0] == "team" else None

    @property
    def title(self) -> str:
        if self.ticket is not None:
            return self.ticket.title
        return str(self.group or self.team or "")

    @property
    def number(self) -> str:
        return self.ticket.number if self.ticket is not None else ""

    @property
    def address(self) -> str:
        """The page that it leads to."""
        if self.ticket is not None:
            return reverse("tickets:ticket", args=[self.ticket.number])
        if self.group is not None:
            return group_address(self.group)
        return f"{reverse('tickets:inbox_view', args=['unassigned'])}?team={self.thing[1]}"


def group_address(group: TicketGroup) -> str:
    """The group's page."""
    return reverse("tickets:group", args=[group.pk])


def read_light(notices: QuerySet[Notice]) -> list[Light]:
    """The notices as far as folding needs them, in their order."""
    rows = notices.values_list("pk", "kind", "group", "team", "ticket", "seen_at")
    return [
        Light(pk, kind, thing_of(group, team, ticket), is_unseen=seen_at is None)
        for pk, kind, group, team, ticket, seen_at in rows
    ]


def thing_of(group: int | None, team: int | None, ticket: int | None) -> Thing:
    """What a notice with these ids is about."""
    if group is not None:
        return "group", group
    if team is not None:
        return "team", team
    assert ticket is not None, "a notice is of something (notice_of_something)"
    return "ticket", ticket


def fold(rows: Iterable[Light]) -> list[NoticeLine]:
    """One line for each thing, in the order of the newest, read and put in words in a few queries."""
    lines: dict[Thing, NoticeLine] = {}
    read: dict[int, NoticeLine] = {}
    for row in rows:
        line = lines.setdefault(row.thing, NoticeLine(row.thing))
        if line.total < MOST_READ:
            read[row.pk] = line
        if row.is_unseen and not line.is_unseen:
            line.counts, line.is_unseen = {}, True
        line.total += 1
        if row.is_unseen or not line.is_unseen:
            line.counts[row.kind] = line.counts.get(row.kind, 0) + 1
    for notice in read_full(Notice.objects.filter(pk__in=read)).order_by("-pk"):
        read[notice.pk].notices.append(notice)
    told = put_in_words(notice for line in lines.values() for notice in line.notices)
    for line in lines.values():
        line.told = [told[notice.pk].text for notice in line.notices]
        for kind, count in line.counts.items():
            first = next((each for each in line.notices if each.kind == kind and line.tells_of(each)), None)
            text = told[first.pk].text if first is not None and count == 1 else count_in_words(kind, count)
            line.parts.append(Part(icon_of(kind), text))
    return list(lines.values())


def read_full(notices: QuerySet[Notice]) -> QuerySet[Notice]:
    """With all that their words need."""
    return notices.select_related(
        "ticket__status", "ticket__customer", "group", "team", "event__by", "group_event", "by", "stands_for"
    )
