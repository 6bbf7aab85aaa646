"""Saved views: whose they are, who may change them, what they hold, and what becomes of broken ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests import make
from tickets import conditions, lifecycle, lists, promises, saved_views, tagging
from tickets.errors import NotAllowed, Refused
from tickets.models import SavedView, Team, Ticket, User, Watch

OPEN = {"field": "open", "op": "is", "value": True}
BROKEN: dict[str, Any] = {"field": "colour", "op": "is", "value": "red"}


def save(by: User, name: str = "Mine", **options: Any) -> SavedView:
    given: dict[str, Any] = {"name": name, "condition": OPEN, "by": by}
    return saved_views.save_view(**given | options)


def test_a_view_of_ones_own_is_seen_by_nobody_else(anna: User, cora: User, root: User) -> None:
    view = save(anna)
    assert saved_views.for_agent(anna) == [view]
    for other in (cora, root):
        assert view not in saved_views.visible_to(other)


def test_a_teams_view_is_seen_by_who_reads_the_team(anna: User, cora: User, ben: User, helpdesk: Team) -> None:
    view = save(anna, team=helpdesk)
    assert saved_views.for_agent(cora) == [view]
    assert saved_views.for_agent(ben) == []


def test_a_teams_views_are_managed_by_who_has_all_rights_there(
    anna: User, cora: User, root: User, helpdesk: Team, network: Team
) -> None:
    assert saved_views.teams_to_manage(anna) == [helpdesk]
    assert saved_views.teams_to_manage(cora) == []
    with pytest.raises(NotAllowed):
        save(cora, team=helpdesk)
    with pytest.raises(NotAllowed):
        save(anna, team=network)
    view = save(anna, team=helpdesk)
    for act in (
        lambda: saved_views.change_view(view, by=cora, name="x"),
        lambda: saved_views.move_view(view, by=cora, up=True),
        lambda: saved_views.remove_view(view, by=cora),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert saved_views.change_view(view, by=root, name="Roots").name == "Roots"


def test_what_makes_no_sense_is_not_saved(anna: User) -> None:
    wrongs: tuple[Any, ...] = (BROKEN, {"any": []}, 7)
    for condition in wrongs:
        with pytest.raises(Refused):
            save(anna, condition=condition)
    for name in (" ", "x" * 81):
        with pytest.raises(Refused):
            save(anna, name)
    save(anna, "Twice")
    with pytest.raises(Refused):
        save(anna, " Twice ")
    with pytest.raises(Refused):
        saved_views.change_view(save(anna, "Other"), by=anna, name="Twice")
    assert SavedView.objects.count() == 2


def test_the_second_of_two_who_take_a_name_at_once_is_told(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    save(anna, "Twice")
    monkeypatch.setattr(SavedView, "full_clean", lambda view: None)  # it looked before the other was there
    with pytest.raises(Refused) as refusal:
        save(anna, "Twice")
    assert refusal.value.field == "name"


def test_there_is_an_end_to_views(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 2)
    save(anna, "a")
    save(anna, "b")
    with pytest.raises(Refused):
        save(anna, "c")


def test_views_are_put_in_order_and_removed(anna: User) -> None:
    a, b, c = (save(anna, name) for name in "abc")
    saved_views.move_view(c, by=anna, up=True)
    assert [view.name for view in saved_views.for_agent(anna)] == ["a", "c", "b"]
    saved_views.move_view(a, by=anna, up=True)
    saved_views.move_view(b, by=anna, up=False)
    assert [view.name for view in saved_views.for_agent(anna)] == ["a", "c", "b"]
    saved_views.remove_view(c, by=anna)
    assert [view.name for view in saved_views.for_agent(anna)] == ["a", "b"]
    with pytest.raises(Refused):
        saved_views.change_view(c, by=anna, name="late")


def test_changing_leaves_alone_what_is_not_given(anna: User) -> None:
    view = save(anna, sort="-due", columns=["title", "due"], group_by="tag")
    changed = saved_views.change_view(view, by=anna, condition={"field": "owner", "op": "empty"})
    assert (changed.name, changed.sort, changed.columns, changed.group_by) == ("Mine", "-due", ["title", "due"], "tag")
    assert changed.condition == {"all": [{"field": "owner", "op": "empty"}]}


def test_a_broken_view_says_so_and_holds_nothing(anna: User, helpdesk: Team) -> None:
    make.ticket(team=helpdesk)
    wrongs: tuple[Any, ...] = (BROKEN, {"none": [BROKEN]}, {"any": 7}, [], {"all": [{"any": []}]})
    for wrong in wrongs:
        SavedView.objects.all().delete()
        view = SavedView.objects.create(name="Old", owner=anna, created_by=anna, condition=wrong)
        _sentence, problems = saved_views.tell(view)
        assert problems
        assert lists.count_capped(saved_views.lists_of([view], anna)) == {f"saved-{view.pk}": 0}
        saved_views.list_of(view)
    view = SavedView.objects.create(
        name="Tag", owner=anna, created_by=anna, condition={"field": "tag", "op": "is", "value": 4711}
    )
    assert saved_views.tell(view)[1]


def test_all_views_are_counted_in_one_query(anna: User, helpdesk: Team, django_assert_num_queries: Any) -> None:
    make.ticket(team=helpdesk)
    views = [save(anna, name) for name in "abc"]
    assert anna.rights_by_team  # read once a request
    with django_assert_num_queries(1):
        assert set(lists.count_capped(saved_views.lists_of(views, anna)).values()) == {1}


def test_me_in_a_teams_view_is_the_reader(anna: User, cora: User, helpdesk: Team) -> None:
    ticket = make.ticket(team=helpdesk, owner=anna)
    view = save(anna, team=helpdesk, condition={"field": "owner", "op": "is", "value": "me"})
    counts = {user: lists.tickets_in(saved_views.list_of(view), user).count() for user in (anna, cora)}
    assert counts == {anna: 1, cora: 0}
    assert ticket.owner == anna


def test_the_builtin_views_said_in_the_language_hold_the_same(
    anna: User, cora: User, root: User, carla: User, helpdesk: Team, network: Team
) -> None:
    now = timezone.now()
    for n, status in enumerate(["new", "open", "waiting", "solved"]):
        for team in (helpdesk, network):
            ticket = make.ticket(team=team, customer=carla, status=status, text=None)
            if n == 1 and team == helpdesk:
                lifecycle.assign_ticket(ticket, to=anna, by=anna)
            if status == "open":
                promises.promise_answer(ticket, who=cora, by_when=now + timedelta(minutes=1), by=anna)
            if n == 0:
                Watch.objects.create(ticket=ticket, user=anna)
    for key in set(lists.VIEWS) & set(saved_views.BUILT_IN):
        condition = conditions.parse({"all": saved_views.BUILT_IN[key]}, strict=True)
        for user in (anna, cora, root):
            said = Ticket.objects.worked_by(user).filter(condition.q(reader=user))
            assert set(said) == set(lists.tickets_in(lists.VIEWS[key], user)), f"{key} for {user}"


def test_every_builtin_view_can_be_saved() -> None:
    assert set(lists.VIEWS) <= set(saved_views.BUILT_IN)


def test_what_a_list_shows_is_saved_with_its_filters(anna: User, helpdesk: Team) -> None:
    vpn = make.ticket("VPN", team=helpdesk)
    tagging.tag_ticket(vpn, "vpn", by=anna)
    make.ticket("Other", team=helpdesk)
    filters = conditions.clause("title", "contains", "vpn")
    condition = saved_views.present_condition(lists.VIEWS["teams"], filters, anna)
    view = save(anna, condition=condition.as_json())
    assert list(lists.tickets_in(saved_views.list_of(view), anna)) == [vpn]
    more = saved_views.present_condition(saved_views.list_of(view), conditions.clause("owner", "empty"), anna)
    assert len(list(more.root.clauses())) == 4


def test_a_list_is_found_by_its_key_by_those_who_see_it(anna: User, ben: User) -> None:
    view = save(anna)
    found = saved_views.find_list(f"saved-{view.pk}", anna)
    assert found is not None
    assert found.label == "Mine"
    assert saved_views.find_list(f"saved-{view.pk}", ben) is None
    for wrong in ("saved-", "saved-x", "saved-" + "9" * 20, "nothing"):
        assert saved_views.find_list(wrong, anna) is None
    assert saved_views.find_list("mine", ben) is lists.VIEWS["mine"]
