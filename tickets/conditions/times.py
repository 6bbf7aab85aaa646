"""Days, moments and spans of time as a condition writes them, and what they mean for a reader at a moment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone

from tickets.models import User

UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
LONGEST_SPAN = timedelta(days=36_500)
YEARS = range(1900, 2200)


@dataclass(frozen=True, slots=True)
class Span:
    """A number of minutes, hours, days or weeks. A day is 24 hours."""

    count: int
    unit: str

    @property
    def length(self) -> timedelta:
        return self.count * UNITS[self.unit]

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"


def read_span(text: object) -> Span | None:
    """ "7d" and the like; None for anything else."""
    found = re.fullmatch(r"([0-9]{1,8})([mhdw])", text) if isinstance(text, str) else None
    if found is None:
        return None
    span = Span(int(found[1]), found[2])
    return span if span.length <= LONGEST_SPAN else None


def read_moment(text: object) -> date | datetime | None:
    """A day, or a day with an hour, with or without a zone; None for anything else."""
    if not isinstance(text, str) or not text.isascii():
        return None
    try:
        moment = date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.year in YEARS else None


def zone_of(reader: User | None) -> tzinfo:
    """The reader's zone; the active one for nobody."""
    if reader is None:
        return timezone.get_current_timezone()
    try:
        return ZoneInfo(reader.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return timezone.get_current_timezone()


def day_of(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """The day's beginning and its end, which is the next one's beginning."""
    start, end = (datetime.combine(each, time.min, tzinfo=zone) for each in (day, day + timedelta(days=1)))
    return start, end


def bounds_of(moment: date | datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """From when to when the moment is: a whole day, or an instant."""
    if not isinstance(moment, datetime):
        return day_of(moment, zone)
    instant = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return instant, instant
