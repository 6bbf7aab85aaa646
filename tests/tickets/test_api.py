"""The REST door: its answers, its refusals in the person's language, and that it shows no more than the pages do."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests import make
from tests.calling import Caller
from tickets import proof
from tickets.models import Mailbox, Message, Organisation, OutboundMail, Team, Ticket, User


@pytest.fixture
def call(db: None) -> Callable[[User], Caller]:
    return Caller


@pytest.fixture
def ticket(helpdesk: Team, carla: User, mailbox: Mailbox, anna: User) -> Ticket:
    ticket = make.ticket(team=helpdesk, customer=carla)
    make.note(ticket, "Csak belül.", author=anna)
    return ticket


# --- reading -------------------------------------------------------------------------------------------------------


def test_me_and_the_vocabulary(call: Callable[[User], Caller], anna: User, carla: User, helpdesk: Team) -> None:
    assert call(anna)("GET", "/me")["email"] == "anna@desk.example"
    words = call(anna)("GET", "/vocabulary")
    assert {"code": "urgent", "name": "Sürgős"} in words["priorities"]
    assert "merged" not in {status["code"] for status in words["statuses"]}
    assert words["teams"] == [{"id": helpdesk.pk, "name": helpdesk.name}]
    assert call(carla)("GET", "/vocabulary")["teams"] == []


def test_everyone_lists_what_he_sees(
    call: Callable[[User], Caller], ticket: Ticket, carla: User, karl: User, anna: User, ben: User, root: User
) -> None:
    seen = {
        user: [row["number"] for row in call(user)("GET", "/tickets")["tickets"]]
        for user in (carla, karl, anna, ben, root)
    }
    assert seen == {carla: [ticket.number], karl: [], anna: [ticket.number], ben: [], root: [ticket.number]}


def test_an_agent_sees_the_inside_and_a_customer_does_not(
    call: Callable[[User], Caller], ticket: Ticket, carla: User, anna: User
) -> None:
    call(anna)("POST", f"/tickets/{ticket.number}/tags", name="titkos")
    inside = call(anna)("GET", f"/tickets/{ticket.number}")
    assert inside["inside"] is True
    assert inside["tags"] == ["titkos"]
    assert [message["kind"] for message in inside["messages"]] == ["web", "note"]
    assert [event["verb"] for event in inside["events"]] == ["opened", "message_received", "noted", "tagged"]
    assert inside["seal"]["hash"] == inside["events"][-1]["hash"] == proof.seal_of(ticket).hash
    outside = call(carla)("GET", f"/tickets/{ticket.number}")
    assert outside["inside"] is False
    assert (outside["tags"], outside["events"], outside["seal"]) == ([], [], None)
    assert [message["kind"] for message in outside["messages"]] == ["web"]
    assert "Csak belül" not in json.dumps(outside, ensure_ascii=False)
    assert "anna@" not in json.dumps(outside)


def test_the_unseen_is_404_for_reading_and_writing(
    call: Callable[[User], Caller], ticket: Ticket, karl: User, ben: User
) -> None:
    for user in (karl, ben):
        for method, path, body in WRITES:
            call(user)(method, f"/tickets/{ticket.number}{path}", 404, **body)
        call(user)("GET", f"/tickets/{ticket.number}", 404)
    call(ben)("GET", "/tickets/2026010199999999", 404)


WRITES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/replies", {"text": "x"}),
    ("POST", "/notes", {"text": "x"}),
    ("PUT", "/owner", {"owner": "me"}),
    ("PUT", "/status", {"status": "open"}),
    ("PUT", "/priority", {"priority": "high"}),
    ("PUT", "/team", {"team": 1}),
    ("POST", "/tags", {"name": "x"}),
    ("DELETE", "/tags/x", {}),
    ("PUT", "/promise", {"by_when": "2030-01-01T12:00:00+01:00"}),
    ("DELETE", "/promise", {}),
]


@pytest.mark.parametrize("write", WRITES[1:], ids=lambda write: f"{write[0]} {write[1]}")
def test_customers_may_not_act_as_agents(
    call: Callable[[User], Caller], ticket: Ticket, carla: User, write: tuple[str, str, dict[str, Any]]
) -> None:
    method, path, body = write
    lines = ticket.events.count()
    call(carla)(method, f"/tickets/{ticket.number}{path}", 403, **body)
    assert ticket.events.count() == lines


def test_the_filters(
    call: Callable[[User], Caller], ticket: Ticket, helpdesk: Team, anna: User, karl: User, mailbox: Mailbox
) -> None:
    other = make.ticket(team=helpdesk, customer=karl, owner=anna, priority="high", kind="incident", status="solved")
    caller = call(anna)
    caller("POST", f"/tickets/{other.number}/tags", name="VPN")

    def found(query: str) -> set[str]:
        return {row["number"] for row in caller("GET", f"/tickets?{query}")["tickets"]}

    for query in ("status=solved", "is_open=false", "priority=high", "kind=incident", "owner=me", "tag=vpn"):
        assert found(query) == {other.number}, query
    assert found("owner=anna@desk.example") == {other.number}
    assert found("customer=karl@tisza.example") == {other.number}
    assert found("owner=none") == found("is_open=true") == {ticket.number}
    assert found(f"team={helpdesk.pk}") == {ticket.number, other.number}
    assert found("team=999999999999999999999999") == found("owner=nobody@example.org") == set()
    assert found("changed_since=2199-01-01T00:00:00Z") == set()
    for query in ("limit=0", "limit=101", "changed_since=tomorrow", "changed_since=2026-01-01T00:00:00"):
        caller("GET", f"/tickets?{query}", 422)


def test_a_tag_cannot_be_found_out_from_outside(
    call: Callable[[User], Caller], ticket: Ticket, carla: User, anna: User
) -> None:
    call(anna)("POST", f"/tickets/{ticket.number}/tags", name="nehéz ügyfél")
    assert call(carla)("GET", "/tickets?tag=nehéz ügyfél")["tickets"] == []


def test_pages_hold_every_ticket_once(call: Callable[[User], Caller], helpdesk: Team, anna: User) -> None:
    numbers = {make.ticket(team=helpdesk, text=None).number for _number in range(7)}
    Ticket.objects.update(changed_at=timezone.now())  # ties are told apart by their id
    caller, seen = call(anna), []
    cursor: Any = ""
    for _page in range(4):
        page = caller("GET", f"/tickets?limit=2&cursor={cursor}")
        seen += [row["number"] for row in page["tickets"]]
        cursor = page["next"]
    assert cursor is None
    assert len(seen) == 7
    assert set(seen) == numbers
    for nonsense in ("x", "eHg=", "MjAyNi0wMS0wMSAx", "AAAA"):
        assert caller("GET", f"/tickets?cursor={nonsense}", 422)["field"] == "cursor"


def test_a_list_takes_a_fixed_number_of_queries(
    call: Callable[[User], Caller], helpdesk: Team, anna: User, carla: User, django_assert_max_num_queries: Any
) -> None:
    for _number in range(20):
        make.ticket(team=helpdesk, customer=carla, owner=anna, text=None)
    caller = call(anna)
    caller("GET", "/me")
    with django_assert_max_num_queries(8):
        assert len(caller("GET", "/tickets")["tickets"]) == 20


def test_a_file_is_downloaded_by_who_may_read_its_message(
    call: Callable[[User], Caller], ticket: Ticket, anna: User, carla: User, karl: User
) -> None:
    make.message(ticket, author=carla, attachments={"napló.html": b"<script>alert(1)</script>"})
    hidden = make.message(ticket, author=anna, kind=Message.Kind.NOTE, attachments={"b.txt": b"inside"})
    entry = call(carla)("GET", f"/tickets/{ticket.number}")["messages"][-1]["attachments"][0]
    assert entry["name"] == "napló.html"
    path = entry["url"].removeprefix("http://testserver")
    answer = call(carla).client.get(path)
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"  # type: ignore[attr-defined]
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert call(karl).client.get(path).status_code == 404
    inner = f"/api/v1/tickets/{ticket.number}/attachments/{hidden.attachments.get().pk}"
    assert call(carla).client.get(inner).status_code == 404
    answer = call(anna).client.get(inner)
    assert b"".join(answer.streaming_content) == b"inside"  # type: ignore[attr-defined]


# --- writing -------------------------------------------------------------------------------------------------------


def test_a_customer_opens_a_request_for_himself(
    call: Callable[[User], Caller], carla: User, helpdesk: Team, mailbox: Mailbox
) -> None:
    made = call(carla)("POST", "/tickets", 201, title="VPN", text="Nem megy.")
    ticket = Ticket.objects.get(number=made["number"])
    assert (ticket.customer, ticket.team, ticket.channel) == (carla, helpdesk, "api")
    for field, value in (("team", helpdesk.pk), ("customer", "x@example.org"), ("priority", "high"), ("tags", ["x"])):
        refusal = call(carla)("POST", "/tickets", 422, title="VPN", text="Nem megy.", **{field: value})
        assert refusal["field"] == field
    assert Ticket.objects.count() == 1


def test_an_agent_opens_a_ticket_for_a_known_or_new_customer(
    call: Callable[[User], Caller], anna: User, carla: User, helpdesk: Team, network: Team
) -> None:
    new = {"title": "VPN", "text": "Nem megy.", "team": helpdesk.pk, "kind": "incident", "priority": "urgent"}
    made = call(anna)("POST", "/tickets", 201, **new, customer="carla@duna.example", tags=["vpn", "home"])
    assert (made["customer"]["id"], made["kind"], made["priority"]) == (carla.pk, "incident", "urgent")
    assert made["tags"] == ["home", "vpn"]
    made = call(anna)("POST", "/tickets", 201, **new, customer="New@Example.org", customer_name="Új Ember")
    assert made["customer"]["name"] == "Új Ember"
    assert call(anna)("POST", "/tickets", 201, **new)["customer"] is None
    call(anna)("POST", "/tickets", 403, **(new | {"team": network.pk}))
    assert call(anna)("POST", "/tickets", 422, **(new | {"team": 0}))["field"] == "team"
    assert call(anna)("POST", "/tickets", 422, **(new | {"kind": "wish"}))["field"] == "kind"
    assert Ticket.objects.count() == 3
    assert proof.verify_all().is_intact


def test_an_agent_s_reply_is_mailed_and_a_customer_s_is_not(
    call: Callable[[User], Caller], ticket: Ticket, anna: User, carla: User
) -> None:
    made = call(anna)("POST", f"/tickets/{ticket.number}/replies", 201, text="Kész.", status="solved")
    assert made["sender"] == "agent"
    assert OutboundMail.objects.get(message=made["id"]).to == [["Szűcs Márta Carla", "carla@duna.example"]]
    ticket.refresh_from_db()
    assert ticket.status.code == "solved"
    made = call(carla)("POST", f"/tickets/{ticket.number}/replies", 201, text="Nem kész.")
    assert (made["sender"], made["author"]["email"]) == ("customer", None)
    ticket.refresh_from_db()
    assert ticket.status.code == "open"
    refusal = call(carla)("POST", f"/tickets/{ticket.number}/replies", 422, text="x", status="solved")
    assert refusal["field"] == "status"


def test_a_colleague_of_the_customer_replies_only_where_tickets_are_shared(
    call: Callable[[User], Caller], ticket: Ticket, duna: Organisation
) -> None:
    colleague = make.person("Kolléga", organisation=duna)
    call(colleague)("POST", f"/tickets/{ticket.number}/replies", 404, text="Én is.")
    duna.shares_tickets = True
    duna.save()
    call(User.objects.get(pk=colleague.pk))("POST", f"/tickets/{ticket.number}/replies", 201, text="Én is.")


def test_rights_are_asked_for_each_act(call: Callable[[User], Caller], ticket: Ticket, cora: User) -> None:
    caller = call(cora)  # may read and note
    caller("POST", f"/tickets/{ticket.number}/notes", 201, text="Láttam.")
    for method, path, body in WRITES:
        if path not in ("/notes", "/tags", "/tags/x"):
            caller(method, f"/tickets/{ticket.number}{path}", 403, **body)


def test_the_acts_of_an_agent(call: Callable[[User], Caller], ticket: Ticket, anna: User, network: Team) -> None:
    caller, path = call(anna), f"/tickets/{ticket.number}"
    assert caller("PUT", f"{path}/owner", owner="me")["owner"]["id"] == anna.pk
    assert caller("PUT", f"{path}/owner", owner=None)["owner"] is None
    assert caller("PUT", f"{path}/owner", owner="Anna@desk.example")["status"] == "open"
    assert caller("PUT", f"{path}/owner", 422, owner="carla@duna.example")["field"] == "owner"
    assert caller("PUT", f"{path}/status", 422, status="waiting")["field"] == "pending_until"
    waiting = caller("PUT", f"{path}/status", status="waiting", pending_until="2199-01-01T12:00:00+01:00")
    assert waiting["pending_until"].startswith("2199-01-01T11:00:00")
    assert caller("PUT", f"{path}/priority", priority="urgent")["priority"] == "urgent"
    assert caller("POST", f"{path}/tags", name="VPN")["tags"] == ["VPN"]
    assert caller("DELETE", f"{path}/tags/vpn")["tags"] == []
    caller("DELETE", f"{path}/tags/vpn", 404)
    by_when = (timezone.now() + timedelta(hours=2)).isoformat()
    assert caller("PUT", f"{path}/promise", by_when=by_when)["due_at"] is not None
    assert caller("DELETE", f"{path}/promise")["due_at"] is None
    caller("PUT", f"{path}/promise", 422, by_when="2001-01-01T00:00:00Z")
    caller("PUT", f"{path}/promise", 422, by_when="9999-12-31T23:59:59-12:00")
    caller("PUT", f"{path}/team", 403, team=network.pk)
    assert caller("PUT", f"{path}/team", 422, team=0)["field"] == "team"
    assert proof.verify_all().is_intact


# --- errors --------------------------------------------------------------------------------------------------------


def test_bad_input_names_the_fields_in_the_person_s_language(
    call: Callable[[User], Caller], anna: User, karl: User, mailbox: Mailbox
) -> None:
    refusal = call(anna)("POST", "/tickets", 422, text=5, colour="red")
    fields = {entry["field"]: entry["detail"] for entry in refusal["errors"]}
    assert set(fields) == {"title", "text", "colour"}
    assert fields["title"] == "Ezt a mezőt ki kell tölteni."
    english = call(karl)("POST", "/tickets", 422, text="x")
    assert english["errors"] == [{"field": "title", "detail": "This field is required."}]
    caller = call(anna)
    answer = caller.client.post(
        "/api/v1/tickets", "{", content_type="application/json", headers={"accept-language": "en"}
    )
    assert answer.status_code == 400
    assert answer.json()["detail"] == "The request's body is not valid JSON."
    assert answer["Content-Type"] == "application/problem+json"


def test_accept_language_goes_before_the_person_s_own(ticket: Ticket, anna: User) -> None:
    caller = Caller(anna)
    path = f"/api/v1/tickets/{ticket.number}/status"
    body = json.dumps({"status": "waiting"})
    english = caller.client.put(path, body, content_type="application/json", headers={"accept-language": "en"})
    assert english.json()["detail"] == "Say until when it is pending."
    assert english["Content-Language"] == "en"
    assert caller.client.put(path, body, content_type="application/json")["Content-Language"] == "hu"


def test_odd_characters_do_no_harm(call: Callable[[User], Caller], ticket: Ticket, anna: User) -> None:
    caller = call(anna)
    caller("POST", f"/tickets/{ticket.number}/notes", 422, text="\x00")
    caller("POST", f"/tickets/{ticket.number}/notes", 422, text="a\x00b")
    caller("GET", "/tickets?status=%00", 422)
    assert caller.client.get("/api/v1/tickets/%00").status_code == 404
    assert caller.client.delete(f"/api/v1/tickets/{ticket.number}/tags/%00").status_code == 422


# --- the page ------------------------------------------------------------------------------------------------------


def test_the_api_describes_itself_without_strangers_servers(client: Client, db: None) -> None:
    schema = client.get("/api/v1/openapi.json").json()
    assert {"get", "post"} == set(schema["paths"]["/api/v1/tickets"])
    page = client.get("/api/v1/docs")
    html = page.content.decode()
    assert page.status_code == 200
    assert "https://" not in html
    assert "<script>" not in html
    assert "style=" not in html
