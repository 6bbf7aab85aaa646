"""Contacts (calls, callbacks, chats), their way through queues, and offers: reservations of an agent for a contact."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contactcenter.models.agents import Agent
from contactcenter.models.queues import Queue
from tickets.models import Ticket, User


class Outcome(models.TextChoices):
    """How a contact, or its time in one queue, ended. Exactly one each."""

    ANSWERED = "answered", _("answered")
    ABANDONED = "abandoned", _("hung up while waiting")
    SHORT_ABANDONED = "short_abandoned", _("hung up at once")
    TIMED_OUT = "timed_out", _("waited too long")
    NO_AGENTS = "no_agents", _("nobody was there")
    EXIT_KEY = "exit_key", _("left by a key")
    TO_CALLBACK = "to_callback", _("asked for a call back")
    TO_VOICEMAIL = "to_voicemail", _("left a message")
    WITHDRAWN = "withdrawn", _("withdrawn")
    REJECTED = "rejected", _("turned away")
    OVERFLOWED = "overflowed", _("went to another queue")
    NO_REPLY = "no_reply", _("could not be reached")
    FAILED = "failed", _("failed")


class Contact(models.Model):
    """One interaction with a person. `queued_at` is its place in the line, kept through every miss and loss.

    `agent` is set while somebody is connected or wraps up, and stays as the last one who was. From `ended_at` on there
    is an outcome, and it never changes.
    """

    class Channel(models.TextChoices):
        CALL = "call", _("Call")
        CALLBACK = "callback", _("Call back")
        CHAT = "chat", _("Chat")

    class Direction(models.TextChoices):
        IN = "in", _("incoming")
        OUT = "out", _("outgoing")

    class State(models.TextChoices):
        NEW = "new", _("new")
        QUEUED = "queued", _("waiting")
        OFFERED = "offered", _("offered")
        RETRY_WAIT = "retry_wait", _("to be tried again")
        DIALLING = "dialling", _("being called")
        CONNECTED = "connected", _("connected")
        HELD = "held", _("on hold")
        WRAP_UP = "wrap_up", _("wrap-up")
        CLOSED = "closed", _("closed")

    WITH_AGENT: ClassVar[tuple[str, ...]] = (State.DIALLING, State.CONNECTED, State.HELD, State.WRAP_UP)
    OVER: ClassVar[tuple[str, ...]] = (State.WRAP_UP, State.CLOSED)

    channel = models.CharField(max_length=10, choices=Channel.choices)
    direction = models.CharField(max_length=4, choices=Direction.choices, default=Direction.IN)
    customer = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="contacts")
    number = models.CharField(_("number"), max_length=80, blank=True, help_text="Whom it is with, as the line says.")
    provider = models.CharField(max_length=40, blank=True)
    provider_call_id = models.CharField(max_length=200, blank=True)
    linked_id = models.CharField(max_length=200, blank=True)
    is_routed_outside = models.BooleanField(default=False, help_text="The exchange chooses who rings; we follow.")
    state = models.CharField(max_length=12, choices=State.choices, default=State.NEW)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    queue = models.ForeignKey(Queue, models.PROTECT, null=True, blank=True, related_name="contacts")
    agent = models.ForeignKey(Agent, models.PROTECT, null=True, blank=True, related_name="contacts")
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, blank=True, related_name="contacts")
    callback_of = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="callback")
    credit = models.IntegerField(default=0, help_text="Seconds by which it counts as older than it is.")
    tries = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-opened_at", "-id")
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = (
            models.UniqueConstraint(
                fields=["provider", "provider_call_id"],
                condition=~Q(provider_call_id=""),
                name="contact_call_id_unique",
                violation_error_message=_("This call is known already."),
            ),
            models.UniqueConstraint(
                fields=["agent"],
                condition=Q(state__in=["dialling", "connected", "held", "wrap_up"]),
                name="contact_one_per_agent",
                violation_error_message=_("This agent is with another contact."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=["wrap_up", "closed"], ended_at__isnull=False) & ~Q(outcome="")
                | ~Q(state__in=["wrap_up", "closed"]) & Q(ended_at__isnull=True, outcome=""),
                name="contact_over_has_outcome",
                violation_error_message=_("A contact that is over has one outcome."),
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) | ~Q(state="closed") & Q(closed_at__isnull=True),
                name="contact_closed_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["queued", "offered"]) | Q(queue__isnull=False, queued_at__isnull=False),
                name="contact_waits_somewhere",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["dialling", "connected", "held", "wrap_up"]) | Q(agent__isnull=False),
                name="contact_connected_to_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="retry_wait", retry_at__isnull=False)
                | ~Q(state="retry_wait") & Q(retry_at__isnull=True),
                name="contact_retry_has_time",
            ),
        )
        indexes = (
            models.Index(fields=["queue", "queued_at"], name="contact_waiting", condition=Q(state="queued")),
            models.Index(fields=["customer", "-opened_at"], name="contact_customer"),
            models.Index(fields=["number", "-opened_at"], name="contact_number", condition=~Q(number="")),
            models.Index(fields=["retry_at"], name="contact_retry", condition=Q(state="retry_wait")),
        )

    def __str__(self) -> str:
        return f"{self.channel} {self.pk} {self.state}"

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None


class ContactSegment(models.Model):
    """A contact's time in one queue: the unit that service levels count. A transfer begins the next one."""

    contact = models.ForeignKey(Contact, models.PROTECT, related_name="segments")
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="segments")
    agent = models.ForeignKey(Agent, models.PROTECT, null=True, blank=True, related_name="segments")
    entered_at = models.DateTimeField()
    position_in = models.PositiveIntegerField(default=0, help_text="How many waited before it.")
    credit = models.IntegerField(default=0)
    expected_wait = models.FloatField(null=True, blank=True, help_text="Seconds, as estimated when it joined.")
    expected_spread = models.FloatField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)

    class Meta:
        ordering = ("contact", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(left_at__isnull=True),
                name="segment_one_open",
                violation_error_message=_("This contact is in another queue."),
            ),
            models.CheckConstraint(condition=Q(left_at__isnull=True) | ~Q(outcome=""), name="segment_left_has_outcome"),
        )
        indexes = (
            models.Index(fields=["queue", "entered_at"], name="segment_entered"),
            models.Index(fields=["queue", "left_at"], name="segment_left"),
        )

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.queue_id}"


class Offer(models.Model):
    """An agent reserved for a contact for some seconds. One open for a contact, one open for an agent."""

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        ACCEPTED = "accepted", _("accepted")
        REJECTED = "rejected", _("rejected")
        TIMED_OUT = "timed_out", _("not answered")
        CANCELED = "canceled", _("the contact went away")
        RESCINDED = "rescinded", _("taken back")

    contact = models.ForeignKey(Contact, models.PROTECT, related_name="offers")
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="offers")
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="offers")
    level = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(state="pending"),
                name="offer_one_open_per_contact",
                violation_error_message=_("This contact is offered to somebody already."),
            ),
            models.UniqueConstraint(
                fields=["agent"],
                condition=Q(state="pending"),
                name="offer_one_open_per_agent",
                violation_error_message=_("This agent has another offer."),
            ),
            models.CheckConstraint(
                condition=Q(state="pending", settled_at__isnull=True)
                | ~Q(state="pending") & Q(settled_at__isnull=False),
                name="offer_settled_has_time",
            ),
        )
        indexes = (models.Index(fields=["expires_at"], name="offer_to_expire", condition=Q(state="pending")),)

    def __str__(self) -> str:
        return f"{self.contact_id} to {self.agent_id}: {self.state}"


class WrapUp(models.Model):
    """What came of a contact: a disposition, and a ticket or the explicit word that there is none."""

    contact = models.OneToOneField(Contact, models.PROTECT, related_name="wrap_up")
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="wrap_ups")
    disposition = models.CharField(max_length=40, blank=True)
    notes = models.TextField(max_length=10_000, blank=True)
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, blank=True, related_name="wrap_ups")
    is_without_ticket = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(ticket__isnull=False, is_without_ticket=False)
                | Q(ticket__isnull=True, is_without_ticket=True),
                name="wrap_up_ticket_or_none",
                violation_error_message=_("Choose a ticket, or say that there is none."),
            ),
        )

    def __str__(self) -> str:
        return f"wrap-up of {self.contact_id}"
