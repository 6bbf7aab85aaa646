"""Filters in the address: short forms, chips and trees; whatever is typed there."""

from __future__ import annotations

import json

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import make
from tickets import conditions, filters, tagging
from tickets.models import Team, Ticket, User

MINE = {"field": "owner", "op": "is", "value": "me"}
TREES = [
    {
        "all": [
            {"field": "team", "op": "is", "value": 3},
            {"field": "status_type", "op": "in", "value": ["new", "open"]},
        ]
    },
    {"all": [{"field": "title", "op": "contains", "value": "a;b,c:d\\e"}]},
    {"all": [{"field": "title", "op": "in", "value": ["a,b", "c;d", "e\\"]}]},
    {"all": [{"field": "owner", "op": "empty"}, {"field": "open", "op": "is", "value": False}]},
    {
        "all": [
            {"field": "opened", "op": "before", "value": "2026-05-01T10:00"},
            {"field": "due", "op": "next", "value": "2h"},
        ]
    },
    {"all": [{"field": "owner", "op": "in", "value": ["me", 7]}, {"field": "priority", "op": "at_least", "value": 3}]},
    {"any": [{"field": "owner", "op": "empty"}, {"none": [{"field": "tag", "op": "is", "value": 5}]}]},
    {"all": [{"field": "team", "op": "is", "value": 3}, {"any": [{"field": "owner", "op": "is", "value": "me"}]}]},
    {"all": [{"any": [{"field": "owner", "op": "empty"}]}, {"none": [{"field": "tag", "op": "empty"}]}]},
]


@pytest.mark.parametrize("tree", TREES, ids=str)
def test_a_condition_goes_into_an_address_and_comes_back(tree: object) -> None:
    condition = conditions.parse(tree, strict=True)
    address = filters.encode(filters.filters_for(condition).as_query())
    back = filters.read(QueryDict(address)).condition
    assert not back.is_broken
    assert back == conditions.all_of(condition)
    again = filters.read(QueryDict(filters.encode(filters.read(QueryDict(address)).as_query())))
    assert again.condition == back


def test_chips_stay_readable_and_several_f_will_do() -> None:
    address = "f=team:is:3;status_type:in:new,open"
    assert filters.encode(filters.read(QueryDict(address)).as_query()) == address
    assert (
        filters.read(QueryDict("f=team:is:3&f=status_type:in:new,open")).condition
        == filters.read(QueryDict(address)).condition
    )


def test_short_forms_stay_as_they_are(helpdesk: Team, anna: User) -> None:
    ticket = make.ticket(team=helpdesk)
    tagging.tag_ticket(ticket, "VPN", by=anna)
    address = f"team={helpdesk.pk}&status=open&priority=high&owner=me&tag=vpn&q=toner&turn=us"
    found = filters.read(QueryDict(address), anna)
    assert not found.condition.is_broken
    assert filters.encode(found.as_query()) == address
    assert (found.q, found.turn) == ("toner", "us")
    assert "turn" not in found.without("turn").as_query()
    assert [chip.label for chip in found.chips(hidden=("turn",))] == [
        chip.label for chip in found.without("turn").chips()
    ]


def test_a_chip_knows_the_list_without_it(helpdesk: Team) -> None:
    found = filters.read(QueryDict("owner=none&f=open:is:yes;team:is:3"))
    rests = [filters.encode(chip.rest.as_query()) for chip in found.chips()]
    assert rests == ["f=open:is:yes;team:is:3", "owner=none&f=team:is:3", "owner=none&f=open:is:yes"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "team=x", "team=99999999999999999999", "owner=somebody", "status=?", "turn=moon", "tag=nosuchtag",
        "f=", "f=;;", "f=x", "f=:::", "f=colour:is:red", "f=owner:is", "f=owner:is:", "f=owner:in:,", "f=open:is:maybe",
        "f=opened:last:soon", "f=owner:empty:x", "f=priority:at_least:high", "where=x", "where=7", "where=[]",
        "where={}", 'where={"all":[]}', 'where={"any":[]}', "where=" + "[" * 5000, "where=" + "x" * 9000,
        'where={"field":"title","op":"is","value":"\\u0000"}', 'where={"field":"title","op":"is","value":"\\ud800"}',
        "f=" + ";".join(["open:is:yes"] * 40), "q=%00", "f=title:contains:%00", "f=" + "a" * 20000, "f=\\",
    ],
)  # fmt: skip
def test_whatever_stands_in_the_address_is_no_error_and_finds_nothing_more(address: str, anna: User) -> None:
    make.ticket(owner=anna)
    found = filters.read(QueryDict(address), anna)
    chips = found.chips()
    filters.read(QueryDict(filters.encode(found.as_query())), anna)
    shown = found.narrow(Ticket.objects.all(), anna)
    if found:
        assert not shown.exists()
        assert any(chip.problem for chip in chips)
    else:
        assert address in ("f=", "f=;;", "where={}", 'where={"all":[]}', "q=%00")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_reading_never_fails(chip: str, tree: str) -> None:
    query = QueryDict(mutable=True)
    query["f"], query["where"] = chip, tree
    found = filters.read(query)
    assert filters.read(found.as_query()).as_query() == found.as_query()


def test_a_tree_is_shown_as_chips_too(anna: User) -> None:
    tree = {
        "all": [{"field": "owner", "op": "is", "value": "me"}, {"any": [{"field": "open", "op": "is", "value": True}]}]
    }
    query = QueryDict(mutable=True)
    query["where"] = json.dumps(tree)
    found = filters.read(query, anna)
    assert len(found.chips()) == 2
    rest = found.chips()[0].rest
    assert rest.condition.as_json() == {"all": [tree["all"][1]]}
