"""From a raw mail to its place: ticket, follow-up, quarantine, or set aside with a reason; each exactly once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import close_old_connections, connection, transaction
from django.utils import timezone

from tests import make
from tests.tickets.mail.test_matching import bounce_of
from tickets import conversation, lifecycle
from tickets.mail import intake, outgoing
from tickets.mail.account import mail_account
from tickets.mail.addressing import plus_address, subject_for
from tickets.mail.arrivals import receive_raw
from tickets.models import (
    AddressState,
    Event,
    InboundMail,
    Mailbox,
    Message,
    OutboundMail,
    Status,
    Team,
    Ticket,
    User,
    Verb,
)

pytestmark = pytest.mark.django_db
State = InboundMail.State


def arrive(
    raw: bytes | None = None, *, to: str = make.SUPPORT, envelope_from: str = "x@y.example", **mail: Any
) -> InboundMail:
    """A mail comes in and is filed."""
    raw = make.mail(**mail) if raw is None else raw
    (row,) = receive_raw(raw, door=InboundMail.Door.SMTP, envelope_from=envelope_from, envelope_to=[to])
    intake.process_inbound_mail()
    row.refresh_from_db()
    return row


@pytest.fixture
def ticket(mailbox: Mailbox, carla: User) -> Ticket:
    """Carla's ticket, as her mail made it."""
    row = arrive(sender=("Szűcs Márta Carla", "carla@duna.example"), message_id="first@duna.example")
    assert row.ticket is not None
    return row.ticket


@pytest.fixture
def answered(ticket: Ticket, anna: User) -> OutboundMail:
    """Our answer to it."""
    return OutboundMail.objects.get(message=conversation.reply_to_customer(ticket, text="Már nézzük.", by=anna))


# --- a new ticket ---


def test_a_mail_from_somebody_new_becomes_a_ticket_with_its_customer(mailbox: Mailbox) -> None:
    row = arrive(sender=("Kis Éva", "Eva@Kert.example"), subject="Re: Nem jó a jelszó", attachments={"kép.png": b"png"})
    assert row.state == State.NEW_TICKET
    ticket = row.ticket
    assert ticket is not None
    assert (ticket.title, ticket.team, ticket.channel) == ("Nem jó a jelszó", mailbox.team, "mail")
    assert ticket.customer is not None
    assert (ticket.customer.name, ticket.customer.email) == ("Kis Éva", "eva@kert.example")
    message = ticket.messages.order_by("id")[0]
    assert (message.sender, message.author, message.visible_to_customer) == ("customer", ticket.customer, True)
    assert [file.name for file in message.attachments.all()] == ["kép.png"]
    assert message.inbound_id == row.pk


def test_the_new_ticket_is_acknowledged_in_the_customers_language(mailbox: Mailbox, karl: User) -> None:
    arrive(sender=("Karl", "karl@tisza.example"), text="Hello, please help.", subject="Printer")
    mail = OutboundMail.objects.get()
    assert mail.is_automatic
    assert mail.to == [["Karl Ellis", "karl@tisza.example"]]
    assert "We have received your message" in mail.body
    assert mail.headers["Auto-Submitted"] == "auto-replied"
    assert mail.ticket is not None
    assert mail.ticket.number in mail.subject


def test_the_language_of_somebody_new_is_heard_from_his_words(mailbox: Mailbox) -> None:
    english = arrive(sender="a@x.example", text="Hello, I can not open the door. Please help me with this.")
    hungarian = arrive(sender="b@x.example", text="Kedves kollégák, nem tudok belépni, kérem segítsenek.")
    german = arrive(sender="c@x.example", subject="Anmeldung", text="Guten Tag, leider geht es seit gestern nicht.")
    languages = [row.ticket.customer.language for row in (english, hungarian, german)]  # type: ignore[union-attr]
    assert languages == ["en", "hu", "en"]


def test_a_web_form_that_sends_in_its_own_name_opens_a_ticket_for_whoever_filled_it_in(mailbox: Mailbox) -> None:
    row = arrive(sender="no-reply@forms.example", headers={"Reply-To": "Kis Éva <eva@kert.example>"})
    assert row.ticket is not None
    assert row.ticket.customer is not None
    assert row.ticket.customer.email == "eva@kert.example"


def test_mail_to_several_teams_addresses_goes_to_the_first_and_shows_on_the_ticket(
    mailbox: Mailbox, network: Team
) -> None:
    make.mailbox("halozat@desk.example", team=network)
    raw = make.mail(to=[make.SUPPORT, "halozat@desk.example"])
    rows = receive_raw(
        raw, door=InboundMail.Door.SMTP, envelope_from="", envelope_to=[make.SUPPORT, "halozat@desk.example"]
    )
    assert len(rows) == 2
    intake.process_inbound_mail()
    first, second = InboundMail.objects.order_by("id")
    assert (first.state, second.state, second.reason) == (State.NEW_TICKET, State.IGNORED, "other_mailbox")
    assert first.ticket == second.ticket
    assert Event.objects.filter(ticket=first.ticket, verb=Verb.MAIL_REPEATED).count() == 1
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    ("header", "state"),
    [
        ({"To": "halozat@desk.example"}, "network"),
        ({"To": "list@x.example", "Cc": "halozat+tag@desk.example"}, "network"),
        ({"To": make.SUPPORT, "Delivered-To": "halozat@desk.example"}, "network"),
        ({"To": "somebody@else.example"}, "helpdesk"),
    ],
)
def test_without_an_envelope_the_header_says_which_team(
    mailbox: Mailbox, network: Team, header: dict[str, str], state: str
) -> None:
    make.mailbox("halozat@desk.example", team=network)
    lines = "".join(f"{name}: {value}\r\n" for name, value in header.items())
    raw = f"From: a@x.example\r\nSubject: x\r\n{lines}\r\nhello\r\n".encode()
    rows = receive_raw(raw, door=InboundMail.Door.PIPE)
    assert rows[0].mailbox is not None
    assert rows[0].mailbox.team == (network if state == "network" else mailbox.team)


# --- exactly once ---


def test_the_same_mail_offered_twice_adds_nothing(mailbox: Mailbox) -> None:
    raw = make.mail()
    first, second = arrive(raw), arrive(b"Received: from another.way (10.0.0.1)\r\n" + raw)
    assert first.pk == second.pk
    assert (Ticket.objects.count(), InboundMail.objects.count()) == (1, 1)


def test_the_same_mail_changed_on_another_way_is_kept_but_not_worked_twice(mailbox: Mailbox) -> None:
    raw = make.mail(message_id="list@x.example")
    first = arrive(raw)
    second = arrive(raw.replace(b"MIME-Version: 1.0", b"X-Footer-Added: yes\r\nMIME-Version: 1.0"))
    assert (second.state, second.reason, second.ticket) == (State.IGNORED, "copy", first.ticket)


def in_threads(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Runs `work` at the same moment in several threads, each with a connection of its own."""
    barrier = threading.Barrier(count)

    def run(number: int) -> Any:
        close_old_connections()
        try:
            barrier.wait(20)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return [future.result(60) for future in [pool.submit(run, number) for number in range(count)]]


@pytest.mark.django_db(transaction=True)
def test_the_same_mail_offered_at_once_by_two_doors_becomes_one_row(mailbox: Mailbox) -> None:
    raw = make.mail()
    rows = in_threads(4, lambda _: receive_raw(raw, door=InboundMail.Door.SMTP, envelope_to=[make.SUPPORT])[0].pk)
    assert len(set(rows)) == 1
    assert InboundMail.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_make_one_ticket_of_one_mail_and_lose_none(mailbox: Mailbox) -> None:
    for number in range(12):
        receive_raw(
            make.mail(sender=f"p{number % 3}@x.example", subject=f"{number}"),
            door=InboundMail.Door.SMTP,
            envelope_to=[make.SUPPORT],
        )
    taken = in_threads(3, lambda _: intake.process_inbound_mail())
    assert sum(taken) == 12
    assert Ticket.objects.count() == 12
    assert User.objects.filter(email__endswith="@x.example").count() == 3
    assert mail_account().new_tickets == 12


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_one_mail_to_two_teams_open_one_ticket(mailbox: Mailbox, network: Team) -> None:
    make.mailbox("halozat@desk.example", team=network)
    for number in range(6):
        receive_raw(
            make.mail(subject=str(number)),
            door=InboundMail.Door.SMTP,
            envelope_to=[make.SUPPORT, "halozat@desk.example"],
        )
    for _ in range(3):  # what waits for its twin is put off by a second
        InboundMail.objects.filter(state=State.WAITING).update(next_try_at=timezone.now())
        in_threads(2, lambda _: intake.process_inbound_mail())
    account = mail_account()
    assert (account.new_tickets, account.ignored, account.waiting) == (6, 6, 0)
    assert Ticket.objects.count() == 6


# --- follow-ups and trust ---


def test_the_customers_answer_follows_up_and_makes_it_our_turn(
    ticket: Ticket, answered: OutboundMail, anna: User
) -> None:
    lifecycle.change_status(
        ticket,
        to=Status.objects.get(code="waiting"),
        by=anna,
        pending_until=timezone.now() + timedelta(days=2),
    )
    row = arrive(sender="carla@duna.example", in_reply_to=answered.mail_id, subject="Re: x", text="Most jó!")
    assert (row.state, row.ticket) == (State.FOLLOW_UP, ticket)
    ticket.refresh_from_db()
    assert ticket.status.code == "open"
    assert ticket.awaits_answer
    assert OutboundMail.objects.filter(is_automatic=True).count() == 1  # only the first mail is acknowledged


def test_the_customers_other_address_is_his_too(ticket: Ticket, carla: User) -> None:
    from tickets import people

    people.add_address(carla, "marta@otthon.example")
    row = arrive(sender="marta@otthon.example", subject=subject_for(ticket.number, "x"))
    assert ticket.messages.get(inbound=row).is_unconfirmed is False


def test_a_stranger_with_a_known_number_lands_inside_unconfirmed_and_changes_nothing(
    ticket: Ticket, anna: User
) -> None:
    lifecycle.change_status(ticket, to=Status.objects.get(code="solved"), by=anna)
    row = arrive(sender=("Idegen", "idegen@gonosz.example"), subject=subject_for(ticket.number, "x"))
    message = ticket.messages.get(inbound=row)
    assert (row.state, message.is_unconfirmed, message.visible_to_customer) == (State.FOLLOW_UP, True, False)
    ticket.refresh_from_db()
    assert ticket.status.code == "solved"
    conversation.accept_message(message, by=anna)
    assert ticket.messages.shown_to_customer().filter(pk=message.pk).exists()
    again = arrive(sender="idegen@gonosz.example", subject=subject_for(ticket.number, "x"))
    assert ticket.messages.get(inbound=again).is_unconfirmed is False


def test_whom_we_wrote_to_on_the_ticket_is_no_stranger(ticket: Ticket, anna: User) -> None:
    conversation.reply_to_customer(
        ticket, text="Kérdés", by=anna, to=[("Szállító", "Info@Szallito.example")], cc=[("", "fonok@duna.example")]
    )
    for address in ("info@szallito.example", "fonok@duna.example"):
        row = arrive(sender=address, subject=subject_for(ticket.number, "x"))
        assert ticket.messages.get(inbound=row).is_unconfirmed is False


def test_whom_the_customer_put_in_copy_may_answer_all(mailbox: Mailbox, carla: User) -> None:
    first = arrive(sender="carla@duna.example", cc=["tars@duna.example"], message_id="c1@duna.example")
    row = arrive(sender="tars@duna.example", in_reply_to="c1@duna.example", subject="Re: Nem tudok belépni")
    assert (row.state, row.ticket) == (State.FOLLOW_UP, first.ticket)
    assert Message.objects.get(inbound=row).is_unconfirmed is False


@pytest.mark.parametrize("shares", [True, False])
def test_a_colleague_is_trusted_only_where_the_organisation_shares_its_tickets(
    ticket: Ticket, carla: User, shares: bool
) -> None:
    assert carla.organisation is not None
    carla.organisation.shares_tickets = shares
    carla.organisation.save()
    make.person("Kolléga", "kollega@duna.example", organisation=carla.organisation)
    row = arrive(sender="kollega@duna.example", subject=subject_for(ticket.number, "x"))
    assert ticket.messages.get(inbound=row).is_unconfirmed is not shares


def test_what_comes_from_an_agents_address_stays_inside_and_acts_for_nobody(
    ticket: Ticket, answered: OutboundMail, anna: User
) -> None:
    lifecycle.change_status(ticket, to=Status.objects.get(code="solved"), by=anna)
    row = arrive(sender="anna@desk.example", subject=subject_for(ticket.number, "x"), text="Kész vagyok")
    message = ticket.messages.get(inbound=row)
    assert (message.author, message.visible_to_customer, message.sender) == (anna, False, "agent")
    ticket.refresh_from_db()
    assert ticket.status.code == "solved"
    assert not OutboundMail.objects.filter(message=message).exists()


def test_an_agent_of_another_team_is_a_stranger_there(ticket: Ticket, ben: User) -> None:
    row = arrive(sender="ben@desk.example", subject=subject_for(ticket.number, "x"))
    assert ticket.messages.get(inbound=row).is_unconfirmed


def test_an_agents_own_request_is_a_ticket_like_any_other(mailbox: Mailbox, ben: User) -> None:
    row = arrive(sender="ben@desk.example", subject="Új egér kell")
    assert row.ticket is not None
    assert row.ticket.customer == ben
    row = arrive(sender="ben@desk.example", subject=subject_for(row.ticket.number, "x"))
    assert Message.objects.get(inbound=row).visible_to_customer


def test_an_answer_to_an_internal_mail_stays_inside(ticket: Ticket, anna: User) -> None:
    inside = make.message(ticket, "Belső", author=anna, visible=False, mail_id="inside@desk.example")
    assert not inside.visible_to_customer
    conversation.add_participant(ticket, make.person("Szerelő", "szerelo@x.example"), by=anna)
    row = arrive(sender="szerelo@x.example", in_reply_to="inside@desk.example")
    assert not ticket.messages.get(inbound=row).visible_to_customer


def test_a_closed_ticket_opens_again_or_continues_in_a_new_one_as_the_team_says(ticket: Ticket, anna: User) -> None:
    lifecycle.change_status(ticket, to=Status.objects.get(code="solved"), by=anna)
    arrive(sender="carla@duna.example", subject=subject_for(ticket.number, "x"))
    ticket.refresh_from_db()
    assert ticket.is_open

    lifecycle.change_status(ticket, to=Status.objects.get(code="solved"), by=anna)
    ticket.team.closed_follow_up = Team.ClosedFollowUp.NEW_TICKET
    ticket.team.save()
    row = arrive(sender="carla@duna.example", subject=subject_for(ticket.number, "x"))
    assert row.state == State.NEW_TICKET
    assert row.ticket != ticket
    assert row.ticket is not None
    assert row.ticket.links.get().target == ticket
    ticket.refresh_from_db()
    assert not ticket.is_open


def test_mail_to_a_merged_ticket_lands_where_it_was_merged_into(ticket: Ticket, carla: User) -> None:
    target = make.ticket("A gyűjtő", team=ticket.team, customer=carla)
    Ticket.objects.filter(pk=ticket.pk).update(
        merged_into=target, status=Status.objects.get(code="merged"), closed_at=timezone.now()
    )
    row = arrive(sender="carla@duna.example", subject=subject_for(ticket.number, "x"))
    assert (row.state, row.ticket) == (State.FOLLOW_UP, target)


# --- machines ---


def test_a_vacation_reply_follows_up_without_opening_the_ticket_again(
    ticket: Ticket, answered: OutboundMail, anna: User
) -> None:
    lifecycle.change_status(ticket, to=Status.objects.get(code="solved"), by=anna)
    row = arrive(
        sender="carla@duna.example",
        in_reply_to=answered.mail_id,
        subject="Házon kívül: Re: x",
        headers={"Auto-Submitted": "auto-replied"},
    )
    assert row.state == State.FOLLOW_UP
    assert ticket.messages.get(inbound=row).is_automatic
    ticket.refresh_from_db()
    assert ticket.status.code == "solved"


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Auto-Submitted": "auto-generated"}, "generated"),
        ({"Precedence": "bulk"}, "bulk"),
        ({"List-Id": "<news.x.example>"}, "list"),
        ({"X-Loop": "somebody@else.example"}, "loop"),
    ],
)
def test_a_machines_mail_becomes_a_ticket_that_nobody_answers_by_machine(
    mailbox: Mailbox, headers: dict[str, str], reason: str
) -> None:
    row = arrive(sender="monitor@x.example", subject="Disk full", headers=headers)
    assert row.state == State.NEW_TICKET
    assert not OutboundMail.objects.exists()
    held = Event.objects.get(ticket=row.ticket, verb=Verb.AUTO_REPLY_HELD)
    assert held.data == {"reason": reason}


def test_our_own_mail_that_comes_back_is_set_aside_with_its_ticket(ticket: Ticket, answered: OutboundMail) -> None:
    row = arrive(sender=make.SUPPORT, message_id=answered.mail_id)
    assert (row.state, row.reason, row.ticket) == (State.IGNORED, "own_mail", ticket)


def test_a_mail_in_our_own_name_that_we_did_not_send_waits_for_a_person(mailbox: Mailbox) -> None:
    row = arrive(sender=make.SUPPORT)
    assert (row.state, row.reason) == (State.QUARANTINED, "own_sender")


def test_a_permanent_bounce_marks_the_mail_and_the_address_and_stays_inside(
    ticket: Ticket, answered: OutboundMail
) -> None:
    row = arrive(bounce_of(answered), envelope_from="<>")
    assert (row.state, row.ticket) == (State.FOLLOW_UP, ticket)
    answered.refresh_from_db()
    assert answered.state == OutboundMail.State.BOUNCED
    assert AddressState.objects.get(email="carla@duna.example").bounce_status == "5.1.1"
    message = ticket.messages.get(inbound=row)
    assert (message.sender, message.visible_to_customer, message.is_automatic) == ("system", False, True)
    event = Event.objects.get(ticket=ticket, verb=Verb.MAIL_BOUNCED)
    assert event.message_id == answered.message_id
    assert "@" not in str(event.data)


def test_an_address_lives_again_when_somebody_writes_from_it(ticket: Ticket, answered: OutboundMail) -> None:
    arrive(bounce_of(answered), envelope_from="<>")
    arrive(sender="carla@duna.example", subject="Új dolog")
    assert AddressState.objects.get(email="carla@duna.example").bounced_at is None


def test_a_delay_is_no_bounce(ticket: Ticket, answered: OutboundMail) -> None:
    row = arrive(bounce_of(answered, status="4.4.1", action="delayed"), envelope_from="<>")
    assert (row.state, row.ticket) == (State.FOLLOW_UP, ticket)
    answered.refresh_from_db()
    assert answered.state == OutboundMail.State.QUEUED
    assert not AddressState.objects.exists()


def test_a_forged_bounce_cannot_silence_somebody_else(ticket: Ticket, answered: OutboundMail) -> None:
    raw = bounce_of(answered).replace(b"rfc822; carla@duna.example", b"rfc822; karl@tisza.example")
    arrive(raw, envelope_from="<>")
    assert not AddressState.objects.filter(email="karl@tisza.example").exists()


def test_a_report_that_names_no_mail_finds_its_ticket_by_the_return_path(
    ticket: Ticket, answered: OutboundMail
) -> None:
    raw = bounce_of(answered).replace(answered.mail_id.encode(), b"unknown@mx.example")
    row = arrive(raw, to=plus_address(make.SUPPORT, ticket.number), envelope_from="<>")
    assert (row.state, row.ticket) == (State.FOLLOW_UP, ticket)
    answered.refresh_from_db()
    assert answered.state == OutboundMail.State.BOUNCED


def test_a_bounce_of_nothing_of_ours_is_set_aside_where_it_can_be_seen(ticket: Ticket, answered: OutboundMail) -> None:
    raw = bounce_of(answered).replace(answered.mail_id.encode(), b"unknown@mx.example")
    raw = raw.replace(subject_for(ticket.number, ticket.title).encode("ascii", "replace"), b"x")
    row = arrive(raw, envelope_from="<>")
    assert (row.state, row.reason) == (State.IGNORED, "unmatched_bounce")


# --- quarantine ---


def test_a_mail_without_a_sender_is_quarantined(mailbox: Mailbox) -> None:
    row = arrive(b"Subject: who am I\r\n\r\nhello\r\n")
    assert (row.state, row.reason) == (State.QUARANTINED, "no_sender")


def test_a_mail_that_is_too_large_is_quarantined_with_its_raw_bytes(mailbox: Mailbox, settings: Any) -> None:
    settings.MAIL_MAX_BYTES = 65_536
    raw = make.mail(attachments={"big.bin": b"x" * 70_000})
    row = arrive(raw)
    assert (row.state, row.reason) == (State.QUARANTINED, "too_large")
    assert bytes(InboundMail.objects.get(pk=row.pk).raw) == raw


def test_a_mail_that_no_mailbox_takes_is_quarantined(db: None) -> None:
    row = receive_raw(make.mail(), door=InboundMail.Door.PIPE)[0]
    intake.process_inbound_mail()
    row.refresh_from_db()
    assert (row.state, row.reason) == (State.QUARANTINED, "no_mailbox")


def test_a_mail_that_breaks_the_intake_is_tried_five_times_then_quarantined_and_holds_nobody_up(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tickets.mail.filing import file_mail as real

    def break_on(row: InboundMail, mail: Any, **more: Any) -> Any:
        if "break" in mail.subject:
            raise KeyError("secret content")
        return real(row, mail, **more)

    monkeypatch.setattr(intake, "file_mail", break_on)
    bad = receive_raw(make.mail(subject="break"), door=InboundMail.Door.SMTP, envelope_to=[make.SUPPORT])[0]
    good = arrive(subject="fine")
    assert good.state == State.NEW_TICKET
    pauses = []
    for _attempt in range(6):
        bad.refresh_from_db()
        if bad.state != State.WAITING:
            break
        pauses.append(bad.next_try_at)
        InboundMail.objects.filter(pk=bad.pk).update(next_try_at=timezone.now())
        intake.process_inbound_mail()
    bad.refresh_from_db()
    assert (bad.state, bad.reason, bad.attempts) == (State.QUARANTINED, "error", 5)
    assert "KeyError" in bad.detail
    assert "secret" not in bad.detail
    assert mail_account().adds_up


def test_a_mail_that_kills_its_worker_is_quarantined_in_the_end(mailbox: Mailbox) -> None:
    row = receive_raw(make.mail(), door=InboundMail.Door.SMTP, envelope_to=[make.SUPPORT])[0]
    for _ in range(5):  # a worker takes it and is gone
        claimed = intake._claim()
        assert claimed is not None
        assert claimed.pk == row.pk
        InboundMail.objects.filter(pk=row.pk).update(next_try_at=timezone.now())
    intake.process_inbound_mail()
    row.refresh_from_db()
    assert (row.state, row.reason) == (State.QUARANTINED, "error")


def test_a_mail_that_a_worker_has_is_left_to_it_until_its_lease_ends(mailbox: Mailbox) -> None:
    row = receive_raw(make.mail(), door=InboundMail.Door.SMTP, envelope_to=[make.SUPPORT])[0]
    assert intake._claim() is not None
    assert intake._claim() is None
    InboundMail.objects.filter(pk=row.pk).update(next_try_at=timezone.now())
    assert intake._claim() is not None


@pytest.mark.django_db(transaction=True)
def test_nothing_is_half_filed_when_the_last_step_fails(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **more: Any) -> None:
        raise RuntimeError("at the last moment")

    monkeypatch.setattr("tickets.mail.filing.acknowledge", fail)
    row = arrive()
    assert row.state == State.WAITING
    assert not Ticket.objects.exists()
    assert not Message.objects.exists()


def test_the_account_adds_up_and_shows_a_mail_that_went_astray(ticket: Ticket) -> None:
    arrive(b"Subject: nobody\r\n\r\nx\r\n")
    account = mail_account()
    assert (account.total, account.new_tickets, account.quarantined) == (2, 1, 1)
    assert account.adds_up
    make.inbound(state=State.FOLLOW_UP, ticket=ticket)
    assert mail_account().astray == 1
    assert not mail_account().adds_up


def test_the_acknowledgement_threads_onto_the_mail_it_answers(ticket: Ticket) -> None:
    mail = OutboundMail.objects.get(ticket=ticket)
    assert mail.headers["In-Reply-To"] == "<first@duna.example>"
    assert mail.message is not None
    assert (mail.message.sender, mail.message.is_automatic) == ("system", True)


def test_a_note_of_the_system_never_counts_as_the_customers_last_word(ticket: Ticket) -> None:
    with transaction.atomic():
        assert outgoing.default_recipients(ticket) == [("Szűcs Márta Carla", "carla@duna.example")]
