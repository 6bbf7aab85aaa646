"""Doors of links between tickets: the panel, the dialog, and what its field completes to."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tickets import linking
from tickets.access import load_ticket
from tickets.errors import Refused
from tickets.models import TicketLink
from tickets.web.merged_panel import only_read
from tickets.web.message_forms import LinkForm
from tickets.web.responses import AgentRequest, for_agents
from tickets.web.span import span_of
from tickets.web.ticket_actions import done, refused
from tickets.web.ticket_dialogs import in_dialog
from tickets.web.ticket_page import May, links_context


@require_GET
@for_agents
def links(request: AgentRequest, number: str) -> HttpResponse:
    """The panel alone."""
    ticket = load_ticket(request.user, number, to="see_internal")
    context = {"ticket": ticket, "may": only_read(May.ask(request.user, ticket), ticket)}
    context |= links_context(request.user, ticket, span_of(ticket, request.user).merged)
    return render(request, "tickets/_links.html", context)


@require_http_methods(["GET", "POST"])
@for_agents
def link_ticket(request: AgentRequest, number: str) -> HttpResponse:
    """Ties another ticket to this one, by its number; how the two stand to each other is chosen."""
    ticket = load_ticket(request.user, number, to="note")

    def act(cleaned: dict[str, Any]) -> object:
        other = linking.ticket_of_number(cleaned["number"], by=request.user)
        return linking.relate_tickets(ticket, to=other, by=request.user, relation=cleaned["relation"])

    return in_dialog(
        request,
        ticket,
        LinkForm(request.POST or None),
        act,
        title=_("Link a ticket"),
        submit=_("Link"),
        said=_("Linked."),
        template="tickets/link.html",
    )


@require_GET
@for_agents
def find_to_link(request: AgentRequest, number: str) -> HttpResponse:
    """What the typed digits or words may mean."""
    ticket = load_ticket(request.user, number, to="note")
    found = linking.find_to_link(request.GET.get("number", ""), ticket, by=request.user)
    return render(request, "tickets/_link_choices.html", {"found": found})


@require_POST
@for_agents
def unlink_tickets(request: AgentRequest, number: str, link_id: int) -> HttpResponse:
    """Takes a link off; the panel is read again."""
    ticket = load_ticket(request.user, number, to="note")
    mine = TicketLink.objects.filter(Q(source=ticket) | Q(target=ticket)).select_related("source", "target")
    link = get_object_or_404(mine, pk=link_id)
    try:
        linking.unlink_tickets(link, by=request.user)
    except Refused as refusal:
        return refused(request, ticket, str(refusal))
    return done(request, ticket, _("Link removed."))
