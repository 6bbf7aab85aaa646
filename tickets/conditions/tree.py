"""The shape of a condition: clauses in groups of all, any or none; read from JSON within limits, and written back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from django.utils.translation import gettext as _

from tickets.errors import Refused

DEEPEST = 5  # groups within groups
MOST_CLAUSES = 60
MOST_VALUES = 100
LONGEST_TEXT = 200
LARGEST_INTEGER = 2**63 - 1

How: TypeAlias = Literal["all", "any", "none"]
HOWS: tuple[How, ...] = ("all", "any", "none")
# What JSON a clause may carry: one plain value, or a list of them.
Value: TypeAlias = "str | int | bool | list[str | int] | None"


@dataclass(frozen=True, slots=True)
class Clause:
    """One question: a field, an operator, and mostly a value."""

    field: str
    op: str
    value: Value = None

    def __hash__(self) -> int:
        return hash((self.field, self.op, repr(self.value)))


@dataclass(frozen=True, slots=True)
class Group:
    """Holds when all, any or none of what is in it holds. An empty one of `all` holds always."""

    how: How = "all"
    of: tuple[Node, ...] = ()

    def clauses(self) -> Iterator[Clause]:
        """Every clause below, in order."""
        for node in self.of:
            if isinstance(node, Clause):
                yield node
            else:
                yield from node.clauses()


Node: TypeAlias = Clause | Group


def read_tree(json: object) -> Group:
    """The tree that this JSON means. Raises Refused when it has no such shape, or is too large."""
    if json in ({}, {"all": []}):
        return Group()
    node = _read_node(json, depth=1)
    root = node if isinstance(node, Group) else Group("all", (node,))
    if sum(1 for _clause in root.clauses()) > MOST_CLAUSES:
        raise Refused(_("This is too long: at most %(most)s conditions fit into one.") % {"most": MOST_CLAUSES})
    return root


def write_tree(node: Node) -> dict[str, Any]:
    """The JSON that `read_tree` reads into the same tree."""
    if isinstance(node, Group):
        return {node.how: [write_tree(each) for each in node.of]} if node.of else {}
    written: dict[str, Any] = {"field": node.field, "op": node.op}
    return written if node.value is None else written | {"value": node.value}


def _read_node(json: object, depth: int) -> Node:
    if not isinstance(json, Mapping):
        raise Refused(_("This is not a condition: a group or a clause was expected."))
    if "field" in json:
        return _read_clause(cast("Mapping[str, object]", json))
    if len(json) != 1 or (how := next(iter(json))) not in HOWS:
        raise Refused(_("A group says all, any or none, and nothing else."))
    if depth > DEEPEST:
        raise Refused(_("This is too deep: groups may stand in one another %(most)s deep.") % {"most": DEEPEST})
    inside = json[how]
    if not isinstance(inside, list) or not inside:
        raise Refused(_("A group needs at least one condition."))
    if len(inside) > MOST_CLAUSES:
        raise Refused(_("This is too long: at most %(most)s conditions fit into one.") % {"most": MOST_CLAUSES})
    return Group(how, tuple(_read_node(each, depth + 1) for each in inside))


def _read_clause(json: Mapping[str, object]) -> Clause:
    field, op, value = json.get("field"), json.get("op"), json.get("value")
    if set(json) - {"field", "op", "value"}:
        raise Refused(_("A condition has a field, an operator and a value, and nothing else."))
    for name in (field, op):
        if not (isinstance(name, str) and 0 < len(name) <= 60 and name.isascii() and name.isprintable()):
            raise Refused(_("A condition has a field, an operator and a value, and nothing else."))
    if isinstance(value, list):
        if len(value) > MOST_VALUES:
            raise Refused(_("At most %(most)s values fit into one condition.") % {"most": MOST_VALUES})
        if any(isinstance(each, bool) or not isinstance(each, str | int) for each in value):
            raise Refused(_("A list of values holds texts and whole numbers alone."))
    for each in value if isinstance(value, list) else [value]:
        _check_plain(each)
    return Clause(cast("str", field), cast("str", op), cast("Value", value))


def _check_plain(value: object) -> None:
    """Only what fits a JSON column and an address."""
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise Refused(_("This number is too large."))
        return
    if not isinstance(value, str):
        raise Refused(_("A value is a text, a whole number, yes or no."))
    if len(value) > LONGEST_TEXT:
        raise Refused(_("A text to compare with has at most %(most)s characters.") % {"most": LONGEST_TEXT})
    if any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in value):
        raise Refused(_("This text holds characters that no ticket can hold."))
