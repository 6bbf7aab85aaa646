"""What came out of a simulated day: raw counts first, every figure from them by the product's definitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from contactcenter.service_levels import (
    Counts,
    Ending,
    Formula,
    Thresholds,
    abandonment,
    count,
    mean_wait,
    mean_wait_answered,
    service_level,
)
from contactcenter.waits import Errors


@dataclass(slots=True)
class Day:
    """The record of one run. Times are seconds; `waits` are (entry, ending, wait) of all callers who entered in it."""

    length: float
    thresholds: Thresholds
    waits: list[tuple[float, Ending, float]] = field(default_factory=list)
    pulls: list[float] = field(default_factory=list)
    """When each helper was asked."""
    releases: list[float] = field(default_factory=list)
    recalls: int = 0
    tickets: int = 0
    """Tickets ended at background work."""
    staff: list[tuple[float, int, int]] = field(default_factory=list)
    """(time, agents on duty, of them helpers) at each look."""
    helping: float = 0.0
    """Seconds of helpers, from being asked to having left."""
    background: float = 0.0
    """Seconds of agents at tickets."""
    recalled: float = 0.0
    """Seconds of agents parking a ticket."""
    at_contacts: float = 0.0
    """Seconds of agents at contacts that ended or were cut at the end of the day."""
    still_open: int = 0
    """Contacts that were waiting at the end; they are in no count."""
    errors: Errors = field(default_factory=Errors)
    """Estimated waits against the real ones."""

    @property
    def counts(self) -> Counts:
        """Of the whole day."""
        return count(((ending, wait) for _, ending, wait in self.waits), self.thresholds)

    def by_interval(self, seconds: float = 900.0) -> list[Counts]:
        """By the interval of entry; the last may be shorter."""
        slots: list[list[tuple[Ending, float]]] = [[] for _ in range(int(-(-self.length // seconds)))]
        for entered, ending, wait in self.waits:
            slots[min(int(entered // seconds), len(slots) - 1)].append((ending, wait))
        return [count(slot, self.thresholds) for slot in slots]


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over days: shares, seconds, and per day what is counted. None where there is nothing to take a mean of."""

    days: int
    offered: float
    service_level: dict[str, float | None]
    """By the name of the formula."""
    abandoned: float | None
    """Of all offered."""
    abandoned_without_short: float | None
    mean_wait_answered: float | None
    mean_wait: float | None
    moves: float
    """Helpers pulled in, a day."""
    helper_minutes: float
    recalls_per_hour: float
    background_agents: float
    """Mean number of agents at tickets."""
    tickets_per_hour: float
    resume_loss: float
    """Mean number of agents lost to resuming parked tickets."""
    estimate_error: float | None
    """Root mean square of the estimated waits' errors, in seconds."""
    estimate_bias: float | None
    estimates_in_range: float | None
    still_open: float


def sum_up(days: Sequence[Day], *, resume_cost: float = 0.0) -> Figures:
    """The figures of some days together. Raises ValueError for none."""
    if not days:
        raise ValueError("no day was simulated")
    counts = sum((day.counts for day in days), Counts())
    errors = sum((day.errors for day in days), Errors())
    hours = sum(day.length for day in days) / 3600
    recalls = sum(day.recalls for day in days) / hours
    return Figures(
        days=len(days),
        offered=counts.offered / len(days),
        service_level={formula.value: service_level(counts, formula) for formula in Formula},
        abandoned=counts.abandoned / counts.offered if counts.offered else None,
        abandoned_without_short=abandonment(counts),
        mean_wait_answered=mean_wait_answered(counts),
        mean_wait=mean_wait(counts),
        moves=sum(len(day.pulls) for day in days) / len(days),
        helper_minutes=sum(day.helping for day in days) / 60 / len(days),
        recalls_per_hour=recalls,
        background_agents=sum(day.background for day in days) / 3600 / hours,
        tickets_per_hour=sum(day.tickets for day in days) / hours,
        resume_loss=recalls * resume_cost / 3600,
        estimate_error=errors.root_mean_square,
        estimate_bias=errors.bias,
        estimates_in_range=errors.share_in_range,
        still_open=sum(day.still_open for day in days) / len(days),
    )
