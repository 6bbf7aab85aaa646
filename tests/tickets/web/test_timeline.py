"""Long conversations: what is read of them, how the rest is reached, what is new, and what is folded."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests import make
from tests.tickets.mail.test_intake import arrive
from tests.tickets.mail.test_matching import bounce_of
from tickets import conversation, files, tagging
from tickets.demo.clock import stopped_at
from tickets.models import Attachment, Mailbox, Message, OutboundMail, SeenMark, Team, Ticket, User
from tickets.web.entries import MessageEntry, make_file, one_line, without_marks
from tickets.web.span import MESSAGES_SHOWN
from tickets.web.timeline import MESSAGES_MORE, Changes, Gap, read_around, read_gap, read_tail, read_timeline

AsUser = Callable[[User], Client]


@pytest.fixture
def ticket(mailbox: Mailbox, helpdesk: Team, carla: User) -> Ticket:
    return make.ticket("VPN", team=helpdesk, customer=carla, text="Error 619.")


def grow(ticket: Ticket, people: list[User], count: int) -> list[Message]:
    """Messages in turn, and a tag now and then."""
    made = []
    for n in range(count):
        made.append(make.message(ticket, f"Message {n}.", author=people[n % len(people)]))
        if n % 50 == 0:
            tagging.tag_ticket(ticket, f"tag {n}", by=people[0])
    return made


def shown(entries: Sequence[object]) -> list[int]:
    return [entry.message.pk for entry in entries if isinstance(entry, MessageEntry)]


def gaps(entries: Sequence[object]) -> list[Gap]:
    return [entry for entry in entries if isinstance(entry, Gap)]


def page_of(client: Client, ticket: Ticket, **query: str | int) -> str:
    answer = client.get(f"/ticket/{ticket.number}/", query)
    assert answer.status_code == 200
    return answer.content.decode()


# --- what is read ----------------------------------------------------------------------------------------------------


def test_of_500_messages_the_first_and_the_latest_are_shown_within_40_queries(
    as_user: AsUser, anna: User, carla: User, ticket: Ticket, django_assert_max_num_queries: Callable[..., object]
) -> None:
    grow(ticket, [anna, carla], 500)
    client = as_user(anna)
    with django_assert_max_num_queries(40):  # type: ignore[attr-defined]
        page = page_of(client, ticket, **{"in": "all"})
    assert page.count('class="entry"') == 1 + MESSAGES_SHOWN
    assert "Error 619." in page
    assert "Message 499." in page
    assert "Message 469." not in page
    assert page.count("data-gap=") == 1


def test_a_gap_is_read_from_both_edges_until_nothing_is_left(anna: User, carla: User, ticket: Ticket) -> None:
    made = [message.pk for message in grow(ticket, [anna, carla], 140)]
    entries = read_timeline(ticket).entries
    (gap,) = gaps(entries)
    assert gap.messages == 140 - MESSAGES_SHOWN
    above = read_gap(ticket, low=gap.low, high=gap.high, from_above=True)
    assert shown(above) == made[:MESSAGES_MORE]
    (left,) = gaps(above)
    below = read_gap(ticket, low=left.low, high=left.high, from_above=False)
    (left,) = gaps(below)
    rest = read_gap(ticket, low=left.low, high=left.high, from_above=False)
    assert gaps(rest) == []
    assert shown(above) + shown(rest) + shown(below) == made[: 140 - MESSAGES_SHOWN]


def test_no_event_is_lost_or_shown_twice_on_the_way(anna: User, carla: User, ticket: Ticket) -> None:
    grow(ticket, [anna, carla], 120)
    told = [event.pk for event in ticket.events.order_by("seq")]

    def seen(entries: Sequence[object]) -> list[int]:
        found: list[int] = []
        for entry in entries:
            if isinstance(entry, Gap):
                found += seen(read_gap(ticket, low=entry.low, high=entry.high, from_above=len(found) % 2 == 0))
            elif isinstance(entry, MessageEntry):
                found.append(ticket.events.get(seq=entry.seq).pk)
            else:
                found += [line.event.pk for line in entry.lines]  # type: ignore[attr-defined]
        return found

    assert sorted(seen(read_timeline(ticket).entries)) == told


def test_a_link_to_any_message_opens_the_part_around_it(
    as_user: AsUser, anna: User, carla: User, ticket: Ticket
) -> None:
    made = grow(ticket, [anna, carla], 200)
    page = page_of(as_user(anna), ticket, message=made[80].pk)
    assert f'id="m{made[80].pk}"' in page
    assert re.search(rf'id="now"></span>\s*<article class="entry" id="m{made[80].pk}"', page)
    assert page.count("data-gap=") == 2
    assert "Message 199." in page
    assert page_of(as_user(anna), ticket, message="9" * 12).count('class="entry"') == 1 + MESSAGES_SHOWN


def test_a_gap_answers_for_a_message_only_when_it_holds_it(
    as_user: AsUser, anna: User, carla: User, ticket: Ticket
) -> None:
    made = grow(ticket, [anna, carla], 100)
    (gap,) = gaps(read_timeline(ticket).entries)
    assert made[40].pk in shown(read_around(ticket, low=gap.low, high=gap.high, message=made[40].pk))
    client, url = as_user(anna), f"/ticket/{ticket.number}/timeline/gap/"
    query = {"low": gap.low, "high": gap.high}
    assert client.get(url, query | {"message": made[99].pk}).status_code == 204
    assert "Message 40." in client.get(url, query | {"message": made[40].pk}).content.decode()
    for odd in ({}, {"low": "x", "high": "-1"}, {"low": 5, "high": 5}, {"low": 9, "high": 2}):
        assert client.get(url, odd).status_code == 200


def test_a_ticket_with_many_changes_and_few_messages_has_a_gap_of_changes(anna: User, ticket: Ticket) -> None:
    for n in range(250):
        tagging.tag_ticket(ticket, f"t{n % 2}", by=anna)
        tagging.untag_ticket(ticket, ticket.tags.get(), by=anna)
    (gap,) = gaps(read_timeline(ticket).entries)
    assert gap.messages == 0
    assert gap.changes > 0


# --- what is new -----------------------------------------------------------------------------------------------------


def test_what_others_wrote_since_the_last_visit_is_marked_and_the_page_opens_there(
    as_user: AsUser, anna: User, carla: User, cora: User, ticket: Ticket
) -> None:
    client = as_user(anna)
    page_of(client, ticket)
    make.message(ticket, "My own.", author=anna)
    first = make.note(ticket, "A note of a colleague.", author=cora)
    make.message(ticket, "It still fails.", author=carla)
    page = page_of(client, ticket)
    assert page.count('class="new-since"') == 1
    assert page.index('class="new-since"') > page.index("My own.")
    assert page.index('class="new-since"') < page.index("A note of a colleague.") < page.index("It still fails.")
    assert re.search(rf'id="now"></span>\s*<article class="entry" id="m{first.pk}"', page)
    assert 'href="#now"' in page
    assert 'class="new-since"' not in page_of(client, ticket)


def test_the_first_new_message_is_read_even_when_a_hundred_followed(anna: User, carla: User, ticket: Ticket) -> None:
    seen_at = timezone.now()
    made = grow(ticket, [carla], 100)
    SeenMark.objects.create(ticket=ticket, user=anna, seen_at=seen_at)
    timeline = read_timeline(ticket, reader=anna, seen_at=seen_at)
    assert timeline.new_count == 100
    assert made[0].pk in shown(timeline.entries)
    assert timeline.open_at == timeline.first_new


def test_what_was_recorded_later_stands_no_later_than_the_message_after_it(
    anna: User, carla: User, mailbox: Mailbox, helpdesk: Team
) -> None:
    """As in a house that was filled from elsewhere: messages have their own time, the record has the clock's."""
    long_ago = timezone.now() - timedelta(days=3)
    with stopped_at(long_ago):
        old = make.ticket("VPN", team=helpdesk, customer=carla, text="Error 619.")
        tagging.tag_ticket(old, "vpn", by=anna)
        make.message(old, "We look at it.", author=anna)
    tagging.tag_ticket(old, "today", by=anna)
    entries = read_timeline(old).entries
    moments = [
        entry.first_at if isinstance(entry, Changes) else entry.message.created_at
        for entry in entries
        if not isinstance(entry, Gap)
    ]
    assert moments == sorted(moments)
    assert [moment == long_ago for moment in moments] == [True, True, True, False]


def test_the_tail_ends_where_it_was_read_to(anna: User, carla: User, ticket: Ticket) -> None:
    last = read_timeline(ticket).last_seq
    grow(ticket, [anna, carla], 3)
    tail = read_tail(ticket, after=last)
    assert len(shown(tail.entries)) == 3
    assert read_tail(ticket, after=tail.last_seq).entries == []


# --- what is folded --------------------------------------------------------------------------------------------------


def entry_of(message: Message, look: str = "customer") -> MessageEntry:
    return MessageEntry(message, 1, look, "mail", None, "Carla", "")


def test_signature_and_quotation_are_folded_apart() -> None:
    body = "Thanks\n\n-- \nCarla\nDuna\n\nOn Monday Anna <a@desk.example> wrote:\n> Error 619.\n> Again."
    entry = entry_of(Message(body=body, fresh="Thanks"))
    assert entry.text == "Thanks"
    assert entry.signature == "Carla\nDuna"
    assert entry.quoted.startswith("On Monday Anna")
    assert "\nError 619.\nAgain." in entry.quoted
    assert entry.quoted_preview == "On Monday Anna <a@desk.example> wrote: Error 619. Again."


def test_a_quotation_alone_and_an_answer_below_it() -> None:
    assert entry_of(Message(body="Thanks\n\n> Error 619.", fresh="Thanks")).folded == ("", "Error 619.")
    assert entry_of(Message(body="> Error 619.\n\nThanks", fresh="Thanks")).quoted == "> Error 619.\n\nThanks"
    assert entry_of(Message(body="All of it.")).folded == ("", "")


def test_a_reply_shows_what_the_mail_took_along(anna: User, ticket: Ticket) -> None:
    message = conversation.reply_to_customer(ticket, text="Try again.", by=anna)
    found = next(e for e in read_timeline(ticket).entries if isinstance(e, MessageEntry) and e.message.pk == message.pk)
    assert found.signature == ticket.team.name
    assert "Error 619." in found.quoted


def test_previews_are_one_line_and_marks_go_only_when_all_is_marked() -> None:
    assert one_line("> a\n>  b\n\n> c") == "a b c"
    assert len(one_line("word " * 100)) < 120
    assert without_marks("> a\n> > b") == "a\n> b"
    assert without_marks("> a\nmine\n> b") == "> a\nmine\n> b"


def test_automatic_mails_are_one_line_that_opens(as_user: AsUser, anna: User, carla: User, ticket: Ticket) -> None:
    mail = conversation.IncomingMail(
        subject="x", text="I am away.", from_address="carla@duna.example", traits=["vacation"], is_automatic=True
    )
    conversation.receive_message(ticket, mail, author=carla, inbound=None)
    page = page_of(as_user(anna), ticket)
    assert page.count("data-line") == 1
    assert re.search(r'<details class="card">\s*<summary>.*I am away\.', page, re.DOTALL)


def test_a_bounce_report_says_in_words_what_came_back(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    message = conversation.reply_to_customer(ticket, text="Try again.", by=anna)
    sent = OutboundMail.objects.get(message=message)
    arrive(bounce_of(sent), envelope_from="<>")
    client = Client(headers={"accept-language": "en"})
    anna.language = "en"
    anna.save()
    client.force_login(anna, backend="django.contrib.auth.backends.ModelBackend")
    page = page_of(client, ticket)
    assert 'data-kind="report"' in page
    assert "There is no such mailbox." in page
    assert f'href="#m{message.pk}"' in page
    paper = client.get(f"/ticket/{ticket.number}/print/", {"history": "1"}).content.decode()
    assert "got the mail back as undeliverable" in paper
    assert "got the mail back as undeliverable" not in page


def test_a_phone_record_says_who_called_and_for_how_long(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    client, url = as_user(anna), f"/ticket/{ticket.number}/call/"
    assert client.post(url, {"direction": "out", "text": "Told him.", "minutes": "0"}).status_code == 422
    client.post(url, {"direction": "out", "text": "Told him.", "minutes": "7"})
    page = page_of(client, ticket)
    assert "#call-out" in page
    assert "7 perc" in page or "7 minutes" in page


# --- files -----------------------------------------------------------------------------------------------------------


def test_pictures_are_shown_lazily_and_others_by_their_kind(
    as_user: AsUser, anna: User, carla: User, ticket: Ticket
) -> None:
    message = make.message(ticket, author=carla, attachments={"list.xlsx": b"x", "paper.pdf": b"x"})
    files.attach_file(message, name="screen.png", content=b"\x89PNG", media_type="image/png")
    files.attach_file(message, name="evil.svg", content=b"<svg/>", media_type="image/svg+xml")
    page = page_of(as_user(anna), ticket)
    assert re.search(r'<img src="[^"]+screen\.png\?inline=1" alt="" loading="lazy"', page)
    assert "evil.svg?inline=1" not in page
    assert "#file-sheet" in page
    assert "#file-pdf" in page
    assert f"/message/{message.pk}/files/" in page


def test_a_picture_within_the_mail_is_shown_beside_its_text_unless_it_is_a_logo(carla: User, ticket: Ticket) -> None:
    message = make.message(ticket, author=carla, html='<img src="cid:shot"><img src="cid:logo">')
    for name, size in (("shot", 9000), ("logo", 900)):
        files.attach_file(
            message, name=f"{name}.png", content=bytes(size), media_type="image/png", content_id=name, is_inline=True
        )
    entry = next(e for e in read_timeline(ticket).entries if isinstance(e, MessageEntry) and e.message.pk == message.pk)
    assert [file.name for file in entry.pictures] == ["shot.png"]
    assert entry.files == []
    assert make_file(message, Attachment.objects.filter(message=message)[0]).is_picture


def test_the_look_tells_who_sees_it(anna: User, carla: User, ticket: Ticket) -> None:
    third = make.message(ticket, "From the maker.", author=make.person("Maker"), visible=False)
    stranger = make.message(ticket, "Me too.", author=make.person("X"), visible=False, is_unconfirmed=True)
    looks = {e.message.pk: e.look for e in read_timeline(ticket).entries if isinstance(e, MessageEntry)}
    assert looks[third.pk] == "third"
    assert looks[stranger.pk] == "customer"
