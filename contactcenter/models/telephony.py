"""Telephone exchanges that tell us of calls, how their words map to ours, and every event as it came."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contactcenter.models.contacts import Contact
from contactcenter.models.queues import Queue
from tickets.models import User


class Exchange(models.Model):
    """A telephone exchange. `token_digest` opens its webhook; a `signing_secret`, when set, must sign each request.

    `distributes`: the exchange itself chooses who rings, so our routing leaves its calls alone and follows.
    `skew`: seconds by which its clock is ahead of ours, as last seen.
    """

    class Kind(models.TextChoices):
        WEBHOOK = "webhook", _("webhook")
        AMI = "ami", _("Asterisk")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.WEBHOOK)
    token_digest = models.CharField(max_length=64, blank=True)
    signing_secret = models.BinaryField(blank=True, default=b"", help_text="Encrypted with the secret key.")
    host = models.CharField(_("host"), max_length=253, blank=True)
    port = models.PositiveIntegerField(
        _("port"), default=5038, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    user_name = models.CharField(_("user name"), max_length=120, blank=True)
    password = models.BinaryField(blank=True, default=b"", help_text="Encrypted with the secret key.")
    interface_form = models.CharField(
        _("phones are named"),
        max_length=120,
        default="PJSIP/{extension}",
        help_text=_("As the exchange names an agent's phone; {extension} stands for his extension."),
    )
    distributes = models.BooleanField(
        _("chooses who rings"), default=True, help_text=_("On: we follow it. Off: we choose, and it connects.")
    )
    must_sign = models.BooleanField(_("has to sign"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    skew = models.FloatField(null=True, blank=True, editable=False)
    heard_at = models.DateTimeField(null=True, blank=True, editable=False)
    connected_at = models.DateTimeField(null=True, blank=True, editable=False)
    lost_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_error = models.CharField(max_length=500, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", editable=False)

    class Meta:
        ordering = ("name",)
        verbose_name = _("telephone exchange")
        verbose_name_plural = _("telephone exchanges")
        constraints = (
            models.UniqueConstraint(
                fields=["token_digest"], condition=~Q(token_digest=""), name="exchange_token_unique"
            ),
            models.CheckConstraint(
                condition=~Q(kind="ami") | ~Q(host="") & ~Q(user_name=""),
                name="exchange_ami_has_host",
                violation_error_message=_("Say where the exchange is, and as whom to sign in."),
            ),
        )

    def __str__(self) -> str:
        return self.name


class ExchangeQueue(models.Model):
    """What the exchange calls one of our queues. Without a row, a queue of the same name is meant."""

    exchange = models.ForeignKey(Exchange, models.PROTECT, related_name="queues")
    name = models.CharField(_("there it is called"), max_length=120)
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="exchange_names", verbose_name=_("queue"))

    class Meta:
        ordering = ("exchange", "name")
        constraints = (
            models.UniqueConstraint(
                "exchange",
                Lower("name"),
                name="exchange_queue_once",
                violation_error_message=_("This name stands for a queue already."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.name}: {self.queue_id}"


class CallEvent(models.Model):
    """One event as the exchange sent it. Never removed; only its verdict is written afterwards, once.

    `key` is what a repetition has in common with the first. `happened_at` is by the exchange's clock.
    """

    class Verdict(models.TextChoices):
        WAITING = "", _("not applied yet")
        APPLIED = "applied", _("applied")
        DUPLICATE = "duplicate", _("came before")
        LATE = "late", _("came too late")
        REFUSED = "refused", _("refused")

    exchange = models.ForeignKey(Exchange, models.PROTECT, related_name="events")
    call_id = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=20, blank=True)
    seq = models.PositiveIntegerField(null=True, blank=True)
    happened_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    key = models.CharField(max_length=64, blank=True)
    said: models.JSONField[Any, Any] = models.JSONField(default=dict, help_text="The event in our words.")
    raw = models.TextField(blank=True, help_text="What came, as it came, cut at 8000 characters.")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="call_events")
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True)
    reason = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["exchange", "key"],
                condition=~Q(key="") & ~Q(verdict="duplicate"),
                name="call_event_once",
            ),
        )
        indexes = (
            models.Index(fields=["exchange", "call_id", "id"], name="call_event_of_call", condition=~Q(call_id="")),
            models.Index(fields=["id"], name="call_event_waiting", condition=Q(verdict="")),
            models.Index(fields=["exchange", "-id"], name="call_event_remarkable", condition=~Q(reason="")),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.call_id} {self.verdict}"


class Voicemail(models.Model):
    """A message that somebody left, once for each key of the exchange; it became the ticket."""

    exchange = models.ForeignKey(Exchange, models.PROTECT, related_name="voicemails")
    key = models.CharField(max_length=200)
    number = models.CharField(max_length=80, blank=True)
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="voicemails")
    ticket = models.ForeignKey("tickets.Ticket", models.PROTECT, related_name="voicemails")
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=["exchange", "key"], name="voicemail_once"),)

    def __str__(self) -> str:
        return f"{self.number}: {self.ticket_id}"
