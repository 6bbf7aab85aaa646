"""Whether a clause makes sense, and its value in the one form in which it is kept."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from tickets.conditions.fields import Field, field_of
from tickets.conditions.operators import OPS, Shape, Type, shape_of
from tickets.conditions.times import read_moment, read_span
from tickets.conditions.tree import Clause, Value

LEVELS = range(1, 5)


class Senseless(Exception):
    """The clause can't be understood; says why in a sentence for the user."""


def check_clause(clause: Clause) -> Clause:
    """The clause with its value in its kept form. Raises Senseless."""
    field = field_of(clause.field)
    if field is None:
        raise Senseless(_("“%(name)s” is a field that no longer exists.") % {"name": clause.field})
    if clause.op not in OPS or not field.takes(clause.op):
        raise Senseless(_("“%(field)s” can't be asked in this way.") % {"field": field.label})
    return replace(clause, value=_check_value(field, clause.op, clause.value))


def _check_value(field: Field, op: str, value: Value) -> Value:
    shape = shape_of(field.type, op)
    match shape:
        case Shape.NOTHING:
            return _require(field, value is None, None)
        case Shape.YES:
            return _require(field, isinstance(value, bool), value)
        case Shape.LEVEL:
            return _require(field, type(value) is int and value in LEVELS, value)
        case Shape.SPAN:
            return _require(field, read_span(value) is not None, value)
        case Shape.MOMENT | Shape.DAY:
            moment = read_moment(value)
            is_one = moment is not None and not (shape is Shape.DAY and isinstance(moment, datetime))
            return _require(field, is_one, value)
        case Shape.TEXT:
            return _text(field, value)
        case Shape.TEXTS:
            return list(dict.fromkeys(_text(field, each) for each in _list(field, value)))
        case Shape.MANY:
            return [_key(field, each) for each in _list(field, value)]
        case _:
            return _key(field, value)


def _require(field: Field, is_right: bool, value: Value) -> Value:
    if not is_right:
        if value is None or value == "" or value == []:
            raise Senseless(_("“%(field)s” needs a value to compare with.") % {"field": field.label})
        raise Senseless(_("“%(field)s” has an impossible value.") % {"field": field.label})
    return value


def _list(field: Field, value: Value) -> list[str | int]:
    if not isinstance(value, list) or not value:
        _require(field, False, value)
    assert isinstance(value, list)
    return list(dict.fromkeys(value))


def _text(field: Field, value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if field.type is Type.CODE:
        text = text.replace(" ", "")
    if not text:
        _require(field, False, "" if isinstance(value, str) else None)
    return unicodedata.normalize("NFC", text)


def _key(field: Field, value: object) -> str | int:
    """The key of a row, one of the fixed codes, or a name that is relative to the reader."""
    if isinstance(value, str) and value in field.relative:
        return value
    if field.rows is not None and field.rows.key == "pk":
        _require(field, type(value) is int and value > 0, value if isinstance(value, str | int) else None)
    elif field.rows is not None:
        _require(field, isinstance(value, str) and bool(value), value if isinstance(value, str | int) else None)
    elif value not in dict(field.choices):
        _require(field, False, value if isinstance(value, str | int) else None)
    assert isinstance(value, str | int)
    return value


def problem_of(clause: Clause) -> str:
    """Why the clause makes no sense; empty when it does."""
    try:
        check_clause(clause)
    except Senseless as error:
        return str(error)
    return ""
