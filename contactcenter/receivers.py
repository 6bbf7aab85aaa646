"""What follows from a recorded event: each handler is one call into a room."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.dispatch import receiver

from contactcenter import chat_filing, chats, live, unmet
from contactcenter.log import Verb, centre_event_recorded
from contactcenter.models import CentreEvent, Contact
from tickets.live import tell_people


@receiver(centre_event_recorded)
def announce(sender: type[CentreEvent], event: CentreEvent, **kwargs: Any) -> None:
    queues = [event.queue_id] if event.queue_id else []
    live.announce_load(queues, agent_id=event.agent_id, user_id=event.agent.user_id if event.agent else None)


@receiver(centre_event_recorded)
def repair_waits(sender: type[CentreEvent], event: CentreEvent, **kwargs: Any) -> None:
    """Who hung up or waited too long is called back; who has been reached need not be any more."""
    contact = event.contact
    if contact is None:
        return
    if event.verb == Verb.ENDED:
        unmet.note_unmet(contact)
    elif event.verb == Verb.CONNECTED and not event.data.get("dialling"):
        unmet.settle_unmet(contact)


@receiver(centre_event_recorded)
def follow_chat(sender: type[CentreEvent], event: CentreEvent, **kwargs: Any) -> None:
    """A chat says what happens to its contact, and is filed when it is over."""
    contact = event.contact
    if contact is None or contact.channel != Contact.Channel.CHAT:
        return
    if event.verb == Verb.CONNECTED and event.agent is not None:
        chats.contact_connected(contact, event.agent)
    elif event.verb in (Verb.QUEUED, Verb.OFFERED, Verb.OFFER_SETTLED, Verb.HELD, Verb.RESUMED):
        chats.contact_moved(contact)
    elif event.verb == Verb.ENDED and (chat := chats.contact_ended(contact, by=event.by)) is not None:
        # A failure is logged by Django; the timetable files it anyway.
        transaction.on_commit(lambda: chat_filing.file_chat(chat), robust=True)


@receiver(centre_event_recorded)
def tell_who_waits_for_a_call(sender: type[CentreEvent], event: CentreEvent, **kwargs: Any) -> None:
    """Whoever asked to be called back sees where it stands."""
    contact = event.contact
    if contact is not None and contact.channel == Contact.Channel.CALLBACK and contact.customer_id:
        tell_people([contact.customer_id], "callback")
