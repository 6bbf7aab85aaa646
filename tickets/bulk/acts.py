"""The acts that can be done on many tickets at once: each judges a ticket beforehand, and does it by its room.

The judgement is for the dry run and asks the database nothing per ticket; the room has the last word. A later act
that writes to customers (one answer to each) is one more class here, whose `refusal` names who would get nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tickets import conversation, lifecycle, linking, permissions, tagging, watching
from tickets.bulk.act import Act
from tickets.bulk.grouping import PutInGroup
from tickets.errors import Refused
from tickets.models import Priority, Right, Status, Team, Ticket, User
from tickets.models.tickets import TicketQuerySet
from tickets.workflow import workflow_of


class Assign(Act):
    """Makes somebody the owner; nobody for None."""

    code = "assign"
    restores = ("owner", "responsible", "status")

    def __init__(self, to: User | None) -> None:
        self.to = to

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Assign:
        if values.get("to") is None:
            return cls(None)
        to = User.objects.filter(pk=values["to"], is_active=True).first()
        if to is None:
            raise Refused(_("There is no such person."), field="owner")
        return cls(to)

    @property
    def title(self) -> str:
        return _("Assign to %(name)s") % {"name": self.to} if self.to else _("Take the owner off")

    @property
    def values(self) -> dict[str, Any]:
        return {"to": self.to.pk if self.to else None}

    def is_so(self, ticket: Ticket, by: User) -> bool:
        return ticket.owner_id == (self.to.pk if self.to else None)

    def check(self, ticket: Ticket, by: User) -> None:
        if self.to is not None and not permissions.can_own(self.to, ticket):
            raise Refused(
                _("%(name)s can't own tickets of the team %(team)s.") % {"name": self.to, "team": ticket.team}
            )

    def perform(self, ticket: Ticket, by: User) -> object:
        if self.to is None:
            return lifecycle.unassign_ticket(ticket, by=by)
        return lifecycle.assign_ticket(ticket, to=self.to, by=by)


class ChangeStatus(Act):
    code = "status"
    restores = ("status", "pending_until")

    def __init__(self, to: Status, until: datetime | None) -> None:
        self.to, self.until = to, until if to.is_pending else None

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> ChangeStatus:
        to = Status.objects.filter(code=values["to"]).first()
        if to is None:
            raise Refused(_("There is no such status."), field="status")
        return cls(to, parse_datetime(values["until"]) if values.get("until") else None)

    @property
    def title(self) -> str:
        return _("Set the status to “%(status)s”") % {"status": self.to.label}

    @property
    def values(self) -> dict[str, Any]:
        return {"to": self.to.code, "until": self.until.isoformat() if self.until else None}

    def may(self, by: User, ticket: Ticket) -> bool:
        return permissions.can_change_status(by, ticket)

    def is_so(self, ticket: Ticket, by: User) -> bool:
        return ticket.status_id == self.to.pk and ticket.pending_until == self.until

    def check(self, ticket: Ticket, by: User) -> None:
        workflow_of(ticket).check_status(ticket, self.to, by=by)
        if self.to.is_pending and self.until is None:
            raise Refused(_("Say until when it is pending."))
        if self.until is not None and self.until <= timezone.now():
            raise Refused(_("The pending time has to be in the future."))

    def warn(self, ticket_ids: Collection[int]) -> dict[str, list[str]]:
        blocked = linking.open_blockers(ticket_ids) if self.to.is_closed else {}
        if not blocked:
            return {}
        numbers = Ticket.objects.filter(pk__in=blocked).order_by("pk").values_list("number", flat=True)
        return {_("blocked by a ticket that is still open"): list(numbers)}

    def perform(self, ticket: Ticket, by: User) -> object:
        return lifecycle.change_status(ticket, to=self.to, by=by, pending_until=self.until)


class ChangePriority(Act):
    code = "priority"
    restores = ("priority",)

    def __init__(self, to: Priority) -> None:
        self.to = to

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> ChangePriority:
        to = Priority.objects.filter(code=values["to"]).first()
        if to is None:
            raise Refused(_("There is no such priority."), field="priority")
        return cls(to)

    @property
    def title(self) -> str:
        return _("Set the priority to “%(priority)s”") % {"priority": self.to.label}

    @property
    def values(self) -> dict[str, Any]:
        return {"to": self.to.code}

    def may(self, by: User, ticket: Ticket) -> bool:
        return permissions.can_change_priority(by, ticket)

    def is_so(self, ticket: Ticket, by: User) -> bool:
        return ticket.priority_id == self.to.pk

    def check(self, ticket: Ticket, by: User) -> None:
        if not self.to.is_active:
            raise Refused(_("“%(name)s” is no longer used.") % {"name": self.to.label})

    def perform(self, ticket: Ticket, by: User) -> object:
        return lifecycle.change_priority(ticket, to=self.to, by=by)


class Move(Act):
    """Gives them to another team."""

    code = "team"
    restores = ("team", "owner")

    def __init__(self, to: Team) -> None:
        self.to = to

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Move:
        to = Team.objects.filter(pk=values["to"]).first()
        if to is None:
            raise Refused(_("There is no such team."), field="team")
        return cls(to)

    @property
    def title(self) -> str:
        return _("Move to the team %(team)s") % {"team": self.to}

    @property
    def values(self) -> dict[str, Any]:
        return {"to": self.to.pk}

    def may(self, by: User, ticket: Ticket) -> bool:
        return permissions.can_move(by, ticket)

    def is_so(self, ticket: Ticket, by: User) -> bool:
        return ticket.team_id == self.to.pk

    def check(self, ticket: Ticket, by: User) -> None:
        if not self.to.is_active:
            raise Refused(_("The team %(team)s no longer works.") % {"team": self.to})
        if not permissions.has_right(by, self.to.pk, Right.MOVE_IN):
            raise Refused(_("You may not move tickets into the team %(team)s.") % {"team": self.to})

    def perform(self, ticket: Ticket, by: User) -> object:
        return lifecycle.move_ticket(ticket, to=self.to, by=by)


class AddTag(Act):
    code = "tag"
    restores = ("tag",)

    def __init__(self, name: str) -> None:
        self.name = tagging.clean_tag(name)
        self.tag = tagging.find_tag(self.name)
        if self.tag is not None:  # another word gives its tag
            self.name = self.tag.name

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> AddTag:
        return cls(values["tag"])

    @property
    def title(self) -> str:
        return _("Add the tag “%(tag)s”") % {"tag": self.name}

    @property
    def values(self) -> dict[str, Any]:
        return {"tag": self.name}

    def may(self, by: User, ticket: Ticket) -> bool:
        return permissions.can_tag(by, ticket)

    def is_so(self, ticket: Ticket, by: User) -> bool:
        return self._is_on(ticket)

    def check(self, ticket: Ticket, by: User) -> None:
        if len(ticket.tags.all()) >= tagging.MOST_TAGS:
            raise Refused(_("A ticket has at most %(count)s tags.") % {"count": tagging.MOST_TAGS})

    def perform(self, ticket: Ticket, by: User) -> object:
        return tagging.tag_ticket(ticket, self.name, by=by)

    def for_judging(self, tickets: TicketQuerySet, by: User) -> TicketQuerySet:
        return super().for_judging(tickets, by).prefetch_related("tags")

    def _is_on(self, ticket: Ticket) -> bool:
        if self.tag is None:  # nobody had it when this began
            return any(each.name.lower() == self.name.lower() for each in ticket.tags.all())
        return any(each.pk == self.tag.pk for each in ticket.tags.all())


class RemoveTag(AddTag):
    code = "untag"

    @property
    def title(self) -> str:
        return _("Remove the tag “%(tag)s”") % {"tag": self.name}

    def is_so(self, ticket: Ticket, by: User) -> bool:
        return not self._is_on(ticket)

    def check(self, ticket: Ticket, by: User) -> None:
        """Taking off is always possible."""

    def perform(self, ticket: Ticket, by: User) -> object:
        tag = tagging.tag_on(ticket, self.name)
        return tagging.untag_ticket(ticket, tag, by=by) if tag else ticket


class StartWatching(Act):
    """The agent hears of them from now on."""

    code = "watch"
    restores = ("watch",)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> StartWatching:
        return cls()

    @property
    def title(self) -> str:
        return pgettext("bulk act", "Watch")

    @property
    def values(self) -> dict[str, Any]:
        return {}

    def may(self, by: User, ticket: Ticket) -> bool:
        return True  # whoever sees the inside may, and the list holds nothing else

    def is_so(self, ticket: Ticket, by: User) -> bool:
        return any(watch.user_id == by.pk for watch in ticket.watches.all())

    def perform(self, ticket: Ticket, by: User) -> object:
        return watching.watch_ticket(ticket, by=by)

    def for_judging(self, tickets: TicketQuerySet, by: User) -> TicketQuerySet:
        return super().for_judging(tickets, by).prefetch_related("watches")


class WriteNote(Act):
    """The same internal note on each."""

    code = "note"

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        if not self.text:
            raise Refused(_("Write the note first."), field="note")

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> WriteNote:
        return cls(values.get("text", ""))

    @property
    def title(self) -> str:
        return _("Write an internal note")

    @property
    def values(self) -> dict[str, Any]:
        return {"text": self.text}

    def may(self, by: User, ticket: Ticket) -> bool:
        return permissions.can_note(by, ticket)

    def is_so(self, ticket: Ticket, by: User) -> bool:
        return False

    def perform(self, ticket: Ticket, by: User) -> object:
        return conversation.add_note(ticket, text=self.text, by=by)


__all__ = ["ACTS", "Act", "PutInGroup"]

ACTS: dict[str, type[Act]] = {
    act.code: act
    for act in (
        Assign,
        ChangeStatus,
        ChangePriority,
        Move,
        AddTag,
        RemoveTag,
        StartWatching,
        WriteNote,
        PutInGroup,
    )
}
