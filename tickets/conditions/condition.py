"""The condition itself: one object that is asked in SQL, in Python and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from tickets.conditions.fields import field_of
from tickets.conditions.judging import Facts, answer
from tickets.conditions.questions import resolve
from tickets.conditions.sql import to_q
from tickets.conditions.tree import Clause, Group, Node, read_tree, write_tree
from tickets.conditions.values import Senseless, check_clause
from tickets.conditions.words import Names, Said, names_in, tell
from tickets.errors import Refused
from tickets.models import User


@dataclass(frozen=True, slots=True)
class Condition:
    """What was asked, understood. One that could not be understood whole (`is_broken`) matches nothing at all.

    `problems` holds a sentence for each clause that makes no sense.
    """

    root: Group = field(default_factory=Group)
    problems: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is asked."""
        return bool(self.root.of)

    @property
    def is_broken(self) -> bool:
        return bool(self.problems)

    @property
    def fields(self) -> frozenset[str]:
        """The names of the fields that it asks about; pass it to `facts_of`."""
        return frozenset(clause.field for clause in self.root.clauses())

    @property
    def is_slow(self) -> bool:
        """It reads much for each ticket."""
        return any(found.is_slow for name in self.fields if (found := field_of(name)) is not None)

    def as_json(self) -> dict[str, Any]:
        """What `parse` reads into the same condition."""
        return write_tree(self.root)

    def q(self, *, reader: User | None = None, now: datetime | None = None) -> Q:
        """For `Ticket.objects.filter(...)`. "me" is the reader; relative times are counted from `now`."""
        return Q(pk__in=[]) if self.is_broken else _q(self.root, reader, now or timezone.now())

    def matches(self, facts: Facts, *, reader: User | None = None, now: datetime | None = None) -> bool:
        """Whether the ticket of these facts is among what `q` finds."""
        return not self.is_broken and _matches(self.root, facts, reader, now or timezone.now())

    def words(self, names: Names | None = None, *, reader: User | None = None) -> list[Said]:
        """In the reader's language, as chips: one for each part of the outermost group. Reads the names of the rows."""
        return tell(self.root, names or names_in([self.root], reader=reader))


def parse(json: object, *, strict: bool = False) -> Condition:
    """The condition that this JSON means. Raises Refused when it has no such shape or is too large.

    A clause on a field that no longer exists, or with an impossible value, is kept and makes the condition broken;
    when `strict`, it is refused.
    """
    problems: list[str] = []
    root = _check(read_tree(json), problems)
    if strict and problems:
        raise Refused(problems[0])
    return Condition(root, tuple(problems))


def clause(field: str, op: str, value: Any = None) -> Condition:
    """A condition of one clause, for code that asks something itself. Raises Refused when it makes no sense."""
    return parse({"field": field, "op": op} | ({} if value is None else {"value": value}), strict=True)


def all_of(*conditions: Condition) -> Condition:
    """One that holds when all of them hold."""
    return _joined([condition for condition in conditions if condition or condition.is_broken])


def _joined(conditions: Sequence[Condition]) -> Condition:
    nodes: list[Node] = []
    for condition in conditions:
        nodes += condition.root.of if condition.root.how == "all" else [condition.root]
    problems = tuple(problem for condition in conditions for problem in condition.problems)
    return Condition(Group("all", tuple(nodes)), problems)


def _check(group: Group, problems: list[str]) -> Group:
    nodes: list[Node] = []
    for node in group.of:
        if isinstance(node, Group):
            nodes.append(_check(node, problems))
            continue
        try:
            nodes.append(check_clause(node))
        except Senseless as error:
            problems.append(str(error))
            nodes.append(node)
    return Group(group.how, tuple(nodes))


def _q(node: Node, reader: User | None, now: datetime) -> Q:
    if isinstance(node, Clause):
        found = field_of(node.field)
        if found is None:  # taken out since this was parsed
            return Q(pk__in=[])
        return to_q(resolve(node, found, reader=reader, now=now), found, reader=reader, now=now)
    parts = [_q(each, reader, now) for each in node.of]
    if node.how == "all":
        together = Q()
        for part in parts:
            together &= part
        return together
    either = parts[0]
    for part in parts[1:]:
        either |= part
    return ~either if node.how == "none" else either


def _matches(node: Node, facts: Facts, reader: User | None, now: datetime) -> bool:
    if isinstance(node, Clause):
        found = field_of(node.field)
        if found is None:
            return False
        return answer(resolve(node, found, reader=reader, now=now), found, facts, reader=reader, now=now)
    parts = (_matches(each, facts, reader, now) for each in node.of)
    if node.how == "all":
        return all(parts)
    return any(parts) if node.how == "any" else not any(parts)
