"""A question as a `Q` on tickets. Each is true or false, never unknown, and joins nothing that could double a row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q

from tickets.conditions.fields import Field
from tickets.conditions.folding import pattern_of
from tickets.conditions.operators import Type
from tickets.conditions.questions import Anything, Between, Contains, OneOf, Question, Starts, Test
from tickets.models import User

NEVER = Q(pk__in=[])


def to_q(question: Question, field: Field, *, reader: User | None, now: datetime) -> Q:
    """The tickets of which the answer is yes."""
    found = _test(question.test, field, reader, now)
    return ~found if question.is_negated else found


def _test(test: Test, field: Field, reader: User | None, now: datetime) -> Q:
    if field.answers is not None:
        return field.answers.q(test, reader, now)
    if field.related is None:
        return _on_column(test, field)
    theirs, ours = field.tie
    rows = field.related().filter(**{theirs: OuterRef(ours)})
    return Q(Exists(rows if isinstance(test, Anything) else rows.filter(_on_column(test, field))))


def _on_column(test: Test, field: Field) -> Q:
    column = field.column
    match test:
        case OneOf(values):
            return _one_of(values, field)
        case Between(start, end):
            column = field.level_column or column
            lookups: dict[str, Any] = {}
            if start is not None:
                lookups[f"{column}__gte"] = start
            if end is not None:
                lookups[f"{column}__lt"] = end
            return Q(**lookups)
        case Contains(text):
            return Q(**{f"{column}__contains": text} if _is_exact(field) else {f"{column}__regex": pattern_of(text)})
        case Starts(text):
            if _is_exact(field):
                return Q(**{f"{column}__startswith": text})
            return Q(**{f"{column}__regex": rf"\A{pattern_of(text)}"})
        case _:
            return Q(**{f"{column}__isnull": False})


def _one_of(values: frozenset[str | int], field: Field) -> Q:
    if not values:
        return NEVER
    if field.type is Type.TEXT:
        patterns = "|".join(sorted(pattern_of(str(value)) for value in values))
        return Q(**{f"{field.column}__regex": rf"\A(?:{patterns})\Z"})
    if len(values) == 1:
        return Q(**{field.column: next(iter(values))})
    return Q(**{f"{field.column}__in": sorted(values, key=str)})


def _is_exact(field: Field) -> bool:
    return field.type is Type.CODE
