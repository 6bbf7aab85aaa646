"""The radar: the words of each ticket with their weight, what was found alike, and bursts of alike reports.

Words and postings are made of the tickets and can be made again; bursts are acts of people and are kept.
"""

from __future__ import annotations

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.groups import TicketGroup
from tickets.models.people import Right, Team, User
from tickets.models.tickets import Ticket


class RadarPending(models.Model):
    """A ticket whose words have to be read: it is new (`is_arrival`), or its text changed."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="+")
    is_arrival = models.BooleanField(default=False)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"#{self.ticket_id}"


class RadarTerm(models.Model):
    """A word in one of its forms, and in how many tickets it stands."""

    word = models.CharField(max_length=60, unique=True, db_collation="C")
    tickets = models.IntegerField()

    def __str__(self) -> str:
        return self.word


class RadarText(models.Model):
    """A ticket's words: how often each stands in the title and in what was reported. The postings' other direction."""

    ticket = models.OneToOneField(
        Ticket, models.PROTECT, primary_key=True, related_name="radar_text", db_constraint=False
    )
    terms: ArrayField[Any, Any] = ArrayField(models.IntegerField())
    in_title: ArrayField[Any, Any] = ArrayField(models.SmallIntegerField())
    in_body: ArrayField[Any, Any] = ArrayField(models.SmallIntegerField())

    def __str__(self) -> str:
        return f"#{self.ticket_id}"


class RadarPosting(models.Model):
    """How much a word says of a ticket. The primary key's index carries the weight, so that it alone is read.

    The table is made by the migration itself: Django knows no primary key that includes a further column.
    """

    pk = models.CompositePrimaryKey("term_id", "ticket_id")
    term_id = models.IntegerField()
    ticket_id = models.BigIntegerField()
    weight = models.FloatField()

    class Meta:
        managed = False
        db_table = "tickets_radarposting"

    def __str__(self) -> str:
        return f"{self.term_id} #{self.ticket_id}"


class RadarTotals(models.Model):
    """One row: how many tickets were read, and how many words their titles and texts have."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    tickets = models.BigIntegerField(default=0)
    title_words = models.BigIntegerField(default=0)
    body_words = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="radar_totals_one_row"),)

    def __str__(self) -> str:
        return str(self.tickets)


class Likeness(models.Model):
    """Two tickets that the radar found alike when the later one came; `rejected_at`: somebody said they are not."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="alike")
    other = models.ForeignKey(Ticket, models.PROTECT, related_name="alike_later")
    score = models.FloatField(help_text="0 to 1: how much of what the ticket says is said by the other.")
    found_at = models.DateTimeField(default=timezone.now)
    rejected_at = models.DateTimeField(null=True, blank=True)
    rejected_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("-score", "-other")
        verbose_name = _("likeness")
        verbose_name_plural = _("likenesses")
        constraints = (
            models.UniqueConstraint(fields=["ticket", "other"], name="likeness_once"),
            models.CheckConstraint(condition=~Q(ticket=F("other")), name="likeness_of_two"),
        )
        indexes = (models.Index(fields=["found_at"], name="likeness_found"),)

    def __str__(self) -> str:
        return f"#{self.ticket_id} ~ #{self.other_id}"


class BurstQuerySet(models.QuerySet["Burst"]):
    def proposed(self) -> Self:
        return self.filter(state=Burst.State.PROPOSED)

    def worked_by(self, user: User | None) -> Self:
        """The bursts of the teams whose tickets the agent may read."""
        if user is None or not user.is_active or not user.is_agent:
            return self.none()
        if user.is_admin:
            return self
        reading = {Right.READ, Right.ALL}
        return self.filter(team__in=[team for team, rights in user.rights_by_team.items() if rights & reading])


class Burst(models.Model):
    """Many alike reports in a short time, proposed to the team as a group. A report is in one burst at most."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        ACCEPTED = "accepted", _("made a group")
        DISMISSED = "dismissed", _("dismissed")

    team = models.ForeignKey(Team, models.PROTECT, related_name="bursts", verbose_name=_("team"))
    title = models.CharField(_("title"), max_length=200)
    words: ArrayField[Any, Any] = ArrayField(models.CharField(max_length=100), default=list)
    state = models.CharField(_("status"), max_length=10, choices=State.choices, default=State.PROPOSED)
    group = models.ForeignKey(TicketGroup, models.PROTECT, null=True, blank=True, related_name="bursts")
    raised_at = models.DateTimeField(default=timezone.now)
    last_report_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = BurstQuerySet.as_manager()

    class Meta:
        ordering = ("-raised_at", "-id")
        verbose_name = _("burst of alike reports")
        verbose_name_plural = _("bursts of alike reports")
        constraints = (
            models.CheckConstraint(
                condition=Q(state="proposed", settled_at__isnull=True)
                | Q(~Q(state="proposed"), settled_at__isnull=False),
                name="burst_settled_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state="accepted", group__isnull=False) | Q(~Q(state="accepted"), group__isnull=True),
                name="burst_accepted_has_group",
            ),
        )
        indexes = (models.Index(fields=["team", "-raised_at"], name="burst_proposed", condition=Q(state="proposed")),)

    def __str__(self) -> str:
        return self.title

    @property
    def is_proposed(self) -> bool:
        return self.state == self.State.PROPOSED


class BurstReport(models.Model):
    """A ticket of a burst. One row a ticket, ever: the same reports raise no second burst."""

    burst = models.ForeignKey(Burst, models.PROTECT, related_name="reports")
    ticket = models.OneToOneField(Ticket, models.PROTECT, related_name="burst_report")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("id",)
        verbose_name = _("report of a burst")
        verbose_name_plural = _("reports of bursts")

    def __str__(self) -> str:
        return f"{self.burst_id} #{self.ticket_id}"
