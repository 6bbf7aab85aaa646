"""What an agent's desk shows, read in a fixed number of queries: his state, his contact, his line, his day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Min, Prefetch, Q, Value
from django.utils import timezone

from contactcenter import background, service_levels, unmet
from contactcenter.models import (
    Activity,
    ActivityInterval,
    Agent,
    BackgroundWork,
    Contact,
    ContactSegment,
    Loan,
    Offer,
    Queue,
    QueueMembership,
    Work,
    WorkInterval,
)
from tickets.models import Promise, Ticket, User

TICKETS_SHOWN = 6
PROMISES_SHOWN = 6
CALLBACKS_SHOWN = 8
UNFINISHED_SHOWN = 5
NIGHT = timedelta(hours=8)  # a shift that goes over midnight is one day
SHORTEST_DAY = timedelta(hours=1)  # a day bar is not drawn over less
SECOND = timedelta(seconds=1)

# What a stretch of the day is drawn as.
READY, CALL, WRAP, BACK, BREAK = "ready", "call", "wrap", "back", "break"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the day of one kind; `start` and `end` by the clock."""

    kind: str
    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class Day:
    """The agent's day so far. `totals`: seconds of each kind; `activities`: seconds of each activity, by its id."""

    start: datetime
    now: datetime
    pieces: Sequence[Piece] = ()
    totals: dict[str, float] = field(default_factory=dict)
    activities: dict[int, float] = field(default_factory=dict)
    answered: int = 0
    missed: int = 0

    @property
    def mean_talk(self) -> float | None:
        """Seconds on the line for each contact answered today."""
        return service_levels.share(self.totals.get(CALL, 0.0), self.answered)

    @property
    def mean_wrap_up(self) -> float | None:
        return service_levels.share(self.totals.get(WRAP, 0.0), self.answered)


@dataclass(frozen=True, slots=True)
class Line:
    """One of his queues. `since`: since when the longest waits; `level`: share served in time today."""

    queue: Queue
    rank: int
    is_loan: bool
    waiting: int = 0
    since: datetime | None = None
    level: float | None = None

    @property
    def is_below(self) -> bool:
        """The promise of the queue is not kept today."""
        return self.level is not None and self.level * 100 < self.queue.target_percent

    @property
    def percent(self) -> int | None:
        return None if self.level is None else round(self.level * 100)


# --- the state alone, for every page ---------------------------------------------------------------------------------


def agent_at_desk(user: User) -> Agent | None:
    """The person as an agent who still works, with all that his state is made of."""
    found = Agent.objects.working().filter(user=user)
    return found.select_related("activity", "pending_activity", "user", "home_team").first()


def kind_of(activity: Activity, work: str) -> str:
    """What this state is drawn as; empty for signed out."""
    if work in (Work.OFFERED, Work.CONNECTED, Work.HELD):
        return CALL
    if work == Work.WRAP_UP:
        return WRAP
    if not activity.is_present:
        return ""
    if activity.is_routable:
        return READY
    return BACK if activity.is_recallable else BREAK


class Desk:
    """The desk of one agent at one moment. Each part is read when it is first asked for, and once."""

    def __init__(self, agent: Agent, *, at: datetime) -> None:
        self.agent = agent
        self.user = agent.user
        self.at = at
        local = timezone.localtime(at)
        self.midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        self.since = min(self.midnight, at - NIGHT)  # his own day

    # --- state ---

    @cached_property
    def choices(self) -> list[Activity]:
        """What he may choose, in order: being here first, signed out last."""
        found = Activity.objects.filter(is_active=True, is_chosen=True)
        return sorted(found, key=lambda one: (not one.is_present, one.position))

    @property
    def kind(self) -> str:
        return kind_of(self.agent.activity, self.agent.work)

    @property
    def is_idle(self) -> bool:
        return self.agent.work == Work.IDLE

    @property
    def limit_passes_at(self) -> datetime | None:
        """When the activity has lasted the longest that it may."""
        minutes = self.agent.activity.limit_minutes
        return self.agent.activity_since + timedelta(minutes=minutes) if minutes else None

    @property
    def is_past_limit(self) -> bool:
        return self.limit_passes_at is not None and self.limit_passes_at <= self.at

    @property
    def is_recalled(self) -> bool:
        return self.agent.recall_until is not None and self.agent.recall_until > self.at

    @property
    def is_in_focus(self) -> bool:
        return self.agent.focus_until is not None and self.agent.focus_until > self.at

    # --- the contact ---

    @cached_property
    def offer(self) -> Offer | None:
        if self.agent.work != Work.OFFERED:
            return None
        with_all = Offer.objects.select_related("contact__customer__organisation", "contact__ticket", "queue")
        return with_all.filter(agent=self.agent, state=Offer.State.PENDING).first()

    @cached_property
    def contact(self) -> Contact | None:
        """Who is on the line, or was until the wrap-up began."""
        if self.is_idle or self.agent.work == Work.OFFERED:
            return None
        now = WorkInterval.objects.filter(agent=self.agent, during__upper_inf=True)
        with_all = Contact.objects.select_related("customer__organisation", "queue__team", "ticket", "wrap_up__ticket")
        return with_all.filter(work_intervals__in=now).first()

    @property
    def caller(self) -> Contact | None:
        """Whom to be told of: with him, or offered."""
        return self.offer.contact if self.offer is not None else self.contact

    @property
    def waited(self) -> int | None:
        """Seconds in the line until the answer, or until now."""
        contact = self.caller
        if contact is None or contact.queued_at is None:
            return None
        return max(0, int(((contact.answered_at or self.at) - contact.queued_at).total_seconds()))

    @cached_property
    def tickets(self) -> list[Ticket]:
        """The caller's tickets that the agent works on, open ones first, each with its open promise."""
        contact = self.caller
        if contact is None or contact.customer is None:
            return []
        open_promise = Prefetch("promises", Promise.objects.open().select_related("who"), to_attr="open_promises")
        found = Ticket.objects.worked_by(self.user).filter(customer=contact.customer).select_related("status", "owner")
        newest = found.order_by(F("closed_at").desc(nulls_first=True), "-changed_at")
        return list(newest.prefetch_related(open_promise)[:TICKETS_SHOWN])

    @cached_property
    def other_queues(self) -> list[Queue]:
        """Where the contact may be sent on to."""
        contact = self.contact
        queues = Queue.objects.filter(is_active=True)
        return [one for one in queues if contact is None or one.pk != contact.queue_id]

    @cached_property
    def unfinished(self) -> list[Contact]:
        """Contacts of today that he has not said anything of: their wrap-up ended by itself."""
        mine = ContactSegment.objects.filter(agent=self.agent, answered_at__gte=self.since)
        found = Contact.objects.filter(segments__in=mine, wrap_up=None, agent=self.agent, state=Contact.State.CLOSED)
        return list(found.select_related("customer", "queue").order_by("-ended_at").distinct()[:UNFINISHED_SHOWN])

    # --- loans and tickets between contacts ---

    @cached_property
    def loan(self) -> Loan | None:
        with_all = Loan.objects.open().select_related("queue", "asked_by", "activity_before", "parked__ticket")
        return with_all.filter(agent=self.agent).first()

    @cached_property
    def _work(self) -> list[BackgroundWork]:
        states = [BackgroundWork.State.IN_HAND, BackgroundWork.State.PARKED]
        found = BackgroundWork.objects.filter(agent=self.agent, state__in=states)
        return list(found.select_related("ticket__status", "ticket__priority", "resumes"))

    @property
    def in_hand(self) -> BackgroundWork | None:
        return next((one for one in self._work if one.state == BackgroundWork.State.IN_HAND), None)

    @property
    def parked(self) -> list[BackgroundWork]:
        return [one for one in self._work if one.state == BackgroundWork.State.PARKED]

    @cached_property
    def next_ticket(self) -> Ticket | None:
        """What he would be handed next; asked only where he could take it."""
        if not self.may_take or self.in_hand is not None:
            return None
        return background.next_ticket(self.agent)

    @property
    def may_take(self) -> bool:
        return self.is_idle and self.agent.activity.is_recallable

    @cached_property
    def resume_cost(self) -> float | None:
        """What it has cost him so far to find his way back into a ticket, in seconds."""
        return background.resume_cost(self.agent) if self._work else None

    # --- his line and his day ---

    @cached_property
    def lines(self) -> list[Line]:
        serves = QueueMembership.objects.current().filter(agent=self.agent).select_related("queue")
        ordered = sorted(serves, key=lambda one: (one.kind != QueueMembership.Kind.LOAN, one.level, one.queue.name))
        queues = [one.queue_id for one in ordered]
        states = [Contact.State.QUEUED, Contact.State.OFFERED]
        waits = {
            row["queue"]: (row["waiting"], row["since"])
            for row in Contact.objects.filter(queue__in=queues, state__in=states)
            .order_by()
            .values("queue")
            .annotate(waiting=Count("pk"), since=Min("queued_at"))
        }
        levels = self._levels(queues)
        return [
            Line(
                one.queue,
                one.level,
                one.kind == QueueMembership.Kind.LOAN,
                *waits.get(one.queue_id, (0, None)),
                level=service_levels.service_level(
                    levels.get(one.queue_id, service_levels.Counts()), service_levels.Formula(one.queue.formula)
                ),
            )
            for one in ordered
        ]

    def _levels(self, queues: Sequence[int]) -> dict[int, service_levels.Counts]:
        """What came to these queues today. Who still waits in time is not counted yet."""

        def after(field_: str) -> ExpressionWrapper[Any]:
            return ExpressionWrapper(F(field_) * Value(SECOND, output_field=DurationField()), DurationField())

        within, short = F("entered_at") + after("queue__answer_within"), F("entered_at") + after("queue__short_abandon")
        gave_up = Q(answered_at=None, outcome__in=["abandoned", "short_abandoned"])
        is_late = Q(answered_at=None, left_at=None) & Q(entered_at__lt=self.at - after("queue__answer_within"))
        rows = (
            ContactSegment.objects.filter(queue__in=queues, entered_at__gte=self.midnight)
            .exclude(contact__channel=Contact.Channel.CALLBACK)
            .order_by()
            .values("queue")
            .annotate(
                offered=Count("pk", filter=Q(answered_at__isnull=False) | Q(left_at__isnull=False) | is_late),
                answered=Count("pk", filter=Q(answered_at__isnull=False)),
                in_time=Count("pk", filter=Q(answered_at__lte=within)),
                abandoned=Count("pk", filter=gave_up),
                early=Count("pk", filter=gave_up & Q(left_at__lte=within)),
                short=Count("pk", filter=gave_up & Q(left_at__lt=short)),
            )
        )
        return {
            row["queue"]: service_levels.Counts(
                offered=row["offered"],
                answered=row["answered"],
                answered_in_time=row["in_time"],
                abandoned=row["abandoned"],
                abandoned_in_time=row["early"],
                abandoned_short=row["short"],
            )
            for row in rows
        }

    @cached_property
    def callbacks(self) -> list[Contact]:
        """Who is to be called back out of his queues, the next first."""
        queues = [line.queue.pk for line in self.lines]
        states = [Contact.State.QUEUED, Contact.State.RETRY_WAIT]
        found = Contact.objects.filter(channel=Contact.Channel.CALLBACK, queue__in=queues, state__in=states)
        ordered = found.select_related("customer", "queue").order_by(F("retry_at").asc(nulls_first=True), "queued_at")
        return list(ordered[:CALLBACKS_SHOWN])

    @cached_property
    def unmet(self) -> list[Contact]:
        """Who waited for nothing in his queues and was not spoken to since, the oldest first."""
        found = unmet.unmet_for(self.agent).select_related("customer", "queue").order_by("queued_at", "pk")
        return list(found[:CALLBACKS_SHOWN])

    @cached_property
    def promises(self) -> list[Promise]:
        """What he has promised, late and of today."""
        tomorrow = self.midnight + timedelta(days=1)
        mine = Promise.objects.open().filter(who=self.user, by_when__lt=tomorrow)
        return list(mine.select_related("ticket__customer").order_by("by_when")[:PROMISES_SHOWN])

    @cached_property
    def day(self) -> Day:
        since = {"agent": self.agent, "during__overlap": (self.since, None)}
        activities = list(ActivityInterval.objects.filter(**since).select_related("activity").order_by("during"))
        works = list(WorkInterval.objects.filter(**since).order_by("during"))
        pieces = cut_day(activities, works, start=self.since, end=self.at)
        totals: dict[str, float] = {}
        for piece in pieces:
            totals[piece.kind] = totals.get(piece.kind, 0.0) + piece.seconds
        by_activity: dict[int, float] = {}
        for one in activities:
            span = min(one.during.upper or self.at, self.at) - max(one.during.lower, self.since)
            key = one.activity_id
            by_activity[key] = by_activity.get(key, 0.0) + max(0.0, span.total_seconds())
        start = pieces[0].start if pieces else self.at
        missed = Offer.objects.filter(agent=self.agent, offered_at__gte=self.since, state=Offer.State.TIMED_OUT).count()
        return Day(
            min(start, self.at - SHORTEST_DAY),
            self.at,
            pieces,
            totals,
            by_activity,
            answered=len({one.contact_id for one in works if one.work == Work.CONNECTED}),
            missed=missed,
        )


def cut_day(
    activities: Sequence[ActivityInterval], works: Sequence[WorkInterval], *, start: datetime, end: datetime
) -> list[Piece]:
    """Both axes as one row of stretches between `start` and `end`; neighbours of one kind are one. Absence is a gap."""
    spans = [one.during for one in activities] + [one.during for one in works]
    edges_of_all = (edge for span in spans for edge in (span.lower, span.upper))
    moments = {start, end} | {edge for edge in edges_of_all if edge is not None and start < edge < end}
    pieces: list[Piece] = []
    edges = sorted(moments)
    doing, at_work = iter(activities), iter(works)
    activity, work = next(doing, None), next(at_work, None)
    for left, right in pairwise(edges):
        while activity is not None and activity.during.upper is not None and activity.during.upper <= left:
            activity = next(doing, None)
        while work is not None and work.during.upper is not None and work.during.upper <= left:
            work = next(at_work, None)
        if activity is None or activity.during.lower > left:
            continue
        kind = kind_of(activity.activity, work.work if work is not None and work.during.lower <= left else Work.IDLE)
        if not kind:
            continue
        if pieces and pieces[-1].kind == kind and pieces[-1].end == left:
            pieces[-1] = Piece(kind, pieces[-1].start, right)
        else:
            pieces.append(Piece(kind, left, right))
    return pieces
