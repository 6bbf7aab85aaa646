"""What follows from a recorded event: each handler is one call into a room."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from tickets import absences, arrival_rules, group_closing, live, mentions, promises, telling
from tickets.broadcasts import late, ledger
from tickets.groups import group_event_recorded
from tickets.history import event_recorded
from tickets.models import Event, GroupEvent, Ticket, Verb
from tickets.similar import index as radar


@receiver(event_recorded)
def announce(sender: type[Event], event: Event, ticket: Ticket, **kwargs: Any) -> None:
    live.announce_event(event, ticket)


@receiver(event_recorded)
def settle_promise(sender: type[Event], event: Event, ticket: Ticket, **kwargs: Any) -> None:
    if event.verb == Verb.STATUS_CHANGED:
        promises.keep_promise_of_closed(ticket, by=event.by)


@receiver(event_recorded)
def hand_over_if_owner_is_away(sender: type[Event], event: Event, ticket: Ticket, **kwargs: Any) -> None:
    if event.verb == Verb.MESSAGE_RECEIVED:
        absences.hand_over_if_owner_is_away(event, ticket)


@receiver(event_recorded)
def take_mentions(sender: type[Event], event: Event, ticket: Ticket, **kwargs: Any) -> None:
    if event.verb == Verb.NOTED and "broadcast" not in event.data:
        mentions.take_mentions(event, ticket)


@receiver(event_recorded)
def apply_arrival_rules(sender: type[Event], event: Event, ticket: Ticket, **kwargs: Any) -> None:
    if event.verb in arrival_rules.FIRST_WORDS:
        arrival_rules.apply_rules(event, ticket)


@receiver(event_recorded)
def note_follow_up_of_group(sender: type[Event], event: Event, ticket: Ticket, **kwargs: Any) -> None:
    if event.verb == Verb.MESSAGE_RECEIVED:
        group_closing.note_follow_up(event, ticket)


@receiver(event_recorded)
def tell_late_joiner(sender: type[Event], event: Event, ticket: Ticket, **kwargs: Any) -> None:
    if event.verb == Verb.JOINED_GROUP:
        late.tell_late_joiner(ticket, event.data["group"])


@receiver(event_recorded)
def follow_deliveries(sender: type[Event], event: Event, ticket: Ticket, **kwargs: Any) -> None:
    ledger.follow_event(event, ticket)


@receiver(event_recorded)
def mark_radar_pending(sender: type[Event], event: Event, ticket: Ticket, **kwargs: Any) -> None:
    radar.mark_pending(event, ticket)


# Last, so that it asks who owns the ticket after the others have had their say.
@receiver(event_recorded)
def tell_event(sender: type[Event], event: Event, ticket: Ticket, **kwargs: Any) -> None:
    telling.tell_event(event)


@receiver(group_event_recorded)
def tell_group_event(sender: type[GroupEvent], event: GroupEvent, **kwargs: Any) -> None:
    telling.tell_group_event(event)
