"""What narrows a list, as its address says it: short forms, chips (`f=`) and whole trees (`where=`).

    ?team=3&status=open                     short forms, for links
    ?f=team:is:3;status_type:in:new,open    chips: field, operator, value; several `f` will do too
    ?where={"any":[...]}                    what needs groups, as the language's JSON

What can't be understood stays in the address, says so, and finds nothing: never more than was asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from tickets import conditions
from tickets.conditions import Clause, Condition, Group, Node, Shape
from tickets.conditions.tree import write_tree
from tickets.errors import Refused
from tickets.models import Status, User
from tickets.models.tickets import TicketQuerySet
from tickets.tagging import find_tag

MOST_PARTS = 30
LONGEST = 8000  # characters of one parameter

STATUS_GROUPS: dict[str, tuple[str, ...]] = {
    "new": (Status.Type.NEW,),
    "open": (Status.Type.NEW, Status.Type.OPEN),
    "pending": Status.PENDING,
    "closed": Status.CLOSED,
}
SHORT_FORMS = ("team", "status", "priority", "owner", "tag", "q", "turn")
PARAMETERS = (*SHORT_FORMS, "f", "where")


@dataclass(frozen=True, slots=True)
class Part:
    """One filter: the parameter it stands in, as it was written there, and what it asks."""

    parameter: str
    raw: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in words. `rest` is the list without it; `problem` is why it finds nothing, if it can't."""

    label: str
    text: str
    rest: Filters
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address of a list asks for, in its order."""

    parts: tuple[Part, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.parts)

    @property
    def condition(self) -> Condition:
        """All of them together."""
        return conditions.all_of(*(part.condition for part in self.parts))

    @property
    def q(self) -> str:
        return self.raw("q")

    @property
    def turn(self) -> str:
        return self.raw("turn")

    def raw(self, parameter: str) -> str:
        """As it stands in the address; empty when it doesn't."""
        return next((part.raw for part in self.parts if part.parameter == parameter), "")

    def narrow(self, tickets: TicketQuerySet, user: User) -> TicketQuerySet:
        """Those of the tickets that are asked for."""
        return tickets.filter(self.condition.q(reader=user)) if self.parts else tickets

    def without(self, *parameters: str) -> Filters:
        """The list without the filters of these parameters."""
        return Filters(tuple(part for part in self.parts if part.parameter not in parameters))

    def only(self, *parameters: str) -> Filters:
        return Filters(tuple(part for part in self.parts if part.parameter in parameters))

    def chips(self, hidden: Collection[str] = (), *, reader: User | None = None) -> list[Chip]:
        """All filters in words; the names of rows cost one query for each table."""
        shown = [part for part in self.parts if part.parameter not in hidden]
        names = conditions.names_in([part.condition.root for part in shown], reader=reader)
        return [self._chip(part, names) for part in shown]

    def _chip(self, part: Part, names: Any) -> Chip:
        rest = Filters(tuple(each for each in self.parts if each is not part))
        problem = "; ".join(part.condition.problems)
        if not part.condition:
            return Chip(_("Filter"), part.raw[:60], rest, problem)
        said = part.condition.words(names)[0]
        return Chip(said.label, said.text, rest, problem or said.problem)

    def as_query(self) -> dict[str, str]:
        """The other way round: what to put into an address."""
        query = {part.parameter: part.raw for part in self.parts if part.parameter in SHORT_FORMS}
        if chips := [part.raw for part in self.parts if part.parameter == "f"]:
            query["f"] = ";".join(chips)
        trees = [part for part in self.parts if part.parameter == "where"]
        if len(trees) == 1:
            query["where"] = trees[0].raw
        elif trees:
            query["where"] = _compact({"all": [write_tree(_only_node(part.condition)) for part in trees]})
        return query


def encode(query: Mapping[str, str]) -> str:
    """For an address; what the chips are written with stays readable."""
    return urlencode({name: value for name, value in query.items() if value}, safe=":,;")


# --- reading -------------------------------------------------------------------------------------------------------


def read(query: Mapping[str, str], user: User | None = None) -> Filters:
    """From an address. Never fails: what makes no sense becomes a filter that says so."""
    parts: list[Part] = []
    for name in SHORT_FORMS:
        raw = " ".join(query.get(name, "")[:200].replace("\x00", "").split())
        if raw:
            parts.append(_understand(name, raw, _SHORT[name](raw)))
    parts += [_understand("f", raw, _read_chip(raw)) for text in _all(query, "f") for raw in _split(text, ";") if raw]
    for text in _all(query, "where"):
        parts += _read_where(text)
    if len(parts) > MOST_PARTS:
        problem = _("At most %(most)s filters fit into one address.") % {"most": MOST_PARTS}
        return Filters((Part("f", "", Condition(problems=(problem,))),))
    return Filters(tuple(parts))


def filters_for(condition: Condition) -> Filters:
    """The shortest address for a condition: chips for its clauses, trees for its groups."""
    root = condition.root
    nodes: Sequence[Node] = root.of if root.how == "all" else (root,)
    parts = []
    for node in nodes:
        if isinstance(node, Clause):
            parts.append(_understand("f", _write_chip(node), write_tree(node)))
        else:
            parts.append(_understand("where", _compact(write_tree(node)), write_tree(node)))
    return Filters(tuple(parts))


def _all(query: Mapping[str, str], name: str) -> list[str]:
    values = query.getlist(name) if isinstance(query, QueryDict) else [query.get(name, "")]
    return [value for value in values if value][:MOST_PARTS]


def _understand(parameter: str, raw: str, tree: object) -> Part:
    try:
        condition = conditions.parse(tree)
    except Refused as refusal:
        condition = Condition(problems=(str(refusal),))
    if parameter == "tag" and condition.is_broken:
        condition = Condition(condition.root, (_("There is no tag “%(name)s”.") % {"name": raw},))
    return Part(parameter, raw, condition)


def _read_where(text: str) -> Iterator[Part]:
    """One filter for each part of an outermost `all`, else one for the whole."""
    try:
        tree = json.loads(text) if len(text) <= LONGEST else None
    except (ValueError, RecursionError):
        tree = None
    whole = _understand("where", text[:LONGEST], tree)
    if whole.condition.root.how != "all" or not whole.condition or whole.condition.root == Group():
        if whole.condition or whole.condition.is_broken:
            yield whole
        return
    for node in whole.condition.root.of:
        yield _understand("where", _compact(write_tree(node)), write_tree(node))


def _only_node(condition: Condition) -> Node:
    root = condition.root
    return root.of[0] if root.how == "all" and len(root.of) == 1 else root


def _compact(tree: object) -> str:
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":"))


# --- short forms ---------------------------------------------------------------------------------------------------


def _clause(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "op": op} | ({} if value is None else {"value": value})


def _owner(raw: str) -> dict[str, Any]:
    return _clause("owner", "empty") if raw == "none" else _clause("owner", "is", _number(raw))


def _status(raw: str) -> dict[str, Any]:
    types = STATUS_GROUPS.get(raw)
    return _clause("status_type", "in", [str(each) for each in types] if types else [raw])


def _tag(raw: str) -> dict[str, Any]:
    """Links name tags as people do; the language knows them by their keys."""
    found = find_tag(raw)
    return _clause("tag", "is", found.pk if found is not None else raw)


_SHORT: dict[str, Any] = {
    "team": lambda raw: _clause("team", "is", _number(raw)),
    "status": _status,
    "priority": lambda raw: _clause("priority", "is", raw),
    "owner": _owner,
    "tag": _tag,
    "q": lambda raw: _clause("about", "contains", raw),
    "turn": lambda raw: _clause("turn", "is", raw),
}


# --- chips ---------------------------------------------------------------------------------------------------------


def _read_chip(raw: str) -> object:
    """`field:op:value`; lists are separated by commas, a backslash takes the next sign as it is."""
    name, _colon, rest = raw.partition(":")
    op, _colon, text = rest.partition(":")
    field = conditions.field_of(name)
    if field is None or not field.takes(op):
        return _clause(name, op, _plain(text) or None)
    shape = conditions.shape_of(field.type, op)
    if shape is Shape.NOTHING:
        return _clause(name, op, _plain(text) or None)
    if shape in (Shape.MANY, Shape.TEXTS):
        values = [_plain(each) for each in _split(text, ",")]
        is_key = shape is Shape.MANY and field.rows is not None and field.rows.key == "pk"
        return _clause(name, op, [_number(each) if is_key else each for each in values if each])
    if shape is Shape.YES:
        return _clause(name, op, {"yes": True, "no": False}.get(text, text))
    if shape is Shape.LEVEL or (shape is Shape.ONE and field.rows is not None and field.rows.key == "pk"):
        return _clause(name, op, _number(_plain(text)))
    return _clause(name, op, _plain(text))


def _write_chip(clause: Clause) -> str:
    value = clause.value
    head = f"{clause.field}:{clause.op}"
    if value is None:
        return head
    if isinstance(value, bool):
        return f"{head}:{'yes' if value else 'no'}"
    if isinstance(value, list):
        return f"{head}:{','.join(_escape(str(each), ',;') for each in value)}"
    return f"{head}:{_escape(str(value), ';')}"


def _number(text: str) -> str | int:
    """A key; what is none stays a text, which the language then calls impossible."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else text


def _split(text: str, separator: str) -> list[str]:
    return re.findall(rf"(?:\\.|[^\\{separator}]|\\$)+", text[:LONGEST], re.DOTALL)


def _escape(text: str, signs: str) -> str:
    return "".join(f"\\{character}" if character in f"\\{signs}" else character for character in text)


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
