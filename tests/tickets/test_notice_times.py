"""When a notice goes by mail: the rules of time, in the person's own zone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tickets.models import Notice, NoticeChoices
from tickets.telling.times import When, first_due, held_until, next_time, quiet_until, when_of

Kind = Notice.Kind
BUDAPEST = ZoneInfo("Europe/Budapest")
KATHMANDU = ZoneInfo("Asia/Kathmandu")
NOON = datetime(2026, 11, 26, 11, 0, tzinfo=UTC)  # noon in Budapest
NIGHTS = NoticeChoices(quiet_from=time(22), quiet_until=time(7))


def budapest(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BUDAPEST)


def test_what_is_urgent_never_waits_but_may_be_left_out() -> None:
    for kind in (Kind.ASSIGNED, Kind.MENTIONED, Kind.PROMISE_DUE):
        assert when_of(kind, NoticeChoices()) == When.NOW
        assert when_of(kind, NoticeChoices(by_kind={kind: "daily"})) == When.NOW
        assert when_of(kind, NoticeChoices(by_kind={kind: "never"})) == When.NEVER


def test_everything_else_is_bundled_unless_chosen_otherwise() -> None:
    assert when_of(Kind.WATCHED_CHANGED, NoticeChoices()) == When.BUNDLED
    assert when_of(Kind.WATCHED_CHANGED, NoticeChoices(by_kind={"watched_changed": "daily"})) == When.DAILY
    assert when_of(Kind.WATCHED_CHANGED, NoticeChoices(by_kind={"watched_changed": "sometimes"})) == When.BUNDLED
    assert when_of(Kind.WATCHED_CHANGED, NoticeChoices(is_mail_off=True)) == When.NEVER


@pytest.mark.parametrize(
    ("when", "zone", "due"),
    [
        (When.NOW, BUDAPEST, NOON),
        (When.NEVER, BUDAPEST, None),
        (When.BUNDLED, BUDAPEST, NOON + timedelta(minutes=15)),
        (When.HOURLY, BUDAPEST, NOON + timedelta(hours=1)),
        (When.HOURLY, KATHMANDU, NOON + timedelta(minutes=15)),  # 16:45 there
        (When.DAILY, BUDAPEST, budapest(27, 8)),
        (When.DAILY, KATHMANDU, datetime(2026, 11, 27, 8, 0, tzinfo=KATHMANDU)),
    ],
)
def test_when_a_notice_of_noon_is_due(when: When, zone: ZoneInfo, due: datetime | None) -> None:
    assert first_due(when, NoticeChoices(), zone, NOON) == due


def test_a_bundle_s_time_and_the_hour_of_the_day_can_be_chosen() -> None:
    choices = NoticeChoices(bundle_minutes=60, daily_at=time(17, 30))
    assert first_due(When.BUNDLED, choices, BUDAPEST, NOON) == NOON + timedelta(hours=1)
    assert first_due(When.DAILY, choices, BUDAPEST, NOON) == budapest(26, 17, 30)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (budapest(26, 21, 59), None),
        (budapest(26, 22), budapest(27, 7)),
        (budapest(27, 3), budapest(27, 7)),
        (budapest(27, 6, 59), budapest(27, 7)),
        (budapest(27, 7), None),
    ],
)
def test_quiet_hours_over_midnight(at: datetime, until: datetime | None) -> None:
    assert quiet_until(NIGHTS, BUDAPEST, at) == until


def test_quiet_hours_within_a_day_and_none() -> None:
    lunch = NoticeChoices(quiet_from=time(12), quiet_until=time(13))
    assert quiet_until(lunch, BUDAPEST, NOON) == budapest(26, 13)
    assert quiet_until(lunch, KATHMANDU, NOON) is None
    assert quiet_until(NoticeChoices(), BUDAPEST, NOON) is None


def test_clocks_that_are_changed_neither_lose_a_day_nor_repeat_it() -> None:
    # 29 March 2026: two o'clock becomes three; 25 October: three becomes two.
    early = time(2, 30)
    spring = next_time(early, BUDAPEST, after=budapest(28, 12, month=3))
    assert spring == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # half past three, the clock's next answer
    assert next_time(early, BUDAPEST, after=spring) == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)
    autumn = next_time(early, BUDAPEST, after=budapest(24, 12, month=10))
    assert autumn == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert next_time(early, BUDAPEST, after=autumn) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)
    assert quiet_until(NIGHTS, BUDAPEST, budapest(28, 23, month=3)) == budapest(29, 7, month=3)
    assert first_due(When.HOURLY, NoticeChoices(), BUDAPEST, datetime(2026, 10, 25, 0, 40, tzinfo=UTC)) == datetime(
        2026, 10, 25, 1, 0, tzinfo=UTC
    )


def held(kind: Kind, choices: NoticeChoices, now: datetime, away_until: datetime | None = None) -> datetime | None:
    return held_until(kind, choices, BUDAPEST, now=now, away_until=away_until)


def test_at_night_what_is_urgent_goes_unless_he_wants_quiet_for_that_too() -> None:
    night = budapest(26, 23)
    assert held(Kind.ASSIGNED, NIGHTS, night) is None
    assert held(Kind.CUSTOMER_WROTE, NIGHTS, night) == budapest(27, 7)
    deep = NoticeChoices(quiet_from=time(22), quiet_until=time(7), is_quiet_for_urgent=True)
    assert held(Kind.ASSIGNED, deep, night) == budapest(27, 7)


def test_while_away_everything_waits_and_then_for_the_morning() -> None:
    back = budapest(30, 0)
    assert held(Kind.ASSIGNED, NoticeChoices(), NOON, back) == back
    assert held(Kind.CUSTOMER_WROTE, NIGHTS, NOON, back) == budapest(30, 7)
    assert held(Kind.CUSTOMER_WROTE, NIGHTS, NOON) is None
