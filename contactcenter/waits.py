"""How long a caller will wait: the estimate by the length of the line, and the record of its error.

Of the estimates in use this one errs least (a third less than the wait of the head of the line or
of the last answered, measured on a queue at 95 % load, and half of it when the load changes).
Pure arithmetic; all times are seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from contactcenter.service_levels import AddsUp, share


@dataclass(frozen=True, slots=True)
class Estimate:
    """An expected wait and its standard deviation, in seconds. It is told as a range."""

    mean: float
    spread: float

    @property
    def low(self) -> float:
        """One standard deviation less, not below zero."""
        return max(0.0, self.mean - self.spread)

    @property
    def high(self) -> float:
        """One standard deviation more. About two waits of three end between `low` and `high`."""
        return self.mean + self.spread


def estimate_wait(
    ahead: int,
    *,
    agents: int,
    handling: float,
    patience: float | None = None,
    idle: int = 0,
    helper_in: float | None = None,
) -> Estimate | None:
    """The wait of somebody who joins with `ahead` waiting before him; None when nobody will ever answer.

    The sum over i = 0..ahead of 1 / (agents / handling + i / patience): each of the stages he passes
    ends when an agent gets free or somebody before him gives up (Whitt 1999; Ibrahim and Whitt 2009).
    `agents` serve the queue, busy or not; `idle` of them are free. While nobody serves, a helper who
    is coming is the one to answer: `helper_in` is his set-up time, half of which is added, as he is
    half-way on average.

    Raises ValueError for negative numbers and for a handling time or patience not above zero.
    """
    if ahead < 0 or agents < 0 or idle < 0 or (helper_in is not None and helper_in < 0):
        raise ValueError("numbers of people and times cannot be negative")
    if not handling > 0 or (patience is not None and not patience > 0):
        raise ValueError("handling time and patience must be above zero")
    if idle > ahead:
        return Estimate(0.0, 0.0)
    start = 0.0
    if not agents:
        if helper_in is None:
            return None
        agents, start = 1, helper_in / 2
    leaving = 0.0 if patience is None else 1 / patience
    stages = [1 / (agents / handling + before * leaving) for before in range(ahead + 1)]
    return Estimate(start + math.fsum(stages), math.sqrt(math.fsum(stage * stage for stage in stages)))


@dataclass(frozen=True, slots=True)
class Errors(AddsUp):
    """The record of estimates against what came true. Adds up over intervals and queues."""

    count: int = 0
    total: float = 0.0
    """Sum of estimate less real wait: above zero when we promised longer waits than came."""
    absolute: float = 0.0
    squared: float = 0.0
    in_range: int = 0

    def plus(self, estimate: Estimate, real: float) -> Errors:
        """With one more estimate, after a wait of `real` seconds until the answer.

        Waits that ended otherwise are left out: how long they would have lasted is not known.
        """
        error = estimate.mean - real
        within = estimate.low <= real <= estimate.high
        return self + Errors(1, error, abs(error), error * error, int(within))

    @property
    def bias(self) -> float | None:
        """Mean error in seconds; None without estimates, like all that follow."""
        return share(self.total, self.count)

    @property
    def mean_absolute(self) -> float | None:
        """Mean size of the error in seconds."""
        return share(self.absolute, self.count)

    @property
    def root_mean_square(self) -> float | None:
        """The usual measure, in seconds; large errors weigh more."""
        return math.sqrt(self.squared / self.count) if self.count else None

    @property
    def share_in_range(self) -> float | None:
        """The share of waits that ended within the range that was told."""
        return share(self.in_range, self.count)
