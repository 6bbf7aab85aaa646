"""X-Ticketdesk headers: obeyed at a mailbox that trusts them, without any meaning everywhere else."""

from __future__ import annotations

from typing import Any

import pytest

from tests import make
from tests.tickets.mail.test_intake import arrive
from tickets import tagging, teams
from tickets.mail import quarantine
from tickets.models import ConfigurationChange, Mailbox, Priority, Team, Ticket, User

pytestmark = pytest.mark.django_db
ORDERS = {
    "X-Ticketdesk-Team": "HÁLÓZAT",
    "X-Ticketdesk-Priority": "high",
    "X-Ticketdesk-Kind": "incident",
    "X-Ticketdesk-Tag": "Nyomtató, ismeretlen, #vpn",
}


@pytest.fixture
def tags() -> None:
    for name in ("nyomtató", "vpn"):
        tagging.find_or_add_tag(name)


@pytest.fixture
def trusting(mailbox: Mailbox, root: User) -> Mailbox:
    values: dict[str, Any] = {
        "team": mailbox.team, "name": "", "is_default": True, "sends_auto_reply": True, "is_active": True,
    }  # fmt: skip
    return teams.change_mailbox(mailbox, **values, trusts_headers=True, by=root)


def facts_of(ticket: Ticket | None) -> tuple[str, str, str, list[str]]:
    assert ticket is not None
    return ticket.team.name, ticket.priority.code, ticket.kind.code, sorted(tag.name for tag in ticket.tags.all())


def test_a_trusting_mailbox_obeys(trusting: Mailbox, network: Team, tags: None) -> None:
    Team.objects.filter(pk=network.pk).update(name="Hálózat")
    ticket = arrive(headers=ORDERS).ticket
    assert facts_of(ticket) == ("Hálózat", "high", "incident", ["nyomtató", "vpn"])


def test_any_other_mailbox_does_not(mailbox: Mailbox, network: Team, tags: None) -> None:
    Team.objects.filter(pk=network.pk).update(name="Hálózat")
    assert facts_of(arrive(headers=ORDERS).ticket) == (mailbox.team.name, "normal", "question", [])


def test_what_is_unknown_or_retired_is_passed_over(trusting: Mailbox, tags: None) -> None:
    Priority.objects.filter(code="high").update(is_active=False)
    headers = {"X-Ticketdesk-Team": "Nincs ilyen", "X-Ticketdesk-Priority": "high", "X-Ticketdesk-Kind": "\x00'%"}
    assert facts_of(arrive(headers=headers).ticket) == (trusting.team.name, "normal", "question", [])


def test_a_priority_may_be_named_in_any_language(trusting: Mailbox) -> None:
    name = Priority.objects.get(code="high").names["hu"]
    assert facts_of(arrive(headers={"X-Ticketdesk-Priority": name.upper()}).ticket)[1] == "high"


def test_an_answer_changes_nothing(trusting: Mailbox, tags: None) -> None:
    first = arrive(message_id="first@duna.example").ticket
    row = arrive(in_reply_to="first@duna.example", headers=ORDERS)
    assert row.ticket == first
    assert facts_of(first) == (trusting.team.name, "normal", "question", [])


def test_whoever_opens_it_by_hand_decides(trusting: Mailbox, network: Team, root: User) -> None:
    row = arrive(sender="nobody", headers=ORDERS)
    assert row.ticket is None
    ticket = quarantine.open_ticket_from(row, by=root, sender_email="x@y.example", team=network)
    assert facts_of(ticket) == (network.name, "normal", "question", [])


def test_the_switch_stands_in_the_history_of_the_set_up(trusting: Mailbox) -> None:
    line = ConfigurationChange.objects.latest("pk")
    assert line.changes["trusts_headers"] == [False, True]


def test_it_is_off_until_somebody_switches_it_on(helpdesk: Team) -> None:
    assert not teams.add_mailbox(address="uj@desk.example", team=helpdesk).trusts_headers
    assert not make.mailbox("masik@desk.example", team=helpdesk).trusts_headers
