"""Contacts from the first ring to the last word: opened, left, held, transferred, ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from contactcenter import callbacks, clock, handling, loans, routing, states
from contactcenter.log import Verb, record
from contactcenter.models import Contact, Outcome, Queue, Work
from contactcenter.queues import Instead, lock_queue
from contactcenter.routing import lock_contact
from tickets.errors import Refused
from tickets.models import User

State = Contact.State
Channel = Contact.Channel


def open_contact(
    channel: Channel,
    *,
    by: User | None,
    customer: User | None = None,
    number: str = "",
    direction: Contact.Direction = Contact.Direction.IN,
    provider: str = "",
    provider_call_id: str = "",
    linked_id: str = "",
    credit: int = 0,
) -> Contact:
    """A new contact, which waits nowhere yet. A call id of the provider that is known already gives that contact."""
    with transaction.atomic():
        at = clock.now()
        values = {
            "channel": channel,
            "direction": direction,
            "customer": customer,
            "number": number[:80],
            "linked_id": linked_id[:200],
            "credit": credit,
            "opened_at": at,
        }
        if provider_call_id:
            contact, is_new = Contact.objects.get_or_create(
                provider=provider, provider_call_id=provider_call_id[:200], defaults=values
            )
            if not is_new:
                return contact
        else:
            contact = Contact.objects.create(provider=provider, **values)
        record(Verb.CONTACT_OPENED, by=by, contact=contact, channel=channel)
    return contact


def receive_contact(contact: Contact, *, queue: Queue, by: User | None) -> Contact:
    """The contact goes to the queue; when it may not wait there, what the queue does instead happens at once.

    Returns the contact that goes on: itself, waiting or closed, or the call back that stands in for it.
    """
    with transaction.atomic():
        admission = routing.enqueue_contact(contact, queue=queue, by=by)
        contact = admission.contact
        if admission.barred is None:
            return contact
        if admission.barred.instead == Instead.CALLBACK and (contact.number or contact.customer_id):
            handling.close(contact, Outcome.TO_CALLBACK, by=by, at=clock.now())
            return callbacks.open_callback(contact, queue, by=by)
        outcomes = {Instead.VOICEMAIL: Outcome.TO_VOICEMAIL}
        handling.close(contact, outcomes.get(admission.barred.instead, admission.barred.outcome), by=by, at=clock.now())
    return contact


def name_customer(contact: Contact, *, customer: User, by: User) -> Contact:
    """Says with whom the contact is. Raises Refused for somebody deactivated, NotAllowed for anybody but its agent."""
    with transaction.atomic():
        contact, agent = handling.lock_with_agent(contact)
        if agent is None or contact.agent_id != agent.pk:
            raise Refused(_("Nobody is on the line."))
        handling.require_own(agent, by)
        if not customer.is_active:
            raise Refused(_("%(name)s is deactivated.") % {"name": customer}, field="customer")
        if contact.customer_id == customer.pk:
            return contact
        before = contact.customer_id
        contact.customer = customer
        contact.save(update_fields=["customer"])
        record(Verb.CUSTOMER_NAMED, by=by, agent=agent, contact=contact, before=before, after=customer.pk)
    return contact


# --- leaving the line ------------------------------------------------------------------------------------------------


def leave_line(contact: Contact, *, outcome: Outcome, by: User | None) -> Contact:
    """The contact waits no longer, for this reason. One that is over stays as it is. Raises Refused when answered."""
    with transaction.atomic():
        contact, agent = handling.lock_with_agent(contact)
        if contact.is_over:
            return contact
        if contact.state in Contact.WITH_AGENT:
            raise Refused(_("This contact is with an agent already."))
        at = clock.now()
        handling.cancel_offer(contact, agent, at)
        handling.close(contact, outcome, by=by, at=at)
    return contact


def time_out_waiting(limit: int = 200) -> int:
    """Whoever waited longer than his queue lets anybody wait leaves the line. Returns how many."""
    at, ended = clock.now(), 0
    for queue in Queue.objects.filter(longest_wait__isnull=False):
        assert queue.longest_wait is not None
        late = Contact.objects.filter(queue=queue, state=State.QUEUED).exclude(channel=Channel.CALLBACK)
        before = at - timedelta(seconds=queue.longest_wait)
        for contact in list(late.filter(segments__left_at=None, segments__entered_at__lte=before)[:limit]):
            with transaction.atomic():
                fresh, _agent = handling.lock_with_agent(contact)
                if fresh.state == State.QUEUED and fresh.queue_id == queue.pk:
                    handling.close(fresh, Outcome.TIMED_OUT, by=None, at=clock.now())
                    ended += 1
    return ended


# --- with an agent ---------------------------------------------------------------------------------------------------


def hold_contact(contact: Contact, *, by: User | None) -> Contact:
    """Puts the person on hold. Raises Refused unless connected."""
    return _switch(contact, State.CONNECTED, State.HELD, Work.HELD, Verb.HELD, by)


def resume_contact(contact: Contact, *, by: User | None) -> Contact:
    """Takes the person off hold. Raises Refused unless on hold."""
    return _switch(contact, State.HELD, State.CONNECTED, Work.CONNECTED, Verb.RESUMED, by)


def _switch(contact: Contact, old: State, new: State, work: Work, verb: Verb, by: User | None) -> Contact:
    with transaction.atomic():
        contact, agent = handling.lock_with_agent(contact)
        if contact.state == new:
            return contact
        if contact.state != old or agent is None:
            raise Refused(_("Nobody is on the line."))
        handling.require_own(agent, by)
        contact.state = new
        contact.save(update_fields=["state"])
        states.change_work(agent, work, contact=contact, at=clock.now())
        record(verb, by=by, agent=agent, contact=contact, queue=contact.queue)
    return contact


def hang_up(contact: Contact, *, by: User | None) -> Contact:
    """The contact ends, whoever hung up. Waiting, it was abandoned; answered, the agent wraps up. Twice is once."""
    with transaction.atomic():
        contact, agent = handling.lock_with_agent(contact)
        if contact.is_over:
            return contact
        at = clock.now()
        if contact.state == State.DIALLING and agent is not None:
            return callbacks.fail_try(contact, agent, by=by, at=at)
        if contact.state not in Contact.WITH_AGENT or agent is None:
            handling.cancel_offer(contact, agent, at)
            handling.close(contact, _abandoned(contact, at), by=by, at=at)
            return contact
        contact.state, contact.outcome, contact.ended_at = State.WRAP_UP, Outcome.ANSWERED, at
        contact.save(update_fields=["state", "outcome", "ended_at"])
        handling.leave_segment(contact, Outcome.ANSWERED, at)
        record(Verb.ENDED, by=by, agent=agent, contact=contact, queue=contact.queue, outcome=Outcome.ANSWERED)
        handling.start_wrap_up(agent, contact, at)
    return contact


def transfer_contact(contact: Contact, *, to: Queue, by: User | None) -> Contact:
    """The person waits in another queue from now on; the agent wraps up. Raises Refused unless connected."""
    with transaction.atomic():
        agent = states.lock_agent(contact.agent_id) if contact.agent_id else None
        if agent is not None:
            loans.lock_way_back(agent, also=to)
        queue = lock_queue(to)
        contact = lock_contact(contact)
        if contact.state not in (State.CONNECTED, State.HELD) or agent is None or contact.agent_id != agent.pk:
            raise Refused(_("Nobody is on the line."))
        handling.require_own(agent, by)
        if not queue.is_active:
            raise Refused(_("The queue %(queue)s no longer works.") % {"queue": queue}, field="queue")
        at = clock.now()
        before = contact.queue
        handling.leave_segment(contact, Outcome.ANSWERED, at)
        routing.put_in_line(contact, queue, by=by, at=at, queued_at=at)
        record(Verb.TRANSFERRED, by=by, agent=agent, contact=contact, queue=before, to=queue.pk)
        handling.start_wrap_up(agent, contact, at, queue=before)
        routing.wake()
    return contact


def requeue_contact(contact: Contact, *, by: User | None) -> Contact:
    """Whoever was with the contact is gone: it waits again, at its old age. Raises Refused when nobody was with it."""
    with transaction.atomic():
        contact, agent = handling.lock_with_agent(contact)
        if contact.state not in (State.CONNECTED, State.HELD, State.DIALLING) or agent is None:
            raise Refused(_("Nobody is on the line."))
        at, queue = clock.now(), contact.queue
        assert queue is not None  # it came to the agent out of one
        handling.leave_segment(contact, Outcome.ANSWERED if contact.answered_at else Outcome.FAILED, at)
        routing.put_in_line(contact, queue, by=by, at=at, queued_at=contact.queued_at or at)
        handling.free(agent, at)
    return contact


def _abandoned(contact: Contact, at: datetime) -> Outcome:
    if contact.queue is None or contact.queued_at is None:
        return Outcome.ABANDONED
    is_short = (at - contact.queued_at).total_seconds() < contact.queue.short_abandon
    return Outcome.SHORT_ABANDONED if is_short else Outcome.ABANDONED
