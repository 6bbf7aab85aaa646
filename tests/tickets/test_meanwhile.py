"""Nobody overwrites a property that a colleague changed while the menu was open."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from tests import make
from tickets import lifecycle
from tickets.errors import Refused
from tickets.meanwhile import VERBS, change_unless_changed, how_long_ago, shown_values
from tickets.models import Kind, Priority, Right, Status, Team, Ticket, User


@pytest.fixture
def ticket(helpdesk: Team, carla: User) -> Ticket:
    return make.ticket("VPN", team=helpdesk, customer=carla)


def change(name: str, ticket: Ticket, by: User, network: Team, karl: User) -> None:
    match name:
        case "status":
            lifecycle.change_status(ticket, to=Status.objects.get(code="solved"), by=by)
        case "owner":
            lifecycle.assign_ticket(ticket, to=by, by=by)
        case "responsible":
            lifecycle.change_responsible(ticket, to=by, by=by)
        case "team":
            lifecycle.move_ticket(ticket, to=network, by=by)
        case "priority":
            lifecycle.change_priority(ticket, to=Priority.objects.get(code="urgent"), by=by)
        case "kind":
            lifecycle.change_kind(ticket, to=Kind.objects.get(code="incident"), by=by)
        case "title":
            lifecycle.rename_ticket(ticket, title="Another title", by=by)
        case "customer":
            lifecycle.change_customer(ticket, to=karl, by=by)


@pytest.mark.parametrize("name", VERBS)
def test_what_a_colleague_changed_meanwhile_is_told_and_not_overwritten(
    name: str, ticket: Ticket, anna: User, root: User, network: Team, karl: User
) -> None:
    was = shown_values(ticket)[name]
    change(name, ticket, root, network, karl)
    done: list[Ticket] = []
    with pytest.raises(Refused, match="Rendszergazda") as refusal:
        change_unless_changed(ticket, name, done.append, was=was, by=anna)
    assert refusal.value.field == name
    assert done == []
    fresh = Ticket.objects.get(pk=ticket.pk)
    change_unless_changed(fresh, name, done.append, was=shown_values(fresh)[name], by=anna)
    assert done == [ticket]


def test_a_new_time_of_the_same_status_counts_as_a_change(ticket: Ticket, anna: User, root: User) -> None:
    waiting = Status.objects.get(code="waiting")
    first = lifecycle.change_status(ticket, to=waiting, by=root, pending_until=timezone.now() + timedelta(days=1))
    was = shown_values(first)["status"]
    lifecycle.change_status(ticket, to=waiting, by=root, pending_until=timezone.now() + timedelta(days=2))
    with pytest.raises(Refused):
        change_unless_changed(ticket, "status", lambda fresh: None, was=was, by=anna)


def test_a_form_that_does_not_say_what_it_showed_is_taken_at_its_word(ticket: Ticket, anna: User) -> None:
    change_unless_changed(
        ticket, "owner", lambda fresh: lifecycle.assign_ticket(fresh, to=anna, by=anna), was=None, by=anna
    )
    ticket.refresh_from_db()
    assert ticket.owner == anna


def test_the_refusal_names_the_new_value(ticket: Ticket, anna: User, root: User, helpdesk: Team) -> None:
    was = shown_values(ticket)["owner"]
    lifecycle.assign_ticket(ticket, to=make.agent("Szabó Pál", team=helpdesk, rights=[Right.OWN]), by=root)
    with translation.override("en"), pytest.raises(Refused) as refusal:
        change_unless_changed(ticket, "owner", lambda fresh: None, was=was, by=anna)
    assert str(refusal.value) == ("Rendszergazda changed the owner to Szabó Pál meanwhile; nothing was overwritten.")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 second ago"), (20, "20 seconds ago"), (70, "1 minute ago"), (7300, "2 hours ago"), (260_000, "3 days ago")],
)
def test_a_length_of_time_stands_in_a_sentence(seconds: int, words: str) -> None:
    with translation.override("en"):
        assert how_long_ago(timezone.now() - timedelta(seconds=seconds)) == words
