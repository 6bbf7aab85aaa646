"""Saved views at their door: saved from a list, shown over it, changed, repaired and removed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.test import Client

from tests import make
from tickets import saved_views
from tickets.models import SavedView, Team, User

AsUser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def shown(page: str) -> list[str]:
    return [part.split('"')[0] for part in page.split('<tr id="t')[1:]]


def save(by: User, **options: Any) -> SavedView:
    given: dict[str, Any] = {"name": "Free ones", "condition": {"field": "owner", "op": "empty"}, "by": by}
    return saved_views.save_view(**given | options)


def test_what_a_list_shows_becomes_a_tab_over_it(as_user: AsUser, anna: User, helpdesk: Team) -> None:
    toner = make.ticket("Toner", team=helpdesk)
    make.ticket("Mail", team=helpdesk)
    client = as_user(anna)
    address = "/inbox/saved/add/teams/?f=title:contains:toner&sort=due"
    page = client.get(address)
    initial = page.context["form"].initial
    assert initial["sort"] == "due"
    answer = client.post(address, initial | {"name": "Toners"})
    view = SavedView.objects.get()
    assert answer["Location"] == f"/inbox/saved/{view.pk}/"
    assert (view.owner, view.sort) == (anna, "due")
    page_of_view = client.get(answer["Location"]).content.decode()
    assert shown(page_of_view) == [toner.number]
    tab = f'<a href="/inbox/saved/{view.pk}/" aria-current="page">Toners <span class="count">1</span></a>'
    assert tab in page_of_view
    assert f'<a href="/inbox/saved/{view.pk}/">Toners' in client.get("/inbox/mine/").content.decode()


def test_a_teams_view_is_offered_to_who_may_manage_them(
    as_user: AsUser, anna: User, cora: User, helpdesk: Team, network: Team
) -> None:
    form = {"name": "Ours", "condition": "{}", "team": helpdesk.pk}
    assert as_user(anna).post("/inbox/saved/add/all/", form)["Location"]
    assert SavedView.objects.get().team == helpdesk
    for user, team in ((cora, helpdesk), (anna, network)):
        refused = as_user(user).post("/inbox/saved/add/all/", form | {"team": team.pk, "name": "Not"})
        assert refused.status_code == 422
    assert SavedView.objects.count() == 1


def test_a_view_that_makes_no_sense_is_refused_with_its_sentence(as_user: AsUser, anna: User) -> None:
    client = as_user(anna)
    bad = json.dumps({"field": "colour", "op": "is", "value": "red"})
    for form in (
        {"condition": "{}"}, {"name": "x", "condition": "{"}, {"name": "x", "condition": bad},
        {"name": "x", "condition": "[" * 5000}, {"name": "x" * 81, "condition": "{}"}, {"name": "x", "condition": "7"},
    ):  # fmt: skip
        answer = client.post("/inbox/saved/add/all/", form)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()
    assert not SavedView.objects.exists()


def test_other_peoples_views_are_not_there(as_user: AsUser, anna: User, ben: User) -> None:
    view = save(anna)
    client = as_user(ben)
    assert client.get(f"/inbox/saved/{view.pk}/").status_code == 404
    assert client.post(f"/inbox/saved/{view.pk}/remove/").status_code == 404
    assert client.get(f"/inbox/filter/saved-{view.pk}/").status_code == 404


def test_who_only_reads_the_team_may_look_but_not_change(
    as_user: AsUser, anna: User, cora: User, helpdesk: Team
) -> None:
    view = save(anna, team=helpdesk)
    client = as_user(cora)
    page = client.get(f"/inbox/saved/{view.pk}/").content.decode()
    assert f"/inbox/saved/{view.pk}/filter/" not in page
    for path in ("name", "filter", "update", "move", "remove"):
        assert client.post(f"/inbox/saved/{view.pk}/{path}/").status_code == 403
    assert "/remove/" not in client.get("/inbox/saved/").content.decode()


def test_a_broken_view_is_shown_with_a_sentence_and_repaired(as_user: AsUser, anna: User, helpdesk: Team) -> None:
    ticket = make.ticket(team=helpdesk)
    broken = {"all": [{"field": "colour", "op": "is", "value": "red"}, {"field": "owner", "op": "empty"}]}
    view = SavedView.objects.create(name="Old", owner=anna, created_by=anna, condition=broken)
    client = as_user(anna)
    page = client.get(f"/inbox/saved/{view.pk}/").content.decode()
    assert "„colour”: már nem létező mező." in page
    assert f'href="/inbox/saved/{view.pk}/filter/"' in page
    assert shown(page) == []
    builder = client.get(f"/inbox/saved/{view.pk}/filter/").content.decode()
    assert "colour" in builder
    form = {"how.0": "all", "node": ["0.0", "0.1"], "field.0.0": "colour", "op.0.0": "is", "value.0.0": "red"}
    form |= {"field.0.1": "owner", "op.0.1": "empty"}
    assert client.post(f"/inbox/saved/{view.pk}/filter/", form | {"do": "apply"}).status_code == 422
    form["node"] = ["0.1"]
    assert client.post(f"/inbox/saved/{view.pk}/filter/", form | {"do": "apply"}).status_code == 302
    assert shown(client.get(f"/inbox/saved/{view.pk}/").content.decode()) == [ticket.number]


def test_filters_on_a_view_can_be_kept_in_it(as_user: AsUser, anna: User) -> None:
    view = save(anna)
    client = as_user(anna)
    assert f"/inbox/saved/{view.pk}/update/?" in client.get(f"/inbox/saved/{view.pk}/?f=open:is:yes").content.decode()
    client.post(f"/inbox/saved/{view.pk}/update/?f=open:is:yes&sort=due")
    view.refresh_from_db()
    assert [clause["field"] for clause in view.condition["all"]] == ["owner", "open"]
    assert view.sort == "due"
    client.post(f"/inbox/saved/{view.pk}/update/?f=colour:is:red")
    view.refresh_from_db()
    assert len(view.condition["all"]) == 2


def test_views_are_renamed_ordered_and_removed(as_user: AsUser, anna: User) -> None:
    first, second = save(anna, name="One"), save(anna, name="Two")
    client = as_user(anna)
    client.post(f"/inbox/saved/{second.pk}/move/", {"to": "up"})
    client.post(f"/inbox/saved/{first.pk}/name/", {"name": "Last"})
    assert client.post(f"/inbox/saved/{first.pk}/name/", {"name": "Two"}).status_code == 422
    assert [view.name for view in saved_views.for_agent(anna)] == ["Two", "Last"]
    client.post(f"/inbox/saved/{second.pk}/remove/")
    assert [view.name for view in saved_views.for_agent(anna)] == ["Last"]
    assert "Last" in client.get("/inbox/saved/").content.decode()


def test_the_lists_answer_brings_the_tabs_with_their_counts(as_user: AsUser, anna: User, helpdesk: Team) -> None:
    make.ticket(team=helpdesk)
    view = save(anna)
    page = as_user(anna).get(f"/inbox/saved/{view.pk}/", headers=HTMX).content.decode()
    assert 'id="_view_tabs"' in page
    assert 'hx-swap-oob="true"' in page
    assert "<html" not in page


def test_many_views_cost_no_more_queries(
    as_user: AsUser, anna: User, helpdesk: Team, django_assert_max_num_queries: Any
) -> None:
    for n in range(20):
        save(anna, name=f"View {n}")
    client = as_user(anna)
    client.get("/inbox/all/")  # the small tables are at hand
    with django_assert_max_num_queries(8):
        page = client.get("/inbox/teams/").content.decode()
    assert page.count("/inbox/saved/") == saved_views.MOST_TABS + 3  # the tabs, to save (twice), to manage
    with django_assert_max_num_queries(7):
        client.get("/inbox/saved/")
