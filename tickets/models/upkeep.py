"""Rows about the house itself: timed jobs' runs, personal API tokens, the stamp of its small tables."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.people import User


class JobRun(models.Model):
    """The last run of a timed job; one row a job."""

    name = models.CharField(max_length=60, primary_key=True)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    handled = models.IntegerField(default=0, help_text="How many items the last run handled.")
    failed_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class ApiToken(models.Model):
    """A personal key to the API; acts with its person's rights. Only its hash is kept."""

    user = models.ForeignKey(User, models.PROTECT, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token.")
    hint = models.CharField(max_length=12, help_text="The first characters, to tell tokens apart.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


class Stamp(models.Model):
    """One row, whose value the database renews with each change of teams, rights, colleagues, absences, vocabularies.

    What a process read under a value still holds while the value stands; see `tickets.at_hand`.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    value = models.UUIDField(default=uuid.uuid4)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="stamp_is_one_row"),)

    def __str__(self) -> str:
        return str(self.value)
