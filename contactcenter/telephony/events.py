"""The one vocabulary of calls, and where a call stands by everything that was heard of it. Pure.

An exchange repeats itself, mixes up the order and loses things. So no event acts by itself: all events of a call are
put in order and read from the start, and whatever came in whichever order, the same picture comes out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What happened, in the order in which it happens when two have the same time."""

    NEW = "new"
    QUEUED = "queued"
    RINGING = "ringing"
    ANSWERED = "answered"
    HOLD = "hold"
    RESUMED = "resumed"
    TRANSFER = "transfer"
    HANGUP = "hangup"


RANK = {kind: number for number, kind in enumerate(Kind)}


class Cause(StrEnum):
    """Why a call, or its stay in a queue, ended."""

    NORMAL = "normal"
    BUSY = "busy"
    CANCEL = "cancel"
    NO_ANSWER = "no_answer"
    CONGESTION = "congestion"
    NOT_FOUND = "not_found"
    FORWARDED = "forwarded"
    TIMEOUT = "timeout"
    NO_AGENTS = "no_agents"
    FULL = "full"
    WITHDRAWN = "withdrawn"
    EXIT_KEY = "exit_key"
    VOICEMAIL = "voicemail"
    LOST = "lost"


class Stage(StrEnum):
    """Where a call stands."""

    NEW = "new"
    QUEUED = "queued"
    RINGING = "ringing"
    CONNECTED = "connected"
    HELD = "held"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to a call. `seq` counts within the call from 1; `ts` is by the exchange's clock.

    `user`: who rings or answers, or makes an outgoing call, as the exchange names him; `linked_id`: what belongs
    together there. Empty means that the exchange did not say.
    """

    kind: Kind
    call_id: str
    ts: datetime | None = None
    seq: int | None = None
    caller: str = ""
    callee: str = ""
    is_outgoing: bool = False
    user: str = ""
    queue: str = ""
    cause: Cause | None = None
    linked_id: str = ""

    @property
    def key(self) -> str:
        """What a repetition has in common with the first.

        With a number of its own that is the number; else all that was said. Without number and time two holds of a
        call look alike, so then nothing is a repetition save the end.
        """
        if self.seq is not None:
            parts: list[object] = [self.call_id, "seq", self.seq, self.kind]
        elif self.ts is not None or self.kind in (Kind.NEW, Kind.HANGUP):
            parts = [self.call_id, self.kind, self.ts.isoformat() if self.ts else "", self.user, self.queue]
        else:
            return ""
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def said(self) -> dict[str, Any]:
        """As it is kept."""
        return {name: value for name, value in asdict(self).items() if value and name not in ("ts", "seq", "call_id")}


def event_of(said: dict[str, Any], *, call_id: str, ts: datetime | None, seq: int | None) -> Event:
    """The event as it was kept. Raises ValueError or TypeError for what no event says."""
    said = dict(said)
    cause = said.pop("cause", None)
    kind = Kind(said.pop("kind"))
    return Event(kind=kind, call_id=call_id, ts=ts, seq=seq, cause=Cause(cause) if cause else None, **said)


@dataclass(frozen=True, slots=True)
class Picture:
    """Where a call stands. `answered_by` stays after the end; `users_rung` are those who ring now."""

    stage: Stage = Stage.NEW
    queue: str = ""
    users_rung: tuple[str, ...] = ()
    user: str = ""
    answered_by: str = ""
    was_answered: bool = False
    cause: Cause | None = None
    caller: str = ""
    callee: str = ""
    is_outgoing: bool = False
    by_user: str = ""
    linked_id: str = ""
    queued_times: int = 0
    """How often it joined a line; a transfer to a queue counts."""
    misses_some: bool = False
    """Numbers before the last are missing, so something is on its way or lost."""

    @property
    def number(self) -> str:
        """Whom it is with: the outer end."""
        return self.callee if self.is_outgoing else self.caller


def picture_of(events: Iterable[Event]) -> Picture:
    """All events of one call, in any order and repeated as often as you like."""
    known = {event.key or f"only {number}": event for number, event in enumerate(events)}
    ordered = in_order(list(known.values()))
    picture = Picture()
    for event in ordered:
        picture = _after(_with_ends(picture, event), event)
    numbers = {event.seq for event in ordered if event.seq is not None}
    return replace(picture, misses_some=bool(numbers) and len(numbers) < max(numbers))


def in_order(events: list[Event]) -> list[Event]:
    """By the call's own numbers when all have one, else by time when all have one, else as they came.

    Never by a mixture: the exchange's clock may be hours away from ours.
    """
    if all(event.seq is not None for event in events):
        return sorted(events, key=lambda event: (event.seq or 0, RANK[event.kind], event.key))
    if all(event.ts is not None for event in events):
        return sorted(
            events, key=lambda event: (event.ts.timestamp() if event.ts else 0.0, RANK[event.kind], event.key)
        )
    return events


def _with_ends(picture: Picture, event: Event) -> Picture:
    """Who is at the two ends, once anybody has said so."""
    return replace(
        picture,
        caller=picture.caller or event.caller,
        callee=picture.callee or event.callee,
        is_outgoing=picture.is_outgoing or event.is_outgoing,
        linked_id=picture.linked_id or event.linked_id,
        by_user=picture.by_user or (event.user if event.kind == Kind.NEW else ""),
    )


def _after(picture: Picture, event: Event) -> Picture:
    return picture if picture.stage == Stage.OVER else STEPS[event.kind](picture, event)


def _begin(picture: Picture, event: Event) -> Picture:
    return replace(picture, queue=picture.queue or event.queue)


def _join(picture: Picture, event: Event) -> Picture:
    if picture.stage in (Stage.CONNECTED, Stage.HELD):
        return picture  # it was a late word; back into a line goes a transfer
    queue = event.queue or picture.queue
    times = picture.queued_times + (1 if picture.stage == Stage.NEW or queue != picture.queue else 0)
    return replace(picture, stage=Stage.QUEUED, queue=queue, users_rung=(), queued_times=max(times, 1))


def _ring(picture: Picture, event: Event) -> Picture:
    if picture.stage in (Stage.CONNECTED, Stage.HELD):
        return picture
    rung = picture.users_rung
    if event.user and event.user not in rung:
        rung = (*rung, event.user)
    return replace(picture, stage=Stage.RINGING, users_rung=rung, queue=picture.queue or event.queue)


def _answer(picture: Picture, event: Event) -> Picture:
    rang = picture.users_rung[-1] if picture.users_rung else picture.by_user
    return _be_with(picture, event.user or picture.user or rang)


def _be_with(picture: Picture, user: str) -> Picture:
    return replace(picture, stage=Stage.CONNECTED, user=user, answered_by=user, was_answered=True, users_rung=())


def _hold(picture: Picture, event: Event) -> Picture:
    return replace(picture, stage=Stage.HELD) if picture.stage == Stage.CONNECTED else picture


def _resume(picture: Picture, event: Event) -> Picture:
    return replace(picture, stage=Stage.CONNECTED) if picture.stage == Stage.HELD else picture


def _hand_on(picture: Picture, event: Event) -> Picture:
    """To another queue, or to somebody; without a word to whom it is no transfer yet."""
    if event.queue:
        times = picture.queued_times + 1
        return replace(picture, stage=Stage.QUEUED, queue=event.queue, user="", users_rung=(), queued_times=times)
    return _be_with(picture, event.user) if event.user else picture


def _end(picture: Picture, event: Event) -> Picture:
    return replace(picture, stage=Stage.OVER, cause=event.cause, users_rung=())


STEPS: dict[Kind, Callable[[Picture, Event], Picture]] = {
    Kind.NEW: _begin,
    Kind.QUEUED: _join,
    Kind.RINGING: _ring,
    Kind.ANSWERED: _answer,
    Kind.HOLD: _hold,
    Kind.RESUMED: _resume,
    Kind.TRANSFER: _hand_on,
    Kind.HANGUP: _end,
}
