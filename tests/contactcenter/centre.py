"""Plain builders for the contact centre: agents, queues, calls, and a clock that goes on when the test says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from contactcenter import (
    activities,
    advice_inputs,
    advising,
    clock,
    contacts,
    deciding,
    memberships,
    queues,
    routing,
    states,
)
from contactcenter.blending import Blending
from contactcenter.models import Activity, Advice, Agent, Contact, Offer, Queue, QueueWatch
from contactcenter.pulling import Memory, Sight
from contactcenter.staffing import Demand
from tests import make
from tickets.models import Team, User

NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)  # a Wednesday, noon in Budapest


class Clock:
    """A moment that the test moves on."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def on(self, **span: float) -> None:
        """Later by this span."""
        self.moment += timedelta(**span)
        clock._set.set(self.moment)


@contextmanager
def clock_at(moment: datetime = NOON) -> Iterator[Clock]:
    """The centre's clock stands until the test moves it."""
    with clock.stopped_at(moment):
        yield Clock(moment)


def activity(code: str) -> Activity:
    return Activity.objects.get(code=code)


def agent(name: str = "", *, team: Team, serves: Queue | None = None, level: int = 1, signed_in: bool = True) -> Agent:
    """An agent, ready unless said otherwise, who serves the queue at this level."""
    made = states.add_agent(make.agent(name, team=team), home_team=team, by=None)
    if serves is not None:
        memberships.join_queue(made, queue=serves, by=None, level=level)
    if signed_in:
        activities.sign_in(made, by=None)
    return fresh(made)


def fresh(one: Agent) -> Agent:
    return states.read_agent(one.pk)


def queue(name: str = "Ügyfélvonal", *, team: Team, **rules: Any) -> Queue:
    return queues.add_queue(name, team=team, by=None, **rules)


def call(into: Queue, *, number: str = "+36 30 555 0100", customer: User | None = None) -> Contact:
    """A call that waits in the queue."""
    made = contacts.open_contact(Contact.Channel.CALL, by=None, number=number, customer=customer)
    contacts.receive_contact(made, queue=into, by=None)
    made.refresh_from_db()
    return made


def offered(contact: Contact) -> Offer:
    """The contact's open offer, after routing."""
    routing.dispatch()
    return Offer.objects.get(contact=contact, state=Offer.State.PENDING)


def answered(contact: Contact) -> Contact:
    """The contact, taken by whom it was offered to."""
    return routing.accept_offer(offered(contact), by=None)


def advice(queue: Queue, *, ask: Agent | None = None, at_risk: int = 0) -> Advice:
    """Standing advice to pull this colleague in: three callers wait, the first for 90 seconds, and nobody is free.

    It takes the place of what stands; in a running house the timetable, which gives advice too, waits meanwhile.
    """
    lenders = (deciding.Lender(ask.pk, at_risk=at_risk),) if ask else ()
    at = clock.now()
    inputs = advice_inputs.Inputs(
        now=at.timestamp(),
        queue=queue.pk,
        sight=Sight(3, 90, idle=0, on_duty=4, coming=0, helpers=0, demand=Demand(70, 180, 180)),
        helpers=(),
        at_tickets=(),
        pulling=advice_inputs.pulling_of(queue),
        memory=Memory(),
        lending=advice_inputs.Lending(lenders, (), {"promise_due": 2}),
        rules=deciding.RULES,
        blending=Blending(),
    )
    QueueWatch.objects.get_or_create(queue=queue)
    with transaction.atomic():
        QueueWatch.objects.select_for_update().get(queue=queue)
        Advice.objects.standing().filter(queue=queue).update(
            state=Advice.State.OVERTAKEN, reason=Advice.Reason.NEWER, settled_at=at
        )
        return advising.give_advice(queue, Advice.Kind.PULL, inputs, advising.conclude(inputs), at=at)
