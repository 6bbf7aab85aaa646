"""The load at one moment: what waits, who serves, how well; what contradicts itself; and what it costs to read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contactcenter import (
    activities,
    backlog,
    contacts,
    load,
    loans,
    memberships,
    queues,
    routing,
    states,
    tension,
    wrap_ups,
)
from contactcenter.load import QueueLoad, read_load
from contactcenter.models import Activity, Agent, Contact, Loan, OpeningHours, Queue, Work
from contactcenter.tension import Odd, Tension, Told, contradictions, tension_of
from tests import make
from tests.contactcenter import centre
from tickets.models import Team, User


@pytest.fixture
def time_(db: None) -> Iterator[centre.Clock]:
    with centre.clock_at() as clock:
        yield clock


@pytest.fixture
def line(helpdesk: Team) -> Queue:
    return centre.queue("Számlázás", team=helpdesk)


def of(queue: Queue) -> QueueLoad:
    return next(one for one in read_load().queues if one.id == queue.pk)


def seen(agent: Agent) -> load.AgentSight:
    return next(one for one in read_load().agents if one.id == agent.pk)


# --- queues ----------------------------------------------------------------------------------------------------------


def test_a_line_is_told_by_its_length_and_by_who_waits_longest(time_: centre.Clock, line: Queue) -> None:
    centre.call(line)
    time_.on(seconds=30)
    centre.call(line)
    found = of(line)
    assert found.waiting == 2
    assert found.oldest == centre.NOON
    assert found.tension == Tension.FULL  # nobody serves
    assert found.wait is None  # and so nobody can say how long


def test_agents_count_where_they_are_free_and_contacts_where_they_waited(
    time_: centre.Clock, line: Queue, helpdesk: Team
) -> None:
    other = centre.queue("Rendelés", team=helpdesk)
    busy = centre.agent("Busy", team=helpdesk, serves=line)
    memberships.join_queue(busy, queue=other, by=None)
    centre.answered(centre.call(line))
    free = centre.agent("Free", team=helpdesk, serves=line)
    memberships.join_queue(free, queue=other, by=None)
    back = centre.agent("Back", team=helpdesk, serves=line)
    activities.set_activity(back, to=centre.activity("background"), by=None)
    pause = centre.agent("Pause", team=helpdesk, serves=line)
    activities.set_activity(pause, to=centre.activity("break"), by=None)
    centre.agent("Gone", team=helpdesk, serves=line, signed_in=False)
    here, there = of(line).staff, of(other).staff
    assert (here.ready, here.on_contact, here.background, here.away, here.on_duty) == (1, 1, 1, 1, 2)
    assert (there.ready, there.on_contact, there.on_duty) == (1, 0, 2)
    assert of(line).occupancy == 0.5


def test_an_offer_rings_and_a_finished_contact_is_wrapped_up(time_: centre.Clock, line: Queue, helpdesk: Team) -> None:
    agent = centre.agent(team=helpdesk, serves=line)
    waiting = centre.call(line)
    centre.offered(waiting)
    assert (of(line).staff.ringing, of(line).waiting, seen(agent).look) == (1, 1, "ring")
    contact = routing.accept_offer(waiting.offers.get(), by=None)
    time_.on(seconds=60)
    contacts.hang_up(contact, by=None)
    assert (of(line).staff.wrap_up, of(line).waiting, seen(agent).look) == (1, 0, "wrap")
    assert seen(agent).since == centre.NOON + timedelta(seconds=60)


def test_the_service_level_is_live_and_by_the_queues_own_formula(
    time_: centre.Clock, helpdesk: Team, line: Queue
) -> None:
    strict = centre.queue("Szigorú", team=helpdesk, formula="abandon_negative")
    for queue in (line, strict):
        centre.agent(team=helpdesk, serves=queue)
        centre.answered(centre.call(queue))
        hurried = centre.call(queue)
        time_.on(seconds=2)
        contacts.hang_up(hurried, by=None)
    assert (of(line).level, of(strict).level) == (1.0, 0.5)
    centre.call(line)
    time_.on(seconds=10)
    assert of(line).level == 1.0  # he may yet be answered in time
    time_.on(seconds=11)
    assert of(line).level == 0.5
    time_.on(minutes=20)
    assert of(line).interval_level is None
    assert of(line).today.abandoned == 1
    time_.on(hours=14)  # past midnight
    assert of(line).today.answered == 0


def test_the_wait_is_estimated_from_who_serves(time_: centre.Clock, line: Queue, helpdesk: Team) -> None:
    for _n in range(3):
        centre.agent(team=helpdesk, serves=line)
    assert (found := of(line).wait) is not None
    assert found.mean == 0
    for _n in range(3):
        centre.answered(centre.call(line))
    centre.call(line)
    assert (found := of(line).wait) is not None
    assert 60 < found.mean < 150  # two places at a third of three minutes, some give up


def test_a_closed_queue_says_so_and_comes_last(time_: centre.Clock, line: Queue, helpdesk: Team) -> None:
    never = OpeningHours.objects.create(name="Soha")
    closed = centre.queue("Aaa", team=helpdesk, hours=never)
    assert of(closed).tension == Tension.CLOSED
    assert [one.id for one in read_load().queues] == [line.pk, closed.pk]
    queues.change_queue(line, by=None, is_active=False)
    assert [one.id for one in read_load().queues] == [closed.pk]


def test_the_tensest_queue_comes_first(time_: centre.Clock, line: Queue, helpdesk: Team) -> None:
    calm, tight = centre.queue("A", team=helpdesk), centre.queue("B", team=helpdesk)
    for queue in (calm, tight):
        centre.agent(team=helpdesk, serves=queue)
    centre.answered(centre.call(tight))
    centre.call(tight)
    centre.call(line)
    assert [one.name for one in read_load().queues] == ["Számlázás", "B", "A"]


CALM = tension.Line(
    is_open=True,
    waiting=0,
    longest=0,
    answer_within=20,
    ready=2,
    on_duty=4,
    level=0.85,
    target=0.8,
    occupancy=0.5,
)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (CALM, Tension.CALM),
        (replace(CALM, level=None), Tension.CALM),
        (replace(CALM, level=0.79), Tension.TIGHT),
        (replace(CALM, level=0.6), Tension.TIGHT),
        (replace(CALM, level=0.6, waiting=1), Tension.FULL),
        (replace(CALM, waiting=1, longest=5), Tension.CALM),
        (replace(CALM, waiting=1, longest=21), Tension.TIGHT),
        (replace(CALM, waiting=1, longest=81), Tension.FULL),
        (replace(CALM, waiting=1, ready=0), Tension.TIGHT),
        (replace(CALM, waiting=1, ready=0, on_duty=0), Tension.FULL),
        (replace(CALM, is_open=False), Tension.CLOSED),
        (replace(CALM, is_open=False, waiting=1, on_duty=0), Tension.FULL),
    ],
)
def test_one_word_tells_how_tense_a_queue_is(line: tension.Line, word: Tension) -> None:
    assert tension_of(line) == word


# --- agents ----------------------------------------------------------------------------------------------------------


def test_who_is_lent_counts_where_he_serves_and_not_at_home(
    time_: centre.Clock, line: Queue, helpdesk: Team, network: Team
) -> None:
    home = centre.queue("Otthon", team=network)
    helper = centre.agent("Segítő", team=network, serves=home)
    activities.set_activity(helper, to=states.activity(Activity.BACKGROUND), by=None)
    assert next(each for each in read_load().queues if each.id == home.pk).staff.background == 1
    loan = loans.ask_loan(centre.fresh(helper), into=line, by=None)
    loans.activate_loan(loans.accept_loan(loan, by=None), by=None)
    staffs = {each.id: each.staff for each in read_load().queues}
    assert (staffs[line.pk].ready, staffs[line.pk].on_duty) == (1, 1)
    assert (staffs[home.pk].ready, staffs[home.pk].on_duty, staffs[home.pk].background) == (0, 0, 0)
    assert seen(helper).seats == (load.Seat(line.pk, 1, True),)


def test_who_finishes_his_last_contact_is_seen_there_until_he_is_home(
    time_: centre.Clock, line: Queue, network: Team
) -> None:
    home = centre.queue("Otthon", team=network)
    helper = centre.agent("Segítő", team=network, serves=home)
    loan = loans.ask_loan(helper, into=line, by=None)
    loans.activate_loan(loans.accept_loan(loan, by=None), by=None)
    contact = centre.answered(centre.call(line))
    loans.release_loan(loan, by=None, reason=Loan.Reason.BY_HAND)
    staffs = {each.id: each.staff for each in read_load().queues}
    assert seen(helper).seats == (load.Seat(line.pk, 1, True),)
    assert (staffs[line.pk].on_contact, staffs[line.pk].on_loan, staffs[line.pk].on_duty) == (1, 1, 0)
    assert staffs[home.pk].on_duty == 0
    contacts.hang_up(contact, by=None)
    wrap_ups.finish_wrap_up(centre.fresh(helper), by=None)
    staffs = {each.id: each.staff for each in read_load().queues}
    assert (staffs[line.pk].on_loan, staffs[home.pk].on_duty) == (0, 1)


def test_a_loan_is_seen_with_its_clocks(time_: centre.Clock, line: Queue, helpdesk: Team, network: Team) -> None:
    helper = centre.agent("Segítő", team=network)
    asked = loans.ask_loan(helper, into=line, by=None, until=centre.NOON + timedelta(hours=1))
    assert (of(line).staff.coming, of(line).staff.on_loan) == (1, 0)
    loans.accept_loan(asked, by=None)
    loans.activate_loan(asked, by=None)
    found = read_load()
    assert (found.queues[0].staff.coming, found.queues[0].staff.on_loan) == (0, 1)
    loan = found.loans[0]
    assert (loan.home, loan.planned_until, loan.is_serving) == ("Hálózat", centre.NOON + timedelta(hours=1), True)
    assert seen(helper).seats == (load.Seat(line.pk, 1, True),)
    loans.return_agent(centre.fresh(helper), by=None)
    assert read_load().loans == ()


TOLD = Told(is_present=True, is_routable=True, work=Work.IDLE, seats=1, activity_since=0, work_since=0, heartbeat_at=95)


@pytest.mark.parametrize(
    ("told", "odd"),
    [
        (TOLD, []),
        (replace(TOLD, heartbeat_at=60), [Odd.SILENT]),
        (replace(TOLD, heartbeat_at=None), []),
        (replace(TOLD, heartbeat_at=40, device_lost_at=85), [Odd.LOST]),
        (replace(TOLD, seats=0), [Odd.NO_QUEUE]),
        (replace(TOLD, is_present=False, is_routable=False, work=Work.CONNECTED, has_contact=True),
         [Odd.BUSY_SIGNED_OUT]),
        (replace(TOLD, work=Work.CONNECTED), [Odd.NO_CONTACT]),
        (replace(TOLD, work=Work.HELD, has_contact=True), []),
        (replace(TOLD, has_contact=True), [Odd.IDLE_WITH_CONTACT]),
        (replace(TOLD, is_routable=False, is_on_loan=True), [Odd.LOAN_NOT_READY]),
        (replace(TOLD, work=Work.WRAP_UP, has_contact=True, work_until=90), []),
        (replace(TOLD, work=Work.WRAP_UP, has_contact=True, work_until=80), [Odd.WRAP_UP_OVER]),
        (replace(TOLD, is_routable=False, longest_activity=90), [Odd.OVERSTAYED]),
        (replace(TOLD, is_routable=False, longest_activity=110), []),
    ],
)  # fmt: skip
def test_what_cannot_all_be_true_is_listed(told: Told, odd: list[Odd]) -> None:
    assert [one.odd for one in contradictions(told, 100)] == odd


def test_a_silent_page_is_seen_before_it_counts_as_lost(time_: centre.Clock, line: Queue, helpdesk: Team) -> None:
    agent = centre.agent(team=helpdesk, serves=line)
    assert seen(agent).contradictions == ()
    time_.on(seconds=40)
    assert [(one.odd, one.since) for one in seen(agent).contradictions] == [(Odd.SILENT, centre.NOON.timestamp())]


# --- the help desk beside it -----------------------------------------------------------------------------------------


def test_the_backlog_shows_only_teams_whose_tickets_the_reader_works_on(
    anna: User, ben: User, root: User, carla: User, helpdesk: Team, network: Team
) -> None:
    make.ticket(team=helpdesk, customer=carla)
    make.ticket(team=helpdesk, customer=carla)
    make.ticket(team=network, customer=carla)
    assert [(one.team, one.open) for one in backlog.read_backlog(anna)] == [("Ügyfélszolgálat", 2)]
    assert [(one.team, one.open) for one in backlog.read_backlog(ben)] == [("Hálózat", 1)]
    assert {one.team for one in backlog.read_backlog(root)} == {"Ügyfélszolgálat", "Hálózat"}
    assert backlog.read_backlog(carla) == []


# --- what it costs ---------------------------------------------------------------------------------------------------


def test_it_costs_as_many_queries_for_many_queues_and_agents_as_for_few(
    time_: centre.Clock, line: Queue, helpdesk: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    centre.agent(team=helpdesk, serves=line)
    centre.call(line)
    with CaptureQueriesContext(connection) as few:
        read_load()
    made = [centre.queue(f"Sor {n}", team=helpdesk) for n in range(8)]
    for number, queue in enumerate(made):
        for _n in range(3):
            centre.agent(team=helpdesk, serves=queue)
        if number % 2:
            centre.answered(centre.call(queue))
        centre.call(queue)
    with CaptureQueriesContext(connection) as many:
        start = time.perf_counter()
        found = read_load()
        took = time.perf_counter() - start
    assert len(found.agents) == 25
    assert len(many) == len(few) <= 12
    with capsys.disabled():
        print(f" [load of 9 queues, 25 agents: {len(many)} queries, {took * 1000:.0f} ms]", end="")
    assert Contact.objects.count() == 13
    assert Loan.objects.count() == 0
