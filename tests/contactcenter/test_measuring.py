"""The rate of the last minutes, the handling time and the patience, as measured."""

from __future__ import annotations

import random

import pytest

from contactcenter.measuring import Measured, arrival_rate


def test_the_rate_is_that_of_the_window() -> None:
    arrivals = [0, 90, 100, 500, 1000]
    assert arrival_rate(arrivals, now=1000, window=900) == 8  # the call at 100 is out by now


def test_the_part_before_opening_is_as_planned() -> None:
    assert arrival_rate([30, 40], now=90, window=900, opened_at=0, profile=80) == pytest.approx((7200 + 80 * 810) / 900)
    assert arrival_rate([30, 40], now=90, window=900, opened_at=0) == 80
    assert arrival_rate([30, 40], now=59, window=900, opened_at=0) == 0


def test_the_plan_weighs_as_told() -> None:
    arrivals = [100.0] * 10
    assert arrival_rate(arrivals, now=900, profile=100, profile_weight=0.25) == pytest.approx(25 + 30)


@pytest.mark.parametrize("bad", [{"window": 0}, {"profile_weight": 1.1}])
def test_impossible_windows_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        arrival_rate([], now=0, **bad)


def test_handling_and_patience_are_found_whatever_the_start() -> None:
    dice = random.Random(5)
    measured = Measured(handling=60, waiting=60, gave_up=1)
    for _ in range(20_000):
        measured = measured.with_handling(dice.expovariate(1 / 200))
        wait, patience = dice.expovariate(1 / 50), dice.expovariate(1 / 300)
        measured = measured.with_wait(min(wait, patience), gave_up=patience < wait)
    assert measured.handling == pytest.approx(200, rel=0.3)
    assert measured.patience == pytest.approx(300, rel=0.3)


def test_who_did_not_wait_tells_nothing_and_nobody_giving_up_is_no_patience() -> None:
    assert Measured().with_wait(0, gave_up=False) == Measured()
    assert Measured(gave_up=0).patience is None
    assert Measured().demand(100).load == 5
