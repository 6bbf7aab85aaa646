"""The facts of a ticket, read once, and a question answered from them without the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tickets.conditions.fields import Field, all_fields
from tickets.conditions.folding import fold
from tickets.conditions.operators import Type
from tickets.conditions.questions import Anything, Between, Contains, OneOf, Question, Starts, Test
from tickets.models import Ticket, User


@dataclass(frozen=True, slots=True)
class Facts:
    """What could be asked about one ticket, as it stood when it was read: by the field's name."""

    ticket: int
    values: Mapping[str, Any]


def facts_of(ticket: Ticket, fields: Collection[str] | None = None) -> Facts:
    """The facts, or only those of the named fields: `facts_of(ticket, condition.fields)`."""
    wanted = [field for field in all_fields() if fields is None or field.name in fields]
    return Facts(ticket.pk, {field.name: field.read(ticket) for field in wanted})


def answer(question: Question, field: Field, facts: Facts, *, reader: User | None, now: datetime) -> bool:
    """What SQL would say of this ticket. Raises KeyError when the fact was not read."""
    fact = facts.values[field.name]
    if field.answers is not None:
        holds = field.answers.holds(fact, question.test, reader, now)
    else:
        holds = _holds(question.test, fact, field)
    return holds is not question.is_negated


def _holds(test: Test, fact: Any, field: Field) -> bool:
    if isinstance(fact, frozenset):
        return bool(fact) if isinstance(test, Anything) else any(_holds_of_one(test, each, field) for each in fact)
    return fact is not None and _holds_of_one(test, fact, field)


def _holds_of_one(test: Test, fact: Any, field: Field) -> bool:
    if field.type is Type.LEVEL:
        fact = fact[1] if isinstance(test, Between) else fact[0]
    normal = fold if field.type is Type.TEXT else str
    match test:
        case OneOf(values) if field.type is Type.TEXT:
            return fold(fact) in {fold(str(value)) for value in values}
        case OneOf(values):
            return fact in values
        case Between(start, end):
            return (start is None or start <= fact) and (end is None or fact < end)
        case Contains(text):
            return normal(text) in normal(fact)
        case Starts(text):
            return normal(fact).startswith(normal(text))
        case _:
            return True
