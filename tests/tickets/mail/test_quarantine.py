"""What people do with mail that was set aside."""

from __future__ import annotations

from typing import Any

import pytest

from tests import make
from tests.tickets.mail.test_intake import arrive
from tickets.errors import Refused
from tickets.mail import intake, quarantine
from tickets.mail.account import mail_account
from tickets.models import Event, InboundMail, Mailbox, OutboundMail, Team, User, Verb

pytestmark = pytest.mark.django_db
State = InboundMail.State


@pytest.fixture
def nameless(mailbox: Mailbox) -> InboundMail:
    """A readable mail that does not say who wrote it."""
    return arrive("Subject: Segítség\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nElázott.\r\n".encode())


@pytest.fixture
def unreadable(mailbox: Mailbox, settings: Any) -> InboundMail:
    settings.MAIL_MAX_BYTES = 65_536
    return arrive(make.mail(attachments={"big.bin": b"x" * 70_000}))


def test_an_agent_makes_a_ticket_of_a_mail_and_says_who_wrote_it(nameless: InboundMail, anna: User) -> None:
    ticket = quarantine.open_ticket_from(nameless, by=anna, sender_email="Carla@Duna.example")
    nameless.refresh_from_db()
    assert (nameless.state, nameless.ticket, nameless.handled_by) == (State.NEW_TICKET, ticket, anna)
    assert ticket.title == "Segítség"
    assert ticket.customer is not None
    assert ticket.customer.email == "carla@duna.example"
    message = ticket.messages.get()
    assert message.body.strip() == "Elázott."
    assert message.inbound_id == nameless.pk
    assert mail_account().adds_up
    assert not OutboundMail.objects.exists()
    assert Event.objects.get(ticket=ticket, verb=Verb.AUTO_REPLY_HELD).data == {"reason": "opened_by_hand"}


def test_without_a_sender_it_asks_for_one_and_changes_nothing(nameless: InboundMail, anna: User) -> None:
    with pytest.raises(Refused) as refused:
        quarantine.open_ticket_from(nameless, by=anna)
    assert refused.value.field == "sender_email"
    nameless.refresh_from_db()
    assert nameless.state == State.QUARANTINED


def test_what_cannot_be_read_is_attached_as_it_came(unreadable: InboundMail, anna: User) -> None:
    from tickets.files import open_blob

    ticket = quarantine.open_ticket_from(unreadable, by=anna, sender_email="carla@duna.example")
    file = ticket.messages.get().attachments.get()
    with open_blob(file.blob) as content:
        assert content.read() == bytes(InboundMail.objects.get(pk=unreadable.pk).raw)
    assert mail_account().adds_up


def test_the_ticket_goes_to_the_team_that_is_named(nameless: InboundMail, anna: User, network: Team) -> None:
    ticket = quarantine.open_ticket_from(nameless, by=anna, sender_email="a@b.example", team=network)
    assert ticket.team == network


def test_a_mail_that_was_ignored_can_still_become_a_ticket(nameless: InboundMail, anna: User) -> None:
    quarantine.ignore_inbound(nameless, reason="reklám", by=anna)
    ticket = quarantine.open_ticket_from(nameless, by=anna, sender_email="a@b.example")
    nameless.refresh_from_db()
    assert (nameless.state, nameless.ticket) == (State.NEW_TICKET, ticket)


def test_ignoring_takes_a_reason_and_keeps_who_gave_it(nameless: InboundMail, anna: User) -> None:
    with pytest.raises(Refused):
        quarantine.ignore_inbound(nameless, reason="  ", by=anna)
    row = quarantine.ignore_inbound(nameless, reason=" kéretlen\nreklám ", by=anna)
    row.refresh_from_db()
    assert (row.state, row.reason, row.detail) == (State.IGNORED, "declared", "kéretlen reklám")
    assert (row.handled_by, row.handled_at is not None) == (anna, True)
    assert mail_account().adds_up


def test_a_ticket_is_made_of_a_mail_only_once(nameless: InboundMail, anna: User) -> None:
    quarantine.open_ticket_from(nameless, by=anna, sender_email="a@b.example")
    for act in (
        lambda: quarantine.open_ticket_from(nameless, by=anna, sender_email="a@b.example"),
        lambda: quarantine.ignore_inbound(nameless, reason="x", by=anna),
        lambda: quarantine.retry_inbound(nameless, anna),
    ):
        with pytest.raises(Refused):
            act()


def test_a_mail_can_be_tried_again_after_a_fault_was_mended(mailbox: Mailbox, anna: User, settings: Any) -> None:
    settings.MAIL_MAX_BYTES = 65_536
    row = arrive(make.mail(attachments={"big.bin": b"x" * 70_000}))
    settings.MAIL_MAX_BYTES = 1_000_000
    quarantine.retry_inbound(row, anna)
    assert mail_account().waiting == 1
    intake.process_inbound_mail()
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.NEW_TICKET, 1)
