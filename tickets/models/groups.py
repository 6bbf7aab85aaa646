"""Groups: several reports of one fault, worked and answered as one. Nothing is moved or copied, no nesting."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.people import Right, Team, User
from tickets.models.tags import Tag
from tickets.models.tickets import Ticket


class TicketGroupQuerySet(models.QuerySet["TicketGroup"]):
    def worked_by(self, user: User | None) -> Self:
        """The groups that an agent may open: his teams' own, and those with a ticket in them that he works on."""
        if user is None or not user.is_active or not user.is_agent:
            return self.none()
        if user.is_admin:
            return self
        reading = {Right.READ, Right.ALL}
        teams = [team for team, rights in user.rights_by_team.items() if rights & reading]
        inside = GroupMembership.objects.members().filter(ticket__in=Ticket.objects.worked_by(user)).values("group")
        return self.filter(Q(team__in=teams) | Q(owner=user) | Q(pk__in=inside))


class TicketGroup(models.Model):
    """One fault and those who reported it. `outage`: what the portal says of it, by language, while it is shown."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), max_length=10_000, blank=True)
    team = models.ForeignKey(Team, models.PROTECT, related_name="groups", verbose_name=_("team"))
    owner = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="owned_groups", verbose_name=_("owner")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.OPEN)
    tags = models.ManyToManyField(Tag, blank=True, related_name="groups", verbose_name=_("tags"))
    outage = models.JSONField(_("known outage"), default=dict, blank=True, help_text="A text by language code.")
    is_outage_shown = models.BooleanField(_("shown in the portal"), default=False)
    outage_since = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    objects = TicketGroupQuerySet.as_manager()

    class Meta:
        ordering = ("-changed_at", "-id")
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        constraints = (
            models.CheckConstraint(
                condition=~Q(title=""), name="group_titled", violation_error_message=_("Give the group a title.")
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_at__isnull=True) | Q(status="closed", closed_at__isnull=False),
                name="group_closed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(is_outage_shown=False) | ~Q(outage={}),
                name="group_outage_has_words",
                violation_error_message=_("Write what the portal shall say first."),
            ),
        )
        indexes = (
            models.Index(fields=["status", "-changed_at", "-id"], name="group_status_changed"),
            models.Index(fields=["-outage_since"], name="group_outage", condition=Q(is_outage_shown=True)),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN


class GroupMembershipQuerySet(models.QuerySet["GroupMembership"]):
    def current(self) -> Self:
        """Those that hold: the ticket is in the group, and the group is open."""
        return self.filter(left_at__isnull=True, group_closed_at__isnull=True)

    def members(self) -> Self:
        """Those whose ticket has not left, whether the group is open or closed."""
        return self.filter(left_at__isnull=True)


class GroupMembership(models.Model):
    """A ticket's time in a group. A row is kept when the ticket leaves; coming again is a new row."""

    class How(models.TextChoices):
        SELECTION = "selection", _("from a selection")
        TAG = "tag", _("from a tag")
        RADAR = "radar", _("proposed as alike")
        TYPED = "typed", _("from the ticket's page")
        RULE = "rule", _("by a rule on arrival")
        PORTAL = "portal", _("the reporter said “me too”")

    group = models.ForeignKey(TicketGroup, models.PROTECT, related_name="memberships")
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="group_memberships")
    how = models.CharField(max_length=20, choices=How.choices)
    joined_at = models.DateTimeField(default=timezone.now)
    joined_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    left_at = models.DateTimeField(null=True, blank=True)
    left_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    # The group's own time of closing, so that the database can see that a ticket is in one open group at most.
    group_closed_at = models.DateTimeField(null=True, blank=True)

    objects = GroupMembershipQuerySet.as_manager()

    class Meta:
        ordering = ("joined_at", "id")
        verbose_name = _("membership of a group")
        verbose_name_plural = _("memberships of groups")
        constraints = (
            models.UniqueConstraint(
                fields=["ticket"],
                name="ticket_in_one_open_group",
                condition=Q(left_at__isnull=True, group_closed_at__isnull=True),
                violation_error_message=_("The ticket is in another open group already."),
            ),
            models.UniqueConstraint(
                fields=["group", "ticket"],
                name="ticket_once_in_group",
                condition=Q(left_at__isnull=True),
                violation_error_message=_("The ticket is in this group already."),
            ),
        )
        indexes = (models.Index(fields=["group", "joined_at", "id"], name="group_membership_joined"),)

    def __str__(self) -> str:
        return f"{self.group_id} {self.ticket_id}"


class GroupEvent(models.Model):
    """One line of a group's own history; joining and leaving are lines of the tickets too. Never rewritten.

    `data` holds ids and codes only, like the events of tickets.
    """

    class Verb(models.TextChoices):
        OPENED = "opened", _("opened")
        JOINED = "joined", _("ticket joined")
        LEFT = "left", _("ticket left")
        CHANGED = "changed", _("changed")
        OUTAGE_SHOWN = "outage_shown", _("outage shown in the portal")
        OUTAGE_HIDDEN = "outage_hidden", _("outage no longer shown")
        CLOSED = "closed", _("closed")
        REOPENED = "reopened", _("opened again")
        FOLLOWED_UP = "followed_up", _("a reporter wrote after the closing")
        BROADCAST_PLANNED = "broadcast_planned", _("broadcast sent off")
        BROADCAST_RELEASED = "broadcast_released", _("broadcast released")
        BROADCAST_STOPPED = "broadcast_stopped", _("broadcast stopped")
        BROADCAST_DONE = "broadcast_done", _("broadcast done")

    group = models.ForeignKey(TicketGroup, models.PROTECT, related_name="events")
    verb = models.CharField(max_length=30, choices=Verb.choices)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="+")
    data: models.JSONField[Any, Any] = models.JSONField(default=dict)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["group", "-id"], name="group_event_newest"),)

    def __str__(self) -> str:
        return f"{self.group_id} {self.verb}"
