"""Builders for the tests of broadcasts: a group, its members, what is sent to it."""

from __future__ import annotations

from typing import Any

from tests import make
from tickets import groups
from tickets.broadcasts import drain, plan, sending
from tickets.models import (
    Broadcast,
    Delivery,
    Event,
    GroupMembership,
    Ticket,
    TicketGroup,
    User,
)

Kind = Broadcast.Kind
State = Broadcast.State
TEXTS = {"hu": "Kedves {first_name}! A VPN áll, dolgozunk rajta. A jegy száma: {number}", "en": "VPN down. {number}"}


def member(group: TicketGroup, customer: User | None = None, **fields: Any) -> Ticket:
    ticket = make.ticket("VPN", team=group.team, customer=customer, **fields)
    groups.join_group(group, ticket=ticket, by=None, how=GroupMembership.How.TYPED)
    return ticket


def order(kind: Broadcast.Kind = Kind.REPLY, **fields: Any) -> plan.Order:
    return plan.Order(kind=kind, **({"texts": TEXTS} | fields))


def send(group: TicketGroup, by: User, kind: Broadcast.Kind = Kind.REPLY, **fields: Any) -> Broadcast:
    """Sent and delivered."""
    broadcast = sending.send_broadcast(group, order(kind, **fields), by=by)
    drain.deliver_broadcasts()
    broadcast.refresh_from_db()
    return broadcast


def delivery(broadcast: Broadcast, person: User | None) -> Delivery:
    return Delivery.objects.get(broadcast=broadcast, person=person)


def verbs(ticket: Ticket) -> list[str]:
    return list(Event.objects.filter(ticket=ticket).values_list("verb", flat=True))
