"""Passing on to third parties: what leaves, what the customer never sees, and that answers land inside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests import make
from tests.tickets.mail.servers import World, world
from tests.tickets.mail.test_intake import arrive
from tests.tickets.mail.test_matching import bounce_of
from tickets import conversation, erasure, forwarding, lifecycle
from tickets.errors import Refused
from tickets.mail import outgoing, passing_on, sending
from tickets.mail.line import line
from tickets.mail.mime import build_mail
from tickets.mail.signing import read_mail_id
from tickets.models import Event, InboundMail, Mailbox, Message, OutboundMail, Status, Ticket, User, Verb
from tickets.writing import NewFile

pytestmark = pytest.mark.django_db
MAKER = ("Gyártó", "help@maker.example")


@pytest.fixture
def outside(settings: Any) -> Iterator[World]:
    with world() as server:
        settings.OUTGOING_SMTP = server.settings
        yield server
        line.close()


@pytest.fixture
def ticket(mailbox: Mailbox, carla: User) -> Ticket:
    """Carla's ticket by mail, with a file; its acknowledgement is out of the way."""
    row = arrive(
        sender=("Szűcs Márta Carla", "carla@duna.example"),
        message_id="first@duna.example",
        attachments={"a.log": b"log"},
    )
    OutboundMail.objects.update(state=OutboundMail.State.SENT)
    assert row.ticket is not None
    return row.ticket


def first_of(ticket: Ticket) -> Message:
    return ticket.messages.filter(sender="customer").order_by("id")[0]


def forward(ticket: Ticket, by: User, **more: Any) -> OutboundMail:
    message = first_of(ticket)
    values: dict[str, Any] = {
        "to": [MAKER],
        "text": "Kérjük, nézzék meg.",
        "quoted": passing_on.text_to_pass_on([message]),
        "message": message,
        "attachments": list(message.attachments.all()),
    }
    return OutboundMail.objects.get(message=forwarding.forward(ticket, by=by, **(values | more)))


def answer(sent: OutboundMail, text: str = "Küldjük a javítást.", **more: Any) -> InboundMail:
    """What the third party's mail program makes of "reply"."""
    values = {"sender": MAKER, "in_reply_to": sent.mail_id, "subject": f"Re: {sent.subject}"}
    return arrive(to=sent.headers["Reply-To"], text=text, **(values | more))


# --- forward ---------------------------------------------------------------------------------------------------------


def test_a_forward_leaves_with_its_words_its_files_and_a_way_back(ticket: Ticket, anna: User, outside: World) -> None:
    sent = forward(ticket, anna)
    sending.send_due_mail()
    mail = outside.taken[-1].mail
    assert outside.taken[-1].recipients == ["help@maker.example"]
    assert read_mail_id(mail["Message-ID"].strip("<>")) == ticket.number
    assert ticket.number in mail["Reply-To"]
    body = mail.get_body().get_content()  # type: ignore[union-attr]  # it has a text
    assert "Kérjük, nézzék meg." in body
    assert "Nem tudok belépni." in body
    assert "carla@duna.example" in body
    assert [part.get_filename() for part in mail.iter_attachments()] == ["a.log"]
    sent.refresh_from_db()
    assert sent.state == OutboundMail.State.SENT


def test_the_customer_sees_nothing_of_a_forward(ticket: Ticket, anna: User, carla: User) -> None:
    sent = forward(ticket, anna)
    assert not Message.objects.visible_to(carla).filter(outbound=sent).exists()
    event = Event.objects.get(ticket=ticket, verb=Verb.FORWARDED)
    assert (event.by, event.message_id) == (anna, sent.message_id)
    assert event.data["original"] == first_of(ticket).pk
    ticket.refresh_from_db()
    assert ticket.answered_at is None
    reply = OutboundMail.objects.get(message=conversation.reply_to_customer(ticket, text="Intézzük.", by=anna))
    assert sent.mail_id not in str(reply.headers)


def test_a_whole_conversation_is_passed_on_oldest_first_and_the_oldest_go_when_it_is_long(
    ticket: Ticket, anna: User, carla: User
) -> None:
    messages = [make.message(ticket, f"Szöveg {n}", author=carla) for n in range(3)]
    text = passing_on.text_to_pass_on(messages)
    assert text.index("Szöveg 0") < text.index("Szöveg 2")
    short = passing_on.text_to_pass_on(messages, most=260)
    assert "Szöveg 2" in short
    assert "Szöveg 0" not in short


def test_a_forward_is_refused_to_nobody_to_ourselves_and_with_foreign_files(
    ticket: Ticket, anna: User, carla: User
) -> None:
    other = make.message(make.ticket(customer=carla), author=carla, attachments={"x.txt": b"x"})
    wrongs: tuple[dict[str, Any], ...] = (
        {"to": []},
        {"to": [("", make.SUPPORT)]},
        {"cc": [("", "Support+1@desk.example")]},
        {"text": " ", "quoted": ""},
        {"attachments": list(other.attachments.all())},
        {"message": other},
        {"to": [("", f"a{n}@maker.example") for n in range(21)]},
        {"files": [NewFile("big.bin", b"x" * 25_000_001)]},
    )
    for wrong in wrongs:
        with pytest.raises(Refused):
            forward(ticket, anna, **wrong)
    assert not Event.objects.filter(verb=Verb.FORWARDED).exists()


def test_the_third_party_answers_and_it_lands_inside(ticket: Ticket, anna: User, carla: User) -> None:
    row = answer(forward(ticket, anna))
    assert (row.state, row.ticket) == (InboundMail.State.FOLLOW_UP, ticket)
    message = Message.objects.get(inbound=row)
    assert (message.visible_to_customer, message.is_unconfirmed) == (False, False)
    assert not Message.objects.visible_to(carla).filter(pk=message.pk).exists()
    assert outgoing.default_recipients(ticket) == [("Szűcs Márta Carla", "carla@duna.example")]


def test_so_does_what_he_writes_anew_to_the_plus_address_or_with_the_number(
    ticket: Ticket, anna: User, carla: User
) -> None:
    sent = forward(ticket, anna)
    by_address = answer(sent, "Még valami.", in_reply_to="", subject="Javítás")
    by_subject = arrive(sender=MAKER, subject=f"{sent.subject} kész", text="Kész.")
    for row in (by_address, by_subject):
        message = Message.objects.get(inbound=row)
        assert message.ticket == ticket
        assert (message.visible_to_customer, message.is_unconfirmed) == (False, False)
    assert not Message.objects.visible_to(carla).filter(author__addresses__email=MAKER[1]).exists()


def test_whoever_else_answers_the_forward_stays_inside_as_well(ticket: Ticket, anna: User, carla: User) -> None:
    row = answer(forward(ticket, anna), sender=("Kolléga", "other@maker.example"))
    message = Message.objects.get(inbound=row)
    assert message.ticket == ticket
    assert (message.visible_to_customer, message.is_unconfirmed) == (False, False)
    assert not Message.objects.visible_to(carla).filter(pk=message.pk).exists()


def test_a_third_party_that_was_also_answered_openly_is_no_third_party(ticket: Ticket, anna: User) -> None:
    sent = forward(ticket, anna)
    conversation.reply_to_customer(ticket, text="Másolatban a gyártó.", by=anna, cc=[MAKER])
    row = answer(sent, in_reply_to="", subject="Javítás")
    assert Message.objects.get(inbound=row).visible_to_customer


def test_what_waits_for_a_third_party_goes_on_when_it_answers(ticket: Ticket, anna: User) -> None:
    sent = forward(ticket, anna)
    waiting = Status.objects.filter(waits_for=Status.WaitsFor.THIRD_PARTY).first()
    assert waiting is not None
    lifecycle.change_status(ticket, to=waiting, by=anna, pending_until=timezone.now() + timedelta(days=2))
    answer(sent, headers={"Auto-Submitted": "auto-replied"}, text="Szabadságon vagyok.")
    ticket.refresh_from_db()
    assert ticket.status == waiting
    answer(sent)
    ticket.refresh_from_db()
    assert ticket.status.code == "open"


def test_what_waits_for_the_customer_goes_on_waiting(ticket: Ticket, anna: User) -> None:
    sent = forward(ticket, anna)
    waiting = Status.objects.get(code="waiting")
    lifecycle.change_status(ticket, to=waiting, by=anna, pending_until=timezone.now() + timedelta(days=2))
    answer(sent)
    ticket.refresh_from_db()
    assert ticket.status == waiting


def test_an_answer_to_the_third_party_threads_on_its_mail(ticket: Ticket, anna: User) -> None:
    row = answer(forward(ticket, anna), message_id="fix@maker.example")
    third = Message.objects.get(inbound=row)
    again = forward(ticket, anna, message=third, attachments=[], quoted="")
    assert again.headers["In-Reply-To"] == "<fix@maker.example>"


def test_a_forward_that_comes_back_is_marked_and_can_be_sent_again(ticket: Ticket, anna: User) -> None:
    sent = forward(ticket, anna)
    OutboundMail.objects.filter(pk=sent.pk).update(state=OutboundMail.State.SENT)
    arrive(bounce_of(sent), envelope_from="<>")
    sent.refresh_from_db()
    assert sent.state == OutboundMail.State.BOUNCED
    assert Event.objects.get(ticket=ticket, verb=Verb.MAIL_BOUNCED).message_id == sent.message_id
    assert outgoing.resend_mail(sent, by=anna).state == OutboundMail.State.QUEUED


# --- redirect --------------------------------------------------------------------------------------------------------


def redirect(ticket: Ticket, by: User) -> OutboundMail:
    return OutboundMail.objects.get(message=forwarding.redirect_mail(first_of(ticket), to=[MAKER], by=by))


def test_a_redirect_is_the_mail_as_it_came_below_our_trace(ticket: Ticket, anna: User, outside: World) -> None:
    original = first_of(ticket).inbound
    assert original is not None
    sent = redirect(ticket, anna)
    sending.send_due_mail()
    taken = outside.taken[-1]
    assert taken.recipients == ["help@maker.example"]
    assert ticket.number in taken.sender  # it comes back to the ticket when it can't be delivered
    mail = taken.mail
    assert mail["Message-ID"] == "<first@duna.example>"
    assert "carla@duna.example" in mail["From"]
    assert mail["Resent-To"] == "Gyártó <help@maker.example>"
    assert make.SUPPORT in mail["Resent-From"]
    assert mail["Resent-Message-ID"] == f"<{sent.mail_id}>"
    assert mail["Resent-Date"]
    built = build_mail(sent)
    assert built.endswith(bytes(original.raw))


def test_the_trace_of_others_is_left_out_and_odd_line_ends_are_mended(ticket: Ticket, anna: User) -> None:
    sent = redirect(ticket, anna)
    raw = b"Return-Path: <x@y>\nBcc: secret@duna.example,\n more@duna.example\nSubject: a\n\nText\n.\n"
    sent.original = InboundMail(raw=raw)
    built = build_mail(sent)
    assert built.endswith(b"\r\nSubject: a\r\n\r\nText\r\n.\r\n")
    assert b"secret" not in built
    assert b"more@" not in built
    assert b"Return-Path" not in built


def test_a_redirect_is_recorded_and_hidden_from_the_customer(ticket: Ticket, anna: User, carla: User) -> None:
    sent = redirect(ticket, anna)
    assert Event.objects.get(verb=Verb.REDIRECTED).data["original"] == first_of(ticket).pk
    assert not Message.objects.visible_to(carla).filter(outbound=sent).exists()


def test_a_redirect_is_refused_to_our_own_addresses_and_for_what_is_no_mail(
    ticket: Ticket, anna: User, carla: User
) -> None:
    with pytest.raises(Refused):
        forwarding.redirect_mail(first_of(ticket), to=[("", make.SUPPORT)], by=anna)
    with pytest.raises(Refused):
        forwarding.redirect_mail(make.message(ticket, author=carla), to=[MAKER], by=anna)


def test_a_redirect_that_bounces_is_marked_by_the_id_we_gave_it(ticket: Ticket, anna: User) -> None:
    sent = redirect(ticket, anna)
    OutboundMail.objects.filter(pk=sent.pk).update(state=OutboundMail.State.SENT)
    raw = bounce_of(sent).replace(
        f"Message-ID: <{sent.mail_id}>".encode(),
        f"Resent-Message-ID: <{sent.mail_id}>\r\nMessage-ID: <first@duna.example>".encode(),
    )
    row = arrive(raw, envelope_from="<>")
    sent.refresh_from_db()
    assert (row.ticket, sent.state) == (ticket, OutboundMail.State.BOUNCED)


def test_an_erased_mail_is_not_sent_on(ticket: Ticket, anna: User, root: User, outside: World) -> None:
    sent = redirect(ticket, anna)
    second = make.person("Second", "second@desk.example", roles=["agent", "admin"])
    erasure.approve_erasure(erasure.ask_erasure(first_of(ticket), reason="law", by=root), by=second)
    sending.send_due_mail()
    sent.refresh_from_db()
    assert sent.state == OutboundMail.State.FAILED
    with pytest.raises(Refused):
        outgoing.resend_mail(sent, by=anna)
    assert all("help@maker.example" not in taken.recipients for taken in outside.taken)
