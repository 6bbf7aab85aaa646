"""Which notices somebody may still read: the right is asked again each time, behind the bell and before a mail."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from tickets.models import GroupMembership, Notice, Right, Ticket, User


def notices_of(user: User) -> QuerySet[Notice]:
    """The person's notices of tickets, groups and teams that he still sees."""
    found = Notice.objects.filter(user=user)
    if not user.is_active or not user.is_agent:
        return found.none()
    if user.is_admin:
        return found
    reading = {Right.READ, Right.ALL}
    teams = [team for team, rights in user.rights_by_team.items() if rights & reading]
    worked = Ticket.objects.worked_by(user)
    # Both are asked for one notice at a time: read as a whole, the tickets would be all that the agent works on, and a
    # group may have thousands. `inside` is `TicketGroupQuerySet.worked_by`.
    inside = GroupMembership.objects.current().filter(group=OuterRef("group"), ticket__in=worked)
    of_group = Q(group__team__in=teams) | Q(group__owner=user) | Exists(inside)
    return found.filter(
        Q(group__isnull=True, ticket=Subquery(worked.filter(pk=OuterRef("ticket")).values("pk")))
        | (Q(group__isnull=False) & of_group)
        | Q(group__isnull=True, ticket__isnull=True, team__in=teams)
    )
