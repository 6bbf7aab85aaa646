"""Where somebody stands in a line, and how long he will wait as far as anybody can tell."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Avg, F, QuerySet

from contactcenter import clock, queues, waits
from contactcenter.models import Agent, Contact, Queue, Work

State = Contact.State
LAST_HANDLED = 50  # contacts whose mean length counts
HANDLING = 300.0  # seconds, until one has been handled


@dataclass(frozen=True, slots=True)
class Place:
    """`number` 1 is next. The minutes are those within which two waits of three end; None when nobody can tell."""

    number: int
    minutes_low: int | None
    minutes_high: int | None


def place_of(contact: Contact) -> Place | None:
    """None unless it waits. By age, as most queues serve; a credit of others may let them pass."""
    if contact.state not in (State.QUEUED, State.OFFERED) or contact.queue is None or contact.queued_at is None:
        return None
    before = Contact.objects.filter(queue=contact.queue, state__in=[State.QUEUED, State.OFFERED])
    ahead = before.filter(queued_at__lt=contact.queued_at).exclude(pk=contact.pk).count()
    low, high = wait_of(contact.queue, ahead)
    return Place(ahead + 1, low, high)


def wait_in(queue: Queue) -> tuple[int | None, int | None]:
    """The minutes for whoever joins now."""
    ahead = Contact.objects.filter(queue=queue, state__in=[State.QUEUED, State.OFFERED]).count()
    return wait_of(queue, ahead)


def wait_of(queue: Queue, ahead: int) -> tuple[int | None, int | None]:
    """The minutes with so many ahead, rounded up."""
    serving = list(ready(queue).values_list("work", flat=True))
    estimate = waits.estimate_wait(ahead, agents=len(serving), idle=serving.count(Work.IDLE), handling=_handling(queue))
    if estimate is None:
        return None, None
    return math.ceil(estimate.low / 60), max(1, math.ceil(estimate.high / 60))


def ready(queue: Queue) -> QuerySet[Agent]:
    """Those who get the queue's contacts, busy or not."""
    return Agent.objects.ready().filter(queue_memberships__queue=queue, queue_memberships__left_at=None)


def is_served(queue: Queue, at: datetime | None = None) -> bool:
    """Whether a chat may begin: it is open, not full, and somebody is there, if only in background work."""
    if queues.barred(queue, at or clock.now()) is not None or not queues.is_open(queue, at or clock.now()):
        return False
    there = Agent.objects.present().filter(queue_memberships__queue=queue, queue_memberships__left_at=None)
    return there.filter(activity__is_routable=True).exists() or there.filter(activity__is_recallable=True).exists()


def _handling(queue: Queue) -> float:
    last = Contact.objects.filter(queue=queue, outcome="answered", answered_at__isnull=False).order_by("-id")
    span = Contact.objects.filter(pk__in=list(last.values_list("pk", flat=True)[:LAST_HANDLED])).aggregate(
        mean=Avg(F("ended_at") - F("answered_at"))
    )["mean"]
    return max(1.0, span.total_seconds()) if span is not None else HANDLING
