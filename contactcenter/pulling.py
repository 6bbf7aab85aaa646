"""When to pull a helper into a queue, when to let him go, and what a move is expected to bring. Whom: `deciding`.

Pure rules over small records: each takes what is seen and `now`, returns a decision and what is to
be remembered until the next one, and none reads a clock. The same inputs give the same decision,
so a stored one can be replayed. Times are seconds on any one clock that goes forward.

A rule of the line alone ("three wait: come; one is idle: go") cannot calm down: it moves people
forty to a hundred and forty times a day. What calms it is a signal of headcount, which does not
fall to zero the moment that the line is empty, together with a hold, a minimum stay and a
cool-down (activation and release thresholds: Perry and Whitt 2009; Bhandari and others 2008).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache

from contactcenter.staffing import Demand, Target, least_agents, outlook


@dataclass(frozen=True, slots=True)
class Pulling:
    """What a queue's administrator decides about helpers. Times in seconds.

    `need_hold`: how long the need must last before somebody is asked. `longest_wait`, `long_line`:
    a line this old, or this long while nobody is free, asks at once. `set_up`: from asking to being
    ready; no other is judged before. `spare`: agents free beyond the need while one may go.
    `idle_to_release`: or so many idle. `release_hold`: how long that must last. `least_stay`: the
    shortest stay of a helper. `cool_down`: how long the same person is not asked again.
    """

    target: Target = field(default_factory=Target)
    need_hold: float = 45.0
    longest_wait: float = 60.0
    long_line: int = 3
    set_up: float = 60.0
    spare: int = 1
    idle_to_release: int = 2
    release_hold: float = 110.0
    least_stay: float = 900.0
    cool_down: float = 600.0
    most_helpers: int = 5


@dataclass(frozen=True, slots=True)
class Sight:
    """A queue as it is now.

    `on_duty`: agents who serve it, helpers included, those in wrap-up too; `coming`: helpers asked
    and not yet there; `helpers`: those there and coming. `demand` as measured.
    """

    waiting: int
    longest_wait: float
    idle: int
    on_duty: int
    coming: int
    helpers: int
    demand: Demand


@dataclass(frozen=True, slots=True)
class Memory:
    """What a queue's rule remembers between two looks; empty at the start. It is stored with each decision."""

    needed_since: float | None = None
    spare_since: float | None = None
    last_pull: float | None = None
    last_release: float | None = None
    ahead_since: float | None = None


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody on loan in the queue: `since` he is active; `free`: without an open contact."""

    agent: int
    since: float
    free: bool


class Move(StrEnum):
    """What a decision asks for."""

    STAY = "stay"
    PULL = "pull"
    RELEASE = "release"
    RESERVE = "reserve"
    """Somebody of the queue's own who is at a ticket is called back, to be ready."""


class Why(StrEnum):
    """The reason of a decision, or what holds it back."""

    ENOUGH = "enough"
    HEADCOUNT = "headcount"
    LONG_WAIT = "long_wait"
    LONG_LINE = "long_line"
    HOLDING = "holding"
    ONE_AT_A_TIME = "one_at_a_time"
    MOST_HELPERS = "most_helpers"
    SPARE = "spare"
    LEAST_STAY = "least_stay"


@dataclass(frozen=True, slots=True)
class Decision:
    """`move` for the reason `why`; `need`: the least number of agents for the target; `agent`: whom to release."""

    move: Move
    why: Why
    need: int
    agent: int | None = None


def decide(
    sight: Sight, helpers: Sequence[Helper], pulling: Pulling, memory: Memory, *, now: float
) -> tuple[Decision, Memory]:
    """The move to make now, one at most, and the memory for the next look."""
    need = needed_agents(sight.demand, pulling.target)
    short = need > sight.on_duty + sight.coming and sight.waiting > 0
    urgent = _urgency(sight, pulling)
    spare = not short and urgent is None and _has_spare(sight, pulling, need)
    memory = replace(
        memory,
        needed_since=(now if memory.needed_since is None else memory.needed_since) if short else None,
        spare_since=(now if memory.spare_since is None else memory.spare_since) if spare else None,
    )
    if short or urgent is not None:
        return _pull(sight, pulling, memory, need, urgent, now)
    if spare and helpers:
        return _release(helpers, pulling, memory, need, now)
    return Decision(Move.STAY, Why.ENOUGH, need), memory


def advise(
    sight: Sight, helpers: Sequence[Helper], at_tickets: int, pulling: Pulling, memory: Memory, *, now: float
) -> tuple[Decision, Memory]:
    """As `decide`, the queue's own people first: `at_tickets` of them do background work and may be called back.

    Calling one of them back costs less than pulling a stranger in, so it stands in the place of a pull; and it is
    asked for before anybody waits, once the need has exceeded those on duty for the hold.
    """
    decision, memory = decide(sight, helpers, pulling, memory, now=now)
    is_ahead = at_tickets > 0 and decision.need > sight.on_duty + sight.coming
    ahead_since = (now if memory.ahead_since is None else memory.ahead_since) if is_ahead else None
    memory = replace(memory, ahead_since=ahead_since)
    if decision.move == Move.PULL and at_tickets > 0:
        return replace(decision, move=Move.RESERVE), memory
    if decision.move != Move.STAY or ahead_since is None or now - ahead_since < pulling.need_hold:
        return decision, memory
    if decision.why != Why.ENOUGH or (memory.last_pull is not None and now - memory.last_pull < pulling.set_up):
        return decision, memory
    return Decision(Move.RESERVE, Why.HEADCOUNT, decision.need), replace(memory, last_pull=now, ahead_since=None)


def _urgency(sight: Sight, pulling: Pulling) -> Why | None:
    """A line so old or so long that the hold is passed over; longer for each helper already on his way."""
    if sight.waiting and sight.longest_wait >= pulling.longest_wait * (1 + sight.coming):
        return Why.LONG_WAIT
    if not sight.idle and sight.waiting >= pulling.long_line * (1 + sight.coming):
        return Why.LONG_LINE
    return None


def _has_spare(sight: Sight, pulling: Pulling, need: int) -> bool:
    if sight.waiting or sight.coming:
        return False
    return sight.idle >= pulling.idle_to_release and need <= sight.on_duty - pulling.spare


def _pull(
    sight: Sight, pulling: Pulling, memory: Memory, need: int, urgent: Why | None, now: float
) -> tuple[Decision, Memory]:
    def stay(why: Why) -> tuple[Decision, Memory]:
        return Decision(Move.STAY, why, need), memory

    if sight.helpers >= pulling.most_helpers:
        return stay(Why.MOST_HELPERS)
    if memory.last_pull is not None and now - memory.last_pull < pulling.set_up:
        return stay(Why.ONE_AT_A_TIME)
    if urgent is None and (memory.needed_since is None or now - memory.needed_since < pulling.need_hold):
        return stay(Why.HOLDING)
    return Decision(Move.PULL, urgent or Why.HEADCOUNT, need), replace(memory, last_pull=now, needed_since=None)


def _release(
    helpers: Sequence[Helper], pulling: Pulling, memory: Memory, need: int, now: float
) -> tuple[Decision, Memory]:
    if memory.spare_since is None or now - memory.spare_since < pulling.release_hold:
        return Decision(Move.STAY, Why.HOLDING, need), memory
    ripe = [one for one in helpers if one.free and now - one.since >= pulling.least_stay]
    if not ripe:
        return Decision(Move.STAY, Why.LEAST_STAY, need), memory
    longest = min(ripe, key=lambda one: (one.since, one.agent))
    decision = Decision(Move.RELEASE, Why.SPARE, need, longest.agent)
    return decision, replace(memory, last_release=now, spare_since=None)  # the next one waits for a hold of his own


def needed_agents(demand: Demand, target: Target) -> int:
    """The least number of agents for `target`, by Erlang A with the measured demand.

    The measures are rounded first (four calls an hour, five seconds of handling, twenty of patience):
    finer they are noise, and so a look at fifty queues costs next to nothing.
    """
    patience = None if demand.patience is None else max(20, round(demand.patience / 20) * 20)
    return _needed(round(demand.calls_per_hour / 4) * 4, max(5, round(demand.handling / 5) * 5), patience, target)


@lru_cache(maxsize=20_000)
def _needed(calls: int, handling: int, patience: int | None, target: Target) -> int:
    return least_agents(Demand(calls, handling, patience), target)


# --- what a move is expected to bring ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Expected:
    """Service level of the offered, mean seconds until the answer (infinite when nobody answers), share giving up."""

    service_level: float
    wait: float
    abandoned: float


@dataclass(frozen=True, slots=True)
class Effect:
    """What `agents` and `agents + change` are expected to bring, and `at_risk`: tickets that wait for the helper."""

    agents: int
    change: int
    before: Expected
    after: Expected
    at_risk: int = 0

    @property
    def gain(self) -> float:
        """Points of service level, as a share; below zero when somebody leaves."""
        return self.after.service_level - self.before.service_level


def expected_effect(demand: Demand, agents: int, *, change: int, target: Target, at_risk: int = 0) -> Effect:
    """The effect of `change` agents more or fewer, both in balance at the measured demand.

    A line that stands already, and the set-up time, are not in it: the first minutes are worse.
    Raises ValueError when more would leave than there are.
    """
    return Effect(
        agents,
        change,
        before=_expected(demand, agents, target),
        after=_expected(demand, agents + change, target),
        at_risk=at_risk,
    )


def _expected(demand: Demand, agents: int, target: Target) -> Expected:
    queue = outlook(demand, agents)
    return Expected(queue.answered_within(target.within), queue.mean_wait_answered, queue.abandoned)
