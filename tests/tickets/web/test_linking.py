"""The doors of links: relations and their inverses, what blocks what, and the API of pairs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests import make
from tickets import api_tokens, linking
from tickets.bulk import acts, runs
from tickets.errors import Refused
from tickets.linking import Relation
from tickets.models import Event, Mailbox, Team, Ticket, TicketLink, User, Verb

AsUser = Callable[[User], Client]


@pytest.fixture
def older(mailbox: Mailbox, helpdesk: Team, carla: User) -> Ticket:
    return make.ticket("VPN", team=helpdesk, customer=carla, text="Error 619.")


@pytest.fixture
def newer(older: Ticket, helpdesk: Team, carla: User) -> Ticket:
    return make.ticket("VPN again", team=helpdesk, customer=carla, text="Still that error.")


# --- links and blockers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("relation", "type_", "is_source"),
    [
        (Relation.RELATES, "relates", True),
        (Relation.BLOCKS, "blocks", True),
        (Relation.BLOCKED_BY, "blocks", False),
        (Relation.CAUSED_BY, "caused_by", True),
        (Relation.CAUSES, "caused_by", False),
    ],
)
def test_each_relation_has_its_inverse_and_goes_again(
    as_user: AsUser, older: Ticket, newer: Ticket, anna: User, relation: Relation, type_: str, is_source: bool
) -> None:
    client = as_user(anna)
    form = {"number": newer.number, "relation": relation}
    assert client.post(f"/ticket/{older.number}/link/", form).status_code == 302
    link = TicketLink.objects.get()
    assert (link.type, link.source == older) == (type_, is_source)
    assert (
        client.post(f"/ticket/{newer.number}/link/", {"number": older.number, "relation": relation}).status_code == 422
    )
    here, there = (client.get(f"/ticket/{one.number}/links/").content.decode() for one in (older, newer))
    assert newer.number in here
    assert older.number in there
    assert client.post(f"/ticket/{newer.number}/link/{link.pk}/remove/").status_code == 302
    assert not TicketLink.objects.exists()
    assert Event.objects.filter(verb=Verb.UNLINKED).count() == 2
    history = client.get(f"/ticket/{newer.number}/history/").content.decode()
    assert history.count(older.number) >= 2


def test_where_a_ticket_came_from_is_not_unlinked(older: Ticket, newer: Ticket, anna: User) -> None:
    link = TicketLink.objects.create(source=newer, target=older, type=TicketLink.Type.SPLIT)
    with pytest.raises(Refused):
        linking.unlink_tickets(link, by=anna)


def test_closing_a_blocked_ticket_warns_first(
    as_user: AsUser, older: Ticket, newer: Ticket, anna: User, helpdesk: Team
) -> None:
    linking.relate_tickets(newer, to=older, by=anna, relation=Relation.BLOCKS)
    client, url = as_user(anna), f"/ticket/{older.number}/status/"
    warned = client.post(url, {"to": "solved"}, HTTP_HX_REQUEST="true")
    assert warned.status_code == 422
    assert newer.number in warned.content.decode()
    assert 'name="anyway"' in warned.content.decode()
    older.refresh_from_db()
    assert older.is_open
    held = client.post(
        f"/ticket/{older.number}/write/", {"kind": "reply", "text": "Kész.", "and": "solved"}, HTTP_HX_REQUEST="true"
    )
    assert held.status_code == 422
    assert newer.number in held.content.decode()
    act = acts.ACTS["status"].read({"to": "solved"})
    found = runs.judge_run(runs.plan_run(act, Ticket.objects.filter(pk=older.pk), by=anna))
    assert [warning.numbers for warning in found.warnings] == [[older.number]]
    assert client.post(url, {"to": "solved", "anyway": "1"}).status_code == 302
    older.refresh_from_db()
    assert not older.is_open


# --- the API ---------------------------------------------------------------------------------------------------------


def call(user: User, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    _row, secret = api_tokens.create_token(user, name="test")
    answer = getattr(Client(), method)(
        f"/api/v1{path}", body or {}, content_type="application/json", headers={"authorization": f"Bearer {secret}"}
    )
    return answer.status_code, answer.json()


def test_the_api_merges_links_and_warns(older: Ticket, newer: Ticket, anna: User, helpdesk: Team) -> None:
    status, said = call(anna, "put", f"/tickets/{newer.number}/merge", {"into": older.number})
    assert (status, said["number"], said["merged"]) == (200, older.number, [newer.number])
    assert {message["number"] for message in said["messages"]} == {older.number, newer.number}
    status, said = call(anna, "get", f"/tickets/{newer.number}")
    assert said["merged_into"] == older.number
    status, said = call(anna, "post", f"/tickets/{newer.number}/replies", {"text": "x"})
    assert (status, older.number in str(said)) == (422, True)
    status, said = call(anna, "delete", f"/tickets/{newer.number}/merge")
    assert (status, said["merged_into"]) == (200, None)
    status, said = call(anna, "post", f"/tickets/{newer.number}/links", {"to": older.number, "relation": "blocks"})
    assert (status, said["links"][0]["number"]) == (201, older.number)
    status, refusal = call(anna, "put", f"/tickets/{older.number}/status", {"status": "solved"})
    assert (status, newer.number in str(refusal)) == (422, True)
    status, _said = call(anna, "put", f"/tickets/{older.number}/status", {"status": "solved", "anyway": True})
    assert status == 200
    status, said = call(anna, "delete", f"/tickets/{newer.number}/links/{said['links'][0]['id']}")
    assert (status, said["links"]) == (200, [])
