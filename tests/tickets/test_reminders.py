"""Promises that are due soon, or late, are told once each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import make
from tickets import conversation, promises, reminders
from tickets.models import Event, Mailbox, Notice, Promise, Team, Ticket, User

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ticket(helpdesk: Team, carla: User, mailbox: Mailbox) -> Ticket:
    return make.ticket(team=helpdesk, customer=carla)


def told(ticket: Ticket) -> list[str]:
    return list(
        Event.objects.filter(ticket=ticket, verb__in=["promise_due", "promise_late"])
        .order_by("seq")
        .values_list("verb", flat=True)
    )


def promised(ticket: Ticket, who: User, by: User, *, made: timedelta, due: timedelta) -> Promise:
    """A promise made so long ago, due in so long."""
    now = timezone.now()
    promise = promises.promise_answer(ticket, who=who, by_when=now + timedelta(days=9), by=by)
    Promise.objects.filter(pk=promise.pk).update(created_at=now - made, by_when=now + due)
    promise.refresh_from_db()
    return promise


@pytest.mark.parametrize(
    ("made", "due", "expected"),
    [
        (timedelta(hours=5), 29 * MINUTE, ["promise_due"]),
        (timedelta(hours=5), 31 * MINUTE, []),
        # an answer promised within the hour: a quarter of its time before
        (31 * MINUTE, 9 * MINUTE, ["promise_due"]),
        (29 * MINUTE, 11 * MINUTE, []),
        (timedelta(hours=5), -MINUTE, ["promise_late"]),
    ],
)
def test_it_is_told_half_an_hour_before_and_of_short_ones_a_quarter_of_their_time(
    ticket: Ticket, anna: User, made: timedelta, due: timedelta, expected: list[str]
) -> None:
    promised(ticket, anna, anna, made=made, due=due)
    assert reminders.remind_of_promises() == len(expected)
    assert told(ticket) == expected


def test_each_is_told_once_and_late_after_soon(ticket: Ticket, anna: User) -> None:
    promise = promised(ticket, anna, anna, made=timedelta(hours=5), due=20 * MINUTE)
    assert [reminders.remind_of_promises() for _ in range(2)] == [1, 0]
    Promise.objects.filter(pk=promise.pk).update(by_when=timezone.now() - MINUTE)
    assert [reminders.remind_of_promises() for _ in range(2)] == [1, 0]
    assert told(ticket) == ["promise_due", "promise_late"]
    promise.refresh_from_db()
    assert promise.reminded_at is not None
    assert promise.told_late_at is not None


def test_late_is_told_to_who_promised_who_asked_and_who_answers_for_the_ticket(
    ticket: Ticket, anna: User, ben: User, root: User
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(responsible=anna)
    promised(ticket, ben, root, made=timedelta(hours=5), due=-MINUTE)
    Notice.objects.all().delete()
    reminders.remind_of_promises()
    heard = Notice.objects.filter(kind=Notice.Kind.PROMISE_LATE).values_list("user", flat=True)
    assert set(heard) == {anna.pk, ben.pk, root.pk}


def test_a_promise_that_nobody_accepted_in_time_is_late_all_the_same(ticket: Ticket, anna: User, ben: User) -> None:
    promise = promised(ticket, ben, anna, made=timedelta(hours=5), due=-MINUTE)
    assert promise.state == Promise.State.ASKED
    reminders.remind_of_promises()
    assert told(ticket) == ["promise_late"]


def test_a_kept_promise_is_not_told(ticket: Ticket, anna: User) -> None:
    promised(ticket, anna, anna, made=timedelta(hours=5), due=-MINUTE)
    conversation.reply_to_customer(ticket, text="Kész.", by=anna)
    assert reminders.remind_of_promises() == 0


def test_many_are_told_in_one_run(helpdesk: Team, anna: User) -> None:
    tickets = [make.ticket(team=helpdesk, text=None) for _ in range(7)]
    for each in tickets:
        promised(each, anna, anna, made=timedelta(hours=5), due=-MINUTE)
    assert reminders.remind_of_promises(limit=5) == 5
    assert reminders.remind_of_promises() == 2
    assert [told(each) for each in tickets] == [["promise_late"]] * 7
