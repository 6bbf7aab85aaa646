"""Merging: the same person reported the same thing twice. A pointer, nothing more: no message and no file moves.

The merged ticket keeps its number, owner and history; what is said to it lands on the one that goes on, whose page
shows both as one conversation. Everything that the merge did stands in its event, and can be undone from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tickets import drafts, groups, permissions, promises
from tickets.errors import Refused
from tickets.history import record
from tickets.lifecycle import lock_ticket, write_changes
from tickets.meanwhile import newest_line
from tickets.merge_paths import may_be_led_to, target_of, tickets_leading_to
from tickets.models import (
    Event,
    GroupMembership,
    Message,
    Participant,
    Status,
    Ticket,
    TicketGroup,
    TicketLink,
    User,
    Verb,
    Watch,
)
from tickets.workflow import workflow_of

__all__ = [
    "Apart",
    "check_merge",
    "may_be_led_to",
    "merge_ticket",
    "newest_merge",
    "target_of",
    "tickets_leading_to",
    "unmerge_ticket",
]

MERGE_LOCK = 7_304_252  # any number, ours alone among advisory locks


@dataclass(frozen=True, slots=True)
class Apart:
    """A ticket that stands alone again, the one it pointed at, and what could not be put back, in sentences."""

    ticket: Ticket
    target: Ticket
    stays: list[str] = field(default_factory=list)


def merge_ticket(ticket: Ticket, *, into: Ticket, by: User | None) -> Ticket:
    """Points the ticket at the one that goes on, which is returned. Raises Refused with a sentence.

    1. One merge at a time in the house, so that no two can make a circle. 2. Lock both, in the order of their ids.
    3. Check. 4. What is still to be done goes along: watchers, participants, the promise, the place in a group,
    drafts. 5. The ticket is closed by a status of its own. 6. Both histories tell it.
    """
    with transaction.atomic():
        _one_at_a_time()
        ticket, target = _lock_both(ticket, target_of(Ticket.objects.get(pk=into.pk)))
        check_merge(ticket, target, by=by)
        data: dict[str, Any] = {
            "before": _standing_of(ticket),
            "participants": _carry_participants(ticket, target, by=by),
            "watchers": _carry_watchers(ticket, target),
            "wrote_at": _carry_waiting(ticket, target),
        }
        data |= promises.carry_promise(ticket, to=target) | _carry_group(ticket, target, by=by)
        drafts.take_drafts_along(ticket, to=target, seen=newest_line(target))
        ticket.merged_into = target
        ticket.status = Status.objects.get(type=Status.Type.MERGED)
        ticket.pending_until = None
        ticket.closed_at = ticket.closed_at or timezone.now()
        write_changes(ticket, "merged_into", "status", "pending_until", "closed_at")
        record(ticket, Verb.MERGED, by=by, other=target.pk, **data)
        write_changes(target)
        told: dict[str, Any] = {key: data[key] for key in ("who", "by_when") if "promise" in data}
        record(target, Verb.MERGED, by=by, other=ticket.pk, inverse=True, **told)
    return target


def check_merge(ticket: Ticket, target: Ticket, *, by: User | None) -> None:
    """Raises Refused with the sentence that says why this ticket can't be merged into that one."""
    if ticket.pk == target.pk:
        raise Refused(_("A ticket can't be merged into itself."), field="into")
    names = {"number": ticket.number, "target": target.number}
    if ticket.merged_into_id is not None:
        names["target"] = target_of(ticket).number
        raise Refused(_("%(number)s was merged into %(target)s already.") % names, field="into")
    if target.merged_into_id is not None:
        raise Refused(
            _("%(target)s was merged into another ticket itself; look at it again.") % names,
            field="into",
        )
    for each in (ticket, target) if by is not None else ():
        if not Ticket.objects.worked_by(by).filter(pk=each.pk).exists():
            raise Refused(_("There is no such ticket, or you don't work on it."), field="into")
        if not permissions.can_merge(by, each):
            team = {"number": each.number, "team": each.team}
            raise Refused(
                _("%(number)s is a ticket of the team %(team)s, where you have no right to merge.") % team, field="into"
            )
    if ticket.customer_id is None or ticket.customer_id != target.customer_id:
        raise Refused(
            _(
                "%(number)s and %(target)s are not of the same customer. Only what one person reported twice is "
                "merged; put reports of several people into a group, or link them."
            )
            % names,
            field="into",
        )
    if ticket.is_open and not target.is_open:
        raise Refused(
            _("%(target)s is closed. Open it again first, or merge it into this one.") % names,
            field="into",
        )
    _check_blocking(ticket)
    workflow_of(ticket).check_merge(ticket, target, by=by)


def unmerge_ticket(ticket: Ticket, *, by: User | None) -> Apart:
    """The ticket stands alone again as it stood before: status, owner, promise, place in its group.

    What was said since stays where it landed; the answer says so. Raises Refused with a sentence.
    """
    with transaction.atomic():
        _one_at_a_time()
        target = lock_ticket(target_of(Ticket.objects.get(pk=ticket.pk)))
        ticket = lock_ticket(ticket) if ticket.pk != target.pk else target
        if ticket.merged_into is None:
            raise Refused(_("%(number)s is not merged into another ticket.") % {"number": ticket.number})
        first = ticket.merged_into
        for each in (ticket, target):
            permissions.require(by is None or permissions.can_merge(by, each))
        merge = newest_merge(ticket)
        data = merge.data if merge is not None else {}
        stays = _what_came_since(target, merge)
        ticket.merged_into = None
        _put_back_standing(ticket, data.get("before", {}))
        _take_back_people(first, data)
        if not promises.give_promise_back(ticket, of=target, data=data):
            stays.append(_("What was promised was settled meanwhile and stays with %(target)s.") % _named(target))
        stays += _put_back_group(ticket, target, data, by=by)
        _put_back_waiting(target, data)
        record(ticket, Verb.UNMERGED, by=by, other=target.pk)
        write_changes(target)
        record(target, Verb.UNMERGED, by=by, other=ticket.pk, inverse=True)
    return Apart(ticket, target, stays)


def newest_merge(ticket: Ticket) -> Event | None:
    """The line of its history that says into which ticket it was merged, when, and what went along."""
    merges = Event.objects.filter(ticket=ticket, verb=Verb.MERGED).exclude(data__has_key="inverse")
    return merges.select_related("by").order_by("-seq").first()


# --- locks and rules -------------------------------------------------------------------------------------------------


def _one_at_a_time() -> None:
    """Merges are rare; taken one after the other they can neither wait for each other in a ring nor make one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MERGE_LOCK])


def _lock_both(ticket: Ticket, target: Ticket) -> tuple[Ticket, Ticket]:
    locked = {each.pk: lock_ticket(each) for each in sorted((ticket, target), key=lambda one: one.pk)}
    return locked[ticket.pk], locked[target.pk]


def _check_blocking(ticket: Ticket) -> None:
    """What blocks others, or is blocked, is work in its own right."""
    blocks = TicketLink.objects.filter(type=TicketLink.Type.BLOCKS).select_related("source", "target")
    link = blocks.filter(source=ticket).first()
    if link is not None:
        words = {"number": ticket.number, "other": link.target.number}
        raise Refused(_("%(number)s blocks %(other)s. Remove that link first.") % words, field="into")
    link = blocks.filter(target=ticket).first()
    if link is not None:
        words = {"number": ticket.number, "other": link.source.number}
        raise Refused(_("%(number)s is blocked by %(other)s. Remove that link first.") % words, field="into")


def _named(ticket: Ticket) -> dict[str, str]:
    return {"target": ticket.number}


# --- what goes along -------------------------------------------------------------------------------------------------


def _standing_of(ticket: Ticket) -> dict[str, Any]:
    """How it stood, in ids and times."""
    return {
        "status": ticket.status_id,
        "pending_until": ticket.pending_until.isoformat() if ticket.pending_until else None,
        "closed_at": ticket.closed_at.isoformat() if ticket.closed_at else None,
        "owner": ticket.owner_id,
        "responsible": ticket.responsible_id,
    }


def _put_back_standing(ticket: Ticket, before: Mapping[str, Any]) -> None:
    status = Status.objects.filter(pk=before.get("status", 0), is_active=True).first()
    ticket.status = status or Status.objects.get(code="open")
    until, closed = before.get("pending_until"), before.get("closed_at")
    ticket.pending_until = parse_datetime(until) if until and ticket.status.is_pending else None
    ticket.closed_at = (parse_datetime(closed) if closed else timezone.now()) if ticket.status.is_closed else None
    write_changes(ticket, "merged_into", "status", "pending_until", "closed_at")


def _carry_participants(ticket: Ticket, target: Ticket, *, by: User | None) -> list[int]:
    """Whoever takes part here takes part there. Returns those who did not before."""
    there = {target.customer_id, *target.participants.values_list("user", flat=True)}
    added = [pk for pk in ticket.participants.order_by("pk").values_list("user", flat=True) if pk not in there]
    Participant.objects.bulk_create([Participant(ticket=target, user_id=pk, added_by=by) for pk in added])
    return added


def _carry_watchers(ticket: Ticket, target: Ticket) -> list[int]:
    there = set(target.watches.values_list("user", flat=True))
    added = [pk for pk in ticket.watches.order_by("pk").values_list("user", flat=True) if pk not in there]
    Watch.objects.bulk_create([Watch(ticket=target, user_id=pk) for pk in added])
    return added


def _take_back_people(target: Ticket, data: Mapping[str, Any]) -> None:
    """Those who came with the ticket go with it, but for participants who wrote there since."""
    came = data.get("participants", [])
    wrote = Message.objects.filter(ticket=target, author__in=came).values_list("author", flat=True)
    Participant.objects.filter(ticket=target, user__in=came).exclude(user__in=wrote).delete()
    Watch.objects.filter(ticket=target, user__in=data.get("watchers", [])).delete()


def _carry_waiting(ticket: Ticket, target: Ticket) -> list[str | None]:
    """A customer who waits for an answer here waits for it there. Returns the time there before and after, if moved."""
    before, wrote = target.customer_wrote_at, ticket.customer_wrote_at
    if not ticket.awaits_answer or wrote is None or not target.is_open or (before is not None and before >= wrote):
        return []
    target.customer_wrote_at = wrote
    write_changes(target, "customer_wrote_at")
    return [before.isoformat() if before else None, wrote.isoformat()]


def _put_back_waiting(target: Ticket, data: Mapping[str, Any]) -> None:
    moved = data.get("wrote_at") or []
    if not moved or target.customer_wrote_at is None or target.customer_wrote_at != parse_datetime(moved[1]):
        return
    target.customer_wrote_at = parse_datetime(moved[0]) if moved[0] else None
    write_changes(target, "customer_wrote_at")


def _carry_group(ticket: Ticket, target: Ticket, *, by: User | None) -> dict[str, Any]:
    """A person counts once in a group: the ticket leaves its open group, and the one that goes on takes its place.

    Unless that one is in an open group already; then it stays there.
    """
    held = GroupMembership.objects.current().filter(ticket=ticket).select_related("group").first()
    if held is None:
        return {}
    groups.leave_group(ticket, by=by)
    takes_place = groups.group_of(target) is None
    if takes_place:
        groups.join_group(held.group, ticket=target, by=by, how=GroupMembership.How(held.how))
    return {"group": held.group_id, "how": held.how, "took_place": takes_place}


def _put_back_group(ticket: Ticket, target: Ticket, data: Mapping[str, Any], *, by: User | None) -> list[str]:
    group = TicketGroup.objects.filter(pk=data.get("group", 0)).first()
    if group is None:
        return []
    if not group.is_open:
        return [_("The group “%(group)s” was closed meanwhile and stays as it is.") % {"group": group.title}]
    now = groups.group_of(target)
    if data.get("took_place") and now is not None and now.pk == group.pk:
        groups.leave_group(target, by=by)
    groups.join_group(group, ticket=ticket, by=by, how=GroupMembership.How(data["how"]))
    return []


def _what_came_since(target: Ticket, merge: Event | None) -> list[str]:
    """What was said on the ticket that went on since the merge."""
    if merge is None:
        return []
    came = Message.objects.filter(ticket=target, created_at__gt=merge.recorded_at)
    count = came.exclude(kind=Message.Kind.NOTE).count()
    if not count:
        return []
    sentence = ngettext(
        "%(n)s message that came since stays with %(target)s.",
        "%(n)s messages that came since stay with %(target)s.",
        count,
    )
    return [sentence % {"n": count, "target": target.number}]
