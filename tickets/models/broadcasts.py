"""Broadcasts: one text, note or status for every ticket of a group, and what became of it for each reporter."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.models.groups import TicketGroup
from tickets.models.messages import Message
from tickets.models.people import User
from tickets.models.tickets import Ticket
from tickets.models.vocabulary import Status


class Broadcast(models.Model):
    """What is said to all reporters of a group, or done with all its tickets. At most one of a group is on its way."""

    class Kind(models.TextChoices):
        REPLY = "reply", _("message to the reporters")
        SOLVED = "solved", _("“it is solved” to all who were told")
        NOTE = "note", _("internal note on every ticket")
        STATUS = "status", _("status of every ticket")

    class State(models.TextChoices):
        WAITING = "waiting", _("waits for release")
        HELD = "held", _("about to start")
        SENDING = "sending", _("on its way")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")

    TO_REPORTERS: ClassVar[tuple[str, ...]] = (Kind.REPLY, Kind.SOLVED)
    UNDER_WAY: ClassVar[tuple[str, ...]] = (State.WAITING, State.HELD, State.SENDING)

    group = models.ForeignKey(TicketGroup, models.PROTECT, related_name="broadcasts", db_index=False)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    texts = models.JSONField(default=dict, help_text="A text by language code; a note has one.")
    status = models.ForeignKey(Status, models.PROTECT, null=True, related_name="+")
    pending_until = models.DateTimeField(null=True)
    tells_late_joiners = models.BooleanField(default=True)
    # The recipients are the members up to this one: later ones are late joiners. Their rows are written in one piece.
    last_member = models.BigIntegerField(help_text="The group's newest membership at the sending.")
    is_frozen = models.BooleanField(default=False, help_text="Its deliveries are written.")

    state = models.CharField(max_length=10, choices=State.choices)
    planned_at = models.DateTimeField(default=timezone.now)
    held_until = models.DateTimeField(null=True)
    released_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    stopped_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("broadcast")
        verbose_name_plural = _("broadcasts")
        constraints = (
            models.UniqueConstraint(
                fields=["group"],
                condition=Q(state__in=["waiting", "held", "sending"]),
                name="broadcast_one_under_way",
                violation_error_message=_("Another broadcast of this group is on its way."),
            ),
            models.CheckConstraint(
                condition=Q(released_by__isnull=True) | ~Q(released_by=F("by")),
                name="broadcast_two_people",
                violation_error_message=_("A broadcast to so many takes two people: someone else has to release it."),
            ),
            models.CheckConstraint(
                condition=~Q(state="stopped") | Q(stopped_at__isnull=False), name="broadcast_stopped_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(done_at__isnull=False), name="broadcast_done_has_time"
            ),
        )
        indexes = (
            models.Index(fields=["group", "-id"], name="broadcast_of_group"),
            models.Index(
                fields=["id"], name="broadcast_under_way", condition=Q(state__in=["waiting", "held", "sending"])
            ),
        )

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind}"

    @property
    def is_to_reporters(self) -> bool:
        return self.kind in self.TO_REPORTERS

    @property
    def is_under_way(self) -> bool:
        return self.state in self.UNDER_WAY


class Delivery(models.Model):
    """One reporter's part of a broadcast: his tickets, his language, his address, and how it went.

    To reporters a row is one person; notes and statuses have a row for each ticket, without a person. Its act and its
    outcome are written in one transaction, so whatever is queued has not been said.
    """

    class State(models.TextChoices):
        QUEUED = "queued", pgettext_lazy("delivery", "queued")
        SENT = "sent", pgettext_lazy("delivery", "sent")
        DEFERRED = "deferred", pgettext_lazy("delivery", "deferred")
        BOUNCED = "bounced", pgettext_lazy("delivery", "bounced")
        SKIPPED = "skipped", pgettext_lazy("delivery", "skipped")
        FAILED = "failed", pgettext_lazy("delivery", "failed")
        REPLIED = "replied", pgettext_lazy("delivery", "replied")

    class Reason(models.TextChoices):
        """Why somebody is left out, or why it did not work."""

        NO_PERSON = "no_person", _("the reporter is not known")
        NO_ADDRESS = "no_address", _("no e-mail address")
        BAD_ADDRESS = "bad_address", _("mail to the address comes back")
        INACTIVE = "inactive", _("the account is switched off")
        OPTED_OUT = "opted_out", _("wants no broadcasts")
        CLOSED = "closed", _("the ticket was closed earlier")
        MERGED = "merged", _("the ticket was merged into another one")
        LEFT = "left", _("left the group")
        TOLD = "told", _("has been told the same already")
        ALREADY = "already", _("is already so")
        UNFILLED = "unfilled", _("a placeholder has no value here")
        REFUSED = "refused", _("a rule says no")
        FAULT = "fault", _("the server could not do it")
        MAIL = "mail", _("the mail server refused it")
        STOPPED = "stopped", _("the broadcast was stopped")
        ERASED = "erased", _("erased as the law demands")

    broadcast = models.ForeignKey(Broadcast, models.PROTECT, related_name="deliveries", db_index=False)
    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="deliveries", db_index=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="deliveries")
    ticket_ids: ArrayField[Any, Any] = ArrayField(
        models.BigIntegerField(), default=list, help_text="All tickets that it concerns, the one it is said in first."
    )
    language = models.CharField(max_length=10, blank=True)
    address = models.CharField(max_length=320, blank=True)
    is_late = models.BooleanField(default=False, help_text="Joined the group after the broadcast was sent.")

    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True)
    detail = models.CharField(max_length=500, blank=True, help_text="A sentence, or what the mail server said.")
    message = models.OneToOneField(Message, models.PROTECT, null=True, related_name="delivery")
    attempts = models.PositiveSmallIntegerField(default=0)
    retried_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    next_try_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True, help_text="When it was said in the ticket.")
    replied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = (
            models.UniqueConstraint(
                fields=["broadcast", "person"],
                name="delivery_once_per_person",
                violation_error_message=_("This person gets this broadcast already."),
            ),
            models.UniqueConstraint(
                fields=["broadcast", "ticket"],
                name="delivery_once_per_ticket",
                violation_error_message=_("This ticket has this broadcast already."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["skipped", "failed", "bounced"]) | ~Q(reason=""), name="delivery_says_why"
            ),
        )
        indexes = (
            models.Index(
                fields=["broadcast", "next_try_at", "id"],
                name="delivery_due",
                condition=Q(state__in=["queued", "deferred"], delivered_at__isnull=True),
            ),
            models.Index(fields=["person", "-id"], name="delivery_of_person", condition=Q(person__isnull=False)),
        )

    def __str__(self) -> str:
        return f"#{self.broadcast_id}: {self.person_id} {self.state}"


# The state as people read it: a mail that waits for its next try is deferred.
SHOWN_STATE = models.Case(
    models.When(state="queued", message__outbound__state="deferred", then=models.Value("deferred")),
    default=F("state"),
    output_field=models.CharField(),
)


class BroadcastOptOut(models.Model):
    """A reporter who wants no broadcasts, only answers of his own. A row stays when he comes back."""

    person = models.OneToOneField(User, models.PROTECT, primary_key=True, related_name="broadcast_opt_out")
    opted_out_at = models.DateTimeField(default=timezone.now)
    came_back_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.person_id} {'in' if self.came_back_at else 'out'}"
