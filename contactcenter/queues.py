"""Queues: set up, their opening hours, and whether a contact may wait in one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from django.db import transaction
from django.utils.translation import gettext as _

from contactcenter.log import Verb, record
from contactcenter.models import Agent, Contact, OpeningHours, Outcome, Queue, QueueLevel
from tickets.errors import Refused
from tickets.models import Team, User

Instead = Queue.Instead
LOOK_AHEAD = 21  # days; a queue that stays closed longer has no next opening to tell

Minutes = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Week:
    """Opening hours as plain values. Minutes of the day; `special`: a day to its hours, None for closed."""

    time_zone: str
    spans: Mapping[int, Sequence[Minutes]]
    special: Mapping[date, Minutes | None]
    holidays_of: str = ""


@dataclass(frozen=True, slots=True)
class Barred:
    """Why a contact may not wait, and what the queue does instead."""

    outcome: Outcome
    instead: Instead


# --- opening hours ---------------------------------------------------------------------------------------------------


def week_of(hours: OpeningHours) -> Week:
    """Reads the rows."""
    spans: dict[int, list[Minutes]] = {}
    for span in hours.spans.all():
        spans.setdefault(span.weekday, []).append((span.opens, span.closes))
    special: dict[date, Minutes | None] = {
        day.day: None if day.opens is None or day.closes is None else (day.opens, day.closes)
        for day in hours.special_days.all()
    }
    return Week(hours.time_zone, spans, special, hours.holidays_of)


def hours_of_day(week: Week, day: date) -> Sequence[Minutes]:
    """The spans of that day: its own hours first, then holidays (closed), then moved working days (as on a Friday)."""
    if day in week.special:
        own = week.special[day]
        return [own] if own else []
    if week.holidays_of:
        calendar = _calendar(week.holidays_of, day.year)
        if day in calendar:
            return []
        if day in getattr(calendar, "weekend_workdays", ()):
            return week.spans.get(4, [])
    return week.spans.get(day.weekday(), [])


def is_open_at(week: Week, moment: datetime) -> bool:
    """Whether contacts are taken at that moment."""
    return opened_at(week, moment) is not None


def opened_at(week: Week, moment: datetime) -> datetime | None:
    """When it opened, of the opening that holds at that moment; None while it is closed. A day ends at midnight."""
    local = moment.astimezone(ZoneInfo(week.time_zone))
    minute = local.hour * 60 + local.minute
    for opens, closes in hours_of_day(week, local.date()):
        if opens <= minute < closes:
            return local.replace(hour=opens // 60, minute=opens % 60, second=0, microsecond=0)
    return None


def openings(at: datetime) -> dict[int, datetime]:
    """The opening hours by which it is open now, and since when; many queues share one set."""
    rows = OpeningHours.objects.prefetch_related("spans", "special_days")
    found = {hours.pk: opened_at(week_of(hours), at) for hours in rows}
    return {key: opened for key, opened in found.items() if opened is not None}


def next_opening(week: Week, moment: datetime) -> datetime | None:
    """When it opens next, `moment` itself when it is open; None when not within three weeks."""
    if is_open_at(week, moment):
        return moment
    zone = ZoneInfo(week.time_zone)
    first = moment.astimezone(zone).date()
    for days in range(LOOK_AHEAD + 1):
        day = first + timedelta(days=days)
        for opens, _closes in sorted(hours_of_day(week, day)):
            # Through wall-clock parts, so that the days when clocks change come out right.
            found = datetime(day.year, day.month, day.day, opens // 60, opens % 60, tzinfo=zone)
            if found >= moment:
                return found
    return None


def is_open(queue: Queue, at: datetime) -> bool:
    """Without opening hours a queue is always open."""
    return queue.hours is None or is_open_at(week_of(queue.hours), at)


@lru_cache(maxsize=64)
def _calendar(country: str, year: int) -> Any:
    return holidays.country_holidays(country, years=year)


# --- waiting ---------------------------------------------------------------------------------------------------------


def barred(queue: Queue, at: datetime) -> Barred | None:
    """Why nothing more may wait here now; None when it may. The caller holds the queue's lock, so the count stands."""
    if not queue.is_active:
        return Barred(Outcome.REJECTED, Instead.REJECT)
    if not is_open(queue, at) and queue.when_closed != Instead.WAIT:
        return Barred(Outcome.REJECTED, Instead(queue.when_closed))
    if queue.when_full != Instead.WAIT and queue.most_waiting is not None:
        waiting = Contact.objects.filter(queue=queue, state__in=[Contact.State.QUEUED, Contact.State.OFFERED]).count()
        if waiting >= queue.most_waiting:
            return Barred(Outcome.REJECTED, Instead(queue.when_full))
    if queue.when_nobody != Instead.WAIT and not _somebody_serves(queue):
        return Barred(Outcome.NO_AGENTS, Instead(queue.when_nobody))
    return None


def _somebody_serves(queue: Queue) -> bool:
    """Ready, or to be called back from background work."""
    serving = Agent.objects.present().filter(queue_memberships__in=queue.memberships.serving())
    return serving.filter(activity__is_routable=True).exists() or serving.filter(activity__is_recallable=True).exists()


def lock_queue(queue: Queue | int) -> Queue:
    """The queue's fresh row, locked until the transaction ends; after agents, before tickets."""
    key = queue if isinstance(queue, int) else queue.pk
    Queue.objects.select_for_update(no_key=True).values_list("pk").get(pk=key)
    return Queue.objects.select_related("team", "hours", "overflow_to").get(pk=key)


# --- setting up ------------------------------------------------------------------------------------------------------


def add_queue(
    name: str, *, team: Team, by: User | None, delays: Mapping[int, int] | None = None, **rules: Any
) -> Queue:
    """A new queue. `delays`: level to the seconds after which it opens; `rules`: fields of Queue. Raises Refused."""
    name = " ".join(name.split())
    if not name:
        raise Refused(_("Give the queue a name."), field="name")
    if not team.is_active:
        raise Refused(_("The team %(team)s no longer works.") % {"team": team}, field="team")
    with transaction.atomic():
        Team.objects.select_for_update(no_key=True).values_list("pk").get(pk=team.pk)
        if Queue.objects.filter(name__iexact=name).exists():
            raise Refused(_("There is already a queue with this name."), field="name")
        queue = Queue.objects.create(name=name, team=team, **rules)
        for level, delay in (delays or {}).items():
            QueueLevel.objects.create(queue=queue, level=level, delay=delay)
        record(Verb.QUEUE_ADDED, by=by, queue=queue)
    return queue


def change_queue(queue: Queue, *, by: User | None, **rules: Any) -> Queue:
    """Sets these fields of the queue. Raises Refused when it is to close for good while somebody waits in it."""
    with transaction.atomic():
        queue = lock_queue(queue)
        if rules.get("is_active") is False:
            _refuse_closing_with_waiting(queue)
        changed = sorted(field for field, value in rules.items() if getattr(queue, field) != value)
        if not changed:
            return queue
        for field in changed:
            setattr(queue, field, rules[field])
        queue.save(update_fields=changed)
        record(Verb.QUEUE_CHANGED, by=by, queue=queue, fields=changed)
    return queue


def _refuse_closing_with_waiting(queue: Queue) -> None:
    over: Collection[str] = Contact.OVER
    if Contact.objects.filter(queue=queue).exclude(state__in=over).exists():
        raise Refused(_("Somebody is still in this queue."), field="is_active")
