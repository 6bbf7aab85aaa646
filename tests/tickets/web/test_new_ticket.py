"""A new ticket by phone: for somebody known, somebody new, or nobody; errors lose nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from tests import make
from tickets import people, promises
from tickets.models import Mailbox, Right, Team, Ticket, User

AsUser = Callable[[User], Client]


def typed(team: Team, **more: object) -> dict[str, object]:
    return {
        "title": "The printer smokes",
        "text": "He says that it smokes.",
        "team": team.pk,
        "kind": "incident",
        "priority": "urgent",
        "channel": "phone",
        **more,
    }


def test_a_ticket_for_a_known_customer_with_all_that_belongs_to_it(
    as_user: AsUser, anna: User, carla: User, helpdesk: Team, mailbox: Mailbox
) -> None:
    by_when = timezone.localtime(timezone.now() + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    answer = as_user(anna).post(
        "/new/",
        typed(helpdesk, customer=carla.pk, owner=anna.pk, who=anna.pk, by_when=by_when, tags="printer, second floor,"),
    )
    ticket = Ticket.objects.get()
    assert answer["Location"] == f"/ticket/{ticket.number}/"
    assert (ticket.customer, ticket.owner, ticket.team) == (carla, anna, helpdesk)
    assert (ticket.kind.code, ticket.priority.code, ticket.channel) == ("incident", "urgent", "phone")
    assert sorted(tag.name for tag in ticket.tags.all()) == ["printer", "second floor"]
    promise = promises.open_promise(ticket)
    assert promise is not None
    assert promise.who == anna


def test_a_new_person_is_added_with_the_ticket(as_user: AsUser, anna: User, helpdesk: Team, mailbox: Mailbox) -> None:
    new = {"new_name": "Új Béla", "new_phone": "+36 30 555 0199"}
    as_user(anna).post("/new/", typed(helpdesk, **new))
    customer = Ticket.objects.get().customer
    assert customer is not None
    assert (customer.name, customer.email, customer.phone) == ("Új Béla", None, "+36 30 555 0199")


def test_a_known_address_is_not_given_to_a_second_person(
    as_user: AsUser, anna: User, carla: User, helpdesk: Team
) -> None:
    answer = as_user(anna).post("/new/", typed(helpdesk, new_name="Carla", new_email="Carla@duna.example"))
    assert answer.status_code == 422
    assert carla.name in answer.content.decode()
    assert not Ticket.objects.exists()


def test_an_error_keeps_everything_typed_and_the_chosen_customer(
    as_user: AsUser, anna: User, carla: User, helpdesk: Team
) -> None:
    answer = as_user(anna).post(
        "/new/", typed(helpdesk, customer=carla.pk, title="", tags="a,b", who=anna.pk, text="Long <story>")
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'class="error-summary"' in page
    assert f'name="customer" value="{carla.pk}" checked' in page
    assert "Long &lt;story&gt;</textarea>" in page
    assert 'value="a,b"' in page
    assert f'<option value="{anna.pk}" selected>' in page
    assert not Ticket.objects.exists()


def test_teams_are_those_where_the_agent_may_create(
    as_user: AsUser, anna: User, cora: User, carla: User, helpdesk: Team, network: Team
) -> None:
    assert as_user(anna).post("/new/", typed(network, customer=carla.pk)).status_code == 422
    page = as_user(cora).get("/new/").content.decode()
    assert 'class="empty"' in page
    people.give_rights(cora, team=network, rights=[Right.CREATE])
    answer = as_user(cora).post("/new/", typed(network, customer=carla.pk))
    assert answer["Location"] == "/"
    assert Ticket.objects.get().team == network


def test_the_owner_has_to_be_able_to_own(as_user: AsUser, anna: User, ben: User, carla: User, helpdesk: Team) -> None:
    answer = as_user(anna).post("/new/", typed(helpdesk, customer=carla.pk, owner=ben.pk))
    assert answer.status_code == 422
    assert not Ticket.objects.exists()


def test_people_are_found_by_name_address_phone_and_organisation(
    as_user: AsUser, anna: User, carla: User, karl: User
) -> None:
    people.add_address(karl, "charles@tisza.example")
    phone = make.person("Phone only", email=None)
    phone.phone = "+36 30 555 0144"
    phone.save(update_fields=["phone"])
    client = as_user(anna)

    def found(words: str) -> set[str]:
        page = client.get("/people/find/", {"person_q": words}).content.decode()
        return {person.name for person in (carla, karl, phone) if f'value="{person.pk}"' in page}

    assert found("márta") == {carla.name}
    assert found("charles@") == {karl.name}
    assert found("555 0144") == {phone.name}
    assert found("Tisza") == {karl.name}
    assert found("x") == set()


def test_strangers_and_customers_open_no_tickets_here(as_user: AsUser, carla: User) -> None:
    assert as_user(carla).get("/new/").status_code == 403
    assert as_user(carla).get("/people/find/", {"person_q": "anna"}).status_code == 403
    assert Client().get("/new/")["Location"].startswith("/account/login/")
