"""What one person or one ticket is asked for never reads all tickets that the agent works on.

`x IN (his tickets)` beside an "or" or under a "not" is answered by a table of all of them, made anew each time: a
second at a million. The planner is told to keep from whole tables; where it can't, the question can't be asked by key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from tickets import contacts
from tickets.models import Message, User
from tickets.telling.sight import notices_of

Questions = dict[str, Callable[[User, User], QuerySet[Any]]]
QUESTIONS: Questions = {
    "his other tickets": lambda anna, carla: contacts.tickets_of(carla, by=anna),
    "her unseen notices": lambda anna, carla: notices_of(anna).filter(seen_at__isnull=True),
    "a message": lambda anna, carla: Message.objects.visible_to(anna).filter(pk=1),
    "a message in the portal": lambda anna, carla: Message.objects.visible_to(carla).filter(pk=1),
}


def nodes_below(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes_below(child)


@pytest.mark.parametrize("name", QUESTIONS)
def test_it_reads_tickets_by_key(name: str, anna: User, carla: User) -> None:
    sql, params = QUESTIONS[name](anna, carla).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        (found,) = cursor.fetchone() or ("[]",)
    plan = json.loads(found) if isinstance(found, str) else found
    tickets = [node for node in nodes_below(plan[0]["Plan"]) if node.get("Relation Name") == "tickets_ticket"]
    assert tickets, "the question is not about tickets at all"
    assert [node for node in tickets if "Index Cond" not in node] == []
