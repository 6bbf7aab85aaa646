"""Where people work: said by themselves or by an administrator, shown to agents, counted for groups, asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests import make
from tickets import api_tokens, conditions, group_figures, groups, people
from tickets.configuration_words import tell_changes
from tickets.errors import Refused
from tickets.models import ConfigurationChange, Team, Ticket, User

AsUser = Callable[[User], Client]


def test_everybody_says_it_himself_and_the_history_tells_it(as_user: AsUser, carla: User, anna: User) -> None:
    choices = {"language": "hu", "time_zone": "Europe/Budapest"}
    for person in (carla, anna):
        client = as_user(person)
        assert client.post("/profile/", choices | {"place": "  Székhely,  2. emelet "}).status_code == 302
        person.refresh_from_db()
        assert person.place == "Székhely, 2. emelet"
        assert 'value="Székhely, 2. emelet"' in client.get("/profile/").content.decode()
        told = tell_changes(ConfigurationChange.objects.filter(thing="user", thing_id=person.pk))[0]
        assert told.change.by == person
        assert [(each.before, each.after) for each in told.differences] == [("–", "Székhely, 2. emelet")]
    client = as_user(anna)
    client.post("/profile/", choices | {"place": "Székhely, 2. emelet"})
    assert ConfigurationChange.objects.filter(thing="user", thing_id=anna.pk).count() == 1, "nothing changed"
    assert client.post("/profile/", choices | {"place": "x" * 121}).status_code == 422
    with pytest.raises(Refused):
        people.change_place(anna, place="x" * 121, by=anna)


def test_an_administrator_writes_it_in_the_set_up(as_user: AsUser, root: User, carla: User) -> None:
    client = as_user(root)
    data = {
        "name": "Carla",
        "place": "Raktár",
        "roles": ["customer"],
        "language": "hu",
        "time_zone": "Europe/Budapest",
    }
    assert client.post(f"/setup/people/{carla.pk}/", data).status_code == 302
    carla.refresh_from_db()
    assert carla.place == "Raktár"
    assert "Raktár" in client.get(f"/setup/people/{carla.pk}/").content.decode()
    assert client.post("/setup/people/add/", data | {"email": "uj@duna.example"}).status_code == 302
    assert User.objects.get(email="uj@duna.example").place == "Raktár"


def test_agents_read_it_on_the_card_and_by_the_api_and_customers_do_not(
    as_user: AsUser, helpdesk: Team, anna: User, carla: User
) -> None:
    people.change_place(carla, place="Győri iroda", by=carla)
    ticket = make.ticket(team=helpdesk, customer=carla)
    for url in (f"/ticket/{ticket.number}/", f"/people/{carla.pk}/"):
        assert "Győri iroda" in as_user(anna).get(url).content.decode(), url
    for person, place in ((anna, "Győri iroda"), (carla, "")):
        token = api_tokens.create_token(person, name="t")[1]
        client = Client(headers={"authorization": f"Bearer {token}"})
        assert client.get(f"/api/v1/tickets/{ticket.number}").json()["customer"]["place"] == place


def test_a_group_counts_its_reports_by_place(
    as_user: AsUser, helpdesk: Team, network: Team, anna: User, carla: User, karl: User
) -> None:
    tickets = [make.ticket(team=helpdesk, customer=carla) for _n in range(2)]
    tickets += [make.ticket(team=helpdesk, customer=None), make.ticket(team=helpdesk, customer=karl)]
    group = groups.open_group("VPN", team=helpdesk, by=anna, tickets=tickets)
    assert group_figures.read_places(group, reader=anna) == [], "nobody's place is known"
    assert 'id="group-places"' not in as_user(anna).get(f"/groups/{group.pk}/").content.decode()
    people.change_place(carla, place="Székhely", by=carla)
    people.change_place(karl, place="SZÉKHELY", by=karl)
    other = make.person()
    people.change_place(other, place="Titkos hely", by=other)
    groups.join_group(group, ticket=make.ticket(team=network, customer=other), by=None, how=groups.How.RULE)
    assert group_figures.read_places(group, reader=anna) in ([("Székhely", 3), ("", 1)], [("SZÉKHELY", 3), ("", 1)])
    page = as_user(anna).get(f"/groups/{group.pk}/").content.decode()
    assert 'id="group-places"' in page
    assert "Titkos hely" not in page, "of other teams' tickets there is a number"


def test_a_list_is_narrowed_by_it(as_user: AsUser, helpdesk: Team, anna: User, carla: User) -> None:
    people.change_place(carla, place="Győri iroda", by=carla)
    ticket, other = make.ticket(team=helpdesk, customer=carla), make.ticket("Másik", team=helpdesk)
    page = as_user(anna).get("/inbox/all/?f=place:contains:gyori").content.decode()
    assert ticket.number in page
    assert other.number not in page
    condition = conditions.clause("place", "empty")
    assert list(Ticket.objects.filter(condition.q(reader=anna))) == [other]
