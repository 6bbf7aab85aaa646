"""The columns of a list: which there are, which an agent chose for a view and in what order, kept in the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tickets.errors import Refused
from tickets.lists import View
from tickets.models import ListLayout, User
from tickets.paging import read_order


@dataclass(frozen=True, slots=True)
class Column:
    """`css` names its cells, `is_descending`: the first press on its head sorts the largest first."""

    key: str
    label: str | LazyText
    css: str
    is_descending: bool = False
    hides_label: bool = False


COLUMNS: dict[str, Column] = {
    column.key: column
    for column in (
        Column("priority", gettext_lazy("Priority"), "c-prio", is_descending=True, hides_label=True),
        Column("number", gettext_lazy("Number"), "c-num", is_descending=True),
        Column("title", gettext_lazy("Title"), "c-title"),
        Column("customer", gettext_lazy("Customer"), "c-who"),
        Column("organisation", gettext_lazy("Organisation"), "c-org"),
        Column("team", gettext_lazy("Team"), "c-team"),
        Column("status", gettext_lazy("Status"), "c-status"),
        Column("due", gettext_lazy("Due"), "c-sla"),
        Column("pending", gettext_lazy("Pending until"), "c-time"),
        Column("owner", pgettext_lazy("of a ticket", "Owner"), "c-own", hides_label=True),
        Column("opened", gettext_lazy("Opened"), "c-time", is_descending=True),
        Column("wrote", gettext_lazy("Customer wrote"), "c-time", is_descending=True),
        Column("changed", gettext_lazy("Changed"), "c-upd", is_descending=True),
    )
}
USUAL = ("priority", "number", "title", "customer", "status", "due", "owner", "changed")
ALWAYS = "title"  # without it a row leads nowhere


def chosen(keys: Iterable[str]) -> list[Column]:
    """The columns of these keys in their order; keys of another release are left out, none at all means the usual."""
    found = [COLUMNS[key] for key in dict.fromkeys(keys) if key in COLUMNS]
    if not found:
        return [COLUMNS[key] for key in USUAL]
    return found if ALWAYS in {column.key for column in found} else [COLUMNS[ALWAYS], *found]


def arranged(keys: Iterable[str]) -> list[Column]:
    """All columns for the menu: the chosen ones first, in their order."""
    first = chosen(keys)
    return first + [column for column in COLUMNS.values() if column not in first]


def moved(keys: Sequence[str], key: str, step: int) -> list[str]:
    """The keys with one of them moved up (-1) or down (1)."""
    order = list(keys)
    if key in order:
        at = order.index(key)
        order.insert(max(0, min(len(order) - 1, at + step)), order.pop(at))
    return order


def laid_out(view: View, user: User) -> View:
    """The view as this agent wants to see it; a saved view brings columns and an order of its own."""
    layout = ListLayout.objects.filter(user=user, view=_name_of(view)).first()
    if layout is None:
        return view
    sort = str(read_order(layout.sort, view.sort)) if layout.sort else view.sort
    return replace(view, columns=tuple(layout.columns), sort=sort)


def save_layout(view: View, *, by: User, columns: Sequence[str], sort: str = "") -> ListLayout:
    """Keeps the columns and the order that the agent wants in this view from now on."""
    keys = [key for key in dict.fromkeys(columns) if key in COLUMNS]
    if not keys:
        raise Refused(_("Choose at least one column."), field="show")
    order = str(read_order(sort, view.sort)) if sort else ""
    layout, _created = ListLayout.objects.update_or_create(
        user=by,
        view=_name_of(view),
        defaults={"columns": [column.key for column in chosen(keys)], "sort": order},
    )
    return layout


def reset_layout(view: View, *, by: User) -> None:
    """The usual columns and order again."""
    ListLayout.objects.filter(user=by, view=_name_of(view)).delete()


def _name_of(view: View) -> str:
    """All tags share one layout: nobody wants to arrange each of three hundred."""
    return "tag" if view.key.startswith("tag-") else view.key
