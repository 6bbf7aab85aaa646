"""The builder's form: a tree of conditions as fields with a path in their names ("op.0.2"), read and shown again.

What is half done stays as it is; only finished clauses make the condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from django.http import QueryDict
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets import conditions
from tickets.conditions import Clause, Condition, Field, Group, Node, Op, Shape
from tickets.conditions.fields import RELATIVE_NAMES
from tickets.conditions.rows import TermRows
from tickets.conditions.times import read_moment, read_span
from tickets.conditions.tree import DEEPEST, HOWS, LONGEST_TEXT, MOST_CLAUSES, How
from tickets.conditions.values import problem_of
from tickets.models import User

PATH = re.compile(r"0(?:\.[0-9]{1,3}){0,8}")
UNITS: tuple[tuple[str, str | LazyText], ...] = (
    ("m", pgettext_lazy("unit of time", "minutes")),
    ("h", pgettext_lazy("unit of time", "hours")),
    ("d", pgettext_lazy("unit of time", "days")),
    ("w", pgettext_lazy("unit of time", "weeks")),
)
HOW_WORDS: tuple[tuple[str, str | LazyText], ...] = (
    ("all", _("all of these")),
    ("any", _("any of these")),
    ("none", _("none of these")),
)
YES_NO: tuple[tuple[str, str | LazyText], ...] = (
    ("yes", pgettext_lazy("condition", "yes")),
    ("no", pgettext_lazy("condition", "no")),
)


@dataclass
class ClauseRow:
    """One row of the builder. `chosen` and `offered` are what its checkboxes, radios or options show."""

    path: str
    name: str = ""
    op: str = ""
    values: list[str] = field(default_factory=list)
    unit: str = "d"
    hour: str = ""
    words: str = ""
    problem: str = ""
    is_new: bool = False
    is_group: bool = False
    chosen: list[tuple[str, str]] = field(default_factory=list)
    offered: list[tuple[str, str]] = field(default_factory=list)

    @property
    def field(self) -> Field | None:
        return conditions.field_of(self.name)

    @property
    def ops(self) -> tuple[Op, ...]:
        return self.field.ops if self.field else ()

    @property
    def shape(self) -> str:
        """Which input the value has: "" for a field that isn't chosen yet."""
        if self.field is None or not self.field.takes(self.op):
            return ""
        return conditions.shape_of(self.field.type, self.op).value

    @property
    def is_few(self) -> bool:
        found = self.field
        return found is not None and (found.rows is None or found.rows.is_few)

    @property
    def value(self) -> str:
        return self.values[0] if self.values else ""

    @property
    def lines(self) -> str:
        return "\n".join(self.values)

    def clause(self) -> Clause | None:
        """The finished clause; None while there is nothing to ask yet."""
        found = self.field
        if found is None:
            return Clause(self.name, self.op or "is", None) if self.name else None
        if not found.takes(self.op):
            return None
        if self.shape == Shape.NOTHING:
            return Clause(self.name, self.op)
        if not self.value:
            return None
        return Clause(self.name, self.op, self._value(found))

    def _value(self, found: Field) -> Any:
        match self.shape:
            case Shape.SPAN:
                return f"{self.value}{self.unit}"
            case Shape.MOMENT:
                return f"{self.value}T{self.hour}" if self.hour else self.value
            case Shape.YES:
                return {"yes": True, "no": False}.get(self.value, self.value)
            case Shape.LEVEL:
                return _number(self.value)
            case Shape.TEXTS:
                return self.values
            case Shape.MANY | Shape.ONE:
                is_key = found.rows is not None and found.rows.key == "pk"
                values = [_number(each) if is_key else each for each in self.values]
                return values if self.shape == Shape.MANY else values[0]
            case _:
                return self.value


@dataclass
class GroupRow:
    path: str
    how: How = "all"
    of: list[ClauseRow | GroupRow] = field(default_factory=list)
    is_group: bool = True

    @property
    def can_nest(self) -> bool:
        return self.path.count(".") < DEEPEST - 1

    @property
    def is_root(self) -> bool:
        return self.path == "0"

    def rows(self) -> Iterator[ClauseRow]:
        for each in self.of:
            if isinstance(each, GroupRow):
                yield from each.rows()
            else:
                yield each

    def tree(self) -> dict[str, Any]:
        """The JSON of what is finished; empty groups are left out."""
        inside = []
        for each in self.of:
            if isinstance(each, GroupRow):
                if made := each.tree():
                    inside.append(made)
            elif (clause := each.clause()) is not None:
                inside.append(conditions_json(clause))
        return {self.how: inside} if inside else {}


def conditions_json(clause: Clause) -> dict[str, Any]:
    written: dict[str, Any] = {"field": clause.field, "op": clause.op}
    return written if clause.value is None else written | {"value": clause.value}


# --- from a condition and from a form ------------------------------------------------------------------------------


def rows_of(condition: Condition) -> GroupRow:
    """The form that shows this condition; an empty row to begin with when it asks nothing."""
    root = cast("GroupRow", _row_of(condition.root, "0"))
    if not root.of:
        root.of.append(ClauseRow("0.0", is_new=True))
    return root


def read_form(data: QueryDict) -> GroupRow:
    """What was sent, half done or not. Paths that make no sense are left out."""
    paths = [path for path in data.getlist("node") if PATH.fullmatch(path)][: 3 * MOST_CLAUSES]
    groups = {"0": GroupRow("0", _how(data.get("how.0")))}
    for path in dict.fromkeys(paths):
        parent = groups.get(path.rpartition(".")[0])
        if path in groups or parent is None:
            continue
        if f"how.{path}" in data:
            group = GroupRow(path, _how(data.get(f"how.{path}")))
            groups[path] = group
            parent.of.append(group)
        else:
            parent.of.append(_read_row(data, path))
    return groups["0"]


def change_rows(root: GroupRow, act: str) -> None:
    """Adds a row or a group, or drops one: "add.0", "group.0.1", "drop.0.2"."""
    verb, _dot, path = act.partition(".")
    for group in _groups(root):
        if verb == "drop":
            group.of = [each for each in group.of if each.path != path]
        elif group.path == path and verb in ("add", "group"):
            new = f"{path}.{max((int(each.path.rpartition('.')[2]) for each in group.of), default=-1) + 1}"
            if verb == "add":
                group.of.append(ClauseRow(new, is_new=True))
            elif group.can_nest:
                group.of.append(GroupRow(new, "any", [ClauseRow(f"{new}.0", is_new=True)]))
            return


def dress(root: GroupRow, reader: User) -> None:
    """Fills in what the inputs offer, the names of what was chosen, and what is wrong with a row."""
    kept = [clause for row in root.rows() if (clause := row.clause()) is not None and not problem_of(clause)]
    names = conditions.names_in([Group("all", tuple(kept))], reader=reader)
    few: dict[str, list[tuple[str, str]]] = {}
    for row in root.rows():
        found = row.field
        clause = row.clause()
        row.problem = problem_of(clause) if clause is not None else ""
        if found is None or row.shape not in (Shape.ONE, Shape.MANY, Shape.LEVEL, Shape.YES):
            continue
        called = names.get(found.rows.table, {}) if found.rows is not None else {}
        row.chosen = [
            (value, str(RELATIVE_NAMES[value]) if value in found.relative else called.get(_key(found, value), value))
            for value in row.values
        ]
        if not row.is_few:
            row.offered = _search(found, row.words, reader, row.values)
            continue
        kind = f"{found.name} {row.shape}" if row.shape in (Shape.LEVEL, Shape.YES) else found.name
        if kind not in few:
            few[kind] = _offered(found, row.shape, reader)
        have = {value for value, _name in few[kind]}
        row.offered = few[kind] + [choice for choice in row.chosen if choice[0] not in have]


def find(found: Field, words: str, chosen: list[str], reader: User) -> ClauseRow:
    """A row with what a search offers, beside what is chosen already."""
    row = ClauseRow("0", found.name, "in", values=chosen[:100], words=words)
    group = GroupRow("0", "all", [row])
    dress(group, reader)
    return row


def _row_of(node: Node, path: str) -> ClauseRow | GroupRow:
    if isinstance(node, Group):
        return GroupRow(path, node.how, [_row_of(each, f"{path}.{n}") for n, each in enumerate(node.of)])
    row = ClauseRow(path, node.field, node.op)
    value = node.value
    if isinstance(value, bool):
        row.values = ["yes" if value else "no"]
    elif isinstance(value, list):
        row.values = [str(each) for each in value]
    elif value is not None:
        row.values = [str(value)]
    if row.shape == Shape.SPAN and (span := read_span(value)) is not None:
        row.values, row.unit = [str(span.count)], span.unit
    elif row.shape == Shape.MOMENT and read_moment(value) is not None:
        day, _t, hour = str(value).partition("T")
        row.values, row.hour = [day], hour
    return row


def _read_row(data: QueryDict, path: str) -> ClauseRow:
    row = ClauseRow(path, data.get(f"field.{path}", "")[:60], data.get(f"op.{path}", "")[:60])
    found = row.field
    if found is not None and not found.takes(row.op):  # the field was changed: begin with its first operator
        row.op = found.ops[0].name
    was = data.get(f"was.{path}", "")
    row.words = data.get(f"find.{path}", "")[:100].replace("\x00", "").strip()
    values = [value.replace("\x00", "").strip() for value in data.getlist(f"value.{path}")]
    if was and was != f"{row.name} {row.shape}" and not _fits(was, row):
        return row  # the value belongs to another question
    if row.shape == Shape.TEXTS:
        values = [line.strip() for value in values for line in value.splitlines()]
    row.values = [value[: LONGEST_TEXT + 1] for value in values if value][:100]
    row.unit = unit if (unit := data.get(f"unit.{path}", "d")) in dict(UNITS) else "d"
    row.hour = data.get(f"hour.{path}", "")[:40].strip()
    return row


def _fits(was: str, row: ClauseRow) -> bool:
    """Whether the value of the row before still means something: one of several, a text, a time."""
    name, _space, shape = was.partition(" ")
    alike = ({Shape.ONE, Shape.MANY}, {Shape.TEXT, Shape.TEXTS}, {Shape.MOMENT, Shape.DAY})
    return name == row.name and any(shape in kind and row.shape in kind for kind in alike)


def _groups(root: GroupRow) -> list[GroupRow]:
    return [root] + [inner for each in root.of if isinstance(each, GroupRow) for inner in _groups(each)]


def _offered(found: Field, shape: str, reader: User) -> list[tuple[str, str]]:
    if shape == Shape.YES:
        return [(key, str(name)) for key, name in YES_NO]
    if shape == Shape.LEVEL and isinstance(found.rows, TermRows):
        return [(str(level), name) for level, name in found.rows.levels()]
    if found.rows is not None:
        return [(str(key), name) for key, name in found.rows.offered(reader=reader)]
    return [(key, str(label)) for key, label in found.choices]


def _search(found: Field, words: str, reader: User, chosen: list[str]) -> list[tuple[str, str]]:
    assert found.rows is not None
    return [(str(key), name) for key, name in found.rows.offered(words, reader=reader) if str(key) not in chosen]


def _key(found: Field, value: str) -> str | int:
    return _number(value) if found.rows is not None and found.rows.key == "pk" else value


def _number(text: str) -> str | int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else text


def _how(text: str | None) -> How:
    return next((how for how in HOWS if how == text), "all")
