"""What comes to a queue, as measured: the rate of the last minutes, the handling time and the patience.

Pure arithmetic over what was seen; times are seconds on any one clock that goes forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contactcenter.staffing import Demand

# One new observation of a handling time weighs this much; about the last fifty count.
WEIGHT = 0.02
# With one give-up in so many the patience rests on about the last hundred of them.
PATIENCE_WEIGHT = 0.01


def arrival_rate(
    arrivals: Sequence[float],
    *,
    now: float,
    window: float = 900.0,
    opened_at: float | None = None,
    profile: float | None = None,
    profile_weight: float = 0.0,
) -> float:
    """Calls per hour: those of the last `window` seconds, blended with what the plan expects.

    `arrivals` are times of entry in order; only those after `now - window` count. `profile` is the
    planned rate and weighs `profile_weight` from 0 to 1. The part of the window before the queue
    opened (`opened_at`) is taken as planned; without a plan it is left out, and in the first minute
    the rate is zero, for three calls in ten seconds are no rate of a thousand an hour.

    Raises ValueError for a window that is not above zero or a weight outside of 0 to 1.
    """
    if not window > 0 or not 0 <= profile_weight <= 1:
        raise ValueError(f"the window must be above zero and the weight a share: {window}, {profile_weight}")
    span = window if opened_at is None else max(0.0, min(window, now - opened_at))
    seen = 0
    for entered in reversed(arrivals):
        if entered <= now - span:
            break
        seen += 1
    if profile is None:
        return hourly(seen, span)
    measured = (seen * 3600 + profile * (window - span)) / window
    return profile_weight * profile + (1 - profile_weight) * measured


def hourly(seen: int, span: float) -> float:
    """The rate of `seen` calls in `span` seconds; zero in the first minute, which tells nothing yet."""
    return seen / span * 3600 if span >= 60 else 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Exponentially weighted handling time and patience of a queue, with what they start from.

    The patience is the total time of waiting over the number of those who gave up, both weighted
    alike: the maximum-likelihood estimate for exponential patience, which counts the waits of the
    answered too (Brown et al. 2005). The mean wait of those who gave up is no estimate of it.
    """

    handling: float = 180.0
    waiting: float = 180.0
    """Weighted waiting time per ..."""
    gave_up: float = 1.0
    """... weighted number of those who gave up."""

    @property
    def patience(self) -> float | None:
        """Mean seconds until somebody gives up; None when nobody has."""
        return self.waiting / self.gave_up if self.gave_up > 0 else None

    def with_handling(self, seconds: float) -> Measured:
        """After one more handled contact of `seconds`."""
        return Measured(self.handling + WEIGHT * (seconds - self.handling), self.waiting, self.gave_up)

    def with_wait(self, seconds: float, *, gave_up: bool) -> Measured:
        """After one more wait of `seconds` ended, by an answer or by giving up. Who did not wait tells nothing."""
        if seconds <= 0:
            return self
        # Old evidence fades with each give-up, not with each wait, or quiet hours would wash it out.
        keep = 1 - PATIENCE_WEIGHT if gave_up else 1.0
        added = PATIENCE_WEIGHT
        return Measured(self.handling, keep * (self.waiting + added * seconds), keep * self.gave_up + added * gave_up)

    def demand(self, calls_per_hour: float) -> Demand:
        """The demand that a rate makes with these times."""
        return Demand(calls_per_hour, self.handling, self.patience)
