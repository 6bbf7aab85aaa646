"""Promises: which colleague answers, by when. At most one is open on a ticket; the ticket's due time follows it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tickets.errors import Refused
from tickets.history import record
from tickets.lifecycle import lock_ticket, write_changes
from tickets.models import Promise, Ticket, User, Verb

ANY = -1  # for `instead_of`: whatever promise there is


def promise_answer(
    ticket: Ticket, *, who: User, by_when: datetime, by: User | None, instead_of: int | None = ANY
) -> Promise:
    """`who` will answer by then. Promising for oneself is accepted at once; a colleague is asked.

    An open promise on the ticket is withdrawn in its favour. `instead_of` is the one that the asker saw (None: none
    at all); when there is another by now, nothing happens and he is told of it.
    """
    if by_when <= timezone.now():
        raise Refused(_("A promise needs a time in the future."), field="by_when")
    if not (who.is_active and who.is_agent):
        raise Refused(_("%(name)s doesn't work here, so can't promise an answer.") % {"name": who}, field="who")
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        if not ticket.is_open:
            raise Refused(_("This ticket is closed; reopen it to promise an answer."))
        current = open_promise(ticket)
        _require_seen(current, instead_of)
        replaced: dict[str, Any] = {}
        if current is not None:
            if current.who_id == who.pk and current.by_when == by_when:
                return current
            _settle(current, Promise.State.WITHDRAWN)
            if current.who_id != who.pk:
                replaced = {"instead_of": current.who_id}
        is_own = by is not None and by.pk == who.pk
        promise = Promise.objects.create(
            ticket=ticket,
            who=who,
            by_when=by_when,
            asked_by=by,
            state=Promise.State.ACCEPTED if is_own else Promise.State.ASKED,
        )
        _write_due(ticket, by_when)
        record(ticket, Verb.PROMISED, by=by, promise=promise.pk, who=who.pk, by_when=by_when.isoformat(), **replaced)
    return promise


def accept_promise(promise: Promise, *, by: User) -> Promise:
    """The asked colleague takes it on."""
    with transaction.atomic():
        ticket, promise = _lock(promise)
        _require_own(promise, by)
        if promise.state == Promise.State.ACCEPTED:
            return promise
        _require_open(promise)
        promise.state = Promise.State.ACCEPTED
        promise.proposed = None
        promise.save(update_fields=["state", "proposed"])
        write_changes(ticket)
        record(ticket, Verb.PROMISE_ACCEPTED, by=by, promise=promise.pk)
    return promise


def decline_promise(promise: Promise, *, by: User) -> Promise:
    """The asked colleague can't; the ticket has no promise until someone makes one."""
    with transaction.atomic():
        ticket, promise = _lock(promise)
        _require_own(promise, by)
        _require_open(promise)
        if promise.state == Promise.State.ACCEPTED:
            raise Refused(_("You have accepted this already. Withdraw it, or hand it over to someone else."))
        _settle(promise, Promise.State.DECLINED)
        _write_due(ticket, None)
        record(ticket, Verb.PROMISE_DECLINED, by=by, promise=promise.pk, who=promise.who_id)
    return promise


def propose_time(promise: Promise, *, by_when: datetime, by: User) -> Promise:
    """The asked colleague can answer, but at another time; until somebody agrees, the first time stands."""
    if by_when <= timezone.now():
        raise Refused(_("A promise needs a time in the future."), field="by_when")
    with transaction.atomic():
        ticket, promise = _lock(promise)
        _require_own(promise, by)
        _require_open(promise)
        if promise.proposed == by_when:
            return promise
        if promise.state == Promise.State.ACCEPTED:
            raise Refused(_("You have accepted this already. Promise again with another time."))
        promise.proposed = by_when
        promise.save(update_fields=["proposed"])
        write_changes(ticket)
        record(ticket, Verb.PROMISE_PROPOSED, by=by, promise=promise.pk, by_when=by_when.isoformat())
    return promise


def agree_to_proposal(promise: Promise, *, by: User, by_when: datetime | None = None) -> Promise:
    """The proposed time stands, and with it the promise. `by_when` is the proposal that `by` has read."""
    with transaction.atomic():
        ticket, promise = _lock(promise)
        _require_open(promise)
        if promise.proposed is None:
            raise Refused(_("No other time is proposed any more."))
        if by_when is not None and promise.proposed != by_when:
            raise Refused(_("Meanwhile %(name)s proposed yet another time.") % {"name": promise.who})
        if promise.proposed <= timezone.now():
            raise Refused(_("The proposed time has passed. Ask again with another one."))
        promise.by_when = promise.proposed
        promise.proposed = None
        promise.state = Promise.State.ACCEPTED
        promise.reminded_at = promise.told_late_at = None
        promise.save(update_fields=["by_when", "proposed", "state", "reminded_at", "told_late_at"])
        _write_due(ticket, promise.by_when)
        data: dict[str, Any] = {"promise": promise.pk, "who": promise.who_id, "by_when": promise.by_when.isoformat()}
        record(ticket, Verb.PROMISE_ACCEPTED, by=by, **data)
    return promise


def withdraw_promise(ticket: Ticket, *, by: User | None, instead_of: int | None = ANY) -> Ticket:
    """No promise any more. `instead_of` as in `promise_answer`."""
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        current = open_promise(ticket)
        if current is not None:
            _require_seen(current, instead_of)
            _settle(current, Promise.State.WITHDRAWN)
            _write_due(ticket, None)
            record(ticket, Verb.PROMISE_WITHDRAWN, by=by, promise=current.pk, who=current.who_id)
    return ticket


def keep_promise(ticket: Ticket, *, by: User | None) -> None:
    """The customer was answered, or the ticket closed: the open promise is kept. The caller holds the lock."""
    current = open_promise(ticket)
    if current is None:
        return
    _settle(current, Promise.State.KEPT)
    _write_due(ticket, None)
    late = max(0, int((timezone.now() - current.by_when).total_seconds()))
    record(ticket, Verb.PROMISE_KEPT, by=by, promise=current.pk, late_seconds=late)


def keep_promise_of_closed(ticket: Ticket, *, by: User | None) -> None:
    """A ticket that was just closed has no promise open any more. The caller holds the lock."""
    if not ticket.is_open:
        keep_promise(ticket, by=by)


def open_promise(ticket: Ticket) -> Promise | None:
    return Promise.objects.open().select_related("who", "asked_by").filter(ticket=ticket).first()


class _MovedOn(Exception):
    """The promise went with its ticket into another one while its lock was waited for."""


def _lock(promise: Promise) -> tuple[Ticket, Promise]:
    """The promise and its ticket, the one that it counts on now, fresh and locked."""
    while True:
        with contextlib.suppress(_MovedOn), transaction.atomic():
            return _lock_where_it_was(Promise.objects.select_related("ticket").get(pk=promise.pk))


def _lock_where_it_was(promise: Promise) -> tuple[Ticket, Promise]:
    ticket = lock_ticket(promise.ticket)
    promise = Promise.objects.select_for_update(no_key=True).get(pk=promise.pk)
    if promise.ticket_id != ticket.pk:
        raise _MovedOn
    return ticket, promise


def _settle(promise: Promise, state: Promise.State) -> None:
    promise.state = state
    promise.settled_at = timezone.now()
    promise.save(update_fields=["state", "settled_at"])


def _write_due(ticket: Ticket, due_at: datetime | None) -> None:
    ticket.due_at = due_at
    write_changes(ticket, "due_at")


def _require_own(promise: Promise, by: User) -> None:
    if promise.who_id != by.pk:
        raise Refused(_("Only the colleague who was asked can answer this."))


def _require_open(promise: Promise) -> None:
    if promise.state not in Promise.OPEN:
        raise Refused(_("This promise is already settled."))


def _require_seen(current: Promise | None, seen: int | None) -> None:
    """Nobody replaces a promise that he has not seen."""
    if seen == ANY or (current.pk if current else None) == seen:
        return
    if current is None:
        raise Refused(_("The promise you saw is settled by now. Look again."))
    time = timezone.localtime(current.by_when)
    words = {"name": current.who, "time": f"{date_format(time, 'SHORT_DATE_FORMAT')} {time:%H:%M}"}
    if current.state == Promise.State.ASKED:
        raise Refused(_("Meanwhile %(name)s was asked to answer by %(time)s. Look again.") % words)
    raise Refused(_("Meanwhile %(name)s promised to answer by %(time)s. Look again.") % words)


# --- when two tickets become one -------------------------------------------------------------------------------------


def carry_promise(source: Ticket, *, to: Ticket) -> dict[str, Any]:
    """What was promised on a ticket that is merged counts on the one that goes on; the caller holds both locks.

    Of two open promises one stands: the accepted one before the one only asked for, then the earlier. The other is
    withdrawn in its favour. Returns what `give_promise_back` needs, in ids and codes.
    """
    carried, standing = open_promise(source), open_promise(to)
    if carried is None:
        return {}
    told = {"who": carried.who_id, "by_when": carried.by_when.isoformat()}
    if standing is not None and _binds(standing) <= _binds(carried):
        dropped = {"dropped": carried.pk, "dropped_state": carried.state, "standing": standing.pk}
        _settle(carried, Promise.State.WITHDRAWN)
        _write_due(source, None)
        return told | dropped
    data: dict[str, Any] = told | {"promise": carried.pk}
    if standing is not None:
        data |= {"dropped": standing.pk, "dropped_state": standing.state, "standing": carried.pk}
        _settle(standing, Promise.State.WITHDRAWN)
    carried.ticket = to
    carried.save(update_fields=["ticket"])
    _write_due(source, None)
    _write_due(to, carried.by_when)
    return data


def give_promise_back(source: Ticket, *, of: Ticket, data: Mapping[str, Any]) -> bool:
    """Promises as they were before the merge, as far as they are still open. Returns whether all of it could be.

    What was answered or settled on the ticket that went on stays so.
    """
    if "promise" not in data and "dropped" not in data:
        return True
    standing = Promise.objects.open().filter(pk=data.get("standing") or data["promise"], ticket=of).first()
    if standing is None or (not source.is_open and "promise" in data):
        return False
    if "promise" in data:
        standing.ticket = source
        standing.save(update_fields=["ticket"])
        _write_due(source, standing.by_when)
        _write_due(of, None)
    if "dropped" in data:
        home = of if "promise" in data else source
        dropped = Promise.objects.filter(pk=data["dropped"], ticket=home, state=Promise.State.WITHDRAWN).first()
        if dropped is not None and home.is_open:
            dropped.state, dropped.settled_at = data["dropped_state"], None
            dropped.save(update_fields=["state", "settled_at"])
            _write_due(home, dropped.by_when)
    return True


def _binds(promise: Promise) -> tuple[bool, datetime]:
    """Orders promises by how much they bind, the strongest first."""
    return promise.state != Promise.State.ACCEPTED, promise.by_when
