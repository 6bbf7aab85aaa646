"""Who stays ready, who takes a ticket, whom a caller calls back; and the reserve by exact arithmetic."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactcenter.blending import (
    Blending,
    InBackground,
    Line,
    Reservation,
    least_reserve,
    may_take_background,
    recalls,
    should_propose_background,
    stays_in_background,
)
from contactcenter.staffing import Demand, ErlangC
from tests.contactcenter import reference
from tests.contactcenter.test_staffing import assert_digits

BLOCKING = Blending(recall=False, reserve=3)
RECALL = Blending(recall=True, keep_ready=2)


@pytest.mark.parametrize(("load", "agents", "reserve", "figures"), reference.RESERVATION)
def test_the_reservation_figures(load: float, agents: int, reserve: int, figures: str) -> None:
    queue = Reservation(Demand(load * 20, 180), agents, reserve)
    assert_digits(
        [
            queue.waiting_share,
            queue.mean_wait,
            queue.answered_within(20),
            queue.background_agents,
            queue.background_per_hour,
            queue.occupancy,
        ],
        figures,
    )


@pytest.mark.parametrize(
    ("load", "agents", "reserve"), [(4, 8, 2), (6, 10, 3), (10, 14, 4), (20, 26, 4), (50, 60, 3), (10, 20, 1)]
)
def test_the_least_reserve_for_80_in_20(load: float, agents: int, reserve: int) -> None:
    assert least_reserve(Demand(load * 20, 180), agents) == reserve


def test_no_reserve_helps_a_queue_with_too_few_agents() -> None:
    assert least_reserve(Demand(200, 180), 12) is None
    assert least_reserve(Demand(200, 180), 9) is None
    with pytest.raises(ValueError):
        Reservation(Demand(200, 180), 10, 3)
    with pytest.raises(ValueError):
        Reservation(Demand(100, 180), 10, 11)


@given(load=st.floats(0, 40), slack=st.integers(1, 20), data=st.data())
def test_one_more_in_reserve_answers_more_and_does_fewer_tickets(load: float, slack: int, data: st.DataObject) -> None:
    agents = int(load) + slack
    reserve = data.draw(st.integers(0, agents - 1))
    now, then = (Reservation(Demand(load * 20, 180), agents, one) for one in (reserve, reserve + 1))
    assert then.answered_within(20) >= now.answered_within(20) - 1e-12
    assert then.background_agents <= now.background_agents + 1e-9
    assert now.occupancy <= 1 + 1e-12


@given(load=st.floats(0.1, 40), slack=st.integers(1, 20))
def test_with_all_in_reserve_it_is_erlang_c(load: float, slack: int) -> None:
    demand, agents = Demand(load * 20, 180), int(load) + slack
    queue = Reservation(demand, agents, agents)
    assert queue.waiting_share == pytest.approx(ErlangC(demand, agents).waiting_share)
    assert queue.background_agents == 0


def test_nobody_goes_to_tickets_from_the_reserve_or_while_a_caller_waits() -> None:
    assert not may_take_background(Line(0, 3), BLOCKING)
    assert may_take_background(Line(0, 4), BLOCKING)
    assert not may_take_background(Line(1, 4), BLOCKING)
    assert may_take_background(Line(0, 3), RECALL)


def test_who_ended_a_ticket_takes_the_next_one_if_he_is_not_needed() -> None:
    assert stays_in_background(Line(0, 0), RECALL)
    assert not stays_in_background(Line(1, 0), RECALL)
    assert stays_in_background(Line(1, 0, coming=1), RECALL)
    assert not stays_in_background(Line(0, 2), BLOCKING)
    assert stays_in_background(Line(0, 3), BLOCKING)


def test_tickets_are_proposed_after_a_minute_of_more_than_enough() -> None:
    line = Line(0, 4)
    assert should_propose_background(line, RECALL, enough_since=None, now=100) == (False, 100)
    assert should_propose_background(line, RECALL, enough_since=100, now=159) == (False, 100)
    assert should_propose_background(line, RECALL, enough_since=100, now=160) == (True, 100)
    assert should_propose_background(Line(0, 2), RECALL, enough_since=100, now=160) == (False, None)


def numbers(found: list[InBackground]) -> list[int]:
    return [one.agent for one in found]


def test_as_many_are_called_back_as_callers_wait_beyond_the_ready_and_the_coming() -> None:
    people = [InBackground(number, since=number) for number in range(5)]
    assert numbers(recalls(Line(3, 0, 1), people, RECALL, now=100)) == [0, 1]
    assert recalls(Line(1, 0, 1), people, RECALL, now=100) == []
    assert recalls(Line(0, 0), people, RECALL, now=100) == []
    assert recalls(Line(3, 0), people, BLOCKING, now=100) == []


def test_the_least_hurt_is_called_back_first() -> None:
    now = 10_000.0
    often = InBackground(1, since=0, recalled_at=(now - 100,))
    dear = InBackground(2, since=0, cost=120)
    fresh = InBackground(3, since=now - 10)
    unsaved_long_ago = InBackground(4, since=0, safe_since=now - 5)
    best = InBackground(5, since=now - 900)
    line = Line(5, 0)
    found = recalls(line, [often, dear, fresh, unsaved_long_ago, best], RECALL, now=now)
    assert numbers(found) == [5, 3, 4, 2, 1]


def test_who_asked_for_quiet_is_interrupted_enough_or_about_to_be_late_is_left_alone() -> None:
    now, line = 10_000.0, Line(1, 0)
    rule = replace(RECALL, recalls_an_hour=2)
    assert recalls(line, [InBackground(1, 0, undisturbed_until=now + 1)], rule, now=now) == []
    assert recalls(line, [InBackground(1, 0, undisturbed_until=now)], rule, now=now) != []
    assert recalls(line, [InBackground(1, 0, recalled_at=(now - 10, now - 20))], rule, now=now) == []
    assert recalls(line, [InBackground(1, 0, recalled_at=(now - 10, now - 3600))], rule, now=now) != []
    due = InBackground(1, 0, due_at=now + 100)
    assert recalls(line, [due], rule, now=now, served_by=now + 240) == []
    assert recalls(line, [due], rule, now=now, served_by=now + 60) != []
