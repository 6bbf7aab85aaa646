"""When somebody is away, and who stands in."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.people import User


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def now(self) -> AbsenceQuerySet:
        """Those in force at this moment."""
        return self.at(timezone.now())

    def at(self, moment: datetime) -> AbsenceQuerySet:
        """Those in force at that moment."""
        return self.valid().filter(starts_at__lte=moment, ends_at__gt=moment)

    def valid(self) -> AbsenceQuerySet:
        """Those that were not called off."""
        return self.filter(cancelled_at__isnull=True)


class Absence(models.Model):
    """Out of the office from `starts_at` until before `ends_at`; `deputy` answers meanwhile, if there is one."""

    user = models.ForeignKey(User, models.PROTECT, related_name="absences", verbose_name=_("person"))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    deputy = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="deputises", verbose_name=_("deputy")
    )
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False, help_text="When it was called off, if it was.")
    caught_up_at = models.DateTimeField(
        null=True, editable=False, help_text="When the person had seen what went to others meanwhile."
    )

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        ordering = ("starts_at",)
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="absence_has_length",
                violation_error_message=_("An absence ends after it starts."),
            ),
            models.CheckConstraint(
                condition=Q(deputy__isnull=True) | ~Q(deputy=F("user")),
                name="absence_deputy_is_another",
                violation_error_message=_("Somebody else has to stand in."),
            ),
            # The person as a range of one, since ranges need no extension of PostgreSQL to be compared here.
            ExclusionConstraint(
                name="absence_no_overlap",
                expressions=[
                    (
                        Func(
                            F("user"), F("user"), Value("[]"), function="int8range", output_field=BigIntegerRangeField()
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func(F("starts_at"), F("ends_at"), function="tstzrange", output_field=DateTimeRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(cancelled_at__isnull=True),
                violation_error_message=_("There is already an absence at that time."),
            ),
        )
        indexes = (models.Index(fields=["user", "ends_at"], name="absence_current"),)

    def __str__(self) -> str:
        return f"{self.user}, {self.starts_at:%Y-%m-%d} - {self.ends_at:%Y-%m-%d}"

    @property
    def is_running(self) -> bool:
        return self.cancelled_at is None and self.starts_at <= timezone.now() < self.ends_at

    @property
    def is_over(self) -> bool:
        return self.ends_at <= timezone.now()

    @property
    def last_moment(self) -> datetime:
        """The last instant of it: of an absence of whole days, on its last day."""
        return self.ends_at - timedelta(microseconds=1)
