"""Ticket numbers: unique, in order of the day, checkable; arrivals do not wait for each other."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests import make
from tickets import numbering
from tickets.models import Team, Ticket

# Sums done by hand: digits from the left by 1, 2, 1, 2 ...; 10 minus the sum modulo 10; and ten becomes 1.
CHECK_DIGITS = {
    "0": 1,  # 0
    "5": 5,  # 5
    "55": 5,  # 5 + 10
    "2026112310000": 2,  # 2 + 0 + 2 + 12 + 1 + 2 + 2 + 6 + 1 = 28
    "20261123100001": 1,  # the same + 2 = 30
    "20261123100002": 8,  # the same + 4 = 32
    "20120507100001": 6,  # 2 + 0 + 1 + 4 + 0 + 10 + 0 + 14 + 1 + 2 = 34
}


@pytest.mark.parametrize(("digits", "expected"), CHECK_DIGITS.items())
def test_the_check_digit_is_that_of_the_otrs_family(digits: str, expected: int) -> None:
    assert numbering.check_digit(digits) == expected


def test_a_wrong_digit_is_noticed() -> None:
    number = numbering.compose_number("date_checksum", day=date(2026, 11, 23), system_id="10", counter=7)
    assert numbering.is_well_formed(number)
    wrong = [number[:-1] + digit for digit in "0123456789" if digit != number[-1]]
    assert not any(numbering.is_well_formed(other) for other in wrong)
    assert not numbering.is_well_formed(number + "1")
    assert not numbering.is_well_formed("")
    assert not numbering.is_well_formed("2026112399000011"), "another installation's"


@pytest.mark.parametrize(
    ("scheme", "pattern"),
    [("date_checksum", r"20261123SS\d{6}"), ("date", r"20261123SS\d{5}"), ("increment", r"SS\d{5}")],
)
def test_each_scheme_has_its_form(db: None, settings: Any, scheme: str, pattern: str) -> None:
    settings.TICKET_NUMBER_SCHEME = scheme
    number = numbering.next_number(datetime(2026, 11, 23, 12, tzinfo=UTC))
    assert re.fullmatch(pattern.replace("SS", settings.SYSTEM_ID), number)
    assert numbering.is_well_formed(number)


def test_counters_beyond_five_digits_stay_well_formed() -> None:
    for counter in (99_999, 100_000, 12_345_678):
        number = numbering.compose_number("date_checksum", day=date(2026, 1, 2), system_id="10", counter=counter)
        assert numbering.is_well_formed(number)


def test_the_counter_begins_anew_each_day_of_the_installation_s_zone(db: None, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Budapest"
    late = datetime(2026, 11, 23, 22, 59, tzinfo=UTC)  # 23:59 in Budapest
    first, second = numbering.next_number(late), numbering.next_number(late)
    third = numbering.next_number(late + timedelta(minutes=1))
    fourth = numbering.next_number(late)  # a clock that lags behind
    start = len("20261123") + len(settings.SYSTEM_ID)
    assert [number[:8] for number in (first, second, third, fourth)] == ["20261123", "20261123", "20261124", "20261123"]
    assert [int(number[start:-1]) for number in (first, second, third)] == [1, 2, 1]
    assert len({first, second, third, fourth}) == 4


def test_increments_go_on_over_midnight(db: None, settings: Any) -> None:
    settings.TICKET_NUMBER_SCHEME = "increment"
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    numbers = [int(numbering.next_number(now + timedelta(days=day))) for day in range(3)]
    assert numbers == list(range(numbers[0], numbers[0] + 3))


def test_eight_at_once_get_four_hundred_different_numbers(transactional_db: None) -> None:
    team_pk = make.team().pk
    at_once = threading.Barrier(8)

    def arrive() -> list[str]:
        team = Team.objects.get(pk=team_pk)
        at_once.wait()
        try:
            return [make.ticket(team=team, text=None).number for _number in range(50)]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        numbers = [number for done in [threads.submit(arrive) for _thread in range(8)] for number in done.result()]
    assert len(set(numbers)) == 400
    assert Ticket.objects.count() == 400


def test_an_arrival_does_not_wait_for_another_that_is_not_committed_yet(transactional_db: None) -> None:
    team = make.team()
    make.ticket(team=team)  # the day's first number is the only one that is waited for
    found = connection.settings_dict
    with psycopg.connect(host=found["HOST"], dbname=found["NAME"], user=found["USER"]) as other:
        day = timezone.localdate()
        row = other.execute("SELECT next_ticket_counter(%s)", [day]).fetchone()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '300ms'")
            mine = make.ticket(team=team)
        other.rollback()
    assert row is not None
    assert f"{row[0]:05d}" not in mine.number[-6:-1]


def test_a_number_of_an_act_that_failed_is_not_given_again(db: None) -> None:
    now = timezone.now()
    given = {numbering.next_number(now)}
    with transaction.atomic():
        given.add(numbering.next_number(now))
        transaction.set_rollback(True)
    given.add(numbering.next_number(now))
    assert len(given) == 3
