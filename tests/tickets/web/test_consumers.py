"""The websocket of live pages: who hears what, and who hears nothing more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone

from tests import make
from tickets import audience, consumers, group_figures, groups, lifecycle, live, people, presence, promises, tagging
from tickets.consumers import LiveConsumer
from tickets.models import Right, Team, Ticket, TicketGroup, User

pytestmark = pytest.mark.django_db(transaction=True)


def run(act: Callable[..., Any], *arguments: Any, **keywords: Any) -> Awaitable[Any]:
    """A room's function on its thread, committed, and its hints on their way, so that who listens later missed them."""

    def work() -> Any:
        result = act(*arguments, **keywords)
        live.flush()
        return result

    waiting: Awaitable[Any] = database_sync_to_async(work)()
    return waiting


class Listener:
    """A browser's end of the socket."""

    def __init__(self, user: User | AnonymousUser) -> None:
        scope: dict[str, Any] = {"type": "websocket", "path": "/live/", "headers": [], "subprotocols": [], "user": user}
        communicator: Any = ApplicationCommunicator  # asgiref gives it no types
        self.socket = communicator(LiveConsumer.as_asgi(), scope)

    async def knock(self) -> None:
        await self.socket.send_input({"type": "websocket.connect"})
        assert (await self.event())["type"] == "websocket.accept"

    async def leave(self) -> None:
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.socket.wait(timeout=3)

    async def event(self) -> dict[str, Any]:
        event: dict[str, Any] = await self.socket.receive_output(timeout=3)
        return event

    async def hear(self) -> dict[str, Any]:
        heard: dict[str, Any] = json.loads((await self.event())["text"])
        return heard

    async def hears_nothing(self) -> bool:
        return bool(await self.socket.receive_nothing(timeout=0.6))

    async def say(self, text: str) -> None:
        await self.socket.send_input({"type": "websocket.receive", "text": text})

    async def here(self, number: str, doing: str) -> None:
        await self.say(json.dumps({"type": "here", "ticket": number, "doing": doing}))

    async def watch(self, number: object) -> None:
        await self.say(json.dumps({"type": "watch", "ticket": number}))
        await self.socket.receive_nothing(timeout=0.3)


async def greeted(user: User) -> Listener:
    listener = Listener(user)
    await listener.knock()
    assert (await listener.hear())["type"] == "hello"
    return listener


async def test_a_stranger_is_shown_the_door() -> None:
    listener = Listener(AnonymousUser())
    await listener.knock()
    closed = await listener.event()
    assert (closed["type"], closed["code"]) == ("websocket.close", consumers.SIGNED_OUT)


async def test_the_team_hears_of_its_ticket_and_others_do_not(
    anna: User, ben: User, carla: User, helpdesk: Team
) -> None:
    ticket: Ticket = await run(make.ticket, team=helpdesk, customer=carla)
    hers, his = await greeted(anna), await greeted(ben)
    await run(tagging.tag_ticket, ticket, "vpn", by=anna)
    heard = {"type": "ticket", "ticket": ticket.number, "verbs": ["tagged"], "own": True, "seq": 1}
    assert await hers.hear() == heard
    await run(lifecycle.assign_ticket, ticket, to=anna, by=anna)
    assert (await hers.hear())["seq"] == 2
    assert await hers.hears_nothing()  # one hint, though it comes by the team's and the owner's group
    assert await his.hears_nothing()
    await hers.leave()
    await his.leave()


async def test_watching_takes_the_right_to_see(anna: User, ben: User, karl: User, carla: User, helpdesk: Team) -> None:
    ticket: Ticket = await run(make.ticket, team=helpdesk, customer=carla)
    his, hers = await greeted(ben), await greeted(karl)
    for listener in (his, hers):
        await listener.watch(ticket.number)
        await listener.say("no json")
        await listener.say('["watch"]')
        await listener.watch({"number": 1})
    await run(tagging.tag_ticket, ticket, "vpn", by=anna)
    assert await his.hears_nothing()
    assert await hers.hears_nothing()
    await his.leave()
    await hers.leave()


async def test_a_customer_hears_of_the_ticket_he_watches(anna: User, carla: User, helpdesk: Team) -> None:
    ticket: Ticket = await run(make.ticket, team=helpdesk, customer=carla)
    hers = await greeted(carla)
    await hers.watch(ticket.number)
    await run(lifecycle.rename_ticket, ticket, title="New title", by=anna)
    assert (await hers.hear())["ticket"] == ticket.number
    await hers.leave()


async def test_whoever_loses_the_right_hears_nothing_more(anna: User, carla: User, helpdesk: Team) -> None:
    ticket: Ticket = await run(make.ticket, team=helpdesk, customer=carla)
    hers = await greeted(anna)
    await hers.watch(ticket.number)
    await run(people.give_rights, anna, team=helpdesk, rights=[])
    await run(tagging.tag_ticket, ticket, "vpn", by=None)
    assert await hers.hear() == {"type": "gone", "ticket": ticket.number, "seq": 1}  # the ticket that her page shows
    await run(tagging.tag_ticket, ticket, "again", by=None)
    assert await hers.hears_nothing()
    await hers.leave()


async def test_a_deactivated_person_is_cut_off(anna: User, carla: User, helpdesk: Team) -> None:
    ticket: Ticket = await run(make.ticket, team=helpdesk, customer=carla)
    hers = await greeted(anna)
    await run(User.objects.filter(pk=anna.pk).update, is_active=False)
    await run(tagging.tag_ticket, ticket, "vpn", by=None)
    closed = await hers.event()
    assert (closed["type"], closed["code"]) == ("websocket.close", consumers.DEACTIVATED)


async def test_a_moved_ticket_is_announced_to_the_team_that_gets_it_and_leaves_the_lists_of_the_other(
    anna: User, ben: User, carla: User, helpdesk: Team, network: Team
) -> None:
    ticket: Ticket = await run(make.ticket, team=helpdesk, customer=carla)
    hers, his = await greeted(anna), await greeted(ben)
    await hers.watch(ticket.number)
    await run(lifecycle.move_ticket, ticket, to=network, by=anna)
    assert (await his.hear())["verbs"] == ["moved"]
    assert await hers.hear() == {"type": "gone", "ticket": ticket.number, "seq": 1}
    assert await hers.hear() == {"type": "inbox", "seq": 2}  # her list has one row less; which, she does not hear
    await run(tagging.tag_ticket, ticket, "vpn", by=ben)
    assert await hers.hears_nothing()
    await hers.leave()
    await his.leave()


async def test_a_customer_does_not_learn_when_notes_are_written(anna: User, carla: User, helpdesk: Team) -> None:
    ticket: Ticket = await run(make.ticket, team=helpdesk, customer=carla)
    hers = await greeted(carla)
    await hers.watch(ticket.number)
    await run(make.note, ticket, author=anna)
    assert await hers.hears_nothing()
    await run(make.message, ticket, author=anna)
    assert (await hers.hear())["verbs"] == ["message_received"]
    await hers.leave()


async def test_what_happened_between_the_pages_making_and_its_socket_is_told_at_once(
    anna: User, carla: User, helpdesk: Team
) -> None:
    ticket: Ticket = await run(make.ticket, team=helpdesk, customer=carla)
    made = ticket.changed_at.isoformat()
    hers = await greeted(anna)
    await hers.say(json.dumps({"type": "watch", "ticket": ticket.number, "changed": made}))
    assert await hers.hears_nothing()
    await hers.leave()
    await run(tagging.tag_ticket, ticket, "vpn", by=anna)
    hers = await greeted(anna)
    await hers.say(json.dumps({"type": "watch", "ticket": ticket.number, "changed": made}))
    assert (await hers.hear())["ticket"] == ticket.number
    await hers.leave()


async def test_several_events_of_one_commit_are_one_hint(anna: User, ben: User, carla: User, helpdesk: Team) -> None:
    ticket: Ticket = await run(make.ticket, team=helpdesk, customer=carla)
    hers = await greeted(anna)

    def act() -> None:
        with transaction.atomic():
            tagging.tag_ticket(ticket, "vpn", by=ben)
            lifecycle.rename_ticket(ticket, title="New title", by=ben)

    await run(act)
    heard = await hers.hear()
    assert (heard["verbs"], heard["own"]) == (["tagged", "title_changed"], False)
    assert await hers.hears_nothing()
    await hers.leave()


async def test_people_and_the_house_are_told_what_is_no_ticket(anna: User, ben: User, carla: User) -> None:
    hers, his, customers = await greeted(anna), await greeted(ben), await greeted(carla)
    await run(live.tell_people, [anna.pk, carla.pk], "notices")
    assert await hers.hear() == {"type": "notices", "seq": 1}
    assert await customers.hear() == {"type": "notices", "seq": 1}
    await run(live.tell_house, "upkeep")
    assert (await hers.hear())["type"] == (await his.hear())["type"] == "upkeep"
    assert await customers.hears_nothing()
    for each in (hers, his, customers):
        await each.leave()


async def test_how_far_a_broadcast_is_reaches_who_may_open_the_group(
    anna: User, karl: User, helpdesk: Team, carla: User
) -> None:
    ticket: Ticket = await run(make.ticket, team=helpdesk, customer=carla)
    group: TicketGroup = await run(groups.open_group, "VPN", team=helpdesk, by=anna, tickets=[ticket])
    hers, his = await greeted(anna), await greeted(karl)
    seen = await run(group_figures.last_event, group)
    for each in (hers, his):
        await each.say(json.dumps({"type": "watch", "problem": group.pk, "event": seen}))
    # What moved between the page's reading and the watching is heard of.
    assert (await hers.hear())["type"] == f"broadcasts-{group.pk}"
    await run(live.tell_progress, group.pk)
    assert (await hers.hear())["type"] == f"broadcasts-{group.pk}"

    def both() -> None:
        with transaction.atomic():
            live.tell_group(group.pk)
            live.tell_progress(group.pk)

    await run(both)
    heard = {(await hers.hear())["type"], (await hers.hear())["type"]}
    assert heard == {f"problem-{group.pk}", f"broadcasts-{group.pk}"}, "neither takes the other's place"
    assert await his.hears_nothing()
    await hers.leave()
    await his.leave()


async def test_whoever_is_given_rights_hears_of_that_team_from_the_next_sweep_on(
    anna: User, ben: User, carla: User, helpdesk: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "SWEEP_SECONDS", 0.1)
    ticket: Ticket = await run(make.ticket, team=helpdesk, customer=carla)
    his = await greeted(ben)
    await run(people.give_rights, ben, team=helpdesk, rights=[Right.READ])
    assert (await his.hear())["type"] == "rights"
    await run(tagging.tag_ticket, ticket, "vpn", by=anna)
    assert (await his.hear())["ticket"] == ticket.number
    await run(User.objects.filter(pk=ben.pk).update, is_active=False)
    assert (await his.event())["code"] == consumers.DEACTIVATED  # though nothing happened on any ticket


async def test_a_changed_password_ends_the_other_sockets(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "SWEEP_SECONDS", 0.1)
    hers = await greeted(anna)

    def change() -> None:
        anna.set_password("negy-kis-malac-2026")
        anna.save()

    await run(change)
    assert (await hers.event())["code"] == consumers.SIGNED_OUT


async def test_what_is_no_hint_of_ours_is_ignored(anna: User) -> None:
    hers = await greeted(anna)
    for text in (
        "no json",
        "[]",
        '{"type": "here", "ticket": "1", "doing": []}',
        '{"type": "watch", "ticket": {}}',
        "7",
    ):
        await hers.say(text)
    await hers.say('{"type": "ping"}')
    assert await hers.hear() == {"type": "pong"}
    await hers.leave()


def test_the_asked_colleague_of_another_team_may_hear(anna: User, ben: User, carla: User, helpdesk: Team) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    assert consumers.find_watched(ben.pk, ticket.number) is None
    promises.promise_answer(ticket, who=ben, by_when=timezone.now() + timedelta(hours=1), by=anna)
    found = consumers.find_watched(ben.pk, ticket.number)
    assert found is not None
    assert (found.ticket_id, found.is_inside) == (ticket.pk, True)


# --- presence --------------------------------------------------------------------------------------------------------


async def test_colleagues_see_who_views_and_writes_and_that_he_left(
    anna: User, cora: User, carla: User, helpdesk: Team
) -> None:
    ticket: Ticket = await run(make.ticket, team=helpdesk, customer=carla)
    hers, corens, customers = await greeted(anna), await greeted(cora), await greeted(carla)
    for listener in (hers, corens, customers):
        await listener.watch(ticket.number)
    await corens.here(ticket.number, "viewing")
    assert await hers.hear() == {"type": "presence", "ticket": ticket.number, "seq": 1}
    assert await on(ticket, anna) == [(cora.pk, "viewing")]
    assert await on(ticket, cora) == []
    await corens.here(ticket.number, "viewing")  # still there: no news
    assert await hers.hears_nothing()
    await corens.here(ticket.number, "replying")
    assert (await hers.hear())["type"] == "presence"
    assert await on(ticket, anna) == [(cora.pk, "replying")]
    await corens.leave()  # a closed tab
    assert (await hers.hear())["type"] == "presence"
    assert await on(ticket, anna) == []
    await customers.here(ticket.number, "viewing")  # a customer is nobody's colleague
    assert await customers.hears_nothing()
    assert await on(ticket, anna) == []
    await hers.leave()
    await customers.leave()


async def test_who_says_nothing_more_fades_and_the_others_are_told(
    anna: User, cora: User, carla: User, helpdesk: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "FADES", 1)
    ticket: Ticket = await run(make.ticket, team=helpdesk, customer=carla)
    hers = await greeted(anna)
    await hers.watch(ticket.number)
    await presence.stay(ticket.pk, ticket.number, connection="killed", user_id=cora.pk, doing=presence.Doing.REPLYING)
    assert (await hers.hear())["type"] == "presence"
    await hers.here(ticket.number, "viewing")
    assert (await hers.hear())["type"] == "presence"
    assert await on(ticket, anna) == [(cora.pk, "replying")]
    while await on(ticket, anna):  # noqa: ASYNC110 (another thread ends it)
        await asyncio.sleep(0.05)
    await presence.stay(ticket.pk, ticket.number, connection="other", user_id=anna.pk, doing=presence.Doing.VIEWING)
    assert (await hers.hear())["type"] == "presence"
    await hers.leave()


async def test_whoever_lost_the_right_is_no_longer_present(anna: User, cora: User, carla: User, helpdesk: Team) -> None:
    ticket: Ticket = await run(make.ticket, team=helpdesk, customer=carla)
    corens = await greeted(cora)
    await corens.watch(ticket.number)
    await corens.here(ticket.number, "viewing")
    assert (await corens.hear())["type"] == "presence"
    await run(people.give_rights, cora, team=helpdesk, rights=[])
    await corens.here(ticket.number, "replying")
    assert await corens.hears_nothing()
    assert await on(ticket, anna) == []
    await corens.leave()


async def on(ticket: Ticket, reader: User) -> list[tuple[int, str]]:
    colleagues = await database_sync_to_async(presence.colleagues_on)(ticket, besides=reader)
    return [(each.user.pk, str(each.doing)) for each in colleagues]


async def test_a_bell_is_told_that_there_is_something_and_not_what(anna: User, ben: User) -> None:
    listener, other = await greeted(anna), await greeted(ben)
    await run(live.tell_people, [anna.pk], "notices")
    heard = await listener.hear()
    assert heard.pop("seq") >= 1
    assert heard == {"type": "notices"}
    assert await other.hears_nothing()
    await listener.leave()
    await other.leave()
