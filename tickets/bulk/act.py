"""What every act on many tickets is. Its judgement is for the dry run; the room has the last word."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tickets import permissions
from tickets.models import Ticket, User
from tickets.models.tickets import TicketQuerySet


class Act(ABC):
    """One act with its values. `restores`: the fields that an undo puts back; none means that it stays done."""

    code: ClassVar[str]
    restores: ClassVar[tuple[str, ...]] = ()
    most: ClassVar[int] = 10_000

    @classmethod
    @abstractmethod
    def read(cls, values: Mapping[str, Any]) -> Act:
        """From what a run keeps. Raises Refused when what it names is gone."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What it does, as a heading: "Assign to Varga Anna"."""

    @property
    @abstractmethod
    def values(self) -> dict[str, Any]:
        """Ids and codes that `read` understands."""

    @property
    def preview(self) -> list[tuple[str, str]]:
        """What leaves the house: a text by the code of its language."""
        return []

    def submit_words(self, n: int) -> str:
        """The button of the dry run."""
        return ngettext("Change %(n)s ticket", "Change %(n)s tickets", n) % {"n": n}

    def too_many(self) -> str:
        """The refusal of more than `most` tickets."""
        return _("At most %(most)s tickets can be changed at once. Narrow the view first.") % {"most": self.most}

    def may(self, by: User, ticket: Ticket) -> bool:
        """Whether the agent has the right to do this with the ticket."""
        return permissions.can_assign(by, ticket)

    @abstractmethod
    def is_so(self, ticket: Ticket, by: User) -> bool:
        """Whether the ticket is already as the act would leave it."""

    def check(self, ticket: Ticket, by: User) -> None:  # noqa: B027 (most acts have no rule beyond the right)
        """Raises Refused when a rule says no; the right has been asked before."""

    def warn(self, ticket_ids: Collection[int]) -> dict[str, list[str]]:
        """What to know of those that will change before it is done: sentences, each with the tickets' numbers."""
        return {}

    @abstractmethod
    def perform(self, ticket: Ticket, by: User) -> object: ...

    def begin(self, by: User) -> dict[str, Any]:
        """What has to be there before the first ticket; done once, as the run starts. The values it goes on with."""
        return self.values

    def end_undo(self, by: User, *, since: datetime) -> None:  # noqa: B027 (most acts leave nothing behind)
        """After the last ticket was put back: takes away what `begin` made for a run that was planned `since`."""

    def for_judging(self, tickets: TicketQuerySet, by: User) -> TicketQuerySet:
        """With whatever `is_so` and `check` read."""
        return tickets.select_related("kind", "status", "priority", "team", "owner")
