"""The drain: says a broadcast in each reporter's ticket, one transaction each.

It may run twice, side by side, or be killed. A delivery's outcome is written in the transaction of its reply: whoever
dies in between has said nothing, and the row is still queued for the next drain.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tickets import live, waking
from tickets.broadcasts import opting_out, wording
from tickets.broadcasts.sending import freeze, lock_broadcast
from tickets.conversation import Broadcasting, add_note, count_as_answered, reply_to_customer
from tickets.errors import Refused
from tickets.groups import record_in_group
from tickets.lifecycle import change_status
from tickets.mail.outgoing import default_recipients, resend_mail
from tickets.models import (
    AddressState,
    Broadcast,
    BroadcastOptOut,
    Delivery,
    GroupEvent,
    GroupMembership,
    Status,
    Ticket,
)
from tickets.workflow import workflow_of

log = logging.getLogger(__name__)

State = Delivery.State
Reason = Delivery.Reason

PAUSES = (1, 5, 15, 60)  # minutes after the first, second ... fault; then it has failed
IN_A_ROW = 50  # of one broadcast, before another has its turn
HINT_SECONDS = 1.0  # between two hints to the pages that show the progress

DUE = Q(state__in=[State.QUEUED, State.DEFERRED], delivered_at__isnull=True)


class Skip(Exception):
    """He is not told after all."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def deliver_broadcasts(limit: int = 500) -> int:
    """Starts what is due and goes on with what is on its way. Returns how many deliveries it took up."""
    _skip_stopped()
    _freeze_waiting()
    _start_due()
    handled = 0
    waiting = _with_due()
    while waiting and handled < limit:
        for broadcast in list(waiting):
            did = _go_on(broadcast, limit=min(IN_A_ROW, limit - handled))
            handled += did
            if did < IN_A_ROW:
                waiting.remove(broadcast)
            _hint(broadcast)
    _finish()
    if handled >= limit:
        waking.wake(waking.DELIVER_BROADCASTS)
    return handled


# --- from sending to done --------------------------------------------------------------------------------------------


def _freeze_waiting() -> None:
    """The rows of broadcasts to many, in one transaction each, by one drain only."""
    for pk in Broadcast.objects.filter(is_frozen=False, state__in=Broadcast.UNDER_WAY).values_list("pk", flat=True):
        with transaction.atomic():
            mine = Broadcast.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=pk, is_frozen=False)
            if row := mine.filter(state__in=Broadcast.UNDER_WAY).first():
                freeze(lock_broadcast(row))


def _start_due() -> None:
    now = timezone.now()
    due = Broadcast.objects.filter(state=Broadcast.State.HELD, is_frozen=True, held_until__lte=now)
    due.update(state=Broadcast.State.SENDING, started_at=now)


def _with_due() -> list[Broadcast]:
    """Those with something to say, the late joiners of earlier ones first."""
    due = Delivery.objects.filter(DUE, next_try_at__lte=timezone.now())
    going = Broadcast.objects.filter(
        state__in=[Broadcast.State.SENDING, Broadcast.State.DONE], pk__in=due.values("broadcast")
    )
    found = list(going.select_related("group", "by", "status").order_by("pk"))
    return sorted(found, key=lambda each: each.state != Broadcast.State.DONE)


def _finish() -> None:
    """What nobody waits for any more is done; those who wait for another try do not hold it up."""
    queued = Delivery.objects.filter(broadcast=OuterRef("pk"), state=State.QUEUED, delivered_at__isnull=True)
    sending = Broadcast.objects.filter(~Exists(queued), state=Broadcast.State.SENDING)
    for broadcast in sending.select_related("group"):
        with transaction.atomic():
            mine = Broadcast.objects.filter(pk=broadcast.pk, state=Broadcast.State.SENDING)
            if mine.update(state=Broadcast.State.DONE, done_at=timezone.now()):
                record_in_group(broadcast.group, GroupEvent.Verb.BROADCAST_DONE, by=None, broadcast=broadcast.pk)
        _hint(broadcast, at_once=True)


def _skip_stopped() -> None:
    Delivery.objects.filter(DUE, broadcast__state=Broadcast.State.STOPPED).update(
        state=State.SKIPPED, reason=Reason.STOPPED
    )


# --- one delivery ----------------------------------------------------------------------------------------------------


def _go_on(broadcast: Broadcast, *, limit: int) -> int:
    handled = 0
    with translation.override(broadcast.by.language):
        while handled < limit and _deliver_next(broadcast):
            handled += 1
    return handled


def _deliver_next(broadcast: Broadcast) -> bool:
    """One reporter, or False when nobody of the broadcast is due (any more)."""
    row: Delivery | None = None
    try:
        with transaction.atomic():
            row = _claim(broadcast)
            if row is None:
                return False
            _deliver(row, broadcast)
            row.save(update_fields=CHANGED)
    except (Skip, Refused) as why:
        _give_up(row, why)
    except Exception as fault:  # one bad ticket stops no other; the log has what happened
        if row is None:
            raise
        log.exception("delivery failed", extra={"delivery": row.pk, "broadcast": broadcast.pk})
        _try_later(row, fault)
    return True


def _claim(broadcast: Broadcast) -> Delivery | None:
    """The next row that is due, locked: nobody else takes it up until this transaction ends."""
    due = Delivery.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(
        DUE,
        broadcast=broadcast,
        broadcast__state__in=[Broadcast.State.SENDING, Broadcast.State.DONE],
        next_try_at__lte=timezone.now(),
    )
    return due.order_by("next_try_at", "pk").first()


CHANGED = ("ticket", "ticket_ids", "address", "state", "reason", "detail", "message", "delivered_at")


def _give_up(row: Delivery | None, why: Skip | Refused) -> None:
    """All that the attempt wrote is undone; the row says why, unless somebody took it up meanwhile."""
    assert row is not None
    if isinstance(why, Skip):
        found = {"state": State.SKIPPED, "reason": why.reason, "detail": ""}
        if why.reason == Reason.ERASED:
            found["address"] = ""
    elif isinstance(why, wording.Unfilled):
        found = {"state": State.SKIPPED, "reason": Reason.UNFILLED, "detail": str(why)[:500]}
    else:
        found = {"state": State.FAILED, "reason": Reason.REFUSED, "detail": str(why)[:500]}
    Delivery.objects.filter(DUE, pk=row.pk).update(**found)


def _try_later(row: Delivery, fault: Exception) -> None:
    attempts = row.attempts + 1
    is_over = attempts > len(PAUSES)
    pause = timedelta(minutes=0 if is_over else PAUSES[attempts - 1])
    Delivery.objects.filter(DUE, pk=row.pk, attempts=row.attempts).update(
        state=State.FAILED if is_over else State.DEFERRED,
        reason=Reason.FAULT,
        detail=type(fault).__name__,
        attempts=attempts,
        next_try_at=timezone.now() + pause,
    )


def _deliver(row: Delivery, broadcast: Broadcast) -> None:
    """Judges the tickets anew under their locks, and says it."""
    # All locks in one order, before anything is said; two broadcasts may share a person but not a ticket.
    ids = row.ticket_ids
    list(Ticket.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
    row.reason = row.detail = ""
    if row.message is not None and row.message.erasure_id is not None:  # while it waited for the ticket
        raise Skip(Reason.ERASED)
    part = Broadcasting(broadcast=broadcast.pk, is_late=row.is_late, language=row.language)
    if broadcast.kind == Broadcast.Kind.NOTE:
        ticket = _standing(row, broadcast)[0]
        row.message = add_note(ticket, text=next(iter(broadcast.texts.values())), by=broadcast.by, part=part)
        row.state = State.SENT
    elif broadcast.kind == Broadcast.Kind.STATUS:
        assert broadcast.status is not None
        ticket = _standing(row, broadcast)[0]
        if ticket.status_id == broadcast.status_id and ticket.pending_until == broadcast.pending_until:
            raise Skip(Reason.ALREADY)
        _set_status(ticket, broadcast)
        row.state = State.SENT
    elif row.message is not None and _is_still_his(row):
        assert row.retried_by is not None  # without a retry there would be no message yet
        resend_mail(row.message.outbound, by=row.retried_by)
        row.state = State.QUEUED
    else:
        _reply(row, broadcast)
    row.delivered_at = timezone.now()


def _reply(row: Delivery, broadcast: Broadcast) -> None:
    """The same reply as a single one, in the person's own ticket; his other tickets point to it."""
    tickets = _standing(row, broadcast)
    ticket, others = tickets[0], tickets[1:]
    assert row.person_id is not None
    link = opting_out.link_for(row.person_id)
    part = Broadcasting(
        broadcast=broadcast.pk,
        is_late=row.is_late,
        language=row.language,
        footer=wording.footer_for(link, row.language),
        headers={"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )
    then, row.detail = _status_after(ticket, broadcast)
    row.message = reply_to_customer(
        ticket,
        text=wording.words_for(
            broadcast.texts, ticket, by=broadcast.by, language=row.language, numbers=[each.number for each in others]
        ),
        by=broadcast.by,
        to=[(ticket.customer.name if ticket.customer else "", row.address)],
        cc=(),
        then=then,
        pending_until=broadcast.pending_until if then is not None else None,
        part=part,
    )
    for other in others:
        count_as_answered(other, by=broadcast.by, inside=row.message, part=part)
        also, sentence = _status_after(other, broadcast)
        row.detail = row.detail or sentence
        if also is not None:
            _set_status(other, broadcast)
    row.ticket, row.ticket_ids = ticket, [each.pk for each in tickets]
    row.state = State.QUEUED  # until the mail server has taken it


def _standing(row: Delivery, broadcast: Broadcast) -> list[Ticket]:
    """The person's tickets that it is to be said in, the first for the mail. Raises Skip when nothing is left."""
    member = GroupMembership.objects.members().filter(group=broadcast.group_id, ticket=OuterRef("pk"))
    bounced = AddressState.objects.filter(email=row.address, bounced_at__isnull=False)
    out = BroadcastOptOut.objects.filter(person=OuterRef("customer"), came_back_at__isnull=True)
    rows = (
        Ticket.objects.filter(pk__in=row.ticket_ids)
        .select_related("kind", "status", "team", "customer", "organisation")
        .annotate(is_member=Exists(member), is_bounced=Exists(bounced), is_out=Exists(out))
    )
    found: list[Any] = sorted(rows, key=lambda each: row.ticket_ids.index(each.pk))  # tickets with three answers
    inside = [each for each in found if each.is_member and each.merged_into_id is None]
    if not inside:
        raise Skip(Reason.MERGED if any(each.is_member for each in found) else Reason.LEFT)
    if not broadcast.is_to_reporters:
        return inside
    # A ticket that was closed is left alone; only “it is solved” goes to it, when its reporter was told before.
    wanted = [each for each in inside if each.closed_at is None or broadcast.kind == Broadcast.Kind.SOLVED]
    if not wanted:
        raise Skip(Reason.CLOSED)
    wanted = [each for each in wanted if each.customer_id == row.person_id]
    if not wanted:
        raise Skip(Reason.NO_PERSON)
    if wanted[0].customer is not None and not wanted[0].customer.is_active:
        raise Skip(Reason.INACTIVE)
    if not row.address:
        raise Skip(Reason.NO_ADDRESS)
    if wanted[0].is_out:
        raise Skip(Reason.OPTED_OUT)
    if wanted[0].is_bounced and row.retried_by_id is None:
        raise Skip(Reason.BAD_ADDRESS)
    return wanted


def _status_after(ticket: Ticket, broadcast: Broadcast) -> tuple[Status | None, str]:
    """The status that it takes with the reply; none where a rule says no, with the rule's sentence."""
    status = broadcast.status
    if status is None or status.pk == ticket.status_id or ticket.closed_at is not None:
        return None, ""
    if broadcast.pending_until is not None and broadcast.pending_until <= timezone.now():
        return None, _("The status stayed: its pending time is over.")
    try:
        workflow_of(ticket).check_status(ticket, status, by=broadcast.by)
    except Refused as refusal:
        return None, _("The status stayed: %(why)s") % {"why": refusal}
    return status, ""


def _set_status(ticket: Ticket, broadcast: Broadcast) -> None:
    assert broadcast.status is not None
    change_status(
        ticket, to=broadcast.status, by=broadcast.by, pending_until=broadcast.pending_until, reason="broadcast"
    )


def _is_still_his(row: Delivery) -> bool:
    """Whether a mail that came back goes to the same address again; else the reply is written anew to the other."""
    now = [address for _name, address in default_recipients(row.ticket)]
    if not now or now[0] == row.address:
        return True
    row.address, row.message = now[0], None
    return False


# --- live ------------------------------------------------------------------------------------------------------------

_told_at: dict[int, float] = {}


def _hint(broadcast: Broadcast, *, at_once: bool = False) -> None:
    """Tells the group's pages how far it is, now and then."""
    now = time.monotonic()
    if not at_once and now - _told_at.get(broadcast.pk, 0.0) < HINT_SECONDS:
        return
    _told_at.clear()  # of what is over nobody asks
    _told_at[broadcast.pk] = now
    live.tell_progress(broadcast.group_id)
