"""The contact centre's history: `record` is the single place from which it and live updates hang."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.dispatch import Signal

from contactcenter import clock
from contactcenter.models import Agent, CentreEvent, Contact, Loan, Queue
from tickets.models import Ticket, User

Verb = CentreEvent.Verb

# Sent inside the transaction of the act: sender=CentreEvent, event=CentreEvent.
centre_event_recorded = Signal()


def record(
    verb: Verb,
    *,
    by: User | None,
    agent: Agent | None = None,
    queue: Queue | None = None,
    contact: Contact | None = None,
    loan: Loan | None = None,
    ticket: Ticket | None = None,
    **data: Any,
) -> CentreEvent:
    """Writes one line; to be called last in the act's transaction, with its locks held.

    `data` holds ids, codes and numbers only, never words of people. Raises RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("record() belongs inside the transaction of the act it records")
    event = CentreEvent.objects.create(
        verb=verb,
        by=by,
        agent=agent,
        queue=queue,
        contact=contact,
        loan=loan,
        ticket=ticket,
        data=data,
        recorded_at=clock.at_writing(),
    )
    centre_event_recorded.send(CentreEvent, event=event)
    return event
