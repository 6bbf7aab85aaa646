"""The REST door: each call loads and authorises (`access`), then calls one room. Mounted by `ticketdesk.api`."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from tickets import conversation, desk, files, lifecycle, linking, permissions, promises, tagging, teams
from tickets.access import load_attachment, load_ticket
from tickets.api_shapes import (
    Me,
    MessageOut,
    NamedOut,
    NewNote,
    NewOwner,
    NewPriority,
    NewPromise,
    NewReply,
    NewStatus,
    NewTag,
    NewTeam,
    NewTicket,
    StatusOut,
    TermOut,
    TicketDetail,
    TicketFilters,
    TicketOut,
    TicketPage,
    VocabularyOut,
    message_out,
    ticket_detail,
    ticket_fields,
)
from tickets.errors import Refused
from tickets.models import Channel, Kind, Message, Priority, Right, Team, Ticket, User
from tickets.models import Status as TicketStatus
from tickets.models.tickets import TicketQuerySet
from tickets.people import find_person
from tickets.vocabulary import read_vocabulary

router = Router(tags=["tickets"])
NOBODY = -1  # no person has this id
Row = TypeVar("Row", bound=Model)


# --- reading -------------------------------------------------------------------------------------------------------


@router.get("/me", response=Me, tags=["me"])
def me(request: HttpRequest) -> Me:
    """Whose token this is."""
    user = person(request)
    return Me(
        id=user.pk,
        name=user.name,
        email=user.email,
        roles=user.roles,
        language=user.language,
        time_zone=user.time_zone,
    )


@router.get("/vocabulary", response=VocabularyOut, tags=["me"])
def vocabulary(request: HttpRequest) -> VocabularyOut:
    """The codes of statuses, priorities and kinds with their names, and the teams you may open tickets in."""
    terms = read_vocabulary()
    return VocabularyOut(
        statuses=[StatusOut(code=row.code, name=row.label, type=row.type) for row in terms.choosable_statuses],
        priorities=[TermOut(code=row.code, name=row.label) for row in terms.choosable_priorities],
        kinds=[TermOut(code=row.code, name=row.label) for row in terms.choosable_kinds],
        teams=[NamedOut(id=team.pk, name=team.name) for team in permissions.teams_with(person(request), Right.CREATE)],
    )


@router.get("/tickets", response=TicketPage)
def list_tickets(
    request: HttpRequest,
    filters: Query[TicketFilters],
) -> TicketPage:
    """The tickets you see, the last changed first."""
    user = person(request)
    found = _filter(Ticket.objects.visible_to(user), filters, user).for_lists().select_related("responsible")
    page = list(found.order_by("-changed_at", "-pk")[: filters.limit + 1])
    more, page = len(page) > filters.limit, page[: filters.limit]
    worked = set(Ticket.objects.worked_by(user).filter(pk__in=[row.pk for row in page]).values_list("pk", flat=True))
    seen = Ticket.objects.visible_to(user).filter(merged_tickets__in=[row.pk for row in page])
    ends: dict[int, str] = dict(seen.values_list("merged_tickets", "number"))
    return TicketPage(
        tickets=[
            TicketOut(**ticket_fields(ticket, inside=ticket.pk in worked), merged_into=ends.get(ticket.pk))
            for ticket in page
        ],
        next=_write_cursor(page[-1]) if more else None,
    )


@router.get("/tickets/{slug:number}", response=TicketDetail)
def show_ticket(request: HttpRequest, number: str) -> TicketDetail:
    """A ticket with its messages and, from the inside, its history and seal."""
    return _detail(request, number)


@router.get("/tickets/{slug:number}/attachments/{int:attachment_id}", url_name="download_attachment")
def download_attachment(request: HttpRequest, number: str, attachment_id: int) -> FileResponse:
    """The file itself."""
    attachment = load_attachment(person(request), number, attachment_id)
    try:
        content = files.open_blob(attachment.blob)
    except FileNotFoundError as error:
        raise Http404(_("This file is no longer there.")) from error
    answer = FileResponse(content, as_attachment=True, filename=attachment.name or "file")
    answer["Content-Type"] = "application/octet-stream"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


# --- writing -------------------------------------------------------------------------------------------------------


@router.post("/tickets", response={201: TicketDetail})
def open_ticket(request: HttpRequest, body: NewTicket) -> Status[TicketDetail]:
    """Opens a ticket: a customer for himself, an agent in a team for whoever asks."""
    user = person(request)
    kind = _find(Kind.objects.all(), body.kind, "kind") if body.kind else None
    if not user.is_agent:
        _refuse_agents_fields(body, ("team", "customer", "priority", "tags"))
        ticket = conversation.open_request(
            title=body.title,
            text=body.text,
            team=teams.default_team(),
            channel=Channel.API,
            by=user,
            customer=user,
            kind=kind,
        )
        return Status(201, _detail(request, ticket.number))
    team = Team.objects.filter(pk=body.team or NOBODY).first()
    if team is None:
        raise Refused(_("Choose the team, by its id."), field="team")
    permissions.require(permissions.can_create(user, team))
    customer = find_person(body.customer) if body.customer else None
    is_new = bool(body.customer) and customer is None
    ticket = desk.open_by_phone(
        title=body.title,
        text=body.text,
        team=team,
        by=user,
        customer=customer,
        new_person=desk.NewPerson(name=body.customer_name or body.customer or "", email=body.customer or "")
        if is_new
        else None,
        channel=Channel.API,
        kind=kind,
        priority=_find(Priority.objects.all(), body.priority, "priority") if body.priority else None,
        tags=body.tags,
    )
    return Status(201, _detail(request, ticket.number))


@router.post("/tickets/{slug:number}/replies", response={201: MessageOut})
def reply(request: HttpRequest, number: str, body: NewReply) -> Status[MessageOut]:
    """An agent's answer goes to the customer by mail; a customer's word goes to the team."""
    user = person(request)
    ticket = load_ticket(user, number)
    if permissions.can_reply(user, ticket):
        then = _find(TicketStatus.objects.all(), body.status, "status") if body.status else None
        _refuse_blocked(ticket, then, anyway=body.anyway)
        message = conversation.reply_to_customer(
            ticket,
            text=body.text,
            by=user,
            then=then,
            pending_until=body.pending_until,
            channel=Channel.API,
        )
    elif Ticket.objects.asked_by(user).filter(pk=ticket.pk).exists():
        _refuse_agents_fields(body, ("status", "pending_until"))
        message = conversation.answer_from_portal(ticket, text=body.text, by=user, channel=Channel.API)
    else:
        raise PermissionDenied(_("You don't have the right to do this. Ask the team's leader or an administrator."))
    return Status(201, _message(user, message))


@router.post("/tickets/{slug:number}/notes", response={201: MessageOut})
def note(request: HttpRequest, number: str, body: NewNote) -> Status[MessageOut]:
    """An internal note."""
    user = person(request)
    ticket = load_ticket(user, number, to="note")
    return Status(201, _message(user, conversation.add_note(ticket, text=body.text, by=user, channel=Channel.API)))


@router.put("/tickets/{slug:number}/owner", response=TicketDetail)
def assign(request: HttpRequest, number: str, body: NewOwner) -> TicketDetail:
    """Gives the ticket to an agent, or to nobody."""
    user = person(request)
    ticket = load_ticket(user, number, to="assign")
    if body.owner is None:
        lifecycle.unassign_ticket(ticket, by=user)
    else:
        lifecycle.assign_ticket(ticket, to=_colleague(body.owner, user, "owner"), by=user)
    return _detail(request, number)


@router.put("/tickets/{slug:number}/status", response=TicketDetail)
def change_status(request: HttpRequest, number: str, body: NewStatus) -> TicketDetail:
    """Pending statuses need `pending_until`."""
    user = person(request)
    ticket = load_ticket(user, number, to="change_status")
    status = _find(TicketStatus.objects.all(), body.status, "status")
    _refuse_blocked(ticket, status, anyway=body.anyway)
    lifecycle.change_status(ticket, to=status, by=user, pending_until=body.pending_until)
    return _detail(request, number)


@router.put("/tickets/{slug:number}/priority", response=TicketDetail)
def change_priority(request: HttpRequest, number: str, body: NewPriority) -> TicketDetail:
    user = person(request)
    ticket = load_ticket(user, number, to="change_priority")
    lifecycle.change_priority(ticket, to=_find(Priority.objects.all(), body.priority, "priority"), by=user)
    return _detail(request, number)


@router.put("/tickets/{slug:number}/team", response=TicketDetail)
def move(request: HttpRequest, number: str, body: NewTeam) -> TicketDetail:
    """Gives the ticket to another team. You may not see it afterwards: then the answer is 404."""
    user = person(request)
    ticket = load_ticket(user, number, to="move")
    team = Team.objects.filter(pk=body.team).first()
    if team is None:
        raise Refused(_("There is no such team."), field="team")
    permissions.require(permissions.can_move(user, ticket, team))
    lifecycle.move_ticket(ticket, to=team, by=user)
    return _detail(request, number)


@router.post("/tickets/{slug:number}/tags", response=TicketDetail)
def tag(request: HttpRequest, number: str, body: NewTag) -> TicketDetail:
    user = person(request)
    tagging.tag_ticket(load_ticket(user, number, to="tag"), body.name, by=user)
    return _detail(request, number)


@router.delete("/tickets/{slug:number}/tags/{name}", response=TicketDetail)
def untag(request: HttpRequest, number: str, name: str) -> TicketDetail:
    user = person(request)
    ticket = load_ticket(user, number, to="tag")
    found = tagging.tag_on(ticket, tagging.clean_tag(name))
    if found is None:
        raise Http404(_("The ticket does not have this tag."))
    tagging.untag_ticket(ticket, found, by=user)
    return _detail(request, number)


@router.put("/tickets/{slug:number}/promise", response=TicketDetail)
def promise(request: HttpRequest, number: str, body: NewPromise) -> TicketDetail:
    """Who answers, by when; takes the place of the promise there is."""
    user = person(request)
    ticket = load_ticket(user, number, to="assign")
    promises.promise_answer(ticket, who=_colleague(body.who, user, "who"), by_when=body.by_when, by=user)
    return _detail(request, number)


@router.delete("/tickets/{slug:number}/promise", response=TicketDetail)
def withdraw_promise(request: HttpRequest, number: str) -> TicketDetail:
    user = person(request)
    promises.withdraw_promise(load_ticket(user, number, to="assign"), by=user)
    return _detail(request, number)


# --- helpers -------------------------------------------------------------------------------------------------------


def person(request: HttpRequest) -> User:
    """Whose token the request carries."""
    assert isinstance(request.user, User)  # the token's check has put him there
    return request.user


def _detail(request: HttpRequest, number: str) -> TicketDetail:
    user = person(request)
    ticket = load_ticket(user, number)
    return ticket_detail(ticket, user, inside=permissions.can_see_internal(user, ticket))


def _message(user: User, message: Message) -> MessageOut:
    inside = permissions.can_see_internal(user, message.ticket)
    return message_out(message, number=message.ticket.number, inside=inside)


def _filter(tickets: TicketQuerySet, filters: TicketFilters, user: User) -> TicketQuerySet:
    for field, code in (("status", filters.status), ("priority", filters.priority), ("kind", filters.kind)):
        if code:
            tickets = tickets.filter(**{f"{field}__code": code})
    if filters.is_open is not None:
        tickets = tickets.filter(closed_at__isnull=filters.is_open)
    if filters.team is not None:
        tickets = tickets.filter(team=filters.team)
    if filters.owner == "none":
        tickets = tickets.filter(owner__isnull=True)
    elif filters.owner:
        tickets = tickets.filter(owner=user if filters.owner == "me" else find_person(filters.owner) or NOBODY)
    if filters.customer:
        tickets = tickets.filter(customer=find_person(filters.customer) or NOBODY)
    if filters.tag:
        # A tag is seen from the inside only, so it must not be found out from outside either.
        inside = Ticket.objects.worked_by(user)
        tag = tagging.find_tag(filters.tag)
        tickets = tickets.filter(tags=tag.pk if tag else NOBODY, pk__in=inside.values("pk"))
    if filters.changed_since is not None:
        tickets = tickets.filter(changed_at__gte=filters.changed_since)
    if filters.cursor:
        changed_at, pk = _read_cursor(filters.cursor)
        tickets = tickets.filter(Q(changed_at__lt=changed_at) | Q(changed_at=changed_at, pk__lt=pk))
    return tickets


def _find(terms: QuerySet[Row], code: str, field: str) -> Row:
    found = terms.filter(code=code).first()
    if found is None:
        raise Refused(_("There is no “%(code)s”; see /vocabulary for the codes.") % {"code": code}, field=field)
    return found


def _colleague(email: str, user: User, field: str) -> User:
    found = user if email == "me" else find_person(email)
    if found is None or not found.is_agent:
        raise Refused(_("No agent has this address."), field=field)
    return found


def _refuse_blocked(ticket: Ticket, status: TicketStatus | None, *, anyway: bool) -> None:
    """Whoever closes a ticket that others still block has to say that he knows."""
    if status is None or not status.is_closed or not ticket.is_open or anyway:
        return
    sentence = linking.warn_of_blockers(ticket)
    if sentence:
        raise Refused(_("%(sentence)s Say “anyway” to close it all the same.") % {"sentence": sentence}, field="anyway")


def _refuse_agents_fields(body: NewTicket | NewReply, fields: Sequence[str]) -> None:
    for field in fields:
        if getattr(body, field):
            raise Refused(_("Only agents may set this."), field=field)


def _write_cursor(ticket: Ticket) -> str:
    return base64.urlsafe_b64encode(f"{ticket.changed_at.isoformat()} {ticket.pk}".encode()).decode()


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    refusal = Refused(_("This cursor is not one that the last page gave."), field="cursor")
    try:
        when, _space, pk = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        changed_at = parse_datetime(when)
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise refusal from error
    if changed_at is None or changed_at.tzinfo is None or not (pk.isascii() and pk.isdecimal()) or len(pk) > 18:
        raise refusal
    return changed_at, int(pk)
