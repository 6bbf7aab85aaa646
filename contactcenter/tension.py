"""How tense a queue is, and which things told of an agent cannot all be true. Pure; times are seconds on any one clock.

What contradicts itself is listed and never tidied away: a state that looks right on the board and is not costs callers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from contactcenter.models import Work

SILENT_AFTER = 20.0  # a page shows a sign of life every few seconds; after 45 the agent counts as lost
LATE_BY = 15.0  # what the timetable ends within seconds and is still there
FAR_BELOW = 0.10  # points of service level below the target
NEARLY_FULL = 0.90  # occupancy


class Tension(StrEnum):
    """The one word over a queue, the gravest first."""

    FULL = "bad"
    TIGHT = "warn"
    CALM = "ok"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Line:
    """What the word is made of. `longest`: seconds; `level` of the last interval and `target` are shares."""

    is_open: bool
    waiting: int
    longest: float
    answer_within: float
    ready: int
    on_duty: int
    level: float | None
    target: float
    occupancy: float | None


def tension_of(line: Line) -> Tension:
    """Full: somebody waits and nobody serves, waits four times too long, or the level is ten points below its target
    with a line standing. Tight: a wait past its time, a line that nobody free faces, nine tenths busy, below target."""
    if not line.is_open and not line.waiting:
        return Tension.CLOSED
    below = line.target - line.level if line.level is not None else 0.0
    if line.waiting and (not line.on_duty or line.longest > 4 * line.answer_within or below >= FAR_BELOW):
        return Tension.FULL
    is_busy = line.occupancy is not None and line.occupancy >= NEARLY_FULL
    if line.waiting and (line.longest > line.answer_within or not line.ready):
        return Tension.TIGHT
    return Tension.TIGHT if (is_busy and line.waiting) or below > 0 else Tension.CALM


class Odd(StrEnum):
    """A contradiction in what is told of an agent."""

    SILENT = "silent"
    LOST = "lost"
    BUSY_SIGNED_OUT = "busy_signed_out"
    NO_QUEUE = "no_queue"
    OVERSTAYED = "overstayed"
    NO_CONTACT = "no_contact"
    IDLE_WITH_CONTACT = "idle_with_contact"
    LOAN_NOT_READY = "loan_not_ready"
    WRAP_UP_OVER = "wrap_up_over"


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of an agent. Times on the caller's clock, None where there is none. `seats`: queues he serves."""

    is_present: bool
    is_routable: bool
    work: str
    seats: int
    activity_since: float
    work_since: float
    has_contact: bool = False
    is_on_loan: bool = False
    heartbeat_at: float | None = None
    device_lost_at: float | None = None
    work_until: float | None = None
    longest_activity: float | None = None


@dataclass(frozen=True, slots=True)
class Contradiction:
    """`since`: from when on it does not fit."""

    odd: Odd
    since: float


def contradictions(told: Told, now: float) -> Iterator[Contradiction]:
    """All that do not fit together, in a fixed order."""
    busy = told.work in (Work.CONNECTED, Work.HELD)
    if told.is_present and told.is_routable:
        if told.device_lost_at is not None:
            yield Contradiction(Odd.LOST, told.device_lost_at)
        elif told.heartbeat_at is not None and now - told.heartbeat_at > SILENT_AFTER:
            yield Contradiction(Odd.SILENT, told.heartbeat_at)
        if not told.seats:
            yield Contradiction(Odd.NO_QUEUE, told.activity_since)
    if not told.is_present and told.work != Work.IDLE:
        yield Contradiction(Odd.BUSY_SIGNED_OUT, told.activity_since)
    if busy and not told.has_contact:
        yield Contradiction(Odd.NO_CONTACT, told.work_since)
    if told.work == Work.IDLE and told.has_contact:
        yield Contradiction(Odd.IDLE_WITH_CONTACT, told.work_since)
    if told.is_on_loan and not told.is_routable and told.work == Work.IDLE:
        yield Contradiction(Odd.LOAN_NOT_READY, told.activity_since)
    if told.work == Work.WRAP_UP and told.work_until is not None and now - told.work_until > LATE_BY:
        yield Contradiction(Odd.WRAP_UP_OVER, told.work_until)
    if told.longest_activity is not None and told.is_present and now - told.activity_since > told.longest_activity:
        yield Contradiction(Odd.OVERSTAYED, told.activity_since + told.longest_activity)
