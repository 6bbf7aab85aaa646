"""What an agent makes of a proposal: he joins the group, makes a group, or says that the two are not alike."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets.errors import Refused
from tickets.groups import group_of, join_group, open_group
from tickets.models import GroupMembership, Likeness, Ticket, TicketGroup, User
from tickets.similar.finding import newest_reports
from tickets.similar.titles import title_of

RADAR = GroupMembership.How.RADAR


def join_alike_group(ticket: Ticket, group: TicketGroup, *, by: User) -> GroupMembership:
    """The ticket goes into the group that it is alike to."""
    return join_group(group, ticket=ticket, by=by, how=RADAR)


def join_all_alike(tickets: Sequence[Ticket], group: TicketGroup, *, by: User) -> None:
    """All of these go into the group, or none: Refused names the one that is in another open group."""
    with transaction.atomic():
        for ticket in sorted(tickets, key=lambda one: one.pk):
            join_group(group, ticket=ticket, by=by, how=RADAR)


def group_alike(ticket: Ticket, others: Sequence[Ticket], *, by: User, title: str = "") -> TicketGroup:
    """The ticket and these others as one group: its own, if it is in one, else a new one of its team's.

    Raises Refused when none is chosen, or one of them is in another open group.
    """
    others = [other for other in others if other.pk != ticket.pk]
    if not others:
        raise Refused(_("Tick at least one of the alike tickets."), field="ticket")
    with transaction.atomic():
        group = group_of(ticket)
        if group is None:
            return open_group(
                title.strip() or title_of([ticket.title, *(other.title for other in others)]),
                team=ticket.team,
                by=by,
                tickets=[ticket, *others],
                how=RADAR,
            )
        join_all_alike(others, group, by=by)
    return group


def reject_alike(ticket: Ticket, other: Ticket, *, by: User) -> Likeness:
    """Not the same fault: neither is proposed on the other's page again."""
    return _judge(ticket, other, rejected_at=timezone.now(), rejected_by=by)


def reject_for_group(group: TicketGroup, other: Ticket, *, by: User) -> None:
    """Not the group's fault: judged against the reports by which it was found, so the group's page is silent of it."""
    with transaction.atomic():
        for report in newest_reports(group, by=by):
            reject_alike(report, other, by=by)


def accept_alike(ticket: Ticket, other: Ticket) -> Likeness:
    """Takes that back."""
    return _judge(ticket, other, rejected_at=None, rejected_by=None)


def _judge(ticket: Ticket, other: Ticket, **verdict: object) -> Likeness:
    """One row for the two, whichever came first."""
    if ticket.pk == other.pk:
        raise Refused(_("A ticket is always alike to itself."))
    later, earlier = sorted((ticket, other), key=lambda one: one.pk, reverse=True)
    with transaction.atomic():
        backwards = Likeness.objects.filter(ticket=earlier, other=later)
        if backwards.update(**verdict):
            return backwards.get()
        pair, _created = Likeness.objects.update_or_create(
            ticket=later, other=earlier, defaults=verdict, create_defaults=verdict | {"score": 0.0}
        )
    return pair
