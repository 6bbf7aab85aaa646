"""History in raw counts: by queue and interval, one grouped statement a report. Every figure is made of these.

The wallboard, the pages, the files and the advice all count here, so that they can never disagree.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from contactcenter.models import Queue
from contactcenter.service_levels import AddsUp, Counts, Formula, Work


class Step(Enum):
    """The lengths of an interval; a day is the house's calendar day, 23 or 25 hours long twice a year."""

    QUARTER = "15"
    HALF = "30"
    HOUR = "60"
    DAY = "day"

    @property
    def span(self) -> timedelta | None:
        return None if self is Step.DAY else timedelta(minutes=int(self.value))


@dataclass(frozen=True, slots=True)
class Tally(AddsUp):
    """The counts of a queue in an interval, by the time of entry, with what the service level has no use for."""

    counts: Counts = field(default_factory=Counts)
    callbacks: int = 0
    """Who asked to be called back."""
    other: int = 0
    """Timed out, turned away, withdrawn, gone elsewhere."""
    waiting: int = 0
    """Who still waits; those past the threshold are among the offered."""
    estimates: int = 0
    """Answered waits that had been estimated; the sums of their errors follow, in seconds."""
    error: float = 0.0
    error_absolute: float = 0.0
    in_range: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """An interval of a queue. `longest`: the longest wait that ended in an answer or a give-up, in seconds."""

    start: datetime
    tally: Tally
    longest: float = 0.0

    @property
    def counts(self) -> Counts:
        return self.tally.counts


def formula_of(queue: Queue) -> Formula:
    """The queue's service-level formula."""
    return Formula(queue.formula)


# `left_at` of an answered segment is the end of the talk: its wait ended at the answer.
COUNT = """
WITH waits AS (
    SELECT s.queue_id, {slot} AS slot, s.outcome, q.answer_within,
           s.answered_at IS NOT NULL AS is_answered,
           s.outcome IN ('abandoned', 'short_abandoned') AS is_abandoned,
           s.answered_at IS NULL AND s.left_at IS NULL AS is_waiting,
           extract(epoch FROM coalesce(s.answered_at, s.left_at, %(now)s) - s.entered_at)::float AS wait,
           s.expected_wait, s.expected_spread
    FROM contactcenter_contactsegment s JOIN contactcenter_queue q ON q.id = s.queue_id
    WHERE s.queue_id = ANY(%(queues)s) AND s.entered_at >= %(start)s AND s.entered_at < %(end)s
)
SELECT queue_id, slot,
       count(*) FILTER (WHERE NOT is_waiting OR wait > answer_within),
       count(*) FILTER (WHERE is_answered),
       count(*) FILTER (WHERE is_answered AND wait <= answer_within),
       count(*) FILTER (WHERE is_abandoned),
       count(*) FILTER (WHERE is_abandoned AND wait <= answer_within),
       count(*) FILTER (WHERE outcome = 'short_abandoned'),
       coalesce(sum(wait) FILTER (WHERE is_answered), 0),
       coalesce(sum(wait) FILTER (WHERE is_abandoned), 0),
       count(*) FILTER (WHERE outcome = 'to_callback'),
       count(*) FILTER (WHERE NOT is_answered AND NOT is_abandoned AND NOT is_waiting AND outcome <> 'to_callback'),
       count(*) FILTER (WHERE is_waiting),
       count(*) FILTER (WHERE is_answered AND expected_wait IS NOT NULL),
       coalesce(sum(expected_wait - wait) FILTER (WHERE is_answered), 0),
       coalesce(sum(abs(expected_wait - wait)) FILTER (WHERE is_answered), 0),
       count(*) FILTER (WHERE is_answered AND abs(expected_wait - wait) <= expected_spread),
       coalesce(max(wait) FILTER (WHERE is_answered OR is_abandoned), 0)
FROM waits GROUP BY queue_id, slot ORDER BY queue_id, slot
"""
COUNTED = len(fields(Counts))


def counts(
    queue_ids: Iterable[int], start: datetime, end: datetime, step: Step | None = None, *, now: datetime | None = None
) -> dict[int, list[Slot]]:
    """What entered each queue from `start` to before `end`, by interval in order of time; empty ones are left out.

    Without a step, one interval. Each queue's own thresholds count. Who still waits is offered once his wait is past
    the threshold (`service_levels.count_live`); `now` says until when he has waited, the present by default.
    """
    queues = list(queue_ids)
    found: dict[int, list[Slot]] = {queue: [] for queue in queues}
    slot, more = _slot("s.entered_at", step, start)
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT.format(slot=slot),
            {"queues": queues, "start": start, "end": end, "now": now or timezone.now(), **more},
        )
        for queue, at, *rest in cursor.fetchall():
            found[queue].append(Slot(at, Tally(Counts(*rest[:COUNTED]), *rest[COUNTED:-1]), rest[-1]))
    return found


def total(queue_id: int, start: datetime, end: datetime) -> Counts:
    """The counts of one queue over the whole span."""
    return sum((slot.counts for slot in counts([queue_id], start, end)[queue_id]), Counts())


def _slot(column: str, step: Step | None, start: datetime) -> tuple[str, dict[str, Any]]:
    """SQL for the start of the interval of a time, with its parameters."""
    zone = str(timezone.get_default_timezone())
    if step is None:
        return "%(start)s::timestamptz", {}
    if step.span is None:
        return f"date_trunc('day', {column}, %(zone)s)", {"zone": zone}
    midnight = start.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    return f"date_bin(%(step)s, {column}, %(midnight)s)", {"step": step.span, "midnight": midnight}


# --- agents' time ----------------------------------------------------------------------------------------------------

# An agent's time with a contact belongs to the queue in whose segment he had it.
WORK = """
SELECT queue_id, slot,
       count(*) FILTER (WHERE work = 'wrap_up'),
       coalesce(sum(seconds) FILTER (WHERE work = 'connected'), 0),
       coalesce(sum(seconds) FILTER (WHERE work = 'held'), 0),
       coalesce(sum(seconds) FILTER (WHERE work = 'wrap_up'), 0),
       coalesce(sum(seconds) FILTER (WHERE work = 'offered'), 0)
FROM (
    SELECT s.queue_id, {slot} AS slot, w.work,
           extract(epoch FROM upper(w.during) - lower(w.during))::float AS seconds
    FROM contactcenter_workinterval w
    JOIN LATERAL (
        SELECT queue_id FROM contactcenter_contactsegment s
        WHERE s.contact_id = w.contact_id AND s.entered_at <= lower(w.during)
        ORDER BY s.entered_at DESC LIMIT 1
    ) s ON s.queue_id = ANY(%(queues)s)
    WHERE w.during && tstzrange(%(start)s, %(end)s) AND NOT upper_inf(w.during)
      AND upper(w.during) >= %(start)s AND upper(w.during) < %(end)s AND w.contact_id IS NOT NULL
) spent GROUP BY queue_id, slot
"""
# READY and free, of the agents who serve one of the queues at home or on loan; in each of their queues alike.
IDLE = """
SELECT queue_id, slot, sum(seconds) FROM (
    SELECT m.queue_id, {slot} AS slot,
           extract(epoch FROM least(upper(w.during), upper(a.during), m.left_at, %(end)s, %(now)s)
                   - greatest(lower(w.during), lower(a.during), m.joined_at, %(start)s))::float AS seconds
    FROM contactcenter_queuemembership m
    JOIN contactcenter_workinterval w ON w.agent_id = m.agent_id AND w.work = 'idle'
         AND w.during && tstzrange(%(start)s, %(end)s)
    JOIN contactcenter_activityinterval a ON a.agent_id = w.agent_id AND a.during && w.during
         AND a.during && tstzrange(%(start)s, %(end)s)
    JOIN contactcenter_activity t ON t.id = a.activity_id AND t.is_routable
    WHERE m.queue_id = ANY(%(queues)s) AND tstzrange(m.joined_at, m.left_at) && (w.during * a.during)
) idle WHERE seconds > 0 GROUP BY queue_id, slot
"""


def work(
    queue_ids: Iterable[int], start: datetime, end: datetime, step: Step | None = None, *, now: datetime | None = None
) -> dict[tuple[int, datetime], Work]:
    """Agents' time at the contacts of each queue by the interval of its end, and their idle READY time beside it.

    Idle time is cut at the edges of the span only, and counted in the interval in which it ended. Somebody who serves
    two queues is idle in both: occupancies of queues do not add up.
    """
    queues = list(queue_ids)
    found: dict[tuple[int, datetime], Work] = {}
    moment = min(now or timezone.now(), end)
    given: dict[str, Any] = {"queues": queues, "start": start, "end": end, "now": moment}
    with connection.cursor() as cursor:
        slot, more = _slot("upper(w.during)", step, start)
        cursor.execute(WORK.format(slot=slot), {**given, **more})
        for queue, at, handled, talk, hold, wrap_up, offered in cursor.fetchall():
            found[queue, at] = Work(handled, talk, hold, wrap_up, offered)
        ended = "least(upper(w.during), upper(a.during), m.left_at, %(end)s - interval '1 microsecond', %(now)s)"
        slot, more = _slot(ended, step, start)
        cursor.execute(IDLE.format(slot=slot), {**given, **more})
        for queue, at, idle in cursor.fetchall():
            found[queue, at] = found.get((queue, at), Work()) + Work(idle=idle)
    return found


# --- loans -----------------------------------------------------------------------------------------------------------

LOANS = """
SELECT queue_id, count(*), count(active_at), count(*) FILTER (WHERE state = 'declined'),
       count(*) FILTER (WHERE state = 'expired'),
       coalesce(sum(extract(epoch FROM least(coalesce(ended_at, %(now)s), %(end)s) - greatest(active_at, %(start)s)))
                FILTER (WHERE active_at < %(end)s), 0)::float,
       coalesce(sum((SELECT count(*) FROM contactcenter_contactsegment s WHERE s.agent_id = l.agent_id
                     AND s.queue_id = l.queue_id AND s.answered_at >= l.active_at
                     AND s.answered_at < coalesce(l.ended_at, %(now)s))), 0)::int
FROM contactcenter_loan l
WHERE queue_id = ANY(%(queues)s) AND asked_at >= %(start)s AND asked_at < %(end)s
GROUP BY queue_id
"""


@dataclass(frozen=True, slots=True)
class Lent(AddsUp):
    """Loans into a queue that were asked for in a span. `seconds` on loan; `answered`: contacts the helpers took."""

    asked: int = 0
    served: int = 0
    declined: int = 0
    expired: int = 0
    seconds: float = 0.0
    answered: int = 0


def loans_into(queue_ids: Collection[int], start: datetime, end: datetime) -> dict[int, Lent]:
    """The loans into each of these queues, in one statement; queues without any are left out."""
    with connection.cursor() as cursor:
        now = min(timezone.now(), end)
        cursor.execute(LOANS, {"queues": list(queue_ids), "start": start, "end": end, "now": now})
        return {queue: Lent(*rest) for queue, *rest in cursor.fetchall()}
