"""Tags as lists to be worked: all of them with their figures, one of them with its tickets; completion while typing."""

from __future__ import annotations

from dataclasses import replace

from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tickets import lists, tag_lists, tagging
from tickets.web.filters import address_of
from tickets.web.inbox import show_list
from tickets.web.responses import AgentRequest, for_agents
from tickets.web.tag_panel import trend_of


@require_GET
@for_agents
def tags(request: AgentRequest) -> HttpResponse:
    """All tags that are offered or still on open tickets; `q` finds names, other words and descriptions."""
    words = request.GET.get("q", "")[:100].replace("\x00", "").strip()
    by_name = request.GET.get("sort") == "name"
    found = tag_lists.list_tags(request.user, words=words, by_name=by_name, after=request.GET.get("after", "")[:15])
    context = {
        "page": found,
        "rows": [trend_of(row) for row in found.rows],
        "words": words,
        "by_name": by_name,
    }
    return render(request, "tickets/tags.html", context)


@require_GET
@for_agents
def tag_list(request: AgentRequest, tag_id: int) -> HttpResponseBase:
    """One tag: its figures, its standing answer and its open tickets, with the filters and acts of every list."""
    view = lists.find_view(f"tag-{tag_id}")
    if view is None or view.tag is None:
        raise Http404(_("There is no such tag."))
    if view.tag.pk != tag_id:  # it became another word for this one
        return redirect(address_of(view))
    return show_list(request, replace(view, explanation=_("Open tickets with this tag.")))


@require_GET
@for_agents
def find_tag(request: AgentRequest) -> JsonResponse:
    """Tags that fit what is being typed: {"tags": [{"name", "word", "note"}]}; `word` is the other word that fits."""
    offers = tagging.offer_tags(request.GET.get("q", "")[:100])
    rows = [{"name": each.tag.name, "word": each.word, "note": each.tag.description} for each in offers]
    return JsonResponse({"tags": rows})
