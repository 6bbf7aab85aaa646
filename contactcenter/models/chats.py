"""Chats and the wish to be called back: what a customer writes in the portal, kept until it stands on a ticket."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contactcenter.models.contacts import Contact
from tickets.models import Ticket, User


class Chat(models.Model):
    """A conversation of a contact. Once it is over it stands on `ticket`; `filed_at` says since when.

    The times are those of the idle clocks: who last wrote, whose page last showed a sign of life.
    """

    contact = models.OneToOneField(Contact, models.PROTECT, related_name="chat")
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, blank=True, related_name="chats")
    filed_at = models.DateTimeField(null=True, blank=True)
    customer_wrote_at = models.DateTimeField()
    agent_wrote_at = models.DateTimeField(null=True, blank=True)
    customer_here_at = models.DateTimeField()
    agent_since = models.DateTimeField(null=True, blank=True, help_text="Since when the agent has it before him.")
    warned_at = models.DateTimeField(null=True, blank=True)
    customer_typed_at = models.DateTimeField(null=True, blank=True)
    agent_typed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(filed_at__isnull=True) | Q(ticket__isnull=False), name="chat_filed_on_ticket"
            ),
        )
        indexes = (models.Index(fields=["id"], name="chat_to_file", condition=Q(filed_at=None)),)

    def __str__(self) -> str:
        return f"chat of {self.contact_id}"


class ChatLine(models.Model):
    """One line of a chat, never changed. The system's have a code instead of words. `key`: sent twice, written once."""

    class Who(models.TextChoices):
        CUSTOMER = "customer", _("customer")
        AGENT = "agent", _("agent")
        SYSTEM = "system", _("system")

    class Code(models.TextChoices):
        """What the system has to say; the reader's language decides the words."""

        JOINED = "joined", _("joined")
        WAITS_AGAIN = "waits_again", _("waits again")
        WARNED = "warned", _("are you still there?")
        ENDED_BY_AGENT = "ended_agent", _("ended by the agent")
        ENDED_BY_CUSTOMER = "ended_customer", _("ended by the customer")
        ENDED_IDLE = "ended_idle", _("ended since nobody wrote")
        LEFT = "left", _("left while waiting")

    chat = models.ForeignKey(Chat, models.PROTECT, related_name="lines")
    who = models.CharField(max_length=10, choices=Who.choices)
    author = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="chat_lines")
    text = models.TextField(blank=True)
    code = models.CharField(max_length=20, choices=Code.choices, blank=True)
    key = models.CharField(max_length=40, blank=True)
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["chat", "who", "key"], condition=~Q(key=""), name="chat_line_once"),
            models.CheckConstraint(
                condition=Q(who="system", text="") & ~Q(code="") | ~Q(who="system") & Q(code="") & ~Q(text=""),
                name="chat_line_words_or_code",
            ),
        )

    def __str__(self) -> str:
        return f"{self.who} in {self.chat_id}"


class CallbackWish(models.Model):
    """What a customer wrote when he asked to be called back. Not reached, it becomes the ticket."""

    contact = models.OneToOneField(Contact, models.PROTECT, related_name="wish")
    text = models.TextField(_("What is it about?"), blank=True)
    wished_at = models.DateTimeField(null=True, blank=True, help_text="Not before; empty for as soon as possible.")
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, blank=True, related_name="callback_wishes")
    asked_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"wish of {self.contact_id}"
