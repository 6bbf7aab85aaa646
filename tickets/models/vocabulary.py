"""The three vocabularies of a ticket: kinds, priorities and statuses. Rows with a stable code and free names."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Term(models.Model):
    """A row of a vocabulary: a stable code and a name in every language."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    names = models.JSONField(_("names"), default=dict, help_text=_("A name for each language code."))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the reader's language, else in English, else the code."""
        language = (get_language() or "en").split("-")[0]
        return str(self.names.get(language) or self.names.get("en") or self.code)


class Kind(Term):
    """question, incident, service request, problem, change, task."""

    class Meta:
        ordering = ("position",)
        verbose_name = _("kind")
        verbose_name_plural = _("kinds")


class Priority(Term):
    """`level` 1 (low) to 4 (urgent); a higher level is worked sooner."""

    level = models.PositiveSmallIntegerField(_("level"), default=2)

    class Meta:
        ordering = ("-level",)
        verbose_name = _("priority")
        verbose_name_plural = _("priorities")
        constraints = (
            models.CheckConstraint(
                condition=Q(level__gte=1, level__lte=4),
                name="priority_level_range",
                violation_error_message=_("The level of a priority is 1 to 4."),
            ),
        )


class Status(Term):
    """A free name on a fixed type: the type decides what the product does, the name what people read."""

    class Type(models.TextChoices):
        NEW = "new", _("new")
        OPEN = "open", _("open")
        PENDING_REMINDER = "pending_reminder", _("pending, reminder")
        PENDING_CLOSE = "pending_close", _("pending, auto close")
        CLOSED_SUCCESSFUL = "closed_successful", _("closed successful")
        CLOSED_UNSUCCESSFUL = "closed_unsuccessful", _("closed unsuccessful")
        MERGED = "merged", _("merged")

    class WaitsFor(models.TextChoices):
        US = "us", _("With us")
        CUSTOMER = "customer", _("Waiting for the customer")
        THIRD_PARTY = "third_party", _("Waiting for a third party")
        NOBODY = "nobody", _("Done")

    PENDING: ClassVar[tuple[str, ...]] = (Type.PENDING_REMINDER, Type.PENDING_CLOSE)
    CLOSED: ClassVar[tuple[str, ...]] = (Type.CLOSED_SUCCESSFUL, Type.CLOSED_UNSUCCESSFUL, Type.MERGED)

    type = models.CharField(_("type"), max_length=30, choices=Type.choices)
    waits_for = models.CharField(_("whose turn"), max_length=20, choices=WaitsFor.choices, default=WaitsFor.US)
    closes_to = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("closes to"),
        help_text=_("For auto close: the status it turns into when the time is up."),
    )

    class Meta:
        ordering = ("position",)
        verbose_name = _("status")
        verbose_name_plural = _("statuses")
        constraints = (
            models.CheckConstraint(
                condition=~Q(type="pending_close") | Q(closes_to__isnull=False),
                name="status_auto_close_has_target",
                violation_error_message=_("Say which status the auto close turns into."),
            ),
        )

    @property
    def is_pending(self) -> bool:
        return self.type in self.PENDING

    @property
    def is_closed(self) -> bool:
        return self.type in self.CLOSED
