"""Calling back: asked instead of waiting, with the place in the line kept; dialled, reached, tried again."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from contactcenter import clock, handling, routing
from contactcenter.log import Verb, record
from contactcenter.models import Agent, Contact, Outcome, Queue
from contactcenter.routing import open_segment
from tickets.errors import Refused
from tickets.models import User

State = Contact.State


def ask_callback(contact: Contact, *, by: User | None) -> Contact:
    """Instead of waiting on, the person is called back at his place in the line. Returns the call back.

    Raises Refused without a number or a known person, and when it no longer waits.
    """
    with transaction.atomic():
        contact, agent = handling.lock_with_agent(contact)
        if contact.state not in (State.QUEUED, State.OFFERED):
            raise Refused(_("This contact waits no longer."))
        if not (contact.number or contact.customer_id):
            raise Refused(_("Without a number nobody can be called back."))
        at, queue = clock.now(), contact.queue
        assert queue is not None  # a waiting contact has one, by constraint
        handling.cancel_offer(contact, agent, at)
        handling.close(contact, Outcome.TO_CALLBACK, by=by, at=at)
        return open_callback(contact, queue, by=by)


def open_callback(contact: Contact, queue: Queue, *, by: User | None) -> Contact:
    """A call back in place of this contact, with its place in the line. The caller has closed the contact."""
    at = clock.now()
    callback = Contact.objects.create(
        channel=Contact.Channel.CALLBACK,
        direction=Contact.Direction.OUT,
        customer=contact.customer,
        number=contact.number,
        credit=contact.credit,
        callback_of=contact,
        opened_at=at,
    )
    record(Verb.CONTACT_OPENED, by=by, contact=callback, channel=callback.channel, instead_of=contact.pk)
    routing.put_in_line(callback, queue, by=by, at=at, queued_at=contact.queued_at or at)
    routing.wake()
    return callback


def reach_person(contact: Contact, *, by: User | None) -> Contact:
    """The person who is called back has answered. Raises Refused unless he is being called."""
    with transaction.atomic():
        contact, agent = handling.lock_with_agent(contact)
        if contact.state != State.DIALLING or agent is None:
            raise Refused(_("Nobody is being called."))
        handling.require_own(agent, by)
        at = clock.now()
        contact.state, contact.answered_at = State.CONNECTED, at
        contact.save(update_fields=["state", "answered_at"])
        segment = open_segment(contact)
        segment.answered_at, segment.outcome = at, Outcome.ANSWERED
        segment.save(update_fields=["answered_at", "outcome"])
        record(Verb.CONNECTED, by=by, agent=agent, contact=contact, queue=contact.queue, dialling=False)
    return contact


def miss_person(contact: Contact, *, by: User | None) -> Contact:
    """Nobody answered the call back: tried again later, or given up after the queue's number of tries."""
    with transaction.atomic():
        contact, agent = handling.lock_with_agent(contact)
        if contact.state != State.DIALLING or agent is None:
            raise Refused(_("Nobody is being called."))
        handling.require_own(agent, by)
        return fail_try(contact, agent, by=by, at=clock.now())


def fail_try(contact: Contact, agent: Agent, *, by: User | None, at: datetime) -> Contact:
    """Nobody answered this try. The caller holds the locks."""
    queue = contact.queue
    assert queue is not None  # a call back comes out of one
    if contact.tries >= queue.callback_tries:
        handling.close(contact, Outcome.NO_REPLY, by=by, at=at)
    else:
        handling.leave_segment(contact, Outcome.NO_REPLY, at)
        contact.state, contact.agent = State.RETRY_WAIT, None
        contact.retry_at = at + timedelta(seconds=queue.callback_pause)
        contact.save(update_fields=["state", "agent", "retry_at"])
        record(Verb.TRY_FAILED, by=by, agent=agent, contact=contact, queue=queue, tries=contact.tries)
    handling.free(agent, at)
    return contact


def retry_callbacks(limit: int = 200) -> int:
    """Call backs whose pause is over wait again, at their old place. Returns how many."""
    at, again = clock.now(), 0
    due = Contact.objects.filter(state=State.RETRY_WAIT, retry_at__lte=at).order_by("retry_at")
    for contact in list(due[:limit]):
        with transaction.atomic():
            contact, _agent = handling.lock_with_agent(contact)
            if contact.state == State.RETRY_WAIT and contact.queue is not None:
                now = clock.now()
                routing.put_in_line(contact, contact.queue, by=None, at=now, queued_at=contact.queued_at or now)
                routing.wake()
                again += 1
    return again
