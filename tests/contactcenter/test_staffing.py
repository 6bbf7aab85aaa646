"""Erlang B, C and A against reference figures to all their digits, and by properties that hold for any numbers."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from contactcenter.staffing import (
    Demand,
    ErlangA,
    ErlangC,
    Target,
    erlang_b,
    erlang_c,
    garnett,
    halfin_whitt,
    least_agents,
    outlook,
)
from tests.contactcenter import reference

LOADS = st.floats(0.01, 60)
PATIENCE = st.floats(5, 3600)


def demand(load: float, patience: float | None = None) -> Demand:
    return Demand(calls_per_hour=load * 20, handling=180, patience=patience)


def assert_digits(values: list[float], figures: str) -> None:
    """Each value rounds to the figure as printed; a figure printed from a tie may be either side of it."""
    for value, figure in zip(values, figures.split(), strict=True):
        digits = len(figure.partition(".")[2])
        assert abs(value - float(figure)) <= 0.5 * 10**-digits * (1 + 1e-6), (value, figure)


# --- figures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("load", "agents", "blocked"), reference.ERLANG_B)
def test_erlang_b(load: float, agents: int, blocked: str) -> None:
    assert_digits([erlang_b(load, agents)], blocked)


@pytest.mark.parametrize(("load", "agents", "waits", "wait", "level", "occupancy"), reference.ERLANG_C)
def test_erlang_c(load: float, agents: int, waits: str, wait: str, level: str, occupancy: str) -> None:
    queue = ErlangC(demand(load), agents)
    assert_digits(
        [queue.waiting_share, queue.mean_wait, queue.answered_within(20), queue.occupancy],
        f"{waits} {wait} {level} {occupancy}",
    )


@pytest.mark.parametrize(("patience", "load", "agents", "figures"), reference.ERLANG_A)
def test_erlang_a(patience: float, load: float, agents: int, figures: str) -> None:
    queue = ErlangA(demand(load, patience), agents)
    good, gone = queue.answered_within(20), queue.abandoned_within(20)
    assert_digits(
        [
            queue.waiting_share,
            queue.abandoned,
            queue.mean_wait,
            queue.mean_wait_answered,
            good,
            good / (1 - gone),
            good + gone,
            good / (1 - queue.abandoned),
            queue.occupancy,
            queue.queue_length,
        ],
        figures,
    )


@pytest.mark.parametrize(("load", "never", "patient_180", "patient_344"), reference.LEAST)
def test_least_agents_for_80_in_20(load: float, never: int, patient_180: int, patient_344: int) -> None:
    found = [least_agents(demand(load, patience)) for patience in (None, 180, 344)]
    assert found == [never, patient_180, patient_344]


def test_a_published_comparison_of_both_models() -> None:
    """48 calls a minute of one minute each, 50 agents; patience two minutes."""
    never = ErlangC(Demand(2880, 60), 50)
    assert_digits([never.mean_wait, never.wait_percentile(0.9), never.queue_length], "20.8 58.1 17")
    gives_up = ErlangA(Demand(2880, 60, 120), 50)
    assert_digits([gives_up.abandoned, gives_up.mean_wait, gives_up.queue_length], "0.031 3.7 3")
    assert_digits([never.occupancy, gives_up.occupancy], "0.96 0.93")
    fewer = ErlangC(Demand(2880 * (1 - gives_up.abandoned), 60), 50)  # the load cut by those who gave up
    assert_digits([fewer.mean_wait, fewer.wait_percentile(0.9), fewer.queue_length], "8.8 28.2 7")


def test_published_figures_of_a_queue_of_a_hundred_calls_in_half_an_hour() -> None:
    never = ErlangC(Demand(200, 180), 14)
    assert least_agents(Demand(200, 180)) == 14
    assert_digits([never.answered_within(20), never.occupancy, never.waiting_share], ".888350 .714286 .174132")
    gives_up = ErlangA(Demand(200, 180, 300), 13)
    assert_digits([gives_up.answered_within(20), gives_up.occupancy], ".858 .750")
    assert_digits([gives_up.abandoned, gives_up.waiting_share, gives_up.mean_wait / 60], ".025 .226 .125")


def test_a_published_queue_of_three_and_a_half_calls_a_minute() -> None:
    assert_digits([ErlangC(Demand(210, 180), 13).mean_wait], "26.56")
    assert_digits([ErlangA(Demand(210, 180, 300), 13).mean_wait], "9.91")
    assert_digits([ErlangA(Demand(210, 180, 300), 9).mean_wait], "56.62")


@pytest.mark.parametrize(("beta", "waits"), reference.HALFIN_WHITT)
def test_halfin_whitt(beta: float, waits: str) -> None:
    assert_digits([halfin_whitt(beta)], waits)


@pytest.mark.parametrize(("load", "agents", "exact", "limit"), reference.HALFIN_WHITT_AGAINST_EXACT)
def test_halfin_whitt_against_the_exact_share(load: float, agents: int, exact: str, limit: str) -> None:
    assert_digits([erlang_c(load, agents), halfin_whitt((agents - load) / math.sqrt(load))], f"{exact} {limit}")


@pytest.mark.parametrize(("load", "agents", "exact", "limit"), reference.GARNETT)
def test_garnett_against_the_exact_share(load: float, agents: int, exact: str, limit: str) -> None:
    queue = ErlangA(demand(load, 344), agents)
    assert_digits([queue.waiting_share, garnett((agents - load) / math.sqrt(load), 344 / 180)], f"{exact} {limit}")


# --- properties ----------------------------------------------------------------------------------------------------


@given(load=LOADS, patience=PATIENCE, agents=st.integers(1, 80), seconds=st.floats(0, 600))
def test_one_more_agent_is_never_worse(load: float, patience: float, agents: int, seconds: float) -> None:
    for patient in (None, patience):
        now, then = outlook(demand(load, patient), agents), outlook(demand(load, patient), agents + 1)
        assert then.waiting_share <= now.waiting_share + 1e-12
        assert then.answered_within(seconds) >= now.answered_within(seconds) - 1e-12
        assert then.mean_wait <= now.mean_wait + 1e-9
        assert then.abandoned <= now.abandoned + 1e-12


@given(load=LOADS, patience=PATIENCE, agents=st.integers(0, 80), seconds=st.floats(0, 600))
def test_shares_stay_within_bounds_and_add_up(load: float, patience: float, agents: int, seconds: float) -> None:
    queue = ErlangA(demand(load, patience), agents)
    for share in (queue.waiting_share, queue.abandoned, queue.occupancy, queue.answered_within(seconds)):
        assert -1e-12 <= share <= 1 + 1e-12
    assert queue.answered_within(seconds) + queue.abandoned_within(seconds) <= 1 + 1e-12
    assert queue.abandoned_within(seconds) <= queue.abandoned
    assert queue.answered_within(1e7) == pytest.approx(1 - queue.abandoned, abs=1e-9)
    assert queue.abandoned == pytest.approx(queue.mean_wait / patience, abs=1e-9)  # Little's law, twice


@given(load=LOADS, agents=st.integers(1, 80), seconds=st.floats(0, 600))
def test_erlang_a_tends_to_erlang_c_with_infinite_patience(load: float, agents: int, seconds: float) -> None:
    assume(load < 0.95 * agents)
    patient, never = ErlangA(demand(load, 1e9), agents), ErlangC(demand(load), agents)
    assert patient.waiting_share == pytest.approx(never.waiting_share, abs=1e-4)
    assert patient.answered_within(seconds) == pytest.approx(never.answered_within(seconds), abs=1e-4)
    assert patient.mean_wait_answered == pytest.approx(never.mean_wait, rel=1e-3, abs=1e-4)


@given(load=LOADS, agents=st.integers(0, 80))
def test_erlang_a_tends_to_erlang_b_without_patience(load: float, agents: int) -> None:
    assert ErlangA(demand(load, 1e-6), agents).abandoned == pytest.approx(erlang_b(load, agents), abs=1e-6)


@given(load=LOADS, patience=st.one_of(st.none(), PATIENCE), share=st.floats(0.05, 0.99), within=st.floats(0, 300))
def test_the_least_number_is_enough_and_one_less_is_not(
    load: float, patience: float | None, share: float, within: float
) -> None:
    found = least_agents(demand(load, patience), Target(share, within))
    assert outlook(demand(load, patience), found).answered_within(within) >= share
    assert outlook(demand(load, patience), found - 1).answered_within(within) < share


@given(load=LOADS, agents=st.integers(1, 80), share=st.floats(0, 0.999))
def test_the_percentile_is_the_inverse_of_the_service_level(load: float, agents: int, share: float) -> None:
    assume(load < agents)
    queue = ErlangC(demand(load), agents)
    assert queue.answered_within(queue.wait_percentile(share)) == pytest.approx(max(share, 1 - queue.waiting_share))


@settings(max_examples=10, deadline=None)
@given(load=st.floats(2_000, 20_000), slack=st.floats(-1, 2))
def test_large_centres_agree_with_the_limits(load: float, slack: float) -> None:
    agents = round(load + slack * math.sqrt(load))
    beta = (agents - load) / math.sqrt(load)
    queue = ErlangA(demand(load, 180), agents)
    assert queue.waiting_share == pytest.approx(garnett(beta, 1), abs=0.01)
    assert 0 <= queue.answered_within(20) <= 1
    if beta > 0.1:
        assert erlang_c(load, agents) == pytest.approx(halfin_whitt(beta), abs=0.01)


# --- edges ---------------------------------------------------------------------------------------------------------


def test_an_overloaded_queue_whose_callers_never_give_up_has_no_end() -> None:
    queue = ErlangC(demand(10), 10)
    assert (queue.waiting_share, queue.answered_within(3600), queue.mean_wait) == (1, 0, math.inf)
    assert queue.wait_percentile(0.5) == math.inf
    assert not queue.is_stable


def test_nobody_to_answer() -> None:
    queue = ErlangA(demand(2, 180), 0)
    assert queue.abandoned == pytest.approx(1)
    assert queue.mean_wait == pytest.approx(180)
    assert (queue.answered_within(20), queue.mean_wait_answered, queue.occupancy) == (0, math.inf, 0)


@pytest.mark.parametrize("patience", [None, 180])
def test_no_calls_need_nobody(patience: float | None) -> None:
    assert least_agents(demand(0, patience)) == 0
    queue = outlook(demand(0, patience), 3)
    assert (queue.answered_within(0), queue.mean_wait, queue.abandoned, queue.occupancy) == (1, 0, 0, 0)
    assert queue.queue_length == 0


@pytest.mark.parametrize(
    "bad", [(-1, 180, None), (math.nan, 180, None), (10, 0, None), (10, 180, 0), (10, math.inf, 1)]
)
def test_impossible_demands_are_refused(bad: tuple[float, float, float | None]) -> None:
    with pytest.raises(ValueError):
        Demand(*bad)


@pytest.mark.parametrize(("share", "within"), [(0, 20), (1, 20), (0.8, -1)])
def test_impossible_targets_are_refused(share: float, within: float) -> None:
    with pytest.raises(ValueError):
        Target(share, within)


def test_impossible_questions_are_refused() -> None:
    with pytest.raises(ValueError):
        erlang_b(-1, 3)
    with pytest.raises(ValueError):
        ErlangA(demand(1), 3)
    with pytest.raises(ValueError):
        ErlangA(demand(1, 180), -3)
    with pytest.raises(ValueError):
        ErlangC(demand(1), 3).wait_percentile(1)
    with pytest.raises(ValueError):
        halfin_whitt(0)
    with pytest.raises(ValueError):
        garnett(0, 0)
