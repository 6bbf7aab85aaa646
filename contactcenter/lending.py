"""What a helper leaves behind, and which queues help which already: asked before anybody is lent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from contactcenter.models import Loan, QueueMembership
from tickets.models import Promise, Ticket


def at_risk(agents: Collection[int], *, until: datetime) -> dict[int, int]:
    """How many open tickets of each of these agents fall due before `until`: owned, or an answer promised."""
    mine: dict[int, set[int]] = {}
    owned = Ticket.objects.open().filter(owner__centre_agent__in=agents, due_at__lt=until)
    promised = Promise.objects.open().filter(who__centre_agent__in=agents, by_when__lt=until)
    for agent, ticket in owned.values_list("owner__centre_agent", "pk"):
        mine.setdefault(agent, set()).add(ticket)
    for agent, ticket in promised.values_list("who__centre_agent", "ticket"):
        mine.setdefault(agent, set()).add(ticket)
    return {agent: len(tickets) for agent, tickets in mine.items()}


def running_loans() -> set[tuple[int, int]]:
    """The open loans between queues, as (home queue, queue of the loan)."""
    homes = QueueMembership.objects.current().filter(kind=QueueMembership.Kind.HOME, agent__loans__state__in=Loan.OPEN)
    return set(homes.values_list("queue", "agent__loans__queue").filter(agent__loans__state__in=Loan.OPEN))
