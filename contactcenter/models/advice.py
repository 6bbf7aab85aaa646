"""Advice on a queue's staff with all it was made of, what the rule remembers between two looks, and planned shifts."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contactcenter.models.agents import Activity, Agent
from contactcenter.models.loans import Loan
from contactcenter.models.queues import Queue
from contactcenter.models.ranges import never_two_at_once
from tickets.models import User


class QueueWatch(models.Model):
    """What the rule remembers of a queue, and what it saw last. Locked by whoever looks: one decision a look."""

    queue = models.OneToOneField(Queue, models.CASCADE, primary_key=True, related_name="watch")
    looked_at = models.DateTimeField(null=True, blank=True)
    memory: models.JSONField[Any, Any] = models.JSONField(default=dict)
    # As measured; see `measuring.Measured`.
    handling = models.FloatField(default=180.0)
    waiting = models.FloatField(default=180.0)
    gave_up = models.FloatField(default=1.0)
    measured_to = models.DateTimeField(null=True, blank=True)
    # As seen.
    calls_per_hour = models.FloatField(default=0.0)
    on_duty = models.PositiveIntegerField(default=0)
    idle = models.PositiveIntegerField(default=0)
    coming = models.PositiveIntegerField(default=0)
    need = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.queue_id}"


class AdviceQuerySet(models.QuerySet["Advice"]):
    def standing(self) -> AdviceQuerySet:
        """What nobody has settled yet."""
        return self.filter(state=Advice.State.STANDING)


class Advice(models.Model):
    """One decision of the rule with its inputs. Only its end and its measured effect are added, once each.

    `inputs` hold every number that the rule saw, so that `advising.replay` comes to the same; `expected` what a move
    brings by the model; `effect` what the half hours before and after were in truth.
    """

    class Kind(models.TextChoices):
        PULL = "pull", _("pull in")
        RELEASE = "release", _("send back")
        RESERVE = "reserve", _("keep ready")

    class State(models.TextChoices):
        STANDING = "standing", _("standing")
        TAKEN = "taken", _("taken")
        DISMISSED = "dismissed", _("dismissed")
        OVERTAKEN = "overtaken", _("no longer needed")
        EXPIRED = "expired", _("not answered")

    class Reason(models.TextChoices):
        """Why it was not taken."""

        WAIT = "wait", _("it will pass by itself")
        PERSON = "person", _("not this colleague")
        OTHER = "other", _("another reason")
        CALM = "calm", _("the need went away")
        NEWER = "newer", _("newer advice took its place")
        REFUSED = "refused", _("it could not be done")

    BY_PEOPLE: ClassVar[tuple[str, ...]] = ("wait", "person", "other")

    queue = models.ForeignKey(Queue, models.PROTECT, related_name="advice", verbose_name=_("queue"))
    kind = models.CharField(max_length=8, choices=Kind.choices)
    automation = models.PositiveSmallIntegerField(choices=Queue.Automation.choices)
    agent = models.ForeignKey(Agent, models.PROTECT, null=True, blank=True, related_name="advice")
    inputs: models.JSONField[Any, Any] = models.JSONField()
    decision: models.JSONField[Any, Any] = models.JSONField()
    expected: models.JSONField[Any, Any] = models.JSONField()
    made_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.STANDING)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=10, choices=Reason.choices, blank=True)
    loan = models.ForeignKey(Loan, models.PROTECT, null=True, blank=True, related_name="advice")
    effect: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)

    objects = AdviceQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("advice")
        verbose_name_plural = _("advice")
        constraints = (
            models.UniqueConstraint(
                fields=["queue"],
                condition=Q(state="standing"),
                name="advice_one_standing_per_queue",
                violation_error_message=_("There is advice on this queue already."),
            ),
            models.CheckConstraint(
                condition=Q(state="standing", settled_at__isnull=True)
                | ~Q(state="standing") & Q(settled_at__isnull=False),
                name="advice_settled_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["standing", "taken", "expired"], reason="")
                | Q(state__in=["dismissed", "overtaken"]) & ~Q(reason=""),
                name="advice_refusal_has_reason",
                violation_error_message=_("Say why."),
            ),
        )
        indexes = (
            models.Index(fields=["queue", "-id"], name="advice_of_queue"),
            models.Index(
                fields=["settled_at"],
                name="advice_to_measure",
                condition=Q(state__in=["taken", "dismissed"], effect__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} in {self.queue_id}: {self.state}"

    @property
    def is_standing(self) -> bool:
        return self.state == self.State.STANDING

    @property
    def can_be_taken(self) -> bool:
        """There is somebody to ask, and the queue does more than raise an alarm."""
        return self.is_standing and self.agent_id is not None and self.automation != Queue.Automation.ALARM


class Shift(models.Model):
    """What an agent is planned to do for a while. Adherence compares it with what he did."""

    agent = models.ForeignKey(Agent, models.PROTECT, related_name="shifts", verbose_name=_("agent"))
    activity = models.ForeignKey(Activity, models.PROTECT, related_name="+", verbose_name=_("activity"))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    planned_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    planned_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("starts_at", "agent")
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="shift_ends_after_start",
                violation_error_message=_("A shift ends after its start."),
            ),
            never_two_at_once(
                "shift_no_overlap",
                of="agent",
                span=Func(F("starts_at"), F("ends_at"), function="tstzrange", output_field=DateTimeRangeField()),
                message=_("The shifts of an agent can't overlap."),
            ),
        )
        indexes = (models.Index(fields=["starts_at"], name="shift_start"),)

    def __str__(self) -> str:
        return f"{self.agent_id} {self.activity_id} {self.starts_at}"
