"""Colleagues on a ticket: watching it, and finding somebody by the beginning of a name while typing."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tickets import absences, mentions, permissions, watching
from tickets.absence_words import away_words
from tickets.access import load_ticket
from tickets.templatetags.ui import hue, initials
from tickets.web.responses import AgentRequest, for_agents
from tickets.web.ticket_actions import done


@require_POST
@for_agents
def watch(request: AgentRequest, number: str) -> HttpResponse:
    ticket = load_ticket(request.user, number, to="see_internal")
    watching.watch_ticket(ticket, by=request.user)
    return done(request, ticket, _("You watch this ticket."))


@require_POST
@for_agents
def unwatch(request: AgentRequest, number: str) -> HttpResponse:
    ticket = load_ticket(request.user, number, to="see_internal")
    watching.unwatch_ticket(ticket, by=request.user)
    return done(request, ticket, _("You no longer watch this ticket."))


@require_GET
@for_agents
def find_colleague(request: AgentRequest) -> JsonResponse:
    """Agents by the beginning of a name or an address, at most eight, the best first.

    Without the one who asks. With ?ticket=number also whether each sees that ticket, those who do first among equals:
    {"people": [{"id", "name", "email", "job_title", "initials", "hue", "away", "sees"}]}; `away` is empty or words,
    `sees` is null without a ticket.
    """
    number = request.GET.get("ticket", "")
    seeing: set[int] | None = None
    if number:
        ticket = load_ticket(request.user, number[:30], to="see_internal")
        seeing = set(permissions.who_works_on(ticket).values_list("pk", flat=True))
    found = mentions.find_colleagues(request.GET.get("q", "")[:100], sooner=seeing or (), but=request.user)
    absences.mark_away(found)
    people = [
        {
            "id": each.pk,
            "name": each.name,
            "email": each.email or "",
            "job_title": each.job_title,
            "initials": initials(each.name),
            "hue": hue(each.name),
            "away": away_words(getattr(each, "away", None)),
            "sees": None if seeing is None else each.pk in seeing,
        }
        for each in found
    ]
    return JsonResponse({"people": people})
