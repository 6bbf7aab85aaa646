"""Agents' devices: signs of life, and what happens when they stop."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from contactcenter import clock, contacts, routing, states
from contactcenter.log import Verb, record
from contactcenter.models import Agent, Contact, Work

LOST_AFTER = timedelta(seconds=45)


def heartbeat(agent: Agent) -> None:
    """The agent's page is alive. After a loss he gets contacts again."""
    at = clock.now()
    # One statement without a lock held over reading: it comes every few seconds from everybody.
    if Agent.objects.filter(pk=agent.pk, device_lost_at__isnull=True).update(heartbeat_at=at):
        return
    with transaction.atomic():
        agent = states.lock_agent(agent)
        agent.heartbeat_at, was_lost = at, agent.device_lost_at is not None
        agent.device_lost_at = None
        agent.save(update_fields=["heartbeat_at", "device_lost_at"])
        if was_lost:
            record(Verb.DEVICE_FOUND, by=None, agent=agent)
            routing.wake()


def lose_devices(limit: int = 200) -> int:
    """Whoever is signed in and has shown no sign of life for 45 seconds gets nothing more. Returns how many.

    What is offered to him goes to others and a chat waits again, both at their old age; a call goes on, since the
    phone needs no page. Who signed in from the exchange alone never showed a sign and is left alone.
    """
    before = clock.now() - LOST_AFTER
    silent = Agent.objects.present().filter(heartbeat_at__lt=before, device_lost_at__isnull=True)
    return sum(_lose(pk) for pk in list(silent.values_list("pk", flat=True)[:limit]))


def _lose(key: int) -> bool:
    """False when the agent has shown a sign of life after all."""
    with transaction.atomic():
        agent = states.lock_agent(key)
        at = clock.now()
        if agent.device_lost_at is not None or agent.heartbeat_at is None or agent.heartbeat_at >= at - LOST_AFTER:
            return False
        agent.device_lost_at = at
        agent.save(update_fields=["device_lost_at"])
        record(Verb.DEVICE_LOST, by=None, agent=agent)
        if agent.work == Work.OFFERED:
            routing.take_back_offer(agent, by=None, at=at)
            states.fulfil_wish(agent, at=at)
            return True
        # With the agent's lock held nobody else can end it meanwhile.
        with_him = Contact.objects.filter(agent=agent, channel=Contact.Channel.CHAT)
        chat = with_him.filter(state__in=[Contact.State.CONNECTED, Contact.State.HELD]).first()
        if chat is not None:
            contacts.requeue_contact(chat, by=None)
    return True
