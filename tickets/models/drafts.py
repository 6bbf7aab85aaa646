"""What is being written and has not been said yet: drafts, and replies in the seconds in which they can be undone."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.messages import Blob
from tickets.models.people import User
from tickets.models.tickets import Ticket


class Draft(models.Model):
    """One person's unfinished text on one ticket (or on a new one). Survives the browser, the session and the device.

    With `send_at` it is on its way: a drain says it then, through the same room as an immediate act, and removes the
    draft in the same transaction. Until then it can be undone. `refusal` tells why it could not be said.
    """

    class Kind(models.TextChoices):
        REPLY = "reply", _("reply")
        NOTE = "note", _("internal note")
        CALL = "call", _("phone record")
        FORWARD = "forward", _("forward")
        NEW_TICKET = "new_ticket", _("new ticket")

    user = models.ForeignKey(User, models.PROTECT, related_name="drafts")
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="drafts")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    fields = models.JSONField(default=dict, help_text="The form's fields as typed, by name.")
    based_on = models.PositiveIntegerField(default=0, help_text="The last line of the history its writer had seen.")
    saved_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=0, help_text="Counts the savings; a tab names the one it has seen.")
    tab = models.CharField(max_length=40, blank=True, help_text="Which open page saved it last.")
    others = models.JSONField(default=dict, help_text="Texts of other open pages, set aside: {tab: {fields, at}}.")
    orders = models.JSONField(default=dict, help_text="What was decided on sending: readers, status, promise.")
    send_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("-saved_at",)
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = (
            models.UniqueConstraint(
                fields=["user", "ticket", "kind"],
                condition=Q(send_at__isnull=True),
                nulls_distinct=False,
                name="draft_unique",
            ),
        )
        indexes = (models.Index(fields=["send_at"], name="draft_due", condition=Q(send_at__isnull=False)),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} #{self.ticket_id}"


class DraftFile(models.Model):
    """A file that was already uploaded for a draft."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="files")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=150, default="application/octet-stream")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name


class SentForm(models.Model):
    """A form that has done its work. Whoever sends it again, since the answer got lost, does nothing twice."""

    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    key = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "key"], name="sent_form_unique"),)

    def __str__(self) -> str:
        return str(self.key)
