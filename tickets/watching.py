"""Watching: an agent hears of a ticket that is not his. Nobody is made to watch by writing on it."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from tickets.errors import Refused
from tickets.history import record
from tickets.lifecycle import lock_ticket
from tickets.merge_paths import refuse_change_of_merged
from tickets.models import Ticket, User, Verb, Watch


def watch_ticket(ticket: Ticket, *, by: User) -> Watch:
    """From now on every notable change of it is behind the person's bell."""
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        if not Ticket.objects.worked_by(by).filter(pk=ticket.pk).exists():
            raise Refused(_("Only who sees the ticket from the inside can watch it."))
        refuse_change_of_merged(ticket)
        watch, created = Watch.objects.get_or_create(ticket=ticket, user=by)
        if created:
            record(ticket, Verb.WATCHED, by=by)
    return watch


def unwatch_ticket(ticket: Ticket, *, by: User) -> None:
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        removed, _rows = Watch.objects.filter(ticket=ticket, user=by).delete()
        if removed:
            record(ticket, Verb.UNWATCHED, by=by)
