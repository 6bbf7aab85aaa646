"""The ticket page: what it shows, what it costs, and that contents from strangers do no harm."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests import make
from tickets import files, lifecycle, promises, tagging
from tickets.models import Attachment, Erasure, Mailbox, Message, OutboundMail, SeenMark, Team, Ticket, User

AsUser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def ticket(mailbox: Mailbox, helpdesk: Team, carla: User, anna: User) -> Ticket:
    return make.ticket("VPN does not connect", team=helpdesk, customer=carla, owner=anna, text="Error 619.")


def page_of(client: Client, ticket: Ticket, **query: str) -> str:
    answer = client.get(f"/ticket/{ticket.number}/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_agent_of_the_team_sees_the_conversation(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    make.note(ticket, "The certificate has expired.", author=anna)
    page = page_of(as_user(anna), ticket)
    assert "Error 619." in page
    assert "The certificate has expired." in page
    assert 'data-kind="customer"' in page
    assert 'data-kind="note"' in page
    assert f'id="_props_{ticket.number}"' in page


def test_the_unseen_is_not_found_and_the_inside_is_for_those_who_work_on_it(
    as_user: AsUser, ben: User, karl: User, carla: User, ticket: Ticket
) -> None:
    assert as_user(ben).get(f"/ticket/{ticket.number}/").status_code == 404
    assert as_user(karl).get(f"/ticket/{ticket.number}/").status_code == 403
    assert as_user(carla).get(f"/ticket/{ticket.number}/").status_code == 403
    assert as_user(ben).get("/ticket/1/").status_code == 404
    assert Client().get(f"/ticket/{ticket.number}/")["Location"].startswith("/account/login/")


def test_opening_the_page_marks_it_read_and_what_came_since_is_new(
    as_user: AsUser, anna: User, carla: User, ticket: Ticket
) -> None:
    client = as_user(anna)
    page_of(client, ticket)
    seen = SeenMark.objects.get(ticket=ticket, user=anna)
    make.message(ticket, "It still fails.", author=carla)
    assert page_of(client, ticket).count('class="badge" data-tone="accent"') == 1
    assert SeenMark.objects.get(ticket=ticket, user=anna).seen_at > seen.seen_at
    assert 'class="badge" data-tone="accent"' not in page_of(client, ticket)


def test_runs_of_history_fold_and_the_conversation_begins_with_what_was_said(
    as_user: AsUser, anna: User, ticket: Ticket
) -> None:
    tagging.tag_ticket(ticket, "vpn", by=anna)
    tagging.tag_ticket(ticket, "remote", by=anna)
    page = page_of(as_user(anna), ticket)
    assert page.index('class="entry"') < page.index('class="changes')
    assert page.count('class="changes') == 1


def test_the_page_costs_at_most_30_queries_with_50_messages(
    as_user: AsUser,
    anna: User,
    carla: User,
    ticket: Ticket,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    for n in range(50):
        make.message(ticket, f"Message {n}", author=[anna, carla][n % 2], attachments={"a.txt": b"%d" % n})
        if n % 10 == 0:
            tagging.tag_ticket(ticket, f"tag {n}", by=anna)
    make.ticket(customer=carla, team=ticket.team)
    promises.promise_answer(ticket, who=anna, by_when=timezone.now() + timedelta(hours=1), by=anna)
    client = as_user(anna)
    client.get("/inbox/all/")  # the small tables are at hand
    with django_assert_max_num_queries(30):  # type: ignore[attr-defined]
        page = page_of(client, ticket, **{"in": "mine"})
    assert page.count('class="entry"') == 31


def test_texts_of_strangers_are_escaped(as_user: AsUser, anna: User, carla: User, ticket: Ticket) -> None:
    make.message(ticket, "<script>alert(1)</script> https://example.org/?a=1&b=2", author=carla)
    ticket.title = "<b>bold</b>"
    lifecycle.write_changes(ticket, "title")
    page = page_of(as_user(anna), ticket)
    assert "<script>alert" not in page
    assert "<b>bold</b>" not in page
    assert 'href="https://example.org/?a=1&amp;b=2"' in page


def test_the_tail_brings_only_what_came_after(as_user: AsUser, anna: User, carla: User, ticket: Ticket) -> None:
    client = as_user(anna)
    last = int(re.findall(r"\?after=(\d+)", page_of(client, ticket))[0])
    assert client.get(f"/ticket/{ticket.number}/timeline/", {"after": last}, headers=HTMX).content.strip() == b""
    make.message(ticket, "One more thing.", author=carla)
    tail = client.get(f"/ticket/{ticket.number}/timeline/", {"after": last}, headers=HTMX).content.decode()
    assert "One more thing." in tail
    assert "Error 619." not in tail
    assert f"?after={last + 1}" in tail


def test_the_fate_of_the_mail_is_at_the_foot_of_its_message(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    User.objects.filter(pk=anna.pk).update(undo_seconds=0)
    client = as_user(anna)
    client.post(f"/ticket/{ticket.number}/write/", {"kind": "reply", "text": "Try again."})
    mail = OutboundMail.objects.get(ticket=ticket, purpose="reply")
    OutboundMail.objects.filter(pk=mail.pk).update(state="failed", last_error="550 no such user")
    page = page_of(client, ticket)
    assert "550 no such user" in page
    resend = f"/ticket/{ticket.number}/message/{mail.message_id}/resend/"
    assert f'action="{resend}"' in page
    client.post(resend)
    mail.refresh_from_db()
    assert mail.state == OutboundMail.State.QUEUED
    foot = client.get(f"/ticket/{ticket.number}/message/{mail.message_id}/delivery/").content.decode()
    assert f'id="delivery-{mail.message_id}"' in foot
    assert "hx-trigger" in foot


def test_the_history_page_tells_every_line(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    tagging.tag_ticket(ticket, "vpn", by=anna)
    page = as_user(anna).get(f"/ticket/{ticket.number}/history/").content.decode()
    assert page.count("<tr>") == 1 + ticket.events.count()


def test_checking_the_seal_proves_the_history(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    part = as_user(anna).post(f"/ticket/{ticket.number}/check/", headers=HTMX)
    assert part.status_code == 200
    assert f'id="_seal_{ticket.number}"' in part.content.decode()
    assert 'role="alert"' not in part.content.decode()
    assert as_user(anna).post(f"/ticket/{ticket.number}/check/").status_code == 200


# --- contents from strangers -----------------------------------------------------------------------------------------


def attached(ticket: Ticket, carla: User, name: str, content: bytes, media_type: str) -> Attachment:
    message = make.message(ticket, author=carla)
    return files.attach_file(message, name=name, content=content, media_type=media_type)


def test_files_are_downloads_in_a_locked_room(as_user: AsUser, anna: User, carla: User, ticket: Ticket) -> None:
    evil = attached(ticket, carla, "pay.html", b"<script>alert(1)</script>", "text/html")
    for query in ("", "?inline=1"):
        answer = as_user(anna).get(f"/ticket/{ticket.number}/file/{evil.pk}/pay.html{query}")
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"].startswith("sandbox;")
        assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"  # type: ignore[attr-defined]


def test_only_safe_pictures_are_shown_in_place(as_user: AsUser, anna: User, carla: User, ticket: Ticket) -> None:
    png = attached(ticket, carla, "képernyő.png", b"\x89PNG", "image/png")
    svg = attached(ticket, carla, "a.svg", b"<svg/>", "image/svg+xml")
    client = as_user(anna)
    answer = client.get(f"/ticket/{ticket.number}/file/{png.pk}/x.png?inline=1")
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"].startswith("inline")
    assert list(answer) == [b"\x89PNG"]
    svg_answer = client.get(f"/ticket/{ticket.number}/file/{svg.pk}/a.svg?inline=1")
    assert svg_answer["Content-Disposition"].startswith("attachment")
    assert list(svg_answer) == [b"<svg/>"]


def test_a_file_is_for_those_who_may_read_its_message(
    as_user: AsUser, anna: User, ben: User, carla: User, karl: User, ticket: Ticket
) -> None:
    on_note = make.message(ticket, author=anna, kind=Message.Kind.NOTE, attachments={"n.txt": b"n"})
    on_message = make.message(ticket, author=carla, attachments={"m.txt": b"m"})
    note_url, url = (
        f"/ticket/{ticket.number}/file/{message.attachments.get().pk}/f" for message in (on_note, on_message)
    )

    def answer(who: User, file_url: str) -> int:
        response = as_user(who).get(file_url)
        list(response)  # read to its end, which closes the file
        return int(response.status_code)

    assert [answer(who, url) for who in (anna, carla, ben, karl)] == [200, 200, 404, 404]
    assert [answer(who, note_url) for who in (anna, carla, ben, karl)] == [200, 404, 404, 404]


def test_html_is_framed_without_scripts_and_remote_pictures(
    as_user: AsUser, anna: User, carla: User, ticket: Ticket
) -> None:
    html = '<p onclick="x()">Hi<script>alert(1)</script><img src="https://track.example/p.gif"></p>'
    message = make.message(ticket, "Hi", author=carla, kind=Message.Kind.MAIL, html=html)
    client = as_user(anna)
    url = f"/ticket/{ticket.number}/message/{message.pk}/html/"
    page = page_of(client, ticket)
    assert 'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"' in page
    assert f"{url}?images=1" in page
    answer = client.get(url)
    policy = answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "img-src data:;" in policy
    assert b"script" not in answer.content
    assert b"onclick" not in answer.content
    assert b"track.example" not in answer.content
    opened = client.get(url, {"images": "1"})
    assert b"track.example" in opened.content
    assert "img-src data: https: http:;" in opened["Content-Security-Policy"]


def test_pictures_of_the_mail_itself_are_written_into_the_frame(
    as_user: AsUser, anna: User, carla: User, ticket: Ticket
) -> None:
    message = make.message(ticket, author=carla, kind=Message.Kind.MAIL, html='<img src="cid:logo@x">')
    files.attach_file(
        message, name="logo.png", content=b"\x89PNG", media_type="image/png", content_id="logo@x", is_inline=True
    )
    client = as_user(anna)
    assert b"data:image/png;base64," in client.get(f"/ticket/{ticket.number}/message/{message.pk}/html/").content
    assert "logo.png" not in page_of(client, ticket)


def test_the_raw_mail_is_for_agents(as_user: AsUser, anna: User, carla: User, ticket: Ticket) -> None:
    inbound = make.inbound(b"Subject: x\r\n\r\nhello")
    message = make.message(ticket, author=carla, kind=Message.Kind.MAIL, inbound=inbound)
    url = f"/ticket/{ticket.number}/message/{message.pk}/raw/"
    answer = as_user(anna).get(url)
    assert answer.content == b"Subject: x\r\n\r\nhello"
    assert answer["Content-Disposition"].startswith("attachment")
    assert as_user(carla).get(url).status_code == 403


# --- strangers and erasure -------------------------------------------------------------------------------------------


def test_a_strangers_message_is_accepted_with_one_click(
    as_user: AsUser, anna: User, cora: User, carla: User, ticket: Ticket
) -> None:
    stranger = make.person("Stranger", "who@else.example")
    message = make.message(ticket, "Me too.", author=stranger, visible=False, is_unconfirmed=True)
    url = f"/ticket/{ticket.number}/message/{message.pk}/accept/"
    assert f'action="{url}"' in page_of(as_user(anna), ticket)
    assert f'action="{url}"' not in page_of(as_user(cora), ticket)
    assert as_user(cora).post(url).status_code == 403
    assert as_user(anna).post(url).status_code == 302
    assert Message.objects.visible_to(carla).filter(pk=message.pk).exists()
    assert f'action="{url}"' not in page_of(as_user(anna), ticket)


def test_erasure_takes_two_administrators(as_user: AsUser, anna: User, root: User, carla: User, ticket: Ticket) -> None:
    message = make.message(ticket, "My secret number is 5.", author=carla)
    second = make.person("Second", "second@desk.example", roles=["agent", "admin"])
    ask = f"/ticket/{ticket.number}/message/{message.pk}/erase/"
    assert as_user(anna).get(ask).status_code == 403
    assert as_user(root).post(ask, {"reason": ""}).status_code == 422
    assert as_user(root).post(ask, {"reason": "He asked for it."}).status_code == 302
    assert as_user(root).post(ask + "approve/").status_code == 422
    assert as_user(anna).post(ask + "approve/").status_code == 403
    assert as_user(second).post(ask + "approve/").status_code == 302
    page = page_of(as_user(root), ticket)
    assert "My secret number" not in page
    assert Erasure.objects.get(message=message).approved_by == second
