"""Rights of many listeners at once, the same as one by one; and that a missed batch is noticed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests import make
from tickets import lifecycle, permissions, promises
from tickets.audience import Audience, Listener, Pulse, Standing, Verdict, judge
from tickets.models import Right, Role, Team, Ticket, User


def test_all_at_once_is_the_same_as_one_by_one(
    anna: User, ben: User, cora: User, carla: User, karl: User, root: User, helpdesk: Team, network: Team
) -> None:
    shares = make.organisation("Osztozó", shares_tickets=True)
    member = make.person(organisation=shares)
    tickets = [
        make.ticket(team=helpdesk, customer=carla),
        make.ticket(team=network, customer=anna),  # an agent who asks another team
        make.ticket(team=network, customer=make.person(organisation=shares)),
        make.ticket(team=helpdesk, customer=karl, owner=anna),
        make.ticket(team=make.team("Raktár")),
    ]
    promises.promise_answer(tickets[0], who=ben, by_when=timezone.now() + timedelta(hours=1), by=anna)
    writer = make.agent(team=network, rights=[Right.CREATE])  # may open, not read
    people = list(User.objects.filter(pk__in=[p.pk for p in (anna, ben, cora, carla, karl, root, member, writer)]))
    sights = permissions.who_sees(people, {ticket.pk for ticket in tickets})
    for user in people:
        seen = set(Ticket.objects.visible_to(user).values_list("pk", flat=True))
        inside = set(Ticket.objects.worked_by(user).values_list("pk", flat=True))
        assert set(sights[user.pk].seen) == seen, user.name
        assert set(sights[user.pk].inside) == inside, user.name


def test_two_hundred_listeners_cost_as_many_queries_as_two(
    helpdesk: Team, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ticket = make.ticket(team=helpdesk)
    agents = [make.agent(team=helpdesk) for _n in range(20)]
    for count in (2, 20):
        with django_assert_num_queries(3):  # people, their memberships, the tickets' teams
            verdicts = judge({Listener(agent.pk): {ticket.pk} for agent in agents[:count]})
        assert all(verdict.sight.inside == {ticket.pk} for verdict in verdicts.values())


def test_a_verdict_says_who_is_out(anna: User, ben: User, root: User, helpdesk: Team, network: Team) -> None:
    User.objects.filter(pk=ben.pk).update(is_active=False)
    asked = [
        Listener(anna.pk),
        Listener(anna.pk, "a session that has ended"),
        Listener(anna.pk, "", "the hash of another password"),
        Listener(ben.pk),
        Listener(0),
    ]
    found = judge({each: set() for each in asked})
    assert [found[each].standing for each in asked] == [
        Standing.IN,
        Standing.SIGNED_OUT,
        Standing.SIGNED_OUT,
        Standing.DEACTIVATED,
        Standing.DEACTIVATED,
    ]
    assert found[asked[0]].groups == {f"person.{anna.pk}", f"team.{helpdesk.pk}", "house"}
    assert judge({Listener(root.pk): set()})[Listener(root.pk)].teams == {helpdesk.pk, network.pk}


def test_a_revoked_owner_no_longer_sees_inside(anna: User, carla: User, helpdesk: Team) -> None:
    agent = make.person(roles=[Role.AGENT])
    ticket = make.ticket(team=helpdesk, customer=carla)
    Ticket.objects.filter(pk=ticket.pk).update(owner=agent)
    assert judge({Listener(agent.pk): {ticket.pk}})[Listener(agent.pk)].sight.inside == {ticket.pk}
    ticket.refresh_from_db()
    lifecycle.assign_ticket(ticket, to=anna, by=anna)
    assert judge({Listener(agent.pk): {ticket.pk}})[Listener(agent.pk)].sight.inside == set()


# --- the numbers of the wire ----------------------------------------------------------------------------------------


class Ear:
    """A member that only hears how the wire is."""

    listener = Listener(0)

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def be_judged(self, verdict: Verdict) -> None:
        raise AssertionError

    async def hear_wire(self, state: str) -> None:
        self.heard.append(state)


def pulse_and_ear() -> tuple[Any, Ear]:
    ear = Ear()
    return Pulse(Audience(members={ear})), ear


async def test_batches_in_any_order_are_no_loss() -> None:
    pulse, ear = pulse_and_ear()
    await pulse.compare(7)
    for number in (9, 8, 10):
        await pulse.hear(number)
    await pulse.compare(11)
    await pulse.hear(11)
    await pulse.compare(11)
    assert ear.heard == []


@pytest.mark.parametrize(
    ("came", "sent"),
    [([8, 10], [10, 10]), ([], [8, 8]), ([], [0]), ([8], [8, 2])],
    ids=["one is missing", "the last is missing", "Redis was emptied", "Redis counts anew"],
)
async def test_a_loss_is_noticed_once(came: list[int], sent: list[int]) -> None:
    pulse, ear = pulse_and_ear()
    await pulse.compare(7)
    for number in came:
        await pulse.hear(number)
    for number in sent:
        await pulse.compare(number)
    await pulse.compare(sent[-1])
    await pulse.compare(sent[-1])
    assert ear.heard == ["resync"]


async def test_after_deafness_everybody_reads_again() -> None:
    pulse, ear = pulse_and_ear()
    await pulse.compare(7)
    await pulse.audience.tell("deaf")
    await pulse.compare(7)
    await pulse.compare(7)
    assert ear.heard == ["deaf", "resync"]


async def test_hints_that_had_to_be_dropped_are_told_as_a_loss() -> None:
    pulse, ear = pulse_and_ear()
    await pulse.hear(8, dropped=True)
    assert ear.heard == ["resync"]


# --- coming while the last one goes ---------------------------------------------------------------------------------


def judge_all_in(questions: dict[Listener, set[int]], problems: object) -> dict[Listener, Verdict]:
    return {each: Verdict(Standing.IN) for each in questions}


async def test_who_comes_while_the_last_one_leaves_gets_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anna goes to another page: her new line asks for its rights in the moment in which her old line ends."""
    monkeypatch.setattr("tickets.audience.judge", judge_all_in)
    house, old, new = Audience(), Ear(), Listener(2)
    house.join(old)
    asking = asyncio.ensure_future(house.ask(new, set()))
    await asyncio.sleep(0)  # it has begun to ask
    await house.leave(old)
    assert (await asyncio.wait_for(asking, 5)).standing == Standing.IN


async def test_who_comes_while_rights_are_asked_hears_losses_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tickets.audience.judge", judge_all_in)
    house, ear = Audience(), Ear()
    asking = asyncio.ensure_future(house.ask(Listener(2), set()))
    await asyncio.sleep(0)
    house.join(ear)  # while somebody else's question is under way
    assert house.watches
    await asking
    await house.leave(ear)
    assert not house.watches


async def test_a_page_that_goes_takes_no_answer_from_the_page_that_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tickets.audience.judge", judge_all_in)
    house, same = Audience(), Listener(2)
    old = asyncio.ensure_future(house.ask(same, {1}))
    new = asyncio.ensure_future(house.ask(same, set()))
    await asyncio.sleep(0)  # both wait for one answer
    old.cancel()
    assert (await asyncio.wait_for(new, 5)).standing == Standing.IN


async def test_the_last_one_leaves_even_if_a_cancellation_is_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis' client does so at times while it connects; the page's socket then never ended."""
    is_counting = asyncio.Event()

    async def counted() -> int:
        is_counting.set()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        return 0

    monkeypatch.setattr("tickets.wire.counted", counted)
    house, ear = Audience(), Ear()
    house.join(ear)
    watches = set(house.watches)
    await is_counting.wait()
    await asyncio.wait_for(house.leave(ear), 5)
    assert all(watch.done() for watch in watches)
