"""Moves the contact to where its call stands, by the rooms' own acts: step by step, each safe to try again."""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils.translation import gettext as _

from contactcenter import callbacks, callers, clock, contacts, deciding, handling, loans, routing, states, wrap_ups
from contactcenter.log import Verb, record
from contactcenter.models import Agent, Contact, Exchange, Offer, Outcome, QueueMembership, Work
from contactcenter.telephony import exchanges
from contactcenter.telephony.events import Cause, Picture, Stage
from tickets.errors import Refused

log = logging.getLogger(__name__)

State = Contact.State
MOST_STEPS = 12
MOST_CONFLICTS = 3  # somebody else moved the contact between our look and our act

OUTCOMES = {
    Cause.TIMEOUT: Outcome.TIMED_OUT,
    Cause.NO_AGENTS: Outcome.NO_AGENTS,
    Cause.FULL: Outcome.REJECTED,
    Cause.WITHDRAWN: Outcome.WITHDRAWN,
    Cause.EXIT_KEY: Outcome.EXIT_KEY,
    Cause.VOICEMAIL: Outcome.TO_VOICEMAIL,
    Cause.FORWARDED: Outcome.OVERFLOWED,
    Cause.BUSY: Outcome.NO_REPLY,
    Cause.NO_ANSWER: Outcome.NO_REPLY,
    Cause.CONGESTION: Outcome.FAILED,
    Cause.NOT_FOUND: Outcome.FAILED,
}


class Stuck(Exception):
    """The contact can't be brought to where its call stands; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def contact_of(exchange: Exchange, call_id: str) -> Contact | None:
    """The contact of this call, if it has one."""
    return Contact.objects.filter(provider=exchange.code, provider_call_id=call_id).first()


def follow(exchange: Exchange, call_id: str, picture: Picture) -> tuple[Contact, str]:
    """Brings the contact to where the call stands. Returns it, and why it came no further ("" when it did)."""
    contact = contact_of(exchange, call_id) or _open(exchange, call_id, picture)
    conflicts = 0
    for _number in range(MOST_STEPS):
        contact = Contact.objects.select_related("queue", "agent__user").get(pk=contact.pk)
        try:
            with transaction.atomic():
                if not _step_on(exchange, contact, picture):
                    return contact, ""
        except Stuck as stuck:
            return contact, stuck.code
        except Refused as refusal:
            conflicts += 1
            log.info("a call's contact moved meanwhile", extra={"contact": contact.pk, "why": str(refusal)})
            if conflicts > MOST_CONFLICTS:
                return contact, "conflict"
    return contact, "conflict"


def _open(exchange: Exchange, call_id: str, picture: Picture) -> Contact:
    """A contact of its own, or the call back that the agent is just dialling."""
    if picture.is_outgoing and (agent := exchanges.agent_of(picture.by_user or picture.user)) is not None:
        dialled = Contact.objects.filter(agent=agent, state=State.DIALLING, provider_call_id="").first()
        if dialled is not None and callers.is_same_number(dialled.number, picture.callee):
            with transaction.atomic():
                dialled = routing.lock_contact(dialled)
                dialled.provider, dialled.provider_call_id = exchange.code, call_id
                dialled.save(update_fields=["provider", "provider_call_id"])
            return dialled
    contact = contacts.open_contact(
        Contact.Channel.CALL,
        by=None,
        customer=callers.find_person(picture.number),
        number=picture.number,
        direction=Contact.Direction.OUT if picture.is_outgoing else Contact.Direction.IN,
        provider=exchange.code,
        provider_call_id=call_id,
        linked_id=picture.linked_id,
    )
    if exchange.distributes and not contact.is_routed_outside:
        contact.is_routed_outside = True
        contact.save(update_fields=["is_routed_outside"])
    return contact


def _step_on(exchange: Exchange, contact: Contact, picture: Picture) -> bool:
    """One act towards the picture. False when the contact is where it belongs."""
    if contact.is_over:
        return False
    if _has_to_join(contact, picture):
        _join(exchange, contact, picture)
        return True
    if picture.stage == Stage.OVER:
        return _end(contact, picture)
    if picture.stage in (Stage.CONNECTED, Stage.HELD):
        return _be_with(contact, picture)
    if picture.stage == Stage.RINGING and contact.state == State.QUEUED and contact.is_routed_outside:
        return _ring(contact, picture)
    return False


# --- the line --------------------------------------------------------------------------------------------------------


def _has_to_join(contact: Contact, picture: Picture) -> bool:
    """It has been in fewer lines than the call was."""
    if picture.is_outgoing or not picture.queued_times:
        return False
    if contact.state in (State.DIALLING, State.RETRY_WAIT):
        return False
    return contact.segments.count() < picture.queued_times and contact.channel == Contact.Channel.CALL


def _join(exchange: Exchange, contact: Contact, picture: Picture) -> None:
    queue = exchanges.queue_of(exchange, picture.queue)
    if queue is None:
        if picture.stage != Stage.OVER:
            raise Stuck("unknown_queue")
        handling.close(routing.lock_contact(contact), _outcome(contact, picture), by=None, at=clock.now())
        return
    if contact.state in (State.CONNECTED, State.HELD):
        contacts.transfer_contact(contact, to=queue, by=None)
        return
    if contact.state == State.NEW and not contact.is_routed_outside:
        contacts.receive_contact(contact, queue=queue, by=None)
        return
    contact, agent = handling.lock_with_agent(contact)
    if not _has_to_join(contact, picture) or contact.state in Contact.WITH_AGENT:
        return  # another event of the call was quicker
    at = clock.now()
    handling.cancel_offer(contact, agent, at)
    handling.leave_segment(contact, Outcome.OVERFLOWED, at)
    routing.put_in_line(contact, queue, by=None, at=at, queued_at=contact.queued_at or at)
    routing.wake()


def _ring(contact: Contact, picture: Picture) -> bool:
    """The first of those who ring, and is free, has it on offer; it is answered by whoever answers."""
    assert contact.queue_id is not None  # a waiting contact has one, by constraint
    for agent in filter(None, map(exchanges.agent_of, picture.users_rung)):
        seat = QueueMembership.objects.current().filter(agent=agent, queue=contact.queue_id).first()
        choice = deciding.Choice(contact.pk, agent.pk, contact.queue_id, seat.level if seat else 1)
        if routing.offer_contact(choice, skip_locked=False) is routing.Try.MADE:
            break
    return False


# --- with somebody ---------------------------------------------------------------------------------------------------


def _be_with(contact: Contact, picture: Picture) -> bool:
    agent = exchanges.agent_of(picture.user)
    if agent is None:
        _answered_by_a_stranger(contact)
        return contact.state not in Contact.WITH_AGENT
    if contact.state in Contact.WITH_AGENT and contact.agent_id == agent.pk:
        if contact.state == State.DIALLING:
            callbacks.reach_person(contact, by=None)
        elif contact.state == State.CONNECTED and picture.stage == Stage.HELD:
            contacts.hold_contact(contact, by=None)
        elif contact.state == State.HELD and picture.stage == Stage.CONNECTED:
            contacts.resume_contact(contact, by=None)
        else:
            return False
        return True
    if contact.state in (State.CONNECTED, State.HELD):
        if contact.queue is None:
            raise Stuck("no_queue")
        contacts.transfer_contact(contact, to=contact.queue, by=None)
        return True
    _bring_together(contact, agent)
    return True


def _bring_together(contact: Contact, agent: Agent) -> None:
    """One step of it: an offer to somebody else is taken back first, alone, since agents are locked before contacts."""
    others = Offer.objects.filter(contact=contact, state=Offer.State.PENDING).exclude(agent=agent)
    if others.exists():
        fresh, other = handling.lock_with_agent(contact)
        if fresh.state == State.OFFERED and other is not None and other.pk != agent.pk:
            offer = Offer.objects.select_related("queue").get(contact=fresh, state=Offer.State.PENDING)
            routing.give_back(offer, other, fresh, Offer.State.RESCINDED, by=None, at=clock.now())
        return
    _make_free(agent, contact)
    _connect(contact, agent)


def _make_free(agent: Agent, contact: Contact) -> None:
    """Whoever answers has hung up before: an end that got lost is made up for, a wrap-up is cut short."""
    busy = Contact.objects.filter(agent=agent, state__in=Contact.WITH_AGENT).exclude(pk=contact.pk).first()
    if busy is None:
        return
    if busy.state != State.WRAP_UP:
        if busy.channel == Contact.Channel.CHAT or not busy.provider_call_id:
            raise Stuck("agent_busy")
        contacts.hang_up(busy, by=None)
    if Agent.objects.filter(pk=agent.pk, work=Work.WRAP_UP).exists():
        wrap_ups.finish_wrap_up(agent, by=None)


def _connect(contact: Contact, agent: Agent) -> None:
    agent = states.lock_agent(agent)
    loans.lock_way_back(agent)
    contact = routing.lock_contact(contact)
    if contact.agent_id == agent.pk and contact.state in Contact.WITH_AGENT:
        return  # another event of the call was quicker
    if contact.state not in (State.NEW, State.QUEUED, State.OFFERED):
        raise Refused(_("The contact has just gone to somebody else. Try again."))
    at = clock.now()
    offer = Offer.objects.filter(contact=contact, agent=agent, state=Offer.State.PENDING).first()
    if offer is not None:
        routing.accept_offer(offer, by=agent.user)
        return
    if contact.state == State.OFFERED:  # to somebody else, since we looked
        raise Refused(_("The contact has just gone to somebody else. Try again."))
    if agent.work == Work.OFFERED:
        routing.take_back_offer(agent, by=None, at=at)
        agent = states.read_agent(agent.pk)
    if agent.work != Work.IDLE:
        raise Stuck("agent_busy")
    if contact.state == State.QUEUED:
        routing.connect(contact, agent, by=agent.user, at=at)
    else:  # straight to the agent, through no line
        contact.state, contact.agent, contact.answered_at = State.CONNECTED, agent, at
        contact.save(update_fields=["state", "agent", "answered_at"])
        states.change_work(agent, Work.CONNECTED, contact=contact, at=at)
        record(Verb.CONNECTED, by=agent.user, agent=agent, contact=contact, queue=None, dialling=False)


def _answered_by_a_stranger(contact: Contact) -> None:
    """Somebody answered whom we don't know: it waits no longer, and it was answered."""
    with transaction.atomic():
        contact, agent = handling.lock_with_agent(contact)
        if contact.state in Contact.WITH_AGENT or contact.is_over:
            return
        at = clock.now()
        handling.cancel_offer(contact, agent, at)
        contact.answered_at = at
        contact.save(update_fields=["answered_at"])
        contact.segments.filter(left_at__isnull=True).update(answered_at=at)
        handling.close(contact, Outcome.ANSWERED, by=None, at=at)


# --- the end ---------------------------------------------------------------------------------------------------------


def _end(contact: Contact, picture: Picture) -> bool:
    if contact.state == State.DIALLING and picture.was_answered:
        callbacks.reach_person(contact, by=None)
        return True
    if contact.state in Contact.WITH_AGENT:
        contacts.hang_up(contact, by=None)
        return True
    if picture.was_answered:
        agent = exchanges.agent_of(picture.answered_by)
        if agent is None:
            _answered_by_a_stranger(contact)
            return True
        _bring_together(contact, agent)
        return True
    if picture.cause in OUTCOMES:
        contacts.leave_line(contact, outcome=_outcome(contact, picture), by=None)
    else:
        contacts.hang_up(contact, by=None)
    return True


def _outcome(contact: Contact, picture: Picture) -> Outcome:
    if picture.was_answered:
        return Outcome.ANSWERED
    return OUTCOMES.get(picture.cause or Cause.NORMAL, Outcome.ABANDONED)
