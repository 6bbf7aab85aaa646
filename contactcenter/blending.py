"""Agents between calls and background work: how many stay ready, who takes a ticket, whom a caller calls back.

Pure rules over small records: each takes what is seen and `now`, and none reads a clock. Times are
seconds on any one clock that goes forward (the product passes seconds since 1970, the simulator
its own). Two ways of working exist. *Blocking*: a ticket that was begun is ended, so `reserve`
agents are kept ready. *Recall*: a ticket can be parked when a caller waits and nobody is ready, so
it is enough to fill up a small band of ready agents before anybody goes to tickets again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from contactcenter.staffing import EIGHTY_IN_TWENTY, Demand, Target, least


@dataclass(frozen=True, slots=True)
class Blending:
    """What a queue's administrator decides about background work.

    `recall`: whether a begun ticket may be interrupted. `reserve`: ready agents kept from tickets
    when it may not. `keep_ready`: the band that fills up first when it may; 2 or 3 is good, for a
    band too small recalls too often and one too large does no tickets. `propose_after`: seconds of
    more than enough ready agents until tickets are proposed (they are allowed at once).
    `recall_time`: seconds an agent has to park his ticket. `recalls_an_hour`: the most one agent
    is interrupted.
    """

    recall: bool = True
    reserve: int = 3
    keep_ready: int = 3
    propose_after: float = 60.0
    recall_time: float = 30.0
    recalls_an_hour: int = 6

    @property
    def least_ready(self) -> int:
        """How many agents have to stay ready when one of them goes to background work."""
        return self.keep_ready if self.recall else self.reserve


@dataclass(frozen=True, slots=True)
class Line:
    """A queue as it is now: callers `waiting`, agents ready and free (`idle`), agents called back who are `coming`."""

    waiting: int
    idle: int
    coming: int = 0


def may_take_background(line: Line, blending: Blending) -> bool:
    """Whether one of the idle agents may go to background work: nobody waits, and enough stay ready without him."""
    return line.waiting == 0 and line.idle > blending.least_ready


def stays_in_background(line: Line, blending: Blending) -> bool:
    """Whether an agent whose ticket ended, and who is not counted among the idle, may begin the next.

    In the recall way he may unless somebody waits for an answer: he can be called back as well from
    the next ticket. In the blocking way the same reserve must stand as for anybody.
    """
    if blending.recall:
        return line.waiting <= line.idle + line.coming
    return may_take_background(Line(line.waiting, line.idle + 1, line.coming), blending)


def should_propose_background(
    line: Line, blending: Blending, *, enough_since: float | None, now: float
) -> tuple[bool, float | None]:
    """Whether to propose tickets to an idle agent, and since when there have been more than enough.

    `enough_since` is what the last call returned, None at the start.
    """
    if not may_take_background(line, blending):
        return False, None
    since = now if enough_since is None else enough_since
    return now - since >= blending.propose_after, since


@dataclass(frozen=True, slots=True)
class InBackground:
    """An agent at a ticket, as far as a recall depends on it.

    `safe_since`: when his draft was last stored, None for nothing to lose. `undisturbed_until`: he
    asked not to be interrupted until then. `recalled_at`: his recalls of the last hour. `cost`:
    measured seconds that a resumption costs him. `due_at`: when his ticket is due.
    """

    agent: int
    since: float
    safe_since: float | None = None
    undisturbed_until: float | None = None
    recalled_at: tuple[float, ...] = ()
    cost: float = 0.0
    due_at: float | None = None


def recalls(
    line: Line, at_tickets: Iterable[InBackground], blending: Blending, *, now: float, served_by: float = math.inf
) -> list[InBackground]:
    """Whom to call back now, the least hurt first; as many as callers wait beyond the ready and the coming.

    Nobody is called who asked not to be, who was interrupted enough in this hour, or whose ticket is
    due before he could return (`served_by`: when he would be back at it). Of the others: fewest
    interruptions, cheapest to resume, longest at his ticket with everything stored.
    """
    missing = line.waiting - line.idle - line.coming
    if not blending.recall or missing <= 0:
        return []
    free = [one for one in at_tickets if _can_be_recalled(one, blending, now, served_by)]
    free.sort(key=lambda one: (_recent(one, now), one.cost, -_safe_for(one, now), one.since, one.agent))
    return free[:missing]


def _can_be_recalled(one: InBackground, blending: Blending, now: float, served_by: float) -> bool:
    if one.undisturbed_until is not None and now < one.undisturbed_until:
        return False
    if one.due_at is not None and now <= one.due_at < served_by < math.inf:
        return False
    return _recent(one, now) < blending.recalls_an_hour


def _recent(one: InBackground, now: float) -> int:
    return sum(1 for at in one.recalled_at if now - at < 3600)


def _safe_for(one: InBackground, now: float) -> float:
    return now - (one.since if one.safe_since is None else one.safe_since)


# --- the reserve, by arithmetic ------------------------------------------------------------------------------------


class Reservation:
    """`agents` of a queue in balance, who begin a background job whenever more than `reserve` of them are free.

    Exact for background jobs as long as calls, callers who never give up and jobs without end; very
    good otherwise (Bhulai and Koole 2003; Gans and Zhou 2003). With c = agents - reserve, the
    number of jobs in the system never falls below c; its weights are A^x / x! from c to the number
    of agents, and a geometric tail with the ratio A / agents from there.

    Raises ValueError unless 0 <= reserve <= agents and the load is below the number of agents.
    """

    def __init__(self, demand: Demand, agents: int, reserve: int) -> None:
        if not 0 <= reserve <= agents:
            raise ValueError(f"the reserve must be from 0 to the number of agents: {reserve} of {agents}")
        if not demand.load < agents:
            raise ValueError(f"no balance: a load of {demand.load} on {agents} agents")
        self.demand = demand
        self.agents = agents
        self.reserve = reserve
        load, least_jobs = demand.load, agents - reserve
        # Relative to the state with `agents` jobs, downwards, so that nothing overflows.
        weight, below, at_least = 1.0, [0.0], 1.0
        for jobs in range(agents, least_jobs, -1):
            weight = weight * jobs / load if load else math.inf
            below.append(weight)
            at_least = weight
        tail = 1 / (1 - load / agents)
        total = math.fsum(below) + tail
        self.waiting_share = tail / total if math.isfinite(total) else 0.0
        """The share of callers that wait."""
        self._at_least_jobs = (at_least if reserve else 1.0) / total if math.isfinite(total) else 1.0

    def answered_within(self, seconds: float) -> float:
        """The share of the calls answered within `seconds`."""
        pace = (self.agents - self.demand.load) / self.demand.handling
        return 1 - self.waiting_share * math.exp(-pace * seconds)

    @property
    def mean_wait(self) -> float:
        """Mean seconds until the answer, over all callers."""
        return self.waiting_share * self.demand.handling / (self.agents - self.demand.load)

    @property
    def background_agents(self) -> float:
        """The mean number of agents at background work: c times the chance of exactly c jobs."""
        return (self.agents - self.reserve) * self._at_least_jobs

    @property
    def background_per_hour(self) -> float:
        """Background jobs ended an hour."""
        return self.background_agents * 3600 / self.demand.handling

    @property
    def occupancy(self) -> float:
        """The share of their time that agents are at calls or background work."""
        return (self.demand.load + self.background_agents) / self.agents


def least_reserve(demand: Demand, agents: int, target: Target = EIGHTY_IN_TWENTY) -> int | None:
    """The least reserve with which `target` is met; None when not even an end of all background work is enough.

    For tickets longer than a call it is a lower bound: the longer the ticket, the more must stay.
    """
    if not demand.load < agents or Reservation(demand, agents, agents).answered_within(target.within) < target.share:
        return None
    return least(
        lambda reserve: (
            reserve >= agents or Reservation(demand, agents, reserve).answered_within(target.within) >= target.share
        ),
        near=min(3, agents),
    )
