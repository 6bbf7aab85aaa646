"""Who is away, who stands in, and where an absent owner's tickets go."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from tests import make
from tickets import absences, conversation, history_words, lifecycle, promises
from tickets.absence_words import away_words
from tickets.errors import Refused
from tickets.models import Absence, Event, Mailbox, Notice, Right, Team, Ticket, User

DAY = timedelta(days=1)


@pytest.fixture
def dora(helpdesk: Team) -> User:
    return make.agent("Tóth Dóra", "dora@desk.example", team=helpdesk)


@pytest.fixture
def ticket(helpdesk: Team, carla: User, mailbox: Mailbox, anna: User) -> Ticket:
    return make.ticket(team=helpdesk, customer=carla, owner=anna, by=anna)


def away(person: User, deputy: User | None = None, *, start: timedelta = -DAY, length: timedelta = 3 * DAY) -> Absence:
    starts_at = timezone.now() + start
    return absences.set_absence(person, starts_at=starts_at, ends_at=starts_at + length, deputy=deputy, by=person)[0]


def customer_writes(ticket: Ticket) -> Ticket:
    assert ticket.customer is not None
    conversation.answer_from_portal(ticket, text="Van már valami?", by=ticket.customer)
    return Ticket.objects.get(pk=ticket.pk)


# --- setting ---------------------------------------------------------------------------------------------------------


def test_absences_of_one_person_never_overlap_and_the_database_says_so(anna: User, dora: User) -> None:
    away(anna)
    with pytest.raises(Refused) as refusal:
        away(anna, dora, start=DAY)
    assert refusal.value.field == "starts_at"
    now = timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        Absence.objects.create(user=anna, starts_at=now, ends_at=now + DAY)
    away(anna, start=2 * DAY)  # the next one begins where the first ends
    away(dora)


def test_an_absence_called_off_makes_room_and_one_that_runs_ends_now(anna: User) -> None:
    coming = away(anna, start=5 * DAY)
    absences.end_absence(coming, by=anna)
    coming.refresh_from_db()
    assert coming.cancelled_at is not None
    away(anna, start=5 * DAY)
    running = away(anna)
    absences.end_absence(running, by=anna)
    assert absences.absence_at(anna, timezone.now()) is None
    with pytest.raises(Refused):
        absences.end_absence(running, by=anna)


def test_the_impossible_is_refused(anna: User, carla: User, dora: User) -> None:
    now = timezone.now()
    for starts_at, ends_at in ((now - 3 * DAY, now - DAY), (now + 2 * DAY, now + DAY)):
        with pytest.raises(Refused) as refusal:
            absences.set_absence(anna, starts_at=starts_at, ends_at=ends_at, deputy=dora, by=anna)
        assert refusal.value.field == "ends_at"
    for deputy in (anna, carla):
        with pytest.raises(Refused) as refusal:
            away(anna, deputy)
        assert refusal.value.field == "deputy"
    with pytest.raises(Refused):
        away(carla)


def test_the_teams_that_the_deputy_cannot_own_in_are_named(anna: User, ben: User, cora: User, helpdesk: Team) -> None:
    starts_at = timezone.now()
    _absence, uncovered = absences.set_absence(anna, starts_at=starts_at, ends_at=starts_at + DAY, deputy=ben, by=anna)
    assert uncovered == [helpdesk]


# --- chains ----------------------------------------------------------------------------------------------------------


def test_two_cannot_stand_in_for_each_other(anna: User, dora: User) -> None:
    away(anna, dora)
    with pytest.raises(Refused) as refusal:
        away(dora, anna)
    assert refusal.value.field == "deputy"


def test_a_deputy_who_is_away_needs_one_who_is_not(anna: User, dora: User, root: User) -> None:
    absence = away(dora)
    with pytest.raises(Refused):
        away(anna, dora)
    absences.end_absence(absence, by=dora)
    away(dora, root, start=timedelta(hours=1))
    away(anna, dora)


def test_the_chain_is_followed_three_steps_and_no_further(helpdesk: Team) -> None:
    people = [make.agent(f"Munkatárs {n}", team=helpdesk) for n in range(6)]
    now = timezone.now()
    for person, deputy in itertools.pairwise(people):
        Absence.objects.create(user=person, starts_at=now - DAY, ends_at=now + DAY, deputy=deputy)
    assert absences.stand_in(people[0]) is None
    assert absences.stand_in(people[2]) == people[5]
    Absence.objects.filter(user=people[4]).update(deputy=people[2])
    assert absences.stand_in(people[2]) is None, "a circle, however it came about"


# --- the customer writes ---------------------------------------------------------------------------------------------


def test_a_ticket_goes_to_the_deputy_when_its_customer_writes(ticket: Ticket, anna: User, dora: User) -> None:
    away(anna, dora)
    assert Ticket.objects.get(pk=ticket.pk).owner == anna, "nothing moves before"
    fresh = customer_writes(ticket)
    assert fresh.owner == dora
    event = Event.objects.get(ticket=ticket, verb="assigned")
    assert (event.data, event.by) == ({"before": anna.pk, "after": dora.pk, "reason": "owner_away"}, None)
    kinds = set(Notice.objects.filter(user=dora).values_list("kind", flat=True))
    assert kinds == {Notice.Kind.ASSIGNED, Notice.Kind.CUSTOMER_WROTE}
    assert anna.name in history_words.tell([event])[0].text


@pytest.mark.parametrize(("rule", "expected"), [("keep", "anna"), ("team", None), ("deputy", "dora")])
def test_the_team_s_rule_decides(ticket: Ticket, anna: User, dora: User, rule: str, expected: str | None) -> None:
    Team.objects.filter(pk=ticket.team_id).update(absent_owner=rule)
    away(anna, dora)
    fresh = customer_writes(ticket)
    assert fresh.owner == {"anna": anna, "dora": dora, None: None}[expected]


def test_without_a_fit_deputy_it_goes_back_to_the_team(ticket: Ticket, anna: User, ben: User) -> None:
    away(anna, ben)
    assert customer_writes(ticket).owner is None
    assert Event.objects.get(ticket=ticket, verb="unassigned").data == {"before": anna.pk, "reason": "owner_away"}


def test_the_deputy_s_deputy_takes_it_when_both_are_away(ticket: Ticket, anna: User, dora: User, root: User) -> None:
    away(dora, root)
    away(anna, dora)
    assert customer_writes(ticket).owner == root


def test_machines_strangers_and_colleagues_move_nothing(ticket: Ticket, anna: User, dora: User, carla: User) -> None:
    away(anna, dora)
    mail = conversation.IncomingMail(subject="x", text="Automatikus.", from_address="x@y.example", is_automatic=True)
    conversation.receive_message(ticket, mail, author=carla, inbound=None)
    stranger = conversation.IncomingMail(subject="x", text="Ki vagyok?", from_address="x@y.example")
    conversation.receive_message(ticket, stranger, author=None, inbound=None, is_unconfirmed=True)
    conversation.add_note(ticket, text="Ránézek.", by=dora)
    assert Ticket.objects.get(pk=ticket.pk).owner == anna


def test_a_pending_ticket_opens_again_with_its_new_owner(ticket: Ticket, anna: User, dora: User, carla: User) -> None:
    from tickets.models import Status

    pending = Status.objects.get(code="pending_reminder") if Status.objects.filter(code="pending_reminder") else None
    pending = pending or Status.objects.filter(type="pending_reminder").first()
    assert pending is not None
    lifecycle.change_status(ticket, to=pending, by=anna, pending_until=timezone.now() + DAY)
    away(anna, dora)
    fresh = customer_writes(ticket)
    assert (fresh.owner, fresh.status.code) == (dora, "open")
    last = Event.objects.filter(ticket=ticket).latest("seq")
    assert (last.verb, last.owner) == ("status_changed", dora)


# --- coming back -----------------------------------------------------------------------------------------------------


def test_who_comes_back_finds_what_went_to_others_and_nothing_moves_by_itself(
    ticket: Ticket, anna: User, dora: User
) -> None:
    absence = away(anna, dora)
    customer_writes(ticket)
    absences.end_absence(absence, by=anna)
    assert [each.ticket for each in absences.handed_over(anna)] == [ticket]
    assert Ticket.objects.get(pk=ticket.pk).owner == dora
    absences.catch_up(anna)
    assert absences.handed_over(anna) == []


def test_open_promises_of_the_absent_are_listed_for_who_leads_the_team(
    ticket: Ticket, anna: User, dora: User, cora: User, root: User, ben: User
) -> None:
    promise = promises.promise_answer(ticket, who=dora, by_when=timezone.now() + DAY, by=dora)
    assert absences.promises_of_absent(anna) == []
    away(dora)
    assert absences.promises_of_absent(anna) == [promise]
    assert absences.promises_of_absent(root) == [promise]
    assert absences.promises_of_absent(cora) == absences.promises_of_absent(ben) == []


def test_an_absence_is_said_beside_the_name(anna: User, dora: User) -> None:
    absence = away(anna, dora)
    absences.mark_away([anna, dora, None])
    assert (anna.away, dora.away) == (absence, None)  # type: ignore[attr-defined]
    absence.ends_at = timezone.make_aware(timezone.datetime(2030, 6, 6))  # type: ignore[attr-defined]
    with translation.override("en"):
        assert away_words(absence) == "away until 5 Jun, deputy Tóth Dóra"
    with translation.override("hu"):
        assert away_words(absence) == "távol jún. 5\u2011ig, helyettese Tóth Dóra"


def test_a_deputy_may_own_only_where_he_has_the_right(helpdesk: Team, network: Team, anna: User, ben: User) -> None:
    away(anna, ben)
    assert absences.stand_in(anna) == ben
    assert absences.stand_in(anna, team=helpdesk) is None
    assert absences.stand_in(anna, team=network) == ben
    assert Right.ALL in ben.rights_by_team[network.pk]
