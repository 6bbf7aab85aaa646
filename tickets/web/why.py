"""Why somebody sees a ticket: asked on the ticket by those who lead its team, or in the set-up about any ticket."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tickets.access import load_ticket
from tickets.explaining import explain
from tickets.models import Ticket, User
from tickets.promises import open_promise
from tickets.web.responses import AgentRequest, for_agents
from tickets.web.setup import for_admins

MOST_SHOWN = 12


@require_GET
@for_agents
def why(request: AgentRequest, number: str) -> HttpResponse:
    """On a ticket: choose somebody, and read every ground."""
    ticket = load_ticket(request.user, number, to="explain")
    back = (reverse("tickets:ticket", args=[ticket.number]), ticket.number)
    return _answer(request, ticket, back=back, is_setup=False)


@require_GET
@for_admins
def setup_why(request: AgentRequest) -> HttpResponse:
    """In the set-up: a person and the number of a ticket."""
    number = request.GET.get("ticket", "").replace("\x00", "").strip().lstrip("#")[:30]
    ticket = Ticket.objects.select_related("team", "organisation").filter(number=number).first() if number else None
    missing = _("There is no ticket of this number.") if number and ticket is None else ""
    back = (reverse("tickets:setup"), _("Set-up"))
    return _answer(request, ticket, back=back, is_setup=True, number=number, missing=missing)


def _answer(
    request: AgentRequest,
    ticket: Ticket | None,
    *,
    back: tuple[str, str],
    is_setup: bool,
    number: str = "",
    missing: str = "",
) -> HttpResponse:
    words = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    person, people = _find(request.GET.get("who", ""), words)
    context: dict[str, Any] = {
        "ticket": ticket,
        "number": number,
        "missing": missing,
        "is_setup": is_setup,
        "back_url": back[0],
        "back": back[1],
        "words": words or (person.name if person else ""),
        "people": people,
        "nobody": bool(words) and person is None and not people,
        "involved": _involved(ticket) if ticket and not is_setup else [],
        "found": explain(person, ticket) if person and ticket else None,
        "person": person,
    }
    return render(request, "tickets/why.html", context)


def _find(who: str, words: str) -> tuple[User | None, list[User]]:
    """The person who is meant, or those who might be."""
    if who.isascii() and who.isdigit() and len(who) < 19:
        return User.objects.filter(pk=int(who)).first(), []
    if not words:
        return None, []
    found = User.objects.filter(Q(name__icontains=words) | Q(addresses__email__icontains=words)).distinct()
    people = list(found.order_by("-is_active", "name", "pk")[:MOST_SHOWN])
    return (people[0], []) if len(people) == 1 else (None, people)


def _involved(ticket: Ticket) -> list[User]:
    """Those one would ask about first: who works on it, who asked, who takes part, who is in the team."""
    promise = open_promise(ticket)
    people = [ticket.owner, ticket.responsible, promise.who if promise else None, ticket.customer]
    people += [row.user for row in ticket.participants.select_related("user")]
    people += [row.user for row in ticket.team.memberships.select_related("user").order_by("user__name")[:MOST_SHOWN]]
    return list(dict.fromkeys(each for each in people if each is not None))
