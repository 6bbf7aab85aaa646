"""Two people at the same moment: each outcome is one of the two, whole, and who came second is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests import make
from tickets import absences, conversation, lifecycle, promises, reminders
from tickets.errors import Refused
from tickets.models import Absence, Event, Notice, Promise, Status, Team, Ticket, User

pytestmark = pytest.mark.django_db(transaction=True)
SOON = timedelta(hours=2)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Runs the acts side by side, each on a connection of its own; what each gave, or how it was refused."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            start.wait(10)
            return act()
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def refusals(outcomes: list[object]) -> int:
    return sum(isinstance(outcome, Refused) for outcome in outcomes)


def test_accepting_and_declining_at_once_leaves_one_of_the_two(helpdesk: Team, anna: User, ben: User) -> None:
    for _round in range(5):
        ticket = make.ticket(team=helpdesk, text=None)
        promise = promises.promise_answer(ticket, who=ben, by_when=timezone.now() + SOON, by=anna)
        outcomes = at_once(
            partial(promises.accept_promise, promise, by=ben), partial(promises.decline_promise, promise, by=ben)
        )
        promise.refresh_from_db()
        ticket.refresh_from_db()
        assert refusals(outcomes) == 1
        assert promise.state in (Promise.State.ACCEPTED, Promise.State.DECLINED)
        assert (ticket.due_at is not None) == (promise.state == Promise.State.ACCEPTED)
        answers = Event.objects.filter(ticket=ticket, verb__in=["promise_accepted", "promise_declined"])
        assert answers.count() == 1


def test_of_two_who_ask_at_once_the_second_is_told_of_the_first(
    helpdesk: Team, anna: User, root: User, ben: User
) -> None:
    by_when = timezone.now() + SOON
    for _round in range(5):
        ticket = make.ticket(team=helpdesk, text=None)

        def ask(by: User, who: User, ticket: Ticket = ticket) -> object:
            return promises.promise_answer(ticket, who=who, by_when=by_when, by=by, instead_of=None)

        outcomes = at_once(partial(ask, anna, ben), partial(ask, root, root))
        assert refusals(outcomes) == 1
        assert Promise.objects.filter(ticket=ticket).count() == 1


def test_two_drains_side_by_side_tell_each_promise_once(helpdesk: Team, anna: User) -> None:
    tickets = [make.ticket(team=helpdesk, text=None) for _ in range(6)]
    for each in tickets:
        promises.promise_answer(each, who=anna, by_when=timezone.now() + SOON, by=anna)
    Promise.objects.update(by_when=timezone.now() - SOON)
    at_once(reminders.remind_of_promises, reminders.remind_of_promises, reminders.remind_of_promises)
    reminders.remind_of_promises()
    assert Event.objects.filter(verb="promise_late").count() == len(tickets)
    assert Notice.objects.filter(kind="promise_late").count() == len(tickets)


def test_an_answer_and_a_reminder_at_once_do_not_wait_for_each_other_for_ever(
    helpdesk: Team, anna: User, carla: User, mailbox: object
) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    promise = promises.promise_answer(ticket, who=anna, by_when=timezone.now() + SOON, by=anna)
    Promise.objects.update(by_when=timezone.now() - SOON)
    at_once(
        lambda: conversation.reply_to_customer(ticket, text="Kész.", by=anna),
        reminders.remind_of_promises,
    )
    promise.refresh_from_db()
    assert promise.state == Promise.State.KEPT
    verbs = list(Event.objects.filter(ticket=ticket).order_by("seq").values_list("verb", flat=True))
    assert "promise_late" not in verbs or verbs.index("promise_late") < verbs.index("promise_kept")


def test_two_absences_at_once_never_overlap(anna: User, root: User) -> None:
    now = timezone.now()
    outcomes = at_once(
        lambda: absences.set_absence(anna, starts_at=now, ends_at=now + 3 * SOON, deputy=None, by=anna),
        lambda: absences.set_absence(anna, starts_at=now + SOON, ends_at=now + 4 * SOON, deputy=root, by=root),
    )
    assert refusals(outcomes) == 1
    assert Absence.objects.filter(user=anna).count() == 1


def test_two_who_name_each_other_as_deputy_at_once_make_no_circle(anna: User, ben: User) -> None:
    now = timezone.now()
    outcomes = at_once(
        lambda: absences.set_absence(anna, starts_at=now, ends_at=now + SOON, deputy=ben, by=anna),
        lambda: absences.set_absence(ben, starts_at=now, ends_at=now + SOON, deputy=anna, by=ben),
    )
    assert refusals(outcomes) == 1


def test_a_customer_who_writes_twice_at_once_moves_the_ticket_once(helpdesk: Team, anna: User, carla: User) -> None:
    dora = make.agent("Tóth Dóra", team=helpdesk)
    ticket = make.ticket(team=helpdesk, customer=carla, owner=anna, by=anna)
    now = timezone.now()
    absences.set_absence(anna, starts_at=now, ends_at=now + SOON, deputy=dora, by=anna)

    def write() -> object:
        return conversation.answer_from_portal(Ticket.objects.get(pk=ticket.pk), text="Van már?", by=carla)

    at_once(write, write)
    assert Ticket.objects.get(pk=ticket.pk).owner == dora
    assert Event.objects.filter(ticket=ticket, verb="assigned").count() == 1


def test_who_waits_for_the_lock_finds_the_ticket_as_the_other_left_it(helpdesk: Team, anna: User) -> None:
    """Joined to its status and owner in the statement that waits, the ticket came back without them, or not at all."""
    dora = make.agent("Tóth Dóra", team=helpdesk)
    ticket = make.ticket(team=helpdesk, owner=anna, by=anna)
    solved = Status.objects.get(code="solved")
    holds, waits = threading.Event(), threading.Event()
    found: list[Ticket] = []

    def first() -> None:
        with transaction.atomic():
            lifecycle.assign_ticket(ticket, to=dora, by=anna)
            lifecycle.change_status(ticket, to=solved, by=anna)
            holds.set()
            waits.wait(10)
            time.sleep(0.3)  # the other has told that it asks; give its statement the time to stand in line

    def second() -> None:
        holds.wait(10)
        with transaction.atomic():
            waits.set()
            found.append(lifecycle.lock_ticket(ticket))

    at_once(first, second)
    assert (found[0].owner, found[0].status) == (dora, solved)
