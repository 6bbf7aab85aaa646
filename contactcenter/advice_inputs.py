"""What advice is made of, read for all queues at once in a fixed number of queries, and kept as plain numbers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min

from contactcenter import deciding, estimates, lending, loans
from contactcenter.blending import Blending, InBackground
from contactcenter.deciding import Lender, LendingRules
from contactcenter.measuring import Measured, hourly
from contactcenter.models import (
    Agent,
    BackgroundWork,
    CentreEvent,
    Contact,
    ContactSegment,
    Loan,
    Outcome,
    Queue,
    QueueMembership,
    QueueWatch,
    Work,
)
from contactcenter.pulling import Helper, Memory, Pulling, Sight, needed_agents
from contactcenter.queues import openings
from contactcenter.staffing import Demand, Target

WINDOW = timedelta(minutes=15)
SETTLES_FOR = timedelta(seconds=60)  # most wrap-ups are over by then
MOST_LENDERS = 20  # kept with a decision: the best of those who may be asked
ABANDONED = (Outcome.ABANDONED, Outcome.SHORT_ABANDONED)


@dataclass(frozen=True, slots=True)
class Seen:
    """A queue as it is now."""

    sight: Sight
    helpers: tuple[Helper, ...]
    at_tickets: tuple[InBackground, ...]


@dataclass(frozen=True, slots=True)
class Lending:
    """Who may be asked, best first, and why others are not: reason to number."""

    lenders: tuple[Lender, ...] = ()
    running: tuple[tuple[int, int], ...] = ()
    not_asked: dict[str, int] = field(default_factory=dict)


def pulling_of(queue: Queue) -> Pulling:
    """The queue's rule; a target of all is taken as 99 of 100, which no number of agents could promise."""
    target = Target(min(queue.target_percent, 99) / 100, float(queue.answer_within))
    return Pulling(target=target, least_stay=float(queue.minimum_stay))


# --- what is seen ----------------------------------------------------------------------------------------------------


def read_sights(watches: Iterable[QueueWatch], at: datetime) -> dict[int, Seen]:
    """Each watched queue as it is at this moment."""
    by_queue = {watch.queue_id: watch for watch in watches}
    now = at.timestamp()
    waiting = {
        queue: (count, first)
        for queue, count, first in Contact.objects.filter(state=Contact.State.QUEUED, queue__in=by_queue)
        .values_list("queue")
        .annotate(count=Count("pk"), first=Min("queued_at"))
        .order_by()
    }
    began = _counted_since(by_queue.values(), at)
    entered = ContactSegment.objects.filter(queue__in=by_queue, entered_at__gt=at - WINDOW, entered_at__lte=at)
    arrived = Counter(queue for queue, moment in entered.values_list("queue", "entered_at") if moment > began[queue])
    open_loans: dict[int, list[Loan]] = defaultdict(list)
    for loan in Loan.objects.open().filter(queue__in=by_queue).select_related("agent"):
        open_loans[loan.queue_id].append(loan)
    serving, at_tickets = _read_staff(by_queue)
    rows = _in_background({pk for pks in at_tickets.values() for pk in pks}, at)
    seen = {}
    for queue, watch in by_queue.items():
        count, first = waiting.get(queue, (0, None))
        rate = hourly(arrived[queue], (at - began[queue]).total_seconds())
        demand = estimates.measured_of(watch).demand(rate)
        lent = open_loans[queue]
        seen[queue] = Seen(
            sight=Sight(
                waiting=count,
                longest_wait=max(0.0, now - first.timestamp()) if first else 0.0,
                idle=sum(work == Work.IDLE for work in serving[queue]),
                on_duty=len(serving[queue]),
                coming=sum(one.state in (Loan.State.ASKED, Loan.State.COMING) for one in lent),
                helpers=len(lent),
                demand=demand,
            ),
            helpers=tuple(
                Helper(one.agent_id, one.active_at.timestamp(), one.agent.work == Work.IDLE)
                for one in lent
                if one.state == Loan.State.ACTIVE and one.active_at is not None
            ),
            at_tickets=tuple(rows[pk] for pk in at_tickets[queue] if pk in rows),
        )
    return seen


def _counted_since(watches: Iterable[QueueWatch], at: datetime) -> dict[int, datetime]:
    """From when on arrivals count for the rate: a window back, but not before the queue was set up or opened today.

    While it is closed the whole window counts.
    """
    opened = openings(at)
    found = {}
    for watch in watches:
        began = opened.get(watch.queue.hours_id or 0)
        found[watch.queue_id] = min(at, max(filter(None, (at - WINDOW, watch.queue.created_at, began))))
    return found


def _read_staff(queues: Collection[int]) -> tuple[dict[int, list[str]], dict[int, list[int]]]:
    """Work states of who serves each queue now, and who of its own is at tickets."""
    serving: dict[int, list[str]] = defaultdict(list)
    at_tickets: dict[int, list[int]] = defaultdict(list)
    rows = (
        QueueMembership.objects.serving()
        .filter(queue__in=queues, agent__in=Agent.objects.present())
        .values_list(
            "queue",
            "agent",
            "agent__work",
            "agent__activity__is_routable",
            "agent__activity__is_recallable",
            "agent__device_lost_at",
            "agent__recall_until",
        )
    )
    for queue, agent, work, is_routable, is_recallable, lost_at, recalled in rows:
        if lost_at is not None:
            continue
        if is_routable:
            serving[queue].append(work)
        elif is_recallable and work == Work.IDLE and recalled is None:
            at_tickets[queue].append(agent)
    return serving, at_tickets


def _in_background(agents: Collection[int], at: datetime) -> dict[int, InBackground]:
    """What the rule of calling back looks at; nobody who may not be disturbed."""
    if not agents:
        return {}
    hands = {
        one.agent_id: one
        for one in BackgroundWork.objects.filter(agent__in=agents, state=BackgroundWork.State.IN_HAND).select_related(
            "ticket"
        )
    }
    recalled: dict[int, list[float]] = defaultdict(list)
    events = CentreEvent.objects.filter(
        agent__in=agents, verb=CentreEvent.Verb.RECALLED, recorded_at__gt=at - timedelta(hours=1), data={}
    )
    for key, moment in events.values_list("agent", "recorded_at").order_by("pk"):
        recalled[key or 0].append(moment.timestamp())
    found = {}
    for agent in Agent.objects.filter(pk__in=agents):
        work = hands.get(agent.pk)
        until = [one for one in (agent.focus_until, work.undisturbed_until if work else None) if one is not None]
        found[agent.pk] = InBackground(
            agent.pk,
            since=(work.started_at if work else agent.activity_since).timestamp(),
            undisturbed_until=max(until).timestamp() if until else None,
            recalled_at=tuple(recalled[agent.pk]),
            due_at=work.ticket.due_at.timestamp() if work and work.ticket.due_at else None,
        )
    return found


# --- what is measured ------------------------------------------------------------------------------------------------


def measure(watches: Collection[QueueWatch], at: datetime) -> None:
    """Folds what ended since the last look into each watch's measures; the caller saves them."""
    until = at - SETTLES_FOR
    fresh = [watch for watch in watches if watch.measured_to is None]
    for watch in fresh:
        watch.measured_to = until - timedelta(hours=2)
    since = min((watch.measured_to for watch in watches if watch.measured_to), default=until)
    by_queue = {watch.queue_id: watch for watch in watches}
    ended = (
        ContactSegment.objects.filter(queue__in=by_queue, left_at__gt=since, left_at__lte=until)
        .order_by("left_at", "pk")
        .values_list(
            "queue", "entered_at", "answered_at", "left_at", "outcome", "contact__ended_at", "contact__closed_at"
        )
    )
    for queue, entered, answered, left, outcome, over, closed in ended.iterator():
        watch = by_queue[queue]
        assert watch.measured_to is not None  # set above
        if left is None or left <= watch.measured_to:
            continue
        measured = estimates.measured_of(watch)
        if answered is not None:
            wrap_up = float(watch.queue.wrap_up_seconds)
            if over is not None and closed is not None and over == left:
                wrap_up = (closed - over).total_seconds()
            measured = measured.with_handling((left - answered).total_seconds() + wrap_up)
            measured = measured.with_wait((answered - entered).total_seconds(), gave_up=False)
        elif outcome in ABANDONED:
            measured = measured.with_wait((left - entered).total_seconds(), gave_up=True)
        watch.handling, watch.waiting, watch.gave_up = _sane(measured)
    for watch in watches:
        watch.measured_to = max(until, watch.measured_to or until)


def _sane(measured: Measured) -> tuple[float, float, float]:
    """A handling time above zero, whatever was recorded."""
    return max(1.0, measured.handling), max(1.0, measured.waiting), measured.gave_up


# --- whom to ask -----------------------------------------------------------------------------------------------------


def read_lending(
    queue: Queue, seen: dict[int, Seen], at: datetime, rules: LendingRules, *, but: Collection[int] = ()
) -> Lending:
    """Colleagues who might help in the queue. Nobody of the queue itself, nor whose own queue needs him.

    `but`: agents whom other advice names already.
    """
    own = QueueMembership.objects.current().filter(queue=queue).values("agent")
    colleagues = Agent.objects.present().filter(activity__is_productive=True).exclude(pk__in=own)
    agents = {agent.pk: agent for agent in colleagues.select_related("activity", "user")}
    running = lending.running_loans()
    short = {pk for pk, one in seen.items() if _needs_its_own(one)}
    fit: list[Lender] = []
    not_asked: dict[str, int] = defaultdict(int)
    for lender in loans.lenders(list(agents.values()), at=at).values():
        reason = deciding.may_lend(lender, at.timestamp(), rules, into=queue.pk, running=running)
        if reason is None and lender.id in but:
            not_asked["advised"] += 1
        elif reason is None and agents[lender.id].activity.is_routable and short.intersection(lender.queues):
            not_asked["own_queue"] += 1
        elif reason is None:
            fit.append(lender)
        else:
            not_asked[reason.value] += 1
    ranked = deciding.rank_lenders(fit)[:MOST_LENDERS]
    return Lending(tuple(ranked), tuple(sorted(running)), dict(not_asked))


def _needs_its_own(seen: Seen) -> bool:
    """Whether one less would be too few here. A queue without a rule of its own is judged by 80 in 20."""
    sight = seen.sight
    return sight.waiting > 0 or needed_agents(sight.demand, Target()) >= sight.on_duty


# --- kept and read back ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that a decision was made of. `as_json` keeps it and `from_json` gives back an equal one."""

    now: float
    queue: int
    sight: Sight
    helpers: tuple[Helper, ...]
    at_tickets: tuple[InBackground, ...]
    pulling: Pulling
    memory: Memory
    lending: Lending
    rules: LendingRules
    blending: Blending

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Inputs:
        """Raises KeyError or TypeError for what was never kept by `as_json`."""
        sight, pulling, lending = kept["sight"], kept["pulling"], kept["lending"]
        return cls(
            now=kept["now"],
            queue=kept["queue"],
            sight=Sight(**{**sight, "demand": Demand(**sight["demand"])}),
            helpers=tuple(Helper(**one) for one in kept["helpers"]),
            at_tickets=tuple(
                InBackground(**{**one, "recalled_at": tuple(one["recalled_at"])}) for one in kept["at_tickets"]
            ),
            pulling=Pulling(**{**pulling, "target": Target(**pulling["target"])}),
            memory=Memory(**kept["memory"]),
            lending=Lending(
                tuple(Lender(**{**one, "queues": tuple(one["queues"])}) for one in lending["lenders"]),
                tuple((pair[0], pair[1]) for pair in lending["running"]),
                lending["not_asked"],
            ),
            rules=LendingRules(**kept["rules"]),
            blending=Blending(**kept["blending"]),
        )
