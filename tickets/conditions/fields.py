"""What a field is, and the register of all fields. Other apps add theirs with `register` when they start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db.models import Q, QuerySet
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy

from tickets.conditions.operators import OPS as ALL_OPS
from tickets.conditions.operators import Op, Type, ops_of
from tickets.models import Ticket, User

ME = "me"  # the reader, among people
MINE = "mine"  # the teams that the reader reads, among teams

RELATIVE_NAMES: dict[str, str | LazyText] = {ME: gettext_lazy("me"), MINE: gettext_lazy("my teams")}


class Rows(Protocol):
    """The rows that a field's values name; see `tickets.conditions.rows`."""

    @property
    def table(self) -> str:
        """Which table they stand in."""

    @property
    def key(self) -> str:
        """The column that a value holds: "pk" or "code"."""

    @property
    def is_few(self) -> bool:
        """All of them can be offered at once."""

    def names_of(self, keys: Sequence[str | int], reader: User | None = None) -> dict[str | int, str]:
        """The names of those that exist, as this reader may know them, in a query or two."""

    def offered(self, words: str = "", *, reader: User | None = None) -> list[tuple[str | int, str]]:
        """What may be chosen, with names: all of few, else the best for what was typed."""


class Answers(Protocol):
    """How a field that no single column holds answers its test, twice: for SQL and for Python."""

    def q(self, test: Any, reader: User | None, now: datetime) -> Q: ...

    def holds(self, fact: Any, test: Any, reader: User | None, now: datetime) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Something about a ticket that can be asked.

    `read` takes the fact out of a ticket: a plain value, None for empty, a frozenset for several.
    `column` is where SQL finds the same: a column of the ticket, or of the `related` rows, which hang on the ticket by
    `tie`: their column, and the ticket's. `answers` replaces the column where none holds it. A LEVEL's fact is
    (value, level).
    """

    name: str
    label: str | LazyText
    type: Type
    read: Callable[[Ticket], Any]
    column: str = ""
    level_column: str = ""
    related: Callable[[], QuerySet[Any]] | None = None
    tie: tuple[str, str] = ("ticket", "pk")
    answers: Answers | None = None
    can_be_empty: bool = False
    rows: Rows | None = None
    choices: Sequence[tuple[str, str | LazyText]] = ()
    relative: frozenset[str] = frozenset()
    is_slow: bool = False
    """Reads much for each ticket; worth narrowing the list by something else first."""

    @property
    def ops(self) -> tuple[Op, ...]:
        """The operators that this field takes."""
        return tuple(ALL_OPS[name] for name in ops_of(self.type, can_be_empty=self.can_be_empty))

    def takes(self, op: str) -> bool:
        return op in ops_of(self.type, can_be_empty=self.can_be_empty)


_fields: dict[str, Field] = {}


def register(*fields: Field) -> None:
    """Adds fields to the language, once. A name that is taken is a mistake of the programmer."""
    for field in fields:
        if field.name in _fields:
            raise ValueError(f"there is already a field {field.name!r}")
        if not field.column and field.answers is None:
            raise ValueError(f"field {field.name!r} has neither a column nor answers")
        _fields[field.name] = field


def unregister(name: str) -> None:
    """Takes a field out again; conditions that name it then match nothing and say so."""
    del _fields[name]


def field_of(name: str) -> Field | None:
    return _fields.get(name)


def all_fields() -> list[Field]:
    """In the order in which they were registered, which is the one in which they are offered."""
    return list(_fields.values())
