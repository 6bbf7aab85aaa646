"""Who answers, by when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests import make
from tickets import conversation, desk, lifecycle, promises
from tickets.errors import Refused
from tickets.models import Event, Mailbox, Promise, Status, Team, Ticket, User

SOON = timedelta(hours=2)


@pytest.fixture
def ticket(helpdesk: Team, carla: User, mailbox: Mailbox) -> Ticket:
    return make.ticket(team=helpdesk, customer=carla)


def last(ticket: Ticket) -> Event:
    return Event.objects.filter(ticket=ticket).latest("seq")


def test_a_promise_for_oneself_is_accepted_at_once_and_sets_the_due_time(ticket: Ticket, anna: User) -> None:
    by_when = timezone.now() + SOON
    promise = promises.promise_answer(ticket, who=anna, by_when=by_when, by=anna)
    ticket.refresh_from_db()
    assert (promise.state, ticket.due_at) == (Promise.State.ACCEPTED, by_when)
    assert last(ticket).data == {"promise": promise.pk, "who": anna.pk, "by_when": by_when.isoformat()}


def test_a_colleague_is_asked_and_sees_the_ticket_meanwhile(ticket: Ticket, anna: User, ben: User) -> None:
    promise = promises.promise_answer(ticket, who=ben, by_when=timezone.now() + SOON, by=anna)
    assert promise.state == Promise.State.ASKED
    assert ticket in Ticket.objects.visible_to(ben)
    with pytest.raises(Refused):
        promises.accept_promise(promise, by=anna)
    assert promises.accept_promise(promise, by=ben).state == Promise.State.ACCEPTED
    promises.accept_promise(promise, by=ben)
    assert last(ticket).verb == "promise_accepted"


def test_a_declined_promise_leaves_no_due_time_and_no_sight(ticket: Ticket, anna: User, ben: User) -> None:
    promise = promises.promise_answer(ticket, who=ben, by_when=timezone.now() + SOON, by=anna)
    promises.decline_promise(promise, by=ben)
    ticket.refresh_from_db()
    assert ticket.due_at is None
    assert ticket not in Ticket.objects.visible_to(ben)
    with pytest.raises(Refused):
        promises.accept_promise(promise, by=ben)


def test_a_new_promise_withdraws_the_old_one(ticket: Ticket, anna: User, ben: User) -> None:
    old = promises.promise_answer(ticket, who=ben, by_when=timezone.now() + SOON, by=anna)
    new = promises.promise_answer(ticket, who=anna, by_when=timezone.now() + SOON, by=anna)
    old.refresh_from_db()
    assert (old.state, promises.open_promise(ticket)) == (Promise.State.WITHDRAWN, new)


def test_the_database_allows_one_open_promise(ticket: Ticket, anna: User) -> None:
    promises.promise_answer(ticket, who=anna, by_when=timezone.now() + SOON, by=anna)
    with pytest.raises(IntegrityError), transaction.atomic():
        Promise.objects.create(ticket=ticket, who=anna, by_when=timezone.now())


def test_an_answer_keeps_the_promise_and_says_how_late_it_was(ticket: Ticket, anna: User) -> None:
    promise = promises.promise_answer(ticket, who=anna, by_when=timezone.now() + SOON, by=anna)
    Promise.objects.update(by_when=timezone.now() - timedelta(minutes=10))
    conversation.reply_to_customer(ticket, text="Kész.", by=anna)
    promise.refresh_from_db()
    ticket.refresh_from_db()
    assert (promise.state, ticket.due_at) == (Promise.State.KEPT, None)
    kept = Event.objects.get(ticket=ticket, verb="promise_kept")
    assert 600 <= kept.data["late_seconds"] < 660


def test_a_withdrawn_promise_is_gone(ticket: Ticket, anna: User) -> None:
    promises.promise_answer(ticket, who=anna, by_when=timezone.now() + SOON, by=anna)
    assert promises.withdraw_promise(ticket, by=anna).due_at is None
    lines = Event.objects.filter(ticket=ticket).count()
    promises.withdraw_promise(ticket, by=anna)
    assert Event.objects.filter(ticket=ticket).count() == lines


def test_what_cannot_be_promised(ticket: Ticket, anna: User, carla: User) -> None:
    with pytest.raises(Refused) as refusal:
        promises.promise_answer(ticket, who=anna, by_when=timezone.now() - SOON, by=anna)
    assert refusal.value.field == "by_when"
    with pytest.raises(Refused) as refusal:
        promises.promise_answer(ticket, who=carla, by_when=timezone.now() + SOON, by=anna)
    assert refusal.value.field == "who"
    lifecycle.change_status(ticket, to=Status.objects.get(code="solved"), by=anna)
    with pytest.raises(Refused):
        promises.promise_answer(ticket, who=anna, by_when=timezone.now() + SOON, by=anna)


# --- another time, and who saw what -----------------------------------------------------------------------------------


def test_the_asked_colleague_proposes_another_time_and_the_asker_agrees(ticket: Ticket, anna: User, ben: User) -> None:
    first, later = timezone.now() + SOON, timezone.now() + 3 * SOON
    promise = promises.promise_answer(ticket, who=ben, by_when=first, by=anna)
    promises.propose_time(promise, by_when=later, by=ben)
    ticket.refresh_from_db()
    assert ticket.due_at == first, "until somebody agrees, the first time stands"
    agreed = promises.agree_to_proposal(promise, by=anna)
    ticket.refresh_from_db()
    assert (agreed.state, agreed.by_when, agreed.proposed, ticket.due_at) == ("accepted", later, None, later)
    assert last(ticket).data == {"promise": promise.pk, "who": ben.pk, "by_when": later.isoformat()}
    with pytest.raises(Refused):
        promises.agree_to_proposal(promise, by=anna)


def test_a_proposal_is_for_the_future_by_the_asked_one_and_before_he_accepts(
    ticket: Ticket, anna: User, ben: User
) -> None:
    promise = promises.promise_answer(ticket, who=ben, by_when=timezone.now() + SOON, by=anna)
    with pytest.raises(Refused):
        promises.propose_time(promise, by_when=timezone.now() - SOON, by=ben)
    with pytest.raises(Refused):
        promises.propose_time(promise, by_when=timezone.now() + SOON, by=anna)
    promises.accept_promise(promise, by=ben)
    with pytest.raises(Refused):
        promises.propose_time(promise, by_when=timezone.now() + 2 * SOON, by=ben)


def test_what_was_accepted_is_withdrawn_or_handed_over_but_not_declined(ticket: Ticket, anna: User, ben: User) -> None:
    promise = promises.promise_answer(ticket, who=ben, by_when=timezone.now() + SOON, by=anna)
    promises.accept_promise(promise, by=ben)
    with pytest.raises(Refused):
        promises.decline_promise(promise, by=ben)
    promises.promise_answer(ticket, who=anna, by_when=timezone.now() + SOON, by=anna)
    assert last(ticket).data["instead_of"] == ben.pk


def test_nobody_replaces_or_withdraws_a_promise_that_he_has_not_seen(ticket: Ticket, anna: User, ben: User) -> None:
    promise = promises.promise_answer(ticket, who=ben, by_when=timezone.now() + SOON, by=anna, instead_of=None)
    with pytest.raises(Refused) as refusal:
        promises.promise_answer(ticket, who=anna, by_when=timezone.now() + SOON, by=anna, instead_of=None)
    assert ben.name in str(refusal.value)
    with pytest.raises(Refused):
        promises.withdraw_promise(ticket, by=anna, instead_of=promise.pk + 1)
    promises.withdraw_promise(ticket, by=anna, instead_of=promise.pk)
    with pytest.raises(Refused):
        promises.promise_answer(ticket, who=anna, by_when=timezone.now() + SOON, by=anna, instead_of=promise.pk)


def test_the_reason_of_a_refusal_is_an_internal_note_and_never_in_the_history(
    ticket: Ticket, anna: User, ben: User
) -> None:
    promise = promises.promise_answer(ticket, who=ben, by_when=timezone.now() + SOON, by=anna)
    desk.decline_promise(promise, by=ben, reason="Szabadságon leszek.")
    note = ticket.messages.get(body="Szabadságon leszek.")
    assert (note.visible_to_customer, note.author) == (False, ben)
    assert not Event.objects.filter(ticket=ticket, data__icontains="Szabads").exists()
    assert promises.open_promise(ticket) is None
