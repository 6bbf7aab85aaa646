"""Waits that came to nothing: whoever hung up or waited too long is called back by somebody in background work.

Once for a person and queue. Any later contact of the same person that is answered settles it.
"""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from contactcenter import background, callers, clock, handling, loans, routing, states
from contactcenter.log import Verb, record
from contactcenter.models import Agent, BackgroundWork, Contact, Outcome, Queue, QueueMembership, Work
from tickets.errors import NotAllowed, Refused
from tickets.lifecycle import lock_ticket
from tickets.models import User

State, Channel = Contact.State, Contact.Channel

CAUSES = (Outcome.ABANDONED, Outcome.TIMED_OUT, Outcome.NO_AGENTS)


def unmet_waits(queues: QuerySet[Queue] | None = None) -> QuerySet[Contact]:
    """Who still has to be called back, by the queue's priority, then the oldest first."""
    found = Contact.objects.filter(channel=Channel.CALLBACK, state=State.NEW, callback_of__isnull=False)
    if queues is not None:
        found = found.filter(queue__in=queues)
    return found.select_related("queue", "customer", "callback_of").order_by("-queue__priority", "queued_at")


def unmet_for(agent: Agent) -> QuerySet[Contact]:
    """Those of the queues that this agent serves."""
    served = QueueMembership.objects.current().filter(agent=agent).values("queue")
    return unmet_waits(Queue.objects.filter(pk__in=served))


def note_unmet(contact: Contact) -> Contact | None:
    """Called within the act that ends the wait. None when nobody is to be called: no number, known already, a chat."""
    if contact.outcome not in CAUSES or contact.channel != Channel.CALL or contact.queue is None:
        return None
    if contact.direction != Contact.Direction.IN or not (callers.digits_of(contact.number) or contact.customer_id):
        return None
    with connection.cursor() as cursor:
        whose = contact.customer_id or callers.digits_of(contact.number)
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"unmet {contact.queue_id} {whose}"])
    if _of_person(unmet_waits().filter(queue=contact.queue), contact).exists():
        return None
    unmet = Contact.objects.create(
        channel=Channel.CALLBACK,
        direction=Contact.Direction.OUT,
        customer=contact.customer,
        number=contact.number,
        credit=contact.credit,
        callback_of=contact,
        queue=contact.queue,
        queued_at=contact.queued_at,
        opened_at=clock.now(),
    )
    record(
        Verb.CONTACT_OPENED,
        by=None,
        contact=unmet,
        queue=contact.queue,
        channel=unmet.channel,
        instead_of=contact.pk,
        unmet=True,
    )
    return unmet


def settle_unmet(contact: Contact) -> int:
    """The person has been reached by this contact: nobody has to call him back. Returns how many were settled.

    What somebody takes in hand at this moment is left to him.
    """
    settled = 0
    with transaction.atomic():
        found = _of_person(unmet_waits().exclude(pk=contact.pk), contact).order_by("pk")
        keys = list(found.values_list("pk", flat=True))
        free = Contact.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=keys, state=State.NEW)
        for pk in list(free.values_list("pk", flat=True)):
            handling.close(routing.lock_contact(pk), Outcome.WITHDRAWN, by=None, at=clock.now())
            settled += 1
    return settled


def _of_person(found: QuerySet[Contact], contact: Contact) -> QuerySet[Contact]:
    """Those of them that are with the same person, by what is known of him or by his number."""
    digits = callers.digits_of(contact.number)
    same = Q(customer=contact.customer_id) if contact.customer_id is not None else Q(pk__in=[])
    if digits:
        same |= Q(digits=digits)
    return found.annotate(digits=callers.digits_in("number")).filter(same)


def take_unmet(contact: Contact, *, agent: Agent, by: User | None) -> Contact:
    """The agent calls this person back now; a ticket in hand is parked. Raises Refused when he or it is not free."""
    if by is not None and by.pk != agent.user_id:
        raise NotAllowed(_("Everybody takes contacts for himself."))
    with transaction.atomic():
        agent = states.lock_agent(agent)
        loans.lock_way_back(agent)
        work = background.ticket_in_hand(agent)
        if work is not None:
            lock_ticket(work.ticket)
        contact = routing.lock_contact(contact)
        if contact.state != State.NEW or contact.callback_of_id is None or contact.queue is None:
            raise Refused(_("Somebody else has called this person already."))
        if agent.work != Work.IDLE or not (agent.activity.is_recallable or agent.activity.is_routable):
            raise Refused(_("You can call nobody while you are with somebody else or away."))
        at = clock.now()
        if work is not None:
            background.park(agent, work, by=by, reason=BackgroundWork.Reason.CALL, at=at)
        routing.put_in_line(contact, contact.queue, by=by, at=at, queued_at=contact.queued_at or at)
        routing.connect(contact, agent, by=by, at=at)
    return contact


def call_off(contact: Contact, *, by: User) -> Contact:
    """Nobody has to call this person any more, somebody says. Raises Refused when he is being called."""
    with transaction.atomic():
        contact = routing.lock_contact(contact)
        if contact.is_over:
            return contact
        if contact.state != State.NEW:
            raise Refused(_("Somebody else has called this person already."))
        handling.close(contact, Outcome.WITHDRAWN, by=by, at=clock.now())
    return contact
