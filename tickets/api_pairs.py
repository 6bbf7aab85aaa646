"""The REST door of merges and links: each call loads and authorises (`access`), then calls one room."""

from __future__ import annotations

from django.db.models import Q
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status

from tickets import linking, merging, permissions
from tickets.access import load_ticket
from tickets.api import person
from tickets.api_shapes import NewLink, NewMerge, TicketDetail, ticket_detail
from tickets.models import TicketLink, User

router = Router(tags=["tickets"])


@router.put("/tickets/{slug:number}/merge", response=TicketDetail)
def merge(request: HttpRequest, number: str, body: NewMerge) -> TicketDetail:
    """Points the ticket at another one of the same customer; answers with the one that goes on."""
    user = person(request)
    ticket = load_ticket(user, number, to="merge")
    target = merging.merge_ticket(ticket, into=linking.ticket_of_number(body.into, by=user), by=user)
    return _detail(user, target.number)


@router.delete("/tickets/{slug:number}/merge", response=TicketDetail)
def unmerge(request: HttpRequest, number: str) -> TicketDetail:
    """The ticket stands alone again; what came since stays where it landed."""
    user = person(request)
    merging.unmerge_ticket(load_ticket(user, number, to="merge"), by=user)
    return _detail(user, number)


@router.post("/tickets/{slug:number}/links", response={201: TicketDetail})
def link(request: HttpRequest, number: str, body: NewLink) -> Status[TicketDetail]:
    """Says how this ticket stands to another one."""
    user = person(request)
    ticket = load_ticket(user, number, to="note")
    other = linking.ticket_of_number(body.to, by=user)
    linking.relate_tickets(ticket, to=other, by=user, relation=body.relation)
    return Status(201, _detail(user, number))


@router.delete("/tickets/{slug:number}/links/{int:link_id}", response=TicketDetail)
def unlink(request: HttpRequest, number: str, link_id: int) -> TicketDetail:
    user = person(request)
    ticket = load_ticket(user, number, to="note")
    ours = TicketLink.objects.filter(Q(source=ticket) | Q(target=ticket)).select_related("source", "target")
    found = ours.filter(pk=link_id).first()
    if found is None:
        raise Http404(_("There is no such link."))
    linking.unlink_tickets(found, by=user)
    return _detail(user, number)


def _detail(user: User, number: str) -> TicketDetail:
    ticket = load_ticket(user, number)
    return ticket_detail(ticket, user, inside=permissions.can_see_internal(user, ticket))
