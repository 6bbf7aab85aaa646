"""Tests of a mailbox: out through the outbox with the server's words, and back in by any door, known by our mark."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tickets.errors import Refused
from tickets.mail import trial
from tickets.mail.arrivals import receive_raw
from tickets.mail.intake import process_inbound_mail
from tickets.mail.mime import build_mail
from tickets.mail.sending import send_due_mail
from tickets.models import InboundMail, Mailbox, OutboundMail, Team, Ticket, User


def round_trip(mailbox: Mailbox) -> trial.Trial:
    return next(each for each in trial.trials_of(mailbox) if each.is_round_trip)


def test_a_test_is_two_mails_one_to_the_administrator_one_to_the_mailbox(mailbox: Mailbox, root: User) -> None:
    trial.send_trial(mailbox, by=root)
    there, itself = OutboundMail.objects.filter(purpose=OutboundMail.Purpose.TEST).order_by("pk")
    assert there.to == [[root.name, root.email]]
    local, _at, domain = mailbox.address.partition("@")
    assert itself.to[0][1].startswith(f"{local}+test.")
    assert itself.to[0][1].endswith(f"@{domain}")
    assert [(each.is_round_trip, each.is_on_its_way) for each in trial.trials_of(mailbox)] == [
        (True, True),
        (False, True),
    ]


def test_without_a_mail_server_both_are_captured_and_nothing_is_waited_for(mailbox: Mailbox, root: User) -> None:
    trial.send_trial(mailbox, by=root)
    send_due_mail()
    assert all(each.mail.is_captured and not each.is_on_its_way for each in trial.trials_of(mailbox))


def test_what_comes_back_in_is_known_and_opens_no_ticket(mailbox: Mailbox, root: User) -> None:
    trial.send_trial(mailbox, by=root)
    mail = round_trip(mailbox).mail
    receive_raw(build_mail(mail), door=InboundMail.Door.SMTP, envelope_to=[mail.to[0][1]])
    process_inbound_mail()
    assert not Ticket.objects.exists()
    found = round_trip(mailbox)
    assert found.back is not None
    assert (found.back.state, found.back.mailbox, found.kept_plus) == (InboundMail.State.IGNORED, mailbox, True)
    assert 0 <= found.seconds_back < 60


def test_mail_that_comes_back_into_another_mailbox_is_told_apart(mailbox: Mailbox, network: Team, root: User) -> None:
    other = Mailbox.objects.create(address="net@desk.example", team=network)
    trial.send_trial(other, by=root)
    mail = round_trip(other).mail
    receive_raw(build_mail(mail), door=InboundMail.Door.IMAP, envelope_to=[mailbox.address])
    process_inbound_mail()
    back = round_trip(other).back
    assert back is not None
    assert back.mailbox == mailbox


def test_what_is_not_back_in_time_is_no_longer_waited_for(mailbox: Mailbox, root: User) -> None:
    trial.send_trial(mailbox, by=root)
    OutboundMail.objects.update(created_at=timezone.now() - timedelta(minutes=11), state=OutboundMail.State.SENT)
    assert not any(each.is_on_its_way for each in trial.trials_of(mailbox))


def test_a_test_is_refused_where_it_makes_no_sense(mailbox: Mailbox, root: User) -> None:
    trial.send_trial(mailbox, by=root)
    with pytest.raises(Refused):
        trial.send_trial(mailbox, by=root)
    OutboundMail.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    trial.send_trial(mailbox, by=root)
    Mailbox.objects.update(is_active=False)
    mailbox.refresh_from_db()
    with pytest.raises(Refused):
        trial.send_trial(mailbox, by=root)
    Mailbox.objects.update(is_active=True)
    mailbox.refresh_from_db()
    User.objects.filter(pk=root.pk).update(email=None)
    root.refresh_from_db()
    with pytest.raises(Refused):
        trial.send_trial(mailbox, by=root)


def test_without_plus_addresses_the_plain_one_is_tried(mailbox: Mailbox, root: User, settings: Any) -> None:
    settings.MAIL_PLUS_ADDRESSES = False
    trial.send_trial(mailbox, by=root)
    assert round_trip(mailbox).mail.to[0][1] == mailbox.address
    assert trial.sample_plus_address(mailbox.address) == mailbox.address
