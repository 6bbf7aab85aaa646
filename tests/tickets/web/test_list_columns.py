"""The columns of a list: chosen, ordered, kept for each agent and view, and reset."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from tests import make
from tickets import columns, lists, saved_views
from tickets.errors import Refused
from tickets.models import ListLayout, SavedView, Team, User

AsUser = Callable[[User], Client]


def heads(page: str) -> list[str]:
    """The columns of the list, in order."""
    return re.findall(r'id="sort-(\w+)"', page)


def test_each_agent_and_view_has_its_columns(as_user: AsUser, anna: User, cora: User, helpdesk: Team) -> None:
    make.ticket(team=helpdesk, owner=anna)
    client = as_user(anna)
    assert heads(client.get("/inbox/teams/").content.decode()) == list(columns.USUAL)
    post = {"order": ["team", "title", "number", "due"], "show": ["team", "title", "number"], "sort": "title"}
    assert client.post("/inbox/columns/teams/", post)["Location"] == "/inbox/teams/"
    page = client.get("/inbox/teams/").content.decode()
    assert heads(page) == ["team", "title", "number"]
    assert helpdesk.name in page
    assert re.search(r'c-title" scope="col" aria-sort="ascending"', page)
    assert heads(client.get("/inbox/mine/").content.decode()) == list(columns.USUAL)
    assert heads(as_user(cora).get("/inbox/teams/").content.decode()) == list(columns.USUAL)
    client.post("/inbox/columns/teams/", {"do": "reset"})
    assert heads(client.get("/inbox/teams/").content.decode()) == list(columns.USUAL)
    assert not ListLayout.objects.exists()


def test_arrows_move_a_line_and_keep_nothing(as_user: AsUser, anna: User) -> None:
    post = {"order": ["number", "title", "due"], "show": ["title", "due"], "move": "up:due"}
    page = as_user(anna).post("/inbox/columns/teams/", post).content.decode()
    assert re.findall(r'name="order" value="(\w+)"', page)[:3] == ["number", "due", "title"]
    assert not ListLayout.objects.exists()


def test_the_title_stays_and_nonsense_is_left_out(as_user: AsUser, anna: User, helpdesk: Team) -> None:
    make.ticket(team=helpdesk)
    client = as_user(anna)
    client.post("/inbox/columns/teams/", {"order": ["due", "evil"], "show": ["due", "evil"], "sort": "?"})
    assert heads(client.get("/inbox/teams/").content.decode()) == ["title", "due"]
    refused = client.post("/inbox/columns/teams/", {"order": ["due"], "show": []})
    assert refused.status_code == 422
    assert client.get("/inbox/columns/nowhere/").status_code == 404


def test_a_layout_of_an_older_release_does_no_harm(anna: User) -> None:
    ListLayout.objects.create(user=anna, view="mine", columns=["gone"], sort="gone")
    view = columns.laid_out(lists.VIEWS["mine"], anna)
    assert [column.key for column in columns.chosen(view.columns)] == list(columns.USUAL)
    assert view.sort == "-changed"


def test_all_tags_share_a_layout(anna: User, helpdesk: Team) -> None:
    views = [lists.View(f"tag-{n}", "", "", lists.VIEWS["all"].narrow, "") for n in (1, 2)]
    columns.save_layout(views[0], by=anna, columns=["title", "due"])
    assert columns.laid_out(views[1], anna).columns == ("title", "due")


def test_a_saved_view_keeps_its_columns_for_whoever_may_change_it(
    as_user: AsUser, anna: User, cora: User, helpdesk: Team
) -> None:
    make.ticket(team=helpdesk)
    view = saved_views.save_view(name="Ours", condition={"all": []}, by=anna, team=helpdesk)
    post = {"order": ["title", "team"], "show": ["title", "team"], "sort": "-due"}
    as_user(anna).post(f"/inbox/columns/saved-{view.pk}/", post)
    view.refresh_from_db()
    assert (view.columns, view.sort) == (["title", "team"], "-due")
    assert heads(as_user(cora).get(f"/inbox/saved/{view.pk}/").content.decode()) == ["title", "team"]
    # who may not change it has his own
    as_user(cora).post(f"/inbox/columns/saved-{view.pk}/", post | {"show": ["title"]})
    assert heads(as_user(cora).get(f"/inbox/saved/{view.pk}/").content.decode()) == ["title"]
    assert SavedView.objects.get().columns == ["title", "team"]


def test_nothing_chosen_is_refused(anna: User) -> None:
    with pytest.raises(Refused):
        columns.save_layout(lists.VIEWS["mine"], by=anna, columns=["nonsense"])
