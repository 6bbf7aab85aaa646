"""What the language refuses, keeps, and says in words; how other apps add to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from tests import make
from tickets import conditions
from tickets.conditions import Field, Type, facts_of
from tickets.conditions.folding import fold, pattern_of
from tickets.errors import Refused
from tickets.models import Tag, Team, Ticket, User

CLAUSE = {"field": "owner", "op": "empty"}


def nested(depth: int) -> Any:
    tree: Any = CLAUSE
    for _n in range(depth):
        tree = {"any": [tree]}
    return tree


@pytest.mark.parametrize(
    "json",
    [
        None,
        [],
        "owner",
        7,
        {"all": "owner"},
        {"all": [[]]},
        {"any": []},
        {"all": [{"none": []}]},
        {"some": [CLAUSE]},
        {"all": [CLAUSE], "any": [CLAUSE]},
        {"field": "owner"},
        {"field": "owner", "op": 3},
        {"field": "", "op": "is"},
        {"field": "õ" * 5, "op": "is"},
        {"field": "x" * 61, "op": "is"},
        CLAUSE | {"more": 1},
        CLAUSE | {"value": {"a": 1}},
        CLAUSE | {"value": 1.5},
        CLAUSE | {"value": 2**63},
        CLAUSE | {"value": "x" * 201},
        CLAUSE | {"value": "a\x00"},
        CLAUSE | {"value": "\ud800"},
        CLAUSE | {"value": [[1]]},
        CLAUSE | {"value": [True]},
        CLAUSE | {"value": list(range(101))},
        {"all": [CLAUSE] * 61},
        {"all": [{"any": [CLAUSE] * 31}, {"any": [CLAUSE] * 31}]},
        nested(6),
    ],
    ids=lambda json: str(json)[:40].encode("ascii", "replace").decode(),
)
def test_what_has_no_shape_or_is_too_large_is_refused_with_a_sentence(json: object) -> None:
    with pytest.raises(Refused) as refusal:
        conditions.parse(json)
    assert str(refusal.value).endswith(".")


def test_the_limits_themselves_are_taken() -> None:
    assert conditions.parse(nested(5))
    assert conditions.parse({"all": [CLAUSE] * 60})
    assert not conditions.parse({})


@pytest.mark.parametrize(
    "clause",
    [
        {"field": "colour", "op": "is", "value": "red"},
        {"field": "owner", "op": "contains", "value": "x"},
        {"field": "team", "op": "empty"},
        {"field": "owner", "op": "is"},
        {"field": "owner", "op": "is", "value": "anna"},
        {"field": "owner", "op": "is", "value": -1},
        {"field": "owner", "op": "is", "value": True},
        {"field": "team", "op": "is", "value": "me"},
        {"field": "team", "op": "in", "value": 3},
        {"field": "team", "op": "in", "value": []},
        {"field": "turn", "op": "is", "value": "moon"},
        {"field": "priority", "op": "at_least", "value": 5},
        {"field": "priority", "op": "at_least", "value": True},
        {"field": "title", "op": "contains", "value": "  "},
        {"field": "title", "op": "is", "value": False},
        {"field": "opened", "op": "last", "value": "7 days"},
        {"field": "opened", "op": "last", "value": "-7d"},
        {"field": "opened", "op": "last", "value": "99999999w"},
        {"field": "opened", "op": "before", "value": "soon"},
        {"field": "opened", "op": "before", "value": "0001-01-01"},
        {"field": "opened", "op": "on", "value": "2026-05-01T10:00"},
        {"field": "opened", "op": "today", "value": "x"},
        {"field": "open", "op": "is", "value": "yes"},
        {"field": "open", "op": "is"},
    ],
    ids=str,
)
@pytest.mark.django_db
def test_a_clause_that_makes_no_sense_is_kept_matches_nothing_and_is_refused_where_it_would_stay(
    clause: dict[str, Any], helpdesk: Team
) -> None:
    ticket = make.ticket(team=helpdesk)
    for tree in (clause, {"none": [clause]}, {"any": [clause, CLAUSE]}):
        condition = conditions.parse(tree)
        assert condition.is_broken
        assert len(condition.problems) == 1
        assert not Ticket.objects.filter(condition.q()).exists()
        assert not condition.matches(facts_of(ticket))
        assert [said.problem for said in condition.words()].count("") < len(condition.words())
        with pytest.raises(Refused):
            conditions.parse(tree, strict=True)
    assert conditions.parse(clause).as_json() == {"all": [clause]}


def test_values_are_kept_in_one_form() -> None:
    kept = conditions.parse({"field": "title", "op": "in", "value": ["  a   b ", "a b", 7]}).as_json()
    assert kept == {"all": [{"field": "title", "op": "in", "value": ["a b", "7"]}]}
    decomposed = conditions.clause("title", "is", "a\u0301").as_json()["all"][0]
    assert decomposed["value"] == "\u00e1"


@pytest.mark.parametrize(
    ("text", "folded"),
    [("ŐRÜLT Ékezet", "orult ekezet"), ("İstanbul", "istanbul"), ("ЖЁ", "же"), ("ß", "ß"), ("a.b", "a.b")],
)
def test_letters_are_folded_one_by_one(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert len(fold(text)) == len(text)
    assert pattern_of(text) == pattern_of(folded)


# --- words -----------------------------------------------------------------------------------------------------------


def say(condition: conditions.Condition, language: str) -> list[str]:
    with translation.override(language):
        return [str(said) for said in condition.words()]


def test_a_condition_is_said_in_both_languages(helpdesk: Team, anna: User) -> None:
    vpn = Tag.objects.create(name="vpn")
    condition = conditions.parse(
        {
            "all": [
                {"field": "team", "op": "is", "value": helpdesk.pk},
                {"field": "status", "op": "in", "value": ["new", "open", "solved"]},
                {"field": "opened", "op": "last", "value": "7d"},
                {"field": "owner", "op": "not_in", "value": ["me", anna.pk]},
                {"field": "title", "op": "contains", "value": "toner"},
                {"field": "due", "op": "empty"},
                {"field": "closed", "op": "older", "value": "1h"},
                {"field": "open", "op": "is", "value": True},
                {"any": [{"field": "tag", "op": "is_not", "value": vpn.pk}, {"none": [CLAUSE]}]},
            ]
        },
        strict=True,
    )
    assert say(condition, "en") == [
        "Team: Ügyfélszolgálat",
        "Status: New, Open or Solved",
        "Opened: in the last 7 days",
        "Owner: none of me, Varga Anna",
        "Title: contains “toner”",
        "Due: none",
        "Closed: more than 1 hour ago",
        "Open: yes",
        "Any of these: Tag: not vpn; (None of these: Owner: none)",
    ]
    assert say(condition, "hu")[:5] == [
        "Csapat: Ügyfélszolgálat",
        "Állapot: Új, Folyamatban vagy Megoldva",
        "Érkezett: az elmúlt 7 napban",
        "Felelős: egyik sem: én, Varga Anna",
        "Tárgy: tartalmazza: „toner”",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "hu"])
def test_every_operator_has_words(language: str, world_of_values: dict[str, Any]) -> None:
    for field in conditions.all_fields():
        for op in field.ops:
            value = world_of_values[conditions.shape_of(field.type, op.name)]
            if field.choices and value in (1, [1]):
                value = field.choices[0][0] if value == 1 else [field.choices[0][0]]
            if field.rows is not None and field.rows.key == "code" and value in (1, [1]):
                value = "new" if value == 1 else ["new"]
            condition = conditions.clause(field.name, op.name, value)
            said = say(condition, language)
            assert len(said) == 1
            assert "%(" not in said[0]


@pytest.fixture
def world_of_values() -> dict[str, Any]:
    return {
        "nothing": None, "one": 1, "many": [1], "text": "a", "texts": ["a", "b"], "moment": "2026-05-01T10:00",
        "day": "2026-05-01", "span": "2w", "level": 3, "yes": False,
    }  # fmt: skip


def test_names_cost_one_query_for_each_table(
    helpdesk: Team, anna: User, carla: User, django_assert_num_queries: Any
) -> None:
    condition = conditions.parse(
        {
            "all": [
                {"field": "owner", "op": "is", "value": anna.pk},
                {"field": "customer", "op": "in", "value": [carla.pk, anna.pk]},
                {"field": "watcher", "op": "is", "value": anna.pk},
                {"field": "team", "op": "is", "value": helpdesk.pk},
            ]
        }
    )
    with django_assert_num_queries(2):
        condition.words()


@pytest.mark.django_db
def test_a_row_that_no_longer_exists_is_said_and_found_nowhere() -> None:
    condition = conditions.clause("tag", "is", 4711)
    assert not condition.is_broken
    said = condition.words()[0]
    assert said.problem
    assert not Ticket.objects.filter(condition.q()).exists()


# --- other apps ------------------------------------------------------------------------------------------------------


@pytest.fixture
def shouting() -> Iterator[str]:
    conditions.register(
        Field(name="shouting", label="Shouting", type=Type.TEXT, column="title", read=lambda ticket: ticket.title)
    )
    yield "shouting"
    if conditions.field_of("shouting"):
        conditions.unregister("shouting")


def test_another_app_adds_a_field_and_its_going_breaks_what_names_it(shouting: str, helpdesk: Team) -> None:
    ticket = make.ticket("HELP", team=helpdesk)
    json = {"field": shouting, "op": "starts", "value": "help"}
    condition = conditions.parse(json, strict=True)
    assert list(Ticket.objects.filter(condition.q())) == [ticket]
    assert condition.matches(facts_of(ticket, condition.fields))
    conditions.unregister(shouting)
    assert not Ticket.objects.filter(condition.q()).exists()  # parsed before it went
    assert conditions.parse(json).is_broken


def test_a_name_is_taken_once_and_a_field_needs_a_place() -> None:
    title = conditions.field_of("title")
    assert title is not None
    with pytest.raises(ValueError):
        conditions.register(title)
    with pytest.raises(ValueError):
        conditions.register(Field(name="nowhere", label="x", type=Type.TEXT, read=str))
