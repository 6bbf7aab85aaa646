"""From an act to the mail server: what a mail says, whom it goes to, and what becomes of it when that fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import send_mail
from django.db import connection
from django.utils import timezone

from tests import make
from tests.tickets.mail.servers import World, world
from tests.tickets.mail.test_intake import arrive, in_threads
from tickets import conversation
from tickets.errors import Refused
from tickets.mail import loops, outgoing, sending
from tickets.mail.line import Line, line
from tickets.mail.signing import read_mail_id
from tickets.models import (
    AddressState,
    Channel,
    Event,
    Mailbox,
    Message,
    OutboundMail,
    Signature,
    Ticket,
    User,
    Verb,
)
from tickets.writing import NewFile

pytestmark = pytest.mark.django_db
State = OutboundMail.State


@pytest.fixture
def outside(settings: Any) -> Iterator[World]:
    """The world's mail server, and our settings leading to it."""
    with world() as server:
        settings.OUTGOING_SMTP = server.settings
        yield server
        line.close()


@pytest.fixture
def ticket(mailbox: Mailbox, carla: User) -> Ticket:
    """Carla's ticket by mail; its acknowledgement is out of the way."""
    row = arrive(sender=("Szűcs Márta Carla", "carla@duna.example"), message_id="first@duna.example")
    OutboundMail.objects.update(state=State.SENT)
    assert row.ticket is not None
    return row.ticket


def reply(ticket: Ticket, by: User, **more: Any) -> OutboundMail:
    message = conversation.reply_to_customer(ticket, text=more.pop("text", "Már nézzük."), by=by, **more)
    return OutboundMail.objects.get(message=message)


def again(outbound: OutboundMail) -> OutboundMail:
    """Makes it due, lets the drain run, and reads the row anew."""
    OutboundMail.objects.filter(pk=outbound.pk).update(next_try_at=timezone.now())
    sending.send_due_mail()
    return OutboundMail.objects.get(pk=outbound.pk)


# --- what a reply says ---


def test_a_reply_reaches_the_customer_with_all_its_marks(ticket: Ticket, anna: User, outside: World) -> None:
    Signature.objects.create(team=ticket.team, language="hu", text="Üdvözlettel: az Ügyfélszolgálat")
    row = again(reply(ticket, anna, text="Kérem, próbálja újra.", files=[NewFile("útmutató.pdf", b"%PDF-1")]))
    (taken,) = outside.taken
    mail = taken.mail
    assert taken.recipients == ["carla@duna.example"]
    assert str(mail["From"]) == "Ügyfélszolgálat <support@desk.example>"
    assert str(mail["To"]) == "Szűcs Márta Carla <carla@duna.example>"
    assert mail["Subject"] == f"[Ticket#{ticket.number}] {ticket.title}"
    assert mail["Message-ID"] == f"<{row.mail_id}>"
    assert read_mail_id(row.mail_id) == ticket.number
    assert mail["In-Reply-To"] == "<first@duna.example>"
    assert "<first@duna.example>" in mail["References"]
    assert f"support+{ticket.number}." in mail["Reply-To"]
    assert f"support+{ticket.number}." in taken.sender
    assert mail["Auto-Submitted"] is None
    body = mail.get_body()
    assert body is not None
    text = body.get_content()
    assert text.index("Kérem, próbálja újra.") < text.index("Üdvözlettel: az Ügyfélszolgálat") < text.index("> ")
    (file,) = mail.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("útmutató.pdf", b"%PDF-1")
    assert (row.state, row.is_captured, row.sent_at is not None) == (State.SENT, False, True)
    assert Event.objects.filter(ticket=ticket, verb=Verb.MAIL_SENT, message=row.message).count() == 1


def test_lines_of_the_wire_are_plain_and_ids_stand_unbroken(ticket: Ticket, anna: User, outside: World) -> None:
    row = again(reply(ticket, anna, text="Árvíztűrő " * 200))
    raw = outside.taken[0].raw
    assert raw.isascii()
    assert f"Message-ID: <{row.mail_id}>\r\n".encode() in raw
    assert max(len(part) for part in raw.split(b"\r\n")) < 998


def test_nothing_that_people_write_becomes_a_header(ticket: Ticket, anna: User, outside: World) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(title="Szia\r\nBcc: karl@tisza.example\r\n\r\nbody")
    ticket.refresh_from_db()
    again(reply(ticket, anna, to=[("Név\r\nBcc: x@y.example", "carla@duna.example")]))
    (taken,) = outside.taken
    assert taken.recipients == ["carla@duna.example"]
    assert taken.mail["Bcc"] is None
    assert len(taken.mail.get_all("Subject") or []) == 1


def test_participants_get_a_copy(ticket: Ticket, anna: User, outside: World) -> None:
    conversation.add_participant(ticket, make.person("Főnök", "fonok@duna.example"), by=anna)
    again(reply(ticket, anna))
    assert outside.taken[0].recipients == ["carla@duna.example", "fonok@duna.example"]
    assert "fonok@duna.example" in outside.taken[0].mail["Cc"]


def test_an_address_beyond_ascii_is_spoken_to_as_the_standards_say(ticket: Ticket, anna: User, outside: World) -> None:
    row = again(reply(ticket, anna, to=[("", "info@árvíz.example"), ("", "márta@duna.example")]))
    assert (row.state, row.last_error) == (State.SENT, "")
    assert outside.taken[0].recipients == ["info@xn--rvz-dla6d.example", "márta@duna.example"]


def test_replies_hang_together_in_one_thread(ticket: Ticket, anna: User, outside: World) -> None:
    first = again(reply(ticket, anna))
    arrive(sender="carla@duna.example", message_id="second@duna.example", in_reply_to=first.mail_id, subject="Re: x")
    again(reply(ticket, anna))
    mail = outside.taken[1].mail
    assert mail["In-Reply-To"] == "<second@duna.example>"
    ids = mail["References"].split()
    assert ids[-1] == "<second@duna.example>"
    assert {"<first@duna.example>", f"<{first.mail_id}>"} <= set(ids)


# --- the outbox ---


def test_without_a_mail_server_mail_is_captured_and_stays_readable(ticket: Ticket, anna: User, settings: Any) -> None:
    settings.OUTGOING_SMTP = None
    row = again(reply(ticket, anna, text="Ezt itt olvasom."))
    assert (row.state, row.is_captured) == (State.SENT, True)
    assert "Ezt itt olvasom." in row.body


def test_one_connection_serves_many_mails(ticket: Ticket, anna: User, outside: World) -> None:
    for _ in range(4):
        reply(ticket, anna)
    assert sending.send_due_mail() == 4
    assert len({taken.session for taken in outside.taken}) == 1


def test_a_server_that_hung_up_is_called_again(ticket: Ticket, anna: User, outside: World) -> None:
    outside.hang_up_after = True
    first = again(reply(ticket, anna))
    time.sleep(0.2)  # the server closes on its own clock
    second = again(reply(ticket, anna))
    assert (first.state, second.state) == (State.SENT, State.SENT)
    assert len(outside.sessions) == 2


def test_a_server_that_is_away_defers_with_growing_pauses_and_tries_no_other_mail(
    ticket: Ticket, anna: User, settings: Any
) -> None:
    with world() as gone:
        settings.OUTGOING_SMTP = gone.settings
    row, other = reply(ticket, anna), reply(ticket, anna)
    pauses = []
    for _ in range(6):
        now = timezone.now()
        OutboundMail.objects.filter(pk=row.pk).update(next_try_at=now - timedelta(seconds=9))
        assert sending.send_due_mail() == 1
        row.refresh_from_db()
        pauses.append(round((row.next_try_at - now).total_seconds() / 60))
    assert pauses == [1, 2, 5, 15, 60, 60]
    assert row.state == State.DEFERRED
    assert "Connection" in row.last_error
    assert OutboundMail.objects.get(pk=other.pk).attempts == 0


def test_after_three_days_of_trying_a_mail_has_failed(ticket: Ticket, anna: User, settings: Any) -> None:
    with world() as gone:
        settings.OUTGOING_SMTP = gone.settings
    row = reply(ticket, anna)
    OutboundMail.objects.filter(pk=row.pk).update(attempts=sending.MOST_ATTEMPTS - 1)
    row = again(row)
    assert row.state == State.FAILED
    assert Event.objects.filter(ticket=ticket, verb=Verb.MAIL_FAILED).exists()


def test_a_refused_address_fails_the_mail_and_is_marked(ticket: Ticket, anna: User, outside: World) -> None:
    outside.answers["carla@duna.example"] = "550 5.1.1 No such user"
    row = again(reply(ticket, anna))
    assert (row.state, outside.taken) == (State.FAILED, [])
    assert "No such user" in row.last_error
    assert AddressState.objects.get(email="carla@duna.example").bounced_at is not None
    event = Event.objects.get(ticket=ticket, verb=Verb.MAIL_FAILED)
    assert event.message == row.message


@pytest.mark.parametrize("answer", ["550 5.7.1 Relaying denied", "554 5.7.1 Spam", "550 relay not permitted"])
def test_a_refusal_of_us_does_not_mark_the_address(ticket: Ticket, anna: User, outside: World, answer: str) -> None:
    outside.answers["carla@duna.example"] = answer
    assert again(reply(ticket, anna)).state == State.FAILED
    assert not AddressState.objects.exists()


def test_one_refused_copy_does_not_keep_the_mail_from_the_customer(ticket: Ticket, anna: User, outside: World) -> None:
    outside.answers["rossz@duna.example"] = "550 5.1.1 No such user"
    row = again(reply(ticket, anna, cc=[("", "rossz@duna.example")]))
    assert row.state == State.SENT
    assert "rossz@duna.example" in row.last_error
    assert outside.taken[0].recipients == ["carla@duna.example"]


def test_whoever_got_the_mail_does_not_get_it_again_when_another_has_to_wait(
    ticket: Ticket, anna: User, outside: World
) -> None:
    outside.answers["lassu@duna.example"] = "450 4.2.1 Greylisted"
    row = again(reply(ticket, anna, cc=[("", "lassu@duna.example")]))
    assert (row.state, outside.taken[0].recipients) == (State.DEFERRED, ["carla@duna.example"])
    outside.answers.clear()
    row = again(row)
    assert (row.state, outside.taken[1].recipients) == (State.SENT, ["lassu@duna.example"])
    assert outside.taken[0].mail["Message-ID"] == outside.taken[1].mail["Message-ID"]


def test_a_temporary_refusal_of_the_content_is_tried_again(ticket: Ticket, anna: User, outside: World) -> None:
    outside.data_answer = "451 4.3.0 Try later"
    row = again(reply(ticket, anna))
    assert row.state == State.DEFERRED
    outside.data_answer = "250 kept"
    assert again(row).state == State.SENT


def test_an_address_that_is_none_fails_at_once_and_says_so(ticket: Ticket, anna: User, outside: World) -> None:
    row = again(reply(ticket, anna, to=[("", "no address")]))
    assert row.state == State.FAILED
    assert "not an address" in row.last_error


def test_a_worker_that_died_after_sending_leads_to_the_same_mail_again(
    ticket: Ticket, anna: User, outside: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = reply(ticket, anna)
    with monkeypatch.context() as patched:
        patched.setattr(sending, "_mark_sent", lambda *args, **more: None)  # it never comes to writing
        sending.send_due_mail()
    assert sending.send_due_mail() == 0  # the lease holds
    OutboundMail.objects.filter(pk=row.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))
    row = again(row)
    assert row.state == State.SENT
    assert [taken.mail["Message-ID"] for taken in outside.taken] == [f"<{row.mail_id}>"] * 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_mail_once(
    ticket: Ticket, anna: User, outside: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(12):
        reply(ticket, anna)
    lines = [Line(), Line()]
    own = threading.local()  # workers are processes, each with a line of its own; here they are threads

    class OwnLine:
        def hand_over(self, *args: Any, **more: Any) -> Any:
            time.sleep(0.02)  # so that both are at work
            return own.line.hand_over(*args, **more)

    def drain(number: int) -> int:
        own.line = lines[number]
        return sending.send_due_mail()

    monkeypatch.setattr(sending, "line", OwnLine())
    counts = in_threads(2, drain)
    for each in lines:
        each.close()
    assert sum(counts) == 12
    assert min(counts) > 0
    assert len(outside.taken) == len({taken.mail["Message-ID"] for taken in outside.taken}) == 12


def test_a_failed_mail_can_be_sent_again(ticket: Ticket, anna: User, outside: World) -> None:
    outside.answers["carla@duna.example"] = "550 5.1.1 No such user"
    row = again(reply(ticket, anna))
    outside.answers.clear()
    outgoing.resend_mail(row, by=anna)
    row = again(row)
    assert (row.state, row.last_error) == (State.SENT, "")
    assert Event.objects.filter(ticket=ticket, verb=Verb.MAIL_RESENT, by=anna).exists()


def test_a_mail_that_was_sent_is_not_sent_again(ticket: Ticket, anna: User, outside: World) -> None:
    row = again(reply(ticket, anna))
    with pytest.raises(Refused):
        outgoing.resend_mail(row, by=anna)


def test_no_transaction_is_open_while_the_server_is_spoken_to(
    ticket: Ticket, anna: User, outside: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    depths = []
    before = len(connection.savepoint_ids)
    real = line.hand_over

    def watch(*args: Any, **more: Any) -> Any:
        depths.append(len(connection.savepoint_ids) - before)
        return real(*args, **more)

    monkeypatch.setattr(line, "hand_over", watch)
    again(reply(ticket, anna))
    assert depths == [0]


# --- automatic replies ---


def test_an_acknowledgement_has_a_null_return_path_and_the_marks_of_a_machine(mailbox: Mailbox, outside: World) -> None:
    arrive(sender="uj@ember.example", subject="Kérdés")
    sending.send_due_mail()
    (taken,) = outside.taken
    mail = taken.mail
    assert taken.sender == ""
    assert (mail["Auto-Submitted"], mail["Precedence"], mail["X-Loop"]) == ("auto-replied", "bulk", make.SUPPORT)


def held(row: Any) -> str:
    return str(Event.objects.get(ticket=row.ticket, verb=Verb.AUTO_REPLY_HELD).data["reason"])


@pytest.mark.parametrize(
    "address", ["mailer-daemon@x.example", "no-reply@x.example", "noreply+1@x.example", "owner-list@x.example"]
)
def test_an_address_that_nobody_reads_gets_no_acknowledgement(mailbox: Mailbox, address: str) -> None:
    assert held(arrive(sender=address)) in ("nobody_reads", "generated")
    assert not OutboundMail.objects.exists()


@pytest.mark.parametrize("address", ["donor@x.example", "abusexpert@x.example", "norbert@x.example"])
def test_people_are_not_taken_for_machines(mailbox: Mailbox, address: str) -> None:
    arrive(sender=address)
    assert OutboundMail.objects.count() == 1


def test_a_mailbox_can_be_told_not_to_acknowledge(mailbox: Mailbox) -> None:
    mailbox.sends_auto_reply = False
    mailbox.save()
    assert held(arrive(sender="uj@ember.example")) == "switched_off"


def test_an_address_that_bounced_gets_no_acknowledgement_of_what_is_typed_in_the_portal(
    mailbox: Mailbox, carla: User
) -> None:
    AddressState.objects.create(email="carla@duna.example", bounced_at=timezone.now())
    ticket = conversation.open_request(
        title="x",
        text="y",
        team=mailbox.team,
        channel=Channel.WEB,
        by=carla,
        customer=carla,
    )
    assert Event.objects.get(ticket=ticket, verb=Verb.AUTO_REPLY_HELD).data == {"reason": "bounced_address"}


def test_the_same_subject_again_and_again_is_acknowledged_twice(mailbox: Mailbox) -> None:
    rows = [arrive(sender="uj@ember.example", subject="Ugyanaz") for _ in range(3)]
    assert OutboundMail.objects.filter(is_automatic=True).count() == 2
    assert held(rows[2]) == "same_subject"


def test_an_address_gets_so_many_acknowledgements_a_day_and_no_more(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "PER_ADDRESS_AND_DAY", 3)
    rows = [arrive(sender="uj@ember.example", subject=f"{number}") for number in range(4)]
    assert held(rows[3]) == "per_address"
    OutboundMail.objects.update(created_at=timezone.now() - timedelta(hours=25))
    arrive(sender="uj@ember.example", subject="another day")
    assert OutboundMail.objects.count() == 4


def test_a_flood_is_braked_for_the_whole_house(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "PER_MINUTE", 2)
    rows = [arrive(sender=f"p{number}@x.example") for number in range(3)]
    assert held(rows[2]) == "per_minute"


# --- mail of the sign-in pages ---


@pytest.fixture
def backend(settings: Any) -> None:
    """The product's own; the test runner puts another in its place."""
    settings.EMAIL_BACKEND = "tickets.mail.backend.OutboxBackend"


@pytest.mark.usefixtures("backend")
def test_a_sign_in_code_goes_through_the_outbox_and_is_blanked_once_it_is_on_its_way(outside: World) -> None:
    assert send_mail("Your code", "123456", None, ["Carla@Duna.example"]) == 1
    row = OutboundMail.objects.get()
    assert (row.purpose, row.body, row.ticket) == ("account", "123456", None)
    sending.send_due_mail()
    row.refresh_from_db()
    assert (row.state, row.body) == (State.SENT, "")
    assert "123456" in outside.taken[0].raw.decode()
    assert outside.taken[0].recipients == ["carla@duna.example"]


@pytest.mark.usefixtures("backend")
def test_a_captured_sign_in_code_stays_readable(db: None, settings: Any) -> None:
    settings.OUTGOING_SMTP = None
    send_mail("Code", "123456", None, ["carla@duna.example"])
    sending.send_due_mail()
    assert OutboundMail.objects.get().body == "123456"


def test_an_answer_queues_its_mail_in_the_same_transaction(
    ticket: Ticket, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tickets import promises

    monkeypatch.setattr(conversation, "keep_promise", lambda *args, **more: 1 / 0)
    assert promises is not None
    before = OutboundMail.objects.count()
    with pytest.raises(ZeroDivisionError):
        reply(ticket, anna)
    assert OutboundMail.objects.count() == before
    assert not Message.objects.filter(ticket=ticket, author=anna).exists()
