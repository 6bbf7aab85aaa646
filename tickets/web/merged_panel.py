"""What a page says of merges: where this ticket leads, and what leads to it, each with who merged it and when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tickets import merging, permissions
from tickets.access import load_ticket
from tickets.models import Event, Ticket, User
from tickets.web.responses import AgentRequest, for_agents
from tickets.web.span import Span, span_of

if TYPE_CHECKING:
    from tickets.web.ticket_page import May


@dataclass(frozen=True, slots=True)
class MergedLine:
    """A ticket that leads to another: `event` says who merged it when; `into` is named unless it is the page's own."""

    ticket: Ticket
    event: Event | None
    into: Ticket | None
    may_undo: bool
    is_where_from: bool = False


def merged_context(request: AgentRequest, ticket: Ticket, span: Span | None = None) -> dict[str, Any]:
    """Both directions; a query for each that there is."""
    span = span or span_of(ticket, request.user)
    context: dict[str, Any] = {"leads_to": None, "merged_lines": _lines(request, span)}
    if ticket.merged_into_id is not None:
        end = merging.target_of(ticket)
        context["leads_to"] = MergedLine(
            ticket=end if permissions.can_see_internal(request.user, end) else ticket,
            event=merging.newest_merge(ticket),
            into=end,
            may_undo=may_undo(request.user, ticket, end),
        )
    return context


def may_undo(user: User, ticket: Ticket, end: Ticket) -> bool:
    return permissions.can_merge(user, ticket) and permissions.can_merge(user, end)


def only_read(may: May, ticket: Ticket) -> May:
    """A merged ticket is read and taken apart; everything else is done on the one that goes on."""
    if ticket.merged_into_id is None:
        return may
    return replace(
        may,
        reply=False,
        note=False,
        assign=False,
        change_status=False,
        change_priority=False,
        tag=False,
        move=False,
        pass_on=False,
        merge=False,
    )


@require_GET
@for_agents
def merged(request: AgentRequest, number: str) -> HttpResponse:
    """The lines alone, which read themselves again when one of the tickets changes."""
    ticket = load_ticket(request.user, number, to="see_internal")
    return render(request, "tickets/_merged.html", {"ticket": ticket} | merged_context(request, ticket))


def _lines(request: AgentRequest, span: Span) -> list[MergedLine]:
    if not span.merged:
        return []
    merges = Event.objects.filter(ticket__in=[each.pk for each in span.merged], verb="merged")
    events = {event.ticket_id: event for event in merges.exclude(data__has_key="inverse").select_related("by")}
    known = {each.pk: each for each in span.merged}
    came_from = request.GET.get("from", "")
    return [
        MergedLine(
            ticket=each,
            event=events.get(each.pk),
            into=known.get(each.merged_into_id or 0),
            may_undo=may_undo(request.user, each, span.ticket),
            is_where_from=each.number == came_from,
        )
        for each in span.merged
    ]
