"""Who is offered what, as pure rules."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contactcenter.deciding import (
    Lender,
    Line,
    NotLent,
    Seat,
    Server,
    Waiting,
    choose_offer,
    choose_offers,
    may_lend,
    rank_lenders,
)

CALLS, SALES = Line(1), Line(2)
LINES = {1: CALLS, 2: SALES}


def seats(**levels: int) -> dict[int, Seat]:
    return {int(queue[1:]): Seat(level) for queue, level in levels.items()}


def test_the_longest_free_agent_gets_the_oldest_contact() -> None:
    waiting = [Waiting(11, 1, 50), Waiting(12, 1, 40)]
    agents = [Server(1, 30, seats(q1=1)), Server(2, 20, seats(q1=1))]
    choice = choose_offer(LINES, waiting, agents, 60)
    assert choice is not None
    assert (choice.contact, choice.agent) == (12, 2)


def test_nothing_is_offered_to_somebody_busy() -> None:
    assert choose_offer(LINES, [Waiting(11, 1, 0)], [Server(1, 0, seats(q1=1), is_free=False)], 60) is None


def test_a_head_start_overtakes_but_never_starves() -> None:
    lines = {1: CALLS, 2: Line(2, age_credit=90)}
    agents = [Server(1, 0, seats(q1=1, q2=1))]
    first = choose_offer(lines, [Waiting(11, 1, 0), Waiting(12, 2, 60)], agents, 70)
    assert first is not None
    assert first.contact == 12
    later = choose_offer(lines, [Waiting(11, 1, 0), Waiting(12, 2, 95)], agents, 100)
    assert later is not None
    assert later.contact == 11


def test_a_higher_priority_decides_between_equals() -> None:
    lines = {1: CALLS, 2: Line(2, priority=1)}
    choice = choose_offer(lines, [Waiting(11, 1, 0), Waiting(12, 2, 0)], [Server(1, 0, seats(q1=1, q2=1))], 5)
    assert choice is not None
    assert choice.contact == 12


def test_an_agent_serves_his_lowest_level_first() -> None:
    lines = {1: CALLS, 2: SALES}
    choice = choose_offer(lines, [Waiting(11, 1, 0), Waiting(12, 2, 50)], [Server(1, 0, seats(q1=2, q2=1))], 60)
    assert choice is not None
    assert choice.contact == 12


@pytest.mark.parametrize(("waited", "goes"), [(29, False), (30, True)])
def test_a_second_level_opens_after_its_delay(waited: int, goes: bool) -> None:
    lines = {1: Line(1, delays={2: 30})}
    agents = [Server(1, 0, seats(q1=1), is_free=False), Server(2, 0, seats(q1=2))]
    assert (choose_offer(lines, [Waiting(11, 1, 0)], agents, waited) is not None) is goes


def test_a_second_level_opens_at_once_when_nobody_of_the_first_is_on_duty() -> None:
    choice = choose_offer({1: Line(1, delays={2: 30})}, [Waiting(11, 1, 0)], [Server(2, 0, seats(q1=2))], 1)
    assert choice is not None
    assert choice.agent == 2


def test_whoever_let_it_pass_is_not_asked_again() -> None:
    agents = [Server(1, 0, seats(q1=1)), Server(2, 5, seats(q1=1))]
    choice = choose_offer(LINES, [Waiting(11, 1, 0, not_for=frozenset({1}))], agents, 60)
    assert choice is not None
    assert choice.agent == 2


def test_a_contact_of_the_next_second_is_new() -> None:
    """Two machines' clocks may differ; a level that is open at once is open to it."""
    agents = [Server(1, 0, seats(q1=2)), Server(2, 0, seats(q1=1), is_free=False)]
    choice = choose_offer({1: Line(1)}, [Waiting(11, 1, queued_at=1)], agents, 0)
    assert choice is not None
    assert choice.agent == 1


WAITING = st.lists(
    st.builds(
        Waiting,
        id=st.integers(1, 10**6),
        queue=st.integers(1, 3),
        queued_at=st.floats(0, 100),
        credit=st.floats(0, 90),
        not_for=st.frozensets(st.integers(1, 6), max_size=3),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)
SERVERS = st.lists(
    st.builds(
        Server,
        id=st.integers(1, 6),
        free_since=st.floats(0, 100),
        seats=st.dictionaries(st.integers(1, 3), st.builds(Seat, level=st.integers(1, 3), position=st.integers(0, 2))),
        is_free=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: one.id,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a loaded machine draws slowly
@given(WAITING, SERVERS, st.floats(0, 200))
def test_nobody_is_offered_twice_and_nothing_waits_beside_a_fit_free_agent(
    waiting: list[Waiting], servers: list[Server], now: float
) -> None:
    lines = {queue: Line(queue) for queue in (1, 2, 3)}  # every level is open at once
    choices = list(choose_offers(lines, waiting, servers, now))
    assert len({one.contact for one in choices}) == len(choices) == len({one.agent for one in choices})
    left = [one for one in waiting if one.id not in {choice.contact for choice in choices}]
    idle = [one for one in servers if one.is_free and one.id not in {choice.agent for choice in choices}]
    assert [
        (contact.id, agent.id)
        for contact in left
        for agent in idle
        if contact.queue in agent.seats and agent.id not in contact.not_for
    ] == []


@pytest.mark.parametrize(
    ("lender", "reason"),
    [
        (Lender(1), None),
        (Lender(1, is_present=False), NotLent.NOT_HERE),
        (Lender(1, is_on_loan=True), NotLent.ON_LOAN),
        (Lender(1, is_with_customer=True), NotLent.WITH_CUSTOMER),
        (Lender(1, focus_until=1001), NotLent.FOCUS),
        (Lender(1, focus_until=999), None),
        (Lender(1, next_due=1000 + 1799), NotLent.PROMISE_DUE),
        (Lender(1, next_due=1000 + 1800), None),
        (Lender(1, next_due=10), NotLent.PROMISE_DUE),
        (Lender(1, shift_ends_at=1000 + 899), NotLent.END_OF_SHIFT),
        (Lender(1, returned_at=401), NotLent.COOLING_DOWN),
        (Lender(1, returned_at=400), None),
        (Lender(1, declined_at=401), NotLent.COOLING_DOWN),
        (Lender(1, at_risk=4), NotLent.AT_RISK),
        (Lender(1, at_risk=3), None),
        (Lender(1, minutes_this_week=31), NotLent.FAIR_SHARE),
        (Lender(1, minutes_this_week=31, team_minutes=21), None),
        (Lender(1, queues=(7, 8)), NotLent.OTHER_WAY),
        (Lender(1, queues=(9,)), None),
    ],
)
def test_who_may_be_lent(lender: Lender, reason: NotLent | None) -> None:
    """Agents of queue 5 help in queue 8 and those of 9 in 5 already; this one is asked for queue 5."""
    assert may_lend(lender, 1000, into=5, running=[(5, 8), (9, 5)]) is reason


def test_the_order_of_asking() -> None:
    lenders = [
        Lender(1, level=2),
        Lender(2, disturbed_today=1),
        Lender(3, minutes_this_week=5),
        Lender(4, parking=30),
        Lender(5),
    ]
    assert [one.id for one in rank_lenders(lenders)] == [5, 4, 3, 2, 1]
