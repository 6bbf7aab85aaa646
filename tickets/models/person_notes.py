"""What agents note of a person, for each other: that he is deaf on one ear, or wants to be called first."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.people import User


class PersonNoteQuerySet(models.QuerySet["PersonNote"]):
    def standing(self) -> PersonNoteQuerySet:
        """Those that nobody has reworded or taken away."""
        return self.filter(later=None).exclude(text="")


class PersonNote(models.Model):
    """One version of a note, never changed: a new one names the one that it replaces, an empty one takes it away.

    The one exception is an approved `PersonNoteErasure`, which blanks all versions of a note and keeps their hashes.
    """

    person = models.ForeignKey(User, models.PROTECT, related_name="notes_of_him", verbose_name=_("person"))
    text = models.TextField(_("note"), blank=True, max_length=2_000)
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("author"))
    written_at = models.DateTimeField(default=timezone.now, editable=False)
    content_hash = models.BinaryField(editable=False, default=b"", help_text="SHA-256, computed in the database.")
    erasure = models.ForeignKey("tickets.PersonNoteErasure", models.PROTECT, null=True, related_name="+")
    replaces = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="later")

    objects = PersonNoteQuerySet.as_manager()

    class Meta:
        ordering = ("-written_at", "-pk")
        verbose_name = _("note on a person")
        verbose_name_plural = _("notes on people")
        constraints = (
            models.CheckConstraint(
                condition=~Q(text="") | Q(replaces__isnull=False) | Q(erasure__isnull=False),
                name="person_note_says_something",
                violation_error_message=_("Write something."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id}: {self.text[:40]}"

    @property
    def fingerprint(self) -> str:
        """What it said, as a hash in hex: it stays when the words are erased."""
        return bytes(self.content_hash).hex()


class PersonNoteErasure(models.Model):
    """A note blanked in all its versions because the law demands it: asked by one person, approved by another."""

    note = models.ForeignKey(PersonNote, models.PROTECT, related_name="erasures")
    reason = models.CharField(_("reason"), max_length=300)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-asked_at",)
        verbose_name = _("erasure of a note on a person")
        verbose_name_plural = _("erasures of notes on people")
        constraints = (
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=models.F("asked_by")),
                name="person_note_erasure_two_people",
                violation_error_message=_("An erasure takes two people: someone else has to approve it."),
            ),
            models.UniqueConstraint(
                fields=["note"],
                name="person_note_erasure_once",
                violation_error_message=_("The erasure of this note was already asked for."),
            ),
        )

    def __str__(self) -> str:
        return f"#{self.note_id}"
