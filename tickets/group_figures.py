"""What a group's page and the list of groups show, in a fixed number of queries however many members there are.

Names, words and rows only of tickets that the reader works on; of the others nothing but how many there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Func, IntegerField, Max, Min, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone

from tickets.group_lists import read_key, write_key
from tickets.models import Broadcast, GroupEvent, GroupMembership, Message, Status, Ticket, TicketGroup, User
from tickets.models.tickets import TicketQuerySet

PAGE_SIZE = 30
MOST_ORGANISATIONS = 8
MOST_PLACES = 8
MOST_WORDS = 5
MOST_WORKERS = 8
MOST_BARS = 40
MOST_MARKS = 12

MINUTE, HOUR, DAY = 60, 3600, 86400
STEPS = (10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, DAY, 7 * DAY, 28 * DAY, 91 * DAY, 364 * DAY)


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of all members, and of those that the reader works on."""

    members: int
    open: int
    waiting: int
    reporters: int
    organisations: int
    mine: int
    first_at: datetime | None
    last_at: datetime | None

    @property
    def others(self) -> int:
        """Members that the reader does not work on."""
        return self.members - self.mine


@dataclass(frozen=True, slots=True)
class Bar:
    """How many reports came in one step of time; geometry for the chart."""

    at: datetime
    count: int
    x: int
    height: int

    @property
    def y(self) -> int:
        return Arrivals.FLOOR - self.height


@dataclass(frozen=True, slots=True)
class Mark:
    """When something was said to all reporters, on the chart; `x` is None where that lies beyond its end."""

    broadcast: Broadcast
    at: datetime
    x: int | None


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Reports by time. `step` in seconds."""

    bars: list[Bar]
    step: int
    peak: int
    peak_at: datetime | None
    marks: list[Mark]

    FLOOR = 84
    WIDTH = 684

    @property
    def width(self) -> int:
        """Of one bar."""
        return max(3, self.WIDTH // max(len(self.bars), 12) - 5)

    @property
    def step_minutes(self) -> int:
        return self.step // MINUTE

    @property
    def step_hours(self) -> int:
        return self.step // HOUR

    @property
    def step_days(self) -> int:
        return self.step // DAY

    @property
    def ends_at(self) -> datetime | None:
        return self.bars[-1].at + timedelta(seconds=self.step) if self.bars else None


@dataclass(frozen=True, slots=True)
class MemberPage:
    """Some of the members that the reader works on, the newest report first."""

    tickets: list[Ticket]
    next: str
    shown: str


# --- whose tickets ---------------------------------------------------------------------------------------------------


def memberships_of(group: TicketGroup) -> Any:
    """Of an open group those that hold; of a closed one those that had not left when it closed."""
    inside = GroupMembership.objects.members().filter(group=group)
    return inside.current() if group.is_open else inside


def all_members(group: TicketGroup) -> TicketQuerySet:
    """Everybody's; for counting only."""
    return Ticket.objects.filter(pk__in=memberships_of(group).values("ticket"))


def members_of(group: TicketGroup, *, reader: User) -> TicketQuerySet:
    """Those that the reader works on."""
    return Ticket.objects.worked_by(reader).filter(pk__in=memberships_of(group).values("ticket"))


# --- the page --------------------------------------------------------------------------------------------------------


def read_figures(group: TicketGroup, *, reader: User) -> Figures:
    """Two queries."""
    waits = Q(closed_at__isnull=True, status__waits_for=Status.WaitsFor.US)
    everyone = all_members(group).aggregate(
        members=Count("pk"),
        open=Count("pk", filter=Q(closed_at__isnull=True)),
        waiting=Count("pk", filter=waits),
        reporters=Count("customer", distinct=True),
        first_at=Min("opened_at"),
        last_at=Max("opened_at"),
    )
    mine = members_of(group, reader=reader).aggregate(
        mine=Count("pk"), organisations=Count("organisation", distinct=True)
    )
    return Figures(**everyone, **mine)


def read_arrivals(group: TicketGroup, figures: Figures, now: datetime | None = None) -> Arrivals | None:
    """The reports by time from the first one until now, or until the group closed; None while there are none."""
    if figures.first_at is None or figures.last_at is None:
        return None
    start = int(figures.first_at.timestamp())
    end = int(max(figures.last_at, group.closed_at or now or timezone.now()).timestamp())
    if end - int(figures.last_at.timestamp()) > 14 * DAY:  # long over: the chart ends with the last report
        end = int(figures.last_at.timestamp()) + DAY
    step = next((step for step in STEPS if (end - start) // step < MOST_BARS), STEPS[-1])
    start -= start % min(step, HOUR)  # a round time to begin with
    template = "floor((extract(epoch from %(expressions)s) - %(start)s) / %(step)s)::integer"
    bin_of = Func(F("opened_at"), template=template, start=start, step=step, output_field=IntegerField())
    counted = all_members(group).order_by().annotate(bin=bin_of).values_list("bin").annotate(n=Count("pk"))
    counts = dict(counted)
    number = min(max(counts, default=0) + 1, 3 * MOST_BARS)
    number = max(number, min((end - start) // step + 1, MOST_BARS))
    peak = max(counts.values())
    pitch = Arrivals.WIDTH / max(number, 12)
    bars = [
        Bar(
            at=datetime.fromtimestamp(start + place * step, tz=timezone.get_current_timezone()),
            count=counts.get(place, 0),
            x=round(place * pitch) + 2,
            height=max(1, round(counts.get(place, 0) / peak * 68)),
        )
        for place in range(number)
    ]
    highest = max(bars, key=lambda bar: bar.count)
    marks = _read_marks(group, start=start, pitch=pitch / step)
    return Arrivals(bars, step, peak, highest.at, marks)


def _read_marks(group: TicketGroup, *, start: int, pitch: float) -> list[Mark]:
    """The last broadcasts to the reporters that started, in their order. `pitch`: units of the chart for a second."""
    started = Broadcast.objects.filter(group=group, kind__in=Broadcast.TO_REPORTERS, started_at__isnull=False)
    marks = []
    for broadcast in started.order_by("-started_at")[:MOST_MARKS]:
        assert broadcast.started_at is not None
        x = round((broadcast.started_at.timestamp() - start) * pitch) + 2
        marks.append(Mark(broadcast, broadcast.started_at, max(x, 1) if x < Arrivals.WIDTH else None))
    return marks[::-1]


def read_organisations(group: TicketGroup, figures: Figures, *, reader: User) -> list[tuple[str, int]]:
    """The organisations with the most reports among the reader's own; "" for those without one."""
    rows = (
        members_of(group, reader=reader)
        .order_by()
        .values_list("organisation__name")
        .annotate(n=Count("pk"))
        .order_by("-n", "organisation__name")
    )
    return [(name or "", n) for name, n in rows[:MOST_ORGANISATIONS]]


def read_places(group: TicketGroup, *, reader: User) -> list[tuple[str, int]]:
    """The places with the most reports among the reader's own; "" where it is not known; none when no place is known.

    One place typed in capitals and in small letters is one.
    """
    rows = (
        members_of(group, reader=reader)
        .order_by()
        .values_list(Lower(Coalesce("customer__place", Value(""))))
        .annotate(n=Count("pk"), name=Min("customer__place"))
        .order_by("-n", "name")
    )
    found = [(name or "", n) for _lower, n, name in rows[:MOST_PLACES]]
    return found if any(name for name, _n in found) else []


def read_words(group: TicketGroup, *, reader: User) -> list[Message]:
    """The newest words of reporters."""
    said = Message.objects.filter(
        ticket__in=members_of(group, reader=reader),
        sender=Message.Sender.CUSTOMER,
        is_automatic=False,
        is_unconfirmed=False,
        visible_to_customer=True,
        erasure__isnull=True,
    )
    return list(said.select_related("ticket", "author").order_by("-created_at", "-pk")[:MOST_WORDS])


def read_workers(group: TicketGroup, *, reader: User) -> list[tuple[User | None, int]]:
    """Who owns the open members, the most first; None for those that nobody has taken."""
    rows = (
        members_of(group, reader=reader)
        .filter(closed_at__isnull=True)
        .order_by()
        .values_list("owner")
        .annotate(n=Count("pk"))
        .order_by("-n", "owner")[:MOST_WORKERS]
    )
    counts = list(rows)
    people = User.objects.in_bulk([pk for pk, _n in counts if pk])
    return [(people.get(pk), n) for pk, n in counts]


SHOWN = ("all", "open", "closed", "followed")


def read_members(group: TicketGroup, *, reader: User, shown: str = "all", after: str = "") -> MemberPage:
    """A page of members by keyset: `after` is the `next` of the page before."""
    tickets = narrowed(members_of(group, reader=reader), group, shown)
    if (key := read_key(after)) is not None:
        moment, pk = key
        tickets = tickets.filter(Q(opened_at__lt=moment) | Q(opened_at=moment, pk__lt=pk))
    wrote = (
        GroupEvent.objects.filter(group=group, ticket=OuterRef("pk"), verb=GroupEvent.Verb.FOLLOWED_UP)
        .order_by("-pk")
        .values("recorded_at")[:1]
    )
    rows = list(
        tickets.annotate(followed_up_at=Subquery(wrote))
        .select_related("status", "owner", "customer", "organisation", "team")
        .order_by("-opened_at", "-pk")[: PAGE_SIZE + 1]
    )
    page = rows[:PAGE_SIZE]
    return MemberPage(page, write_key(page[-1].opened_at, page[-1].pk) if len(rows) > PAGE_SIZE else "", shown)


def narrowed(tickets: TicketQuerySet, group: TicketGroup, shown: str) -> TicketQuerySet:
    """Those of the members that a tab shows."""
    if shown == "open":
        return tickets.filter(closed_at__isnull=True)
    if shown == "closed":
        return tickets.filter(closed_at__isnull=False)
    if shown == "followed":
        return tickets.filter(pk__in=_followed_up(group).values("ticket"))
    return tickets


def count_followed_up(group: TicketGroup) -> int:
    """How many reporters wrote after the last closing."""
    return int(_followed_up(group).values("ticket").distinct().count())


def _followed_up(group: TicketGroup) -> Any:
    events = GroupEvent.objects.filter(group=group, verb=GroupEvent.Verb.FOLLOWED_UP).order_by()
    return events.filter(recorded_at__gte=group.closed_at) if group.closed_at else events.none()


def last_event(group: TicketGroup) -> int:
    """The newest line of its history; by it a page knows whether it missed something."""
    return GroupEvent.objects.filter(group=group).order_by("-pk").values_list("pk", flat=True).first() or 0
