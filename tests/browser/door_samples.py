"""The contact centre's doors in the demo, for the addresses in `PAGES`: run inside the house."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q

from contactcenter import (
    activities,
    chats,
    clock,
    contacts,
    memberships,
    permissions,
    queues,
    routing,
    states,
    wishes,
    wrap_ups,
)
from contactcenter.models import Agent, CallEvent, Chat, Contact, Exchange, Offer, Queue, Work
from contactcenter.telephony import exchanges, receiving
from tickets.models import Team, User

LINE = "Ügyfélvonal (minta)"


def person(name: str) -> User:
    return User.objects.get(email__startswith=f"{name}@")


def line() -> Queue:
    """A queue that offers chat and call back."""
    team = Team.objects.get(name="Helpdesk")
    found = Queue.objects.filter(name=LINE).first()
    return found or queues.add_queue(LINE, team=team, by=None, is_chat_offered=True, is_callback_offered=True)


def agent(name: str) -> Agent:
    """This colleague as an agent who serves the line."""
    user = person(name)
    found = permissions.agent_of(user) or states.add_agent(user, home_team=line().team, by=None)
    memberships.join_queue(found, queue=line(), by=None)
    return found


def ended_chat(customer: str, serves: str) -> int:
    """A chat of the two that is over, written once."""
    who, user = agent(serves), person(customer)
    known = Chat.objects.filter(contact__customer=user, contact__agent=who, contact__state__in=Contact.OVER).first()
    if known is not None:
        return known.pk
    chat = chats.start_chat(line(), text="Nem indul a levelezőprogram.", by=user)
    contact = _join(chat, who)
    chats.say(chat, text="Jó napot! Melyik gépen?", by=who.user)
    chats.say(chat, text="Az irodai laptopon, reggel óta.", by=user)
    contacts.hang_up(contact, by=who.user)
    activities.sign_out(who, by=who.user)
    return chat.pk


def _join(chat: Chat, who: Agent) -> Contact:
    """Into the chat past the line, whatever else the agent's day has in it and the house offers him meanwhile."""
    be_there(who)
    for _round in range(20):
        for offer in Offer.objects.filter(Q(agent=who) | Q(contact=chat.contact), state=Offer.State.PENDING):
            if (offer.agent_id, offer.contact_id) == (who.pk, chat.contact_id):
                return routing.accept_offer(offer, by=who.user)
            routing.reject_offer(offer, by=None)
        with transaction.atomic():
            agent, contact = states.lock_agent(who), routing.lock_contact(chat.contact)
            if agent.work == Work.IDLE and contact.state == Contact.State.QUEUED:
                routing.connect(contact, agent, by=None, at=clock.now())
                return contact
    raise LookupError(f"{who} could not join the chat")


def be_there(who: Agent) -> None:
    """Signed in with nobody on the line, and not taken for gone while no page of his is open."""
    for contact in Contact.objects.filter(agent=who, state__in=Contact.WITH_AGENT):
        contacts.hang_up(contact, by=None)
    if states.read_agent(who.pk).work == Work.WRAP_UP:
        wrap_ups.finish_wrap_up(who, by=None)
    activities.keep_activity(who, by=who.user)  # a sign-out that waits for the end of a wrap-up
    activities.sign_in(who, by=who.user)
    Agent.objects.filter(pk=who.pk).update(heartbeat_at=None)


def exchange() -> int:
    """An exchange that has sent something odd."""
    found = Exchange.objects.filter(code="minta").first()
    if found is None:
        found, _token, _secret = exchanges.add_exchange("Minta", kind=Exchange.Kind.WEBHOOK, by=None)
    if not CallEvent.objects.filter(exchange=found).exists():
        receiving.refuse(found, '{"event": "explode"}', reason="unknown_event")
    return found.pk


def samples() -> dict[str, Any]:
    """What the addresses name."""
    found = {
        "chat": ended_chat("kovacs.anna", "ben"),
        "english_chat": ended_chat("mark.ellis", "grace"),
        "exchange": exchange(),
    }
    wishes.ask_for_callback(line(), number="+36 30 555 0100", by=person("kovacs.anna"), text="A számláról.")
    return found
