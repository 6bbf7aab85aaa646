"""The wallboard's doors: everything in one sight, read-only for agents; pulling in, sending back, moving, undoing."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contactcenter import activities, contacts, loans, memberships, states
from contactcenter.models import Agent, Loan, Queue, QueueMembership, WrapUp
from tests import make
from tests.contactcenter import centre
from tickets.models import Team, User

Enter = Callable[[User], Client]


def page(name: str, *args: object) -> str:
    return reverse(f"contactcenter:{name}", args=args)


def text_of(answer: Any) -> str:
    content: bytes = answer.content
    return content.decode()


@pytest.fixture
def time_(db: None) -> Iterator[centre.Clock]:
    with centre.clock_at() as clock:
        yield clock


@pytest.fixture
def line(helpdesk: Team) -> Queue:
    return centre.queue("Számlázás", team=helpdesk)


@pytest.fixture
def agent(anna: User, helpdesk: Team, line: Queue, time_: centre.Clock) -> Agent:
    made = states.add_agent(anna, home_team=helpdesk, by=None)
    memberships.join_queue(made, queue=line, by=None)
    activities.sign_in(made, by=None)
    return centre.fresh(made)


@pytest.fixture
def helper(network: Team, time_: centre.Clock) -> Agent:
    return centre.agent("Szabó Péter", team=network)


@pytest.fixture
def boss(cora: User, helpdesk: Team, time_: centre.Clock) -> User:
    states.add_agent(cora, home_team=helpdesk, by=None, is_supervisor=True)
    return cora


# --- seeing ----------------------------------------------------------------------------------------------------------


def test_agents_see_everything_and_can_press_nothing(
    as_user: Enter, anna: User, ben: User, agent: Agent, helper: Agent, line: Queue
) -> None:
    centre.call(line)
    loans.ask_loan(helper, into=line, by=None)
    shown = text_of(as_user(anna).get(page("board")))
    assert "Számlázás" in shown
    assert "Szabó Péter" in shown
    for door in (page("end_loans"), page("agent_acts", helper.pk), page("pull_in", line.pk), page("setup")):
        assert door not in shown
    assert as_user(ben).get(page("board")).status_code == 403
    assert as_user(anna).post(page("end_loans") + "?loan=1").status_code == 403


def test_contradictions_and_loans_are_listed(
    as_user: Enter, boss: User, agent: Agent, helper: Agent, line: Queue, time_: centre.Clock
) -> None:
    shown = text_of(as_user(boss).get(page("board")))
    assert "_board_rows" in shown
    assert 'id="odd-h"' in shown  # the helper is ready, but in no queue
    loan = loans.ask_loan(helper, into=line, by=boss)
    rows = text_of(as_user(boss).get(page("board_rows")))
    assert f"{page('end_loans')}?loan={loan.pk}" in rows


def test_rows_of_one_shape_are_made_once_and_for_each_right(
    as_user: Enter, boss: User, anna: User, agent: Agent, line: Queue
) -> None:
    mine, hers = as_user(boss), as_user(anna)
    first = text_of(mine.get(page("board_rows") + "?shape=abc-1"))
    with CaptureQueriesContext(connection) as queries:
        assert text_of(mine.get(page("board_rows") + "?shape=abc-1")) == first
    assert not [each for each in queries if "contactcenter_queue" in each["sql"] and "membership" in each["sql"]]
    assert page("agent_acts", agent.pk) in first
    assert page("agent_acts", agent.pk) not in text_of(hers.get(page("board_rows") + "?shape=abc-1"))
    assert "csrfmiddlewaretoken" not in first  # it is handed to others


def test_the_page_costs_as_many_queries_for_many_as_for_few(
    as_user: Enter, boss: User, agent: Agent, line: Queue, helpdesk: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    client = as_user(boss)
    client.get(page("board"))
    with CaptureQueriesContext(connection) as few:
        client.get(page("board"))
    for number in range(6):
        queue = centre.queue(f"Sor {number}", team=helpdesk)
        for _n in range(3):
            centre.agent(team=helpdesk, serves=queue)
        centre.call(queue)
    client.get(page("board"))  # new colleagues: the tables at hand are read anew, once
    with CaptureQueriesContext(connection) as many:
        start = time.perf_counter()
        client.get(page("board"))
        took = time.perf_counter() - start
    assert len(many) == len(few) <= 40
    with capsys.disabled():
        print(f" [board: {len(many)} queries, {took * 1000:.0f} ms]", end="")


# --- pulling in ------------------------------------------------------------------------------------------------------


def test_who_may_be_asked_is_listed_and_who_not_with_the_reason(
    as_user: Enter, boss: User, agent: Agent, helper: Agent, line: Queue, network: Team
) -> None:
    gone = centre.agent("Tóth Éva", team=network)
    gone = activities.set_activity(gone, to=centre.activity("break"), by=None)
    reason = loans.why_not(centre.fresh(gone))
    assert reason is not None
    shown = text_of(as_user(boss).get(page("pull_in", line.pk) + f"?agent={helper.pk}"))
    assert re.search(rf'value="{helper.pk}" checked', shown)
    assert loans.refusal_of(reason, gone) in shown
    assert f'name="agents" value="{agent.pk}"' not in shown  # she serves it


def test_pulling_in_asks_each_by_a_loan_and_can_be_undone(
    as_user: Enter, boss: User, agent: Agent, helper: Agent, line: Queue, network: Team
) -> None:
    second = centre.agent(team=network)
    client = as_user(boss)
    form = {"agents": [helper.pk, second.pk], "consent": "none", "minutes": "45"}
    answer = client.post(page("pull_in", line.pk), form, headers={"hx-request": "true"})
    assert answer.status_code == 200
    assert "dialog-close" in answer["HX-Trigger"]
    assert {loan.state for loan in Loan.objects.all()} == {Loan.State.COMING}
    undo = re.search(r'hx-post="([^"]+)"', text_of(answer))
    assert undo is not None
    client.post(undo[1].replace("&amp;", "&"))
    assert {loan.state for loan in Loan.objects.all()} == {Loan.State.CANCELLED}


def test_a_refusal_stands_in_the_dialog_with_what_was_chosen(
    as_user: Enter, boss: User, agent: Agent, helper: Agent, line: Queue
) -> None:
    activities.set_activity(helper, to=centre.activity("break"), by=None)
    form = {"agents": [helper.pk], "consent": "veto", "minutes": "45"}
    answer = as_user(boss).post(page("pull_in", line.pk), form)
    assert answer.status_code == 422
    assert "Szabó Péter" in text_of(answer)
    assert re.search(r'value="veto"[^>]*checked', text_of(answer))
    assert as_user(boss).post(page("pull_in", line.pk), {}).status_code == 422
    assert not Loan.objects.exists()


def test_a_helper_is_sent_back(as_user: Enter, boss: User, agent: Agent, helper: Agent, line: Queue) -> None:
    loan = loans.ask_loan(helper, into=line, by=boss, consent=Loan.Consent.NONE)
    loans.activate_loan(loan, by=None)
    as_user(boss).post(page("end_loans") + f"?loan={loan.pk}")
    loan.refresh_from_db()
    assert loan.state == Loan.State.RETURNED
    again = as_user(boss).post(page("end_loans") + f"?loan={loan.pk}&loan=x", headers={"hx-request": "true"})
    assert 'data-tone="bad"' in text_of(again)


def test_a_loan_is_made_longer_and_that_is_taken_back(
    as_user: Enter, boss: User, agent: Agent, helper: Agent, line: Queue, time_: centre.Clock
) -> None:
    until = time_.moment + timedelta(minutes=30)
    loan = loans.ask_loan(helper, into=line, by=boss, consent=Loan.Consent.NONE, until=until)
    loans.activate_loan(loan, by=None)
    door = page("extend_loan", loan.pk)
    assert door in text_of(as_user(boss).get(page("board_rows")))
    said = text_of(as_user(boss).post(door, headers={"hx-request": "true"}))
    assert f"{door}?back=1" in said
    loan.refresh_from_db()
    assert loan.planned_until == until + timedelta(minutes=15)
    as_user(boss).post(f"{door}?back=1")
    loan.refresh_from_db()
    assert loan.planned_until == until
    for _more in range(30):
        as_user(boss).post(door)
    loan.refresh_from_db()
    assert loan.active_at is not None
    assert loan.planned_until == until + timedelta(minutes=15 * 30)
    assert 'data-tone="bad"' in text_of(as_user(boss).post(door, headers={"hx-request": "true"}))
    loans.return_agent(centre.fresh(helper), by=boss)
    assert 'data-tone="bad"' in text_of(as_user(boss).post(door, headers={"hx-request": "true"}))


def test_the_expected_effect_stands_before_the_click(
    as_user: Enter, boss: User, agent: Agent, helper: Agent, line: Queue
) -> None:
    shown = re.sub(r"<[^>]+>", "", text_of(as_user(boss).get(page("pull_in", line.pk))))
    assert re.search(r"Várható eggyel több kollégával:\s+kiszolgálás \d+%\s+→", shown), shown


# --- moving and activities -------------------------------------------------------------------------------------------


def served(agent: Agent) -> set[tuple[str, int]]:
    return {(one.queue.name, one.level) for one in QueueMembership.objects.current().filter(agent=agent)}


def test_moving_for_good_and_back(as_user: Enter, boss: User, helpdesk: Team, line: Queue, time_: centre.Clock) -> None:
    other = centre.queue("Rendelés", team=helpdesk)
    agent = centre.agent(team=helpdesk, serves=line, level=3)
    client = as_user(boss)
    form = {"out_of": line.pk, "into": other.pk, "level": 2}
    answer = client.post(page("move_agent", agent.pk), form, headers={"hx-request": "true"})
    assert served(agent) == {("Rendelés", 2)}
    undo = re.search(r'hx-post="([^"]+)"', text_of(answer))
    assert undo is not None
    client.post(undo[1])
    assert served(agent) == {("Számlázás", 3)}
    client.post(page("move_agent", agent.pk), {"into": other.pk, "level": 1})
    assert served(agent) == {("Számlázás", 3), ("Rendelés", 1)}
    assert client.post(page("move_agent", agent.pk), {"level": 1}).status_code == 422


def test_a_supervisor_sets_an_activity_at_once_or_after_the_contact_and_takes_it_back(
    as_user: Enter, boss: User, agent: Agent, line: Queue
) -> None:
    client, pause = as_user(boss), centre.activity("break")
    contact = centre.answered(centre.call(line))
    client.post(page("set_activity", agent.pk, pause.pk))
    assert centre.fresh(agent).pending_activity_id == pause.pk
    client.post(page("set_activity", agent.pk, agent.activity_id))
    assert centre.fresh(agent).pending_activity_id is None
    contacts.hang_up(contact, by=None)
    client.post(page("set_activity", agent.pk, pause.pk))
    refused = client.post(
        page("set_activity", agent.pk, centre.activity("not-responding").pk), headers={"hx-request": "true"}
    )
    assert 'data-tone="bad"' in text_of(refused)


def test_the_menu_offers_what_can_be_done(as_user: Enter, boss: User, agent: Agent, helper: Agent, line: Queue) -> None:
    client = as_user(boss)
    menu = text_of(client.get(page("agent_acts", helper.pk), headers={"hx-request": "true"}))
    assert page("pull_in", line.pk) in menu
    assert "<html" not in menu
    loan = loans.ask_loan(helper, into=line, by=boss)
    shown = text_of(client.get(page("agent_acts", helper.pk)))
    assert f"{page('end_loans')}?loan={loan.pk}" in shown
    assert page("pull_in", line.pk) not in shown


# --- nothing disappears ----------------------------------------------------------------------------------------------


def test_memberships_and_wrap_ups_are_never_removed(agent: Agent, line: Queue) -> None:
    contact = centre.answered(centre.call(line))
    WrapUp.objects.create(contact=contact, agent=agent, is_without_ticket=True)
    for model in (QueueMembership, WrapUp):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.all().delete()
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")
    assert make.person().is_active
