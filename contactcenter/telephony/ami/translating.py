"""Asterisk's events in our words, with its traps. Pure: it knows what it was told, and nothing else.

- An abandon is told for hang-ups, timeouts, empty queues and withdrawals alike: what it was says the variable
  QUEUESTATUS or the hang-up that follows, so it waits for one of them.
- A leave alone means nothing; it comes before the answer. Only with a hang-up and nothing else it was a key.
- Lists name an agent's phone Name and Location, events MemberName and Interface.
- A caller who comes back into a queue keeps his channel: each visit is a call of its own here, "id", "id#2", ...
- The end of an answered call may be missing: then the agent's own channel tells it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from contactcenter.telephony.ami.protocol import Message
from contactcenter.telephony.events import Cause, Event, Kind

STATUS_CAUSES = {
    "TIMEOUT": Cause.TIMEOUT, "FULL": Cause.FULL, "JOINEMPTY": Cause.NO_AGENTS, "LEAVEEMPTY": Cause.NO_AGENTS,
    "JOINUNAVAIL": Cause.NO_AGENTS, "LEAVEUNAVAIL": Cause.NO_AGENTS, "WITHDRAW": Cause.WITHDRAWN,
}  # fmt: skip
MOST_CALLS = 20_000  # known at once; beyond it the oldest are forgotten, and their ends are found by the snapshot
UNKNOWN = ("", "<unknown>", "<null>")


@dataclass(slots=True)
class Visit:
    """A caller's stay in a queue, from joining to the end."""

    call_id: str
    number: int
    queue: str
    agent_channel: str = ""
    is_answered: bool = False
    is_leaving: bool = False
    is_abandoned: bool = False
    is_over: bool = False


class Translator:
    """One for each exchange; it lives on over new connections."""

    def __init__(self) -> None:
        self.visits: dict[str, Visit] = {}
        self._by_agent: dict[str, str] = {}
        self.touched: set[str] = set()
        """Channels that were spoken of since `begin_snapshot`: for them the snapshot is older than the news."""

    def feed(self, message: Message) -> list[Event]:
        """What the message means; most mean nothing to us."""
        handler = HANDLERS.get(message.get("Event", ""))
        if handler is None:
            return []
        if uid := message.get("Uniqueid"):
            self.touched.add(uid)
        return handler(self, message)

    # --- the line ---

    def joined(self, message: Message) -> list[Event]:
        uid, queue = message.get("Uniqueid", ""), message.get("Queue", "")
        if not uid or not queue:
            return []
        visit = self.visits.get(uid)
        if visit is None or visit.is_over:
            visit = self._visit(uid, visit.number + 1 if visit else 1, queue)
        visit.queue, visit.is_leaving, visit.is_abandoned = queue, False, False
        return [
            self._event(
                Kind.QUEUED,
                visit,
                message,
                queue=queue,
                caller=_known(message.get("CallerIDNum", "")),
                callee=_known(message.get("Exten", "")),
                linked_id=message.get("Linkedid", ""),
            )
        ]

    def left(self, message: Message) -> list[Event]:
        if (visit := self._open(message)) is not None:
            visit.is_leaving = True
        return []

    def abandoned(self, message: Message) -> list[Event]:
        if (visit := self._open(message)) is not None:
            visit.is_abandoned = True  # so it was no key
        return []

    def variable_set(self, message: Message) -> list[Event]:
        visit = self._open(message)
        cause = STATUS_CAUSES.get(message.get("Value", ""))
        if message.get("Variable") != "QUEUESTATUS" or visit is None or cause is None or visit.is_answered:
            return []
        return self._end(visit, message, cause)

    # --- with an agent ---

    def called(self, message: Message) -> list[Event]:
        visit = self._open(message)
        if visit is None or visit.is_answered:
            return []
        return [self._event(Kind.RINGING, visit, message, user=phone_of(message))]

    def connected(self, message: Message) -> list[Event]:
        visit = self._open(message)
        if visit is None:
            uid, queue = message.get("Uniqueid", ""), message.get("Queue", "")
            if not uid or uid in self.visits:
                return []
            visit = self._visit(uid, 1, queue)  # its joining was missed
        visit.is_answered = True
        if channel := message.get("DestUniqueid", ""):
            visit.agent_channel = channel
            self._by_agent[channel] = message["Uniqueid"]
        caller = _known(message.get("CallerIDNum", ""))
        return [
            self._event(
                Kind.ANSWERED, visit, message, user=phone_of(message), queue=message.get("Queue", ""), caller=caller
            )
        ]

    def held(self, message: Message) -> list[Event]:
        return self._by_the_agent(Kind.HOLD, message)

    def unheld(self, message: Message) -> list[Event]:
        return self._by_the_agent(Kind.RESUMED, message)

    def _by_the_agent(self, kind: Kind, message: Message) -> list[Event]:
        uid = self._by_agent.get(message.get("Uniqueid", ""), "")
        visit = self.visits.get(uid)
        return [self._event(kind, visit, message)] if visit is not None and not visit.is_over else []

    def completed(self, message: Message) -> list[Event]:
        visit = self._open(message)
        return self._end(visit, message, Cause.NORMAL) if visit is not None else []

    def hung_up(self, message: Message) -> list[Event]:
        uid = message.get("Uniqueid", "")
        caller = self._by_agent.pop(uid, None)
        if caller is not None:
            visit = self.visits.get(caller)
            return self._end(visit, message, Cause.NORMAL) if visit is not None and not visit.is_over else []
        visit = self.visits.pop(uid, None)
        if visit is None or visit.is_over:
            return []
        if visit.is_answered:
            return self._end(visit, message, Cause.NORMAL)
        return self._end(
            visit, message, Cause.EXIT_KEY if visit.is_leaving and not visit.is_abandoned else Cause.CANCEL
        )

    # --- after a break ---

    def begin_snapshot(self) -> None:
        self.touched.clear()

    def catch_up(
        self, entries: Iterable[Message], channels: Iterable[Message], open_calls: Iterable[str]
    ) -> list[Event]:
        """What happened while nobody listened: `entries` wait, `channels` stand, `open_calls` are those we know of.

        Who waits is queued; who waited and is in a bridge with an agent's phone was answered; whose channel is gone
        has hung up. Channels that were spoken of meanwhile are left to what was said.
        """
        channels = list(channels)
        standing = {one.get("Uniqueid", ""): one for one in channels}
        waiting = {one.get("Uniqueid", ""): one for one in entries}
        events: list[Event] = []
        for call_id in open_calls:
            uid, _, number = call_id.partition("#")
            visit = self.visits.get(uid)
            if visit is None or visit.number < int(number or 1):
                visit = self._visit(uid, int(number or 1), "")
            if uid in self.touched or uid in waiting or visit.call_id != call_id:
                continue
            if uid not in standing:
                events += self._end(visit, {}, Cause.LOST)
            elif phone := _bridged_phone(standing[uid], channels):
                visit.is_answered = True
                events.append(Event(kind=Kind.ANSWERED, call_id=visit.call_id, user=phone))
        for uid, entry in waiting.items():
            if uid and uid not in self.touched:
                events += self.joined(entry)
        return events

    # --- bookkeeping ---

    def _visit(self, uid: str, number: int, queue: str) -> Visit:
        visit = Visit(uid if number == 1 else f"{uid}#{number}", number, queue)
        self.visits.pop(uid, None)
        self.visits[uid] = visit
        while len(self.visits) > MOST_CALLS:
            self.visits.pop(next(iter(self.visits)))
        return visit

    def _open(self, message: Message) -> Visit | None:
        visit = self.visits.get(message.get("Uniqueid", ""))
        return visit if visit is not None and not visit.is_over else None

    def _end(self, visit: Visit, message: Message, cause: Cause) -> list[Event]:
        visit.is_over = True
        self._by_agent.pop(visit.agent_channel, None)
        return [self._event(Kind.HANGUP, visit, message, cause=cause)]

    def _event(self, kind: Kind, visit: Visit, message: Message, **more: object) -> Event:
        return Event(kind=kind, call_id=visit.call_id, ts=_time(message), **more)  # type: ignore[arg-type]


HANDLERS = {
    "QueueCallerJoin": Translator.joined,
    "QueueCallerLeave": Translator.left,
    "QueueCallerAbandon": Translator.abandoned,
    "VarSet": Translator.variable_set,
    "AgentCalled": Translator.called,
    "AgentConnect": Translator.connected,
    "AgentComplete": Translator.completed,
    "AgentDump": Translator.completed,
    "Hold": Translator.held,
    "Unhold": Translator.unheld,
    "Hangup": Translator.hung_up,
}


def phone_of(message: Message) -> str:
    """The agent's phone, by whichever name this message has for it."""
    return message.get("Interface") or message.get("Location") or message.get("MemberName") or message.get("Name") or ""


def _bridged_phone(channel: Message, channels: list[Message]) -> str:
    """Who is in the same bridge; "" when nobody is."""
    bridge = channel.get("BridgeId", "")
    others = [one for one in channels if bridge and one.get("BridgeId") == bridge and one is not channel]
    return others[0].get("Channel", "") if others else ""


def _known(number: str) -> str:
    return "" if number in UNKNOWN else number


def _time(message: Message) -> datetime | None:
    """With `timestampevents` on, by Asterisk's clock; else the order in which they came counts."""
    try:
        return datetime.fromtimestamp(float(message["Timestamp"]), tz=UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None
