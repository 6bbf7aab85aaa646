"""Queues: lines of waiting contacts, when they are open, and who serves them in which order."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import IntegerRangeField, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from contactcenter.models.agents import Agent
from contactcenter.models.ranges import one
from contactcenter.service_levels import Formula
from tickets.models import Team, User

DAY = 24 * 60  # minutes

FORMULAS = {
    Formula.EXCLUDE_SHORT: _("short abandons left out"),
    Formula.ABANDON_NEGATIVE: _("abandons count against us"),
    Formula.ABANDON_IGNORED: _("abandons in time left out"),
    Formula.ABANDON_POSITIVE: _("abandons in time count for us"),
}
"""The service-level formulas by the words that stand beside every figure."""


class OpeningHours(models.Model):
    """When queues are open: spans of the week, public holidays of a country (closed), and days that differ."""

    # What its history tells that is no field of its own.
    setting_words: ClassVar[dict[str, str | LazyText]] = {"week": _("open"), "days": _("days that differ")}

    name = models.CharField(_("name"), max_length=120)
    time_zone = models.CharField(_("time zone"), max_length=60, default="Europe/Budapest")
    holidays_of = models.CharField(
        _("public holidays of"), max_length=2, blank=True, help_text=_("Two letters of a country, such as HU.")
    )

    class Meta:
        ordering = ("name",)
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        constraints = (
            models.UniqueConstraint(
                Lower("name"),
                name="opening_hours_name_unique",
                violation_error_message=_("There are already opening hours with this name."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def week(self) -> list[str]:
        """The spans, as they are written: "1 08:00-16:00", Monday is 1."""
        return [f"{one.weekday + 1} {clock_of(one.opens)}-{clock_of(one.closes)}" for one in self.spans.all()]

    @property
    def days(self) -> list[str]:
        """The days that differ, as they are written; without times the day is closed."""
        return [
            f"{one.day} {clock_of(one.opens)}-{clock_of(one.closes)}"
            if one.opens is not None and one.closes is not None
            else f"{one.day}"
            for one in self.special_days.all()
        ]


def clock_of(minute: int) -> str:
    """A minute of the day as "08:30"; its end is "24:00"."""
    return f"{minute // 60:02}:{minute % 60:02}"


class OpeningSpan(models.Model):
    """Open on this weekday (Monday is 0) between two minutes of the day; 1440 is midnight at its end."""

    hours = models.ForeignKey(OpeningHours, models.CASCADE, related_name="spans")
    weekday = models.PositiveSmallIntegerField(validators=[MaxValueValidator(6)])
    opens = models.PositiveSmallIntegerField(validators=[MaxValueValidator(DAY - 1)])
    closes = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(DAY)])

    class Meta:
        ordering = ("weekday", "opens")
        constraints = (
            models.CheckConstraint(
                condition=Q(weekday__lte=6, opens__lt=F("closes"), closes__lte=DAY),
                name="opening_span_in_day",
                violation_error_message=_("Opening comes before closing, on the same day."),
            ),
            ExclusionConstraint(
                name="opening_span_no_overlap",
                expressions=[
                    (one("hours"), RangeOperators.OVERLAPS),
                    (
                        Func(
                            F("weekday") * DAY + F("opens"),
                            F("weekday") * DAY + F("closes"),
                            function="int4range",
                            output_field=IntegerRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=_("These hours overlap."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens}-{self.closes}"


class SpecialDay(models.Model):
    """A day with hours of its own, holiday or not. Without times it is closed."""

    hours = models.ForeignKey(OpeningHours, models.CASCADE, related_name="special_days")
    day = models.DateField(_("day"))
    opens = models.PositiveSmallIntegerField(null=True, blank=True)
    closes = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("day",)
        constraints = (
            models.UniqueConstraint(
                fields=["hours", "day"],
                name="special_day_once",
                violation_error_message=_("This day already has hours of its own."),
            ),
            models.CheckConstraint(
                condition=Q(opens__isnull=True, closes__isnull=True)
                | Q(opens__isnull=False, closes__isnull=False, opens__lt=F("closes"), closes__lte=DAY),
                name="special_day_in_day",
                violation_error_message=_("Opening comes before closing, on the same day."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.day}"


class Queue(models.Model):
    """A line of waiting contacts with its promises and its rules. Times are seconds."""

    class Instead(models.TextChoices):
        """What happens to a contact that cannot wait here."""

        WAIT = "wait", _("waits anyway")
        CALLBACK = "callback", _("is offered a call back")
        VOICEMAIL = "voicemail", _("leaves a message: a ticket")
        OVERFLOW = "overflow", _("goes to another queue")
        REJECT = "reject", _("is turned away")

    class Automation(models.IntegerChoices):
        ALARM = 0, _("alarm only")
        SUGGEST = 1, _("suggests")
        ASK = 2, _("asks, with time to object")
        AUTOMATIC = 3, _("acts by itself")

    setting_words: ClassVar[dict[str, str | LazyText]] = {"delays": _("levels")}

    name = models.CharField(_("name"), max_length=120)
    team = models.ForeignKey(Team, models.PROTECT, related_name="queues", verbose_name=_("team"))
    hours = models.ForeignKey(
        OpeningHours, models.PROTECT, null=True, blank=True, related_name="queues", verbose_name=_("opening hours")
    )
    priority = models.SmallIntegerField(
        _("priority"), default=0, help_text=_("Decides between contacts that are equally urgent.")
    )
    age_credit = models.PositiveIntegerField(
        _("head start"), default=0, help_text=_("Seconds by which its contacts count as older. Nobody starves by it.")
    )
    offer_seconds = models.PositiveSmallIntegerField(
        _("rings for"), default=20, validators=[MinValueValidator(5), MaxValueValidator(300)]
    )
    wrap_up_seconds = models.PositiveSmallIntegerField(_("wrap-up"), default=30, validators=[MaxValueValidator(3600)])
    answer_within = models.PositiveSmallIntegerField(_("answered within"), default=20)
    target_percent = models.PositiveSmallIntegerField(_("of how many, %"), default=80)
    formula = models.CharField(
        _("formula"), max_length=20, choices=list(FORMULAS.items()), default=Formula.EXCLUDE_SHORT
    )
    short_abandon = models.PositiveSmallIntegerField(_("short abandon below"), default=5)
    most_waiting = models.PositiveSmallIntegerField(_("full at"), null=True, blank=True)
    longest_wait = models.PositiveIntegerField(_("longest wait"), null=True, blank=True)
    when_full = models.CharField(_("when full"), max_length=12, choices=Instead.choices, default=Instead.CALLBACK)
    when_closed = models.CharField(_("when closed"), max_length=12, choices=Instead.choices, default=Instead.VOICEMAIL)
    when_nobody = models.CharField(_("when nobody is there"), max_length=12, choices=Instead.choices, default="wait")
    overflow_to = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("overflows to")
    )
    automation = models.PositiveSmallIntegerField(
        _("help is called"), choices=Automation.choices, default=Automation.SUGGEST
    )
    minimum_stay = models.PositiveIntegerField(_("shortest loan"), default=15 * 60)
    callback_tries = models.PositiveSmallIntegerField(_("tries of a call back"), default=3)
    callback_pause = models.PositiveIntegerField(_("between two tries"), default=15 * 60)
    is_chat_offered = models.BooleanField(_("chat in the portal"), default=False)
    is_callback_offered = models.BooleanField(_("call back in the portal"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("name",)
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        constraints = (
            models.UniqueConstraint(
                Lower("name"),
                name="queue_name_unique",
                violation_error_message=_("There is already a queue with this name."),
            ),
            models.CheckConstraint(
                condition=Q(target_percent__gte=1, target_percent__lte=100),
                name="queue_target_is_percent",
                violation_error_message=_("The target is a share: 1 to 100 in a hundred."),
            ),
            models.CheckConstraint(
                condition=Q(overflow_to__isnull=True) | ~Q(overflow_to=F("id")),
                name="queue_overflows_elsewhere",
                violation_error_message=_("A queue can't overflow to itself."),
            ),
            models.CheckConstraint(
                condition=Q(overflow_to__isnull=False)
                | (~Q(when_full="overflow") & ~Q(when_closed="overflow") & ~Q(when_nobody="overflow")),
                name="queue_overflow_has_target",
                violation_error_message=_("Say to which queue it overflows."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def delays(self) -> list[str]:
        """The levels above the first that open by delay, as they are written: "2: 30 s"."""
        return [f"{one.level}: {one.delay} s" for one in self.levels.all()]


class QueueLevel(models.Model):
    """A level above the first opens to a contact when it has waited this long, or when nobody below it is ready."""

    queue = models.ForeignKey(Queue, models.CASCADE, related_name="levels")
    level = models.PositiveSmallIntegerField(_("level"), validators=[MinValueValidator(2), MaxValueValidator(9)])
    delay = models.PositiveIntegerField(_("opens after, seconds"))

    class Meta:
        ordering = ("level",)
        constraints = (
            models.UniqueConstraint(fields=["queue", "level"], name="queue_level_once"),
            models.CheckConstraint(condition=Q(level__gte=2, level__lte=9), name="queue_level_range"),
        )

    def __str__(self) -> str:
        return f"{self.queue_id}: {self.level} after {self.delay} s"


class QueueMembershipQuerySet(models.QuerySet["QueueMembership"]):
    def current(self) -> QueueMembershipQuerySet:
        """Those that hold now."""
        return self.filter(left_at__isnull=True)

    def serving(self) -> QueueMembershipQuerySet:
        """Those by which contacts come now: whoever is on loan serves there alone."""
        lent = QueueMembership.objects.current().filter(agent=OuterRef("agent"), kind=QueueMembership.Kind.LOAN)
        return self.current().filter(Q(kind=QueueMembership.Kind.LOAN) | ~Exists(lent))


class QueueMembership(models.Model):
    """An agent's time in a queue, at home or on loan. A row is kept when he leaves; coming again is a new row."""

    class Kind(models.TextChoices):
        HOME = "home", _("home")
        LOAN = "loan", _("on loan")

    agent = models.ForeignKey(Agent, models.PROTECT, related_name="queue_memberships", verbose_name=_("agent"))
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="memberships", verbose_name=_("queue"))
    level = models.PositiveSmallIntegerField(
        _("level"), default=1, validators=[MinValueValidator(1), MaxValueValidator(9)]
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.HOME)
    joined_at = models.DateTimeField(default=timezone.now)
    joined_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    left_at = models.DateTimeField(null=True, blank=True)

    objects = QueueMembershipQuerySet.as_manager()

    class Meta:
        ordering = ("queue", "level", "position", "agent")
        constraints = (
            models.UniqueConstraint(
                fields=["agent", "queue"],
                condition=Q(left_at__isnull=True),
                name="queue_membership_once",
                violation_error_message=_("This agent already serves the queue."),
            ),
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=9), name="queue_membership_level_range"),
        )
        indexes = (models.Index(fields=["queue", "level"], name="queue_membership_open", condition=Q(left_at=None)),)

    def __str__(self) -> str:
        return f"{self.agent_id} in {self.queue_id}"
