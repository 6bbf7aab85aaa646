"""When a notice goes by mail: pure rules of time, in the person's own zone. Nothing here asks the database."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tickets.models import Notice, NoticeChoices

Kind = Notice.Kind
When = Notice.When

# Meant for one person and not to be missed: these never wait in a bundle, and muting does not silence them.
URGENT = frozenset({Kind.ASSIGNED, Kind.MENTIONED, Kind.PROMISE_DUE})

DEFAULTS: dict[str, When] = {
    Kind.ASSIGNED: When.NOW,
    Kind.MENTIONED: When.NOW,
    Kind.PROMISE_DUE: When.NOW,
    Kind.PROMISE_ASKED: When.NOW,
    Kind.PROMISE_LATE: When.NOW,
    Kind.SEND_REFUSED: When.NOW,
    Kind.RELEASE_ASKED: When.NOW,
    Kind.NEW_IN_TEAM: When.HOURLY,
}
"""Every other kind: in bundles."""

BREATH = timedelta(minutes=1)  # between two mails to one person, so that forty acts at once are two mails and not forty


def when_of(kind: str, choices: NoticeChoices) -> When:
    """When the person wants this kind by mail."""
    if choices.is_mail_off:
        return When.NEVER
    chosen = choices.by_kind.get(kind)
    if kind in URGENT:
        return When.NEVER if chosen == When.NEVER else When.NOW
    return When(chosen) if chosen in When.values else DEFAULTS.get(kind, When.BUNDLED)


def first_due(when: When, choices: NoticeChoices, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When a notice written now is due, before anybody's rest is considered; None for never."""
    if when == When.NEVER:
        return None
    if when == When.NOW:
        return now
    if when == When.BUNDLED:
        return now + timedelta(minutes=choices.bundle_minutes)
    if when == When.HOURLY:
        local = now.astimezone(zone)
        # Steps are taken in UTC: an hour that the clocks repeat or leave out is still an hour.
        return (
            now
            + timedelta(hours=1)
            - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        )
    return next_time(choices.daily_at, zone, after=now)


def next_time(clock: time, zone: ZoneInfo, *, after: datetime) -> datetime:
    """The next moment at which the person's clock shows this time."""
    day = after.astimezone(zone).date()
    for offset in (0, 1, 2):
        moment = at_clock(day + timedelta(days=offset), clock, zone)
        if moment > after:
            return moment
    raise AssertionError("a clock shows every time within two days")


def at_clock(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The moment of a day at which the clock shows this; a time that is left out in spring is the one after it."""
    return datetime.combine(day, clock, tzinfo=zone).astimezone(ZoneInfo("UTC"))


def quiet_until(choices: NoticeChoices, zone: ZoneInfo, at: datetime) -> datetime | None:
    """When the quiet hours end that the moment falls into; None outside of them."""
    begin, end = choices.quiet_from, choices.quiet_until
    if begin is None or end is None:
        return None
    shown = at.astimezone(zone).time().replace(tzinfo=None)
    is_quiet = begin <= shown < end if begin < end else shown >= begin or shown < end
    return next_time(end, zone, after=at) if is_quiet else None


def held_until(
    kind: str, choices: NoticeChoices, zone: ZoneInfo, *, now: datetime, away_until: datetime | None
) -> datetime | None:
    """Until when a mail that is due now has to wait for the person's rest; None when it may go."""
    at = max(now, away_until) if away_until else now
    if kind not in URGENT or choices.is_quiet_for_urgent:
        at = quiet_until(choices, zone, at) or at
    return at if at > now else None
