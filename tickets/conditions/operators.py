"""Operators: which types of field take which, what value each takes, and what it is called."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise as LazyText
from django.utils.translation import pgettext_lazy


class Type(StrEnum):
    """What a field holds."""

    CODE = "code"  # a short sign compared as it stands: the number
    TEXT = "text"  # compared regardless of case and accents
    WORDS = "words"  # many long texts
    SEARCH = "search"  # several short texts at once
    ROW = "row"  # one row of another table, or none
    LEVEL = "level"  # such a row that also has a rank
    ROWS = "rows"  # any number of rows
    CHOICE = "choice"  # one of a few fixed codes
    TIME = "time"
    FLAG = "flag"  # yes or no


class Shape(StrEnum):
    """What value an operator takes."""

    NOTHING = "nothing"
    ONE = "one"
    MANY = "many"
    TEXT = "text"
    TEXTS = "texts"
    MOMENT = "moment"  # "2026-05-01", or with an hour "2026-05-01T09:00"
    DAY = "day"
    SPAN = "span"  # "30m", "2h", "7d", "2w"
    LEVEL = "level"
    YES = "yes"


@dataclass(frozen=True, slots=True)
class Op:
    """`negates` names the operator of which this one is the exact opposite, empty fields included."""

    name: str
    label: str | LazyText
    shape: Shape
    negates: str = ""


_OPS = (
    Op("is", pgettext_lazy("condition", "is"), Shape.ONE),
    Op("is_not", pgettext_lazy("condition", "is not"), Shape.ONE, "is"),
    Op("in", pgettext_lazy("condition", "is one of"), Shape.MANY),
    Op("not_in", pgettext_lazy("condition", "is none of"), Shape.MANY, "in"),
    Op("contains", pgettext_lazy("condition", "contains"), Shape.TEXT),
    Op("not_contains", pgettext_lazy("condition", "does not contain"), Shape.TEXT, "contains"),
    Op("starts", pgettext_lazy("condition", "starts with"), Shape.TEXT),
    Op("not_starts", pgettext_lazy("condition", "does not start with"), Shape.TEXT, "starts"),
    Op("at_least", pgettext_lazy("condition", "is at least"), Shape.LEVEL),
    Op("at_most", pgettext_lazy("condition", "is at most"), Shape.LEVEL),
    Op("before", pgettext_lazy("condition", "is before"), Shape.MOMENT),
    Op("after", pgettext_lazy("condition", "is after"), Shape.MOMENT),
    Op("on", pgettext_lazy("condition", "is on the day"), Shape.DAY),
    Op("today", pgettext_lazy("condition", "is today"), Shape.NOTHING),
    Op("last", pgettext_lazy("condition", "is within the last"), Shape.SPAN),
    Op("next", pgettext_lazy("condition", "is within the next"), Shape.SPAN),
    Op("older", pgettext_lazy("condition", "is longer ago than"), Shape.SPAN),
    Op("not_empty", pgettext_lazy("condition", "is not empty"), Shape.NOTHING),
    Op("empty", pgettext_lazy("condition", "is empty"), Shape.NOTHING, "not_empty"),
)
OPS: dict[str, Op] = {op.name: op for op in _OPS}

_SAME = ("is", "is_not", "in", "not_in")
_PARTS = ("contains", "not_contains", "starts", "not_starts")
OPS_OF: dict[Type, tuple[str, ...]] = {
    Type.CODE: (*_SAME, *_PARTS),
    Type.TEXT: (*_PARTS, *_SAME),
    Type.WORDS: ("contains", "not_contains"),
    Type.SEARCH: ("contains", "not_contains"),
    Type.ROW: _SAME,
    Type.LEVEL: (*_SAME, "at_least", "at_most"),
    Type.ROWS: _SAME,
    Type.CHOICE: _SAME,
    Type.TIME: ("last", "next", "older", "today", "on", "before", "after"),
    Type.FLAG: ("is",),
}
_EMPTY = ("empty", "not_empty")


def ops_of(kind: Type, *, can_be_empty: bool) -> tuple[str, ...]:
    """The operators of a field, in the order in which they are offered."""
    return (*OPS_OF[kind], *_EMPTY) if can_be_empty else OPS_OF[kind]


def shape_of(kind: Type, op: str) -> Shape:
    """What value this operator takes with a field of this type."""
    shape = OPS[op].shape
    if kind is Type.FLAG:
        return Shape.YES
    if kind in (Type.CODE, Type.TEXT):
        return {Shape.ONE: Shape.TEXT, Shape.MANY: Shape.TEXTS}.get(shape, shape)
    return shape
