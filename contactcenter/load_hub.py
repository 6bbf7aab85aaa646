"""Everybody of this process who watches the load shares one reading of it, and one look at their rights.

Two hundred watchers that each read would be two hundred readings; so a hint only marks that something changed, and the
next look reads once, compares with what was told last, and hands the same bytes to all. It comes as soon as something
happens, and leaves two thirds of the time to others.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from contactcenter import live
from contactcenter.load import AgentSight, Load, QueueLoad, read_load
from contactcenter.models import Agent
from tickets import wire
from tickets.audience import Listener, Standing, put_an_end_to, standings
from tickets.models import User

log = logging.getLogger(__name__)

PACE = 1.0  # seconds; at most one message a queue in this time, one change of the rows, one look at the rights
SWEEP = 5.0  # without any hint it is read this often: waits grow old, and Redis may be away
LEAST_GAP = 0.1  # seconds between two looks
SETTLE = 0.05  # seconds from a change to the look: a contact that comes is offered at once, and that is one message
REST = 2.0  # times what a look took, before the next one


# --- what is told ----------------------------------------------------------------------------------------------------


def figures(queue: QueueLoad) -> dict[str, Any]:
    """A queue's figures for the browser. Moments are seconds since 1970; shares are whole percents, None for none."""
    staff, wait = queue.staff, queue.wait
    return {
        "id": queue.id,
        "waiting": queue.waiting,
        "oldest": queue.oldest.timestamp() if queue.oldest else None,
        "level": _percent(queue.level),
        "interval": _percent(queue.interval_level),
        "abandoned": queue.today.abandoned,
        "occupancy": _percent(queue.occupancy),
        "trend": queue.trend,
        "low": 10 * round(wait.low / 10) if wait else None,
        "high": 10 * round(wait.high / 10) if wait else None,
        "tension": str(queue.tension),
        "ready": staff.ready,
        "call": staff.talking,
        "wrap": staff.wrap_up,
        "back": staff.background,
        "loan": staff.on_loan,
        "coming": staff.coming,
    }


def state(agent: AgentSight) -> dict[str, Any]:
    """An agent's state for the browser: the sign, the code of its word, since when."""
    word = agent.work if agent.work != "idle" else f"a{agent.activity.pk}"
    return {"id": agent.id, "look": agent.look, "word": word, "since": agent.since.timestamp()}


def shape(load: Load) -> object:
    """What makes the rows what they are: queues, who serves them, loans, contradictions, advice. Not the figures."""
    agents = tuple(
        (one.id, one.seats, one.wish.pk if one.wish else 0, tuple(each.odd for each in one.contradictions))
        for one in load.agents
        if one.activity.is_present or one.contradictions
    )
    return tuple(sorted((one.id, one.name) for one in load.queues)), agents, load.loans, load.advice


def _percent(part: float | None) -> int | None:
    return None if part is None else round(100 * part)


@dataclass
class Telling:
    """What was told last, when, and with which numbers. A message goes out for what differs, and for nothing else.

    A queue that was told of less than a second ago, and the rows likewise, are told of once that is over: `due` says
    in how many seconds the first of them is, None when none is held back.
    """

    key: str = field(default_factory=lambda: secrets.token_hex(4))
    queues: dict[int, dict[str, Any]] = field(default_factory=dict)
    agents: dict[int, dict[str, Any]] = field(default_factory=dict)
    seqs: dict[int, int] = field(default_factory=dict)
    shape: object = None
    shapes: int = 0
    at: float = 0.0
    due: float | None = None
    _told: dict[int | None, float] = field(default_factory=dict)  # when of each queue; None: of the rows

    def take(self, load: Load) -> dict[str, Any] | None:
        """The message about what changed since the last one; None when nothing did."""
        self.at, self.due = load.at.timestamp(), None
        queues = {one.id: figures(one) for one in load.queues}
        agents = {one.id: state(one) for one in load.agents}
        changed = [one for key, one in queues.items() if self.queues.get(key) != one and self._may_tell(key)]
        moved = [one for key, one in agents.items() if self.agents.get(key) != one]
        for one in changed:
            self.seqs[one["id"]] = self.seqs.get(one["id"], 0) + 1
        self.queues = {key: one for key, one in self.queues.items() if key in queues}
        self.queues |= {one["id"]: one for one in changed}
        self.agents = agents
        now = shape(load)
        has_new_shape = now != self.shape and self._may_tell(None)
        if has_new_shape:
            self.shape = now
            self.shapes += 1
        if not (changed or moved or has_new_shape):
            return None
        return self._message("load", changed, moved)

    def _may_tell(self, of: int | None) -> bool:
        wait = self._told.get(of, -PACE) + PACE - self.at
        if 0 < wait <= PACE:  # more: the clock was set back, and nothing is held for that
            self.due = wait if self.due is None else min(self.due, wait)
            return False
        self._told[of] = self.at
        return True

    def snapshot(self) -> dict[str, Any]:
        """Everything, with the numbers from which the next messages go on."""
        return self._message("snapshot", list(self.queues.values()), list(self.agents.values()))

    def _message(self, kind: str, queues: list[dict[str, Any]], agents: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "type": kind,
            "now": self.at,
            "shape": f"{self.key}-{self.shapes}",
            "queues": [one | {"seq": self.seqs[one["id"]]} for one in queues],
            "agents": agents,
        }


# --- who hears it ----------------------------------------------------------------------------------------------------


def who_may_watch(listeners: Collection[Listener]) -> dict[Listener, Standing]:
    """Each one's standing; whoever may not see the centre counts as deactivated for it. A few queries for all."""
    found = standings(listeners)
    people = {one.user_id for one, standing in found.items() if standing == Standing.IN}
    inside = set(Agent.objects.working().filter(user__in=people).values_list("user", flat=True))
    others = User.objects.filter(pk__in=people - inside, is_active=True) if people - inside else ()
    inside |= {user.pk for user in others if user.is_admin}
    return {
        one: Standing.DEACTIVATED if standing == Standing.IN and one.user_id not in inside else standing
        for one, standing in found.items()
    }


class Watcher(Protocol):
    """One end of a socket, as the hub knows it."""

    listener: Listener

    async def hear(self, text: str) -> None:
        """Pass it on to the browser; while the last is still on its way, leave it out: a gap asks for a snapshot."""

    async def turn_away(self, standing: Standing) -> None:
        """Close: the right has ended."""


@dataclass(eq=False)
class Hub:
    """The watchers of one event loop."""

    watchers: set[Watcher] = field(default_factory=set)
    telling: Telling = field(default_factory=Telling)
    reads: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _touched: asyncio.Event = field(default_factory=asyncio.Event)
    _first: asyncio.Event = field(default_factory=asyncio.Event)
    _standings: dict[Listener, Standing] = field(default_factory=dict)
    _judged_at: float = -PACE

    async def join(self, watcher: Watcher) -> None:
        """From now on it hears of every change; the first thing it hears is everything."""
        if not self._tasks:
            self._first, self._touched = asyncio.Event(), asyncio.Event()
            for work in (self._look_on(), self._listen()):
                task = asyncio.ensure_future(work)
                self._tasks.add(task)
                task.add_done_callback(self._ended)
        await self._first.wait()
        self.watchers.add(watcher)
        await watcher.hear(self.snapshot())

    async def leave(self, watcher: Watcher) -> None:
        """The last one switches off the light."""
        self.watchers.discard(watcher)
        if not self.watchers:
            tasks, self._tasks = self._tasks, set()
            await put_an_end_to(tasks)

    def snapshot(self) -> str:
        """As it was told last; it costs no reading."""
        return json.dumps(self.telling.snapshot())

    def touch(self) -> None:
        """Something changed, or may have."""
        self._touched.set()

    async def _look_on(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            self._touched.clear()
            try:
                await self._tell(began)
            except Exception:  # the database may be away for a moment: told, and tried again
                log.exception("the load could not be read")
                self.touch()
                await asyncio.sleep(PACE)
                continue
            await asyncio.sleep(max(LEAST_GAP, REST * (loop.time() - began)))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._touched.wait(), self.telling.due or SWEEP)
                await asyncio.sleep(SETTLE)

    async def _tell(self, now: float) -> None:
        watchers = list(self.watchers)
        listeners = {one.listener for one in watchers}
        load, standings = await database_sync_to_async(look)(listeners if self._has_to_judge(listeners, now) else ())
        if standings:
            self._standings, self._judged_at = standings, now
        self.reads += 1
        message = self.telling.take(load)
        self._first.set()
        text = json.dumps(message) if message is not None else ""
        await asyncio.gather(*(self._tell_one(one, text, self._standings[one.listener]) for one in watchers))

    def _has_to_judge(self, listeners: set[Listener], now: float) -> bool:
        """Rights are looked at once a second, and at once for whoever has just come."""
        return now - self._judged_at >= PACE or not listeners <= self._standings.keys()

    async def _tell_one(self, watcher: Watcher, text: str, standing: Standing) -> None:
        if standing != Standing.IN:
            await watcher.turn_away(standing)
        elif text:
            await watcher.hear(text)

    async def _listen(self) -> None:
        """Hints of all processes. While Redis is away the clock goes on reading; when it is back, all is read."""
        layer = get_channel_layer()
        assert layer is not None
        while True:
            try:
                channel = await layer.new_channel()
                await layer.group_add(live.CENTRE, channel)
                self.touch()
                while True:
                    await layer.receive(channel)
                    self.touch()
            except wire.WIRE_FAULTS as error:
                log.warning("hints of the load are not heard", extra={"error": type(error).__name__})
                await asyncio.sleep(PACE)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the load is told no more", exc_info=error)


def look(listeners: Collection[Listener]) -> tuple[Load, dict[Listener, Standing]]:
    """The load, and who of these may hear of it, at one moment."""
    return read_load(), who_may_watch(listeners) if listeners else {}


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running loop."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        found = _hubs[loop] = Hub()
    return found
