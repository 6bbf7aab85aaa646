"""The load of the contact centre at one moment: queues, agents and loans, in few queries.

Plain frozen values, the same for everybody who may see the centre; times are moments of the database's clock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils import timezone

from contactcenter import clock, load_counts, tension
from contactcenter.clock import Seconds
from contactcenter.load_counts import Shift
from contactcenter.models import (
    FORMULAS,
    Activity,
    Advice,
    Agent,
    Contact,
    Loan,
    Offer,
    Queue,
    QueueMembership,
    Work,
)
from contactcenter.queues import openings
from contactcenter.service_levels import Counts, Formula, service_level, share
from contactcenter.tension import Contradiction, Tension
from contactcenter.waits import Estimate, estimate_wait

AGENT_FIELDS = (
    "pk", "user__name", "home_team__name", "activity", Seconds("activity_since"), "work", Seconds("work_since"),
    Seconds("work_until"), "pending_activity", Seconds("heartbeat_at"), "device_lost_at",
)  # fmt: skip
COMING_IN = 60.0  # seconds until a helper who was asked serves
WITH_SOMEBODY = (Contact.State.DIALLING, Contact.State.CONNECTED, Contact.State.HELD, Contact.State.WRAP_UP)
IN_LINE = (Contact.State.QUEUED, Contact.State.OFFERED)
LOOKS = {Work.OFFERED: "ring", Work.CONNECTED: "call", Work.HELD: "call", Work.WRAP_UP: "wrap"}


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent's place in a queue that he serves now."""

    queue_id: int
    level: int
    is_on_loan: bool


@dataclass(frozen=True, slots=True)
class LoanSight:
    """An open loan. `home`: the team he comes from; `state` as in Loan.State."""

    id: int
    agent_id: int
    queue_id: int
    state: str
    consent: str
    home: str
    asked_at: datetime
    answer_until: datetime
    active_at: datetime | None
    stay_until: datetime | None
    planned_until: datetime | None
    parked_ticket_id: int | None

    @property
    def is_serving(self) -> bool:
        return self.state in Loan.SERVING

    @property
    def is_finishing(self) -> bool:
        """Released, with a contact in hand: he takes no other one, and goes home after it."""
        return self.state == Loan.State.RELEASING


@dataclass(frozen=True, slots=True)
class AgentSight:
    """An agent as he is now. `contact_queue`: where the contact that is with or offered to him waited."""

    id: int
    name: str
    team: str
    activity: Activity
    activity_since: datetime
    work: str
    work_since: datetime
    wish: Activity | None
    is_lost: bool
    contact_queue: int | None
    seats: tuple[Seat, ...]
    loan: LoanSight | None
    contradictions: tuple[Contradiction, ...]

    @property
    def look(self) -> str:
        """The sign before his state: ring, call, wrap, ready, back (background), away or off."""
        if self.work != Work.IDLE:
            return LOOKS[Work(self.work)]
        if not self.activity.is_present:
            return "off"
        if self.activity.is_routable:
            return "off" if self.is_lost else "ready"
        return "back" if self.activity.is_recallable else "away"

    @property
    def since(self) -> datetime:
        """Since when he is in this state: of the contact, else free and doing the same."""
        if self.work != Work.IDLE:
            return self.work_since
        return max(self.activity_since, self.work_since) if self.activity.is_routable else self.activity_since


@dataclass(frozen=True, slots=True)
class Staff:
    """How many serve a queue. Free and background agents count in each of their queues, contacts where they waited."""

    ready: int = 0
    ringing: int = 0
    on_contact: int = 0
    wrap_up: int = 0
    background: int = 0
    away: int = 0
    on_loan: int = 0
    coming: int = 0
    on_duty: int = 0
    """Members who get contacts, whether one is with them or not."""

    @property
    def talking(self) -> int:
        """With a contact, or it rings."""
        return self.ringing + self.on_contact

    @property
    def busy(self) -> int:
        return self.talking + self.wrap_up


@dataclass(frozen=True, slots=True)
class QueueLoad:
    """A queue now. `oldest`: since when the first waits; counts `today` and of the last `interval` are live."""

    id: int
    name: str
    team: str
    is_open: bool
    waiting: int
    oldest: datetime | None
    today: Counts
    interval: Counts
    arrivals: int
    arrivals_before: int
    formula: str
    target: int
    answer_within: int
    staff: Staff
    wait: Estimate | None
    tension: Tension

    @property
    def level(self) -> float | None:
        """Today's service level by the queue's own formula."""
        return service_level(self.today, Formula(self.formula))

    @property
    def interval_level(self) -> float | None:
        return service_level(self.interval, Formula(self.formula))

    @property
    def formula_words(self) -> str:
        """The name of the formula, to be told beside the figure."""
        return str(FORMULAS[Formula(self.formula)])

    @property
    def occupancy(self) -> float | None:
        """The share of those who could talk that do."""
        return share(self.staff.busy, self.staff.busy + self.staff.ready)

    @property
    def trend(self) -> int:
        """1: clearly more came in the last interval than in the one before, -1: clearly fewer, 0 otherwise."""
        more = self.arrivals - self.arrivals_before
        return (more > 0) - (more < 0) if more * more > max(4, self.arrivals + self.arrivals_before) else 0


@dataclass(frozen=True, slots=True)
class Load:
    """All of it at one moment. Queues come the tensest first."""

    at: datetime
    queues: tuple[QueueLoad, ...]
    agents: tuple[AgentSight, ...]
    loans: tuple[LoanSight, ...]
    advice: tuple[int, ...] = ()  # ids of what is advised now

    @property
    def present(self) -> list[AgentSight]:
        return [agent for agent in self.agents if agent.activity.is_present]

    @property
    def waiting(self) -> int:
        return sum(queue.waiting for queue in self.queues)


# --- reading ---------------------------------------------------------------------------------------------------------


def read_load() -> Load:
    """Reads the whole load in a fixed number of queries, however many queues and agents there are."""
    at = clock.now()
    queues = list(Queue.objects.filter(is_active=True).select_related("team"))
    open_hours = openings(at)
    ids = [queue.pk for queue in queues]
    in_line: dict[int, list[datetime]] = defaultdict(list)
    contact_queue: dict[int, int | None] = {}
    with_somebody: set[int] = set()
    rows = Contact.objects.filter(state__in=[*IN_LINE, *WITH_SOMEBODY]).order_by()
    for state, queue_id, queued_at, agent_id in rows.values_list("state", "queue", "queued_at", "agent"):
        if state in IN_LINE:
            assert queued_at is not None  # the database holds it
            in_line[queue_id].append(queued_at)
        elif agent_id is not None:
            contact_queue[agent_id] = queue_id
            with_somebody.add(agent_id)
    offers = Offer.objects.filter(state=Offer.State.PENDING).order_by()
    contact_queue |= dict(offers.values_list("agent", "queue"))
    loans = _read_loans()
    agents = _read_agents(at, contact_queue, with_somebody, loans)
    staff = staff_of(ids, agents)
    counts = load_counts.read_counts(ids, since=_midnight(at), at=at)
    handling = load_counts.read_handling(ids, at=at)
    found = []
    for queue in queues:
        is_open = queue.hours_id is None or queue.hours_id in open_hours
        key = queue.pk
        found.append(_queue_load(queue, at, is_open, in_line[key], staff[key], counts[key], handling[key]))
    advice = tuple(Advice.objects.standing().order_by("pk").values_list("pk", flat=True))
    return Load(at, tuple(sorted(found, key=lambda one: _rank(one, at))), agents, tuple(loans.values()), advice)


def staff_of(queue_ids: Iterable[int], agents: Iterable[AgentSight]) -> dict[int, Staff]:
    """Who serves each queue, in numbers."""
    found: dict[int, dict[str, int]] = {key: defaultdict(int) for key in queue_ids}
    busy = {"ring": "ringing", "call": "on_contact", "wrap": "wrap_up"}
    idle = {"ready": "ready", "back": "background", "away": "away"}
    for agent in agents:
        is_finishing = agent.loan is not None and agent.loan.is_finishing
        if agent.look in busy and agent.contact_queue in found:
            found[agent.contact_queue][busy[agent.look]] += 1
        for seat in agent.seats:
            if seat.queue_id not in found:
                continue
            numbers = found[seat.queue_id]
            if agent.look in idle:
                numbers[idle[agent.look]] += 1
            numbers["on_duty"] += agent.activity.is_routable and not agent.is_lost and not is_finishing
        if agent.loan is not None and agent.loan.queue_id in found:
            found[agent.loan.queue_id]["on_loan" if agent.loan.is_serving else "coming"] += 1
    return {key: Staff(**numbers) for key, numbers in found.items()}


# --- parts -----------------------------------------------------------------------------------------------------------


def _read_loans() -> dict[int, LoanSight]:
    rows = Loan.objects.open().order_by("asked_at").select_related("home_team", "parked")
    return {
        one.agent_id: LoanSight(
            id=one.pk,
            agent_id=one.agent_id,
            queue_id=one.queue_id,
            state=one.state,
            consent=one.consent,
            home=one.home_team.name,
            asked_at=one.asked_at,
            answer_until=one.answer_until,
            active_at=one.active_at,
            stay_until=one.stay_until,
            planned_until=one.planned_until,
            parked_ticket_id=one.parked.ticket_id if one.parked else None,
        )
        for one in rows
    }


def _read_agents(
    at: datetime, contact_queue: Mapping[int, int | None], with_somebody: set[int], loans: Mapping[int, LoanSight]
) -> tuple[AgentSight, ...]:
    activities = {one.pk: one for one in Activity.objects.all()}
    seats: dict[int, list[Seat]] = defaultdict(list)
    members = (
        QueueMembership.objects.serving().order_by("level", "position").values_list("agent", "queue", "level", "kind")
    )
    for agent_id, queue_id, level, kind in members:
        seats[agent_id].append(Seat(queue_id, level, kind == QueueMembership.Kind.LOAN))
    # Whoever finishes his last contact there is seen there: he is home when the loan has ended.
    seats |= {key: [Seat(loan.queue_id, 1, True)] for key, loan in loans.items() if loan.is_finishing}
    # Plain values: five hundred rows as models, with people and teams, would take most of the time.
    rows = Agent.objects.working().order_by("user__name", "pk").values_list(*AGENT_FIELDS)
    found = []
    for key, name, team, activity_id, since, work, work_since, work_until, wish, heartbeat, lost in rows:
        activity, loan = activities[activity_id], loans.get(key)
        told = tension.Told(
            is_present=activity.is_present,
            is_routable=activity.is_routable,
            work=work,
            seats=len(seats.get(key, ())),
            activity_since=since,
            work_since=work_since,
            has_contact=key in with_somebody,
            is_on_loan=loan is not None and loan.state == Loan.State.ACTIVE,
            heartbeat_at=heartbeat,
            device_lost_at=lost.timestamp() if lost else None,
            work_until=work_until,
            longest_activity=60.0 * activity.limit_minutes if activity.limit_minutes else None,
        )
        found.append(
            AgentSight(
                id=key,
                name=name,
                team=team,
                activity=activity,
                activity_since=datetime.fromtimestamp(since, UTC),
                work=work,
                work_since=datetime.fromtimestamp(work_since, UTC),
                wish=activities.get(wish) if wish else None,
                is_lost=lost is not None,
                contact_queue=contact_queue.get(key),
                seats=tuple(seats.get(key, ())),
                loan=loan,
                contradictions=tuple(tension.contradictions(told, at.timestamp())),
            )
        )
    return tuple(found)


def _queue_load(
    queue: Queue,
    at: datetime,
    is_open: bool,
    waiting: list[datetime],
    staff: Staff,
    counts: load_counts.Periods,
    handling: Shift,
) -> QueueLoad:
    oldest = min(waiting, default=None)
    estimate = estimate_wait(
        len(waiting),
        agents=staff.on_duty,
        handling=handling.seconds,
        patience=counts.patience,
        idle=min(staff.ready, staff.on_duty),
        helper_in=COMING_IN if staff.coming else None,
    )
    line = tension.Line(
        is_open=is_open,
        waiting=len(waiting),
        longest=(at - oldest).total_seconds() if oldest else 0.0,
        answer_within=float(queue.answer_within),
        ready=staff.ready,
        on_duty=staff.on_duty,
        level=service_level(counts.interval, Formula(queue.formula)),
        target=queue.target_percent / 100,
        occupancy=share(staff.busy, staff.busy + staff.ready),
    )
    return QueueLoad(
        id=queue.pk,
        name=queue.name,
        team=queue.team.name,
        is_open=is_open,
        waiting=len(waiting),
        oldest=oldest,
        today=counts.today,
        interval=counts.interval,
        arrivals=counts.arrivals,
        arrivals_before=counts.arrivals_before,
        formula=queue.formula,
        target=queue.target_percent,
        answer_within=queue.answer_within,
        staff=staff,
        wait=estimate,
        tension=tension.tension_of(line),
    )


def _rank(queue: QueueLoad, at: datetime) -> tuple[int, float, int, str]:
    longest = (at - queue.oldest).total_seconds() if queue.oldest else 0.0
    return list(Tension).index(queue.tension), -longest, -queue.waiting, queue.name


def _midnight(at: datetime) -> datetime:
    """Of the house's day: counts of today are the same for every reader."""
    here = timezone.localtime(at, timezone.get_default_timezone())
    return here.replace(hour=0, minute=0, second=0, microsecond=0)
