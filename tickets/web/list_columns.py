"""The menu of a list's columns: which are shown, in what order, and by what the view is sorted."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tickets import columns, lists, saved_views
from tickets.errors import Refused
from tickets.paging import Order
from tickets.web.filters import address_of
from tickets.web.responses import AgentRequest, for_agents, go_back, is_htmx


@require_http_methods(["GET", "POST"])
@for_agents
def list_columns(request: AgentRequest, view: str) -> HttpResponseBase:
    """The dialog; its arrows only move a line in the form, "save" and "reset" write."""
    found = saved_views.find_list(view, request.user)
    if found is None:
        raise Http404(_("There is no such view."))
    if request.method == "GET":
        mine = columns.laid_out(found, request.user)
        order = [column.key for column in columns.arranged(mine.columns)]
        return _dialog(request, found, order, {column.key for column in columns.chosen(mine.columns)}, mine.sort)
    order = [key for key in request.POST.getlist("order") if key in columns.COLUMNS]
    shown = {key for key in request.POST.getlist("show") if key in columns.COLUMNS}
    sort = request.POST.get("sort", "")
    step, _colon, key = request.POST.get("move", "").partition(":")
    if key:
        return _dialog(request, found, columns.moved(order, key, -1 if step == "up" else 1), shown, sort, moved=key)
    keys = [] if request.POST.get("do") == "reset" else [key for key in order if key in shown]
    try:
        _keep(request, found, keys, sort if keys else "", is_reset=request.POST.get("do") == "reset")
    except Refused as refusal:
        return _dialog(request, found, order, shown, sort, error=str(refusal))
    return _saved(request, found)


def _keep(request: AgentRequest, view: lists.View, keys: list[str], sort: str, *, is_reset: bool) -> None:
    """In the saved view itself for whoever may change it; otherwise for this agent alone."""
    saved = saved_views.visible_to(request.user).filter(pk=view.saved).first() if view.saved else None
    if saved is not None and saved_views.can_change(request.user, saved):
        saved_views.change_view(saved, by=request.user, columns=keys, sort=sort)
        is_reset = True
    if is_reset:
        columns.reset_layout(view, by=request.user)
    else:
        columns.save_layout(view, by=request.user, columns=keys, sort=sort)


def _dialog(
    request: AgentRequest, view: lists.View, order: list[str], shown: set[str], sort: str, **more: Any
) -> HttpResponse:
    missing = [key for key in columns.COLUMNS if key not in order]
    context = {
        "view": view,
        "title": _("Columns of “%(view)s”") % {"view": view.label},
        "submit": _("Save"),
        "action": reverse("tickets:list_columns", args=[view.key]),
        "cancel_url": address_of(view),
        "lines": [(columns.COLUMNS[key], key in shown or key == columns.ALWAYS) for key in [*order, *missing]],
        "always": columns.ALWAYS,
        "sort": sort,
        "orders": [
            (str(order), column.label, order.descending)
            for column in columns.COLUMNS.values()
            for order in (Order(column.key, column.is_descending), Order(column.key, not column.is_descending))
        ],
    }
    status = 422 if more.get("error") else 200
    return render(request, "tickets/list_columns.html", context | more, status=status)


def _saved(request: AgentRequest, view: lists.View) -> HttpResponse:
    url = address_of(view)
    if not is_htmx(request):
        return go_back(request, url)
    answer = HttpResponse()
    answer["HX-Redirect"] = url
    return answer
