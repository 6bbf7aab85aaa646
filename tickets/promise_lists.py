"""Somebody's promises in lists: asked of him, his own, asked by him of others, and those of colleagues who are away."""

from __future__ import annotations

from dataclasses import dataclass

from tickets import absences
from tickets.models import Promise, Ticket, User
from tickets.models.tickets import PromiseQuerySet

MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class PromiseLists:
    """Each in order of its time."""

    asked_of_me: list[Promise]
    mine: list[Promise]
    asked_of_others: list[Promise]
    of_absent: list[Promise]

    @property
    def is_empty(self) -> bool:
        return not (self.asked_of_me or self.mine or self.asked_of_others or self.of_absent)


def promises_for(user: User) -> PromiseLists:
    """Four queries at most. What he asked of others is shown while he sees the ticket."""
    own = list(_listed(Promise.objects.filter(who=user)))
    asked = _listed(Promise.objects.filter(asked_by=user, ticket__in=Ticket.objects.worked_by(user)).exclude(who=user))
    asked_of_others = list(asked)
    known = {promise.pk for promise in asked_of_others}
    return PromiseLists(
        asked_of_me=[promise for promise in own if promise.state == Promise.State.ASKED],
        mine=[promise for promise in own if promise.state == Promise.State.ACCEPTED],
        asked_of_others=asked_of_others,
        of_absent=[promise for promise in absences.promises_of_absent(user) if promise.pk not in known],
    )


def _listed(promises: PromiseQuerySet) -> PromiseQuerySet:
    return (
        promises.open()
        .select_related("who", "asked_by", "ticket__customer", "ticket__team", "ticket__status")
        .order_by("by_when")[:MOST_LISTED]
    )
