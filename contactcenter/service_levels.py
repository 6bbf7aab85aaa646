"""Service levels and the other figures of a queue, each defined once, over raw counts.

The same day differs by up to ten points between the formulas that the field uses. So counts are
stored, never percentages; each queue names its formula; counts of intervals and queues add up.
All times are seconds, all shares lie between 0 and 1; a share of nothing is None, not 0 or 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Self


class AddsUp:
    """A dataclass of counts and sums: two of a kind make a third, field by field."""

    __slots__ = ()

    def __add__(self, other: Self) -> Self:
        names = [one.name for one in fields(self)]  # type: ignore[arg-type]  # whoever inherits is a dataclass
        return type(self)(*(getattr(self, name) + getattr(other, name) for name in names))


class Formula(StrEnum):
    """The service-level formulas in use; which one is told beside every figure."""

    EXCLUDE_SHORT = "excl_short"
    """Answered in time, of the offered less the short abandons. The default."""
    ABANDON_NEGATIVE = "abandon_negative"
    """Answered in time, of all offered: who gives up counts against us."""
    ABANDON_IGNORED = "abandon_ignored"
    """Answered in time, of the offered less those who gave up within the threshold."""
    ABANDON_POSITIVE = "abandon_positive"
    """Answered or given up in time, of all offered."""


class Ending(StrEnum):
    """How a wait ended, as far as these figures tell it apart."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    OTHER = "other"
    """Timed out, nobody there, key pressed, callback, voicemail, withdrawn: offered, but not abandoned."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """`answer_within`: a wait up to this is in time. `short_abandon`: giving up before this is not held against us."""

    answer_within: float = 20.0
    short_abandon: float = 5.0


@dataclass(frozen=True, slots=True)
class Counts(AddsUp):
    """Raw counts of a queue over any span, by the interval of entry. They add up."""

    offered: int = 0
    answered: int = 0
    answered_in_time: int = 0
    abandoned: int = 0
    abandoned_in_time: int = 0
    abandoned_short: int = 0
    waited_answered: float = 0.0
    """Sum of the waits of the answered: from entering the queue to the answer, ringing included."""
    waited_abandoned: float = 0.0

    def plus(self, ending: Ending, wait: float, thresholds: Thresholds) -> Counts:
        """These counts and one more wait that ended after `wait` seconds."""
        return self + count([(ending, wait)], thresholds)


def count(waits: Iterable[tuple[Ending, float]], thresholds: Thresholds) -> Counts:
    """The counts of ended waits, each told by its ending and its seconds."""
    offered = answered = quick = abandoned = early = short = 0
    waited_answered = waited_abandoned = 0.0
    for ending, wait in waits:
        offered += 1
        if ending == Ending.ANSWERED:
            answered += 1
            quick += wait <= thresholds.answer_within
            waited_answered += wait
        elif ending == Ending.ABANDONED:
            abandoned += 1
            early += wait <= thresholds.answer_within
            short += wait < thresholds.short_abandon
            waited_abandoned += wait
    return Counts(offered, answered, quick, abandoned, early, short, waited_answered, waited_abandoned)


def count_live(counts: Counts, waiting: Iterable[float], thresholds: Thresholds) -> Counts:
    """The counts so far, with those who still wait past the threshold, and none that may yet be in time.

    `counts` hold the ended waits. A live service level that counts fresh callers as offered sinks
    with every call that comes in; one that forgets the late ones hides a standing line.
    """
    late = sum(1 for wait in waiting if wait > thresholds.answer_within)
    return counts + Counts(offered=late)


def service_level(counts: Counts, formula: Formula = Formula.EXCLUDE_SHORT) -> float | None:
    """The share that was served in time by `formula`; None when its denominator is zero."""
    return share(*level_parts(counts, formula))


def level_parts(counts: Counts, formula: Formula = Formula.EXCLUDE_SHORT) -> tuple[int, int]:
    """How many were served in time, and of how many: so that queues with different formulas add up."""
    good, of = counts.answered_in_time, counts.offered
    if formula == Formula.EXCLUDE_SHORT:
        of -= counts.abandoned_short
    elif formula == Formula.ABANDON_IGNORED:
        of -= counts.abandoned_in_time
    elif formula == Formula.ABANDON_POSITIVE:
        good += counts.abandoned_in_time
    return good, of


def service_level_of_answered(counts: Counts) -> float | None:
    """Answered in time, of the answered: what Asterisk calls ServicelevelPerf. For comparing, not for judging."""
    return share(counts.answered_in_time, counts.answered)


def abandonment(counts: Counts) -> float | None:
    """The share that gave up, the short ones left out on both sides."""
    return share(counts.abandoned - counts.abandoned_short, counts.offered - counts.abandoned_short)


def mean_wait_answered(counts: Counts) -> float | None:
    """Seconds until the answer (ASA), over the answered."""
    return share(counts.waited_answered, counts.answered)


def mean_wait_abandoned(counts: Counts) -> float | None:
    """Seconds until giving up, over those who did, short ones included."""
    return share(counts.waited_abandoned, counts.abandoned)


def mean_wait(counts: Counts) -> float | None:
    """Seconds in the line, over all offered."""
    return share(counts.waited_answered + counts.waited_abandoned, counts.offered)


@dataclass(frozen=True, slots=True)
class Work(AddsUp):
    """What agents did over a span, in seconds of all of them together; by the interval of the end. Adds up."""

    handled: int = 0
    """Contacts whose wrap-up ended."""
    talk: float = 0.0
    hold: float = 0.0
    wrap_up: float = 0.0
    offered: float = 0.0
    """Ringing, from the offer to its answer."""
    idle: float = 0.0
    """READY and free."""
    background: float = 0.0
    unpaid: float = 0.0
    """Breaks and other activities that are not paid."""
    signed_in: float = 0.0

    @property
    def contact(self) -> float:
        """Talk, hold and wrap-up."""
        return self.talk + self.hold + self.wrap_up


def handling_time(work: Work) -> float | None:
    """Mean seconds of talk, hold and wrap-up of a handled contact (AHT)."""
    return share(work.contact, work.handled)


def wrap_up_time(work: Work) -> float | None:
    """Mean seconds of wrap-up of a handled contact (ACW)."""
    return share(work.wrap_up, work.handled)


def occupancy(work: Work) -> float | None:
    """The share of the time for contacts that contacts took: (contact + ringing) / (that + READY idle).

    Background work is left out on both sides; `utilisation` has it. The two are never mixed.
    """
    busy = work.contact + work.offered
    return share(busy, busy + work.idle)


def utilisation(work: Work) -> float | None:
    """(contact + background) / (signed in - unpaid)."""
    return share(work.contact + work.background, work.signed_in - work.unpaid)


@dataclass(frozen=True, slots=True)
class Span:
    """`activity`, a code, from `start` to `end`, seconds on any one clock. Raises ValueError if it ends before."""

    start: float
    end: float
    activity: str

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"the span ends before it starts: {self.start}, {self.end}")

    def overlap(self, other: Self) -> float:
        """Seconds that both share."""
        return max(0.0, min(self.end, other.end) - max(self.start, other.start))


def adherence(planned: Sequence[Span], actual: Sequence[Span]) -> float | None:
    """The share of the planned time that was spent in the planned activity.

    Spans of one list must not overlap. A loan rewrites the plan beforehand (`replan`): whom we
    pulled in has not broken it.
    """
    kept = sum(plan.overlap(did) for plan in planned for did in actual if plan.activity == did.activity)
    return share(kept, sum(plan.end - plan.start for plan in planned))


def replan(planned: Sequence[Span], loan: Span) -> list[Span]:
    """The plan with the part under `loan` replaced by the loan's activity. Nothing outside the plan is added."""
    result: list[Span] = []
    for plan in planned:
        start, end = max(plan.start, loan.start), min(plan.end, loan.end)
        if start >= end:
            result.append(plan)
            continue
        parts = ((plan.start, start, plan.activity), (start, end, loan.activity), (end, plan.end, plan.activity))
        result += [Span(*part) for part in parts if part[0] < part[1]]
    return result


def share(part: float, of: float) -> float | None:
    """`part / of`, None when there is nothing to take a share of."""
    return part / of if of > 0 else None
