"""One language for every question about tickets: filters, saved views, and later rules, clocks and procedures.

    {"all": [
        {"field": "team", "op": "is", "value": 3},
        {"field": "opened", "op": "last", "value": "7d"},
        {"none": [{"field": "tag", "op": "in", "value": [5, 8]}]},
    ]}

A node is a group (`all`, `any` or `none` with a list of nodes) or a clause (`field`, `op`, mostly `value`). `{}` asks
nothing and holds always. Values are plain JSON: ids of teams, people, organisations and tags, codes of vocabularies and
choices, texts, true and false, days and moments ("2026-05-01", "2026-05-01T09:00"), spans ("30m", "2h", "7d", "2w").
"me" is the reader, "mine" the teams he reads; they and relative times are resolved when the question is asked. An
operator with "not" is the exact opposite of the one without: empty fields are among what it finds.
docs/conditions.md has all.

    condition = conditions.parse(json)              # Refused, or a condition
    Ticket.objects.filter(condition.q(reader=anna))
    condition.matches(facts_of(ticket, condition.fields), reader=anna)
    condition.words()                               # [Said("Team", "Helpdesk"), ...]
    conditions.register(Field(name="ci", ...))      # another app's field, in its AppConfig.ready

The pure parts come first: tree, folding, operators, times; then fields, questions, values; sql and judging answer the
same questions twice, and `vectors.json` of the tests holds them together.
"""

from __future__ import annotations

import tickets.conditions.ticket_fields  # noqa: F401  # registers what every ticket has
from tickets.conditions.condition import Condition, all_of, clause, parse
from tickets.conditions.fields import Field, Rows, all_fields, field_of, register, unregister
from tickets.conditions.judging import Facts, facts_of
from tickets.conditions.operators import OPS, Op, Shape, Type, shape_of
from tickets.conditions.tree import Clause, Group, Node
from tickets.conditions.words import Said, names_in

__all__ = [
    "OPS",
    "Clause",
    "Condition",
    "Facts",
    "Field",
    "Group",
    "Node",
    "Op",
    "Rows",
    "Said",
    "Shape",
    "Type",
    "all_fields",
    "all_of",
    "clause",
    "facts_of",
    "field_of",
    "names_in",
    "parse",
    "register",
    "shape_of",
    "unregister",
]
