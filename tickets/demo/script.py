"""The words in which the demo's stories are written: a ticket, and what happened to it when.

Minutes count from the ticket's opening, unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HOUR = 60
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Paper:
    """A file to attach: its kind (png, txt, csv, pdf) follows from the name's ending, its content from `text`."""

    name: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened `after` minutes; `who` is a key of the cast."""

    after: int
    who: str


@dataclass(frozen=True, slots=True)
class Reply(Step):
    """An agent's answer. `then` is a status code; `wait` says for how many days from now it is pending."""

    text: str
    then: str = ""
    wait: int = 3
    files: Sequence[Paper] = ()


@dataclass(frozen=True, slots=True)
class Note(Step):
    text: str


@dataclass(frozen=True, slots=True)
class Call(Step):
    """A phone record; `out` when we called."""

    text: str
    out: bool = False


@dataclass(frozen=True, slots=True)
class Write(Step):
    """The customer (or another person) writes: by mail, or in the portal."""

    text: str
    web: bool = False
    quoted: str = ""
    files: Sequence[Paper] = ()


@dataclass(frozen=True, slots=True)
class Take(Step):
    """Makes `to`, by default the actor, the owner."""

    to: str = ""


@dataclass(frozen=True, slots=True)
class Move(Step):
    team: str


@dataclass(frozen=True, slots=True)
class Rate(Step):
    priority: str


@dataclass(frozen=True, slots=True)
class Turn(Step):
    """Another status."""

    status: str
    wait: int = 3


@dataclass(frozen=True, slots=True)
class Vow(Step):
    """A promise: `due` in minutes from now, negative when it is overdue; `to` is the colleague asked."""

    due: int
    to: str = ""


@dataclass(frozen=True, slots=True)
class Invite(Step):
    """A participant joins."""

    person: str


@dataclass(frozen=True, slots=True)
class Merge(Step):
    """It says the same as an earlier story, which goes on: `into` is that one's title."""

    into: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One ticket. `opened`: minutes before now, or (days back, "HH:MM" in Budapest)."""

    title: str
    customer: str
    opened: int | tuple[int, str]
    text: str
    team: str = "helpdesk"
    kind: str = "incident"
    priority: str = "normal"
    channel: str = "mail"
    tags: Sequence[str] = ()
    taken_by: str = ""
    html: str = ""
    files: Sequence[Paper] = ()
    steps: Sequence[Step] = ()
