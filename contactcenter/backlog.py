"""The help desk's backlog beside the queues: each team's open tickets, as far as the reader works on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.utils import timezone

from tickets.models import Ticket, User

SOON = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Backlog:
    """A team's open tickets: how many, without an owner, overdue, due within the hour; the oldest and the next due."""

    team_id: int
    team: str
    open: int
    unowned: int
    late: int
    soon: int
    oldest: datetime
    next_due: datetime | None


def read_backlog(user: User) -> list[Backlog]:
    """Of every team with open tickets that this person works on, the most pressing first; one query."""
    now = timezone.now()
    rows = (
        Ticket.objects.worked_by(user)
        .open()
        .order_by()
        .values("team", "team__name")
        .annotate(
            all=Count("pk"),
            unowned=Count("pk", filter=Q(owner__isnull=True)),
            late=Count("pk", filter=Q(due_at__lt=now)),
            soon=Count("pk", filter=Q(due_at__gte=now, due_at__lt=now + SOON)),
            oldest=Min("opened_at"),
            next_due=Min("due_at", filter=Q(due_at__gte=now)),
        )
    )
    found = [
        Backlog(
            team_id=row["team"],
            team=row["team__name"],
            open=row["all"],
            unowned=row["unowned"],
            late=row["late"],
            soon=row["soon"],
            oldest=row["oldest"],
            next_due=row["next_due"],
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (-one.late, -one.soon, -one.open, one.team))
