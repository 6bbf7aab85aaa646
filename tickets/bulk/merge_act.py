"""Merging a selection of one customer's tickets into one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from tickets import linking, merging, permissions
from tickets.bulk.acts import ACTS, Act
from tickets.errors import Refused
from tickets.models import Ticket, User
from tickets.models.tickets import TicketQuerySet


class MergeInto(Act):
    """All others point at this one."""

    code = "merge"
    restores = ("merge",)

    def __init__(self, target: Ticket) -> None:
        self.target = target

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> MergeInto:
        target = Ticket.objects.filter(pk=values["into"]).first()
        if target is None:
            raise Refused(_("There is no such ticket."))
        return cls(merging.target_of(target))

    @property
    def title(self) -> str:
        return _("Merge into %(number)s “%(title)s”") % {"number": self.target.number, "title": self.target.title}

    @property
    def values(self) -> dict[str, Any]:
        return {"into": self.target.pk}

    def may(self, by: User, ticket: Ticket) -> bool:
        return permissions.can_merge(by, ticket)

    def is_so(self, ticket: Ticket, by: User) -> bool:
        return ticket.merged_into_id == self.target.pk

    def check(self, ticket: Ticket, by: User) -> None:
        if ticket.customer_id is None or ticket.customer_id != self.target.customer_id:
            raise Refused(_("Not of the same customer as %(number)s.") % {"number": self.target.number})
        merging.check_merge(ticket, self.target, by=by)  # asks, but only for the tickets of one person

    def perform(self, ticket: Ticket, by: User) -> object:
        return merging.merge_ticket(ticket, into=self.target, by=by)


def merge_selection(tickets: TicketQuerySet, number: str, *, by: User) -> tuple[MergeInto, TicketQuerySet]:
    """The act, and the tickets that it is about: into the one with this number, by default the oldest open one."""
    if number.strip():
        target = merging.target_of(linking.ticket_of_number(number, by=by))
    else:
        alone = tickets.filter(merged_into__isnull=True)
        oldest = alone.open().order_by("opened_at", "pk").first() or alone.order_by("opened_at", "pk").first()
        if oldest is None:
            raise Refused(_("Select tickets first."))
        target = oldest
    others = tickets.exclude(pk=target.pk)
    if not others.exists():
        raise Refused(_("Select at least two tickets of one customer."))
    return MergeInto(target), others


ACTS[MergeInto.code] = MergeInto
