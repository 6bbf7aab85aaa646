"""Who is offered which contact, and who may be lent: pure rules that rooms and a simulator on a virtual clock share.

Times are seconds on any one clock; ids are whatever the caller counts by. Nothing here reads or writes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Line:
    """A queue's rules. `delays`: level to the seconds after which it opens; a level without one is open at once."""

    id: int
    age_credit: float = 0.0
    priority: int = 0
    delays: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A contact that waits. `not_for`: agents who let it pass already. `credit`: seconds it counts as older."""

    id: int
    queue: int
    queued_at: float
    credit: float = 0.0
    not_for: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent's place in a queue: the lowest level comes first, then the lowest position."""

    level: int = 1
    position: int = 0


@dataclass(frozen=True, slots=True)
class Server:
    """An agent whose activity lets him get contacts. `is_free`: he could take one now; since `free_since`."""

    id: int
    free_since: float
    seats: Mapping[int, Seat]
    is_free: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """This contact goes to this agent, who serves its queue at this level."""

    contact: int
    agent: int
    queue: int
    level: int


def urgency(contact: Waiting, line: Line, now: float) -> float:
    """Age plus head starts, in seconds. A head start is finite, so every contact becomes the most urgent in time."""
    return now - contact.queued_at + line.age_credit + contact.credit


def is_open_to(seat: Seat, contact: Waiting, line: Line, now: float, *, has_lower: bool) -> bool:
    """Whether the seat's level may take the contact yet. `has_lower`: somebody of a lower level is on duty for it."""
    if seat.level <= 1 or not has_lower:
        return True
    age = max(0.0, now - contact.queued_at)  # two machines' clocks may differ: a contact of the next second is new
    return age >= line.delays.get(seat.level, 0.0)


def choose_offer(
    queues: Mapping[int, Line], waiting: Iterable[Waiting], agents: Iterable[Server], now: float
) -> Choice | None:
    """The next offer, or None when nobody free may take anything that waits.

    Each free agent looks to the queues of his lowest level first and there to the most urgent contact. The most urgent
    of these goes first: to the agent with the lowest level, then the lowest position, then who is free the longest.
    Ties of urgency go to the higher priority, then to the older contact. Whoever is free and may take something gets
    something, so nothing waits beside a fit free agent.
    """
    contacts = list(waiting)
    on_duty = list(agents)
    lowest = _lowest_levels(on_duty)
    best: tuple[tuple[float, ...], Choice] | None = None
    for agent in on_duty:
        if not agent.is_free:
            continue
        favourite = _favourite(agent, contacts, queues, lowest, now)
        if favourite is None:
            continue
        seat, line = agent.seats[favourite.queue], queues[favourite.queue]
        order = (
            *_order(favourite, line, now),
            seat.level,
            seat.position,
            agent.free_since,
            agent.id,
        )
        if best is None or order < best[0]:
            best = (order, Choice(favourite.id, agent.id, favourite.queue, seat.level))
    return best[1] if best else None


def choose_offers(
    queues: Mapping[int, Line], waiting: Iterable[Waiting], agents: Iterable[Server], now: float
) -> Iterator[Choice]:
    """All offers of this moment, one after another, each contact and each agent once."""
    contacts = {contact.id: contact for contact in waiting}
    on_duty = {agent.id: agent for agent in agents}
    while contacts and (choice := choose_offer(queues, contacts.values(), on_duty.values(), now)) is not None:
        del contacts[choice.contact]
        taken = on_duty[choice.agent]
        on_duty[choice.agent] = Server(taken.id, taken.free_since, taken.seats, is_free=False)
        yield choice


def _order(contact: Waiting, line: Line, now: float) -> tuple[float, ...]:
    return (-urgency(contact, line, now), -line.priority, contact.queued_at, contact.id)


def _lowest_levels(agents: Sequence[Server]) -> dict[int, list[tuple[int, int]]]:
    """For each queue the levels on duty with the agent's id, lowest first."""
    found: dict[int, list[tuple[int, int]]] = {}
    for agent in agents:
        for queue, seat in agent.seats.items():
            found.setdefault(queue, []).append((seat.level, agent.id))
    return {queue: sorted(levels) for queue, levels in found.items()}


def _favourite(
    agent: Server,
    contacts: Sequence[Waiting],
    queues: Mapping[int, Line],
    on_duty: Mapping[int, Sequence[tuple[int, int]]],
    now: float,
) -> Waiting | None:
    """What this agent would take: his lowest level first, then the most urgent."""
    best: tuple[tuple[float, ...], Waiting] | None = None
    for contact in contacts:
        seat = agent.seats.get(contact.queue)
        line = queues.get(contact.queue)
        if seat is None or line is None or agent.id in contact.not_for:
            continue
        has_lower = any(
            level < seat.level and other not in contact.not_for for level, other in on_duty.get(contact.queue, ())
        )
        if not is_open_to(seat, contact, line, now, has_lower=has_lower):
            continue
        order = (seat.level, *_order(contact, line, now))
        if best is None or order < best[0]:
            best = (order, contact)
    return best[1] if best else None


# --- loans -----------------------------------------------------------------------------------------------------------


class NotLent(StrEnum):
    """Why somebody is not asked to help elsewhere."""

    NOT_HERE = "not_here"
    ON_LOAN = "on_loan"
    WITH_CUSTOMER = "with_customer"
    FOCUS = "focus"
    PROMISE_DUE = "promise_due"
    END_OF_SHIFT = "end_of_shift"
    AT_RISK = "at_risk"
    COOLING_DOWN = "cooling_down"
    FAIR_SHARE = "fair_share"
    OTHER_WAY = "other_way"


@dataclass(frozen=True, slots=True)
class LendingRules:
    """Whom not to ask. Times in seconds, on loan in minutes.

    `due_within`: nobody who has to answer so soon. `most_at_risk`: nor who has more tickets that fall due while he
    helps. `cool_down`: after his return, or his no. `shift_left`: before he goes home. Who has been on loan for
    `free_minutes` in seven days is passed over once it is more than `fair_share` times the mean of his team.
    """

    due_within: float = 30 * 60
    most_at_risk: int = 3
    cool_down: float = 10 * 60
    shift_left: float = 15 * 60
    fair_share: float = 1.5
    free_minutes: float = 30.0


@dataclass(frozen=True, slots=True)
class Lender:
    """Somebody who might be lent. Times on the caller's clock, None where there is none.

    `level`: his level in the queue, 1 is best. `at_risk`: his tickets that fall due while he helps. `team_minutes`:
    the mean of his team in seven days. `parking`: seconds it costs to lay his ticket aside and take it up again.
    `queues`: those that he serves at home.
    """

    id: int
    level: int = 1
    is_present: bool = True
    is_on_loan: bool = False
    is_with_customer: bool = False
    focus_until: float | None = None
    next_due: float | None = None
    at_risk: int = 0
    returned_at: float | None = None
    declined_at: float | None = None
    shift_ends_at: float | None = None
    minutes_this_week: float = 0.0
    team_minutes: float = 0.0
    disturbed_today: int = 0
    parking: float = 0.0
    queues: tuple[int, ...] = ()


RULES = LendingRules()


def may_lend(
    agent: Lender,
    now: float,
    rules: LendingRules = RULES,
    *,
    into: int | None = None,
    running: Collection[tuple[int, int]] = (),
) -> NotLent | None:
    """None when he may be asked to help in the queue `into`, else why not: the first that holds, the hardest first.

    `running` are the loans between queues, as (from, into): two queues help each other one way at a time, or both
    would pay the set-up for nothing (Perry and Whitt 2009).
    """
    recent = [at for at in (agent.returned_at, agent.declined_at) if at is not None]
    reasons = {
        NotLent.NOT_HERE: not agent.is_present,
        NotLent.ON_LOAN: agent.is_on_loan,
        NotLent.WITH_CUSTOMER: agent.is_with_customer,
        NotLent.FOCUS: agent.focus_until is not None and agent.focus_until > now,
        NotLent.PROMISE_DUE: agent.next_due is not None and agent.next_due - now < rules.due_within,
        NotLent.END_OF_SHIFT: agent.shift_ends_at is not None and agent.shift_ends_at - now < rules.shift_left,
        NotLent.AT_RISK: agent.at_risk > rules.most_at_risk,
        NotLent.COOLING_DOWN: any(now - at < rules.cool_down for at in recent),
        NotLent.FAIR_SHARE: agent.minutes_this_week > max(rules.free_minutes, rules.fair_share * agent.team_minutes),
        NotLent.OTHER_WAY: any((into, queue) in running for queue in agent.queues),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def rank_lenders(agents: Iterable[Lender]) -> list[Lender]:
    """Who is asked first: best level, least disturbed today, fewest minutes on loan, cheapest to park."""
    return sorted(agents, key=lambda one: (one.level, one.disturbed_today, one.minutes_this_week, one.parking, one.id))


def may_return(now: float, *, stay_until: float | None, is_by_hand: bool) -> bool:
    """A loan ends early by hand or by the end of a shift; by itself only after the shortest stay."""
    return is_by_hand or stay_until is None or now >= stay_until
