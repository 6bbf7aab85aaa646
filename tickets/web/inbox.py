"""The inbox: lists of tickets with their counts, filters, pages, and acts on many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tickets import columns, filters, grouping, list_rows, lists, paging, saved_views
from tickets.filters import Filters
from tickets.list_rows import Row
from tickets.models import SavedView, Status, User
from tickets.models.tickets import TicketQuerySet
from tickets.web import forms
from tickets.web.alike import bursts_context
from tickets.web.filters import address_of
from tickets.web.nav import BURSTS, keep_counts, shown_count, standing_questions
from tickets.web.offers import offered_to
from tickets.web.responses import AgentRequest, ask_to_sign_in, for_agents, fragments, is_htmx
from tickets.web.tag_panel import tag_panel


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in force, and the address of the list without it."""

    label: str | LazyText
    value: str | LazyText
    url: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    label: str | LazyText
    url: str
    count: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Pager:
    """What `components/_pager.html` reads."""

    total: str
    previous_url: str
    next_url: str
    first: None = None
    last: None = None


def home(request: HttpRequest) -> HttpResponseBase:
    """Everybody's first page: the inbox for agents, the portal for customers."""
    if not isinstance(request.user, User):
        return ask_to_sign_in(request)
    return redirect("tickets:inbox" if request.user.is_agent else "tickets:portal")


@require_GET
@for_agents
def inbox(request: AgentRequest, view: str = lists.DEFAULT_VIEW) -> HttpResponse:
    """One view of the inbox. HTMX gets the list alone, with the counts of the navigation."""
    found = lists.find_view(view)
    if found is None:
        return redirect("tickets:inbox")
    return show_list(request, found)


def show_list(request: AgentRequest, view: lists.View, more: dict[str, Any] | None = None) -> HttpResponse:
    """The list of a built-in or a saved view; `more` is what its page needs besides."""
    request.current_view = view.key
    context = list_context(request, view, filters.read(request.GET, request.user)) | (more or {})
    panel = () if view.tag is None else ("tickets/_tag_facts.html",)
    if view.tag is not None:
        context |= tag_panel(view.tag, request.user)
    if is_htmx(request) and not request.htmx.boosted:
        return fragments(request, context, *LIST_PARTS, COUNTS, *panel)
    if view.tag is not None:
        return render(request, "tickets/tag.html", context)
    bursts = bursts_context(request.user) if context["counts"][BURSTS] else {"bursts": [], "error": ""}
    return render(request, "tickets/inbox.html", context | bursts)


LIST_PARTS = tuple(f"tickets/{part}.html" for part in ("_ticket_list", "_inbox_facts", "_bulk_whole", "_view_tabs"))
COUNTS = "components/_nav_counts.html"


@require_GET
@for_agents
def nav_counts(request: AgentRequest) -> HttpResponse:
    """The counts of the navigation alone, out of band: pages ask for them when a hint came."""
    return render(request, COUNTS)


def list_context(request: AgentRequest, view: lists.View, narrowed: Filters) -> dict[str, Any]:
    """What the inbox page and its list show."""
    user = request.user
    view = columns.laid_out(view, user)
    order = paging.read_order(request.GET.get("sort", ""), view.sort)
    shape = Shape.read(request.GET, view.group_by)
    sort = str(order) if str(order) != view.sort else ""
    address = Address(address_of(view), narrowed, sort, shape.as_query())
    held = shape.narrow(lists.tickets_in(view, user))
    found = narrowed.narrow(held, user)
    views = saved_views.for_agent(user)[: saved_views.MOST_TABS]

    def counted() -> dict[str, TicketQuerySet]:
        everyones = narrowed.without("turn").narrow(held, user)
        turns = {str(turn): everyones.filter(status__waits_for=turn) for turn in TURNS} if has_tabs(view) else {}
        return {FOUND: found, "everyones": everyones, "late": found.open().filter(due_at__lt=lists.NOW)} | turns

    # The whole of a built-in view asks the same all day.
    is_whole = not narrowed.as_query() and not shape.group and view.saved is None
    questions = lists.kept_words(f"list {view.key}", user, counted) if is_whole else lists.word(counted())
    questions = [*standing_questions(user), *questions, *lists.word(saved_views.lists_of(views, user))]
    counts = defaultdict(int, lists.ask(questions))
    keep_counts(request, counts)
    total = shown_count(counts[FOUND]) or "0"
    shown_chips = chips(narrowed, address, user, hidden=("turn",) if has_tabs(view) else ())
    return read_rows(request, found, order, shape, address, total) | {
        "view": view,
        "filters": narrowed,
        "view_url": address_of(view),
        "sort": str(order),
        "sorts": [(str(natural), label, address.to(sort=str(natural))) for natural, label in natural_orders()],
        "sort_label": columns.COLUMNS[order.column].label,
        "columns": (shown := columns.chosen(view.columns)),
        "shown_keys": {column.key for column in shown},
        "heads": heads(shown, order, address),
        "width": len(shown) + 1,
        "shape": shape,
        "shape_urls": (
            address.to(by="list" if view.group_by else "", group=""),
            address.to(by="tag", group=""),
            address.to(by="group", group=""),
        ),
        "row_query": urlencode({"in": view.key} | ({"sort": sort} if sort else {})),
        "group": shape.named(user),
        "total": counts[FOUND],
        "total_shown": total,
        "is_capped": counts[FOUND] >= lists.MOST_COUNTED,
        "late": counts["late"],
        "counts": counts,
        "tabs": (turn_tabs(address, narrowed, counts) if has_tabs(view) else []) + saved_tabs(views, view, counts),
        "chips": shown_chips,
        "chip_problems": [chip.problem for chip in shown_chips if chip.problem],
        "query": address.query(),
        "offered": offered_to(user, request.at_hand),
        "address": address,
        "list_url": address.to(after=request.GET.get("after", ""), before=request.GET.get("before", "")),
        "here": request.get_full_path() if not is_htmx(request) else address.to(),
        "rendered_at": int(timezone.now().timestamp() * 1000),
        "later": forms.tomorrow_morning().strftime(forms.TIME_FORMAT),
        "q": narrowed.q,
    }


def read_rows(
    request: AgentRequest,
    found: TicketQuerySet,
    order: paging.Order,
    shape: Shape,
    address: Address,
    total: str,
) -> dict[str, Any]:
    """The rows: a page of them, or the first few of each tag or group."""

    if shape.by:
        group_by = grouping.group_by_problem if shape.by == "group" else grouping.group_by_tag
        groups = group_by(found, sort=str(order))
        rows = _rows(request, sorted(groups.ids))
        groups.fill({row.pk: row for row in rows})
        return {"groups": groups, "tickets": rows, "page": None}
    page = paging.read_page(
        found, sort=str(order), after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    pager = Pager(
        total=total,
        previous_url=address.to(before=page.before) if page.before else "",
        next_url=address.to(after=page.after) if page.after else "",
    )
    return {"groups": None, "tickets": _rows(request, page.ids), "page": pager}


def _rows(request: AgentRequest, ids: list[int]) -> list[Row]:
    """The rows, and which of them changed since the list was last read."""
    rows = list_rows.read_rows(ids, reader=request.user, at_hand=request.at_hand)
    since = _since(request)
    for row in rows:
        row.is_fresh = since is not None and row.changed_at > since
    return rows


@dataclass(frozen=True, slots=True)
class Shape:
    """How the list is laid out: by tag, by group of reports, or one part of such a list alone."""

    by: str = ""
    group: str = ""
    asked: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str], usual: str = "") -> Shape:
        group = query.get("group", "")
        group = group if grouping.is_group(group) else ""
        asked = query.get("by", "") if query.get("by") in ("tag", "group", "list") else ""
        by = asked or usual
        return cls(by=by if by in ("tag", "group") and not group else "", group=group, asked=asked)

    def as_query(self) -> dict[str, str]:
        return {name: value for name, value in (("by", self.asked), ("group", self.group)) if value}

    def narrow(self, tickets: TicketQuerySet) -> TicketQuerySet:
        return grouping.in_group(tickets, self.group) if self.group else tickets

    def named(self, reader: User) -> grouping.Named | None:
        return grouping.name_of(self.group, reader) if self.group else None


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column: where a press on it leads, and how the list stands now."""

    column: columns.Column
    url: str
    aria_sort: str = ""


def heads(shown: list[columns.Column], order: paging.Order, address: Address) -> list[Head]:
    """Pressed once a column sorts its own way, pressed again the other way."""
    found = []
    for column in shown:
        if column.key == order.column:
            url = address.to(sort=str(order.turned))
            found.append(Head(column, url, "descending" if order.descending else "ascending"))
        else:
            found.append(Head(column, address.to(sort=str(paging.Order(column.key, column.is_descending)))))
    return found


def natural_orders() -> list[tuple[paging.Order, str | LazyText]]:
    return [(paging.Order(column.key, column.is_descending), column.label) for column in columns.COLUMNS.values()]


@dataclass(frozen=True, slots=True)
class Address:
    """Where this list stands; `to` makes the address of a variation of it."""

    path: str
    filters: Filters
    sort: str
    shape: dict[str, str] = field(default_factory=dict)

    @property
    def narrowing(self) -> str:
        """What narrows the view, as a query: what an act on the whole view has to know."""
        return filters.encode(self.filters.as_query())

    def to(self, **changes: str) -> str:
        query = filters.encode(self._all() | changes)
        return f"{self.path}?{query}" if query else self.path

    def query(self) -> str:
        """What stands behind the path, for pages that come back here."""
        return filters.encode(self._all())

    def _all(self) -> dict[str, str]:
        return self.filters.as_query() | self.shape | ({"sort": self.sort} if self.sort else {})


FOUND = "found"  # of what the list counts
TURNS = (Status.WaitsFor.US, Status.WaitsFor.CUSTOMER, Status.WaitsFor.THIRD_PARTY)


def has_tabs(view: lists.View) -> bool:
    """Whose turn it is only matters while tickets are open."""
    return view.key in ("mine", "teams")


def turn_tabs(address: Address, narrowed: Filters, counts: dict[str, int]) -> list[Tab]:
    tabs = [Tab(_("All open"), address.to(turn=""), shown_count(counts["everyones"]) or "0", not narrowed.turn)]
    for turn in TURNS:
        count = shown_count(counts[turn]) or "0"
        tabs.append(Tab(turn.label, address.to(turn=turn), count, narrowed.turn == turn))
    return tabs


def saved_tabs(views: list[SavedView], current: lists.View, counts: dict[str, int]) -> list[Tab]:
    """The saved views beside them."""
    return [
        Tab(
            view.name,
            reverse("tickets:saved_view", args=[view.pk]),
            shown_count(counts[f"{saved_views.PREFIX}{view.pk}"]) or "0",
            view.pk == current.saved,
        )
        for view in views
    ]


def chips(narrowed: Filters, address: Address, reader: User, hidden: tuple[str, ...] = ()) -> list[Chip]:
    """The filters in force, in words."""
    return [
        Chip(chip.label, chip.text, replace(address, filters=chip.rest).to(), chip.problem)
        for chip in narrowed.chips(hidden, reader=reader)
    ]


def _since(request: HttpRequest) -> datetime | None:
    text = request.GET.get("since", "")
    if not (text.isascii() and text.isdigit() and len(text) < 15):
        return None
    return datetime.fromtimestamp(int(text) / 1000, tz=UTC)
