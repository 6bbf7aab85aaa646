"""When a helper is pulled in and let go, whom to ask, and the effect told before the click."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactcenter.pulling import (
    Effect,
    Helper,
    Memory,
    Move,
    Pulling,
    Sight,
    Why,
    decide,
    expected_effect,
    needed_agents,
)
from contactcenter.staffing import Demand, Target

RULE = Pulling(need_hold=20, release_hold=180)
BUSY = Sight(waiting=1, longest_wait=10, idle=0, on_duty=10, coming=0, helpers=0, demand=Demand(260, 180, 180))
CALM = Sight(waiting=0, longest_wait=0, idle=4, on_duty=14, coming=0, helpers=4, demand=Demand(160, 180, 180))


def test_a_need_that_lasts_pulls_one_helper_in_and_then_waits_for_him() -> None:
    decision, memory = decide(BUSY, [], RULE, Memory(), now=0)
    assert (decision.move, decision.why, decision.need) == (Move.STAY, Why.HOLDING, 16)
    decision, memory = decide(BUSY, [], RULE, memory, now=15)
    assert decision.why == Why.HOLDING
    decision, memory = decide(BUSY, [], RULE, memory, now=20)
    assert (decision.move, decision.why) == (Move.PULL, Why.HEADCOUNT)
    coming = replace(BUSY, coming=1, helpers=1)
    decision, memory = decide(coming, [], RULE, memory, now=65)
    assert decision.why == Why.ONE_AT_A_TIME
    decision, memory = decide(coming, [], RULE, memory, now=85)
    assert decision.move == Move.PULL


def test_a_need_that_goes_away_begins_anew() -> None:
    _, memory = decide(BUSY, [], RULE, Memory(), now=0)
    decision, memory = decide(replace(BUSY, waiting=0, longest_wait=0), [], RULE, memory, now=10)
    assert decision.move == Move.STAY
    assert memory.needed_since is None
    decision, _ = decide(BUSY, [], RULE, memory, now=25)
    assert decision.why == Why.HOLDING


@pytest.mark.parametrize(
    ("sight", "why"),
    [
        (replace(BUSY, longest_wait=60), Why.LONG_WAIT),
        (replace(BUSY, waiting=3), Why.LONG_LINE),
        (replace(BUSY, waiting=3, coming=1, helpers=1), Why.HOLDING),
        (replace(BUSY, waiting=6, coming=1, helpers=1), Why.LONG_LINE),
        (replace(BUSY, waiting=6, helpers=5), Why.MOST_HELPERS),
    ],
)
def test_an_old_or_long_line_does_not_wait_for_the_hold(sight: Sight, why: Why) -> None:
    decision, _ = decide(sight, [], RULE, Memory(), now=0)
    assert decision.why == why


def test_the_longest_loaned_free_helper_goes_after_hold_and_least_stay_one_at_a_time() -> None:
    helpers = [Helper(1, since=100, free=True), Helper(2, since=0, free=False), Helper(3, since=50, free=True)]
    decision, memory = decide(CALM, helpers, RULE, Memory(), now=900)
    assert decision.why == Why.HOLDING
    decision, unchanged = decide(CALM, helpers, RULE, memory, now=899 + RULE.release_hold)
    assert decision.move == Move.STAY
    hold = 900 + RULE.release_hold
    decision, after = decide(CALM, helpers, RULE, memory, now=hold)
    assert (decision.move, decision.agent) == (Move.RELEASE, 3)
    decision, _ = decide(CALM, [helpers[0]], RULE, after, now=hold + 5)
    assert decision.why == Why.HOLDING
    assert unchanged.spare_since == 900


def test_nobody_is_released_before_his_least_stay_or_with_a_contact() -> None:
    memory = Memory(spare_since=0)
    for helper in (Helper(1, since=500, free=True), Helper(1, since=0, free=False)):
        decision, _ = decide(CALM, [helper], RULE, memory, now=1000)
        assert decision.why == Why.LEAST_STAY


@pytest.mark.parametrize("change", [{"waiting": 1}, {"idle": 0}, {"coming": 1}])
def test_nobody_is_released_while_he_may_be_needed(change: dict[str, Any]) -> None:
    decision, memory = decide(replace(CALM, **change), [Helper(1, 0, free=True)], RULE, Memory(spare_since=0), now=5000)
    assert decision.move == Move.STAY
    assert memory.spare_since is None


@given(
    waiting=st.integers(0, 20),
    wait=st.floats(0, 300),
    idle=st.integers(0, 5),
    on_duty=st.integers(0, 30),
    coming=st.integers(0, 2),
    calls=st.integers(0, 400),
    now=st.floats(0, 10_000),
)
def test_the_same_inputs_give_the_same_move_and_never_both_ways(
    waiting: int, wait: float, idle: int, on_duty: int, coming: int, calls: int, now: float
) -> None:
    sight = Sight(waiting, wait, idle, on_duty, coming, coming + 1, Demand(calls, 180, 180))
    helpers, memory = [Helper(7, -5000, free=True)], Memory(needed_since=-100, spare_since=-500)
    decision, after = decide(sight, helpers, RULE, memory, now=now)
    assert (decision, after) == decide(sight, helpers, RULE, memory, now=now)
    assert None in (after.needed_since, after.spare_since)
    if decision.move == Move.RELEASE:
        assert not waiting
        assert decision.agent == 7


def test_the_need_is_rounded_finely_enough() -> None:
    assert needed_agents(Demand(261, 181.5, 177), Target()) == needed_agents(Demand(260, 180, 180), Target())
    assert needed_agents(Demand(0, 180, None), Target()) == 0


def test_the_effect_of_one_more() -> None:
    effect = expected_effect(Demand(200, 180, 180), 10, change=1, target=Target(), at_risk=2)
    assert isinstance(effect, Effect)
    assert [round(one.service_level, 5) for one in (effect.before, effect.after)] == [0.58698, 0.70537]
    assert [round(one.wait, 2) for one in (effect.before, effect.after)] == [20.69, 13.54]
    assert effect.gain == pytest.approx(0.11839, abs=1e-5)
    assert effect.at_risk == 2
    assert expected_effect(Demand(200, 180, 180), 10, change=-1, target=Target()).gain < 0
    with pytest.raises(ValueError):
        expected_effect(Demand(200, 180, 180), 1, change=-2, target=Target())
