"""Promises that are due soon, or late: each is told once, in the history and so behind the bell."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q, Value
from django.db.models.functions import Least
from django.utils import timezone

from tickets.history import record
from tickets.models import Promise, Ticket, Verb
from tickets.models.tickets import PromiseQuerySet

LEAD = timedelta(minutes=30)  # before its time; for short ones a quarter of the time they were given
SHORT = 4


def remind_of_promises(limit: int = 500) -> int:
    """Tells of promises due soon and of late ones. Returns how many.

    Safe to run twice and side by side: tickets are claimed with SKIP LOCKED, then the promise is looked at again.
    """
    told = 0
    while told < limit:
        with transaction.atomic():
            ticket = (
                Ticket.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
                .filter(pk__in=to_tell(timezone.now()).values("ticket"))
                .first()
            )
            if ticket is None:
                return told
            _tell(ticket)
        told += 1
    return told


def to_tell(now: datetime) -> PromiseQuerySet:
    """The open promises that are late or nearly due, and that nobody has been told of yet."""
    lead = Least(
        Value(LEAD, output_field=DurationField()),
        ExpressionWrapper((F("by_when") - F("created_at")) / Value(SHORT), output_field=DurationField()),
    )
    soon = Q(reminded_at__isnull=True, by_when__lte=now + LEAD, by_when__gt=now) & Q(by_when__lte=now + lead)
    late = Q(told_late_at__isnull=True, by_when__lte=now)
    return Promise.objects.open().filter(soon | late)


def _tell(ticket: Ticket) -> None:
    """The caller holds the ticket's lock; another drain may have been here before."""
    now = timezone.now()
    promise = to_tell(now).select_for_update(no_key=True).filter(ticket=ticket).first()
    if promise is None:
        return
    data: dict[str, Any] = {"promise": promise.pk, "who": promise.who_id, "by_when": promise.by_when.isoformat()}
    if promise.by_when <= now:
        promise.told_late_at = now
        promise.save(update_fields=["told_late_at"])
        record(ticket, Verb.PROMISE_LATE, by=None, **data)
    else:
        promise.reminded_at = now
        promise.save(update_fields=["reminded_at"])
        record(ticket, Verb.PROMISE_DUE, by=None, **data)
