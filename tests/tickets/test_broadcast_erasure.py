"""The erasure by law and broadcasts: what the ledger kept of a person goes, what was said to everybody stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from tests import make
from tests.tickets.broadcasting import delivery, member, order, send, verbs
from tickets import erasure, groups, lifecycle, proof
from tickets.broadcasts import drain, ledger, sending
from tickets.errors import Refused
from tickets.history import record
from tickets.mail import sending as outbox
from tickets.models import Delivery, Mailbox, OutboundMail, Team, TicketGroup, User, Verb


@pytest.fixture(autouse=True)
def no_hold(settings: Any) -> None:
    settings.BROADCAST_HOLD_SECONDS = 0


@pytest.fixture
def vpn(helpdesk: Team, anna: User, mailbox: Mailbox) -> TicketGroup:
    return groups.open_group("VPN", team=helpdesk, by=anna)


def erase(row: Delivery, anna: User) -> None:
    assert row.message is not None
    asked = erasure.ask_erasure(row.message, reason="GDPR 17.", by=anna)
    erasure.approve_erasure(asked, by=make.person("Second", roles=["agent", "admin"]))


def test_erasing_his_message_blanks_what_the_ledger_kept_of_him_and_nothing_else(vpn: TicketGroup, anna: User) -> None:
    person, other = make.person("Gone", "gone@example.org"), make.person("Stays", "stays@example.org")
    ticket = member(vpn, person)
    member(vpn, other)
    broadcast = send(vpn, anna)
    outbox.send_due_mail()
    Delivery.objects.filter(person=person).update(detail="550 gone@example.org unknown")
    erase(delivery(broadcast, person), anna)
    row = delivery(broadcast, person)
    assert (row.address, row.detail, row.state) == ("", "", "sent"), "that he was told stays"
    assert row.delivered_at is not None
    assert delivery(broadcast, other).address == "stays@example.org"
    broadcast.refresh_from_db()
    assert broadcast.texts == dict(order().texts), "the house's own words, with empty placeholders"
    assert not OutboundMail.objects.filter(ticket=ticket).exclude(body="", to=[]).exists()
    assert proof.verify_all().is_intact
    late = member(vpn, make.person("Late"))
    drain.deliver_broadcasts()
    assert "replied" in verbs(late)


def test_a_bounce_after_the_erasure_brings_no_address_back(vpn: TicketGroup, anna: User) -> None:
    person = make.person("Gone", "gone@example.org")
    ticket = member(vpn, person)
    broadcast = send(vpn, anna)
    outbox.send_due_mail()
    erase(delivery(broadcast, person), anna)
    mail = OutboundMail.objects.get(ticket=ticket)
    with transaction.atomic():
        OutboundMail.objects.filter(pk=mail.pk).update(state="bounced", last_error="550 gone@example.org unknown")
        record(
            lifecycle.lock_ticket(ticket),
            Verb.MAIL_BOUNCED,
            by=None,
            message=mail.message,
            mail=mail.pk,
            permanent=True,
        )
    row = delivery(broadcast, person)
    assert (row.state, row.address, row.detail) == ("bounced", "", "")
    assert ledger.account_of(broadcast).to_retry == 0
    with pytest.raises(Refused):
        sending.retry_failed(broadcast, by=anna)


@pytest.mark.parametrize("is_in_hand", [False, True])
def test_what_is_erased_while_it_waits_for_its_next_try_is_not_said_again(
    vpn: TicketGroup, anna: User, is_in_hand: bool
) -> None:
    person = make.person("Gone", "gone@example.org")
    member(vpn, person)
    broadcast = send(vpn, anna)
    outbox.send_due_mail()
    Delivery.objects.update(state="bounced", reason="bad_address")
    sending.retry_failed(broadcast, by=anna)
    waiting = delivery(broadcast, person)
    erase(waiting, anna)
    if is_in_hand:  # as the drain had it in its hands and only waited for the ticket
        Delivery.objects.filter(pk=waiting.pk).update(state="queued", reason="", address=waiting.address)
    drain.deliver_broadcasts()
    row = delivery(broadcast, person)
    assert (row.state, row.reason, row.address) == ("skipped", "erased", "")
    assert OutboundMail.objects.count() == 1
