"""Random trees on random tickets: PostgreSQL and Python always agree, and JSON survives the round trip."""

from __future__ import annotations

import itertools
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tickets.conditions.world import NOW, World, add_ticket, build_world
from tickets import conditions
from tickets.conditions import Shape, facts_of, shape_of
from tickets.models import Channel, Ticket

LETTERS = "aáeéoóöőuúüűAÁEÉOÓÖŐUÚÜŰsSßſtTiİıI.%_*([^$\\ 0123456789жЖé–"
TEXTS = st.text(LETTERS, min_size=1, max_size=6).filter(str.strip)
SOON = st.sampled_from([0, 1, 59, 60, 3600, 86400, 86401, 604800, -1, -60, -3600, -86400, -604800, -604801])
TIMES = st.one_of(st.none(), SOON.map(lambda seconds: (NOW + timedelta(seconds=seconds)).isoformat()))
PEOPLE = st.sampled_from(["anna", "ben", "carla", "karl", ""])
AGENTS = st.sampled_from(["anna", "ben", ""])
_numbers = itertools.count(1)


@pytest.fixture
def world(db: None) -> World:
    return build_world()


def facts() -> st.SearchStrategy[dict[str, Any]]:
    some = st.lists
    times = dict.fromkeys(("due_at", "pending_until", "closed_at", "customer_wrote_at", "answered_at"), TIMES)
    promise = st.fixed_dictionaries(
        {"who": AGENTS.filter(bool), "by_when": TIMES.filter(bool), "state": st.sampled_from(["asked", "kept"])}
    )
    return st.fixed_dictionaries(
        {
            "title": TEXTS,
            "team": st.sampled_from(["helpdesk", "network"]),
            "kind": st.sampled_from(["question", "task"]),
            "status": st.sampled_from(["new", "open", "waiting", "solved"]),
            "priority": st.sampled_from(["low", "normal", "high", "urgent"]),
            "owner": AGENTS,
            "responsible": AGENTS,
            "customer": PEOPLE,
            "organisation": st.sampled_from(["duna", "tisza", ""]),
            "channel": st.sampled_from(Channel.values),
            "tags": some(st.sampled_from(["vpn", "outage", "nyomtato"]), unique=True, max_size=3),
            "group": st.sampled_from(["vpn_fault", "mail_fault", None]),
            "participants": some(PEOPLE.filter(bool), unique=True, max_size=3),
            "watchers": some(AGENTS.filter(bool), unique=True, max_size=2),
            "messages": some(TEXTS, max_size=2),
            "seen": st.dictionaries(AGENTS.filter(bool), TIMES.filter(bool), max_size=2),
            "opened_at": TIMES.filter(bool),
            "changed_at": TIMES.filter(bool),
            "promises": some(promise, max_size=1),
        }
        | times
    ).map(lambda made: {name: value for name, value in made.items() if value is not None})


def values(world: World, field: conditions.Field, shape: Shape) -> st.SearchStrategy[Any]:
    keys = [key for key in world.keys().values() if key < 2**31]
    one: st.SearchStrategy[Any]
    if field.choices:
        one = st.sampled_from([code for code, _label in field.choices])
    elif field.rows is not None and field.rows.key == "code":
        one = st.sampled_from(["new", "open", "waiting", "solved", "low", "high", "question", "task", "gone"])
    else:
        one = st.sampled_from([*keys, 999_999, *sorted(field.relative)])
    texts = TEXTS if field.name != "number" else st.text("0123456789", min_size=1, max_size=4)
    spans = st.builds(lambda n, unit: f"{n}{unit}", st.sampled_from([0, 1, 7, 24, 60]), st.sampled_from("mhdw"))
    moments = TIMES.filter(bool).map(str)
    return {
        Shape.NOTHING: st.none(),
        Shape.ONE: one,
        Shape.MANY: st.lists(one, min_size=1, max_size=3),
        Shape.TEXT: texts,
        Shape.TEXTS: st.lists(texts, min_size=1, max_size=3),
        Shape.MOMENT: st.one_of(moments, moments.map(lambda moment: moment[:10])),
        Shape.DAY: moments.map(lambda moment: moment[:10]),
        Shape.SPAN: spans,
        Shape.LEVEL: st.integers(1, 4),
        Shape.YES: st.booleans(),
    }[shape]


def clause_of(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op} | ({} if value is None else {"value": value})


def trees(world: World) -> st.SearchStrategy[Any]:
    clauses = st.one_of(
        [
            values(world, field, shape_of(field.type, op.name)).map(partial(clause_of, field.name, op.name))
            for field in conditions.all_fields()
            for op in field.ops
        ]
    )
    groups = st.sampled_from(["all", "any", "none"])
    return st.recursive(
        clauses,
        lambda inner: st.builds(lambda how, of: {how: of}, groups, st.lists(inner, min_size=1, max_size=3)),
        max_leaves=8,
    ).filter(lambda tree: depth(tree) < 5)


def depth(tree: Any) -> int:
    return 0 if "field" in tree else 1 + max(depth(each) for of in tree.values() for each in of)


def test_sql_and_python_agree_on_anything(world: World) -> None:
    readers = [world.people["anna"], world.people["yorker"], world.people["root"], None]

    @settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
    @given(trees(world), st.lists(facts(), min_size=1, max_size=3), st.sampled_from(readers))
    def agree(tree: Any, tickets: list[dict[str, Any]], reader: Any) -> None:
        condition = conditions.parse(tree, strict=True)
        assert conditions.parse(condition.as_json()) == condition
        assert condition.words()
        with transaction.atomic():
            for made in tickets:
                add_ticket(world, made | {"number": f"9{next(_numbers):06}"})
            every = list(Ticket.objects.order_by("pk"))
            in_sql = list(Ticket.objects.filter(condition.q(reader=reader, now=NOW)).order_by("pk"))
            in_python = [each for each in every if condition.matches(facts_of(each), reader=reader, now=NOW)]
            transaction.set_rollback(True)
        assert in_sql == in_python

    agree()
