"""Send, release, stop, retry: what an agent does with a broadcast. Delivering is the drain's business.

Locks are taken in this order: the group, then the broadcast. Whoever holds either asks for no ticket.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets import permissions, telling, waking
from tickets.broadcasts.plan import Order, Recipient, clean_order, find_recipients
from tickets.errors import Refused
from tickets.groups import lock_group, record_in_group
from tickets.meanwhile import HeldBack
from tickets.models import Broadcast, Delivery, GroupEvent, GroupMembership, TicketGroup, User

Kind = Broadcast.Kind
State = Broadcast.State

FROZEN_AT_ONCE = 200  # members whose rows are written in the request itself; those of more by the drain, in one piece
ROWS_AT_ONCE = 2000
TO_RETRY = (Delivery.State.FAILED, Delivery.State.BOUNCED)


def newest(group: TicketGroup) -> int:
    """The id of the group's last broadcast; 0 without one. What a writer knows of while he writes the next."""
    return Broadcast.objects.filter(group=group).aggregate(last=Max("pk"))["last"] or 0


def needs_release(kind: str, count: int) -> bool:
    """Whether so many take a second person. A note leaves no house."""
    return kind != Kind.NOTE and count > settings.BROADCAST_RELEASE_ABOVE


def send_broadcast(group: TicketGroup, order: Order, *, by: User, known: int | None = None) -> Broadcast:
    """Freezes the recipients and starts the hold window, or waits for a second person when there are many.

    `known`: the group's newest broadcast that the writer has seen. Raises Refused while another is under way, and
    HeldBack when somebody sent one meanwhile that he has not seen.
    """
    permissions.require(permissions.can_broadcast(by, group))
    order = clean_order(order)
    with transaction.atomic():
        group = lock_group(group)
        _refuse_second(group, known)
        members = GroupMembership.objects.members().filter(group=group)
        facts = members.aggregate(last=Max("pk"), tickets=Count("pk"), people=Count("ticket__customer", distinct=True))
        if not facts["tickets"]:
            raise Refused(_("There is no ticket in the group."))
        broadcast = Broadcast(
            group=group,
            by=by,
            kind=order.kind,
            texts=dict(order.texts),
            status=order.status,
            pending_until=order.pending_until,
            tells_late_joiners=order.tells_late_joiners,
            last_member=facts["last"],
        )
        count = facts["people"] if order.is_to_reporters else facts["tickets"]
        recipients = None
        if facts["tickets"] <= FROZEN_AT_ONCE:
            recipients = find_recipients(group, order, by=by, last_member=facts["last"])
            count = sum(1 for each in recipients if not each.reason)
        if not count:
            raise Refused(_("Nobody would get it: all are left out."))
        now = timezone.now()
        if needs_release(order.kind, count):
            broadcast.state = State.WAITING
        else:
            broadcast.state, broadcast.held_until = State.HELD, now + _hold_time()
        broadcast.save()
        if recipients is not None:
            write_rows(broadcast, recipients)
        data = {"kind": str(order.kind), "count": count}
        record_in_group(group, GroupEvent.Verb.BROADCAST_PLANNED, by=by, broadcast=broadcast.pk, **data)
        if broadcast.state == State.WAITING:
            telling.tell_team(group.team, telling.Kind.RELEASE_ASKED, group=group, by=by)
        _wake(broadcast)
    return broadcast


def release_broadcast(broadcast: Broadcast, *, by: User) -> Broadcast:
    """A second person lets it go; the hold window begins. Raises Refused for the writer himself."""
    permissions.require(permissions.can_broadcast(by, broadcast.group))
    with transaction.atomic():
        group = lock_group(broadcast.group)
        broadcast = lock_broadcast(broadcast)
        if broadcast.state != State.WAITING:
            raise Refused(_("This broadcast waits for nobody's release."))
        if broadcast.by_id == by.pk:
            raise Refused(_("To so many it takes two people: somebody else has to release it."))
        broadcast.state, broadcast.held_until = State.HELD, timezone.now() + _hold_time()
        broadcast.released_by, broadcast.released_at = by, timezone.now()
        broadcast.save(update_fields=["state", "held_until", "released_by", "released_at"])
        record_in_group(group, GroupEvent.Verb.BROADCAST_RELEASED, by=by, broadcast=broadcast.pk)
        _wake(broadcast)
    return broadcast


def send_now(broadcast: Broadcast, *, by: User) -> Broadcast:
    """Ends the hold window early."""
    permissions.require(permissions.can_broadcast(by, broadcast.group))
    with transaction.atomic():
        broadcast = lock_broadcast(broadcast)
        if broadcast.state == State.HELD:
            broadcast.held_until = timezone.now()
            broadcast.save(update_fields=["held_until"])
            waking.wake(waking.DELIVER_BROADCASTS)
    return broadcast


def stop_broadcast(broadcast: Broadcast, *, by: User) -> Broadcast:
    """Whoever has not been told yet will not be. What is said is said. Raises Refused when it is over."""
    permissions.require(permissions.can_broadcast(by, broadcast.group))
    with transaction.atomic():
        group = lock_group(broadcast.group)
        broadcast = lock_broadcast(broadcast)
        if not broadcast.is_under_way:
            raise Refused(_("This broadcast is over already."))
        broadcast.state, broadcast.stopped_by, broadcast.stopped_at = State.STOPPED, by, timezone.now()
        broadcast.save(update_fields=["state", "stopped_by", "stopped_at"])
        record_in_group(group, GroupEvent.Verb.BROADCAST_STOPPED, by=by, broadcast=broadcast.pk)
        waking.wake(waking.DELIVER_BROADCASTS)
    return broadcast


def retry_failed(broadcast: Broadcast, *, by: User) -> int:
    """Queues again what failed or came back, and nothing else. Returns how many. Raises Refused without any.

    What was erased meanwhile is not said again.
    """
    permissions.require(permissions.can_broadcast(by, broadcast.group))
    with transaction.atomic():
        broadcast = lock_broadcast(broadcast)
        if broadcast.state not in (State.SENDING, State.DONE):
            raise Refused(_("There is nothing to try again."))
        # Nothing else changes a delivery in one of these states, and no ticket's lock is asked for here.
        count = broadcast.deliveries.filter(state__in=TO_RETRY, message__erasure__isnull=True).update(
            state=Delivery.State.QUEUED,
            reason="",
            detail="",
            attempts=0,
            next_try_at=timezone.now(),
            delivered_at=None,
            retried_by=by,
        )
        if not count:
            raise Refused(_("There is nothing to try again."))
        waking.wake(waking.DELIVER_BROADCASTS)
    return count


def lock_broadcast(broadcast: Broadcast) -> Broadcast:
    """Its fresh row, locked until the transaction ends; deliveries that point at it can still be written."""
    Broadcast.objects.select_for_update(no_key=True).values_list("pk").get(pk=broadcast.pk)
    return Broadcast.objects.select_related("group__owner", "group__team", "by", "status").get(pk=broadcast.pk)


def order_of(broadcast: Broadcast) -> Order:
    return Order(
        kind=Broadcast.Kind(broadcast.kind),
        texts=broadcast.texts,
        status=broadcast.status,
        pending_until=broadcast.pending_until,
        tells_late_joiners=broadcast.tells_late_joiners,
    )


def freeze(broadcast: Broadcast) -> None:
    """Writes the rows of a large broadcast. The caller holds the broadcast's lock."""
    if not broadcast.is_frozen:
        found = find_recipients(
            broadcast.group,
            order_of(broadcast),
            by=broadcast.by,
            last_member=broadcast.last_member,
            but=broadcast.pk,
        )
        write_rows(broadcast, found)


def write_rows(broadcast: Broadcast, recipients: Iterable[Recipient]) -> None:
    """One delivery each. Who joined meanwhile has his row already: it only learns of his earlier tickets."""
    late = {row.person_id: row for row in broadcast.deliveries.filter(person__isnull=False)}
    rows = []
    for each in recipients:
        early = late.get(each.person_id) if each.person_id else None
        if early is not None:
            early.ticket_ids = list(dict.fromkeys([*early.ticket_ids, *each.ticket_ids]))
            early.save(update_fields=["ticket_ids"])
            continue
        rows.append(
            Delivery(
                broadcast=broadcast,
                # Whoever is unknown, and notes and statuses, have no person; each of their tickets is a row.
                person_id=each.person_id,
                ticket_id=each.ticket_id,
                ticket_ids=list(each.ticket_ids),
                language=each.text_language or each.language,
                address=each.address,
                state=Delivery.State.SKIPPED if each.reason else Delivery.State.QUEUED,
                reason=each.reason,
            )
        )
    Delivery.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE)
    broadcast.is_frozen = True
    broadcast.save(update_fields=["is_frozen"])


def _refuse_second(group: TicketGroup, known: int | None) -> None:
    """The caller holds the group's lock."""
    last = Broadcast.objects.filter(group=group).select_related("by").first()
    if last is None:
        return
    running = Broadcast.objects.filter(Q(state__in=Broadcast.UNDER_WAY), group=group).select_related("by").first()
    if running is not None:
        raise Refused(
            _("A broadcast of %(name)s to this group is on its way. Stop it, or wait until it is done.")
            % {"name": running.by.name}
        )
    if known is not None and last.pk != known:
        raise HeldBack(_("%(name)s sent a broadcast to this group meanwhile. Read it first.") % {"name": last.by.name})


def _hold_time() -> timedelta:
    return timedelta(seconds=settings.BROADCAST_HOLD_SECONDS)


def _wake(broadcast: Broadcast) -> None:
    """At once for the rows, and again when the hold window is over."""
    waking.wake(waking.DELIVER_BROADCASTS)
    if broadcast.state == State.HELD and settings.BROADCAST_HOLD_SECONDS:
        waking.wake_in(waking.DELIVER_BROADCASTS, settings.BROADCAST_HOLD_SECONDS)
