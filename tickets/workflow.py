"""Which status may follow which, per kind of ticket.

Other apps register a workflow for their kinds; `lifecycle.change_status` asks here, so a refusal
stops the agent's screen, the API and mail alike.
"""

from __future__ import annotations

from typing import Protocol

from django.utils.translation import gettext as _

from tickets.errors import Refused
from tickets.merge_paths import refuse_change_of_merged
from tickets.models import Status, Ticket, User


class Workflow(Protocol):
    def check_status(self, ticket: Ticket, status: Status, *, by: User | None) -> None:
        """Raises Refused when the ticket may not take this status now."""

    def check_merge(self, ticket: Ticket, target: Ticket, *, by: User | None) -> None:
        """Raises Refused when the ticket may not be merged into that one now."""


class OpenWorkflow:
    """Any status may follow any other, except that merging has its own act."""

    def check_merge(self, ticket: Ticket, target: Ticket, *, by: User | None) -> None:
        """Whatever the kinds of the two."""

    def check_status(self, ticket: Ticket, status: Status, *, by: User | None) -> None:
        if not status.is_active:
            raise Refused(_("This status is no longer used."), field="status")
        if status.type == Status.Type.MERGED:
            raise Refused(_("A ticket gets this status by merging it into another one."), field="status")
        refuse_change_of_merged(ticket, field="status")
        if ticket.status.type == Status.Type.MERGED:
            raise Refused(_("This ticket was merged into another one; change that one instead."), field="status")


_workflows: dict[str, Workflow] = {}
_open_workflow = OpenWorkflow()


def register_workflow(kind: str, workflow: Workflow) -> None:
    """Makes `workflow` the judge over tickets of the kind with this code."""
    _workflows[kind] = workflow


def workflow_of(ticket: Ticket) -> Workflow:
    return _workflows.get(ticket.kind.code, _open_workflow)
