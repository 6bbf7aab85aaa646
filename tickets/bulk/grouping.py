"""The act that puts many tickets into a group of reports of one fault."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from tickets import groups, permissions
from tickets.bulk.act import Act
from tickets.errors import Refused
from tickets.models import GroupMembership, Team, Ticket, TicketGroup, User
from tickets.models.tickets import TicketQuerySet


class PutInGroup(Act):
    """Puts them into a group of reports of one fault: one there is, or a new one that is opened as the run starts."""

    code = "group"
    restores = ("group",)

    def __init__(
        self,
        group: TicketGroup | None = None,
        *,
        title: str = "",
        team: Team | None = None,
        how: groups.How = groups.How.SELECTION,
    ) -> None:
        self.group, self.title_of_new, self.team, self.how = group, title, team, how
        if group is None:
            self.title_of_new = groups.clean_title(title)
            if team is None:
                raise Refused(_("Choose the team that looks after the group."), field="team")
        elif not group.is_open:
            raise Refused(_("The group “%(group)s” is closed; open it again first.") % {"group": group.title})

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> PutInGroup:
        how = groups.How(values.get("how", groups.How.SELECTION))
        if values.get("group"):
            return cls(TicketGroup.objects.get(pk=values["group"]), how=how)
        team = Team.objects.filter(pk=values.get("team") or 0).first()
        return cls(title=str(values.get("title", "")), team=team, how=how)

    @property
    def title(self) -> str:
        if self.group is None:
            return _("Group as “%(group)s”") % {"group": self.title_of_new}
        return _("Put into the group “%(group)s”") % {"group": self.group.title}

    @property
    def values(self) -> dict[str, Any]:
        if self.group is not None:
            return {"group": self.group.pk, "how": str(self.how)}
        return {"title": self.title_of_new, "team": self.team.pk if self.team else None, "how": str(self.how)}

    def begin(self, by: User) -> dict[str, Any]:
        """Opens the new group; from then on the run knows it by its id."""
        if self.group is None:
            assert self.team is not None
            permissions.require(permissions.can_open_group(by, self.team))
            self.group = groups.open_group(self.title_of_new, team=self.team, by=by)
        return self.values

    def end_undo(self, by: User, *, since: datetime) -> None:
        """The group that was opened for the run is closed again, unless somebody has made something of it."""
        if self.group is not None and self.group.opened_at >= since:
            groups.close_unused(self.group, by=by)

    def may(self, by: User, ticket: Ticket) -> bool:
        return permissions.can_group(by, ticket)

    def is_so(self, ticket: Ticket, by: User) -> bool:
        return self.group is not None and self.group.pk in [each.group_id for each in _held(ticket)]

    def check(self, ticket: Ticket, by: User) -> None:
        for each in _held(ticket):
            if self.group is None or each.group_id != self.group.pk:
                raise Refused(_("In another group already: “%(group)s”.") % {"group": each.group.title})

    def perform(self, ticket: Ticket, by: User) -> object:
        assert self.group is not None
        return groups.join_group(self.group, ticket=ticket, by=by, how=self.how)

    def for_judging(self, tickets: TicketQuerySet, by: User) -> TicketQuerySet:
        held = Prefetch("group_memberships", GroupMembership.objects.current().select_related("group"), "held")
        return super().for_judging(tickets, by).prefetch_related(held)


def _held(ticket: Ticket) -> list[GroupMembership]:
    """The open group that the ticket is in; read beforehand for a dry run."""
    known: list[GroupMembership] | None = getattr(ticket, "held", None)
    if known is not None:
        return known
    return list(GroupMembership.objects.current().filter(ticket=ticket).select_related("group"))
