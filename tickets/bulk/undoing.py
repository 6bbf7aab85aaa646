"""Back to the values before: what an undo needs to know of a ticket, and how each field is put back by its room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from tickets import groups, lifecycle, merging, permissions, tagging, watching
from tickets.bulk.acts import Act, AddTag, ChangeStatus, PutInGroup, RemoveTag
from tickets.errors import Refused
from tickets.models import Priority, Promise, Status, Team, Ticket, User


def before_of(act: Act, ticket: Ticket) -> dict[str, Any]:
    """The values that the act is about to change; empty when it will not be possible to take it back."""
    if not act.restores:
        return {}
    if isinstance(act, ChangeStatus) and act.to.is_closed and Promise.objects.open().filter(ticket=ticket).exists():
        return {}  # closing keeps the promise, and a kept promise is over
    before: dict[str, Any] = {
        "owner": ticket.owner_id,
        "responsible": ticket.responsible_id,
        "status": ticket.status_id,
        "pending_until": ticket.pending_until.isoformat() if ticket.pending_until else None,
        "priority": ticket.priority_id,
        "team": ticket.team_id,
    }
    if isinstance(act, PutInGroup):
        return {"group": None}  # from another open group it is not taken
    kept = {field: before[field] for field in act.restores if field in before}
    if isinstance(act, AddTag):  # its opposite is one of them
        kept |= {"tag": act.name, "wore": isinstance(act, RemoveTag)}
    return kept or {"watched": False}


def put_back(ticket: Ticket, before: Mapping[str, Any], fields: tuple[str, ...], *, by: User) -> None:
    """Each of the fields as it was, by the room that changes it; the history shows it as any other change."""
    for field in fields:
        _RESTORE[field](Ticket.objects.get(pk=ticket.pk), before, by)


def _owner(ticket: Ticket, before: Mapping[str, Any], by: User) -> None:
    if before["owner"] is None:
        lifecycle.unassign_ticket(ticket, by=by)
    else:
        lifecycle.assign_ticket(ticket, to=User.objects.get(pk=before["owner"]), by=by)


def _responsible(ticket: Ticket, before: Mapping[str, Any], by: User) -> None:
    to = User.objects.get(pk=before["responsible"]) if before["responsible"] else None
    lifecycle.change_responsible(ticket, to=to, by=by)


def _status(ticket: Ticket, before: Mapping[str, Any], by: User) -> None:
    until = parse_datetime(before["pending_until"]) if before.get("pending_until") else ticket.pending_until
    lifecycle.change_status(ticket, to=Status.objects.get(pk=before["status"]), by=by, pending_until=until)


def _priority(ticket: Ticket, before: Mapping[str, Any], by: User) -> None:
    lifecycle.change_priority(ticket, to=Priority.objects.get(pk=before["priority"]), by=by)


def _team(ticket: Ticket, before: Mapping[str, Any], by: User) -> None:
    to = Team.objects.get(pk=before["team"])
    if not permissions.can_move(by, ticket, to):
        raise Refused(_("You may not move tickets into the team %(team)s.") % {"team": to})
    lifecycle.move_ticket(ticket, to=to, by=by)


def _tag(ticket: Ticket, before: Mapping[str, Any], by: User) -> None:
    if before["wore"]:
        tagging.tag_ticket(ticket, before["tag"], by=by)
        return
    tag = tagging.tag_on(ticket, before["tag"])
    if tag is not None:
        tagging.untag_ticket(ticket, tag, by=by)


def _watch(ticket: Ticket, before: Mapping[str, Any], by: User) -> None:
    watching.unwatch_ticket(ticket, by=by)


def _group(ticket: Ticket, before: Mapping[str, Any], by: User) -> None:
    groups.leave_group(ticket, by=by)


def _merge(ticket: Ticket, before: Mapping[str, Any], by: User) -> None:
    merging.unmerge_ticket(ticket, by=by)


def _with_status(ticket: Ticket, before: Mapping[str, Any], by: User) -> None:
    """The pending time belongs to the status and is put back with it."""


_RESTORE: dict[str, Callable[[Ticket, Mapping[str, Any], User], None]] = {
    "owner": _owner,
    "responsible": _responsible,
    "status": _status,
    "pending_until": _with_status,
    "priority": _priority,
    "team": _team,
    "tag": _tag,
    "group": _group,
    "watch": _watch,
    "merge": _merge,
}
