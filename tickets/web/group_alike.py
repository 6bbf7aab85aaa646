"""The radar on a group's page: reports that came in later, sound the same and are in no group yet."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from tickets import permissions, similar
from tickets.access import load_group
from tickets.errors import Refused
from tickets.models import TicketGroup, User
from tickets.similar import acts
from tickets.web.alike import line_of, load_others
from tickets.web.responses import AgentRequest, for_agents, fragments, go_back, is_htmx

PART = "tickets/_group_alike.html"


@require_http_methods(["GET", "POST"])
@for_agents
def alike_to_group(request: AgentRequest, group_id: int) -> HttpResponse:
    """The panel, or a page of its own without script; and what is made of what it shows."""
    group = load_group(request.user, group_id)
    error = ""
    if request.method == "POST":
        try:
            said = _make_of_it(request, group)
        except Refused as refusal:
            error = str(refusal)
        else:
            if is_htmx(request):
                return fragments(request, _context(request.user, group), PART, said=said)
            return go_back(request, reverse("tickets:group", args=[group.pk]), said=said)
    context = _context(request.user, group, ticked=(request.POST or request.GET).getlist("ticket")) | {"error": error}
    status = 422 if error else 200
    if is_htmx(request):
        return fragments(request, context, PART, status=status) if error else render(request, PART, context)
    return render(request, "tickets/group_alike.html", context, status=status)


def _make_of_it(request: AgentRequest, group: TicketGroup) -> str:
    """Joins what is ticked, or says that one is something else. Raises Refused."""
    user = request.user
    if "reject" in request.POST:
        acts.reject_for_group(group, load_others(user, [request.POST["reject"]])[0], by=user)
        return _("It is not proposed here any more.")
    ticked = request.POST.getlist("ticket")
    if not ticked:
        raise Refused(_("Tick at least one of the alike tickets."), field="ticket")
    chosen = load_others(user, ticked)
    for each in chosen:
        permissions.require(permissions.can_group(user, each))
    acts.join_all_alike(chosen, group, by=user)
    said = ngettext("%(count)s ticket added.", "%(count)s tickets added.", len(chosen))
    return said % {"count": len(chosen)}


def _context(user: User, group: TicketGroup, *, ticked: Collection[str] = ()) -> dict[str, Any]:
    found = similar.find_alike_to_group(group, by=user) if group.is_open else []
    offered = [each for each in found if each.ticket and permissions.can_group(user, each.ticket)]
    return {"group": group, "lines": [line_of(each, ticked) for each in offered]}
