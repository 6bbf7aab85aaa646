"""Groups: reports of one fault come together and go apart again. Their words stay where they are: in their tickets.

Locks are taken in the house's order: the ticket, then the group. Whoever holds a group's lock asks for no ticket.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets import live, permissions
from tickets.errors import Refused
from tickets.history import record
from tickets.lifecycle import lock_ticket
from tickets.merge_paths import refuse_change_of_merged
from tickets.models import GroupEvent, GroupMembership, Tag, Team, Ticket, TicketGroup, User, Verb

How = GroupMembership.How

# Sent inside the transaction of the act: sender=GroupEvent, event=GroupEvent.
group_event_recorded = Signal()


def open_group(
    title: str,
    *,
    team: Team,
    by: User | None,
    tickets: Iterable[Ticket] = (),
    how: How = How.SELECTION,
    description: str = "",
    owner: User | None = None,
    tags: Collection[Tag] = (),
) -> TicketGroup:
    """A new group with these tickets in it; all of them or none. Raises Refused when one is in another open group."""
    title = clean_title(title)
    _check_owner(owner, team)
    with transaction.atomic():
        # The tickets first, in one order, since the new group's row is seen by nobody yet.
        locked = [lock_ticket(ticket) for ticket in sorted(tickets, key=lambda one: one.pk)]
        group = TicketGroup.objects.create(
            title=title, description=description.strip(), team=team, owner=owner, opened_by=by
        )
        group.tags.set(tags)
        record_in_group(group, GroupEvent.Verb.OPENED, by=by, how=how, tickets=len(locked))
        for ticket in locked:
            _join(group, ticket, by=by, how=how)
    return group


def open_group_around(ticket: Ticket, *, title: str, team: Team, by: User | None) -> TicketGroup:
    """A new group with this ticket in it, out of the open group where it was."""
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        if (other := group_of(ticket)) is not None:
            _leave(other, ticket, by=by)
        return open_group(title, team=team, by=by, tickets=[ticket], how=How.TYPED)


def join_group(
    group: TicketGroup, *, ticket: Ticket, by: User | None, how: How, is_moving: bool = False
) -> GroupMembership:
    """Puts the ticket into the group; twice is once. `is_moving`: out of the open group where it was.

    Raises Refused when the group is closed, or the ticket is in another open one and is not to be moved.
    """
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        other = group_of(ticket)
        if other is not None and other.pk != group.pk:
            if not is_moving:
                raise Refused(_("%(number)s is in the group “%(group)s” already.") % _named(ticket, other))
            _leave(other, ticket, by=by)
        group = lock_group(group)
        if not group.is_open:
            raise Refused(_("The group “%(group)s” is closed; open it again first.") % {"group": group.title})
        return _join(group, ticket, by=by, how=how)


def leave_group(ticket: Ticket, *, by: User | None) -> TicketGroup:
    """Takes the ticket out of its open group; it can come back. Returns the group. Raises Refused if it is in none."""
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        group = group_of(ticket)
        if group is None:
            raise Refused(_("The ticket is in no open group."))
        _leave(group, ticket, by=by)
    return group


def close_unused(group: TicketGroup, *, by: User) -> bool:
    """Closes an open group that no ticket is in and nobody was ever written to about. Returns whether it did."""
    with transaction.atomic():
        group = lock_group(group)
        used = GroupMembership.objects.current().filter(group=group).exists() or group.broadcasts.exists()
        if not group.is_open or used or group.is_outage_shown:
            return False
        group.status, group.closed_at, group.closed_by = TicketGroup.Status.CLOSED, timezone.now(), by
        _write(group, "status", "closed_at", "closed_by")
        record_in_group(group, GroupEvent.Verb.CLOSED, by=by)
    return True


def edit_group(
    group: TicketGroup,
    *,
    by: User,
    title: str,
    description: str,
    team: Team,
    owner: User | None,
    tags: Collection[Tag],
) -> TicketGroup:
    """Changes what the group says of itself; what stays the same is no event."""
    title = clean_title(title)
    _check_owner(owner, team)
    with transaction.atomic():
        group = lock_group(group)
        given = {"title": title, "description": description.strip(), "team": team, "owner": owner}
        changed = [name for name, value in given.items() if getattr(group, name) != value]
        data: dict[str, Any] = {}
        if "team" in changed:
            data["team"] = {"before": group.team_id, "after": team.pk}
        if "owner" in changed:
            data["owner"] = {"before": group.owner_id, "after": owner.pk if owner else None}
        before = set(group.tags.values_list("pk", flat=True))
        if before != {tag.pk for tag in tags}:
            group.tags.set(tags)
            data["tags"] = {"before": sorted(before), "after": sorted(tag.pk for tag in tags)}
            changed.append("tags")
        if not changed:
            return group
        for name, value in given.items():
            setattr(group, name, value)
        _write(group, *given)
        record_in_group(group, GroupEvent.Verb.CHANGED, by=by, fields=changed, **data)
    return group


def follow_joined_tag(old: Tag, *, into: Tag, by: User | None) -> None:
    """Groups that carry the first tag carry the second instead, each with a line in its history."""
    with transaction.atomic():
        for found in TicketGroup.objects.filter(tags=old).order_by("pk"):
            group = lock_group(found)
            before = set(group.tags.values_list("pk", flat=True))
            group.tags.remove(old)
            group.tags.add(into)
            tags = {"before": sorted(before), "after": sorted(before - {old.pk} | {into.pk})}
            record_in_group(group, GroupEvent.Verb.CHANGED, by=by, fields=["tags"], tags=tags)


def set_outage(group: TicketGroup, *, by: User, texts: dict[str, str], is_shown: bool) -> TicketGroup:
    """What the portal says of the fault, by language, and whether it is shown now. Raises Refused without words."""
    texts = {language: text.strip() for language, text in texts.items() if text.strip()}
    if is_shown and not texts:
        raise Refused(_("Write what the portal shall say first."), field="outage")
    with transaction.atomic():
        group = lock_group(group)
        if is_shown and not group.is_open:
            raise Refused(_("The group “%(group)s” is closed; open it again first.") % {"group": group.title})
        was_shown, is_reworded = group.is_outage_shown, group.outage != texts
        group.outage, group.is_outage_shown = texts, is_shown
        if is_shown and not was_shown:
            group.outage_since = timezone.now()
        _write(group, "outage", "is_outage_shown", "outage_since")
        if is_shown != was_shown:
            verb = GroupEvent.Verb.OUTAGE_SHOWN if is_shown else GroupEvent.Verb.OUTAGE_HIDDEN
            record_in_group(group, verb, by=by)
        elif is_reworded:
            record_in_group(group, GroupEvent.Verb.CHANGED, by=by, fields=["outage"])
    return group


def group_of(ticket: Ticket) -> TicketGroup | None:
    """The open group that the ticket is in."""
    held = GroupMembership.objects.current().filter(ticket=ticket).select_related("group__team", "group__owner")
    membership = held.first()
    return membership.group if membership else None


def lock_group(group: TicketGroup) -> TicketGroup:
    """The group's fresh row, locked until the transaction ends; rows that point at it can still be inserted."""
    TicketGroup.objects.select_for_update(no_key=True).values_list("pk").get(pk=group.pk)
    return TicketGroup.objects.select_related("team", "owner").get(pk=group.pk)


def record_in_group(
    group: TicketGroup, verb: GroupEvent.Verb, *, by: User | None, ticket: Ticket | None = None, **data: Any
) -> GroupEvent:
    """Writes one line of the group's own history, last in the act's transaction. `data`: ids and codes only."""
    event = GroupEvent.objects.create(group=group, verb=verb, by=by, ticket=ticket, data=data)
    group_event_recorded.send(GroupEvent, event=event)
    live.tell_group(group.pk)
    return event


def clean_title(title: str) -> str:
    """Without line ends and spaces around it. Raises Refused when nothing is left or it is too long."""
    title = " ".join(title.replace("\x00", "").split())
    if not title:
        raise Refused(_("Give the group a title."), field="title")
    if len(title) > 200:
        raise Refused(_("A title has at most 200 characters."), field="title")
    return title


def _join(group: TicketGroup, ticket: Ticket, *, by: User | None, how: How) -> GroupMembership:
    """The caller holds the ticket's lock and then the group's."""
    held = GroupMembership.objects.members().filter(group=group, ticket=ticket).first()
    if held is not None:
        return held
    refuse_change_of_merged(ticket)
    other = group_of(ticket)
    if other is not None:
        raise Refused(_("%(number)s is in the group “%(group)s” already.") % _named(ticket, other))
    try:
        with transaction.atomic():
            membership = GroupMembership.objects.create(group=group, ticket=ticket, joined_by=by, how=how)
    except IntegrityError as error:  # a group that was opened again this moment has taken it back
        raise Refused(_("%(number)s has just come into another group.") % {"number": ticket.number}) from error
    record(ticket, Verb.JOINED_GROUP, by=by, group=group.pk, how=how)
    record_in_group(group, GroupEvent.Verb.JOINED, by=by, ticket=ticket, how=how)
    return membership


def _leave(group: TicketGroup, ticket: Ticket, *, by: User | None) -> None:
    held = GroupMembership.objects.members().filter(group=group, ticket=ticket)
    held.update(left_at=timezone.now(), left_by=by)
    record(ticket, Verb.LEFT_GROUP, by=by, group=group.pk)
    record_in_group(group, GroupEvent.Verb.LEFT, by=by, ticket=ticket)


def _check_owner(owner: User | None, team: Team) -> None:
    if owner is not None and not permissions.can_own_group(owner, team):
        raise Refused(
            _("%(name)s does not work in the team %(team)s.") % {"name": owner.name, "team": team.name}, field="owner"
        )


def _write(group: TicketGroup, *fields: str) -> None:
    group.changed_at = timezone.now()
    group.save(update_fields=[*fields, "changed_at"])


def _named(ticket: Ticket, group: TicketGroup) -> dict[str, str]:
    return {"number": ticket.number, "group": group.title}
