"""An Asterisk that is none: speaks the manager interface on a port of its own, and replays what it is given.

It cuts what it sends into pieces of odd lengths, remembers every action, keeps queues, members, callers and channels,
and hangs up on whoever listens when it is told to.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, str]

PIECES = (1, 3, 17, 64, 512)  # bytes


@dataclass
class FakeAmi:
    """Runs on a thread of its own. `password` is the one that lets in."""

    password: str = "geheim"  # of a fake
    greeting: bytes = b"Asterisk Call Manager/9.0.0\r\n"
    queues: list[str] = field(default_factory=list)
    members: dict[tuple[str, str], Message] = field(default_factory=dict)
    entries: list[Message] = field(default_factory=list)
    channels: list[Message] = field(default_factory=list)
    actions: list[Message] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    def __enter__(self) -> FakeAmi:
        self.loop = asyncio.new_event_loop()
        self.writers: set[asyncio.StreamWriter] = set()
        self.chance = random.Random(7)  # pieces, not secrets
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.run(self._start())
        return self

    def __exit__(self, *error: object) -> None:
        self.run(self._stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    async def _start(self) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self.server.close()
        await self._drop()

    # --- what the test makes it do ---

    def say(self, messages: Iterable[Message]) -> None:
        """These events, in pieces."""
        self.run(self._say(list(messages)))

    def babble(self, data: bytes) -> None:
        """Bytes that are no message."""
        self.run(self._write(data))

    def drop(self) -> None:
        """Hangs up on whoever listens."""
        self.run(self._drop())

    def did(self, action: str) -> list[Message]:
        return [one for one in self.actions if one.get("Action") == action]

    # --- how it does it ---

    async def _say(self, messages: list[Message]) -> None:
        await self._write(b"".join(packed(one) for one in messages))

    async def _write(self, data: bytes) -> None:
        for writer in list(self.writers):
            rest = data
            for size in itertools.cycle(PIECES):
                if not rest:
                    break
                size = self.chance.choice((size, size * 2))
                writer.write(rest[:size])
                rest = rest[size:]
                await writer.drain()

    async def _drop(self) -> None:
        for writer in list(self.writers):
            writer.close()
        self.writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(self.greeting)
        try:
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
                action = dict(line.split(": ", 1) for line in lines if ": " in line)
                self.actions.append(action)
                for message in self._answer(action, writer):
                    writer.write(packed(message))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            self.writers.discard(writer)
            writer.close()

    def _answer(self, action: Message, writer: asyncio.StreamWriter) -> Iterable[Message]:
        mark = {"ActionID": action["ActionID"]} if "ActionID" in action else {}
        name, seat = action.get("Action"), (action.get("Queue", ""), action.get("Interface", ""))
        if name == "Login":
            if action.get("Secret") != self.password:
                yield {"Response": "Error", "Message": "Authentication failed"} | mark
                return
            self.writers.add(writer)
        yield {"Response": "Success", "Message": "Done"} | mark
        if name == "QueueStatus":
            for queue in self.queues:
                yield {"Event": "QueueParams", "Queue": queue} | mark
            for member in self.members.values():
                listed = {"Event": "QueueMember", "Name": member["MemberName"], "Location": member["Interface"]}
                yield {**member, **listed} | mark
            yield from ({"Event": "QueueEntry"} | entry | mark for entry in self.entries)
            yield {"Event": "QueueStatusComplete"} | mark
        elif name == "CoreShowChannels":
            yield from ({"Event": "CoreShowChannel"} | channel | mark for channel in self.channels)
            yield {"Event": "CoreShowChannelsComplete"} | mark
        elif name == "QueueAdd":
            member = {
                "Queue": seat[0], "Interface": seat[1], "MemberName": action.get("MemberName", ""),
                "Penalty": action.get("Penalty", "0"), "Paused": str(int(action.get("Paused") == "true")),
                "Membership": "dynamic",
            }  # fmt: skip
            self.members[seat] = member
            yield {"Event": "QueueMemberAdded"} | member
        elif name == "QueueRemove" and seat in self.members:
            yield {"Event": "QueueMemberRemoved"} | self.members.pop(seat)
        elif name == "QueuePause" and seat in self.members:
            self.members[seat]["Paused"] = str(int(action.get("Paused") == "true"))
            yield {"Event": "QueueMemberPause"} | self.members[seat]
        elif name == "QueuePenalty" and seat in self.members:
            self.members[seat]["Penalty"] = action.get("Penalty", "0")
            yield {"Event": "QueueMemberPenalty"} | self.members[seat]


def packed(message: Message) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in message.items()).encode() + b"\r\n"


# --- streams ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """A call as it was. `waited` and `talked` are seconds; without `agent` the caller gave up."""

    uid: str
    joined: float
    waited: float
    agent: str = ""
    talked: float = 0.0
    number: str = ""


def messages_of(call: Call, queue: str) -> list[tuple[float, Message]]:
    """The events in the order in which Asterisk tells them: the leave comes before the answer."""
    caller = {"Uniqueid": call.uid, "Linkedid": call.uid, "Queue": queue, "CallerIDNum": call.number}

    def at(seconds: float, event: str, **more: str) -> tuple[float, Message]:
        return seconds, {"Event": event, "Timestamp": f"{seconds:.6f}", **caller, **more}

    left = call.joined + call.waited
    if not call.agent:
        return [
            at(call.joined, "QueueCallerJoin", Position="1"),
            at(left, "QueueCallerAbandon", HoldTime=str(int(call.waited))),
            at(left, "QueueCallerLeave"),
            at(left, "Hangup", Cause="16"),
        ]
    phone, channel, ended = f"PJSIP/{call.agent}", f"{call.uid}.a", left + call.talked
    agent = {"Interface": phone, "MemberName": f"Agent {call.agent}", "DestUniqueid": channel}
    return [
        at(call.joined, "QueueCallerJoin", Position="1"),
        at(left, "AgentCalled", **agent),
        at(left, "QueueCallerLeave"),
        at(left, "AgentConnect", HoldTime=str(int(call.waited)), **agent),
        at(ended, "AgentComplete", Reason="caller", **agent),
        at(ended, "Hangup", Cause="16"),
        (ended, {"Event": "Hangup", "Timestamp": f"{ended:.6f}", "Uniqueid": channel, "Linkedid": call.uid}),
    ]


def stream_of(calls: Iterable[Call], queue: str) -> list[Message]:
    """All of them, by time."""
    told = [one for call in calls for one in messages_of(call, queue)]
    return [message for _seconds, message in sorted(told, key=lambda one: one[0])]


def damaged(stream: list[Message], *, seed: int, lost_ends: set[str]) -> list[Message]:
    """Repeated, mixed up, and without the ends of these calls. A call's joining stays its first word."""
    chance = random.Random(seed)  # damage, not secrets
    kept = [
        one
        for one in stream
        if not (one["Event"] in ("AgentComplete", "Hangup") and one["Uniqueid"].removesuffix(".a") in lost_ends)
    ]
    told: list[Message] = []
    for one in kept:
        told.append(one)
        if chance.random() < 0.2:
            told.append(one)
    for number in range(len(told) - 1):
        first, second = told[number], told[number + 1]
        is_joining = first["Event"] == "QueueCallerJoin" and first["Uniqueid"] == second["Uniqueid"]
        if not is_joining and chance.random() < 0.3:
            told[number], told[number + 1] = second, first
    return told
