"""Figures from raw counts: four named service levels, and one definition of everything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactcenter import service_levels as levels
from contactcenter.service_levels import Counts, Ending, Formula, Span, Thresholds, Work

DEFAULT = Thresholds()
WAITS = st.lists(st.tuples(st.sampled_from(Ending), st.floats(0, 200)))


@pytest.mark.parametrize(
    ("formula", "share"),
    [
        (Formula.ABANDON_NEGATIVE, 70 / 100),
        (Formula.ABANDON_IGNORED, 70 / 90),
        (Formula.ABANDON_POSITIVE, 80 / 100),
        (Formula.EXCLUDE_SHORT, 70 / 96),
    ],
)
def test_a_published_day_by_four_formulas(formula: Formula, share: float) -> None:
    """100 calls: 70 answered in time, 10 gave up in time (4 of them at once), 20 later."""
    counts = Counts(
        offered=100, answered=85, answered_in_time=70, abandoned=15, abandoned_in_time=10, abandoned_short=4
    )
    assert levels.service_level(counts, formula) == pytest.approx(share)


def test_a_published_example_of_short_abandons() -> None:
    counts = Counts(offered=400, answered=300, answered_in_time=200, abandoned=100, abandoned_short=50)
    assert levels.service_level(counts) == pytest.approx(200 / 350)
    assert levels.abandonment(counts) == pytest.approx(50 / 350)
    assert levels.service_level_of_answered(counts) == pytest.approx(200 / 300)


def test_thresholds_are_inclusive_for_the_answer_and_exclusive_for_the_short_abandon() -> None:
    waits = [
        (Ending.ANSWERED, 20.0),
        (Ending.ANSWERED, 20.1),
        (Ending.ABANDONED, 4.9),
        (Ending.ABANDONED, 5.0),
        (Ending.ABANDONED, 21.0),
        (Ending.OTHER, 60.0),
    ]
    counts = levels.count(waits, DEFAULT)
    assert counts == Counts(6, 2, 1, 3, 2, 1, 20.0 + 20.1, 4.9 + 5.0 + 21.0)
    assert levels.mean_wait_answered(counts) == pytest.approx(20.05)
    assert levels.mean_wait_abandoned(counts) == pytest.approx(10.3)
    assert levels.mean_wait(counts) == pytest.approx(71 / 6)


def test_a_live_level_waits_for_the_threshold_before_it_counts_a_caller() -> None:
    done = Counts(offered=2, answered=2, answered_in_time=2)
    assert levels.service_level(levels.count_live(done, [3, 19.9], DEFAULT)) == 1
    assert levels.service_level(levels.count_live(done, [3, 20.1, 50], DEFAULT)) == pytest.approx(2 / 4)


def test_a_share_of_nothing_is_none() -> None:
    assert [levels.service_level(Counts(), formula) for formula in Formula] == [None] * 4
    assert [one(Counts()) for one in (levels.abandonment, levels.mean_wait, levels.mean_wait_answered)] == [None] * 3
    assert [one(Work()) for one in (levels.handling_time, levels.occupancy, levels.utilisation)] == [None] * 3
    assert levels.adherence([], []) is None
    only_short = Counts(offered=1, abandoned=1, abandoned_in_time=1, abandoned_short=1)
    assert levels.service_level(only_short) is None


@given(first=WAITS, second=WAITS)
def test_counts_of_parts_add_up_to_the_counts_of_the_whole(
    first: list[tuple[Ending, float]], second: list[tuple[Ending, float]]
) -> None:
    parts = levels.count(first, DEFAULT) + levels.count(second, DEFAULT)
    whole = levels.count(first + second, DEFAULT)
    assert parts.waited_answered == pytest.approx(whole.waited_answered)
    assert (parts.offered, parts.answered_in_time, parts.abandoned_short) == (
        whole.offered, whole.answered_in_time, whole.abandoned_short,
    )  # fmt: skip


@given(waits=WAITS)
def test_the_formulas_are_ordered(waits: list[tuple[Ending, float]]) -> None:
    counts = levels.count(waits, DEFAULT)
    order = [Formula.ABANDON_NEGATIVE, Formula.EXCLUDE_SHORT, Formula.ABANDON_IGNORED, Formula.ABANDON_POSITIVE]
    shares = [share for formula in order if (share := levels.service_level(counts, formula)) is not None]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)


def test_work_of_agents() -> None:
    morning = Work(handled=10, talk=1000, hold=200, wrap_up=300, offered=60, idle=440, background=900, signed_in=3600)
    pause = Work(unpaid=600, signed_in=700)
    day = morning + pause
    assert levels.handling_time(day) == 150
    assert levels.wrap_up_time(day) == 30
    assert levels.occupancy(day) == pytest.approx(1560 / 2000)
    assert levels.utilisation(day) == pytest.approx(2400 / 3700)


def test_adherence_counts_the_planned_activity_alone() -> None:
    planned = [Span(0, 100, "ready"), Span(100, 120, "break"), Span(120, 200, "ready")]
    actual = [Span(10, 105, "ready"), Span(105, 130, "break"), Span(130, 260, "ready")]
    assert levels.adherence(planned, actual) == pytest.approx((90 + 15 + 70) / 200)


def test_a_loan_rewrites_the_plan_and_is_no_breach() -> None:
    planned = [Span(0, 100, "tickets"), Span(100, 120, "break")]
    actual = [Span(0, 30, "tickets"), Span(30, 110, "ready"), Span(110, 120, "break")]
    loan = Span(30, 110, "ready")
    assert levels.replan(planned, loan) == [
        Span(0, 30, "tickets"),
        Span(30, 100, "ready"),
        Span(100, 110, "ready"),
        Span(110, 120, "break"),
    ]
    assert levels.adherence(levels.replan(planned, loan), actual) == 1
    assert levels.adherence(planned, actual) == pytest.approx(40 / 120)


def test_a_span_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError):
        Span(10, 9, "ready")
