"""The wire to other processes: hints leave by one thread, are gathered for a moment and kept while Redis is away.

Every batch has a number (counted in Redis) and is followed by a message with it in COUNT_GROUP, so that whoever
listens can tell that something was missed; see `audience`.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import os
import threading
from typing import Any
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer
from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

COUNT_GROUP = "live.count"
COUNT_KEY = f"{settings.REDIS_PREFIX}live.count"
GATHER_SECONDS = 0.004  # an act records several events in one commit: they leave as one hint
PATIENCE = 5.0  # seconds for one batch; a Redis that does not answer at all counts as away
RETRY_SECONDS = 1.0
MOST_KEPT = 5_000  # beyond it the hints are dropped, and everybody is told to read everything again

WIRE_FAULTS = (OSError, RedisError, TimeoutError)


class Wire:
    """This process's thread for hints, with an event loop and one connection of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.kept: dict[object, tuple[set[str], dict[str, Any]]] = {}
        self.is_draining = False
        self.has_dropped = False
        self.thread = threading.Thread(target=self.loop.run_forever, name="live", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """For a wire that ends before its process does."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def keep(self, groups: list[str], message: dict[str, Any]) -> None:
        """Takes a message, in the loop's thread. What says the same of the same thing becomes one message."""
        key = (message["type"], message.get("ticket"), message.get("hint"))
        if len(self.kept) < MOST_KEPT or key in self.kept:
            earlier_groups, earlier = self.kept.get(key, (set(), {}))
            self.kept[key] = (earlier_groups | set(groups), merge(earlier, message))
        else:
            self.has_dropped = True
        if not self.is_draining:
            self.is_draining = True
            self.loop.create_task(self._drain())

    async def _drain(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        try:
            while self.kept or self.has_dropped:
                batch, self.kept = self.kept, {}
                dropped, self.has_dropped = self.has_dropped, False
                try:
                    async with asyncio.timeout(PATIENCE):
                        await _publish([*batch.values()], dropped=dropped)
                except WIRE_FAULTS as error:
                    log.warning("live hints wait", extra={"error": type(error).__name__, "hints": len(batch)})
                    self._take_back(batch)
                    self.has_dropped |= dropped
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            self.is_draining = False

    def _take_back(self, batch: dict[object, tuple[set[str], dict[str, Any]]]) -> None:
        newer, self.kept = self.kept, batch
        for key, (groups, message) in newer.items():
            earlier_groups, earlier = batch.get(key, (set(), {}))
            batch[key] = (earlier_groups | groups, merge(earlier, message))


def merge(earlier: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    """Both messages in one: lists are joined, everything else is as the later one says."""
    joined = {
        name: sorted({*earlier[name], *value})
        for name, value in later.items()
        if isinstance(value, list) and isinstance(earlier.get(name), list)
    }
    return earlier | later | joined


async def _publish(batch: list[tuple[set[str], dict[str, Any]]], *, dropped: bool) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    number = await count()
    for groups, message in batch:
        for group in sorted(groups):
            await layer.group_send(group, message)
    await layer.group_send(COUNT_GROUP, {"type": "wire.count", "number": number, "dropped": dropped})


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Redis] = WeakKeyDictionary()


def redis() -> Redis:
    """The running loop's client for everything that is no message."""
    loop = asyncio.get_running_loop()
    client = _clients.get(loop)
    if client is None:
        client = Redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
        _clients[loop] = client
    return client


async def hang_up() -> None:
    """Closes the running loop's client, for loops that end before their process does."""
    client = _clients.pop(asyncio.get_running_loop(), None)
    if client is not None:
        await client.aclose()


async def count() -> int:
    """The number of the next batch."""
    return int(await redis().incr(COUNT_KEY))


async def counted() -> int:
    """The number of the last batch; 0 when Redis knows of none."""
    return int(await redis().get(COUNT_KEY) or 0)


_wires: dict[int, Wire] = {}
_starting = threading.Lock()


def _wire() -> Wire:
    """Keyed by process, since a forked worker inherits the entry but not the thread."""
    with _starting:
        wire = _wires.get(os.getpid())
        if wire is None:
            wire = _wires[os.getpid()] = Wire()
            atexit.register(flush)
    return wire


def send(groups: list[str], message: dict[str, Any]) -> None:
    """Hands the message over and returns at once."""
    wire = _wire()
    wire.loop.call_soon_threadsafe(wire.keep, groups, message)


def flush(seconds: float = 1.0) -> None:
    """Waits until what was handed over so far has left, for so long at most."""
    wire = _wires.get(os.getpid())
    if wire is None:
        return

    async def others() -> None:
        await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()}, timeout=seconds)

    with contextlib.suppress(TimeoutError, ValueError):  # ValueError: there is nothing to wait for
        asyncio.run_coroutine_threadsafe(others(), wire.loop).result(seconds * 2)
