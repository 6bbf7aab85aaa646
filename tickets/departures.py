"""When somebody leaves: he is deactivated, never deleted, and what he worked on goes back to its teams."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from tickets.configuration import Act, record_change, snapshot
from tickets.lifecycle import change_responsible, unassign_ticket
from tickets.models import Ticket, User
from tickets.people import require_not_last_admin
from tickets.promises import withdraw_promise


def deactivate_person(person: User, *, by: User) -> int:
    """Ends his access at once, tokens included. Returns how many open tickets went back to their teams.

    Raises Refused for oneself and for the last administrator.
    """
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
        if person.is_admin or person.pk == by.pk:
            require_not_last_admin(person, by=by)
        before = snapshot(person)
        person.is_active = False
        person.save(update_fields=["is_active"])
        record_change(person, act=Act.CHANGED, before=before, after=snapshot(person), by=by)
        person.api_tokens.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())
        return _hand_back(person, by=by)


def _hand_back(person: User, *, by: User) -> int:
    promised = Q(promises__who=person, promises__state__in=["asked", "accepted"])
    work = Ticket.objects.open().filter(Q(owner=person) | Q(responsible=person) | promised).distinct().order_by("pk")
    tickets = list(work)
    for ticket in tickets:
        if ticket.owner_id == person.pk:
            unassign_ticket(ticket, by=by)
        if ticket.responsible_id == person.pk:
            change_responsible(ticket, to=None, by=by)
        if ticket.promises.filter(who=person, state__in=["asked", "accepted"]).exists():
            withdraw_promise(ticket, by=by)
    return len(tickets)
