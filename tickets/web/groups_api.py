"""The API's door of groups of reports: list, open, join, leave, close, open again."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema, Status

from tickets import group_closing, group_figures, group_lists, groups, permissions
from tickets.access import load_group, load_ticket
from tickets.api_shapes import NamedOut, PersonOut, Taken, person_out
from tickets.errors import Refused
from tickets.group_closing import Choice
from tickets.models import Team, Ticket, TicketGroup, User

router = Router(tags=["groups"])


class GroupFilters(Taken):
    is_open: bool = True
    words: str = Field("", max_length=100, description="Words of the title.")
    team: int | None = Field(None, description="Id.")
    cursor: str = Field("", description="`next` of the page before.")


class NewGroup(Taken):
    title: str = Field(min_length=1, max_length=200)
    team: int = Field(description="Id of the team that looks after it.")
    description: str = Field("", max_length=10_000)
    tickets: list[str] = Field(default_factory=list, max_length=200, description="Numbers of its first tickets.")


class JoinGroup(Taken):
    group: int = Field(description="Id.")
    move: bool = Field(False, description="Out of the open group where it is.")


class CloseGroup(Taken):
    choice: str = Field(description="For every ticket that is no exception: close, ask or leave.")
    exceptions: dict[str, str] = Field(default_factory=dict, description="Number to close, ask or leave.")


class GroupOut(Schema):
    id: int
    title: str
    description: str
    status: str
    team: NamedOut
    owner: PersonOut | None
    tags: list[str]
    is_outage_shown: bool
    opened_at: datetime
    closed_at: datetime | None
    members: int = Field(description="All tickets in it.")
    open_members: int
    tickets: list[str] = Field(description="The newest of those that you work on, by number.")


class GroupLineOut(Schema):
    id: int
    title: str
    status: str
    team: NamedOut
    members: int
    waiting: int = Field(description="Those that wait for us.")
    followed_up: int = Field(description="Reporters who wrote after the closing.")


class GroupPage(Schema):
    groups: list[GroupLineOut]
    next: str | None = Field(description="Pass it as `cursor` for the next page; null on the last.")


class ClosingOut(Schema):
    state: str
    counts: dict[str, int] = Field(description="Tickets by what became of them.")
    refused: dict[str, str] = Field(description="Number to why nothing became of it; of the tickets that you work on.")


@router.get("/groups", response=GroupPage)
def list_groups(request: HttpRequest, filters: Query[GroupFilters]) -> GroupPage:
    """The groups that you may open, the last changed first."""
    user = _agent(request)
    lines, following = group_lists.list_groups(
        user, is_open=filters.is_open, words=filters.words, team=filters.team, before=filters.cursor
    )
    rows = [
        GroupLineOut(
            id=line.group.pk,
            title=line.group.title,
            status=line.group.status,
            team=NamedOut(id=line.group.team_id, name=line.group.team.name),
            members=line.members,
            waiting=line.waiting,
            followed_up=line.followed_up,
        )
        for line in lines
    ]
    return GroupPage(groups=rows, next=following or None)


@router.get("/groups/{int:group_id}", response=GroupOut)
def show_group(request: HttpRequest, group_id: int) -> GroupOut:
    user = _agent(request)
    return _group_out(load_group(user, group_id), user)


@router.post("/groups", response={201: GroupOut})
def open_group(request: HttpRequest, body: NewGroup) -> Status[GroupOut]:
    """A new group with these tickets in it: all of them or none."""
    user = _agent(request)
    team = Team.objects.filter(pk=body.team).first()
    if team is None:
        raise Refused(_("There is no such team."), field="team")
    permissions.require(permissions.can_open_group(user, team))
    tickets = [load_ticket(user, number, to="group") for number in dict.fromkeys(body.tickets)]
    made = groups.open_group(body.title, team=team, by=user, tickets=tickets, description=body.description)
    return Status(201, _group_out(made, user))


@router.put("/tickets/{slug:number}/group", response=GroupOut)
def join_group(request: HttpRequest, number: str, body: JoinGroup) -> GroupOut:
    """Puts the ticket into the group."""
    user = _agent(request)
    ticket = load_ticket(user, number, to="group")
    group = load_group(user, body.group)
    groups.join_group(group, ticket=ticket, by=user, how=groups.How.TYPED, is_moving=body.move)
    return _group_out(group, user)


@router.delete("/tickets/{slug:number}/group", response={204: None})
def leave_group(request: HttpRequest, number: str) -> Status[None]:
    """Takes the ticket out of its open group."""
    user = _agent(request)
    groups.leave_group(load_ticket(user, number, to="group"), by=user)
    return Status(204, None)


@router.post("/groups/{int:group_id}/close", response=ClosingOut)
def close_group(request: HttpRequest, group_id: int, body: CloseGroup) -> ClosingOut:
    """Closes the group and says what becomes of each ticket; a large one goes on in the background."""
    user = _agent(request)
    group = load_group(user, group_id, to="lead")
    for choice in (body.choice, *body.exceptions.values()):
        if choice not in Choice.values:
            raise Refused(_("Choose what shall become of the tickets."), field="choice")
    members = group_closing.members_of(group, by=user).filter(number__in=body.exceptions)
    if missing := sorted(body.exceptions.keys() - set(members.values_list("number", flat=True))):
        said = _("Not in the group, or not a ticket of yours: %(numbers)s.")
        raise Refused(said % {"numbers": ", ".join(missing)}, field="exceptions")
    plan = group_closing.plan_closing(group, by=user)
    group_closing.choose_for_all(plan, choice=body.choice, by=user)
    for choice in Choice.values:
        numbers = [number for number, chosen in body.exceptions.items() if chosen == choice]
        if numbers:
            tickets = Ticket.objects.filter(number__in=numbers)
            group_closing.choose_for_some(plan, tickets, choice=choice, by=user)
    closing = group_closing.close_group(plan, by=user)
    counts = {state: n for state, n in group_closing.count_items(closing).items() if n}
    return ClosingOut(state=closing.state, counts=counts, refused=group_closing.refusals(closing, by=user))


@router.post("/groups/{int:group_id}/reopen", response=GroupOut)
def reopen_group(request: HttpRequest, group_id: int) -> GroupOut:
    user = _agent(request)
    return _group_out(group_closing.reopen_group(load_group(user, group_id, to="lead"), by=user), user)


def _agent(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User) or not user.is_agent:
        raise PermissionDenied(_("This page is for agents."))
    return user


def _group_out(group: TicketGroup, user: User) -> GroupOut:
    group = TicketGroup.objects.select_related("team", "owner").get(pk=group.pk)
    figures = group_figures.read_figures(group, reader=user)
    members = group_figures.read_members(group, reader=user)
    return GroupOut(
        id=group.pk,
        title=group.title,
        description=group.description,
        status=group.status,
        team=NamedOut(id=group.team_id, name=group.team.name),
        owner=person_out(group.owner, inside=True),
        tags=sorted(tag.name for tag in group.tags.all()),
        is_outage_shown=group.is_outage_shown,
        opened_at=group.opened_at,
        closed_at=group.closed_at,
        members=figures.members,
        open_members=figures.open,
        tickets=[ticket.number for ticket in members.tickets],
    )
