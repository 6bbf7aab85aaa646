"""The doors around writing: sending and taking back, being held back, drafts with files, what is asked while typing."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests import make
from tickets import conversation, drafts, lifecycle, undo
from tickets.conversation import IncomingMail
from tickets.meanwhile import newest_line, shown_values
from tickets.models import AnswerTemplate, Draft, Mailbox, OutboundMail, Status, Team, Ticket, User

AsUser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ticket(mailbox: Mailbox, helpdesk: Team, carla: User) -> Ticket:
    return make.ticket("VPN", team=helpdesk, customer=carla)


def write(client: Client, ticket: Ticket, **data: object) -> str:
    answer = client.post(f"/ticket/{ticket.number}/write/", {"kind": "reply", "text": "Try now.", **data}, headers=HTMX)
    return f"{answer.status_code} {answer.content.decode()}"


# --- sending and taking back -----------------------------------------------------------------------------------------


def test_a_reply_waits_at_the_end_of_the_timeline_and_can_be_taken_back(
    as_user: AsUser, anna: User, ticket: Ticket
) -> None:
    client = as_user(anna)
    page = write(client, ticket, cc="Boss <boss@duna.example>")
    draft = Draft.objects.get()
    assert re.match(r'200 \s*<form class="composer"', page)
    assert f'id="w{draft.pk}"' in page
    assert "boss@duna.example" in page
    assert f'action="/drafts/{draft.pk}/undo/"' in page
    assert '<progress class="bar" max="8"' in page
    assert "Try now.</textarea>" not in page
    assert f'id="w{draft.pk}"' in client.get(f"/ticket/{ticket.number}/").content.decode()

    back = client.post(f"/drafts/{draft.pk}/undo/", headers=HTMX)
    text = back.content.decode()
    assert back.status_code == 200
    assert "Try now.</textarea>" in text
    assert "boss@duna.example" in text
    assert 'id="waiting" hx-swap-oob="true"' in text
    assert "data-countdown" not in text
    assert not OutboundMail.objects.exists()


def test_without_script_sending_and_undoing_are_pages(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    client = as_user(anna)
    url = f"/ticket/{ticket.number}/"
    sent = client.post(f"{url}write/", {"kind": "reply", "text": "Try now."})
    assert sent["Location"] == f"{url}#waiting"
    draft = Draft.objects.get()
    back = client.post(f"/drafts/{draft.pk}/undo/")
    assert back["Location"].startswith(f"{url}#_composer")
    assert "Try now.</textarea>" in client.get(url).content.decode()


def test_an_undo_that_is_too_late_says_so_and_leaves_the_composer_alone(
    as_user: AsUser, anna: User, ticket: Ticket
) -> None:
    client = as_user(anna)
    write(client, ticket)
    draft = Draft.objects.get()
    Draft.objects.update(send_at=timezone.now())
    assert undo.send_due_drafts() == 1
    late = client.post(f"/drafts/{draft.pk}/undo/", {"ticket": ticket.number}, headers=HTMX)
    assert late.status_code == 200
    assert late["HX-Reswap"] == "none"
    assert late["HX-Trigger"] == f"ticket-changed-{ticket.number}"
    assert '<form class="composer"' not in late.content.decode()
    assert client.post(f"/drafts/{draft.pk}/undo/", {"ticket": "nonsense"}).status_code == 404


def test_what_is_anothers_can_not_be_undone(as_user: AsUser, anna: User, root: User, ticket: Ticket) -> None:
    write(as_user(anna), ticket)
    draft = Draft.objects.get()
    as_user(root).post(f"/drafts/{draft.pk}/undo/", {"ticket": ticket.number}, headers=HTMX)
    draft.refresh_from_db()
    assert draft.send_at is not None


def test_the_page_that_waits_hears_when_it_is_over(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    client = as_user(anna)
    write(client, ticket)
    draft = Draft.objects.get()
    url = f"/ticket/{ticket.number}/waiting/?shown={draft.pk}"
    assert "HX-Trigger" not in client.get(url, headers=HTMX)
    Draft.objects.update(send_at=timezone.now())
    undo.send_due_drafts()
    assert client.get(url, headers=HTMX)["HX-Trigger"] == f"ticket-changed-{ticket.number}"
    tail = client.get(f"/ticket/{ticket.number}/timeline/?after=2&waiting=1", headers=HTMX).content.decode()
    assert 'id="waiting" hx-swap-oob="true"' in tail
    assert 'data-kind="reply"' in tail


def test_one_that_came_back_is_shown_with_its_sentence(as_user: AsUser, anna: User, root: User, ticket: Ticket) -> None:
    client = as_user(anna)
    write(client, ticket)
    conversation.reply_to_customer(ticket, text="Root was faster.", by=root)
    Draft.objects.update(send_at=timezone.now())
    undo.send_due_drafts()
    tail = client.get(f"/ticket/{ticket.number}/timeline/?after=1&waiting=1", headers=HTMX).content.decode()
    assert "data-came-back" in tail
    assert "Rendszergazda" in tail
    composer = client.get(f"/ticket/{ticket.number}/composer/", headers=HTMX).content.decode()
    assert "Try now.</textarea>" in composer
    assert "Rendszergazda" in composer


def test_the_button_of_the_menu_says_more_than_the_list(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    client = as_user(anna)
    for button, code in (("solved", "solved"), ("keep", "")):
        write(client, ticket, **{"and": button, "then": "waiting"})
        draft = Draft.objects.get()
        assert draft.orders["then"] == code
        draft.delete()


def test_a_reply_to_nobody_is_refused(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    assert write(as_user(anna), ticket, to="").startswith("422")
    assert write(as_user(anna), ticket, to=["", " "]).startswith("422")
    assert write(as_user(anna), ticket, to=["Other <other@duna.example>", "x@duna.example"]).startswith("200")
    assert [address for _name, address in Draft.objects.get().orders["to"]] == ["other@duna.example", "x@duna.example"]


def test_a_note_sent_twice_is_saved_once(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    key = str(uuid.uuid4())
    for _try in range(2):
        assert write(as_user(anna), ticket, kind="note", note="Once.", key=key).startswith("200")
    assert ticket.messages.filter(body="Once.").count() == 1


# --- held back -------------------------------------------------------------------------------------------------------


def test_an_answer_is_held_back_once_and_shows_what_came_in(
    as_user: AsUser, anna: User, root: User, ticket: Ticket
) -> None:
    client, seen = as_user(anna), newest_line(ticket)
    conversation.reply_to_customer(ticket, text="Root was <here>.", by=root)
    held = write(client, ticket, based_on=seen)
    assert held.startswith("422")
    assert 'id="write-held"' in held
    assert "Root was &lt;here&gt;." in held
    assert "Try now.</textarea>" in held
    based_on = re.findall(r'name="based_on" value="(\d+)"', held)[0]
    assert int(based_on) == newest_line(ticket)
    assert 'name="anyway" value="1"' in held
    assert write(client, ticket, based_on=seen, anyway="1").startswith("200")
    Draft.objects.all().delete()
    assert write(client, ticket, based_on=based_on).startswith("200")
    whole = client.post(f"/ticket/{ticket.number}/write/", {"kind": "reply", "text": "x", "based_on": seen})
    assert whole.status_code == 422
    assert "<html" in whole.content.decode()


def test_a_property_that_was_changed_meanwhile_is_shown_fresh(
    as_user: AsUser, anna: User, root: User, ticket: Ticket
) -> None:
    was = shown_values(ticket)["status"]
    lifecycle.change_status(ticket, to=Status.objects.get(code="solved"), by=root)
    url = f"/ticket/{ticket.number}/status/"
    refused = as_user(anna).post(url, {"to": "open", "was": was}, headers=HTMX)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "Rendszergazda" in page
    assert 'name="was" value="solved"' in page
    ticket.refresh_from_db()
    assert ticket.status.code == "solved"
    assert as_user(anna).post(url, {"to": "open", "was": "solved"}, headers=HTMX).status_code == 200


@pytest.mark.parametrize("name", ["owner", "responsible", "team", "priority", "kind"])
def test_every_menu_carries_what_it_showed(
    name: str, as_user: AsUser, root: User, ticket: Ticket, network: Team
) -> None:
    page = as_user(root).get(f"/ticket/{ticket.number}/").content.decode()
    form = re.search(rf'action="/ticket/{ticket.number}/{name}/".*?</form>', page, re.DOTALL)
    assert form is not None
    assert f'name="was" value="{shown_values(ticket)[name]}"' in form[0]
    refused = as_user(root).post(f"/ticket/{ticket.number}/{name}/", {"to": "", "was": "something else"}, headers=HTMX)
    assert refused.status_code == 422


def test_a_ticket_given_away_meanwhile_leads_back_to_the_inbox(
    as_user: AsUser, anna: User, root: User, ticket: Ticket, network: Team
) -> None:
    page_showed = shown_values(ticket)["owner"]
    client = as_user(anna)
    lifecycle.move_ticket(ticket, to=network, by=root)
    assert client.post(f"/ticket/{ticket.number}/owner/", {"to": "", "was": page_showed}).status_code == 404


def test_the_title_dialog_tells_of_a_title_changed_meanwhile(
    as_user: AsUser, anna: User, root: User, ticket: Ticket
) -> None:
    url = f"/ticket/{ticket.number}/title/"
    assert 'name="was" value="VPN"' in as_user(anna).get(url, headers=HTMX).content.decode()
    lifecycle.rename_ticket(ticket, title="VPN error 619", by=root)
    refused = as_user(anna).post(url, {"title": "Mine", "was": "VPN"}, headers=HTMX)
    assert refused.status_code == 422
    assert "VPN error 619" in refused.content.decode()


# --- drafts ----------------------------------------------------------------------------------------------------------


def test_a_draft_is_saved_and_stands_in_the_composer_again(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    data = {"kind": "reply", "ticket": ticket.number, "text": "Half a <thought>", "then": "solved", "tab": "a"}
    saved = as_user(anna).post("/drafts/save/", data | {"to": ["a@duna.example", "b@duna.example"]})
    assert saved.json()["version"] == 1
    page = as_user(anna).get(f"/ticket/{ticket.number}/").content.decode()
    assert "Half a &lt;thought&gt;</textarea>" in page
    assert '<option value="solved" selected>' in page
    assert "a@duna.example" in page
    assert 'data-version-reply="1"' in page
    listed = as_user(anna).get("/drafts/").content.decode()
    assert "Half a &lt;thought&gt;" in listed


def test_a_page_behind_gets_the_newer_draft_to_choose_from(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    client = as_user(anna)
    data = {"kind": "reply", "ticket": ticket.number}
    client.post("/drafts/save/", data | {"text": "first", "tab": "a"})
    behind = client.post("/drafts/save/", data | {"text": "second", "tab": "b"})
    assert behind.status_code == 409
    assert "data-draft-newer" in behind.json()["notice"]
    assert "&quot;first&quot;" in behind.json()["notice"]
    page = client.get(f"/ticket/{ticket.number}/").content.decode()
    assert "first</textarea>" in page
    assert "data-draft-put" in page


def test_drafts_are_for_those_who_may_write(
    as_user: AsUser, anna: User, cora: User, ben: User, carla: User, ticket: Ticket
) -> None:
    data = {"ticket": ticket.number, "text": "x", "note": "x"}
    assert as_user(cora).post("/drafts/save/", data | {"kind": "reply"}).status_code == 403
    assert as_user(cora).post("/drafts/save/", data | {"kind": "note"}).status_code == 200
    assert as_user(ben).post("/drafts/save/", data | {"kind": "note"}).status_code == 404
    assert as_user(carla).post("/drafts/save/", data | {"kind": "note"}).status_code == 403
    assert as_user(anna).post("/drafts/save/", data | {"kind": "nonsense"}).status_code == 404
    assert as_user(anna).post("/drafts/save/", data | {"kind": "reply", "version": "x"}).status_code == 422


def test_a_text_too_long_is_refused_in_words(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    data = {"kind": "reply", "ticket": ticket.number, "text": "x" * 500_001}
    refused = as_user(anna).post("/drafts/save/", data)
    assert refused.status_code == 422
    assert "500001" in refused.json()["error"]
    assert write(as_user(anna), ticket, text="x" * 500_001).startswith("422")


def test_my_drafts_hide_what_is_no_longer_mine_to_see(
    as_user: AsUser, anna: User, root: User, ticket: Ticket, network: Team
) -> None:
    drafts.save_draft(ticket, "reply", {"text": "my own words"}, by=anna)
    lifecycle.move_ticket(ticket, to=network, by=root)
    page = as_user(anna).get("/drafts/").content.decode()
    assert "my own words" in page
    assert ticket.title not in page
    assert ticket.number not in page
    draft = Draft.objects.get()
    assert as_user(root).post(f"/drafts/{draft.pk}/discard/").status_code == 404
    assert as_user(anna).post(f"/drafts/{draft.pk}/discard/").status_code == 302
    assert not Draft.objects.exists()


def test_files_go_up_come_off_and_leave_with_the_reply(as_user: AsUser, anna: User, root: User, ticket: Ticket) -> None:
    client = as_user(anna)
    data = {"kind": "reply", "ticket": ticket.number}
    for name in ("a.txt", "b.txt"):
        line = client.post("/drafts/files/", data | {"file": SimpleUploadedFile(name, b"content")})
        assert name in line.content.decode()
    refused = client.post("/drafts/files/", data | {"file": SimpleUploadedFile("empty.txt", b"")})
    assert (refused.status_code, "empty.txt" in refused.content.decode()) == (422, True)
    first, second = Draft.objects.get().files.all()
    assert client.get(f"/drafts/files/{first.pk}/").getvalue() == b"content"
    assert as_user(root).get(f"/drafts/files/{first.pk}/").status_code == 404
    assert as_user(root).post(f"/drafts/files/{first.pk}/remove/").status_code == 404
    assert client.post(f"/drafts/files/{first.pk}/remove/", headers=HTMX).content == b""
    page = client.get(f"/ticket/{ticket.number}/").content.decode()
    assert f'data-draft-file="{second.pk}"' in page
    assert f'data-draft-file="{first.pk}"' not in page
    write(client, ticket)
    assert [file.name for file in Draft.objects.get().files.all()] == ["b.txt"]


def test_a_phone_record_keeps_a_draft(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    client, url = as_user(anna), f"/ticket/{ticket.number}/call/"
    client.post(
        "/drafts/save/", {"kind": "call", "ticket": ticket.number, "text": "He is in a hurry", "direction": "out"}
    )
    page = client.get(url, headers=HTMX).content.decode()
    assert "He is in a hurry</textarea>" in page
    assert 'data-version-call="1"' in page
    assert client.post(url, {"direction": "out", "text": "He is in a hurry."}).status_code == 302
    assert not Draft.objects.exists()


def test_a_new_ticket_keeps_a_draft_with_its_customer_and_files(
    as_user: AsUser, anna: User, carla: User, helpdesk: Team, ticket: Ticket
) -> None:
    client = as_user(anna)
    data = {"kind": "new_ticket", "title": "Begun", "text": "On the phone", "customer": carla.pk, "tags": "vpn"}
    assert client.post("/drafts/save/", data).status_code == 200
    client.post("/drafts/files/", {"kind": "new_ticket", "file": SimpleUploadedFile("a.txt", b"a")})
    page = client.get("/new/").content.decode()
    for part in ('value="Begun"', "On the phone</textarea>", 'value="vpn"', carla.name, "a.txt", ticket.number):
        assert part in page, part
    key = str(uuid.uuid4())
    form = {"title": "Begun", "text": "On the phone", "team": helpdesk.pk, "kind": "question", "priority": "normal"}
    for _try in range(2):
        assert client.post("/new/", form | {"customer": carla.pk, "key": key}).status_code == 302
    made = Ticket.objects.get(title="Begun")
    assert made.messages.get().attachments.get().name == "a.txt"
    assert not Draft.objects.exists()


# --- while somebody types --------------------------------------------------------------------------------------------


def test_suggestions_and_warnings_come_as_data(as_user: AsUser, anna: User, cora: User, ticket: Ticket) -> None:
    client, url = as_user(anna), f"/ticket/{ticket.number}/"
    [found] = client.get(f"{url}readers/", {"q": "carla@"}).json()["found"]
    assert found["text"] == "Szűcs Márta Carla <carla@duna.example>"
    [checked] = client.get(f"{url}readers/", {"check": "Who <who@else.example>"}).json()["found"]
    assert checked["address"] == "who@else.example"
    assert checked["warning"]
    assert as_user(cora).get(f"{url}readers/", {"q": "carla"}).status_code == 403


def test_templates_are_listed_filled_and_put_in_without_script_too(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    template = AnswerTemplate.objects.create(name="Hello", texts={"hu": "Kedves {first_name}! {visit_time}"})
    client, url = as_user(anna), f"/ticket/{ticket.number}/"
    listed = client.get(f"{url}templates/", headers=HTMX).content.decode()
    assert 'data-template-text="Kedves Márta! {visit_time}"' in listed
    assert "<html" in client.get(f"{url}templates/").content.decode()
    drafts.save_draft(ticket, "reply", {"text": "First."}, by=anna)
    page = client.get(url, {"template": template.pk}).content.decode()
    assert "First.\n\nKedves Márta! {visit_time}</textarea>" in page
    assert write(client, ticket, text="Kedves Márta! {visit_time}").startswith("422")


def test_reply_to_all_is_offered_and_works_without_script(
    as_user: AsUser, anna: User, carla: User, ticket: Ticket
) -> None:
    mail = IncomingMail(
        subject="x",
        text="x",
        from_address="carla@duna.example",
        to=[("", make.SUPPORT), ("Boss", "boss@duna.example")],
        cc=[("", "second@duna.example")],
    )
    conversation.receive_message(ticket, mail, author=carla, inbound=None)
    client, url = as_user(anna), f"/ticket/{ticket.number}/"
    page = client.get(url).content.decode()
    assert "data-reply-all" in page
    everyone = client.get(url, {"all": "1"}).content.decode()
    assert "data-reply-all" not in everyone
    assert "Boss &lt;boss@duna.example&gt;, second@duna.example" in everyone


def test_who_is_here_is_told_with_a_fresh_token(as_user: AsUser, anna: User, carla: User, client: Client) -> None:
    told = as_user(anna).get("/signed-in/", headers=HTMX).json()
    assert told["person"] == anna.pk
    assert len(told["token"]) == 64
    assert "<html" in as_user(carla).get("/signed-in/").content.decode()
    assert client.get("/signed-in/", headers=HTMX).status_code == 401


def test_an_expired_session_gets_a_401_and_no_redirect(client: Client, ticket: Ticket) -> None:
    answer = client.post(f"/ticket/{ticket.number}/write/", {"kind": "reply", "text": "x"}, headers=HTMX)
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer
    assert client.post("/drafts/save/", {"kind": "reply"}, headers=HTMX).status_code == 401


def test_the_time_to_undo_is_chosen_in_the_profile(as_user: AsUser, anna: User, carla: User) -> None:
    form = {"language": "hu", "time_zone": "Europe/Budapest"}
    assert as_user(anna).post("/profile/", form | {"undo_seconds": "15"}).status_code == 302
    anna.refresh_from_db()
    assert anna.undo_seconds == 15
    assert as_user(anna).post("/profile/", form | {"undo_seconds": "3000"}).status_code == 422
    assert 'name="undo_seconds"' not in as_user(carla).get("/profile/").content.decode()
