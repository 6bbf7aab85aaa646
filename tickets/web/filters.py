"""The builder of filters: a page or a dialog that writes the address of a list, with a live sentence and count."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tickets import conditions, filters, lists, saved_views
from tickets.conditions import Condition
from tickets.errors import Refused
from tickets.models import Ticket
from tickets.models.tickets import TicketQuerySet
from tickets.web import condition_form
from tickets.web.condition_form import GroupRow
from tickets.web.nav import shown_count
from tickets.web.responses import AgentRequest, for_agents, fragments, is_htmx

NOT_KEPT = {*filters.PARAMETERS, "after", "before", "since"} - {"turn"}
BUILDER, SAID = "tickets/_condition_builder.html", "tickets/_condition_said.html"


def address_of(view: lists.View) -> str:
    """Where a list stands."""
    if view.saved is not None:
        return reverse("tickets:saved_view", args=[view.saved])
    if view.tag is not None:
        return reverse("tickets:tag_list", args=[view.tag.pk])
    return reverse("tickets:inbox_view", args=[view.key])


def load_list(request: AgentRequest, key: str) -> lists.View:
    """A built-in or a saved view, else Http404."""
    view = saved_views.find_list(key, request.user)
    if view is None:
        raise Http404(_("There is no such view."))
    return view


@require_http_methods(["GET", "POST"])
@for_agents
def build(request: AgentRequest, view: str) -> HttpResponseBase:
    """Builds the filters of a list and leads to it."""
    found = load_list(request, view)
    context = {
        "title": _("Filter"),
        "submit": _("Show the tickets"),
        "action": request.path,
        "cancel_url": address_of(found),
        "preview_url": reverse("tickets:filter_preview", args=[view]),
    }
    if request.method != "POST":
        given = filters.read(request.GET, request.user).without("turn")
        root = condition_form.rows_of(given.condition)
        return show(request, root, context | {"keep": kept(request.GET)}, lists.tickets_in(found, request.user))
    root = condition_form.read_form(request.POST)
    context["keep"] = request.POST.get("keep", "")[:2000]
    if request.POST.get("do") == "apply" and (condition := finished(root, request)) is not None:
        query = dict(parse_qsl(context["keep"])) | filters.filters_for(condition).as_query()
        encoded = filters.encode(query)
        return lead_to(request, address_of(found) + (f"?{encoded}" if encoded else ""))
    return rebuild(request, root, context, lists.tickets_in(found, request.user))


@require_POST
@for_agents
def preview(request: AgentRequest, view: str) -> HttpResponse:
    """What the form says, and how many tickets of the list it finds."""
    tickets = lists.tickets_in(load_list(request, view), request.user)
    return render(request, SAID, said(request, condition_form.read_form(request.POST), tickets))


@require_GET
@for_agents
def find_rows(request: AgentRequest) -> HttpResponse:
    """People, organisations or tags that fit what was typed, beside those chosen already."""
    path = request.GET.get("path", "")
    field = conditions.field_of(request.GET.get("field", ""))
    if field is None or field.rows is None or field.rows.is_few or not condition_form.PATH.fullmatch(path):
        raise Http404(_("There is no such field."))
    words = request.GET.get(f"find.{path}", "")[:100].replace("\x00", "").strip()
    chosen = [value[:40] for value in request.GET.getlist(f"value.{path}") if value]
    row = condition_form.find(field, words, chosen, request.user)
    row.path = path
    row.op = "is" if request.GET.get("one") else "in"
    return render(request, "tickets/_condition_found.html", {"row": row})


# --- shared with the saved views' builder --------------------------------------------------------------------------


def show(request: AgentRequest, root: GroupRow, context: dict[str, Any], tickets: TicketQuerySet) -> HttpResponse:
    """The builder as a dialog, or as a page of its own without script."""
    condition_form.dress(root, request.user)
    whole = builder_context(root) | said(request, root, tickets) | context
    return render(request, "tickets/condition_builder.html", whole, status=422 if context.get("error") else 200)


def rebuild(request: AgentRequest, root: GroupRow, context: dict[str, Any], tickets: TicketQuerySet) -> HttpResponse:
    """The form again after a row came, went or changed, or with what is wrong in it."""
    act = request.POST.get("do", "")
    if act != "apply":
        condition_form.change_rows(root, act)
    else:
        context = {"error": unfinished(root)} | context
    if act == "apply" or not is_htmx(request):
        return show(request, root, context, tickets)
    condition_form.dress(root, request.user)
    whole = builder_context(root) | said(request, root, tickets) | context
    return fragments(request, whole, BUILDER, SAID)


def finished(root: GroupRow, request: AgentRequest) -> Condition | None:
    """The condition, if every row of the form is finished and makes sense."""
    if unfinished(root):
        return None
    return conditions.parse(root.tree())


def unfinished(root: GroupRow) -> str:
    """What is wrong with the form; empty when nothing is."""
    if any(row.clause() is None for row in root.rows() if row.name or len(list(root.rows())) > 1):
        return _("Finish each row, or remove it.")
    try:
        conditions.parse(root.tree(), strict=True)
    except Refused as refusal:
        return str(refusal)
    return ""


def said(request: AgentRequest, root: GroupRow, tickets: TicketQuerySet) -> dict[str, Any]:
    """The sentence and the count of what is finished in the form."""
    try:
        condition = conditions.parse(root.tree())
    except Refused as refusal:
        return {"said": [], "problem": str(refusal), "count": 0, "count_shown": "0"}
    found = tickets.filter(condition.q(reader=request.user)) if condition else tickets
    count = lists.count_capped({"found": found})["found"]
    return {
        "said": condition.words(reader=request.user),
        "problem": "; ".join(condition.problems),
        "is_slow": condition.is_slow,
        "count": count,
        "count_shown": shown_count(count) or "0",
    }


def builder_context(root: GroupRow) -> dict[str, Any]:
    return {
        "root": root,
        "fields": conditions.all_fields(),
        "hows": condition_form.HOW_WORDS,
        "units": condition_form.UNITS,
    }


def kept(query: QueryDict) -> str:
    """What else stands in a list's address: its order, its columns, its tab."""
    return filters.encode(
        {name: value for name in query if name not in NOT_KEPT and isinstance(value := query[name], str)}
    )


def lead_to(request: AgentRequest, url: str) -> HttpResponseBase:
    """The whole page goes there, out of a dialog too."""
    if not is_htmx(request):
        return redirect(url)
    answer = HttpResponse(status=204)
    answer["HX-Redirect"] = url
    return answer


def tickets_of(request: AgentRequest) -> TicketQuerySet:
    """All that the agent works on."""
    return Ticket.objects.worked_by(request.user)
