"""Agents of the contact centre and the two axes of their state: what they say they do, and what the system sees."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contactcenter.models.ranges import never_two_at_once
from tickets.models import Team, User
from tickets.models.vocabulary import Term


class Activity(Term):
    """What an agent says he does. A row with flags: administrators add rows, the flags decide what the product does."""

    OFFLINE: ClassVar[str] = "offline"
    READY: ClassVar[str] = "ready"
    BACKGROUND: ClassVar[str] = "background"
    NOT_RESPONDING: ClassVar[str] = "not-responding"

    is_present = models.BooleanField(_("signed in"), default=True)
    is_routable = models.BooleanField(_("gets contacts"), default=False)
    is_recallable = models.BooleanField(_("can be called back to the line"), default=False)
    is_productive = models.BooleanField(_("counts as work"), default=False)
    is_paid = models.BooleanField(_("paid"), default=True)
    is_chosen = models.BooleanField(
        _("can be chosen"), default=True, help_text=_("Off: only the system sets it, such as “not responding”.")
    )
    limit_minutes = models.PositiveSmallIntegerField(
        _("longest, in minutes"), null=True, blank=True, validators=[MinValueValidator(1)]
    )

    class Meta:
        ordering = ("position",)
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        constraints = (
            models.CheckConstraint(
                condition=~Q(is_routable=True, is_recallable=True),
                name="activity_routable_or_recallable",
                violation_error_message=_("Who gets contacts already needs no calling back."),
            ),
            models.CheckConstraint(
                condition=Q(is_present=True) | Q(is_routable=False, is_recallable=False, is_productive=False),
                name="activity_absent_does_nothing",
                violation_error_message=_("Who is signed out gets no contacts and does no work."),
            ),
            models.CheckConstraint(
                condition=Q(limit_minutes__isnull=True) | Q(limit_minutes__gt=0), name="activity_limit_positive"
            ),
        )


class Work(models.TextChoices):
    """What the system sees of an agent. Nobody sets it by hand."""

    IDLE = "idle", _("idle")
    OFFERED = "offered", _("offered")
    CONNECTED = "connected", _("connected")
    HELD = "held", _("on hold")
    WRAP_UP = "wrap_up", _("wrap-up")


class AgentQuerySet(models.QuerySet["Agent"]):
    def working(self) -> AgentQuerySet:
        """Those who still belong to the contact centre."""
        return self.filter(is_active=True, user__is_active=True)

    def present(self) -> AgentQuerySet:
        """Those who are signed in."""
        return self.working().filter(activity__is_present=True)

    def ready(self) -> AgentQuerySet:
        """Those who get contacts, whether one is with them now or not."""
        return self.present().filter(activity__is_routable=True, device_lost_at__isnull=True)

    def free(self) -> AgentQuerySet:
        """Those who could take a contact this moment."""
        return self.ready().filter(work=Work.IDLE)


class Agent(models.Model):
    """A colleague as the contact centre sees him. Locked first by every act that touches his state.

    `activity` and `work` repeat his two open intervals, so that routing reads one row. `free_since`: since when he is
    idle and ready; the longest free comes first. A change asked during a contact waits in `pending_activity`.
    """

    user = models.OneToOneField(User, models.PROTECT, related_name="centre_agent", verbose_name=_("person"))
    home_team = models.ForeignKey(Team, models.PROTECT, related_name="centre_agents", verbose_name=_("home team"))
    extension = models.CharField(_("extension"), max_length=80, blank=True)
    is_supervisor = models.BooleanField(_("runs the contact centre"), default=False)
    is_active = models.BooleanField(_("active"), default=True)

    activity = models.ForeignKey(Activity, models.PROTECT, related_name="agents", verbose_name=_("activity"))
    activity_since = models.DateTimeField(default=timezone.now)
    work = models.CharField(max_length=12, choices=Work.choices, default=Work.IDLE)
    work_since = models.DateTimeField(default=timezone.now)
    work_until = models.DateTimeField(null=True, blank=True, help_text="When the wrap-up ends by itself.")
    free_since = models.DateTimeField(default=timezone.now)

    pending_activity = models.ForeignKey(Activity, models.PROTECT, null=True, blank=True, related_name="+")
    pending_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    pending_since = models.DateTimeField(null=True, blank=True)

    heartbeat_at = models.DateTimeField(null=True, blank=True)
    device_lost_at = models.DateTimeField(null=True, blank=True)
    missed_in_a_row = models.PositiveSmallIntegerField(default=0)
    recall_until = models.DateTimeField(null=True, blank=True, help_text="Asked back to the line; the time to answer.")
    focus_until = models.DateTimeField(_("no disturbing until"), null=True, blank=True)
    shift_ends_at = models.DateTimeField(_("end of shift"), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AgentQuerySet.as_manager()

    class Meta:
        ordering = ("user__name",)
        verbose_name = _("agent of the contact centre")
        verbose_name_plural = _("agents of the contact centre")
        constraints = (
            models.UniqueConstraint(
                fields=["extension"],
                name="agent_extension_unique",
                condition=~Q(extension=""),
                violation_error_message=_("This extension belongs to another agent."),
            ),
            models.CheckConstraint(
                condition=Q(pending_activity__isnull=True, pending_since__isnull=True)
                | Q(pending_activity__isnull=False, pending_since__isnull=False),
                name="agent_pending_has_time",
            ),
            models.CheckConstraint(
                condition=Q(work_until__isnull=True) | Q(work=Work.WRAP_UP), name="agent_only_wrap_up_has_end"
            ),
        )
        indexes = (
            models.Index(fields=["activity", "work", "free_since"], name="agent_free", condition=Q(is_active=True)),
        )

    def __str__(self) -> str:
        return str(self.user)

    @property
    def is_busy(self) -> bool:
        """A contact is with him, or still his to wrap up; a change of activity has to wait."""
        return self.work in (Work.CONNECTED, Work.HELD, Work.WRAP_UP)


class ActivityInterval(models.Model):
    """A stretch of one activity. An agent has always exactly one that is open; each begins where the last ended."""

    agent = models.ForeignKey(Agent, models.PROTECT, related_name="activity_intervals")
    activity = models.ForeignKey(Activity, models.PROTECT, related_name="intervals")
    during: Any = DateTimeRangeField()

    class Meta:
        ordering = ("agent", "during")
        constraints = (
            never_two_at_once(
                "activity_interval_no_overlap",
                of="agent",
                span="during",
                message=_("An agent does one thing at a time."),
            ),
            models.CheckConstraint(
                condition=Q(during__isempty=False, during__lower_inf=False, during__lower_inc=True),
                name="activity_interval_has_length",
            ),
        )
        indexes = (GistIndex(fields=["during"], name="activity_interval_during"),)

    def __str__(self) -> str:
        return f"{self.agent_id} {self.activity_id} {self.during}"


class WorkInterval(models.Model):
    """A stretch of one work state, as `ActivityInterval`. `contact` is the one that the state is about."""

    agent = models.ForeignKey(Agent, models.PROTECT, related_name="work_intervals")
    work = models.CharField(max_length=12, choices=Work.choices)
    contact = models.ForeignKey(
        "contactcenter.Contact", models.PROTECT, null=True, blank=True, related_name="work_intervals"
    )
    during: Any = DateTimeRangeField()

    class Meta:
        ordering = ("agent", "during")
        constraints = (
            never_two_at_once(
                "work_interval_no_overlap", of="agent", span="during", message=_("An agent does one thing at a time.")
            ),
            models.CheckConstraint(
                condition=Q(during__isempty=False, during__lower_inf=False, during__lower_inc=True),
                name="work_interval_has_length",
            ),
            models.CheckConstraint(
                condition=Q(work="idle", contact__isnull=True) | (~Q(work="idle") & Q(contact__isnull=False)),
                name="work_interval_names_contact",
            ),
        )
        indexes = (
            GistIndex(fields=["during"], name="work_interval_during"),
            models.Index(fields=["contact"], name="work_interval_contact", condition=Q(contact__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.agent_id} {self.work} {self.during}"
