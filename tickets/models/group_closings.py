"""Closing a group: what becomes of each member, planned with exceptions, then done one ticket at a time."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.groups import TicketGroup
from tickets.models.people import User
from tickets.models.tickets import Ticket


class GroupClosing(models.Model):
    """One closing of a group. While it is planned its items are the exceptions; when it is started, all members."""

    class Choice(models.TextChoices):
        CLOSE = "close", _("Close it as solved")
        ASK = "ask", _("Ask the reporter to confirm")
        LEAVE = "leave", _("Leave it as it is")

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        RUNNING = "running", _("running")
        FINISHED = "finished", _("finished")

    group = models.ForeignKey(TicketGroup, models.PROTECT, related_name="closings")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    choice = models.CharField(max_length=10, choices=Choice.choices, default=Choice.CLOSE)
    texts = models.JSONField(default=dict, help_text="What reporters are asked, by language code.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["group", "by"], name="group_closing_one_plan", condition=Q(state="planned")
            ),
        )
        indexes = (
            models.Index(fields=["group", "-id"], name="group_closing_newest"),
            models.Index(fields=["id"], name="group_closing_running", condition=Q(state="running")),
        )

    def __str__(self) -> str:
        return f"#{self.pk} {self.group_id} {self.state}"


class GroupClosingItem(models.Model):
    """One member of a closing, and what became of it. Written in the transaction of the act itself."""

    class State(models.TextChoices):
        PLANNED = "planned", _("chosen")
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        UNCHANGED = "unchanged", _("left as it is")
        REFUSED = "refused", _("refused")
        FAILED = "failed", _("failed")

    class Answer(models.TextChoices):
        SOLVED = "solved", _("says it is solved")
        NOT_SOLVED = "not_solved", _("says it is not solved")

    closing = models.ForeignKey(GroupClosing, models.PROTECT, related_name="items", db_index=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="group_closing_items")
    choice = models.CharField(max_length=10, choices=GroupClosing.Choice.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    sentence = models.CharField(max_length=300, blank=True, help_text="Why it was refused, in the agent's language.")
    answer = models.CharField(max_length=12, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["closing", "ticket"], name="group_closing_item_once"),)
        indexes = (
            models.Index(fields=["closing", "id"], name="group_closing_item_waiting", condition=Q(state="waiting")),
        )

    def __str__(self) -> str:
        return f"#{self.closing_id}: {self.ticket_id} {self.choice} {self.state}"
