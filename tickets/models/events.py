"""The history: one immutable line per act, chained per ticket, sealed from time to time.

`seq`, `prev_hash`, `hash`, `recorded_at`, `message_hash` and the snapshot are filled in by a trigger
in the database, so no writer can skip or forge them.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.messages import Message
from tickets.models.people import Organisation, Team, User
from tickets.models.tickets import Ticket
from tickets.models.vocabulary import Kind, Priority, Status


class Verb(models.TextChoices):
    """What can happen to a ticket."""

    OPENED = "opened", _("opened")
    MESSAGE_RECEIVED = "message_received", _("message received")
    REPLIED = "replied", _("replied")
    NOTED = "noted", _("noted")
    CALL_RECORDED = "call_recorded", _("call recorded")
    AUTO_REPLIED = "auto_replied", _("automatic reply sent")
    AUTO_REPLY_HELD = "auto_reply_held", _("automatic reply held back")
    MESSAGE_ACCEPTED = "message_accepted", _("stranger's message accepted")
    MAIL_SENT = "mail_sent", _("mail sent")
    MAIL_FAILED = "mail_failed", _("mail failed")
    MAIL_BOUNCED = "mail_bounced", _("mail bounced")
    MAIL_RESENT = "mail_resent", _("mail queued again")
    MAIL_REPEATED = "mail_repeated", _("same mail came to another address")
    FORWARDED = "forwarded", _("forwarded")
    REDIRECTED = "redirected", _("redirected")
    SPLIT = "split", _("message split off")
    ASSIGNED = "assigned", _("assigned")
    UNASSIGNED = "unassigned", _("unassigned")
    RESPONSIBLE_CHANGED = "responsible_changed", _("responsible changed")
    MOVED = "moved", _("moved")
    STATUS_CHANGED = "status_changed", _("status changed")
    PRIORITY_CHANGED = "priority_changed", _("priority changed")
    KIND_CHANGED = "kind_changed", _("kind changed")
    TITLE_CHANGED = "title_changed", _("title changed")
    CUSTOMER_CHANGED = "customer_changed", _("customer changed")
    TAGGED = "tagged", _("tagged")
    UNTAGGED = "untagged", _("untagged")
    PROMISED = "promised", _("promised")
    PROMISE_ACCEPTED = "promise_accepted", _("promise accepted")
    PROMISE_PROPOSED = "promise_proposed", _("another time proposed")
    PROMISE_DECLINED = "promise_declined", _("promise declined")
    PROMISE_KEPT = "promise_kept", _("promise kept")
    PROMISE_WITHDRAWN = "promise_withdrawn", _("promise withdrawn")
    PROMISE_DUE = "promise_due", _("promise due soon")
    PROMISE_LATE = "promise_late", _("promise late")
    REMINDED = "reminded", _("pending time is up")
    PARTICIPANT_ADDED = "participant_added", _("participant added")
    PARTICIPANT_REMOVED = "participant_removed", _("participant removed")
    WATCHED = "watched", _("watched")
    UNWATCHED = "unwatched", _("no longer watched")
    MENTIONED = "mentioned", _("colleague mentioned")
    LINKED = "linked", _("linked")
    UNLINKED = "unlinked", _("link removed")
    JOINED_GROUP = "joined_group", _("joined a group")
    LEFT_GROUP = "left_group", _("left a group")
    TOLD = "told", _("told in another ticket")
    GROUP_CLOSED = "group_closed", _("group closed")
    MERGED = "merged", _("merged")
    UNMERGED = "unmerged", _("merge undone")
    ERASURE_ASKED = "erasure_asked", _("erasure asked for")
    ERASED = "erased", _("content erased")


class Event(models.Model):
    """One line of a ticket's history. Holds ids, codes and a snapshot; never free text or addresses."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField(default=0)
    verb = models.CharField(max_length=30, choices=Verb.choices)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="events")
    data = models.JSONField(default=dict)
    recorded_at = models.DateTimeField(default=timezone.now)

    # The snapshot: how the ticket stood right after the act.
    kind = models.ForeignKey(Kind, models.PROTECT, null=True, related_name="+", db_index=False)
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", db_index=False)
    status = models.ForeignKey(Status, models.PROTECT, null=True, related_name="+", db_index=False)
    priority = models.ForeignKey(Priority, models.PROTECT, null=True, related_name="+", db_index=False)
    owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    responsible = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    customer = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+", db_index=False)
    tag_ids: ArrayField[Any, Any] = ArrayField(models.BigIntegerField(), default=list)
    title_hash = models.BinaryField(default=b"")

    message_hash = models.BinaryField(null=True)
    prev_hash = models.BinaryField(default=b"")
    hash = models.BinaryField(default=b"")

    class Meta:
        ordering = ("ticket", "seq")
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = (models.UniqueConstraint(fields=["ticket", "seq"], name="event_seq_unique"),)
        indexes = (
            models.Index(fields=["recorded_at"], name="event_recorded_at"),
            # What went to others while its owner was away: few lines, asked for by whoever comes back.
            models.Index(fields=["recorded_at"], name="event_owner_away", condition=Q(data__reason="owner_away")),
        )

    def __str__(self) -> str:
        return f"{self.ticket_id}/{self.seq} {self.verb}"


class SealPending(models.Model):
    """A ticket whose chain grew since it was last sealed; written by the trigger, drained by the sealer."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="+", db_index=False)

    def __str__(self) -> str:
        return str(self.ticket_id)


class Seal(models.Model):
    """A commitment to the heads of all chains and to how many there are; seals are chained too."""

    made_at = models.DateTimeField()
    ticket_count = models.BigIntegerField(help_text="How many tickets have ever been sealed, this seal included.")
    head_count = models.IntegerField(help_text="How many chains this seal moved on.")
    prev_hash = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return bytes(self.hash).hex()[:16]


class SealedHead(models.Model):
    """Where one ticket's chain stood at a seal."""

    seal = models.ForeignKey(Seal, models.PROTECT, related_name="heads")
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="sealed_heads")
    seq = models.PositiveIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["ticket", "seal"], name="sealed_head_unique"),)

    def __str__(self) -> str:
        return f"{self.ticket_id}/{self.seq}"
