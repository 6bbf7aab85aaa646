"""What is being forwarded has a draft on the server, one for each message and one for the whole conversation."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests import make
from tickets import drafts
from tickets.models import Draft, Mailbox, Message, OutboundMail, Team, Ticket, User

pytestmark = pytest.mark.django_db
AsUser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ticket(mailbox: Mailbox, helpdesk: Team, carla: User) -> Ticket:
    return make.ticket("VPN", team=helpdesk, customer=carla)


@pytest.fixture
def message(ticket: Ticket, carla: User) -> Message:
    return make.message(ticket, "Rossz.", author=carla, attachments={"a.log": b"a", "b.log": b"b"})


def address(message: Message) -> str:
    return f"/ticket/{message.ticket.number}/message/{message.pk}/forward/"


def save(client: Client, ticket: Ticket, kind: str, **fields: Any) -> Any:
    data = {"ticket": ticket.number, "kind": kind, "version": 0, "tab": "one"} | fields
    return client.post("/drafts/save/", data, headers=HTMX)


def test_what_was_begun_is_there_again(as_user: AsUser, anna: User, ticket: Ticket, message: Message) -> None:
    client, kind = as_user(anna), f"forward-{message.pk}"
    first, second = message.attachments.order_by("pk")
    page = client.get(address(message)).content.decode()
    assert f'data-draft-kind="{kind}"' in page
    typed = {"text": "Nézd meg!", "to": "help@maker.example", "quoted": "> rövidebb", "attachments": [second.pk]}
    assert save(client, ticket, kind, **typed).json()["version"] == 1
    page = client.get(address(message)).content.decode()
    for words in ("Nézd meg!", "help@maker.example", "&gt; rövidebb", f'data-version-{kind}="1"'):
        assert words in page
    boxes = {
        int(box.split('value="')[1].split('"')[0]): "checked" in box
        for box in page.split("<input")
        if 'name="attachments"' in box
    }
    assert boxes == {first.pk: False, second.pk: True}
    other = client.get(f"/ticket/{ticket.number}/forward/").content.decode()
    assert "Nézd meg!" not in other, "the conversation has a draft of its own"


def test_my_drafts_lead_back_to_it(as_user: AsUser, anna: User, ticket: Ticket, message: Message) -> None:
    client = as_user(anna)
    save(client, ticket, f"forward-{message.pk}", text="Egy")
    save(client, ticket, "forward", text="Minden")
    page = client.get("/drafts/").content.decode()
    assert f'href="{address(message)}"' in page
    assert f'href="/ticket/{ticket.number}/forward/"' in page
    assert f"forward-{message.pk}<" not in page, "its kind is said in words"


def test_sending_takes_the_files_of_the_draft_along_and_ends_it(
    as_user: AsUser, anna: User, ticket: Ticket, message: Message
) -> None:
    client, kind = as_user(anna), f"forward-{message.pk}"
    upload = SimpleUploadedFile("terv.txt", b"terv")
    client.post("/drafts/files/", {"ticket": ticket.number, "kind": kind, "file": upload}, headers=HTMX)
    save(client, ticket, kind, text="Nézd meg!", to="help@maker.example")
    key = uuid.uuid4()
    form = {"to": "help@maker.example", "text": "Nézd meg!", "key": key, "version": 1, "tab": "one"}
    for _again in range(2):  # the answer to the first got lost
        assert client.post(address(message), form, headers=HTMX).status_code == 200
    sent = OutboundMail.objects.get(purpose="forward").message
    assert sent is not None
    assert [file.name for file in sent.attachments.all()] == ["terv.txt"]
    assert not Draft.objects.exists()


def test_what_another_page_wrote_meanwhile_is_kept(as_user: AsUser, anna: User, message: Message) -> None:
    client, kind, ticket = as_user(anna), f"forward-{message.pk}", message.ticket
    save(client, ticket, kind, text="Az egyik lap")
    late = save(client, ticket, kind, text="A másik lap", tab="two")
    assert late.status_code == 409
    draft = Draft.objects.get()
    assert (draft.fields["text"], [other["fields"]["text"] for other in draft.others.values()]) == (
        "Az egyik lap",
        ["A másik lap"],
    )
    assert "A másik lap" in client.get(address(message)).content.decode()


@pytest.mark.parametrize("kind", ["forward-", "forward-x", "forward-1234567890123", "forwards", "reply-1"])
def test_there_are_no_other_kinds(as_user: AsUser, anna: User, ticket: Ticket, kind: str) -> None:
    assert save(as_user(anna), ticket, kind, text="x").status_code in (404, 422)
    assert not Draft.objects.exists()


def test_who_may_not_pass_on_keeps_no_draft_of_it(
    as_user: AsUser, ben: User, carla: User, ticket: Ticket, message: Message
) -> None:
    assert save(as_user(ben), ticket, f"forward-{message.pk}", text="x").status_code == 404
    assert save(as_user(carla), ticket, "forward", text="x").status_code == 403


def test_kinds_and_messages_name_each_other(message: Message) -> None:
    assert drafts.forwarded_by(drafts.kind_of_forward(message)) == message.pk
    assert drafts.forwarded_by(drafts.kind_of_forward(None)) is None
