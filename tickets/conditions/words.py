"""A condition in words, in the reader's language: one short saying for each chip."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from tickets.conditions.fields import RELATIVE_NAMES, Field, Rows, field_of
from tickets.conditions.operators import Shape, shape_of
from tickets.conditions.times import read_moment, read_span
from tickets.conditions.tree import Clause, Group, How, Node
from tickets.conditions.values import problem_of
from tickets.models import User

# The names of rows by their table and key.
Names = Mapping[str, Mapping[str | int, str]]


@dataclass(frozen=True, slots=True)
class Said:
    """One chip: "Team" and "Helpdesk". `problem` is a sentence for what can't be understood or no longer exists."""

    label: str
    text: str
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.label}: {self.text}"


def tell(root: Group, names: Names) -> list[Said]:
    """A saying for each part of an outermost `all`; one for the whole of another group."""
    nodes: Sequence[Node] = root.of if root.how == "all" else (root,)
    return [_say(node, names) for node in nodes]


def names_in(roots: Iterable[Group], *, reader: User | None = None) -> Names:
    """The names of all rows that the conditions name, as this reader may know them; each table is asked once."""
    wanted: dict[str, tuple[Rows, set[str | int]]] = {}
    for clause in (clause for root in roots for clause in root.clauses()):
        field = field_of(clause.field)
        if field is None or field.rows is None or problem_of(clause):
            continue
        _rows, keys = wanted.setdefault(field.rows.table, (field.rows, set()))
        keys.update(value for value in _values(clause) if value not in field.relative)
    return {table: rows.names_of(sorted(keys, key=str), reader) for table, (rows, keys) in wanted.items() if keys}


def say_how(how: How) -> str:
    """The head of a group."""
    return {"all": _("All of these"), "any": _("Any of these"), "none": _("None of these")}[how]


def _say(node: Node, names: Names) -> Said:
    if isinstance(node, Clause):
        return _say_clause(node, names)
    inside = [_say(each, names) for each in node.of]
    text = "; ".join(f"({said})" if isinstance(each, Group) else str(said) for said, each in _with(inside, node.of))
    return Said(say_how(node.how), text, next((said.problem for said in inside if said.problem), ""))


def _with(sayings: list[Said], nodes: Sequence[Node]) -> Iterable[tuple[Said, Node]]:
    return zip(sayings, nodes, strict=True)


def _say_clause(clause: Clause, names: Names) -> Said:
    field = field_of(clause.field)
    problem = problem_of(clause)
    if field is None:
        return Said(clause.field, _("a field that no longer exists"), problem)
    if problem:
        return Said(str(field.label), _("not understood"), problem)
    called = [_name(value, field, names) for value in _values(clause)]
    if None in called:
        problem = _("“%(field)s” names something that no longer exists.") % {"field": field.label}
    known = [name if name is not None else _("something that no longer exists") for name in called]
    return Said(str(field.label), _say_op(clause, field, known), problem)


def _values(clause: Clause) -> list[str | int]:
    if clause.value is None or isinstance(clause.value, bool):
        return []
    return clause.value if isinstance(clause.value, list) else [clause.value]


def _name(value: str | int, field: Field, names: Names) -> str | None:
    """What a value is called; None for a row that no longer exists."""
    if value in field.relative:
        return str(RELATIVE_NAMES[str(value)])
    if field.rows is not None and not isinstance(value, bool):
        if field.level_column and isinstance(value, int):
            return str(value)
        return names.get(field.rows.table, {}).get(value)
    if field.choices:
        return str(dict(field.choices)[str(value)])
    return str(value)


def _say_op(clause: Clause, field: Field, names: list[str]) -> str:
    first = names[0] if names else ""
    match shape_of(field.type, clause.op):
        case Shape.YES:
            return pgettext("condition", "yes") if clause.value else pgettext("condition", "no")
        case Shape.SPAN:
            return say_span(clause.op, str(clause.value))
        case Shape.MOMENT | Shape.DAY:
            first = _say_moment(str(clause.value))
        case Shape.LEVEL:
            first = _say_level(cast("int", clause.value))
        case Shape.TEXT | Shape.TEXTS:
            names = [_("“%(text)s”") % {"text": name} for name in names]
            first = names[0]
        case _:
            pass
    return _template(clause.op) % {"what": first, "either": _either(names), "each": ", ".join(names)}


def _template(op: str) -> str:
    return {
        "is": "%(what)s",
        "is_not": pgettext("condition", "not %(what)s"),
        "in": "%(either)s",
        "not_in": pgettext("condition", "none of %(each)s"),
        "contains": pgettext("condition", "contains %(what)s"),
        "not_contains": pgettext("condition", "without %(what)s"),
        "starts": pgettext("condition", "starts with %(what)s"),
        "not_starts": pgettext("condition", "doesn't start with %(what)s"),
        "at_least": pgettext("condition", "at least %(what)s"),
        "at_most": pgettext("condition", "at most %(what)s"),
        "before": pgettext("condition", "before %(what)s"),
        "after": pgettext("condition", "after %(what)s"),
        "on": "%(what)s",
        "today": pgettext("condition", "today"),
        "empty": pgettext("condition", "none"),
        "not_empty": pgettext("condition", "any"),
    }[op]


def _either(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return pgettext("condition", "%(some)s or %(last)s") % {"some": ", ".join(names[:-1]), "last": names[-1]}


def _say_level(level: int) -> str:
    return {
        1: pgettext("level", "low"),
        2: pgettext("level", "normal"),
        3: pgettext("level", "high"),
        4: pgettext("level", "urgent"),
    }[level]


def _say_moment(text: str) -> str:
    moment = read_moment(text)
    assert moment is not None
    if not isinstance(moment, datetime):
        return date_format(moment, "DATE_FORMAT")
    return date_format(timezone.localtime(moment) if timezone.is_aware(moment) else moment, "DATETIME_FORMAT")


def say_span(op: str, text: str) -> str:
    """ "in the last 7 days" and the like."""
    span = read_span(text)
    assert span is not None
    count = span.count
    words = {
        "last": {
            "m": ngettext("in the last %(count)s minute", "in the last %(count)s minutes", count),
            "h": ngettext("in the last %(count)s hour", "in the last %(count)s hours", count),
            "d": ngettext("in the last %(count)s day", "in the last %(count)s days", count),
            "w": ngettext("in the last %(count)s week", "in the last %(count)s weeks", count),
        },
        "next": {
            "m": ngettext("in the next %(count)s minute", "in the next %(count)s minutes", count),
            "h": ngettext("in the next %(count)s hour", "in the next %(count)s hours", count),
            "d": ngettext("in the next %(count)s day", "in the next %(count)s days", count),
            "w": ngettext("in the next %(count)s week", "in the next %(count)s weeks", count),
        },
        "older": {
            "m": ngettext("more than %(count)s minute ago", "more than %(count)s minutes ago", count),
            "h": ngettext("more than %(count)s hour ago", "more than %(count)s hours ago", count),
            "d": ngettext("more than %(count)s day ago", "more than %(count)s days ago", count),
            "w": ngettext("more than %(count)s week ago", "more than %(count)s weeks ago", count),
        },
    }
    return words[op][span.unit] % {"count": count}
