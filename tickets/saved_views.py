"""Saved views: named lists of an agent or a team. What they ask is a condition; see `tickets.conditions`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from tickets import conditions, lists, permissions
from tickets.conditions import Condition
from tickets.configuration import save_checked
from tickets.errors import Refused
from tickets.models import Right, SavedView, Team, Ticket, User
from tickets.models.tickets import TicketQuerySet

MOST_VIEWS = 40  # of one person or one team
MOST_TABS = 12
PREFIX = "saved-"  # of the key of a list made from a saved view

_OPEN = {"field": "open", "op": "is", "value": True}
_MINE = {"field": "team", "op": "is", "value": "mine"}
# The built-in views in the language, so that what is saved while one is open holds what was seen.
BUILT_IN: dict[str, list[dict[str, Any]]] = {
    "mine": [_OPEN, {"field": "owner", "op": "is", "value": "me"}],
    "teams": [_OPEN, _MINE],
    "unassigned": [_OPEN, _MINE, {"field": "owner", "op": "empty"}],
    "due": [_OPEN, {"any": [{"field": "due", "op": "today"}, {"field": "due", "op": "older", "value": "0m"}]}],
    "promised": [{"field": "promise_who", "op": "is", "value": "me"}],
    "pending": [_OPEN, {"field": "pending", "op": "not_empty"}],
    "watched": [_OPEN, {"field": "watcher", "op": "is", "value": "me"}],
    "tags": [_OPEN],
    "closed": [{"field": "open", "op": "is", "value": False}],
    "all": [],
}


# --- reading -------------------------------------------------------------------------------------------------------


def visible_to(user: User) -> QuerySet[SavedView]:
    """His own, and those of the teams that he reads."""
    views = SavedView.objects.select_related("team", "owner")
    if user.is_admin:
        return views.filter(Q(owner=user) | Q(team__isnull=False))
    return views.filter(Q(owner=user) | Q(team__in=_teams_of(user)))


def for_agent(user: User) -> list[SavedView]:
    """What stands over his lists: his own in his order, then those of his teams. One query."""
    mine = visible_to(user).filter(Q(owner=user) | Q(team__in=_teams_of(user)))
    return list(mine.order_by(F("team__name").asc(nulls_first=True), "position", "name"))


def condition_of(view: SavedView) -> Condition:
    """What the view asks; a broken condition, which says why, when it can't be understood any more."""
    try:
        return conditions.parse(view.condition)
    except Refused as refusal:
        return Condition(problems=(str(refusal),))


def tell(view: SavedView, *, reader: User | None = None) -> tuple[str, list[str]]:
    """What the view asks in one sentence, and a sentence for each part that no longer exists."""
    condition = condition_of(view)
    said = condition.words(reader=reader) if condition else []
    problems = [*condition.problems, *(each.problem for each in said if each.problem)]
    return " · ".join(map(str, said)), list(dict.fromkeys(problems))


def list_of(view: SavedView) -> lists.View:
    """The view as the inbox takes one."""
    condition = condition_of(view)
    return lists.View(
        f"{PREFIX}{view.pk}",
        view.name,
        "filter",
        lambda user: condition.q(reader=user),
        _("A view of the team %(team)s.") % {"team": view.team} if view.team else _("A view of your own."),
        sort=view.sort or lists.VIEWS["all"].sort,
        in_nav=False,
        columns=tuple(view.columns),
        group_by=view.group_by,
        saved=view.pk,
    )


def find_list(key: str, user: User) -> lists.View | None:
    """A built-in view or one of a tag by its key, or a saved one by "saved-7" if the person may see it."""
    if not key.startswith(PREFIX):
        return lists.find_view(key)
    number = key.removeprefix(PREFIX)
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        return None
    view = visible_to(user).filter(pk=int(number)).first()
    return list_of(view) if view is not None else None


def lists_of(views: Iterable[SavedView], user: User) -> dict[str, TicketQuerySet]:
    """What each view holds, by its list's key; for `lists.count_capped`, which counts all in one query."""
    return {
        f"{PREFIX}{view.pk}": Ticket.objects.worked_by(user).filter(condition_of(view).q(reader=user)) for view in views
    }


def present_condition(view: lists.View, filters: Condition, user: User) -> Condition:
    """What a list shows now: its own condition and the filters on it. Raises Refused for one that can't be saved."""
    tag = view.key.removeprefix("tag-")
    if view.saved is not None:
        base = condition_of(visible_to(user).get(pk=view.saved))
    elif view.key.startswith("tag-") and tag.isascii() and tag.isdigit():
        base = conditions.parse({"all": [_OPEN, {"field": "tag", "op": "is", "value": int(tag)}]})
    elif view.key in BUILT_IN:
        base = conditions.parse({"all": BUILT_IN[view.key]})
    else:
        raise Refused(_("This list can't be saved as a view."))
    return conditions.all_of(base, filters)


# --- who may -------------------------------------------------------------------------------------------------------


def can_change(user: User, view: SavedView) -> bool:
    """One's own; a team's with the right to manage them."""
    if view.team is not None:
        return permissions.can_manage_team_views(user, view.team)
    return view.owner_id == user.pk


def teams_to_manage(user: User) -> list[Team]:
    """The teams for which he may save views."""
    return permissions.teams_with(user, Right.ALL)


# --- changing ------------------------------------------------------------------------------------------------------


def save_view(
    *,
    name: str,
    condition: object,
    by: User,
    team: Team | None = None,
    sort: str = "",
    columns: Sequence[str] = (),
    group_by: str = "",
) -> SavedView:
    """A new view of one's own, or of a team. Raises Refused when it makes no sense or the name is taken."""
    if team is not None:
        permissions.require(permissions.can_manage_team_views(by, team))
    understood = conditions.parse(condition, strict=True)
    with transaction.atomic():
        siblings = _siblings(owner=None if team else by, team=team)
        if len(siblings) >= MOST_VIEWS:
            raise Refused(_("At most %(most)s views can be saved here; remove one first.") % {"most": MOST_VIEWS})
        view = SavedView(
            owner=None if team else by,
            team=team,
            name=_clean_name(name),
            condition=_written(understood),
            sort=sort[:40],
            columns=[column[:40] for column in columns[:30]],
            group_by=group_by[:20],
            position=max((each.position for each in siblings), default=-1) + 1,
            created_by=by,
        )
        return _save(view)


def change_view(
    view: SavedView,
    *,
    by: User,
    name: str | None = None,
    condition: object = None,
    sort: str | None = None,
    columns: Sequence[str] | None = None,
    group_by: str | None = None,
) -> SavedView:
    """What is given changes; the rest stays."""
    permissions.require(can_change(by, view))
    with transaction.atomic():
        view = _lock(view)
        if name is not None:
            view.name = _clean_name(name)
        if condition is not None:
            view.condition = _written(conditions.parse(condition, strict=True))
        if sort is not None:
            view.sort = sort[:40]
        if columns is not None:
            view.columns = [column[:40] for column in columns[:30]]
        if group_by is not None:
            view.group_by = group_by[:20]
        return _save(view)


def move_view(view: SavedView, *, by: User, up: bool) -> SavedView:
    """One place up or down among its owner's or its team's."""
    permissions.require(can_change(by, view))
    with transaction.atomic():
        siblings = _siblings(owner=view.owner, team=view.team)
        at = next((n for n, each in enumerate(siblings) if each.pk == view.pk), None)
        if at is None:
            raise Refused(_("This view was removed meanwhile."))
        to = max(0, min(len(siblings) - 1, at + (-1 if up else 1)))
        siblings.insert(to, siblings.pop(at))
        for position, each in enumerate(siblings):
            if each.position != position:
                each.position = position
                each.save(update_fields=["position"])
        return siblings[to]


def remove_view(view: SavedView, *, by: User) -> None:
    """The view goes; its tickets stay, of course."""
    permissions.require(can_change(by, view))
    SavedView.objects.filter(pk=view.pk).delete()


def _teams_of(user: User) -> list[int]:
    return [team for team, rights in user.rights_by_team.items() if rights & {Right.READ, Right.ALL}]


def _siblings(*, owner: User | None, team: Team | None) -> list[SavedView]:
    """The views beside which one stands, locked, in their order."""
    views = SavedView.objects.select_for_update(of=("self",)).filter(owner=owner, team=team)
    return list(views.order_by("position", "name"))


def _lock(view: SavedView) -> SavedView:
    fresh = SavedView.objects.select_for_update(of=("self",)).filter(pk=view.pk).first()
    if fresh is None:
        raise Refused(_("This view was removed meanwhile."))
    return fresh


def _written(condition: Condition) -> dict[str, Any]:
    """For the column, which takes no empty object."""
    return condition.as_json() or {"all": []}


def _clean_name(name: str) -> str:
    return " ".join(name.replace("\x00", "").split())


def _save(view: SavedView) -> SavedView:
    """Two who take one name at the same moment: the second is told."""
    try:
        with transaction.atomic():
            return save_checked(view)
    except IntegrityError as error:
        raise Refused(_("There is already a view with this name."), field="name") from error
