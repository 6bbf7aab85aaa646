"""Orders and pages of a list of tickets, by keyset: page one of a million costs what page one of a thousand costs."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import CharField, F, Func, Q, Value
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from tickets.models import Ticket
from tickets.models.tickets import TicketQuerySet

PAGE_SIZE = 40
LONGEST_CURSOR = 2000


class Alphabetical(Func):
    """A text as a Hungarian reader sorts it: case, quotation marks and length of vowels aside, ö after o, ü after u.

    The database compares code points, which would put every Á behind Z. ~ stands behind the letters; what `translate`
    finds no counterpart for falls away.
    """

    template = (
        "replace(replace(translate(lower(%(expressions)s), 'áéíóőúű„“”\"''«»(', 'aeioöuü'), 'ö', 'o~'), 'ü', 'u~')"
    )
    output_field = CharField()


@dataclass(frozen=True, slots=True)
class Key:
    """One column of an order. A nullable column sorts its empty values last either way.

    `holds` says what a cursor may carry for it. `expression` is what is compared when it is not the field itself.
    """

    field: str
    descending: bool = False
    is_nullable: bool = False
    holds: type[Any] = datetime
    expression: Any = None

    @property
    def name(self) -> str:
        """What the database and the row call it."""
        return f"order_{self.field}" if self.expression is not None else self.field


def _text(field: str, *, is_nullable: bool = False) -> Key:
    return Key(field, is_nullable=is_nullable, holds=str, expression=Alphabetical(F(field)))


_ID = Key("pk", holds=int)
_NEWEST = (Key("changed_at", descending=True), Key("pk", descending=True, holds=int))

# column: its own keys in ascending order, and the keys that decide between equals (None: the id, the same way).
_KEYS: dict[str, tuple[tuple[Key, ...], tuple[Key, ...] | None]] = {
    # Numbers grow longer when a counter overflows; text alone would put them in between.
    "number": ((Key("number__length", holds=int, expression=Length("number")), Key("number", holds=str)), ()),
    "title": ((_text("title"),), _NEWEST),
    "priority": ((Key("priority__level", holds=int),), _NEWEST),
    "customer": ((_text("customer__name", is_nullable=True),), _NEWEST),
    "organisation": ((_text("organisation__name", is_nullable=True),), _NEWEST),
    "team": ((_text("team__name"),), _NEWEST),
    "status": ((Key("status__position", holds=int),), _NEWEST),
    "owner": ((_text("owner__name", is_nullable=True),), _NEWEST),
    "due": ((Key("due_at", is_nullable=True),), None),
    "opened": ((Key("opened_at"),), None),
    "changed": ((Key("changed_at"),), None),
    "wrote": ((Key("customer_wrote_at", is_nullable=True),), None),
    "pending": ((Key("pending_until", is_nullable=True),), None),
}


@dataclass(frozen=True, slots=True)
class Order:
    """By which column, and which way. Written "due" or "-due", in addresses as in saved views."""

    column: str
    descending: bool = False

    def __str__(self) -> str:
        return f"-{self.column}" if self.descending else self.column

    @property
    def turned(self) -> Order:
        return replace(self, descending=not self.descending)

    @property
    def keys(self) -> tuple[Key, ...]:
        own, ties = _KEYS[self.column]
        if ties is None:
            ties = (replace(_ID, descending=self.descending),)
        return tuple(replace(key, descending=self.descending) for key in own) + ties


SORTS = tuple(_KEYS)


def read_order(text: str, default: str = "-changed") -> Order:
    """The order that an address or a saved view asks for; the default when it makes no sense."""
    column = text.removeprefix("-")
    if column not in _KEYS:
        column, text = default.removeprefix("-"), default
    return Order(column, descending=text.startswith("-"))


@dataclass(frozen=True, slots=True)
class Page:
    """The tickets' ids of one page of a list, in its order.

    `before` and `after` are the cursors of its neighbours, empty where there is none.
    """

    ids: list[int]
    before: str
    after: str


def read_page(tickets: TicketQuerySet, *, sort: str, after: str = "", before: str = "", size: int = PAGE_SIZE) -> Page:
    """The page after (or before) a cursor; the first one when there is none or it makes no sense.

    It is found on the bare tickets. Reading the names that rows show is another question, about a few ids: in one,
    PostgreSQL joins all names to all tickets first (beyond eight tables it keeps our order).
    """
    keys = read_order(sort).keys
    cursor = _read_cursor(before or after, keys)
    is_backwards = bool(before) and cursor is not None
    found = tickets.annotate(**_expressions(keys))
    if cursor is not None:
        found = found.filter(_beyond(keys, cursor, is_backwards))
    names = [key.name for key in keys if key.name != "pk"]
    found = found.order_by(*_order(keys, is_backwards))
    rows = [dict(zip(("pk", *names), row, strict=True)) for row in found.values_list("pk", *names)[: size + 1]]
    has_more = len(rows) > size
    rows = rows[:size]
    if is_backwards:
        rows.reverse()
    has_previous = has_more if is_backwards else cursor is not None
    has_next = True if is_backwards else has_more
    return Page(
        [row["pk"] for row in rows],
        before=_write_cursor(rows[0], keys) if rows and has_previous else "",
        after=_write_cursor(rows[-1], keys) if rows and has_next else "",
    )


def order_by(sort: str) -> list[Any]:
    """The same order for a window. For columns of the ticket itself; others fall back to the last change."""
    keys = read_order(sort).keys
    if any(key.expression is not None for key in keys):
        keys = _NEWEST
    return _order(keys, is_backwards=False)


def neighbours(tickets: TicketQuerySet, ticket: Ticket, *, sort: str) -> tuple[str, str]:
    """The numbers of the tickets before and after this one in the list; empty at its ends."""
    keys = read_order(sort).keys
    expressions = _expressions(keys)
    if expressions:
        ticket = Ticket.objects.annotate(**expressions).select_related("priority", "status").get(pk=ticket.pk)
    here = [_value(ticket, key) for key in keys]

    def nearest(is_backwards: bool) -> Any:
        beyond = tickets.alias(**expressions).filter(_beyond(keys, here, is_backwards))
        side = Value("before" if is_backwards else "after", output_field=CharField())
        return beyond.order_by(*_order(keys, is_backwards)).values_list(side, "number")[:1]

    try:
        found = dict(nearest(True).union(nearest(False), all=True))
    except EmptyResultSet:
        return "", ""
    return found.get("before", ""), found.get("after", "")


# --- what the database compares --------------------------------------------------------------------------------------


def _expressions(keys: tuple[Key, ...]) -> dict[str, Any]:
    return {key.name: key.expression for key in keys if key.expression is not None}


def _order(keys: tuple[Key, ...], is_backwards: bool) -> list[Any]:
    order: list[Any] = []
    for key in keys:
        descending = key.descending != is_backwards
        column = F(key.name)
        if not key.is_nullable:
            order.append(column.desc() if descending else column.asc())
        elif descending:
            order.append(column.desc(nulls_first=True) if is_backwards else column.desc(nulls_last=True))
        else:
            order.append(column.asc(nulls_first=True) if is_backwards else column.asc(nulls_last=True))
    return order


def _beyond(keys: tuple[Key, ...], cursor: list[Any], is_backwards: bool) -> Q:
    """The rows that come after the cursor in the order (before it when reading backwards)."""
    found = Q(pk__in=[])
    same = Q()
    for key, value in zip(keys, cursor, strict=True):
        found |= same & _past(key, value, is_backwards)
        same &= Q(**{f"{key.name}__isnull": True}) if value is None else Q(**{key.name: value})
    first, value = keys[0], cursor[0]
    if value is not None and not (first.is_nullable and not is_backwards):
        # Says nothing new, but by this an index starts at the cursor instead of at its beginning.
        found &= Q(**{f"{first.name}__{'lte' if first.descending != is_backwards else 'gte'}": value})
    return found


def _past(key: Key, value: Any, is_backwards: bool) -> Q:
    if value is None:  # the empty ones stand at the end
        return Q(**{f"{key.name}__isnull": False}) if is_backwards else Q(pk__in=[])
    past = Q(**{f"{key.name}__{'lt' if key.descending != is_backwards else 'gt'}": value})
    if key.is_nullable and not is_backwards:
        past |= Q(**{f"{key.name}__isnull": True})
    return past


# --- cursors ---------------------------------------------------------------------------------------------------------


def _value(ticket: Ticket, key: Key) -> Any:
    if key.expression is not None:
        return getattr(ticket, key.name)
    value: Any = ticket
    for part in key.field.split("__"):
        value = getattr(value, part)
    return value


def _write_cursor(row: Mapping[str, Any], keys: tuple[Key, ...]) -> str:
    values = [row[key.name] for key in keys]
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _read_cursor(text: str, keys: tuple[Key, ...]) -> list[Any] | None:
    """What `_write_cursor` wrote; None for anything else, since addresses get cut and mistyped."""
    if not text or len(text) > LONGEST_CURSOR:
        return None
    try:
        plain = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(plain, list) or len(plain) != len(keys):
        return None
    values = [_read_value(key, value) for key, value in zip(keys, plain, strict=True)]
    return None if _NONSENSE in values else values


_NONSENSE = object()


def _read_value(key: Key, value: Any) -> Any:
    if value is None:
        return None if key.is_nullable else _NONSENSE
    if key.holds is int:
        is_one = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**62
        return value if is_one else _NONSENSE
    if not isinstance(value, str):
        return _NONSENSE
    if key.holds is str:
        return value if "\x00" not in value and value.isprintable() else _NONSENSE
    return _read_time(value)


def _read_time(value: str) -> Any:
    try:
        moment = parse_datetime(value)
    except ValueError:
        return _NONSENSE
    return moment if moment is not None and timezone.is_aware(moment) else _NONSENSE
