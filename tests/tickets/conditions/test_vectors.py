"""Each vector asked of PostgreSQL and of Python, and none missing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tickets.conditions.world import NOW, VECTORS, World, build_world
from tickets import conditions
from tickets.conditions import facts_of
from tickets.models import Ticket

CASES: list[dict[str, Any]] = VECTORS["cases"]


@pytest.fixture
def world(db: None) -> World:
    return build_world()


def test_sql_and_python_find_what_each_vector_says(world: World) -> None:
    names = {ticket.pk: name for name, ticket in world.tickets.items()}
    facts = {name: facts_of(ticket) for name, ticket in world.tickets.items()}
    wrong = []
    for case in CASES:
        name = case.get("reader", "anna")
        reader = world.people[name] if name else None
        condition = conditions.parse(world.real(case["where"]))
        rows = Ticket.objects.filter(condition.q(reader=reader, now=NOW)).order_by("pk")
        in_sql = [names[pk] for pk in rows.values_list("pk", flat=True)]
        in_python = [each for each in names.values() if condition.matches(facts[each], reader=reader, now=NOW)]
        wanted = [each for each in names.values() if each in case["finds"]]
        if not in_sql == in_python == wanted:
            wrong.append((case["why"], case["where"], {"wanted": wanted, "sql": in_sql, "python": in_python}))
    assert wrong == []


def test_every_field_with_every_operator_has_a_vector() -> None:
    def pairs(node: Any) -> set[tuple[str, str]]:
        if "field" in node:
            return {(node["field"], node["op"])}
        return {pair for group in node.values() for each in group for pair in pairs(each)}

    have = {pair for case in CASES for pair in pairs(case["where"])}
    needed = {(field.name, op.name) for field in conditions.all_fields() for op in field.ops}
    assert needed - have == set()


def test_a_condition_is_asked_in_one_query_and_its_facts_only_where_needed(
    world: World, django_assert_num_queries: Any
) -> None:
    condition = conditions.parse(world.real({"all": [{"field": "owner", "op": "is", "value": "$anna"}]}))
    ticket = world.tickets["printer"]
    with django_assert_num_queries(0):
        facts = facts_of(ticket, condition.fields)
        assert condition.matches(facts, now=NOW)
    with pytest.raises(KeyError):
        conditions.clause("tag", "empty").matches(facts, now=NOW)
    everything = conditions.parse(
        world.real({"any": [case["where"] for case in CASES if "field" in case["where"]][:60]})
    )
    with django_assert_num_queries(1):
        list(Ticket.objects.filter(everything.q(now=NOW)))
