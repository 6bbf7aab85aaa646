"""How many agents a queue needs, and what to expect of a number of agents: Erlang B, C and A.

Pure arithmetic without a clock or a database. All times are seconds, all loads erlangs (the mean
number of agents that the calls keep busy), all shares lie between 0 and 1. The models assume
Poisson arrivals, exponential handling times and, in Erlang A, exponential patience, all in balance.
Everything is summed relative to the largest term, so a load of many thousand erlangs is as exact
as a load of one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

# Terms below this share of the largest are left out: far below the last bit of any sum.
NEGLIGIBLE = 1e-20


@dataclass(frozen=True, slots=True)
class Demand:
    """What comes to a queue.

    `calls_per_hour`: offered contacts; `handling`: mean seconds an agent is taken by one (talk, hold
    and wrap-up); `patience`: mean seconds until somebody who waits gives up, None when nobody does.

    Raises ValueError for a negative or non-finite rate and for a handling time or patience that is
    not above zero.
    """

    calls_per_hour: float
    handling: float
    patience: float | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.calls_per_hour) and self.calls_per_hour >= 0):
            raise ValueError(f"calls per hour must be finite and not negative: {self.calls_per_hour}")
        if not (math.isfinite(self.handling) and self.handling > 0):
            raise ValueError(f"handling time must be finite and above zero: {self.handling}")
        if self.patience is not None and not self.patience > 0:
            raise ValueError(f"patience must be above zero: {self.patience}")

    @property
    def load(self) -> float:
        """Erlangs: calls per second times handling time."""
        return self.calls_per_hour / 3600 * self.handling


@dataclass(frozen=True, slots=True)
class Target:
    """`share` of the offered contacts is to be answered `within` seconds (80 in 20 by custom)."""

    share: float = 0.80
    within: float = 20.0

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise ValueError(f"the share must lie between 0 and 1: {self.share}")
        if not self.within >= 0:
            raise ValueError(f"the threshold cannot be negative: {self.within}")


EIGHTY_IN_TWENTY = Target()


def erlang_b(load: float, agents: int) -> float:
    """The share of calls that find all `agents` busy when nobody can wait.

    Erlang 1917, by the recursion B(0) = 1, B(n) = A B(n-1) / (n + A B(n-1)), which neither
    overflows nor cancels. Raises ValueError for a negative load or number of agents.
    """
    if not load >= 0 or agents < 0:
        raise ValueError(f"neither load nor agents can be negative: {load}, {agents}")
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(load: float, agents: int) -> float:
    """The share of calls that have to wait when nobody gives up.

    Erlang 1917, from Erlang B: C = N B / (N - A (1 - B)). 1.0 when the load is not below the
    number of agents, for then the line grows without end. Raises ValueError like `erlang_b`.
    """
    blocked = erlang_b(load, agents)
    if load >= agents:
        return 1.0 if load > 0 or agents == 0 else 0.0
    return agents * blocked / (agents - load * (1 - blocked))


class ErlangC:
    """A queue of `agents` in balance whose callers never give up (M/M/N)."""

    def __init__(self, demand: Demand, agents: int) -> None:
        """Raises ValueError for a negative number of agents."""
        self.demand = demand
        self.agents = agents
        self.waiting_share = erlang_c(demand.load, agents)
        """The share of callers that wait at all."""

    @property
    def is_stable(self) -> bool:
        """Whether the line does not grow without end."""
        return self.demand.load < self.agents

    @property
    def abandoned(self) -> float:
        """Nobody gives up in this model."""
        return 0.0

    @property
    def mean_wait(self) -> float:
        """Mean seconds until the answer, over all callers; infinite when the line grows without end.

        C h / (N - A).
        """
        if self.demand.load == 0 and self.agents:
            return 0.0
        if not self.is_stable:
            return math.inf
        return self.waiting_share * self.demand.handling / (self.agents - self.demand.load)

    @property
    def mean_wait_answered(self) -> float:
        """The same as `mean_wait`, since everybody is answered."""
        return self.mean_wait

    @property
    def queue_length(self) -> float:
        """Mean number of callers that wait, by Little's law."""
        return self.demand.calls_per_hour / 3600 * self.mean_wait if self.demand.calls_per_hour else 0.0

    @property
    def occupancy(self) -> float:
        """The share of their time that agents are busy: A / N, at most 1; 0 without agents."""
        return min(1.0, self.demand.load / self.agents) if self.agents else 0.0

    def answered_within(self, seconds: float) -> float:
        """The share of the offered calls answered within `seconds`: 1 - C exp(-(N - A) t / h)."""
        if not self.is_stable:
            return 0.0
        pace = (self.agents - self.demand.load) / self.demand.handling
        return 1.0 - self.waiting_share * math.exp(-pace * seconds)

    def abandoned_within(self, seconds: float) -> float:
        """Nobody gives up in this model, however long the `seconds`."""
        return 0.0 * seconds

    def wait_percentile(self, share: float) -> float:
        """The seconds within which `share` of the callers is answered; the inverse of `answered_within`.

        Raises ValueError unless 0 <= share < 1.
        """
        if not 0 <= share < 1:
            raise ValueError(f"the share must be from 0 to below 1: {share}")
        if not self.is_stable:
            return math.inf
        if 1 - share >= self.waiting_share:
            return 0.0
        pace = (self.agents - self.demand.load) / self.demand.handling
        return math.log(self.waiting_share / (1 - share)) / pace


class ErlangA:
    """A queue of `agents` in balance whose callers give up after an exponential patience (M/M/N+M).

    Palm 1943; as used for call centres by Garnett, Mandelbaum and Reiman 2002. The chain of the
    number in the system has births A/h and deaths min(n, N)/h + (n - N)+ / patience; it always has
    a balance. Who arrives with k - 1 waiting ahead of him passes k stages, the j-th of the rate
    N/h + j/patience: hence his chance to be served and his mean wait. The law of his wait is an
    incomplete beta function of a whole second argument, a finite sum of positive terms.
    """

    def __init__(self, demand: Demand, agents: int) -> None:
        """Raises ValueError for a demand without patience and for a negative number of agents."""
        if demand.patience is None or not math.isfinite(demand.patience):
            raise ValueError("Erlang A needs a finite patience; use Erlang C")
        if agents < 0:
            raise ValueError(f"the number of agents cannot be negative: {agents}")
        self.demand = demand
        self.agents = agents
        self._serving = agents / demand.handling  # services per second while all are busy
        self._leaving = 1 / demand.patience  # by each one who waits
        self._full = self._probabilities()

    def _probabilities(self) -> list[float]:
        """The chance of finding all agents busy and 0, 1, 2 ... callers waiting, until it is negligible."""
        load, agents = self.demand.load, self.agents
        if load == 0:
            return [] if agents else [1.0]
        rate = load / self.demand.handling
        # From the state "all busy, none waiting" (weight 1) upwards ...
        upper, weight, top = [1.0], 1.0, 1.0
        for waiting in range(1, 10**9):
            ratio = rate / (self._serving + waiting * self._leaving)
            weight *= ratio
            upper.append(weight)
            top = max(top, weight)
            if ratio < 1 and weight < NEGLIGIBLE * top:
                break
            if top > 1e250:  # rescale before it overflows; what becomes zero was negligible
                upper, weight, top = [old / top for old in upper], weight / top, 1.0
        # ... and downwards, where the sum is the inverse of Erlang B: 1/B(N) = 1 + sum of what is below.
        blocked = erlang_b(load, agents)
        below = upper[0] * (1 / blocked - 1) if blocked > 0 else math.inf
        total = math.fsum(upper) + below
        return [one / total for one in upper]

    @property
    def is_stable(self) -> bool:
        """Always: those who give up keep the line finite."""
        return True

    @cached_property
    def waiting_share(self) -> float:
        """The share of callers that find all agents busy."""
        return math.fsum(self._full)

    @cached_property
    def queue_length(self) -> float:
        """Mean number of callers that wait."""
        return math.fsum(waiting * chance for waiting, chance in enumerate(self._full))

    @cached_property
    def abandoned(self) -> float:
        """The share of callers that give up: theta E[Q] / lambda. 0 without calls."""
        rate = self.demand.calls_per_hour / 3600
        return self._leaving * self.queue_length / rate if rate else 0.0

    @property
    def mean_wait(self) -> float:
        """Mean seconds in the line, over all callers, those who gave up included (Little's law)."""
        rate = self.demand.calls_per_hour / 3600
        return self.queue_length / rate if rate else 0.0

    @cached_property
    def mean_wait_answered(self) -> float:
        """Mean seconds until the answer, over the answered; infinite when nobody can answer."""
        if not self.agents:
            return math.inf
        waited, stages = 0.0, 0.0
        for ahead, chance in enumerate(self._full):
            pace = self._serving + (ahead + 1) * self._leaving
            stages += 1 / pace
            waited += chance * (self._serving / pace) * stages
        return waited / (1 - self.abandoned)

    @property
    def occupancy(self) -> float:
        """The share of their time that agents are busy: A (1 - abandoned) / N; 0 without agents."""
        return self.demand.load * (1 - self.abandoned) / self.agents if self.agents else 0.0

    def answered_within(self, seconds: float) -> float:
        """The share of the offered calls answered within `seconds`.

        With k - 1 ahead: a/(a + k) (1 - I_x(a + 1, k)), a = N patience / h, x = exp(-t / patience).
        """
        if not self.agents:
            return 0.0
        late = 0.0
        for ahead, chance, beyond in self._beyond(seconds, self._serving + self._leaving):
            late += chance * self._serving / (self._serving + (ahead + 1) * self._leaving) * beyond
        return max(0.0, 1 - self.abandoned - late)

    def abandoned_within(self, seconds: float) -> float:
        """The share of the offered calls given up within `seconds` of waiting."""
        still = math.fsum(chance * beyond for _, chance, beyond in self._beyond(seconds, self._serving))
        still *= math.exp(-seconds * self._leaving)
        return min(self.abandoned, max(0.0, 1 - still - self.answered_within(seconds)))

    def _beyond(self, seconds: float, pace: float) -> list[tuple[int, float, float]]:
        """(callers ahead, chance of that, I_x(pace * patience, ahead + 1)) for every state with all busy.

        I_x(a, k) = x^a sum over i < k of (a)_i / i! (1 - x)^i: the share of the callers with k - 1
        ahead whose wait would pass `seconds`. The terms go by their logarithms, for x^a alone
        underflows in large queues; written without a quotient that grows with the patience.
        """
        growth = -math.expm1(-seconds * self._leaving) / self._leaving  # tends to `seconds`
        result = []
        term, total = -pace * seconds, 0.0
        for ahead, chance in enumerate(self._full):
            if ahead:
                step = (pace + (ahead - 1) * self._leaving) / ahead * growth
                term = term + math.log(step) if step > 0 else -math.inf
            total = min(1.0, total + math.exp(term))
            result.append((ahead, chance, total))
        return result


def outlook(demand: Demand, agents: int) -> ErlangA | ErlangC:
    """What to expect of `agents`: Erlang A when the patience is known and finite, otherwise Erlang C.

    Raises ValueError for a negative number of agents.
    """
    if demand.patience is None or math.isinf(demand.patience):
        return ErlangC(demand, agents)
    return ErlangA(demand, agents)


def least_agents(demand: Demand, target: Target = EIGHTY_IN_TWENTY) -> int:
    """The least number of agents with which `target` is met, of the offered calls; 0 without calls.

    Without a limit, for more agents always answer more within any time.
    """
    if demand.load == 0:
        return 0
    return least(lambda agents: outlook(demand, agents).answered_within(target.within) >= target.share, demand.load)


def least(is_enough: Callable[[int], bool], near: float) -> int:
    """The least whole number from 0 on for which `is_enough`, which must not turn false again above it.

    `near` is where the search starts, so that its steps are few.
    """
    high, step = max(1, round(near)), max(1, round(math.sqrt(max(near, 0))))
    low = -1  # known not to be enough, or below all
    while not is_enough(high):
        low, high, step = high, high + step, step * 2
    step = max(1, round(math.sqrt(max(near, 0))))
    while low < 0 and high > 0:
        lower = max(0, high - step)
        if is_enough(lower):
            high, step = lower, step * 2
        else:
            low = lower
    while high - low > 1:
        middle = (low + high) // 2
        if is_enough(middle):
            high = middle
        else:
            low = middle
    return high


def _density(x: float) -> float:
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _below(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


def halfin_whitt(beta: float) -> float:
    """The limit of the share that waits in Erlang C with N = A + beta sqrt(A) agents, as A grows.

    Halfin and Whitt 1981: 1 / (1 + beta Phi(beta) / phi(beta)). Raises ValueError unless beta > 0.
    """
    if not beta > 0:
        raise ValueError(f"without patience there is a limit above zero only: {beta}")
    return 1 / (1 + beta * _below(beta) / _density(beta))


def garnett(beta: float, patience_in_handlings: float) -> float:
    """The limit of the share that waits in Erlang A with N = A + beta sqrt(A) agents, as A grows.

    Garnett, Mandelbaum and Reiman 2002. `patience_in_handlings` is the patience over the handling
    time. Raises ValueError unless that is above zero.
    """
    if not patience_in_handlings > 0:
        raise ValueError(f"patience must be above zero: {patience_in_handlings}")
    ratio = math.sqrt(1 / patience_in_handlings)  # sqrt(theta / mu)

    def hazard(x: float) -> float:
        return _density(x) / (1 - _below(x))

    return 1 / (1 + ratio * hazard(beta / ratio) / hazard(-beta))
