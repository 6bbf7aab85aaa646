"""People and teams: one user model with roles, organisations, addresses, and rights per team."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Role(models.TextChoices):
    CUSTOMER = "customer", _("Customer")
    AGENT = "agent", _("Agent")
    ADMIN = "admin", _("Administrator")


class Right(models.TextChoices):
    """What an agent may do with a team's tickets; the same words as the OTRS group rights."""

    READ = "read", _("Read")
    CREATE = "create", _("Create")
    NOTE = "note", _("Note")
    REPLY = "reply", _("Reply")
    MOVE_IN = "move_in", _("Move in")
    OWN = "own", _("Own")
    PRIORITY = "priority", _("Priority")
    ALL = "all", pgettext_lazy("rights", "All")


class Organisation(models.Model):
    """A customer's company. With `shares_tickets` its members see one another's tickets."""

    name = models.CharField(_("name"), max_length=200)
    shares_tickets = models.BooleanField(_("members see one another's tickets"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("name",)
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        constraints = (
            models.UniqueConstraint(
                Lower("name"),
                name="organisation_name_unique",
                violation_error_message=_("There is already an organisation with this name."),
            ),
        )

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Creates people; addresses and roles beyond the first are the business of `tickets.people`."""

    def create_user(self, email: str | None = None, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower() if email else None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        fields.setdefault("name", email)
        fields["roles"] = [Role.AGENT, Role.ADMIN]
        return self.create_user(email, password, **fields)


class User(AbstractBaseUser):
    """A person: customer, agent, administrator, or several of these at once.

    `email` is the primary address and the sign-in name; all addresses stand in `Address`.
    It is empty (NULL) for someone known by phone only. People are deactivated, never deleted.
    """

    name = models.CharField(_("name"), max_length=200, help_text=_("As the person writes it."))
    email = models.EmailField(_("e-mail"), max_length=254, unique=True, null=True, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    place = models.CharField(_("place"), max_length=120, blank=True, help_text=_("Where he works: site, floor, room."))
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="members", verbose_name=_("organisation")
    )
    roles: ArrayField[Any, Any] = ArrayField(
        models.CharField(max_length=30, choices=Role.choices), default=list, verbose_name=_("roles")
    )
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="hu")
    time_zone = models.CharField(_("time zone"), max_length=60, default="Europe/Budapest")
    single_keys = models.BooleanField(_("single letters are keys"), default=True)
    undo_seconds = models.PositiveSmallIntegerField(
        _("time to undo a sending"), default=8, help_text=_("Seconds; 0 sends at once.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ("name",)
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="user_email_lower",
                violation_error_message=_("E-mail addresses are kept in lower case."),
            ),
            models.CheckConstraint(
                condition=models.Q(undo_seconds__lte=60),
                name="user_undo_seconds_range",
                violation_error_message=_("A sending can be held for a minute at most."),
            ),
        )
        indexes = (
            models.Index(fields=["phone"], name="user_phone", condition=~models.Q(phone="")),
            GinIndex(fields=["roles"], name="user_roles"),  # few work here, many are customers
        )

    def __str__(self) -> str:
        return self.name or self.email or f"#{self.pk}"

    @property
    def is_customer(self) -> bool:
        return Role.CUSTOMER in self.roles

    @property
    def is_agent(self) -> bool:
        """Works on tickets. An administrator is always an agent too."""
        return Role.AGENT in self.roles or self.is_admin

    @property
    def is_admin(self) -> bool:
        return Role.ADMIN in self.roles

    # The three names below are the contract of Django's own administration pages.
    @property
    def is_staff(self) -> bool:
        return self.is_active and self.is_admin

    @property
    def is_superuser(self) -> bool:
        return self.is_active and self.is_admin

    def has_perm(self, perm: str, obj: object | None = None) -> bool:
        return self.is_active and self.is_admin

    def has_perms(self, perm_list: list[str], obj: object | None = None) -> bool:
        return self.is_active and self.is_admin

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_admin

    @cached_property
    def rights_by_team(self) -> dict[int, frozenset[str]]:
        """The agent's rights, by the team's id; read once per object, that is once per request."""
        return {membership.team_id: frozenset(membership.rights) for membership in self.memberships.all()}

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class Address(models.Model):
    """A mail address of a person; each address belongs to one person only."""

    user = models.ForeignKey(User, models.PROTECT, related_name="addresses", verbose_name=_("person"))
    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("email",)
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="address_email_lower",
                violation_error_message=_("E-mail addresses are kept in lower case."),
            ),
        )

    def __str__(self) -> str:
        return self.email


class Team(models.Model):
    """Owns tickets. (OTRS says queue, Zammad says group.)"""

    class ClosedFollowUp(models.TextChoices):
        REOPEN = "reopen", _("reopens the ticket")
        NEW_TICKET = "new_ticket", _("opens a new, linked ticket")

    class AbsentOwner(models.TextChoices):
        KEEP = "keep", _("stays with its owner")
        TEAM = "team", _("goes back to the team")
        DEPUTY = "deputy", _("goes to the deputy, or to the team without one")

    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(_("description"), max_length=300, blank=True)
    closed_follow_up = models.CharField(
        _("a message to a closed ticket"),
        max_length=20,
        choices=ClosedFollowUp.choices,
        default=ClosedFollowUp.REOPEN,
    )
    absent_owner = models.CharField(
        _("a message while its owner is away"),
        max_length=20,
        choices=AbsentOwner.choices,
        default=AbsentOwner.DEPUTY,
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("name",)
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        constraints = (
            models.UniqueConstraint(
                Lower("name"),
                name="team_name_unique",
                violation_error_message=_("There is already a team with this name."),
            ),
        )

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """An agent's rights in one team."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="memberships", verbose_name=_("team"))
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships", verbose_name=_("agent"))
    rights: ArrayField[Any, Any] = ArrayField(
        models.CharField(max_length=20, choices=Right.choices), default=list, verbose_name=_("rights")
    )

    class Meta:
        ordering = ("team", "user")
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = (
            models.UniqueConstraint(
                fields=["team", "user"],
                name="membership_unique",
                violation_error_message=_("This agent is already in the team."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} · {self.team}"


class Signature(models.Model):
    """The closing lines of a team's mails, one per language."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="signatures", verbose_name=_("team"))
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    text = models.TextField(_("text"), blank=True)

    class Meta:
        ordering = ("team", "language")
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        constraints = (
            models.UniqueConstraint(
                fields=["team", "language"],
                name="signature_unique",
                violation_error_message=_("This team already has a signature in this language."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.team} ({self.language})"
