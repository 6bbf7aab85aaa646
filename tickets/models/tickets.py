"""The ticket, who sees it, its promise and its participants."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.people import Organisation, Right, Team, User
from tickets.models.vocabulary import Kind, Priority, Status

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class Channel(models.TextChoices):
    """By which way something reached us."""

    MAIL = "mail", _("Mail")
    WEB = "web", _("Portal")
    PHONE = "phone", _("Phone")
    CHAT = "chat", _("Chat")
    API = "api", _("API")
    AGENT = "agent", _("Agent")
    SYSTEM = "system", _("System")


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, user: User | AnonymousUser | None) -> TicketQuerySet:
        """The tickets that this person may see; the one rule for page, mail, API and socket.

        Agents: their teams' (right read or all), and those they own, answer for or promised.
        Customers: their own, those they take part in, and their organisation's where it shares.
        """
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        if user.is_admin:
            return self
        own = _asked_by(user)
        return self.filter(own | _worked_by(user)) if user.is_agent else self.filter(own)

    def asked_by(self, user: User | AnonymousUser | None) -> TicketQuerySet:
        """The tickets that the person sees as a customer, whatever he may see as an agent: what the portal shows."""
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        return self.filter(_asked_by(user))

    def worked_by(self, user: User | AnonymousUser | None) -> TicketQuerySet:
        """The tickets that this person sees from the inside, with notes and history.

        Narrower than `visible_to`: an agent who once asked another team for help is a customer there.
        """
        if not isinstance(user, User) or not user.is_active or not user.is_agent:
            return self.none()
        return self if user.is_admin else self.filter(_worked_by(user))

    def open(self) -> TicketQuerySet:
        return self.filter(closed_at__isnull=True)

    def for_lists(self) -> TicketQuerySet:
        """With all that a row of a list shows, in a fixed number of queries."""
        return self.select_related(
            "kind", "status", "priority", "team", "owner", "customer", "organisation"
        ).prefetch_related("tags")

    def with_names(self) -> TicketQuerySet:
        """With people's and organisations' names and the tags; rows of vocabularies are set by the reader."""
        names = ("owner__name", "owner__email", "customer__name", "organisation__name")
        return self.select_related("owner", "customer", "organisation").prefetch_related("tags").only(*ROW, *names)


# The columns that a row of a list shows.
ROW = (
    "number",
    "title",
    "kind",
    "team",
    "status",
    "priority",
    "owner",
    "customer",
    "organisation",
    "channel",
    "pending_until",
    "due_at",
    "opened_at",
    "changed_at",
    "closed_at",
    "customer_wrote_at",
    "answered_at",
)


def grounds_of_customer(user: User) -> dict[str, Q]:
    """Why a person sees a ticket as a customer: his own, those he takes part in, his organisation's where it shares."""
    grounds = {
        "customer": Q(customer=user),
        "participant": Q(pk__in=Participant.objects.filter(user=user).values("ticket")),
    }
    if user.organisation_id and user.organisation and user.organisation.shares_tickets:
        grounds["organisation"] = Q(organisation=user.organisation_id)
    return grounds


def grounds_of_agent(user: User) -> dict[str, Q]:
    """Why an agent sees a ticket from the inside: a team where he may read, or his by ownership, answer or promise."""
    # The ids themselves, not a subquery: the planner then knows how many tickets they mean, and Django words it faster.
    teams = [team for team, rights in user.rights_by_team.items() if rights & {Right.READ, Right.ALL}]
    return {
        "team": Q(team__in=teams),
        "owner": Q(owner=user),
        "responsible": Q(responsible=user),
        "promise": Q(pk__in=Promise.objects.open().filter(who=user).values("ticket")),
    }


def _asked_by(user: User) -> Q:
    return reduce(or_, grounds_of_customer(user).values())


def _worked_by(user: User) -> Q:
    return reduce(or_, grounds_of_agent(user).values())


OPEN = Q(closed_at__isnull=True)
PENDING = OPEN & Q(pending_until__isnull=False)
UNOWNED = OPEN & Q(owner__isnull=True)


class Ticket(models.Model):
    """One request, followed by its number through every act to its closing.

    Never deleted: the database refuses (see the migration `never_disappears`). Every change goes
    through a room function, which records an `Event`; `verify_history` compares the row with it.
    """

    number = models.CharField(_("number"), max_length=30, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=250)
    kind = models.ForeignKey(Kind, models.PROTECT, related_name="tickets", verbose_name=_("kind"))
    team = models.ForeignKey(Team, models.PROTECT, related_name="tickets", verbose_name=_("team"))
    status = models.ForeignKey(Status, models.PROTECT, related_name="tickets", verbose_name=_("status"))
    priority = models.ForeignKey(Priority, models.PROTECT, related_name="tickets", verbose_name=_("priority"))
    owner = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,  # `ticket_owner`
        related_name="owned_tickets",
        verbose_name=_("owner"),
        help_text=_("Works on it."),
    )
    responsible = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,  # `ticket_responsible`
        related_name="responsible_tickets",
        verbose_name=_("responsible"),
        help_text=_("Answers for it."),
    )
    customer = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="tickets", verbose_name=_("customer")
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="tickets", verbose_name=_("organisation")
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    tags = models.ManyToManyField("tickets.Tag", through="tickets.TicketTag", related_name="tickets")
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged_tickets")

    pending_until = models.DateTimeField(_("pending until"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True, help_text=_("The earliest promise to keep."))
    opened_at = models.DateTimeField(_("opened"), default=timezone.now, editable=False)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True, editable=False)
    customer_wrote_at = models.DateTimeField(null=True, blank=True, editable=False)
    answered_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TicketQuerySet.as_manager()

    class Meta:
        ordering = ("-opened_at",)
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints = (
            models.CheckConstraint(
                condition=~Q(number="") & ~Q(title=""),
                name="ticket_number_and_title",
                violation_error_message=_("A ticket has a number and a title."),
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=models.F("id")),
                name="ticket_not_merged_into_itself",
                violation_error_message=_("A ticket can't be merged into itself."),
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(closed_at__isnull=False),
                name="ticket_merged_is_closed",
                violation_error_message=_("A ticket that was merged is closed."),
            ),
        )
        indexes = (
            models.Index(fields=["team", "-changed_at", "-id"], name="ticket_open_team", condition=OPEN),
            models.Index(fields=["owner", "-changed_at", "-id"], name="ticket_open_owner", condition=OPEN),
            # The latest of somebody's tickets in other teams, read from the index alone.
            models.Index(fields=["owner", "-id"], name="ticket_owner", include=["team"]),
            models.Index(fields=["responsible", "-id"], name="ticket_responsible", include=["team"]),
            models.Index(fields=["due_at"], name="ticket_due", condition=OPEN & Q(due_at__isnull=False)),
            models.Index(fields=["pending_until"], name="ticket_pending", condition=PENDING),
            models.Index(fields=["-opened_at", "-id"], name="ticket_unassigned", condition=UNOWNED),
            models.Index(fields=["customer", "-opened_at"], name="ticket_customer"),
            models.Index(fields=["organisation", "-opened_at"], name="ticket_organisation"),
            models.Index(fields=["-changed_at", "-id"], name="ticket_changed"),
            models.Index(fields=["-opened_at", "-id"], name="ticket_opened"),
            models.Index(Length("number"), "number", name="ticket_number_order"),
            models.Index(fields=["-closed_at"], name="ticket_closed", condition=Q(closed_at__isnull=False)),
            # Closed ones in the order of lists: else all open ones, the latest changed, would be passed over first.
            models.Index(
                fields=["-changed_at", "-id"], name="ticket_closed_changed", condition=Q(closed_at__isnull=False)
            ),
            # For counting whom a team's open tickets wait for, of which there may be none.
            models.Index(fields=["team", "status"], name="ticket_open_status", condition=Q(closed_at__isnull=True)),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def awaits_answer(self) -> bool:
        """The customer wrote after our last answer."""
        if self.customer_wrote_at is None or self.closed_at is not None:
            return False
        return self.answered_at is None or self.answered_at < self.customer_wrote_at


class Participant(models.Model):
    """Someone besides the customer who sees the ticket and gets its mails (Cc)."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="participants")
    user = models.ForeignKey(User, models.PROTECT, related_name="participations", verbose_name=_("person"))
    added_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["ticket", "user"],
                name="participant_unique",
                violation_error_message=_("This person already takes part."),
            ),
        )

    def __str__(self) -> str:
        return str(self.user)


class PromiseQuerySet(models.QuerySet["Promise"]):
    def open(self) -> PromiseQuerySet:
        return self.filter(state__in=Promise.OPEN)


class Promise(models.Model):
    """Which colleague answers, by when. At most one is open on a ticket."""

    class State(models.TextChoices):
        ASKED = "asked", _("asked")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        KEPT = "kept", _("kept")
        WITHDRAWN = "withdrawn", _("withdrawn")

    OPEN: ClassVar[tuple[str, ...]] = (State.ASKED, State.ACCEPTED)

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="promises")
    who = models.ForeignKey(User, models.PROTECT, related_name="promises", verbose_name=_("who answers"))
    by_when = models.DateTimeField(_("by when"))
    state = models.CharField(max_length=20, choices=State.choices, default=State.ASKED)
    proposed = models.DateTimeField(null=True, blank=True, help_text="What the colleague who was asked offers instead.")
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="asked_promises")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    settled_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, editable=False, help_text="When it was told that it is due soon.")
    told_late_at = models.DateTimeField(null=True, editable=False, help_text="When it was told that it is late.")

    objects = PromiseQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["ticket"],
                condition=Q(state__in=["asked", "accepted"]),
                name="promise_one_open_per_ticket",
                violation_error_message=_("There is already a promise on this ticket."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "accepted"], settled_at__isnull=True)
                | Q(state__in=["declined", "kept", "withdrawn"], settled_at__isnull=False),
                name="promise_settled_when_over",
                violation_error_message=_("A promise that is over has the time when it ended."),
            ),
        )
        indexes = (
            models.Index(fields=["who", "by_when"], name="promise_open", condition=Q(state__in=["asked", "accepted"])),
            models.Index(
                fields=["by_when"],
                name="promise_to_tell",
                condition=Q(state__in=["asked", "accepted"], told_late_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.who}, {self.by_when:%Y-%m-%d %H:%M}"

    @property
    def is_late(self) -> bool:
        return self.state in self.OPEN and self.by_when < timezone.now()


class TicketLink(models.Model):
    """Two tickets that belong together: `source` follows from `target` (split, new after closed)."""

    class Type(models.TextChoices):
        FOLLOWS = "follows", _("follows")
        SPLIT = "split", _("split from")
        RELATES = "relates", _("relates to")
        BLOCKS = "blocks", _("blocks")
        CAUSED_BY = "caused_by", _("caused by")

    source = models.ForeignKey(Ticket, models.PROTECT, related_name="links")
    target = models.ForeignKey(Ticket, models.PROTECT, related_name="linked_from")
    type = models.CharField(max_length=20, choices=Type.choices, default=Type.RELATES)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["source", "target", "type"],
                name="ticket_link_unique",
                violation_error_message=_("These tickets are already linked."),
            ),
            models.CheckConstraint(
                condition=~Q(source=models.F("target")),
                name="ticket_link_not_itself",
                violation_error_message=_("A ticket can't be linked to itself."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.source_id} {self.type} {self.target_id}"


class SeenMark(models.Model):
    """Up to when a person has read a ticket; makes unread rows bold."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="seen_marks")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "ticket"], name="seen_mark_unique"),)

    def __str__(self) -> str:
        return f"{self.user_id} saw {self.ticket_id}"


class NumberDay(models.Model):
    """Where the counter stood when a day's numbering began; see `tickets.numbering`."""

    day = models.DateField(primary_key=True)
    base = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.day}: {self.base}"
