"""The radar for programs, with the rights of the token's person."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema

from tickets import permissions, similar
from tickets.access import load_ticket
from tickets.api import person
from tickets.api_shapes import Taken
from tickets.models import Burst, Ticket, TicketGroup, User
from tickets.similar import acts, bursts
from tickets.similar.outages import outages_alike

router = Router(tags=["groups"])


class AlikeOut(Schema):
    ticket: str | None = Field(description="Number; null for a group.")
    group: int | None = Field(description="Id; null for a ticket.")
    title: str
    likeness: float = Field(description="0 to 1.")
    grade: str = Field(description="high, fair or low.")
    words: list[str] = Field(description="The shared words that tell the most.")


class AlikePage(Schema):
    alike: list[AlikeOut] = Field(description="Groups first, then tickets, the best first.")


class NewGroupOfAlike(Taken):
    tickets: list[str] = Field(min_length=1, max_length=100, description="Numbers of the others.")
    title: str = Field("", max_length=200, description="Empty: out of the shared words.")


class JoinedGroup(Taken):
    group: int


class GroupMade(Schema):
    group: int
    title: str


class BurstOut(Schema):
    id: int
    team: int
    title: str
    words: list[str]
    reports: int
    raised_at: datetime
    tickets: list[str] = Field(description="Numbers of those that you work on.")


class OutageOut(Schema):
    text: str
    since: datetime | None
    is_alike: bool = Field(description="Whether the words that were sent sound like it.")


@router.get("/tickets/{slug:number}/alike", response=AlikePage)
def alike(request: HttpRequest, number: str) -> AlikePage:
    """Open groups and recent tickets that are alike to this one, of those that you may know."""
    user = person(request)
    found = similar.find_alike(load_ticket(user, number, to="see_internal"), by=user)
    return AlikePage(alike=[alike_out(each) for each in found])


@router.post("/tickets/{slug:number}/alike/join", response=GroupMade)
def join_alike(request: HttpRequest, number: str, body: JoinedGroup) -> GroupMade:
    """Puts the ticket into an open group."""
    user = person(request)
    ticket = load_ticket(user, number, to="group")
    group = TicketGroup.objects.worked_by(user).filter(pk=body.group).first()
    if group is None:
        raise Http404(_("There is no such group."))
    acts.join_alike_group(ticket, group, by=user)
    return GroupMade(group=group.pk, title=group.title)


@router.post("/tickets/{slug:number}/alike/group", response=GroupMade)
def group_alike(request: HttpRequest, number: str, body: NewGroupOfAlike) -> GroupMade:
    """Makes a group of the ticket and these, or adds them to the one that it is in."""
    user = person(request)
    ticket = load_ticket(user, number, to="group")
    others = [load_ticket(user, other, to="group") for other in dict.fromkeys(body.tickets)]
    group = acts.group_alike(ticket, others, by=user, title=body.title)
    return GroupMade(group=group.pk, title=group.title)


@router.get("/bursts", response=list[BurstOut])
def list_bursts(request: HttpRequest) -> list[BurstOut]:
    """Bursts of alike reports that wait for a decision of your teams."""
    user = _agent(request)
    return [burst_out(burst, user) for burst in Burst.objects.proposed().worked_by(user).order_by("-raised_at", "-pk")]


@router.post("/bursts/{int:burst_id}/accept", response=GroupMade)
def accept_burst(request: HttpRequest, burst_id: int) -> GroupMade:
    """Makes a group of its reports."""
    user = _agent(request)
    group = bursts.accept_burst(_load_burst(user, burst_id), by=user)
    return GroupMade(group=group.pk, title=group.title)


@router.post("/bursts/{int:burst_id}/dismiss", response={204: None})
def dismiss_burst(request: HttpRequest, burst_id: int) -> tuple[int, None]:
    """It is no fault of many."""
    user = _agent(request)
    bursts.dismiss_burst(_load_burst(user, burst_id), by=user)
    return 204, None


@router.get("/outages", response=list[OutageOut])
def list_outages(request: HttpRequest, title: str = "", text: str = "") -> list[OutageOut]:
    """Known faults as the portal shows them; what sounds like your words first."""
    typed = (words.replace("\x00", "")[:2_000] for words in (title, text))
    found = outages_alike(person(request), *typed)
    return [OutageOut(text=each.text, since=each.since, is_alike=each.is_alike) for each in found]


def alike_out(each: similar.Alike) -> AlikeOut:
    return AlikeOut(
        ticket=each.ticket.number if each.ticket else None,
        group=each.group.pk if each.group else None,
        title=each.ticket.title if each.ticket else each.group.title if each.group else "",
        likeness=round(each.likeness, 3),
        grade=each.grade,
        words=list(each.words),
    )


def burst_out(burst: Burst, user: User) -> BurstOut:
    seen = Ticket.objects.worked_by(user).filter(burst_report__burst=burst).order_by("pk")
    return BurstOut(
        id=burst.pk,
        team=burst.team_id,
        title=burst.title,
        words=burst.words,
        reports=burst.reports.count(),
        raised_at=burst.raised_at,
        tickets=list(seen.values_list("number", flat=True)),
    )


def _agent(request: HttpRequest) -> User:
    user = person(request)
    if not user.is_agent:
        raise PermissionDenied(_("This page is for agents."))
    return user


def _load_burst(user: User, burst_id: int) -> Burst:
    burst = Burst.objects.worked_by(user).filter(pk=burst_id).select_related("team").first()
    if burst is None:
        raise Http404(_("There is no such proposal."))
    permissions.require(permissions.can_open_group(user, burst.team))
    return burst
