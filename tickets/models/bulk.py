"""One act on many tickets: what was planned, and what became of it for each."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.people import User
from tickets.models.tickets import Ticket


class BulkRun(models.Model):
    """An agent's act on many tickets. Its dry run names the tickets; starting it acts on those and no others."""

    class State(models.TextChoices):
        PLANNED = "planned", _("dry run")
        RUNNING = "running", _("running")
        FINISHED = "finished", _("finished")

    by = models.ForeignKey(User, models.PROTECT, related_name="bulk_runs")
    act = models.CharField(max_length=20, help_text="A code of `tickets.bulk.acts`.")
    values = models.JSONField(default=dict, help_text="Ids and codes; a note's text only until it is written.")
    ticket_ids: ArrayField[Any, Any] = ArrayField(models.BigIntegerField(), default=list)
    undoes = models.OneToOneField("self", models.PROTECT, null=True, related_name="undone_by")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["by", "-id"], name="bulk_run_own"),
            models.Index(fields=["id"], name="bulk_run_open", condition=~Q(state="finished")),
        )

    def __str__(self) -> str:
        return f"#{self.pk} {self.act}"


class BulkItem(models.Model):
    """One ticket of a run, and what became of it. Written in the transaction of the act itself."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        UNCHANGED = "unchanged", _("was already so")
        REFUSED = "refused", _("refused")
        FAILED = "failed", _("failed")

    run = models.ForeignKey(BulkRun, models.PROTECT, related_name="items", db_index=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    sentence = models.CharField(max_length=300, blank=True, help_text="Why it was refused, in the agent's language.")
    before = models.JSONField(default=dict, help_text="What an undo puts back; empty when it cannot.")
    seq = models.PositiveIntegerField(null=True, help_text="The ticket's last event right after the act.")

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["run", "ticket"], name="bulk_item_once"),)
        indexes = (models.Index(fields=["run", "id"], name="bulk_item_waiting", condition=Q(state="waiting")),)

    def __str__(self) -> str:
        return f"#{self.run_id}: {self.ticket_id} {self.state}"
