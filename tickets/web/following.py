"""Muting a ticket; watching and muting a group."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tickets import telling
from tickets.access import load_ticket
from tickets.models import TicketGroup
from tickets.telling.lines import group_address
from tickets.web.responses import AgentRequest, for_agents, fragments, go_back, is_htmx
from tickets.web.ticket_actions import done

SAID: dict[str, LazyText] = {
    "watch": gettext_lazy("You watch this group."),
    "unwatch": gettext_lazy("You no longer watch this group."),
    "mute": gettext_lazy("Muted: you hear only of what is meant for you alone."),
    "unmute": gettext_lazy("No longer muted."),
}


@require_POST
@for_agents
def mute(request: AgentRequest, number: str) -> HttpResponse:
    """The agent hears no more of the ticket, save what is meant for him alone."""
    ticket = load_ticket(request.user, number, to="see_internal")
    telling.mute(by=request.user, ticket=ticket)
    return done(request, ticket, str(SAID["mute"]))


@require_POST
@for_agents
def unmute(request: AgentRequest, number: str) -> HttpResponse:
    ticket = load_ticket(request.user, number, to="see_internal")
    telling.unmute(by=request.user, ticket=ticket)
    return done(request, ticket, _("No longer muted."))


@require_POST
@for_agents
def follow_group(request: AgentRequest, group_id: int, how: str) -> HttpResponse:
    """Watches, unwatches, mutes or unmutes a group; answers with `_follow_group.html`."""
    user = request.user
    group = get_object_or_404(TicketGroup.objects.worked_by(user), pk=group_id)
    if how == "watch":
        telling.watch_group(group, by=user)
    elif how == "unwatch":
        telling.unwatch_group(group, by=user)
    elif how == "mute":
        telling.mute(by=user, group=group)
    else:
        telling.unmute(by=user, group=group)
    if is_htmx(request):
        return fragments(request, follow_context(user_of=request, group=group), FOLLOW, said=SAID[how])
    return go_back(request, group_address(group), said=SAID[how])


FOLLOW = "tickets/_follow_group.html"


def follow_context(*, user_of: AgentRequest, group: TicketGroup) -> dict[str, object]:
    """For `_follow_group.html`."""
    user = user_of.user
    return {
        "group": group,
        "is_watching": telling.is_watching_group(group, user),
        "is_muted": telling.is_muted(user, group=group),
    }
