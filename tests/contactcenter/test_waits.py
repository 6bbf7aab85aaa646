"""The estimated wait by the length of the line, and the record of its error."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactcenter.waits import Errors, Estimate, estimate_wait


def test_the_first_in_line_waits_for_one_agent_of_all_to_get_free() -> None:
    estimate = estimate_wait(0, agents=6, handling=180)
    assert estimate == Estimate(30, 30)
    assert (estimate.low, estimate.high) == (0, 60)


def test_each_one_ahead_adds_a_stage_and_may_give_up() -> None:
    estimate = estimate_wait(2, agents=3, handling=180, patience=120)
    assert estimate is not None
    rates = [3 / 180, 3 / 180 + 1 / 120, 3 / 180 + 2 / 120]
    assert estimate.mean == pytest.approx(sum(1 / rate for rate in rates))
    assert estimate.spread == pytest.approx(math.sqrt(sum(1 / rate**2 for rate in rates)))


def test_nobody_waits_while_somebody_is_free() -> None:
    assert estimate_wait(1, agents=3, idle=2, handling=180) == Estimate(0, 0)


def test_without_agents_there_is_no_estimate_unless_a_helper_comes() -> None:
    assert estimate_wait(0, agents=0, handling=180) is None
    estimate = estimate_wait(0, agents=0, handling=180, helper_in=60)
    assert estimate is not None
    assert estimate.mean == 30 + 180


@given(ahead=st.integers(0, 50), agents=st.integers(1, 50), patience=st.floats(1, 3600))
def test_more_agents_and_less_patience_shorten_the_wait(ahead: int, agents: int, patience: float) -> None:
    def mean(ahead: int, agents: int, patience: float | None) -> float:
        estimate = estimate_wait(ahead, agents=agents, handling=180, patience=patience)
        assert estimate is not None
        return estimate.mean

    assert mean(ahead, agents + 1, patience) < mean(ahead, agents, patience) <= mean(ahead, agents, None)
    assert mean(ahead, agents, patience) < mean(ahead + 1, agents, patience)


@pytest.mark.parametrize(
    "bad",
    [
        {"ahead": -1},
        {"agents": -1},
        {"idle": -1},
        {"helper_in": -1},
        {"handling": 0},
        {"patience": 0},
    ],
)
def test_impossible_lines_are_refused(bad: dict[str, float]) -> None:
    given_ = {"ahead": 1, "agents": 2, "handling": 180.0, **bad}
    with pytest.raises(ValueError):
        estimate_wait(int(given_.pop("ahead")), **given_)  # type: ignore[arg-type]


def test_the_record_of_errors() -> None:
    record = Errors().plus(Estimate(30, 30), 90) + Errors().plus(Estimate(40, 10), 35)
    assert (record.count, record.bias, record.mean_absolute, record.share_in_range) == (2, -27.5, 32.5, 0.5)
    assert record.root_mean_square == pytest.approx(math.sqrt((60**2 + 5**2) / 2))
    none = Errors()
    assert (none.bias, none.mean_absolute, none.root_mean_square, none.share_in_range) == (None,) * 4
