"""What agents do on the ticket page: the happy path of every act, its refusals, and who may."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone, translation

from tests import make
from tickets import people, promises, tagging
from tickets.models import Mailbox, OutboundMail, Promise, Right, Status, Team, Ticket, User

AsUser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ticket(mailbox: Mailbox, helpdesk: Team, carla: User) -> Ticket:
    return make.ticket("VPN", team=helpdesk, customer=carla)


def local(**delta: int) -> str:
    """A moment from now as the browser's picker sends it."""
    return timezone.localtime(timezone.now() + timedelta(**delta)).strftime("%Y-%m-%dT%H:%M")


# --- the properties --------------------------------------------------------------------------------------------------


def test_status_owner_priority_kind_and_responsible(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    client, base = as_user(anna), f"/ticket/{ticket.number}/"
    for act, value in (
        ("owner", anna.pk),
        ("responsible", anna.pk),
        ("priority", "urgent"),
        ("kind", "incident"),
        ("status", "solved"),
    ):
        assert client.post(f"{base}{act}/", {"to": value})["Location"] == base
    ticket.refresh_from_db()
    assert (ticket.owner, ticket.responsible) == (anna, anna)
    assert (ticket.priority.code, ticket.kind.code, ticket.status.code) == ("urgent", "incident", "solved")
    client.post(f"{base}owner/", {"to": ""})
    ticket.refresh_from_db()
    assert ticket.owner is None


def test_htmx_gets_fresh_properties_head_counts_and_a_word(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    answer = as_user(anna).post(f"/ticket/{ticket.number}/priority/", {"to": "high"}, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.lstrip().startswith(f'<section id="_props_{ticket.number}"')
    assert 'id="_ticket_head" hx-swap-oob="true"' in page
    assert 'id="nav-count-mine"' in page
    assert "data-toast" in page
    assert answer["HX-Trigger"] == f"ticket-changed-{ticket.number}"


@pytest.mark.parametrize("to", ["open", "solved"])
def test_what_the_composer_says_of_the_status_follows_and_what_was_chosen_stays(
    as_user: AsUser, anna: User, ticket: Ticket, to: str
) -> None:
    """`then` goes along with every act beside the composer."""
    answer = as_user(anna).post(f"/ticket/{ticket.number}/status/", {"to": to, "then": "solved"}, headers=HTMX)
    select = answer.content.decode().partition(f'id="then-{ticket.number}"')[2].partition("</select>")[0]
    assert 'hx-swap-oob="true"' in select
    ticket.refresh_from_db()
    assert ticket.status.code == to
    with translation.override("hu"):
        assert f'<option value="">{ticket.status.label} (' in select
    assert f'value="{to}"' not in select
    assert ("selected" in select) is (to != "solved"), "only what is not reached yet stays chosen"
    read = as_user(anna).get(f"/ticket/{ticket.number}/props/?then=waiting", headers=HTMX).content.decode()
    assert re.search(r'<option value="waiting"[^>]* selected>', read)


def test_a_refusal_is_said_in_the_same_part(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    client = as_user(anna)
    part = client.post(f"/ticket/{ticket.number}/status/", {"to": "waiting"}, headers=HTMX)
    assert part.status_code == 422
    assert part.content.decode().lstrip().startswith(f'<section id="_props_{ticket.number}"')
    assert 'role="alert"' in part.content.decode()
    whole = client.post(f"/ticket/{ticket.number}/status/", {"to": "waiting"})
    assert whole.status_code == 422
    assert "<html" in whole.content.decode()
    assert client.post(f"/ticket/{ticket.number}/status/", {"to": "no-such"}).status_code == 422


def test_pending_needs_a_time_to_come(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    client, url = as_user(anna), f"/ticket/{ticket.number}/status/"
    assert client.post(url, {"to": "waiting", "pending_until": local(hours=-2)}).status_code == 422
    assert client.post(url, {"to": "waiting", "pending_until": local(days=1)}).status_code == 302
    ticket.refresh_from_db()
    assert ticket.pending_until is not None


def test_an_owner_has_to_be_able_to_own(as_user: AsUser, anna: User, ben: User, ticket: Ticket) -> None:
    assert as_user(anna).post(f"/ticket/{ticket.number}/owner/", {"to": ben.pk}).status_code == 422
    ticket.refresh_from_db()
    assert ticket.owner is None


def test_moving_takes_the_right_there_and_then_leads_back_to_the_inbox(
    as_user: AsUser, anna: User, ticket: Ticket, network: Team
) -> None:
    client, url = as_user(anna), f"/ticket/{ticket.number}/team/"
    assert client.post(url, {"to": network.pk}).status_code == 422
    people.give_rights(anna, team=network, rights=[Right.MOVE_IN])
    moved = as_user(anna).post(url, {"to": network.pk}, headers=HTMX)
    assert moved["HX-Redirect"] == "/inbox/"
    ticket.refresh_from_db()
    assert ticket.team == network


def test_tags_come_and_go(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    client, base = as_user(anna), f"/ticket/{ticket.number}/"
    assert client.post(f"{base}tag/", {"tag": "#vpn"}).status_code == 302
    assert client.post(f"{base}tag/", {"tag": " "}).status_code == 422
    tag = ticket.tags.get()
    assert tag.name == "vpn"
    client.post(f"{base}untag/", {"tag": tag.pk})
    assert not ticket.tags.exists()


def test_participants_come_and_go_and_new_ones_become_people(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    client, base = as_user(anna), f"/ticket/{ticket.number}/participant/"
    assert client.post(f"{base}add/", {"email": "nobody"}).status_code == 422
    client.post(f"{base}add/", {"email": "Boss@duna.example"})
    boss = ticket.participants.get().user
    assert boss.email == "boss@duna.example"
    client.post(f"{base}remove/", {"person": boss.pk})
    assert not ticket.participants.exists()


def test_title_and_customer_change_in_dialogs(as_user: AsUser, anna: User, karl: User, ticket: Ticket) -> None:
    client, base = as_user(anna), f"/ticket/{ticket.number}/"
    assert 'id="dialog-title"' in client.get(f"{base}title/", headers=HTMX).content.decode()
    assert "<html" in client.get(f"{base}title/").content.decode()
    refused = client.post(f"{base}title/", {"title": "  "}, headers=HTMX)
    assert refused.status_code == 422
    done = client.post(f"{base}title/", {"title": "VPN error 619"}, headers=HTMX)
    assert done.status_code == 200
    assert done.content.decode().strip().startswith("<section")
    assert 'hx-swap-oob="true"' in done.content.decode()
    client.post(f"{base}customer/", {"person": karl.pk})
    ticket.refresh_from_db()
    assert (ticket.title, ticket.customer) == ("VPN error 619", karl)


# --- promises --------------------------------------------------------------------------------------------------------


def test_promising_for_oneself_and_asking_a_colleague(
    as_user: AsUser, anna: User, cora: User, root: User, ticket: Ticket
) -> None:
    url = f"/ticket/{ticket.number}/promise/"
    assert as_user(anna).post(url, {"who": anna.pk, "by_when": local(hours=2)}).status_code == 302
    assert Promise.objects.get(ticket=ticket).state == Promise.State.ACCEPTED
    assert as_user(cora).post(url, {"who": anna.pk, "by_when": local(hours=3)}).status_code == 422
    assert as_user(anna).post(url, {"who": root.pk, "by_when": local(hours=3)}).status_code == 302
    asked = promises.open_promise(ticket)
    assert asked is not None
    assert asked.state == Promise.State.ASKED
    assert as_user(anna).post(f"{url}{asked.pk}/accept/").status_code == 422
    page = as_user(root).get(f"/ticket/{ticket.number}/").content.decode()
    assert f"{url}{asked.pk}/decline/" in page
    assert as_user(root).post(f"{url}{asked.pk}/accept/").status_code == 302
    assert as_user(cora).post(f"{url}withdraw/").status_code == 422
    assert as_user(anna).post(f"{url}withdraw/").status_code == 302
    assert promises.open_promise(ticket) is None


def test_an_asked_colleague_may_decline(as_user: AsUser, anna: User, root: User, ticket: Ticket) -> None:
    asked = promises.promise_answer(ticket, who=root, by_when=timezone.now() + timedelta(hours=1), by=anna)
    assert as_user(root).post(f"/ticket/{ticket.number}/promise/{asked.pk}/decline/").status_code == 302
    assert promises.open_promise(ticket) is None


@pytest.mark.parametrize("by_when", ["", "tomorrow", "2020-01-01T00:00"])
def test_a_promise_needs_a_time_to_come(by_when: str, as_user: AsUser, anna: User, ticket: Ticket) -> None:
    answer = as_user(anna).post(f"/ticket/{ticket.number}/promise/", {"who": anna.pk, "by_when": by_when}, headers=HTMX)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()


# --- the composer ----------------------------------------------------------------------------------------------------


def test_a_reply_with_status_promise_copies_and_files_goes_out(
    as_user: AsUser, anna: User, carla: User, ticket: Ticket
) -> None:
    User.objects.filter(pk=anna.pk).update(undo_seconds=0)
    answer = as_user(anna).post(
        f"/ticket/{ticket.number}/write/",
        {
            "kind": "reply",
            "text": "Try now.",
            "note": "never sent",
            "cc": "Boss <boss@duna.example>, second@duna.example",
            "then": "waiting",
            "pending_until": local(days=1),
            "who": anna.pk,
            "by_when": local(hours=5),
            "files": [SimpleUploadedFile("a.txt", b"a"), SimpleUploadedFile("b.txt", b"b")],
        },
    )
    assert answer.status_code == 302
    ticket.refresh_from_db()
    mail = OutboundMail.objects.get(ticket=ticket, purpose="reply")
    assert mail.to == [[carla.name, "carla@duna.example"]]
    assert [address for _name, address in mail.cc] == ["boss@duna.example", "second@duna.example"]
    assert mail.message is not None
    assert mail.message.body == "Try now."
    assert sorted(file.name for file in mail.message.attachments.all()) == ["a.txt", "b.txt"]
    assert ticket.status.code == "waiting"
    promise = promises.open_promise(ticket)
    assert promise is not None
    assert promise.who == anna
    assert not ticket.messages.filter(body="never sent").exists()


def test_a_note_stays_inside(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    data = {"kind": "note", "text": "a reply in the making", "note": "The certificate expired.", "by_when": ""}
    answer = as_user(anna).post(f"/ticket/{ticket.number}/write/", data, headers=HTMX)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert page.lstrip().startswith('<form class="composer"')
    assert f'id="_props_{ticket.number}" hx-swap-oob="true"' in page
    note = ticket.messages.get(kind="note")
    assert (note.body, note.visible_to_customer) == ("The certificate expired.", False)
    assert not OutboundMail.objects.filter(ticket=ticket).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": "   "},
        {"cc": "no address"},
        {"then": "waiting", "pending_until": ""},
        {"then": "nonsense"},
        {"by_when": "2020-01-01T00:00"},
        {"by_when": "other", "by_when_other": ""},
        {"by_when": "soon"},
        {"then": "solved", "by_when": "2099-01-01T00:00"},
    ],
)
def test_a_refused_reply_keeps_what_was_typed_and_sends_nothing(
    wrong: dict[str, str], as_user: AsUser, anna: User, ticket: Ticket
) -> None:
    data = {"kind": "reply", "text": "Dear <Carla>", "note": "my draft", **wrong}
    for headers in (HTMX, {}):
        answer = as_user(anna).post(f"/ticket/{ticket.number}/write/", data, headers=headers)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'role="alert"' in page
        assert "my draft</textarea>" in page
        if wrong.get("text") is None:
            assert "Dear &lt;Carla&gt;</textarea>" in page
        if "cc" in wrong:
            assert 'value="no address"' in page
    assert not OutboundMail.objects.filter(ticket=ticket).exists()
    assert ticket.messages.count() == 1


def test_the_composer_is_for_those_who_may_write(
    as_user: AsUser, anna: User, cora: User, ticket: Ticket, helpdesk: Team
) -> None:
    reader = make.agent("Reader", "reader@desk.example", team=helpdesk, rights=[Right.READ])
    url = f"/ticket/{ticket.number}/write/"
    assert as_user(cora).post(url, {"kind": "reply", "text": "x"}).status_code == 403
    assert as_user(cora).post(url, {"kind": "note", "note": "x"}).status_code == 302
    assert as_user(reader).post(url, {"kind": "note", "note": "x"}).status_code == 403
    page = as_user(reader).get(f"/ticket/{ticket.number}/").content.decode()
    assert '<form class="composer"' not in page
    page = as_user(cora).get(f"/ticket/{ticket.number}/").content.decode()
    assert 'value="note" checked' in page
    assert 'value="reply"' not in page


def test_without_the_right_to_reply_nothing_changes_the_ticket(as_user: AsUser, cora: User, ticket: Ticket) -> None:
    client, base = as_user(cora), f"/ticket/{ticket.number}/"
    for act in ("status", "owner", "responsible", "team", "priority", "kind", "participant/add", "participant/remove"):
        assert client.post(f"{base}{act}/", {"to": "1"}).status_code == 403, act
    for act in ("title", "customer", "call"):
        assert client.get(f"{base}{act}/").status_code == 403, act


def test_nobody_acts_on_what_he_does_not_see(as_user: AsUser, ben: User, ticket: Ticket) -> None:
    client, base = as_user(ben), f"/ticket/{ticket.number}/"
    for act in ("status", "owner", "team", "priority", "kind", "tag", "untag", "write", "promise", "check", "title"):
        assert client.post(f"{base}{act}/").status_code == 404, act


def test_acts_are_posted(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    for act in ("status", "owner", "team", "priority", "kind", "tag", "write", "promise", "check"):
        assert as_user(anna).get(f"/ticket/{ticket.number}/{act}/").status_code == 405, act


def test_a_call_is_recorded(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    url = f"/ticket/{ticket.number}/call/"
    client = as_user(anna)
    assert client.post(url, {"direction": "in", "text": " "}).status_code == 422
    assert client.post(url, {"direction": "sideways", "text": "He is in a hurry."}).status_code == 422
    assert client.post(url, {"direction": "out", "text": "Told her to wait."}).status_code == 302
    assert ticket.messages.get(kind="phone").body == "Told her to wait."


def test_solving_from_the_head(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    tagging.tag_ticket(ticket, "vpn", by=anna)
    page = as_user(anna).get(f"/ticket/{ticket.number}/").content.decode()
    assert 'value="solved" data-key="e"' in page
    as_user(anna).post(f"/ticket/{ticket.number}/status/", {"to": "solved", "pending_until": ""})
    ticket.refresh_from_db()
    assert ticket.status == Status.objects.get(code="solved")
    assert 'value="solved" data-key="e"' not in as_user(anna).get(f"/ticket/{ticket.number}/").content.decode()
