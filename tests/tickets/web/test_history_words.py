"""Every event has words, in both languages, and a long history costs few queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from tests import make
from tickets import conversation, history_words, lifecycle, promises, tagging
from tickets.models import Event, Kind, Mailbox, Priority, Status, Team, Ticket, TicketLink, User, Verb


@pytest.fixture
def ticket(mailbox: Mailbox, helpdesk: Team, carla: User) -> Ticket:
    return make.ticket(team=helpdesk, customer=carla)


def words(ticket: Ticket) -> list[str]:
    return [line.text for line in history_words.tell(Event.objects.filter(ticket=ticket).order_by("seq"))]


@pytest.mark.parametrize("verb", Verb.values)
@pytest.mark.parametrize("language", ["hu", "en"])
def test_every_verb_has_words_even_with_nothing_to_name(verb: str, language: str, ticket: Ticket) -> None:
    with translation.override(language):
        (line,) = history_words.tell([Event(ticket=ticket, verb=verb, data={}, recorded_at=timezone.now())])
        assert line.text
        assert "%(" not in line.text
        assert line.name


def test_the_lines_say_who_did_what(
    anna: User, root: User, carla: User, karl: User, helpdesk: Team, network: Team, ticket: Ticket
) -> None:
    other = make.ticket(team=helpdesk, customer=carla)
    lifecycle.assign_ticket(ticket, to=anna, by=anna)
    lifecycle.assign_ticket(ticket, to=root, by=anna)
    lifecycle.unassign_ticket(ticket, by=anna)
    lifecycle.change_priority(ticket, to=Priority.objects.get(code="urgent"), by=anna)
    lifecycle.change_kind(ticket, to=Kind.objects.get(code="incident"), by=anna)
    until = timezone.now() + timedelta(days=2)
    lifecycle.change_status(ticket, to=Status.objects.get(code="waiting"), by=anna, pending_until=until)
    lifecycle.change_customer(ticket, to=karl, by=anna)
    conversation.add_participant(ticket, carla, by=anna)
    tagging.tag_ticket(ticket, "vpn", by=anna)
    lifecycle.link_tickets(ticket, to=other, relation=TicketLink.Type.FOLLOWS, by=anna)
    promises.promise_answer(ticket, who=root, by_when=until, by=anna)
    lifecycle.move_ticket(ticket, to=network, by=anna)
    with translation.override("en"):
        said = " | ".join(words(ticket))
    for part in (
        "opened the ticket in the portal",
        "took the ticket",
        f"owner: {root.name}",
        f"took {root.name} off the ticket",
        "priority: Normal → Urgent",
        "kind: Question → Incident",
        "status: Open → Waiting for customer until",
        f"customer: {carla.name} → {karl.name}",
        f"added {carla.name} as a participant",
        "added the tag “vpn”",
        f"it follows from {other.number}",
        f"asked {root.name} to answer by",
        f"team: {helpdesk.name} → {network.name}",
    ):
        assert part in said


@pytest.mark.parametrize("language", ["hu", "en"])
def test_a_status_without_an_end_is_not_said_to_end(language: str, ticket: Ticket, anna: User) -> None:
    with translation.override(language):
        lifecycle.change_status(ticket, to=Status.objects.get(code="open"), by=anna)
        assert not words(ticket)[-1].endswith(("–", "–-ig", "-ig")), words(ticket)[-1]


def test_a_long_history_costs_few_queries(
    anna: User, ticket: Ticket, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for n in range(20):
        tagging.tag_ticket(ticket, f"tag {n}", by=anna)
        lifecycle.change_priority(ticket, to=Priority.objects.get(code=["low", "high"][n % 2]), by=anna)
    with django_assert_max_num_queries(4):  # type: ignore[attr-defined]
        assert len(words(ticket)) > 40
