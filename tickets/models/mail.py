"""Mail on its way in and out: our addresses, raw arrivals, the outbox, and what we know of addresses."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.messages import Message
from tickets.models.people import Team, User
from tickets.models.tickets import Ticket


class Mailbox(models.Model):
    """One of our own addresses: mail to it becomes tickets of a team, the team's mail is sent from it."""

    address = models.EmailField(_("address"), max_length=254, unique=True)
    name = models.CharField(_("sender's name"), max_length=120, blank=True)
    team = models.ForeignKey(Team, models.PROTECT, related_name="mailboxes", verbose_name=_("team"))
    is_default = models.BooleanField(
        _("default"), default=False, help_text=_("Takes mail that names none of our addresses.")
    )
    sends_auto_reply = models.BooleanField(_("acknowledges new tickets"), default=True)
    trusts_headers = models.BooleanField(_("obeys X-Ticketdesk headers"), default=False)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ("address",)
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        constraints = (
            models.CheckConstraint(
                condition=Q(address=Lower("address")),
                name="mailbox_address_lower",
                violation_error_message=_("E-mail addresses are kept in lower case."),
            ),
            models.UniqueConstraint(
                fields=["is_default"],
                condition=Q(is_default=True),
                name="mailbox_one_default",
                violation_error_message=_("Another mailbox is already the default."),
            ),
        )

    def __str__(self) -> str:
        return self.address


class ImapSource(models.Model):
    """A mailbox on an IMAP server that is emptied into ours."""

    class Security(models.TextChoices):
        TLS = "tls", "TLS"
        STARTTLS = "starttls", "STARTTLS"
        PLAIN = "plain", _("none (this machine only)")

    class SignIn(models.TextChoices):
        PASSWORD = "password", _("password")
        CLIENT_CREDENTIALS = "client_credentials", _("OAuth2, in the name of the application")
        REFRESH_TOKEN = "refresh_token", _("OAuth2, with a refresh token")

    class After(models.TextChoices):
        SEEN = "seen", _("mark as seen")
        MOVE = "move", _("move to a folder")

    mailbox = models.ForeignKey(
        Mailbox,
        models.PROTECT,
        related_name="imap_sources",
        verbose_name=_("mailbox"),
        help_text=_("Where mail goes that names none of our addresses."),
    )
    host = models.CharField(_("host"), max_length=253)
    port = models.PositiveIntegerField(_("port"), default=993)
    security = models.CharField(_("security"), max_length=10, choices=Security.choices, default=Security.TLS)
    user_name = models.CharField(_("user name"), max_length=254)
    secret = models.BinaryField(_("password"), blank=True, default=b"", help_text="Encrypted with the secret key.")
    sign_in = models.CharField(_("sign-in"), max_length=20, choices=SignIn.choices, default=SignIn.PASSWORD)
    token_url = models.CharField(_("token address"), max_length=500, blank=True)
    client_id = models.CharField(_("client ID"), max_length=254, blank=True)
    scope = models.CharField(_("scope"), max_length=500, blank=True)
    refresh_secret = models.BinaryField(
        _("refresh token"), blank=True, default=b"", help_text="Encrypted with the secret key."
    )
    folder = models.CharField(_("folder"), max_length=200, default="INBOX")
    after = models.CharField(_("afterwards"), max_length=10, choices=After.choices, default=After.SEEN)
    move_to = models.CharField(_("move to"), max_length=200, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    fetched_at = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(max_length=500, blank=True, editable=False)
    failed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("host", "user_name")
        verbose_name = _("IMAP source")
        verbose_name_plural = _("IMAP sources")
        constraints = (
            models.CheckConstraint(
                condition=~Q(after="move") | ~Q(move_to=""),
                name="imap_move_has_folder",
                violation_error_message=_("Say which folder to move to."),
            ),
            models.CheckConstraint(
                condition=Q(sign_in="password") | ~Q(token_url="") & ~Q(client_id=""),
                name="imap_oauth_has_client",
                violation_error_message=_("OAuth2 needs the token address and the client ID."),
            ),
            models.UniqueConstraint(
                fields=["host", "user_name", "folder"],
                name="imap_source_unique",
                violation_error_message=_("This folder is already fetched."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_name}@{self.host}/{self.folder}"


class InboundMail(models.Model):
    """A mail exactly as it came. Committed before the sender is told it was taken; never deleted."""

    class Door(models.TextChoices):
        SMTP = "smtp", "SMTP/LMTP"
        IMAP = "imap", "IMAP"
        PIPE = "pipe", _("pipe")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        NEW_TICKET = "new_ticket", _("new ticket")
        FOLLOW_UP = "follow_up", _("follow-up")
        QUARANTINED = "quarantined", _("quarantined")
        IGNORED = "ignored", _("ignored")

    raw = models.BinaryField()
    size = models.BigIntegerField(help_text="bytes")
    raw_sha256 = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 without the trace headers of the way here.")
    mailbox = models.ForeignKey(Mailbox, models.PROTECT, null=True, related_name="inbound")
    door = models.CharField(max_length=10, choices=Door.choices)
    envelope_from = models.CharField(max_length=320, blank=True)
    envelope_to = models.CharField(max_length=320, blank=True)
    received_at = models.DateTimeField(default=timezone.now)

    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=60, blank=True, help_text="A code: why quarantined or ignored.")
    detail = models.CharField(max_length=500, blank=True)
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="inbound")
    handled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    handled_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    erasure = models.ForeignKey("tickets.Erasure", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("-id",)
        verbose_name = _("inbound mail")
        verbose_name_plural = _("inbound mails")
        constraints = (
            models.UniqueConstraint(
                fields=["mailbox", "fingerprint"],
                nulls_distinct=False,
                name="inbound_once_per_mailbox",
                violation_error_message=_("This mail was already taken."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["new_ticket", "follow_up"]) | Q(ticket__isnull=False),
                name="inbound_ticket_when_filed",
                violation_error_message=_("A filed mail names its ticket."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["quarantined", "ignored"]) | ~Q(reason=""),
                name="inbound_reason_when_not_filed",
                violation_error_message=_("Say why the mail is set aside."),
            ),
        )
        indexes = (
            models.Index(fields=["next_try_at", "id"], name="inbound_waiting", condition=Q(state="waiting")),
            models.Index(fields=["-id"], name="inbound_quarantined", condition=Q(state="quarantined")),
            models.Index(fields=["fingerprint"], name="inbound_fingerprint"),
            models.Index(fields=["mailbox", "-id"], name="inbound_of_mailbox"),
            models.Index(fields=["detail"], name="inbound_own_mail", condition=Q(reason="own_mail")),
        )

    def __str__(self) -> str:
        return f"#{self.pk} {self.state}"


class OutboundMail(models.Model):
    """A mail to send: written in the transaction of the act, sent afterwards by the drain."""

    class Purpose(models.TextChoices):
        REPLY = "reply", _("reply")
        AUTO_REPLY = "auto_reply", _("automatic reply")
        FORWARD = "forward", _("forward")
        REDIRECT = "redirect", _("redirect")
        ACCOUNT = "account", _("account")
        NOTICE = "notice", _("notice")
        TEST = "test", _("test")

    # Not for the customer's eyes, nor in his threads.
    TO_THIRD_PARTIES: ClassVar[tuple[str, ...]] = (Purpose.FORWARD, Purpose.REDIRECT)

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENT = "sent", _("sent")
        DEFERRED = "deferred", _("deferred")
        FAILED = "failed", _("failed")
        BOUNCED = "bounced", _("bounced")

    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="outbound")
    message = models.OneToOneField(Message, models.PROTECT, null=True, related_name="outbound")
    original = models.ForeignKey(
        InboundMail, models.PROTECT, null=True, related_name="redirects", help_text="The raw mail that is redirected."
    )
    sender_name = models.CharField(max_length=200, blank=True)
    sender_address = models.EmailField(max_length=254)
    to = models.JSONField(default=list, help_text="[[name, address], ...]")
    cc = models.JSONField(default=list, help_text="[[name, address], ...]")
    subject = models.CharField(max_length=500)
    body = models.TextField()
    html = models.TextField(blank=True, default="", help_text="The same as HTML, where there is any.")
    headers = models.JSONField(default=dict, help_text="In-Reply-To, References, Auto-Submitted ...")
    mail_id = models.CharField(max_length=250, unique=True, help_text="The Message-ID without angle brackets.")
    is_automatic = models.BooleanField(default=False)

    state = models.CharField(max_length=20, choices=State.choices, default=State.QUEUED)
    is_captured = models.BooleanField(default=False, help_text="Kept to be read here: no mail server is set.")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(null=True, help_text="A worker has it until then; after that another may.")
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    erasure = models.ForeignKey("tickets.Erasure", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("-id",)
        verbose_name = _("outbound mail")
        verbose_name_plural = _("outbound mails")
        indexes = (
            models.Index(
                fields=["next_try_at", "id"], name="outbound_due", condition=Q(state__in=["queued", "deferred"])
            ),
            models.Index(fields=["-id"], name="outbound_failed", condition=Q(state__in=["failed", "bounced"])),
            models.Index(fields=["-created_at"], name="outbound_automatic", condition=Q(is_automatic=True)),
            models.Index(fields=["sender_address", "-id"], name="outbound_of_address"),
        )

    def __str__(self) -> str:
        return f"#{self.pk} {self.state}"


class AddressState(models.Model):
    """What we learned of somebody's address: bounced for good, or too many automatic replies."""

    email = models.EmailField(max_length=254, primary_key=True)
    bounced_at = models.DateTimeField(null=True)
    bounce_status = models.CharField(max_length=20, blank=True)
    bounce_detail = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return self.email
