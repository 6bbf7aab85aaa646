"""Who joins the group after a broadcast gets it at once, once, marked as such in his ticket."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from tickets import permissions, waking
from tickets.answer_templates import language_of
from tickets.broadcasts import wording
from tickets.broadcasts.sending import lock_broadcast
from tickets.conversation import Broadcasting, count_as_answered
from tickets.groups import lock_group, record_in_group
from tickets.mail.outgoing import default_recipients
from tickets.models import Broadcast, Delivery, GroupEvent, Ticket, User

State = Broadcast.State
# A broadcast that has not started yet, and those whose text holds.
COMING = (State.WAITING, State.HELD)
HOLDING = (State.SENDING, State.DONE)


def tell_late_joiner(ticket: Ticket, group_id: int) -> list[Delivery]:
    """Queues the group's current message for the ticket that has just joined. The ticket's lock is held.

    A broadcast that is about to start takes him along. While it waits for somebody's release, he gets the one before
    it meanwhile: that may take hours.
    """
    if ticket.closed_at is not None or ticket.merged_into_id is not None:
        return []
    current = _current(group_id)
    return [row for broadcast in current if (row := _queue(ticket, broadcast)) is not None]


def tell_late_joiners(broadcast: Broadcast, *, by: User, on: bool) -> Broadcast:
    """Whether those who join from now on get it."""
    permissions.require(permissions.can_broadcast(by, broadcast.group))
    with transaction.atomic():
        group = lock_group(broadcast.group)
        broadcast = lock_broadcast(broadcast)
        if broadcast.is_to_reporters and broadcast.tells_late_joiners != on:
            broadcast.tells_late_joiners = on
            broadcast.save(update_fields=["tells_late_joiners"])
            record_in_group(
                group, GroupEvent.Verb.CHANGED, by=by, fields=["late_joiners"], broadcast=broadcast.pk, on=on
            )
    return broadcast


def _current(group_id: int) -> list[Broadcast]:
    """The newest broadcast to reporters, and with it the one before where it is not sure yet that it starts."""
    last = list(
        Broadcast.objects.filter(group=group_id, kind__in=Broadcast.TO_REPORTERS, state__in=(*COMING, *HOLDING))[:2]
    )
    if last and last[0].state != State.WAITING:
        last = last[:1]
    return [each for each in last if each.tells_late_joiners]


def _queue(ticket: Ticket, broadcast: Broadcast) -> Delivery | None:
    if not broadcast.is_frozen:
        broadcast = lock_broadcast(broadcast)  # its rows are being written, or will be after this one
    his = Delivery.objects.filter(broadcast=broadcast, person=ticket.customer_id)
    told = his.first() if ticket.customer_id else None
    if told is not None:
        is_known = ticket.pk in told.ticket_ids and told.state != Delivery.State.SKIPPED
        # A drain that has the row in its hands waits for the tickets in it: never wait for it with one of those.
        return None if is_known else _add_ticket(his.select_for_update(no_key=True).get(), ticket, broadcast)
    if Delivery.objects.filter(broadcast=broadcast, ticket=ticket).exists():
        return None
    recipients = default_recipients(ticket) if ticket.customer_id else []
    reason = ""
    if not ticket.customer_id:
        reason = Delivery.Reason.NO_PERSON
    elif not recipients:
        reason = Delivery.Reason.NO_ADDRESS
    row = Delivery.objects.create(
        broadcast=broadcast,
        person_id=ticket.customer_id,
        ticket=ticket,
        ticket_ids=[ticket.pk],
        language=wording.language_in(broadcast.texts, language_of(ticket)),
        address=recipients[0][1] if recipients else "",
        is_late=True,
        state=Delivery.State.SKIPPED if reason else Delivery.State.QUEUED,
        reason=reason,
        next_try_at=timezone.now(),
    )
    waking.wake(waking.DELIVER_BROADCASTS)
    return row


def _add_ticket(told: Delivery, ticket: Ticket, broadcast: Broadcast) -> Delivery | None:
    """He has it, or will have it, in another ticket of his: one mail is enough, and this ticket points to it.

    Whoever was left out, since his other ticket was closed or had left, gets it now.
    """
    if told.state == Delivery.State.SKIPPED and told.reason != Delivery.Reason.TOLD:
        recipients = default_recipients(ticket)
        told.ticket, told.ticket_ids, told.is_late = ticket, [ticket.pk], True
        told.address = recipients[0][1] if recipients else ""
        told.state, told.reason, told.detail, told.next_try_at = Delivery.State.QUEUED, "", "", timezone.now()
        told.save(
            update_fields=["ticket", "ticket_ids", "is_late", "address", "state", "reason", "detail", "next_try_at"]
        )
        waking.wake(waking.DELIVER_BROADCASTS)
        return told
    if ticket.pk in told.ticket_ids:
        return None
    told.ticket_ids = [*told.ticket_ids, ticket.pk]
    told.save(update_fields=["ticket_ids"])
    if told.delivered_at is not None and told.message is not None:
        part = Broadcasting(broadcast=broadcast.pk, is_late=True)
        count_as_answered(ticket, by=broadcast.by, inside=told.message, part=part)
    return None
