"""The history of the set-up: who changed which setting of the house, when, from what to what."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.people import User


class ConfigurationChange(models.Model):
    """One line of the configuration's history; the database refuses to change or remove it. Holds no secrets."""

    class Act(models.TextChoices):
        ADDED = "added", _("added")
        CHANGED = "changed", _("changed")
        REMOVED = "removed", _("removed")

    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    act = models.CharField(max_length=10, choices=Act.choices)
    thing = models.CharField(max_length=40, help_text="The model's name: team, mailbox, status ...")
    thing_id = models.BigIntegerField()
    name = models.CharField(max_length=200, help_text="What the thing was called.")
    changes = models.JSONField(default=dict, help_text='{"field": [before, after]}; secrets only as "changed".')

    class Meta:
        ordering = ("-id",)
        verbose_name = _("configuration change")
        verbose_name_plural = _("configuration changes")
        indexes = (models.Index(fields=["thing", "thing_id", "-id"], name="configuration_of_thing"),)

    def __str__(self) -> str:
        return f"{self.thing} {self.thing_id} {self.act}"
