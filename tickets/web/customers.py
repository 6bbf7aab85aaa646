"""The customer: his card on the ticket page, and the page of a person for agents."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tickets import contacts, permissions, person_notes
from tickets.models import Right, Ticket, User
from tickets.web.person_notes import PersonNoteForm
from tickets.web.responses import AgentRequest, for_agents

OTHER_TICKETS_SHOWN = 5


def customer_context(user: User, ticket: Ticket, *, has_notes: bool = True) -> dict[str, Any]:
    """The card: who he is, where he is reached, and what else he asked that the agent may see."""
    person = ticket.customer
    if person is None:
        return {"person": None}
    if person.organisation_id == ticket.organisation_id:
        person.organisation = ticket.organisation  # read already
    others = contacts.tickets_of(person, by=user).exclude(pk=ticket.pk)
    return person_context(user, person, has_notes=has_notes) | {
        "others": list(others.select_related("status").order_by("-opened_at")[:OTHER_TICKETS_SHOWN]),
    }


def person_context(user: User, person: User, *, has_notes: bool = True) -> dict[str, Any]:
    """What card and page both say of a person."""
    addresses = contacts.addresses_of(person)
    return {
        "person": person,
        "addresses": addresses,
        "bounced": [address.email for address in addresses if address.has_bounced],
        "standing": contacts.standing_of(person, by=user),
        "notes": person_notes.notes_of(person) if has_notes else [],
        "his_time": local_time_of(person),
        "may_edit": permissions.can_set_up(user),
        "may_open": permissions.has_right_somewhere(user, Right.CREATE),
    }


def local_time_of(person: User) -> datetime | None:
    """What his clock shows, where it is another hour than the reader's."""
    now = timezone.localtime()
    try:
        his = now.astimezone(ZoneInfo(person.time_zone))
    except (ZoneInfoNotFoundError, ValueError):  # a zone that this system does not know
        return None
    return his if his.utcoffset() != now.utcoffset() else None


@require_GET
@for_agents
def person_page(request: AgentRequest, person_id: int) -> HttpResponse:
    """A person: his tickets that the agent works on, and what was said on them."""
    person = get_object_or_404(User.objects.select_related("organisation"), pk=person_id)
    state, whose = request.GET.get("state", ""), request.GET.get("whose", "")
    tickets = contacts.tickets_of(person, by=request.user, state=state, whose=whose)
    page = contacts.read_tickets(tickets, before=_id(request.GET.get("before", "")))
    words = contacts.read_words(person, by=request.user, before=_id(request.GET.get("said_before", "")))
    context = person_context(request.user, person) | {
        "page": page,
        "note_form": PersonNoteForm(auto_id="note_%s"),
        "words": words,
        "state": state if state in ("open", "closed") else "",
        "whose": whose if whose == "organisation" and person.organisation_id else "",
        "before": request.GET.get("before", ""),
        "said_before": request.GET.get("said_before", ""),
    }
    return render(request, "tickets/person.html", context)


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
