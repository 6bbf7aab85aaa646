"""The websocket of the live load: a snapshot, then what changes, at most once a second; the revoked hear no more."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser

from contactcenter import activities, load_hub, memberships, states
from contactcenter.consumers import LoadConsumer
from contactcenter.load import read_load
from contactcenter.models import Agent, Queue
from tests import make
from tests.contactcenter import centre
from tickets import live
from tickets.consumers import DEACTIVATED, SIGNED_OUT
from tickets.models import Team, User

pytestmark = pytest.mark.django_db(transaction=True)


async def run(act: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """A room's function on its thread, committed, and its hints on their way."""

    def work() -> Any:
        result = act(*arguments, **keywords)
        live.flush()
        return result

    return await database_sync_to_async(work)()


class Browser:
    """A browser's end of the socket."""

    def __init__(self, user: User | AnonymousUser) -> None:
        scope: dict[str, Any] = {"type": "websocket", "path": "/live/load/", "headers": [], "subprotocols": []}
        communicator: Any = ApplicationCommunicator  # asgiref gives it no types
        self.socket = communicator(LoadConsumer.as_asgi(), scope | {"user": user})

    async def knock(self) -> None:
        await self.socket.send_input({"type": "websocket.connect"})
        assert (await self.event())["type"] == "websocket.accept"

    async def event(self, seconds: float = 10) -> dict[str, Any]:
        event: dict[str, Any] = await self.socket.receive_output(timeout=seconds)
        return event

    async def hear(self) -> dict[str, Any]:
        heard: dict[str, Any] = json.loads((await self.event())["text"])
        return heard

    async def hear_of(self, queue: Queue, **wanted: Any) -> dict[str, Any]:
        """The next message after which the queue stands like this."""
        while True:
            for one in (await self.hear())["queues"]:
                if one["id"] == queue.pk and all(one[name] == value for name, value in wanted.items()):
                    return dict(one)

    async def code(self) -> int:
        while (event := await self.event(15))["type"] != "websocket.close":
            pass
        return int(event["code"])

    async def say(self, content: Any) -> None:
        await self.socket.send_input({"type": "websocket.receive", "text": json.dumps(content)})

    async def leave(self) -> None:
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.socket.wait(timeout=5)


@pytest.fixture
def line(helpdesk: Team) -> Queue:
    return centre.queue("Számlázás", team=helpdesk)


@pytest.fixture
def agent(anna: User, helpdesk: Team, line: Queue) -> Agent:
    made = states.add_agent(anna, home_team=helpdesk, by=None)
    memberships.join_queue(made, queue=line, by=None)
    activities.sign_in(made, by=None)
    return centre.fresh(made)


async def test_strangers_customers_and_other_agents_are_shown_the_door(carla: User, ben: User, agent: Agent) -> None:
    for user, code in ((AnonymousUser(), SIGNED_OUT), (carla, DEACTIVATED), (ben, DEACTIVATED)):
        browser = Browser(user)
        await browser.knock()
        assert await browser.code() == code
        await browser.leave()


async def test_a_watcher_gets_everything_and_then_what_changes(anna: User, agent: Agent, line: Queue) -> None:
    browser = Browser(anna)
    await browser.knock()
    first = await browser.hear()
    assert first["type"] == "snapshot"
    queue = first["queues"][0]
    assert (queue["id"], queue["waiting"], queue["ready"], queue["tension"]) == (line.pk, 0, 1, "ok")
    assert [one["look"] for one in first["agents"]] == ["ready"]
    await run(centre.call, line)
    changed = await browser.hear_of(line, waiting=1)
    assert changed["seq"] > queue["seq"]
    await browser.say({"type": "snapshot"})
    while (again := await browser.hear())["type"] != "snapshot":
        pass
    assert again["queues"][0]["seq"] >= changed["seq"]
    await browser.leave()


async def test_numbers_follow_one_another_and_come_at_most_once_a_second(anna: User, agent: Agent, line: Queue) -> None:
    browser = Browser(anna)
    await browser.knock()
    seq = (await browser.hear())["queues"][0]["seq"]
    loop = asyncio.get_running_loop()
    came: list[float] = []
    for _n in range(3):
        for _m in range(4):
            await run(centre.call, line)
        while True:
            message = await browser.hear()
            if message["queues"]:
                came.append(loop.time())
                assert message["queues"][0]["seq"] == seq + 1
                seq += 1
                break
    assert all(later - earlier > 0.7 for earlier, later in itertools.pairwise(came))
    await browser.leave()


async def test_rows_that_move_are_told_as_a_new_shape(anna: User, agent: Agent, line: Queue, helpdesk: Team) -> None:
    browser = Browser(anna)
    await browser.knock()
    shape = (await browser.hear())["shape"]
    await run(centre.agent, "Kiss Új", team=helpdesk, serves=line)
    while (message := await browser.hear())["shape"] == shape:
        pass
    assert message["type"] == "load"
    await browser.leave()


@pytest.mark.parametrize("how", ["retired", "deactivated"])
async def test_whoever_is_revoked_hears_nothing_more(anna: User, agent: Agent, line: Queue, how: str) -> None:
    browser = Browser(anna)
    await browser.knock()
    assert (await browser.hear())["type"] == "snapshot"
    who = Agent.objects.filter(pk=agent.pk) if how == "retired" else User.objects.filter(pk=anna.pk)
    await run(who.update, is_active=False)
    await run(centre.call, line)
    assert await browser.code() == DEACTIVATED
    await browser.leave()


async def test_many_watchers_share_one_reading(root: User, agent: Agent, line: Queue) -> None:
    browsers = [Browser(root) for _n in range(50)]
    for browser in browsers:
        await browser.knock()
    for browser in browsers:
        assert (await browser.hear())["type"] == "snapshot"
    hub = load_hub.hub()
    before, began = hub.reads, asyncio.get_running_loop().time()
    await run(centre.call, line)
    told = await asyncio.gather(*(browser.hear_of(line, waiting=1) for browser in browsers))
    assert len({json.dumps(one) for one in told}) == 1
    assert hub.reads - before <= (asyncio.get_running_loop().time() - began) / load_hub.LEAST_GAP + 2
    for browser in browsers:
        await browser.leave()
    assert not hub.watchers
    assert not hub._tasks


async def test_what_it_does_not_know_is_ignored(root: User, line: Queue) -> None:
    browser = Browser(root)
    await browser.knock()
    await browser.hear()
    for content in ("x", ["snapshot"], {"type": "other"}, None):
        await browser.say(content)
    await browser.say({"type": "ping"})
    while (heard := await browser.hear())["type"] != "pong":
        pass
    assert heard == {"type": "pong"}
    await browser.leave()


def test_a_message_goes_out_only_for_what_differs(line: Queue, helpdesk: Team) -> None:
    telling = load_hub.Telling()
    other = centre.queue("Rendelés", team=helpdesk)
    with centre.clock_at() as time:
        assert telling.take(read_load()) is not None
        assert telling.take(read_load()) is None
        time.on(seconds=1)
        centre.call(other)
        message = telling.take(read_load())
        assert message is not None
        assert [(one["id"], one["seq"]) for one in message["queues"]] == [(other.pk, 2)]
        assert {one["id"]: one["seq"] for one in telling.snapshot()["queues"]} == {line.pk: 1, other.pk: 2}
        make.agent("Nobody", team=helpdesk)
        assert telling.take(read_load()) is None


def test_a_queue_is_told_of_once_a_second_and_others_do_not_wait_for_it(line: Queue, helpdesk: Team) -> None:
    telling = load_hub.Telling()
    other = centre.queue("Rendelés", team=helpdesk)
    with centre.clock_at() as time:
        assert telling.take(read_load()) is not None
        time.on(seconds=1)
        centre.call(line)
        assert telling.take(read_load()) is not None
        time.on(seconds=0.4)
        centre.call(line)
        assert telling.take(read_load()) is None
        assert telling.due == pytest.approx(0.6)
        centre.call(other)
        message = telling.take(read_load())
        assert message is not None
        assert [one["id"] for one in message["queues"]] == [other.pk]
        assert {one["id"]: one["waiting"] for one in telling.snapshot()["queues"]} == {line.pk: 1, other.pk: 1}
        time.on(seconds=0.6)
        message = telling.take(read_load())
        assert message is not None
        assert [(one["id"], one["waiting"]) for one in message["queues"]] == [(line.pk, 2)]
        assert telling.due is None
        time.on(seconds=-3600)
        centre.call(line)
        assert telling.take(read_load()) is not None, "a clock that was set back holds nothing back"
