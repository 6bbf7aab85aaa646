"""The bell: how many lines are unseen, the newest of them, all of them."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tickets import absences, notices
from tickets.models import User
from tickets.web import nav
from tickets.web.responses import AgentRequest, for_agents, fragments, go_back, is_htmx

BELL = "components/_bell.html"
MENU = "tickets/_notice_menu.html"
LIST = "tickets/_notice_list.html"


def bell(request: HttpRequest) -> dict[str, Any]:
    """The context processor: how many are unseen. Nothing is read until a template asks for it."""
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.is_active or not user.is_agent:
        return {}
    return {"unseen_notices": SimpleLazyObject(lambda: shown_unseen(request, user))}


def shown_unseen(request: HttpRequest, user: User) -> str:
    """The count as the bell shows it; empty for none."""
    count = nav.standing_counts(request, user)[nav.UNSEEN]
    return f"{notices.MOST_COUNTED - 1}+" if count >= notices.MOST_COUNTED else str(count or "")


@require_GET
@for_agents
def read_bell(request: AgentRequest) -> HttpResponse:
    """The count alone: pages ask for it when a hint came."""
    return render(request, BELL)


@require_GET
@for_agents
def menu(request: AgentRequest) -> HttpResponse:
    """What the bell's menu shows when it opens."""
    return render(request, MENU, _menu_context(request.user))


def _menu_context(user: User) -> dict[str, Any]:
    return {"lines": notices.newest(user), "was_away": len(absences.handed_over(user))}


@require_GET
@for_agents
def page(request: AgentRequest) -> HttpResponse:
    """All notices of what the person still sees, newest first, a line for each thing."""
    return render(request, "tickets/notices.html", _page_context(request))


def _page_context(request: AgentRequest) -> dict[str, Any]:
    text = request.GET.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
    only_unseen = request.GET.get("show") == "unseen"
    found = notices.read_page(request.user, before=before, only_unseen=only_unseen)
    show = "show=unseen&" if only_unseen else ""
    address = reverse("tickets:notices")
    return {
        "lines": found.lines,
        "only_unseen": only_unseen,
        "is_first": not before,
        "newest_url": f"{address}?{show}".rstrip("?&"),
        "older_url": f"{address}?{show}before={found.older}" if found.older else "",
        "here": request.get_full_path(),
    }


@require_POST
@for_agents
def mark_seen(request: AgentRequest) -> HttpResponse:
    """Everything has been seen, or one line of it."""
    line = re.fullmatch(r"(ticket|group|team):([0-9]{1,15})", request.POST.get("line", ""), re.ASCII)
    if line is not None:
        notices.mark_seen(request.user, thing=(line[1], int(line[2])))
        return go_back(request, reverse("tickets:notices"))
    notices.mark_seen(request.user)
    if is_htmx(request):
        return fragments(request, _menu_context(request.user), MENU, BELL)
    return go_back(request, reverse("tickets:notices"), said=_("All seen."))
