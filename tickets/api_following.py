"""The REST door of following: watch and mute a ticket or a group of reports. Mounted by `ticketdesk.api`."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Field, Router, Schema

from tickets import permissions, telling, watching
from tickets.access import load_group, load_ticket
from tickets.api import person
from tickets.models import Ticket, TicketGroup, User

router = Router(tags=["notices"])


class FollowingOut(Schema):
    """How you follow a ticket or a group."""

    is_watched: bool = Field(description="You hear of every notable change, though it is not yours.")
    is_muted: bool = Field(description="You hear only of what is meant for you alone.")


@router.get("/tickets/{slug:number}/following", response=FollowingOut)
def following_ticket(request: HttpRequest, number: str) -> FollowingOut:
    """How you follow the ticket."""
    user = person(request)
    return _of_ticket(load_ticket(user, number, to="see_internal"), user)


@router.put("/tickets/{slug:number}/watch", response=FollowingOut)
def watch_ticket(request: HttpRequest, number: str) -> FollowingOut:
    """From now on you hear of it; twice is once."""
    user = person(request)
    ticket = load_ticket(user, number, to="see_internal")
    watching.watch_ticket(ticket, by=user)
    return _of_ticket(ticket, user)


@router.delete("/tickets/{slug:number}/watch", response=FollowingOut)
def unwatch_ticket(request: HttpRequest, number: str) -> FollowingOut:
    user = person(request)
    ticket = load_ticket(user, number, to="see_internal")
    watching.unwatch_ticket(ticket, by=user)
    return _of_ticket(ticket, user)


@router.put("/tickets/{slug:number}/mute", response=FollowingOut)
def mute_ticket(request: HttpRequest, number: str) -> FollowingOut:
    """You hear only of what is meant for you alone: given to you, mentioned, promised by you."""
    user = person(request)
    ticket = load_ticket(user, number, to="see_internal")
    telling.mute(by=user, ticket=ticket)
    return _of_ticket(ticket, user)


@router.delete("/tickets/{slug:number}/mute", response=FollowingOut)
def unmute_ticket(request: HttpRequest, number: str) -> FollowingOut:
    user = person(request)
    ticket = load_ticket(user, number, to="see_internal")
    telling.unmute(by=user, ticket=ticket)
    return _of_ticket(ticket, user)


@router.get("/groups/{int:group_id}/following", response=FollowingOut)
def following_group(request: HttpRequest, group_id: int) -> FollowingOut:
    """How you follow the group of reports."""
    user = _agent(request)
    return _of_group(load_group(user, group_id), user)


@router.put("/groups/{int:group_id}/watch", response=FollowingOut)
def watch_group(request: HttpRequest, group_id: int) -> FollowingOut:
    """From now on you hear of every report and change of it; that ends a muting."""
    user = _agent(request)
    group = load_group(user, group_id)
    telling.watch_group(group, by=user)
    return _of_group(group, user)


@router.delete("/groups/{int:group_id}/watch", response=FollowingOut)
def unwatch_group(request: HttpRequest, group_id: int) -> FollowingOut:
    user = _agent(request)
    group = load_group(user, group_id)
    telling.unwatch_group(group, by=user)
    return _of_group(group, user)


@router.put("/groups/{int:group_id}/mute", response=FollowingOut)
def mute_group(request: HttpRequest, group_id: int) -> FollowingOut:
    user = _agent(request)
    group = load_group(user, group_id)
    telling.mute(by=user, group=group)
    return _of_group(group, user)


@router.delete("/groups/{int:group_id}/mute", response=FollowingOut)
def unmute_group(request: HttpRequest, group_id: int) -> FollowingOut:
    user = _agent(request)
    group = load_group(user, group_id)
    telling.unmute(by=user, group=group)
    return _of_group(group, user)


def _agent(request: HttpRequest) -> User:
    user = person(request)
    permissions.require(user.is_agent)
    return user


def _of_ticket(ticket: Ticket, user: User) -> FollowingOut:
    watchers, is_muted = telling.followers_of(ticket, reader=user)
    return FollowingOut(is_watched=user in watchers, is_muted=is_muted)


def _of_group(group: TicketGroup, user: User) -> FollowingOut:
    return FollowingOut(is_watched=telling.is_watching_group(group, user), is_muted=telling.is_muted(user, group=group))
