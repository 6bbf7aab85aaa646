"""A clause made definite: "me", "mine" and relative times are resolved for one reader at one moment.

SQL and Python both answer these few questions, and nothing else, so they can hardly disagree.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias, cast

from tickets.conditions.fields import ME, MINE, Field
from tickets.conditions.operators import OPS
from tickets.conditions.times import bounds_of, day_of, read_moment, read_span, zone_of
from tickets.conditions.tree import Clause
from tickets.models import Right, User

TICK = timedelta(microseconds=1)  # PostgreSQL keeps no finer times


@dataclass(frozen=True, slots=True)
class OneOf:
    """The field holds one of these."""

    values: frozenset[str | int]


@dataclass(frozen=True, slots=True)
class Between:
    """start <= field < end; an open end has no bound."""

    start: datetime | int | None
    end: datetime | int | None


@dataclass(frozen=True, slots=True)
class Contains:
    text: str


@dataclass(frozen=True, slots=True)
class Starts:
    text: str


@dataclass(frozen=True, slots=True)
class Anything:
    """The field isn't empty."""


@dataclass(frozen=True, slots=True)
class Yes:
    """The flag is up."""


Test: TypeAlias = OneOf | Between | Contains | Starts | Anything | Yes


@dataclass(frozen=True, slots=True)
class Question:
    """The test, or its exact opposite: what fails the one passes the other, empty fields included."""

    test: Test
    is_negated: bool


def resolve(clause: Clause, field: Field, *, reader: User | None, now: datetime) -> Question:
    """What a valid clause asks for this reader at this moment."""
    op = OPS[clause.op]
    positive = OPS[op.negates] if op.negates else op
    if isinstance(clause.value, bool):
        return Question(Yes(), is_negated=not clause.value)
    if positive.name in ("is", "in"):
        values = clause.value if isinstance(clause.value, list) else [cast("str | int", clause.value)]
        return Question(_one_of(values, field, reader), is_negated=bool(op.negates))
    return Question(_test(positive.name, clause.value, reader, now), is_negated=bool(op.negates))


def _test(op: str, value: object, reader: User | None, now: datetime) -> Test:
    match op:
        case "contains":
            return Contains(str(value))
        case "starts":
            return Starts(str(value))
        case "at_least":
            return Between(cast("int", value), None)
        case "at_most":
            return Between(None, cast("int", value) + 1)
        case "not_empty":
            return Anything()
        case _:
            return _time(op, value, reader, now)


def _one_of(values: Collection[str | int], field: Field, reader: User | None) -> Test:
    relative = field.relative & set(values)
    found = set(values) - relative
    if reader is None:  # nobody has neither a self nor teams
        return OneOf(frozenset(found))
    if ME in relative:
        found.add(reader.pk)
    if MINE in relative:
        if reader.is_admin:
            return Anything()
        found |= {team for team, rights in reader.rights_by_team.items() if rights & {Right.READ, Right.ALL}}
    return OneOf(frozenset(found))


def _time(op: str, value: object, reader: User | None, now: datetime) -> Between:
    zone = zone_of(reader)
    if op == "today":
        return Between(*day_of(now.astimezone(zone).date(), zone))
    if op in ("last", "next", "older"):
        span = read_span(value)
        assert span is not None  # checked when it was parsed
        if op == "next":
            return Between(now, now + span.length + TICK)
        return Between(now - span.length, now + TICK) if op == "last" else Between(None, now - span.length)
    moment = read_moment(value)
    assert isinstance(moment, date)
    start, end = bounds_of(moment, zone)
    if op == "before":
        return Between(None, start)
    return Between(end if end > start else end + TICK, None) if op == "after" else Between(start, end)
