"""Groups under two hands at once: each race with two connections."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection, transaction

from tests import make
from tickets import group_closing, groups, known_outages
from tickets.errors import Refused
from tickets.groups import How
from tickets.models import GroupEvent, GroupMembership, Team, Ticket, TicketGroup, User

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Runs the acts in threads of their own that begin together; what each returned, or the refusal."""
    start, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        try:
            start.wait(10)
            results[place] = act()  # type: ignore[call-overload]
        except Refused as refusal:
            results[place] = refusal  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "they wait for one another"
    return list(results)


@pytest.fixture
def anna(helpdesk: Team) -> User:
    return make.agent("Varga Anna", "anna@desk.example", team=helpdesk)


def test_joining_two_groups_at_once_ends_in_one(helpdesk: Team, anna: User) -> None:
    ticket = make.ticket(team=helpdesk)
    vpn = groups.open_group("VPN", team=helpdesk, by=anna)
    mail = groups.open_group("Mail", team=helpdesk, by=anna)
    results = at_once(
        lambda: groups.join_group(vpn, ticket=ticket, by=anna, how=How.TYPED),
        lambda: groups.join_group(mail, ticket=ticket, by=anna, how=How.TYPED),
    )
    assert [isinstance(result, Refused) for result in results].count(True) == 1
    assert GroupMembership.objects.current().filter(ticket=ticket).count() == 1
    assert GroupEvent.objects.filter(verb="joined").count() == 1


def test_who_waits_for_a_closing_group_is_refused(helpdesk: Team, anna: User) -> None:
    """The join holds its ticket and waits for the group's lock while the group is being closed."""
    group = groups.open_group("VPN", team=helpdesk, by=anna, tickets=[make.ticket(team=helpdesk)])
    ticket = make.ticket(team=helpdesk)
    plan = group_closing.plan_closing(group, by=anna)
    refusals: list[object] = []

    def join() -> None:
        try:
            groups.join_group(group, ticket=ticket, by=anna, how=How.TYPED)
        except Refused as refusal:
            refusals.append(refusal)
        finally:
            connection.close()

    with transaction.atomic():
        groups.lock_group(group)
        waiting = threading.Thread(target=join)
        waiting.start()
        wait_until_somebody_waits()
        TicketGroup.objects.filter(pk=group.pk).update(status="closed", closed_at=plan.created_at)
    waiting.join(30)
    assert len(refusals) == 1
    assert groups.group_of(ticket) is None


def wait_until_somebody_waits() -> None:
    """Returns once another connection waits for a lock; the test's time limit is the runner's."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            row = cursor.fetchone()
            if row and row[0]:
                return


def test_joining_and_closing_at_once_loses_nobody(helpdesk: Team, anna: User) -> None:
    """Either the ticket is a member of the closing, or it was refused and is in no group."""
    for _turn in range(5):
        group = groups.open_group("VPN", team=helpdesk, by=anna, tickets=[make.ticket(team=helpdesk)])
        ticket = make.ticket(team=helpdesk)
        plan = group_closing.plan_closing(group, by=anna)
        joined, _closed = at_once(
            partial(groups.join_group, group, ticket=ticket, by=anna, how=How.TYPED),
            partial(group_closing.close_group, plan, by=anna),
        )
        is_member = GroupMembership.objects.members().filter(ticket=ticket, group=group).exists()
        assert is_member is not isinstance(joined, Refused)
        assert plan.items.filter(ticket=ticket).exists() is is_member
        assert groups.group_of(ticket) is None
        assert Ticket.objects.get(pk=ticket.pk).is_open is not is_member


def test_leaving_and_closing_at_once_leaves_no_half(helpdesk: Team, anna: User) -> None:
    ticket = make.ticket(team=helpdesk)
    group = groups.open_group("VPN", team=helpdesk, by=anna, tickets=[ticket])
    plan = group_closing.plan_closing(group, by=anna)
    left, _closed = at_once(
        lambda: groups.leave_group(ticket, by=anna), lambda: group_closing.close_group(plan, by=anna)
    )
    has_left = not isinstance(left, Refused)
    member = GroupMembership.objects.get(ticket=ticket)
    assert (member.left_at is not None) is has_left
    assert groups.group_of(ticket) is None


def test_opening_again_and_joining_another_at_once(helpdesk: Team, anna: User) -> None:
    ticket = make.ticket(team=helpdesk)
    group = groups.open_group("VPN", team=helpdesk, by=anna, tickets=[ticket])
    group_closing.close_group(group_closing.plan_closing(group, by=anna), by=anna)
    other = groups.open_group("Mail", team=helpdesk, by=anna)
    at_once(
        lambda: group_closing.reopen_group(group, by=anna),
        lambda: groups.join_group(other, ticket=ticket, by=anna, how=How.TYPED),
    )
    assert GroupMembership.objects.current().filter(ticket=ticket).count() == 1


def test_two_presses_of_me_too_are_one_request(helpdesk: Team, anna: User) -> None:
    carla = make.person()
    group = groups.open_group("VPN", team=helpdesk, by=anna)
    groups.set_outage(group, by=anna, texts={"hu": "A VPN nem megy."}, is_shown=True)
    results = at_once(*[lambda: known_outages.report_outage(group, by=carla)] * 3)
    assert len(set(results)) == 1
    assert Ticket.objects.filter(customer=carla).count() == 1
