"""Routing: contacts join the line, are offered to one fit agent at a time, and keep their place through every miss.

Locks in the house's order: agent, queue, ticket, then contact and offer. A first try passes over rows that somebody
holds; what it passed over is tried again with waiting, so that nothing waits beside a fit free agent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.db import transaction
from django.utils.translation import gettext as _

from contactcenter import clock, deciding, estimates, states
from contactcenter.log import Verb, record
from contactcenter.models import Activity, Agent, Contact, ContactSegment, Offer, Outcome, Queue, QueueMembership, Work
from contactcenter.queues import Barred, Instead, barred, lock_queue
from tickets.errors import NotAllowed, Refused
from tickets.models import User

State = Contact.State

NOT_AGAIN_FOR = timedelta(seconds=60)  # whoever let a contact pass is not asked again for it so soon
MISSES_ALLOWED = 1  # in a row; the next one means that nobody sits there
MOST_ROUNDS = 20  # of one dispatch; what is left then is the timetable's
MOST_READ = 1000


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of a contact that wanted to wait. `barred` is None when it waits where it was sent."""

    contact: Contact
    barred: Barred | None = None


# --- joining the line ------------------------------------------------------------------------------------------------


def lock_contact(contact: Contact | int) -> Contact:
    """The contact's fresh row, locked until the transaction ends; after agents, queues and tickets."""
    key = contact if isinstance(contact, int) else contact.pk
    Contact.objects.select_for_update(no_key=True).values_list("pk").get(pk=key)
    return Contact.objects.select_related("queue", "agent__user", "customer", "ticket").get(pk=key)


def enqueue_contact(contact: Contact, *, queue: Queue, by: User | None, queued_at: datetime | None = None) -> Admission:
    """The contact waits in the queue, or meets what the queue does when it is closed, full or empty of agents.

    `queued_at` is a place that it brings along. Overflow is followed; in a circle, it waits. Raises Refused when the
    contact waits already, is with an agent or is over.
    """
    with transaction.atomic():
        met: list[int] = []
        chain = {key: lock_queue(key) for key in sorted(_overflow_chain(queue))}
        contact = lock_contact(contact)
        if contact.state not in (State.NEW, State.RETRY_WAIT):
            raise Refused(_("This contact waits already, or is over."))
        at = clock.now()
        queue = chain[queue.pk]
        bar = None if contact.channel == Contact.Channel.CALLBACK else barred(queue, at)
        while bar is not None and bar.instead == Instead.OVERFLOW and queue.overflow_to is not None:
            met.append(queue.pk)
            if queue.overflow_to_id in met or queue.overflow_to_id not in chain:
                bar = None
                break
            queue = chain[queue.overflow_to_id]
            bar = barred(queue, at)
        if bar is not None:
            return Admission(contact, bar)
        put_in_line(contact, queue, by=by, at=at, queued_at=queued_at or contact.queued_at or at)
    wake()
    return Admission(contact)


def _overflow_chain(queue: Queue) -> set[int]:
    chain: set[int] = set()
    current: int | None = queue.pk
    while current is not None and current not in chain:
        chain.add(current)
        current = Queue.objects.values_list("overflow_to", flat=True).get(pk=current)
    return chain


def put_in_line(contact: Contact, queue: Queue, *, by: User | None, at: datetime, queued_at: datetime) -> None:
    """A new segment in this queue. The caller holds the contact's lock and has judged."""
    ahead = Contact.objects.filter(queue=queue, state=State.QUEUED, queued_at__lte=queued_at).exclude(pk=contact.pk)
    position = ahead.count()
    told = estimates.estimate(queue.pk, position)
    ContactSegment.objects.create(
        contact=contact,
        queue=queue,
        entered_at=at,
        position_in=position,
        credit=contact.credit,
        expected_wait=told.mean if told else None,
        expected_spread=told.spread if told else None,
    )
    contact.state, contact.queue, contact.queued_at, contact.agent = State.QUEUED, queue, queued_at, None
    contact.retry_at = None
    contact.save(update_fields=["state", "queue", "queued_at", "agent", "retry_at"])
    record(Verb.QUEUED, by=by, contact=contact, queue=queue, position=position)


def open_segment(contact: Contact) -> ContactSegment:
    """The segment in which the contact is. Raises ContactSegment.DoesNotExist when it is in none."""
    return ContactSegment.objects.select_related("queue").get(contact=contact, left_at__isnull=True)


# --- offering --------------------------------------------------------------------------------------------------------


class Try(Enum):
    """What became of a proposed offer."""

    MADE = "made"
    HELD = "held"  # somebody holds one of the two rows
    STALE = "stale"  # one of the two is no longer what it was


def wake() -> None:
    """Routes once this transaction is committed. A failure is logged by Django; the timetable routes anyway."""
    transaction.on_commit(dispatch, robust=True)


def dispatch() -> int:
    """Offers whatever waits to whoever is fit and free. Returns how many offers were made. May run side by side."""
    made = 0
    waits_for_locks = False
    for _round in range(MOST_ROUNDS):
        tries = [offer_contact(choice, skip_locked=not waits_for_locks) for choice in read_choices()]
        made += tries.count(Try.MADE)
        if all(one is Try.MADE for one in tries):
            return made
        waits_for_locks = Try.HELD in tries
    return made


def offer_next() -> Offer | None:
    """Makes the one offer that comes first, waiting for locks; None when nothing can be offered."""
    for _round in range(MOST_ROUNDS):
        choice = next(iter(read_choices()), None)
        if choice is None:
            return None
        if offer_contact(choice, skip_locked=False) is Try.MADE:
            return Offer.objects.get(contact=choice.contact, state=Offer.State.PENDING)
    return None


def read_choices() -> list[deciding.Choice]:
    """What the rules would offer now, from a reading without locks: only of queues in which somebody waits."""
    found = Contact.objects.filter(state=State.QUEUED, queued_at__isnull=False, is_routed_outside=False).order_by(
        "queued_at"
    )
    waiting = list(found.values_list("pk", "queue", "queued_at", "credit")[:MOST_READ])
    servers = _servers({queue or 0 for _pk, queue, _at, _credit in waiting}) if waiting else []
    if not any(server.is_free for server in servers):
        return []
    at = clock.now()
    passed: dict[int, set[int]] = {}
    recent = Offer.objects.filter(
        contact__in=[pk for pk, *_rest in waiting],
        state__in=[Offer.State.REJECTED, Offer.State.TIMED_OUT],
        settled_at__gt=at - NOT_AGAIN_FOR,
    )
    for contact_id, agent_id in recent.values_list("contact", "agent"):
        passed.setdefault(contact_id, set()).add(agent_id)
    lines = {
        queue.pk: deciding.Line(
            queue.pk,
            float(queue.age_credit),
            queue.priority,
            {level.level: float(level.delay) for level in queue.levels.all()},
        )
        for queue in Queue.objects.filter(pk__in={one[1] for one in waiting}).prefetch_related("levels")
    }
    contacts = [
        deciding.Waiting(
            pk, queue or 0, queued_at.timestamp() if queued_at else 0.0, float(credit), frozenset(passed.get(pk, ()))
        )
        for pk, queue, queued_at, credit in waiting
    ]
    return list(deciding.choose_offers(lines, contacts, servers, at.timestamp()))


def _servers(queues: Collection[int]) -> list[deciding.Server]:
    """Who serves one of these queues and gets contacts now. Of each only the seats in these queues.

    Where nobody waits a seat decides nothing.
    """
    serving = (
        QueueMembership.objects.serving()
        .filter(queue__in=queues, agent__in=Agent.objects.ready())
        .values_list("agent", "queue", "level", "position", "agent__free_since", "agent__work")
        .order_by("agent")
    )
    servers: dict[int, deciding.Server] = {}
    seats: dict[int, dict[int, deciding.Seat]] = {}
    for agent, queue, level, position, free_since, work in serving:
        mine = seats.setdefault(agent, {})
        mine[queue] = deciding.Seat(level, position)
        servers[agent] = deciding.Server(agent, free_since.timestamp(), mine, is_free=work == Work.IDLE)
    return list(servers.values())


def offer_contact(choice: deciding.Choice, *, skip_locked: bool) -> Try:
    """Reserves the agent for the contact, if both still are as the choice saw them."""
    with transaction.atomic():
        agents = Agent.objects.select_for_update(no_key=True, skip_locked=skip_locked).filter(pk=choice.agent)
        if not list(agents.values_list("pk")):
            return Try.HELD
        contacts = Contact.objects.select_for_update(no_key=True, skip_locked=skip_locked).filter(pk=choice.contact)
        if not list(contacts.values_list("pk")):
            return Try.HELD
        agent = states.read_agent(choice.agent)
        contact = Contact.objects.select_related("queue").get(pk=choice.contact)
        serves = QueueMembership.objects.serving().filter(agent=agent, queue=choice.queue).exists()
        if (
            contact.state != State.QUEUED
            or contact.queue_id != choice.queue
            or not serves
            or not Agent.objects.free().filter(pk=agent.pk).exists()
        ):
            return Try.STALE
        queue = contact.queue
        assert queue is not None  # a waiting contact has one, by constraint
        at = clock.now()
        Offer.objects.create(
            contact=contact,
            agent=agent,
            queue=queue,
            level=choice.level,
            offered_at=at,
            expires_at=at + timedelta(seconds=queue.offer_seconds),
        )
        contact.state = State.OFFERED
        contact.save(update_fields=["state"])
        states.change_work(agent, Work.OFFERED, contact=contact, at=at)
        record(Verb.OFFERED, by=None, agent=agent, contact=contact, queue=queue, level=choice.level)
    return Try.MADE


# --- answering an offer ----------------------------------------------------------------------------------------------


def lock_offer(offer: Offer) -> tuple[Offer, Agent, Contact]:
    """Agent, contact and offer, fresh and locked in this order."""
    agent = states.lock_agent(offer.agent_id)
    contact = lock_contact(offer.contact_id)
    fresh = Offer.objects.select_related("queue").get(pk=offer.pk)
    return fresh, agent, contact


def accept_offer(offer: Offer, *, by: User | None) -> Contact:
    """The agent takes the contact. Raises NotAllowed for anybody else, Refused when the offer is over."""
    with transaction.atomic():
        offer, agent, contact = lock_offer(offer)
        _require_own(agent, by)
        if offer.state != Offer.State.PENDING:
            raise Refused(_("This contact is no longer yours to take."))
        at = clock.now()
        _settle(offer, Offer.State.ACCEPTED, at)
        connect(contact, agent, by=by, at=at)
    return contact


def connect(contact: Contact, agent: Agent, *, by: User | None, at: datetime) -> None:
    """The two are together; a call back is being dialled first. The caller holds both locks."""
    is_to_dial = contact.channel == Contact.Channel.CALLBACK and contact.answered_at is None
    contact.state = State.DIALLING if is_to_dial else State.CONNECTED
    contact.agent = agent
    fields = ["state", "agent"]
    if is_to_dial:
        contact.tries += 1
        fields.append("tries")
    else:
        contact.answered_at = contact.answered_at or at
        fields.append("answered_at")
    contact.save(update_fields=fields)
    segment = open_segment(contact)
    segment.agent = agent
    if not is_to_dial:
        segment.answered_at, segment.outcome = at, Outcome.ANSWERED
    segment.save(update_fields=["agent", "answered_at", "outcome"])
    if agent.missed_in_a_row:
        agent.missed_in_a_row = 0
        agent.save(update_fields=["missed_in_a_row"])
    states.change_work(agent, Work.CONNECTED, contact=contact, at=at)
    record(Verb.CONNECTED, by=by, agent=agent, contact=contact, queue=contact.queue, dialling=is_to_dial)


def reject_offer(offer: Offer, *, by: User | None) -> Offer:
    """The agent lets it pass; it goes on to others at its old place. Raises as accepting does."""
    with transaction.atomic():
        offer, agent, contact = lock_offer(offer)
        _require_own(agent, by)
        if offer.state != Offer.State.PENDING:
            raise Refused(_("This contact is no longer yours to take."))
        at = clock.now()
        give_back(offer, agent, contact, Offer.State.REJECTED, by=by, at=at)
        states.fulfil_wish(agent, at=at)
    return offer


def expire_offers(limit: int = 200) -> int:
    """Offers that nobody answered in time. The second in a row means that nobody sits there. Returns how many."""
    at = clock.now()
    due = Offer.objects.filter(state=Offer.State.PENDING, expires_at__lte=at).order_by("expires_at")[:limit]
    expired = 0
    for offer in list(due):
        with transaction.atomic():
            fresh, agent, contact = lock_offer(offer)
            if fresh.state != Offer.State.PENDING:
                continue
            at = clock.now()
            give_back(fresh, agent, contact, Offer.State.TIMED_OUT, by=None, at=at)
            agent.missed_in_a_row += 1
            agent.save(update_fields=["missed_in_a_row"])
            if agent.missed_in_a_row > MISSES_ALLOWED:
                states.change_activity(agent, states.activity(Activity.NOT_RESPONDING), by=None, at=at, reason="missed")
            else:
                states.fulfil_wish(agent, at=at)
            expired += 1
    return expired


def take_back_offer(agent: Agent, *, by: User | None, at: datetime) -> None:
    """What is offered to this agent goes to others, since he is leaving. The caller holds his lock."""
    offer = Offer.objects.select_related("queue").filter(agent=agent, state=Offer.State.PENDING).first()
    if offer is not None:
        give_back(offer, agent, lock_contact(offer.contact_id), Offer.State.RESCINDED, by=by, at=at)


def give_back(offer: Offer, agent: Agent, contact: Contact, how: Offer.State, *, by: User | None, at: datetime) -> None:
    """The offer ends without an answer and the contact waits on at its old place. The caller holds both locks."""
    _settle(offer, how, at)
    contact.state = State.QUEUED
    contact.save(update_fields=["state"])
    states.change_work(agent, Work.IDLE, contact=None, at=at)
    record(Verb.OFFER_SETTLED, by=by, agent=agent, contact=contact, queue=offer.queue, how=how)
    wake()


def cancel_offer(offer: Offer, agent: Agent, contact: Contact, *, at: datetime) -> None:
    """The contact went away while it was offered; the agent is free again. The caller holds both locks."""
    _settle(offer, Offer.State.CANCELED, at)
    states.change_work(agent, Work.IDLE, contact=None, at=at)
    record(Verb.OFFER_SETTLED, by=None, agent=agent, contact=contact, queue=offer.queue, how=Offer.State.CANCELED)
    states.fulfil_wish(agent, at=at)
    wake()


def pending_offers(agent: Agent) -> Iterable[Offer]:
    """The agent's open offer, if there is one."""
    return Offer.objects.select_related("contact", "queue").filter(agent=agent, state=Offer.State.PENDING)


def _settle(offer: Offer, state: Offer.State, at: datetime) -> None:
    offer.state, offer.settled_at = state, at
    offer.save(update_fields=["state", "settled_at"])


def _require_own(agent: Agent, by: User | None) -> None:
    if by is not None and by.pk != agent.user_id:
        raise NotAllowed(_("This contact is offered to somebody else."))
