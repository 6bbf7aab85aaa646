"""Who hears of what: the people an event is about, the nearest reason first; who may see it is asked afterwards."""

from __future__ import annotations

from collections.abc import Iterable

from tickets import permissions
from tickets.models import (
    Event,
    GroupEvent,
    GroupMembership,
    GroupWatch,
    Message,
    Notice,
    NoticeChoices,
    Promise,
    Right,
    Team,
    Ticket,
    TicketGroup,
    User,
    Verb,
    Watch,
)

Kind = Notice.Kind

# What a watcher hears of. How a mail fared, tags and the watching itself are nobody's news.
NEWS = frozenset(
    {
        Verb.MESSAGE_RECEIVED, Verb.MESSAGE_ACCEPTED, Verb.REPLIED, Verb.NOTED, Verb.CALL_RECORDED, Verb.FORWARDED,
        Verb.REDIRECTED, Verb.SPLIT, Verb.ASSIGNED, Verb.UNASSIGNED, Verb.RESPONSIBLE_CHANGED, Verb.MOVED,
        Verb.STATUS_CHANGED, Verb.PRIORITY_CHANGED, Verb.CUSTOMER_CHANGED, Verb.PROMISED, Verb.PROMISE_DECLINED,
        Verb.PROMISE_LATE, Verb.REMINDED, Verb.MAIL_FAILED, Verb.MAIL_BOUNCED, Verb.JOINED_GROUP, Verb.LEFT_GROUP,
        Verb.MERGED, Verb.UNMERGED,
    }
)  # fmt: skip

_OF_A_PROMISE: dict[str, Kind] = {
    Verb.PROMISED: Kind.PROMISE_ASKED,
    Verb.PROMISE_DECLINED: Kind.PROMISE_DECLINED,
    Verb.PROMISE_PROPOSED: Kind.PROMISE_PROPOSED,
    Verb.PROMISE_DUE: Kind.PROMISE_DUE,
    Verb.PROMISE_LATE: Kind.PROMISE_LATE,
}

_OF_A_GROUP: dict[str, Kind] = {
    GroupEvent.Verb.JOINED: Kind.NEW_IN_GROUP,
    GroupEvent.Verb.CHANGED: Kind.GROUP_CHANGED,
    GroupEvent.Verb.OUTAGE_SHOWN: Kind.GROUP_CHANGED,
    GroupEvent.Verb.OUTAGE_HIDDEN: Kind.GROUP_CHANGED,
    GroupEvent.Verb.REOPENED: Kind.GROUP_CHANGED,
    GroupEvent.Verb.BROADCAST_STOPPED: Kind.GROUP_CHANGED,
    GroupEvent.Verb.CLOSED: Kind.GROUP_CLOSED,
    GroupEvent.Verb.FOLLOWED_UP: Kind.FOLLOWED_UP,
    GroupEvent.Verb.BROADCAST_DONE: Kind.BROADCAST_DONE,
}


def who_hears(event: Event) -> list[tuple[User, Kind]]:
    """Whom the event concerns and why, each person once: never who did it, nobody who can't see the ticket."""
    if "broadcast" in event.data or event.data.get("reason") == "broadcast":
        return []  # it is the group's news, told there once
    ticket = event.ticket
    wanted: dict[int, Kind] = {}
    for user_id, kind in _concerned(event, ticket):
        wanted.setdefault(user_id, kind)
    if event.verb in NEWS and not _is_told_where_it_goes_on(event):
        for user_id in Watch.objects.filter(ticket=ticket).values_list("user", flat=True):
            wanted.setdefault(user_id, Kind.WATCHED_CHANGED)
    if event.verb in (Verb.OPENED, Verb.MOVED):
        for user_id in _choosers_of(ticket.team):
            wanted.setdefault(user_id, Kind.NEW_IN_TEAM)
    return _who_see(wanted, event.by_id, ticket=ticket)


def _is_told_where_it_goes_on(event: Event) -> bool:
    """Of a merge both tickets tell; whoever watches the one that now points watches the one that goes on."""
    return event.verb == Verb.MERGED and not event.data.get("inverse")


def who_hears_of_group(event: GroupEvent) -> list[tuple[User, Kind]]:
    """The same for a line of a group's history: who leads it, who follows it, who works on it."""
    group = event.group
    wanted: dict[int, Kind] = {}
    given_to = event.data.get("owner", {}).get("after") if event.verb == GroupEvent.Verb.CHANGED else None
    if event.verb == GroupEvent.Verb.OPENED:
        given_to = group.owner_id
    if given_to:
        wanted[given_to] = Kind.ASSIGNED
    kind = _OF_A_GROUP.get(event.verb)
    if kind is not None:
        for user_id in listeners_of(group, is_each_report=kind == Kind.NEW_IN_GROUP):
            wanted.setdefault(user_id, kind)
    return _who_see(wanted, event.by_id, group=group)


def listeners_of(group: TicketGroup, *, is_each_report: bool = False) -> set[int]:
    """Its owner (without one, who opened it), its watchers, and who owns or answers for a ticket in it.

    Of each single report only the first two hear: who works on his own ticket need not be told of three hundred others.
    """
    leading = group.owner_id or group.opened_by_id
    people = set(GroupWatch.objects.filter(group=group).values_list("user", flat=True))
    people |= {leading} if leading else set()
    if not is_each_report:
        held = GroupMembership.objects.members().filter(group=group).order_by()
        for pair in held.values_list("ticket__owner", "ticket__responsible").distinct():
            people |= {user_id for user_id in pair if user_id}
    return people


def listeners_in(team: Team) -> set[int]:
    """Who is told what concerns the whole team: those who may reply for it."""
    rights = [Right.REPLY, Right.ALL]
    return set(team.memberships.filter(rights__overlap=rights, user__is_active=True).values_list("user", flat=True))


def _choosers_of(team: Team) -> list[int]:
    return list(NoticeChoices.objects.filter(teams=team).values_list("user", flat=True))


def _who_see(
    wanted: dict[int, Kind], by_id: int | None, *, ticket: Ticket | None = None, group: TicketGroup | None = None
) -> list[tuple[User, Kind]]:
    if by_id is not None:
        wanted.pop(by_id, None)
    if not wanted:
        return []
    if ticket is not None:
        seeing = permissions.who_works_on(ticket)
    else:
        assert group is not None
        seeing = permissions.who_works_on_group(group)
    return [(user, wanted[user.pk]) for user in seeing.filter(pk__in=wanted).order_by("pk")]


def _concerned(event: Event, ticket: Ticket) -> Iterable[tuple[int, Kind]]:
    """The people an event is about, the nearest reason first."""
    verb, data = event.verb, event.data
    if verb == Verb.OPENED and ticket.owner_id:
        yield ticket.owner_id, Kind.ASSIGNED
    elif verb in (Verb.ASSIGNED, Verb.RESPONSIBLE_CHANGED) and data.get("after"):
        yield data["after"], Kind.ASSIGNED
    elif verb == Verb.MENTIONED and not data.get("untold"):
        yield data["person"], Kind.MENTIONED
    elif verb == Verb.MESSAGE_RECEIVED and not data.get("automatic") and not data.get("first"):
        if event.message is not None and event.message.sender == Message.Sender.AGENT:
            return  # a colleague's mail stays inside, as his note would
        person = ticket.owner_id or ticket.responsible_id
        if person:
            yield person, Kind.CUSTOMER_WROTE
    elif verb in _OF_A_PROMISE:
        yield from _of_promise(event, ticket)


def _of_promise(event: Event, ticket: Ticket) -> Iterable[tuple[int, Kind]]:
    kind = _OF_A_PROMISE[event.verb]
    promise = Promise.objects.get(pk=event.data["promise"])
    if event.verb in (Verb.PROMISED, Verb.PROMISE_DUE, Verb.PROMISE_LATE):
        yield promise.who_id, kind
    if event.verb in (Verb.PROMISE_DECLINED, Verb.PROMISE_PROPOSED, Verb.PROMISE_LATE) and promise.asked_by_id:
        yield promise.asked_by_id, kind
    if event.verb == Verb.PROMISE_LATE and ticket.responsible_id:
        yield ticket.responsible_id, kind
