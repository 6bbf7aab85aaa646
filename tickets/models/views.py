"""Saved views and list layouts: what an agent or a team wants to see of the inbox, and how."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.people import Team, User


class SavedView(models.Model):
    """A named list: a condition, an order, columns and a grouping. Belongs to one agent or to one team."""

    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="saved_views")
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="saved_views", verbose_name=_("team")
    )
    name = models.CharField(_("name"), max_length=80)
    condition = models.JSONField(default=dict, help_text="A tree of `tickets.conditions`.")
    sort = models.CharField(max_length=40, blank=True, help_text="A column, with a minus sign when descending.")
    columns: ArrayField[Any, Any] = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    group_by = models.CharField(max_length=20, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("position", "name")
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = (
            models.CheckConstraint(
                condition=Q(owner__isnull=False, team__isnull=True) | Q(owner__isnull=True, team__isnull=False),
                name="saved_view_of_one",
                violation_error_message=_("A view belongs to one person or to one team."),
            ),
            models.CheckConstraint(
                condition=~Q(name=""), name="saved_view_named", violation_error_message=_("Give the view a name.")
            ),
            models.UniqueConstraint(
                fields=["owner", "team", "name"],
                nulls_distinct=False,
                name="saved_view_name_unique",
                violation_error_message=_("There is already a view with this name."),
            ),
        )

    def __str__(self) -> str:
        return self.name


class ListLayout(models.Model):
    """The columns and the order that one agent chose for one of the built-in views."""

    user = models.ForeignKey(User, models.PROTECT, related_name="list_layouts")
    view = models.CharField(max_length=40)
    columns: ArrayField[Any, Any] = ArrayField(models.CharField(max_length=40), default=list)
    sort = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "view"], name="list_layout_unique"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.view}"
