"""The builder of filters at its door: without script, with HTMX, and with nonsense."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from tests import make
from tickets import lists, tagging
from tickets.models import Tag, Team, User

AsUser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
BUILD = "/inbox/filter/teams/"


def rows(page: str) -> int:
    return page.count('class="condition-row"')


def test_a_filter_is_built_step_by_step_without_script(
    as_user: AsUser, anna: User, carla: User, helpdesk: Team
) -> None:
    printer = make.ticket("Toner", team=helpdesk, customer=carla)
    make.ticket("Mail", team=helpdesk, customer=carla, owner=anna)
    client = as_user(anna)
    page = client.get(BUILD + "?sort=due").content.decode()
    assert rows(page) == 1
    form: dict[str, Any] = {"keep": "sort=due", "how.0": "all", "node": ["0.0"], "field.0.0": "title", "do": "update"}
    page = client.post(BUILD, form).content.decode()
    assert 'name="value.0.0"' in page
    form |= {"op.0.0": "contains", "value.0.0": "ton", "was.0.0": "title text", "do": "group.0"}
    page = client.post(BUILD, form).content.decode()
    assert rows(page) == 2
    form |= {"node": ["0.0", "0.1", "0.1.0"], "how.0.1": "none", "field.0.1.0": "owner", "op.0.1.0": "not_empty"}
    answer = client.post(BUILD, form | {"do": "apply"})
    assert answer.status_code == 302
    address = urlsplit(answer["Location"])
    assert address.path == "/inbox/teams/"
    assert parse_qs(address.query)["sort"] == ["due"]
    shown = client.get(answer["Location"]).content.decode()
    assert printer.number in shown
    assert shown.count('<tr id="t') == 1
    assert rows(client.get(f"{BUILD}?{address.query}").content.decode()) == 2


def test_rows_come_and_go(as_user: AsUser, anna: User) -> None:
    form = {"how.0": "any", "node": ["0.0", "0.1"], "field.0.0": "owner", "op.0.0": "empty", "field.0.1": ""}
    client = as_user(anna)
    assert rows(client.post(BUILD, form | {"do": "add.0"}, headers=HTMX).content.decode()) == 3
    answer = client.post(BUILD, form | {"do": "drop.0.1"}, headers=HTMX).content.decode()
    assert rows(answer) == 1
    assert 'hx-swap-oob="innerHTML:#_condition_preview"' in answer
    assert "<html" not in answer


def test_an_unfinished_row_is_told_and_nothing_typed_is_lost(as_user: AsUser, anna: User) -> None:
    form = {
        "how.0": "all", "node": ["0.0", "0.1"], "field.0.0": "title", "op.0.0": "contains", "value.0.0": "",
        "field.0.1": "title", "op.0.1": "starts", "value.0.1": "Kept text", "do": "apply",
    }  # fmt: skip
    answer = as_user(anna).post(BUILD, form)
    assert answer.status_code == 422
    assert "Kept text" in answer.content.decode()
    assert 'role="alert"' in answer.content.decode()


def test_no_filter_at_all_leads_to_the_whole_list(as_user: AsUser, anna: User) -> None:
    answer = as_user(anna).post(BUILD, {"how.0": "all", "node": ["0.0"], "field.0.0": "", "do": "apply"})
    assert answer["Location"] == "/inbox/teams/"


def test_in_a_dialog_the_whole_page_goes_to_the_list(as_user: AsUser, anna: User) -> None:
    form = {"how.0": "all", "node": ["0.0"], "field.0.0": "owner", "op.0.0": "empty", "do": "apply"}
    answer = as_user(anna).post(BUILD, form, headers=HTMX)
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/inbox/teams/?f=owner:empty"


def test_the_preview_says_it_and_counts(as_user: AsUser, anna: User, helpdesk: Team, network: Team) -> None:
    make.ticket("Toner", team=helpdesk)
    make.ticket("Toner", team=network)
    form = {"how.0": "all", "node": ["0.0"], "field.0.0": "title", "op.0.0": "contains", "value.0.0": "toner"}
    page = as_user(anna).post(BUILD + "preview/", form, headers={"accept-language": "en"}).content.decode()
    assert "1 jegy" in page  # of her teams alone
    assert "„toner”" in page


def test_names_are_found_whatever_their_accents_and_the_chosen_ones_stay(
    as_user: AsUser, anna: User, ben: User, carla: User
) -> None:
    client = as_user(anna)
    query = {"field": "customer", "path": "0.3", "find.0.3": "szucs marta", "value.0.3": str(ben.pk)}
    page = client.get("/inbox/find/", query).content.decode()
    assert f'name="value.0.3" value="{carla.pk}"' in page
    assert f'value="{ben.pk}" checked' in page
    agents = client.get("/inbox/find/", {"field": "owner", "path": "0", "find.0": "szucs"}).content.decode()
    assert carla.name not in agents
    tag = Tag.objects.create(name="Nyomtató")
    page = client.get("/inbox/find/", {"field": "tag", "path": "0", "find.0": "NYOMTATO", "one": "1"}).content.decode()
    assert f'type="radio" name="value.0" value="{tag.pk}"' in page


@pytest.mark.parametrize(
    "query", [{}, {"field": "team", "path": "0"}, {"field": "owner"}, {"field": "owner", "path": "<b>"}]
)
def test_nothing_is_found_for_nonsense(query: dict[str, str], as_user: AsUser, anna: User) -> None:
    assert as_user(anna).get("/inbox/find/", query).status_code == 404


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"node": ["0.0"] * 500, "do": "add.0"},
        {"node": ["x", "1", "0.0.0.0", "0.-1", "0." + "9" * 50], "do": "add.9"},
        {"node": ["0.0"], "field.0.0": "colour", "op.0.0": "is", "value.0.0": "\x00", "do": "apply"},
        {"node": ["0.0"], "field.0.0": "opened", "op.0.0": "before", "value.0.0": "x", "hour.0.0": "y", "do": "apply"},
        {"node": ["0.0"], "field.0.0": "owner", "op.0.0": "is", "value.0.0": "9" * 40, "do": "apply"},
        {"node": ["0.0"], "field.0.0": "title", "op.0.0": "in", "value.0.0": "x\n" * 500, "do": "apply"},
        {"node": ["0.0"], "field.0.0": "title", "op.0.0": "is", "value.0.0": "x" * 5000, "do": "apply"},
        {"node": ["0." + str(n) for n in range(100)], "how.0": "what", "do": "drop.0"},
        {"node": [f"0.{n}" for n in range(70)], "do": "apply"}
        | {f"field.0.{n}": "owner" for n in range(70)} | {f"op.0.{n}": "empty" for n in range(70)},
    ],
    ids=range(10),
)  # fmt: skip
@pytest.mark.parametrize("path", [BUILD, BUILD + "preview/"])
def test_a_form_that_makes_no_sense_is_no_error(path: str, form: dict[str, Any], as_user: AsUser, anna: User) -> None:
    assert as_user(anna).post(path, form).status_code in (200, 302, 422)


def test_an_impossible_filter_is_said_over_the_list(as_user: AsUser, anna: User, helpdesk: Team) -> None:
    make.ticket(team=helpdesk, owner=anna)
    page = as_user(anna).get("/inbox/teams/?f=colour:is:red&owner=none").content.decode()
    assert "„colour”: már nem létező mező." in page
    assert page.count('<tr id="t') == 0
    assert 'href="/inbox/teams/?owner=none"' in page  # the last one can be dropped


def test_chips_cost_one_query_for_each_table(
    as_user: AsUser, anna: User, carla: User, helpdesk: Team, django_assert_max_num_queries: Any
) -> None:
    tag = tagging.tag_ticket(make.ticket(team=helpdesk), "vpn", by=anna)
    client = as_user(anna)
    address = f"/inbox/teams/?f=team:is:{helpdesk.pk};owner:in:me,{anna.pk};customer:is:{carla.pk};tag:is:{tag.pk}"
    client.get("/inbox/teams/")  # the small tables are at hand
    with django_assert_max_num_queries(13):
        client.get(address)


def test_only_lists_that_exist_have_filters(as_user: AsUser, anna: User, ben: User) -> None:
    assert as_user(anna).get("/inbox/filter/nowhere/").status_code == 404
    assert as_user(anna).post("/inbox/filter/saved-7/preview/").status_code == 404
    assert "teams" in lists.VIEWS
