"""What every act on a contact shares: locks in the right order, leaving a queue, the end, and freeing the agent."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from contactcenter import loans, routing, states
from contactcenter.log import Verb, record
from contactcenter.models import Agent, Contact, Offer, Outcome, Queue, Work
from contactcenter.routing import lock_contact
from tickets.errors import NotAllowed, Refused
from tickets.models import User

State = Contact.State

MOST_LOOKS = 20


class _MovedOn(Exception):
    """The contact went to somebody else between two looks; gives the locks back."""


def lock_with_agent(contact: Contact) -> tuple[Contact, Agent | None]:
    """Locks whoever is with the contact or has it on offer, his way back, then the contact.

    Holding a contact while asking for an agent would be the wrong order. So when it went to somebody else meanwhile,
    the locks are given back and taken anew. Raises Refused when it never stands still.
    """
    for _look in range(MOST_LOOKS):
        try:
            return _lock_both(contact)
        except _MovedOn:
            continue
    raise Refused(_("The contact has just gone to somebody else. Try again."))


def _lock_both(contact: Contact) -> tuple[Contact, Agent | None]:
    with transaction.atomic():
        key = _agent_of(contact.pk)
        agent = states.lock_agent(key) if key is not None else None
        if agent is not None:
            loans.lock_way_back(agent)
        fresh = lock_contact(contact)
        if _agent_of(contact.pk) != key:
            raise _MovedOn
    return fresh, agent


def _agent_of(key: int) -> int | None:
    """Who is with the contact, or has it on offer."""
    pending = Offer.objects.filter(contact=OuterRef("pk"), state=Offer.State.PENDING).values("agent")[:1]
    found = Contact.objects.filter(pk=key).annotate(offered_to=Subquery(pending))
    offered, agent, state = found.values_list("offered_to", "agent", "state").get()
    return offered or (agent if state in Contact.WITH_AGENT else None)


def cancel_offer(contact: Contact, agent: Agent | None, at: datetime) -> None:
    offer = Offer.objects.select_related("queue").filter(contact=contact, state=Offer.State.PENDING).first()
    if offer is not None and agent is not None:
        routing.cancel_offer(offer, agent, contact, at=at)


def close(contact: Contact, outcome: Outcome, *, by: User | None, at: datetime) -> None:
    """The contact is over without a wrap-up. The caller holds its lock."""
    leave_segment(contact, outcome, at)
    contact.state, contact.outcome, contact.ended_at, contact.closed_at = State.CLOSED, outcome, at, at
    contact.retry_at = None
    contact.save(update_fields=["state", "outcome", "ended_at", "closed_at", "retry_at"])
    record(Verb.ENDED, by=by, contact=contact, queue=contact.queue, outcome=outcome)


def leave_segment(contact: Contact, outcome: Outcome, at: datetime) -> None:
    segment = contact.segments.filter(left_at__isnull=True).first()
    if segment is not None:
        segment.left_at = at
        segment.outcome = segment.outcome or outcome
        segment.save(update_fields=["left_at", "outcome"])


def start_wrap_up(agent: Agent, contact: Contact, at: datetime, *, queue: Queue | None = None) -> None:
    queue = queue or contact.queue
    allowed = queue.wrap_up_seconds if queue is not None else 0
    states.change_work(agent, Work.WRAP_UP, contact=contact, at=at, until=at + timedelta(seconds=allowed))
    if allowed == 0:
        finish(agent, by=None, at=at)


def free(agent: Agent, at: datetime) -> None:
    states.change_work(agent, Work.IDLE, contact=None, at=at)
    loans.when_idle(agent, at=at)
    routing.wake()


def require_own(agent: Agent, by: User | None) -> None:
    if by is not None and by.pk != agent.user_id:
        raise NotAllowed(_("This contact is with somebody else."))


def finish(agent: Agent, *, by: User | None, at: datetime) -> None:
    contact = Contact.objects.filter(agent=agent, state=State.WRAP_UP).first()
    if contact is not None:
        contact = lock_contact(contact)
        contact.state, contact.closed_at = State.CLOSED, at
        contact.save(update_fields=["state", "closed_at"])
    record(Verb.WRAPPED_UP, by=by, agent=agent, contact=contact, queue=contact.queue if contact else None)
    free(agent, at)
