"""What was said on a ticket: messages, their files, and the erasure that law demands.

Messages and attachments are written once: the database refuses DELETE, TRUNCATE and UPDATE.
The one exception is an approved `Erasure`, which blanks a content and keeps its hash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.people import User
from tickets.models.tickets import Channel, Ticket, TicketQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: User | AnonymousUser | None) -> MessageQuerySet:
        """Everything on the tickets the person works on; on those he sees as a customer, what is meant for him."""
        if isinstance(user, User) and user.is_active and user.is_admin:
            return self
        # Asked for each message by its ticket's key: as lists, both would be every ticket that he sees.
        seen = self._on(Ticket.objects.visible_to(user)).shown_to_customer()
        if not isinstance(user, User) or not user.is_agent:
            return seen
        return seen | self._on(Ticket.objects.worked_by(user))

    def _on(self, tickets: TicketQuerySet) -> MessageQuerySet:
        return self.filter(ticket=Subquery(tickets.filter(pk=OuterRef("ticket")).values("pk")))

    def shown_to_customer(self) -> MessageQuerySet:
        """Meant for the customer from the start, or accepted by an agent since."""
        return self.filter(Q(visible_to_customer=True) | Q(acceptance__isnull=False))


class Message(models.Model):
    """A mail, reply, note, phone record or chat transcript on a ticket."""

    class Sender(models.TextChoices):
        CUSTOMER = "customer", _("customer")
        AGENT = "agent", _("agent")
        SYSTEM = "system", _("system")

    class Kind(models.TextChoices):
        MAIL = "mail", _("mail")
        WEB = "web", _("web")
        PHONE = "phone", _("phone")
        NOTE = "note", _("note")
        CHAT = "chat", _("chat")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    sender = models.CharField(max_length=10, choices=Sender.choices)
    author = models.ForeignKey(User, models.PROTECT, null=True, related_name="messages")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    visible_to_customer = models.BooleanField()
    is_automatic = models.BooleanField(default=False, help_text="Written by a machine: ours or theirs.")
    is_unconfirmed = models.BooleanField(default=False, help_text="From a stranger who knew the number.")

    from_address = models.CharField(max_length=320, blank=True)
    from_name = models.CharField(max_length=300, blank=True)
    to = models.JSONField(default=list, help_text="[[name, address], ...] as written.")
    cc = models.JSONField(default=list, help_text="[[name, address], ...] as written.")
    subject = models.TextField(blank=True)
    body = models.TextField(blank=True, help_text="The whole readable text.")
    fresh = models.TextField(blank=True, help_text="What the sender wrote anew, without the quotation; '' when all is.")
    html = models.TextField(blank=True, help_text="As received; sanitised each time it is shown.")
    mail_id = models.CharField(max_length=998, blank=True, help_text="The Message-ID without angle brackets.")
    traits: ArrayField[Any, Any] = ArrayField(models.CharField(max_length=40), default=list)
    inbound = models.ForeignKey("tickets.InboundMail", models.PROTECT, null=True, related_name="messages")
    sent_at = models.DateTimeField(null=True, help_text="The Date the sender's machine claims.")
    created_at = models.DateTimeField(default=timezone.now)

    content_hash = models.BinaryField(editable=False, default=b"", help_text="SHA-256, computed in the database.")
    erasure = models.ForeignKey("tickets.Erasure", models.PROTECT, null=True, related_name="+")

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "id")
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = (
            models.CheckConstraint(
                condition=~Q(kind="note") | Q(visible_to_customer=False),
                name="message_note_is_internal",
                violation_error_message=_("An internal note is never shown to the customer."),
            ),
        )
        indexes = (
            models.Index(fields=["ticket", "created_at"], name="message_ticket"),
            models.Index(fields=["mail_id"], name="message_mail_id", condition=~Q(mail_id="")),
        )

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"

    @property
    def shown_text(self) -> str:
        """The part that is shown unfolded."""
        return self.fresh or self.body

    @property
    def has_quote(self) -> bool:
        return bool(self.fresh) and self.fresh.strip() != self.body.strip()


class Acceptance(models.Model):
    """An agent's word that a stranger's message belongs to the ticket; the message itself stays as it came."""

    message = models.OneToOneField(Message, models.PROTECT, related_name="acceptance")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"#{self.message_id}"


class Blob(models.Model):
    """A content, stored once under its SHA-256 however many messages carry it."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.BigIntegerField(help_text="bytes")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    erased_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.sha256[:12]


class Attachment(models.Model):
    """A file on a message."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="attachments")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=150, default="application/octet-stream")
    content_id = models.CharField(max_length=300, blank=True)
    is_inline = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    content_hash = models.BinaryField(editable=False, default=b"", help_text="SHA-256, computed in the database.")
    erasure = models.ForeignKey("tickets.Erasure", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name


class Erasure(models.Model):
    """One message's content blanked because the law demands it: asked by one person, approved by another."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="erasures")
    reason = models.CharField(_("reason"), max_length=300)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-asked_at",)
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        constraints = (
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=models.F("asked_by")),
                name="erasure_two_people",
                violation_error_message=_("An erasure takes two people: someone else has to approve it."),
            ),
            models.UniqueConstraint(
                fields=["message"],
                name="erasure_once",
                violation_error_message=_("The erasure of this message was already asked for."),
            ),
        )

    def __str__(self) -> str:
        return f"#{self.message_id}"
