"""The connection to one Asterisk: signs in, takes a snapshot, hears events, keeps the seats, and comes back by itself.

What is heard goes into one line and is applied in its order by a worker of its own, so that a slow database never
stops the reading. Each new connection begins with a snapshot, by which whatever happened meanwhile is made up for.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import random
from dataclasses import dataclass, field
from typing import Any

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import InterfaceError, OperationalError
from redis.exceptions import RedisError

from contactcenter import live
from contactcenter.models import Exchange
from contactcenter.telephony import exchanges, receiving
from contactcenter.telephony.ami import members
from contactcenter.telephony.ami.members import Seats
from contactcenter.telephony.ami.protocol import Junk, Message, Reader, packet
from contactcenter.telephony.ami.translating import Translator
from contactcenter.telephony.events import Event
from tickets.errors import Refused

log = logging.getLogger(__name__)

CHUNK = 65_536
GATHER = 0.3  # seconds; a change of state comes in several events


class Lost(Exception):
    """The line is of no use any more; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds. `silence`: so long without a word, and the line counts as dead; Asterisk answers our pings."""

    connect: float = 10.0
    first_wait: float = 1.0
    longest_wait: float = 30.0
    ping: float = 15.0
    silence: float = 45.0
    sync: float = 30.0


@dataclass(slots=True)
class Snapshot:
    """What the lists of one connection have said so far."""

    number: str
    entries: list[Message] = field(default_factory=list)
    channels: list[Message] = field(default_factory=list)
    missing: set[str] = field(default_factory=lambda: {"QueueStatusComplete", "CoreShowChannelsComplete"})


class Connector:
    """One exchange's connection; `run` ends only when it is cancelled."""

    def __init__(self, exchange: Exchange, times: Times = Times()) -> None:  # frozen
        self.exchange, self.times = exchange, times
        self.translator, self.seats = Translator(), Seats()
        self.work: asyncio.Queue[Event | Snapshot | None] = asyncio.Queue()
        self.is_caught_up = asyncio.Event()
        self._numbers = itertools.count(1)
        self._writer: asyncio.StreamWriter | None = None
        self._snapshot: Snapshot | None = None
        self._wants_sync = asyncio.Event()

    async def run(self) -> None:
        """Connects, again and again, with growing pauses."""
        helpers = [asyncio.ensure_future(job()) for job in (self._apply_all, self._hear_our_side, self._sync_seats)]
        wait = self.times.first_wait
        try:
            while True:
                try:
                    await self._session()
                except (OSError, EOFError, Lost, Junk, Refused, TimeoutError) as error:
                    why = str(error) or type(error).__name__
                    log.warning("the exchange is not reached", extra={"exchange": self.exchange.code, "why": why})
                    await self._in_database(exchanges.note_lost, self.exchange, why)
                if self.is_caught_up.is_set():
                    wait = self.times.first_wait
                self.is_caught_up.clear()
                await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311  # so that not all come at once
                wait = min(wait * 2, self.times.longest_wait)
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    # --- one connection ---

    async def _session(self) -> None:
        password = (
            await database_sync_to_async(exchanges.unseal)(self.exchange.password) if self.exchange.password else ""
        )
        async with asyncio.timeout(self.times.connect):
            reader, writer = await asyncio.open_connection(self.exchange.host, self.exchange.port)
        self._writer, lines = writer, Reader()
        pinging = None
        try:
            fields = [("Username", self.exchange.user_name), ("Secret", password), ("Events", "on")]
            await self._send(packet("Login", [("ActionID", "login"), *fields]))
            await self._be_let_in(reader, lines)
            pinging = asyncio.ensure_future(self._ping())
            await self._ask_snapshot()
            while True:
                for message in await self._read(reader, lines, self.times.silence):
                    self._take(message)
        finally:
            self._writer, self._snapshot = None, None
            if pinging is not None:
                pinging.cancel()
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):  # it is given up anyway
                async with asyncio.timeout(1):
                    await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader, lines: Reader, within: float) -> list[Message]:
        async with asyncio.timeout(within):
            data = await reader.read(CHUNK)
        if not data:
            raise EOFError("the exchange hung up")
        skipped = lines.skipped
        messages = lines.feed(data)
        if lines.skipped > skipped:
            said = {"exchange": self.exchange.code, "lines": lines.skipped - skipped}
            log.warning("the exchange sent lines that mean nothing", extra=said)
            await self._in_database(receiving.refuse, self.exchange, "", reason="no_fields")
        return messages

    async def _be_let_in(self, reader: asyncio.StreamReader, lines: Reader) -> None:
        early: list[Message] = []
        async with asyncio.timeout(self.times.connect):
            while True:
                for message in await self._read(reader, lines, self.times.connect):
                    if message.get("ActionID") != "login" and "Response" not in message:
                        early.append(message)
                    elif message.get("Response") == "Success":
                        for each in early:
                            self._take(each)
                        await self._in_database(exchanges.note_connected, self.exchange)
                        return
                    else:
                        raise Lost(f"it does not let us in: {message.get('Message', '')}"[:200])

    async def _ask_snapshot(self) -> None:
        number = f"snapshot-{next(self._numbers)}"
        self._snapshot = Snapshot(number)
        self.translator.begin_snapshot()
        self.seats.clear()
        await self._send(packet("QueueStatus", [("ActionID", number)]))
        await self._send(packet("CoreShowChannels", [("ActionID", number)]))

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(self.times.ping)
            await self._send(packet("Ping"))

    async def _send(self, action: bytes) -> None:
        if self._writer is not None:
            self._writer.write(action)
            await self._writer.drain()

    def _take(self, message: Message) -> None:
        snapshot = self._snapshot
        if snapshot is not None and message.get("ActionID") == snapshot.number:
            self._collect(snapshot, message)
            return
        if self.seats.feed(message):
            return
        for event in self.translator.feed(message):
            self.work.put_nowait(event)

    def _collect(self, snapshot: Snapshot, message: Message) -> None:
        event = message.get("Event", "")
        if event == "QueueEntry":
            snapshot.entries.append(message)
        elif event == "CoreShowChannel":
            snapshot.channels.append(message)
        elif event in snapshot.missing:
            snapshot.missing.discard(event)
            if not snapshot.missing:
                self._snapshot = None
                self.work.put_nowait(snapshot)
        elif message.get("Response") == "Error":
            log.warning("no snapshot", extra={"exchange": self.exchange.code, "why": message.get("Message", "")})
        else:
            self.seats.feed(message)

    # --- applying ---

    async def _apply_all(self) -> None:
        while True:
            thing = await self.work.get()
            try:
                if isinstance(thing, Snapshot):
                    await self._catch_up(thing)
                elif thing is not None:
                    await self._receive(thing)
            except Exception:
                # What was kept is applied by the clock; the next thing has to be heard all the same.
                log.exception("an event of the exchange could not be applied", extra={"exchange": self.exchange.code})
            finally:
                self.work.task_done()

    async def _catch_up(self, snapshot: Snapshot) -> None:
        calls = await self._in_database(
            lambda: list(receiving.open_calls(self.exchange).values_list("provider_call_id", flat=True))
        )
        for event in self.translator.catch_up(snapshot.entries, snapshot.channels, calls):
            await self._receive(event)
        self.is_caught_up.set()
        self._wants_sync.set()

    async def _receive(self, event: Event) -> None:
        raw = json.dumps(event.said() | {"call_id": event.call_id}, ensure_ascii=False, default=str)
        await self._in_database(lambda: receiving.receive(self.exchange, event, raw=raw))

    async def _in_database(self, act: Any, *args: Any, **options: Any) -> Any:
        """Again and again while the database is away."""
        while True:
            try:
                return await database_sync_to_async(act)(*args, **options)
            except (OperationalError, InterfaceError) as error:
                log.warning("the database is away", extra={"error": type(error).__name__})
                await asyncio.sleep(1)

    # --- seats ---

    async def _hear_our_side(self) -> None:
        """Every change of states, memberships and loans is told after its commit; then the seats are looked at."""
        while True:
            try:
                layer = get_channel_layer()
                channel = await layer.new_channel()
                await layer.group_add(live.CENTRE, channel)
                while True:
                    await layer.receive(channel)
                    self._wants_sync.set()
            except (OSError, RedisError) as error:
                log.warning("no word of our own side", extra={"error": type(error).__name__})
                await asyncio.sleep(5)

    async def _sync_seats(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):  # looked at now and then without a word, too
                async with asyncio.timeout(self.times.sync):
                    await self._wants_sync.wait()
            await asyncio.sleep(GATHER)
            self._wants_sync.clear()
            if not self.is_caught_up.is_set() or self._writer is None:
                continue
            want, ours = await self._in_database(
                lambda: (members.wanted(self.exchange), members.phones_of_ours(self.exchange))
            )
            for action in members.changes(want, self.seats.members, queues=self.seats.queues, ours=ours):
                with contextlib.suppress(OSError):  # a new connection looks at the seats again
                    await self._send(action)
