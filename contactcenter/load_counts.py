"""Raw counts of queues for the live load: today, the last quarter of an hour, the one before it; handling times.

Two statements over the segments, by indexes on queue and time: the board reads them once a second.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from contactcenter.measuring import Measured
from contactcenter.service_levels import Counts

INTERVAL = timedelta(minutes=15)
HANDLING_OVER = timedelta(hours=2)
SEED = Measured()  # what stands in while little was measured
SEED_WEIGHT = 5  # as many handled contacts

# A wait counts as offered once it has ended or is past its time: fresh callers may yet be answered in time.
COUNTS = """
WITH seg AS (
    SELECT s.queue_id, s.entered_at, q.answer_within, q.short_abandon,
           s.answered_at IS NOT NULL AS answered,
           s.answered_at IS NULL AND s.outcome IN ('abandoned', 'short_abandoned') AS abandoned,
           s.answered_at IS NULL AND s.left_at IS NULL AS waiting,
           extract(epoch FROM coalesce(s.answered_at, s.left_at, %(at)s) - s.entered_at)::float AS wait
    FROM contactcenter_contactsegment s JOIN contactcenter_queue q ON q.id = s.queue_id
    WHERE s.queue_id = ANY(%(queues)s) AND s.entered_at >= least(%(today)s, %(earlier)s)
)
SELECT seg.queue_id, period.name, count(*) AS arrivals,
       count(*) FILTER (WHERE NOT waiting OR wait > answer_within),
       count(*) FILTER (WHERE answered),
       count(*) FILTER (WHERE answered AND wait <= answer_within),
       count(*) FILTER (WHERE abandoned),
       count(*) FILTER (WHERE abandoned AND wait <= answer_within),
       count(*) FILTER (WHERE abandoned AND wait < short_abandon),
       coalesce(sum(wait) FILTER (WHERE answered), 0),
       coalesce(sum(wait) FILTER (WHERE abandoned), 0)
FROM seg JOIN (VALUES ('today', %(today)s, %(at)s), ('interval', %(interval)s, %(at)s),
                      ('before', %(earlier)s, %(interval)s)) AS period(name, since, until)
  ON seg.entered_at >= period.since::timestamptz AND seg.entered_at <= period.until::timestamptz
GROUP BY seg.queue_id, period.name
"""
HANDLING = """
SELECT s.queue_id, count(*), sum(extract(epoch FROM coalesce(c.closed_at, s.left_at) - s.answered_at))::float
FROM contactcenter_contactsegment s JOIN contactcenter_contact c ON c.id = s.contact_id
WHERE s.queue_id = ANY(%(queues)s) AND s.left_at >= %(since)s AND s.answered_at IS NOT NULL
GROUP BY s.queue_id
"""


@dataclass(frozen=True, slots=True)
class Periods:
    """A queue's counts. `arrivals`: who came in the last interval, and in the one before it."""

    today: Counts = field(default_factory=Counts)
    interval: Counts = field(default_factory=Counts)
    arrivals: int = 0
    arrivals_before: int = 0

    @property
    def patience(self) -> float:
        """Mean seconds until somebody gives up, today: all the waiting over those who gave up, with the seed."""
        waited = SEED.waiting + self.today.waited_answered + self.today.waited_abandoned
        return waited / (SEED.gave_up + self.today.abandoned)


@dataclass(frozen=True, slots=True)
class Shift:
    """Handled contacts of the last two hours and the mean seconds of one: from the answer to the wrap-up's end."""

    handled: int = 0
    seconds: float = SEED.handling


def read_counts(queue_ids: Collection[int], *, since: datetime, at: datetime) -> dict[int, Periods]:
    """The counts of these queues; `since`: when today began. A queue without any has empty ones."""
    values: dict[str, Any] = {
        "queues": list(queue_ids),
        "at": at,
        "today": since,
        "interval": at - INTERVAL,
        "earlier": at - 2 * INTERVAL,
    }
    found: dict[int, dict[str, tuple[int, Counts]]] = {key: {} for key in queue_ids}
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, values)
        for queue_id, period, arrivals, *numbers in cursor.fetchall():
            found[queue_id][period] = (arrivals, Counts(*numbers))
    none = (0, Counts())
    return {
        key: Periods(
            today=periods.get("today", none)[1],
            interval=periods.get("interval", none)[1],
            arrivals=periods.get("interval", none)[0],
            arrivals_before=periods.get("before", none)[0],
        )
        for key, periods in found.items()
    }


def read_handling(queue_ids: Collection[int], *, at: datetime) -> dict[int, Shift]:
    """What a contact of each queue takes; while few were measured, mostly what is usual."""
    found = dict.fromkeys(queue_ids, Shift())
    with connection.cursor() as cursor:
        cursor.execute(HANDLING, {"queues": list(queue_ids), "since": at - HANDLING_OVER})
        for queue_id, handled, seconds in cursor.fetchall():
            mean = (SEED.handling * SEED_WEIGHT + seconds) / (SEED_WEIGHT + handled)
            found[queue_id] = Shift(handled, max(mean, 1.0))
    return found
