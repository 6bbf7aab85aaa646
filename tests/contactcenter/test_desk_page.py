"""The desk's page: who may open it, what it shows, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contactcenter import activities, states
from contactcenter.models import Agent, Contact, Queue, Work, WrapUp
from tests import make
from tests.contactcenter import centre
from tickets.models import Promise, Team, Ticket, User

AsUser = Callable[[User], Client]


@pytest.fixture
def line(helpdesk: Team) -> Queue:
    return centre.queue(team=helpdesk, wrap_up_seconds=60)


@pytest.fixture
def seat(anna: User, helpdesk: Team, line: Queue) -> Agent:
    """anna at her desk, ready."""
    from contactcenter import memberships

    agent = states.add_agent(anna, home_team=helpdesk, by=None)
    memberships.join_queue(agent, queue=line, by=None)
    activities.sign_in(agent, by=None)
    return centre.fresh(agent)


def act(client: Client, name: str, *given: Any, htmx: bool = True, **data: Any) -> Any:
    """A click at the desk, as HTMX sends it."""
    headers = {"hx-request": "true", "hx-target": "_desk_main"} if htmx else {}
    return client.post(reverse(f"contactcenter:{name}", args=given), data, headers=headers)


def test_only_agents_of_the_centre_have_a_desk(
    as_user: AsUser, seat: Agent, ben: User, carla: User, root: User
) -> None:
    assert as_user(seat.user).get("/centre/desk/").status_code == 200
    assert as_user(ben).get("/centre/desk/").status_code == 403
    assert as_user(carla).get("/centre/desk/").status_code == 403
    nobody = as_user(root).get("/centre/desk/")
    assert nobody.status_code == 200, "his navigation leads here"
    assert "_desk_main" not in nobody.content.decode()


def test_an_offer_is_shown_taken_once_and_belongs_to_its_agent(
    as_user: AsUser, seat: Agent, line: Queue, ben: User, network: Team, carla: User
) -> None:
    client = as_user(seat.user)
    offer = centre.offered(centre.call(line, customer=carla))
    page = client.get("/centre/desk/").content.decode()
    assert carla.name in page
    assert f"/centre/desk/offers/{offer.pk}/accept/" in page
    assert 'role="alert"' in page
    other = states.add_agent(ben, home_team=network, by=None)
    assert act(as_user(other.user), "desk_offer", offer.pk, "accept").status_code == 404
    assert act(client, "desk_offer", offer.pk, "accept").status_code == 200
    again = act(client, "desk_offer", offer.pk, "accept")
    assert again.status_code == 200, "the second tab is no fault"
    assert centre.fresh(seat).work == Work.CONNECTED


def test_what_rings_shows_on_every_page_of_the_agent_and_of_nobody_else(
    as_user: AsUser, seat: Agent, line: Queue, ben: User
) -> None:
    centre.offered(centre.call(line))
    assert "btn-ring" in as_user(seat.user).get("/inbox/").content.decode()
    assert "_desk_state" not in as_user(ben).get("/inbox/").content.decode()


def test_a_contact_is_held_and_given_back_and_ended(as_user: AsUser, seat: Agent, line: Queue) -> None:
    client = as_user(seat.user)
    contact = centre.answered(centre.call(line))
    assert act(client, "desk_contact", contact.pk, "hold").status_code == 200
    assert centre.fresh(seat).work == Work.HELD
    act(client, "desk_contact", contact.pk, "resume")
    assert centre.fresh(seat).work == Work.CONNECTED
    answer = act(client, "desk_contact", contact.pk, "hang-up").content.decode()
    assert centre.fresh(seat).work == Work.WRAP_UP
    assert "desk-done" in answer


def test_a_result_without_ticket_and_without_saying_so_is_refused_with_all_that_was_typed(
    as_user: AsUser, seat: Agent, line: Queue
) -> None:
    client = as_user(seat.user)
    contact = centre.answered(centre.call(line))
    act(client, "desk_contact", contact.pk, "hang-up")
    refused = act(client, "desk_wrap_up", contact.pk, notes="A nyomtató füstöl", disposition="ticket")
    assert refused.status_code == 422
    assert "A nyomtató füstöl" in refused.content.decode()
    assert 'id="result-' in refused.content.decode()
    assert "hx-preserve" not in refused.content.decode().split('id="result-')[1].split(">")[0]
    assert centre.fresh(seat).work == Work.WRAP_UP
    assert not WrapUp.objects.exists()


def test_a_result_writes_note_and_promise_on_the_ticket_and_frees_the_agent(
    as_user: AsUser, seat: Agent, line: Queue, helpdesk: Team, carla: User
) -> None:
    client = as_user(seat.user)
    ticket = make.ticket(team=helpdesk, customer=carla)
    contact = centre.answered(centre.call(line, customer=carla))
    act(client, "desk_contact", contact.pk, "hang-up")
    answer = act(
        client, "desk_wrap_up", contact.pk,
        number=ticket.number, notes="Holnap kimegyünk", disposition="ticket",
        who=seat.user_id, by_when="other", exact="2036-01-01T10:00",
    )  # fmt: skip
    assert answer.status_code == 200, answer.content.decode()
    assert centre.fresh(seat).work == Work.IDLE
    assert WrapUp.objects.get().ticket == ticket
    note = ticket.messages.order_by("-pk").first()
    assert note is not None
    assert note.body == "Holnap kimegyünk"
    assert not note.visible_to_customer
    assert Promise.objects.get(ticket=ticket).who == seat.user


def test_a_foreign_ticket_is_refused_and_nothing_is_written(
    as_user: AsUser, seat: Agent, line: Queue, network: Team, carla: User
) -> None:
    client = as_user(seat.user)
    foreign = make.ticket(team=network, customer=carla)
    contact = centre.answered(centre.call(line))
    act(client, "desk_contact", contact.pk, "hang-up")
    assert act(client, "desk_wrap_up", contact.pk, number=foreign.number).status_code == 422
    assert not WrapUp.objects.exists()


def test_a_ticket_is_opened_in_one_click_and_once(as_user: AsUser, seat: Agent, line: Queue, carla: User) -> None:
    client = as_user(seat.user)
    contact = centre.answered(centre.call(line, customer=carla))
    clicks = [
        act(client, "desk_wrap_up", contact.pk, open_ticket="1", notes="Nem indul a gép\nKék képernyő")
        for _click in range(2)
    ]
    answer = clicks[1]
    assert answer.status_code == 200
    ticket = Ticket.objects.get()
    assert (ticket.title, ticket.customer) == ("Nem indul a gép", carla)
    assert f'value="{ticket.number}"' in answer.content.decode()
    assert "Kék képernyő" in answer.content.decode()


def test_an_unknown_caller_is_named_or_added_with_his_number(
    as_user: AsUser, seat: Agent, line: Queue, carla: User
) -> None:
    client = as_user(seat.user)
    contact = centre.answered(centre.call(line, number="+36 30 555 0199"))
    assert 'name="new_name"' in client.get("/centre/desk/").content.decode()
    assert act(client, "desk_person", contact.pk).status_code == 422
    act(client, "desk_person", contact.pk, customer=carla.pk)
    contact.refresh_from_db()
    assert contact.customer == carla
    act(client, "desk_person", contact.pk, new_name="Új Ubul")
    contact.refresh_from_db()
    assert contact.customer is not None
    assert (contact.customer.name, contact.customer.phone) == ("Új Ubul", "+36 30 555 0199")


def test_a_change_during_a_contact_waits_and_can_be_called_off(as_user: AsUser, seat: Agent, line: Queue) -> None:
    client = as_user(seat.user)
    centre.answered(centre.call(line))
    assert 'name="keep"' in act(client, "desk_activity", activity="break").content.decode()
    assert centre.fresh(seat).pending_activity == centre.activity("break")
    act(client, "desk_activity", keep="1")
    assert centre.fresh(seat).pending_activity is None


def test_what_only_the_system_sets_is_refused(as_user: AsUser, seat: Agent) -> None:
    assert act(as_user(seat.user), "desk_activity", activity="not-responding").status_code == 422
    assert act(as_user(seat.user), "desk_activity", activity="nothing").status_code == 422


def test_a_contact_that_nothing_was_said_of_keeps_its_form(as_user: AsUser, seat: Agent, line: Queue) -> None:
    from contactcenter import contacts, wrap_ups

    client = as_user(seat.user)
    contact = centre.answered(centre.call(line))
    contacts.hang_up(contact, by=None)
    wrap_ups.finish_wrap_up(seat, by=None)
    url = reverse("contactcenter:desk_wrap_up", args=[contact.pk])
    assert url in client.get("/centre/desk/").content.decode()
    assert client.get(url).status_code == 200
    assert client.post(url, {"is_page": "1", "notes": "x"}).status_code == 422
    assert client.post(url, {"is_page": "1", "is_without": "on"}).status_code == 302
    assert url not in client.get("/centre/desk/").content.decode()


def test_tickets_between_contacts(as_user: AsUser, seat: Agent, helpdesk: Team, carla: User) -> None:
    client = as_user(seat.user)
    ticket = make.ticket(team=helpdesk, customer=carla)
    assert act(client, "desk_work", "next").status_code == 422, "ready for contacts, not for tickets"
    act(client, "desk_activity", activity="background")
    assert ticket.title in client.get("/centre/desk/").content.decode()
    assert act(client, "desk_work", "next", number=ticket.number).status_code == 200
    assert act(client, "desk_work", "shield", minutes=31).status_code == 422
    act(client, "desk_work", "shield", minutes=10)
    act(client, "desk_work", "park", reason="break")
    parked = seat.background_work.get()
    assert (parked.state, parked.reason) == ("parked", "break")
    act(client, "desk_work", "resume", work=parked.pk)
    assert act(client, "desk_work", "done").status_code == 200
    assert seat.background_work.filter(state="done").count() == 1


def test_a_loan_is_asked_accepted_served_and_left(
    as_user: AsUser, seat: Agent, network: Team, cora: User, ben: User
) -> None:
    from contactcenter import loans

    busy = centre.queue("Számlázás", team=network, minimum_stay=0)
    client = as_user(seat.user)
    loan = loans.ask_loan(seat, into=busy, by=cora)
    assert "Számlázás" in client.get("/inbox/").content.decode(), "on a ticket's page too"
    other = states.add_agent(ben, home_team=network, by=None)
    assert act(as_user(other.user), "desk_loan", loan.pk, "accept").status_code == 404
    act(client, "desk_loan", loan.pk, "accept")
    act(client, "desk_loan", loan.pk, "arrive")
    loan.refresh_from_db()
    assert loan.state == "active"
    assert f"/centre/desk/loans/{loan.pk}/return/" in client.get("/centre/desk/").content.decode()
    act(client, "desk_loan", loan.pk, "return")
    loan.refresh_from_db()
    assert loan.state == "returned"


def test_nobody_leaves_a_loan_before_its_shortest_stay(as_user: AsUser, seat: Agent, network: Team, cora: User) -> None:
    from contactcenter import loans

    busy = centre.queue("Számlázás", team=network, minimum_stay=900)
    loan = loans.activate_loan(loans.accept_loan(loans.ask_loan(seat, into=busy, by=cora), by=None), by=None)
    assert act(as_user(seat.user), "desk_loan", loan.pk, "return").status_code == 422
    loan.refresh_from_db()
    assert loan.state == "active"


def test_a_call_back_is_reached_or_tried_again(as_user: AsUser, seat: Agent, line: Queue) -> None:
    from contactcenter import callbacks

    client = as_user(seat.user)
    activities.set_activity(seat, to=centre.activity("break"), by=None)
    waiting = callbacks.ask_callback(centre.call(line, number="+36 30 555 0111"), by=None)
    assert "+36 30 555 0111" in client.get("/centre/desk/").content.decode()
    act(client, "desk_activity", activity="ready")
    callback = centre.answered(waiting)
    assert "tel:+36305550111" in client.get("/centre/desk/").content.decode()
    act(client, "desk_contact", callback.pk, "miss")
    callback.refresh_from_db()
    assert callback.state == Contact.State.RETRY_WAIT
    assert centre.fresh(seat).work == Work.IDLE


def test_the_page_and_its_parts_cost_the_same_however_much_there_is(
    as_user: AsUser, seat: Agent, line: Queue, helpdesk: Team, carla: User, django_assert_max_num_queries: Any
) -> None:
    client = as_user(seat.user)
    for _number in range(8):
        make.ticket(team=helpdesk, customer=carla)
        centre.call(line, customer=carla)
    centre.answered(Contact.objects.filter(state="queued").order_by("queued_at")[0])
    client.get("/centre/desk/")  # what is kept at hand is read
    with django_assert_max_num_queries(24):
        assert client.get("/centre/desk/").status_code == 200
    with django_assert_max_num_queries(22):
        assert client.get("/centre/desk/parts/").status_code == 200


def test_the_state_costs_three_questions_on_other_pages(
    as_user: AsUser, seat: Agent, django_assert_max_num_queries: Any
) -> None:
    client = as_user(seat.user)
    client.get("/centre/desk/state/")
    with django_assert_max_num_queries(7):  # session, person, stamp, agent; what may be chosen, offer, loan
        assert client.get("/centre/desk/state/").status_code == 200


def test_a_sign_of_life_brings_a_lost_agent_back(as_user: AsUser, seat: Agent) -> None:
    from django.utils import timezone

    Agent.objects.filter(pk=seat.pk).update(device_lost_at=timezone.now())
    assert act(as_user(seat.user), "desk_alive").status_code == 204
    assert centre.fresh(seat).device_lost_at is None


def test_what_coming_back_costs_is_read_from_the_tickets_history(
    as_user: AsUser, seat: Agent, helpdesk: Team, carla: User
) -> None:
    from tickets import conversation

    client = as_user(seat.user)
    ticket = make.ticket(team=helpdesk, customer=carla)
    act(client, "desk_activity", activity="background")
    act(client, "desk_work", "next", number=ticket.number)
    act(client, "desk_work", "park", reason="break")
    act(client, "desk_work", "resume", work=seat.background_work.get().pk)
    conversation.add_note(ticket, text="Hol is tartottam?", by=seat.user)
    act(client, "desk_work", "park", reason="break")
    first, second = seat.background_work.order_by("pk")
    assert first.at_work_at is None, "nothing was done in it"
    assert second.at_work_at is not None
    assert second.ended_at is not None
    assert second.started_at <= second.at_work_at <= second.ended_at
