"""Who wants to hear of a ticket or a group, who was named in a note, what the bell shows and what goes by mail."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.models.events import Event
from tickets.models.groups import GroupEvent, TicketGroup
from tickets.models.mail import OutboundMail
from tickets.models.messages import Message
from tickets.models.people import Team, User
from tickets.models.tickets import Ticket


class Watch(models.Model):
    """An agent follows a ticket that is not his."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="watches")
    user = models.ForeignKey(User, models.PROTECT, related_name="watches")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "ticket"], name="watch_unique"),)

    def __str__(self) -> str:
        return f"{self.user_id} watches {self.ticket_id}"


class GroupWatch(models.Model):
    """An agent follows a group that he does not lead."""

    group = models.ForeignKey(TicketGroup, models.PROTECT, related_name="watches")
    user = models.ForeignKey(User, models.PROTECT, related_name="group_watches")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "group"], name="group_watch_unique"),)

    def __str__(self) -> str:
        return f"{self.user_id} watches group {self.group_id}"


class Mute(models.Model):
    """Somebody wants to hear no more of one ticket or one group, save what is meant for him alone."""

    user = models.ForeignKey(User, models.PROTECT, related_name="mutes")
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="mutes")
    group = models.ForeignKey(TicketGroup, models.PROTECT, null=True, related_name="mutes")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(ticket__isnull=False, group__isnull=True) | Q(ticket__isnull=True, group__isnull=False),
                name="mute_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["user", "ticket"], condition=Q(ticket__isnull=False), name="mute_ticket_unique"
            ),
            models.UniqueConstraint(
                fields=["user", "group"], condition=Q(group__isnull=False), name="mute_group_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id} mutes {self.ticket_id or self.group_id}"


class Mention(models.Model):
    """A colleague named with @ in an internal note."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="mentions")
    user = models.ForeignKey(User, models.PROTECT, related_name="mentions")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["message", "user"], name="mention_unique"),)

    def __str__(self) -> str:
        return f"{self.user_id} in #{self.message_id}"


class Notice(models.Model):
    """One line behind somebody's bell, and what becomes of it by mail. Written once, in the transaction of its act.

    What it is about: a group, else the news of a team, else a ticket. `mail_due_at` is empty where no mail is wanted;
    once that is settled `mail_done_at` says when, and `mailed_in` in which mail, if it was told in one.
    """

    class Kind(models.TextChoices):
        ASSIGNED = "assigned", _("assigned to me")
        MENTIONED = "mentioned", _("mentioned in a note")
        PROMISE_ASKED = "promise_asked", _("asked to answer")
        PROMISE_DECLINED = "promise_declined", _("a colleague declined")
        PROMISE_PROPOSED = "promise_proposed", _("a colleague proposes another time")
        PROMISE_DUE = "promise_due", _("a promise is due soon")
        PROMISE_LATE = "promise_late", _("a promise is late")
        CUSTOMER_WROTE = "customer_wrote", _("the customer wrote")
        WATCHED_CHANGED = "watched_changed", _("a watched ticket changed")
        SEND_REFUSED = "send_refused", _("a reply could not be sent")
        NEW_IN_TEAM = "new_in_team", _("a new ticket in a team of my choice")
        ALIKE = "alike", _("many alike reports in a short time")
        NEW_IN_GROUP = "new_in_group", _("a new report in a group")
        GROUP_CHANGED = "group_changed", _("a group changed")
        GROUP_CLOSED = "group_closed", _("a group was closed")
        FOLLOWED_UP = "followed_up", _("a reporter wrote after the closing")
        RELEASE_ASKED = "release_asked", _("a broadcast waits for a release")
        BROADCAST_DONE = "broadcast_done", _("a broadcast is done")

    class When(models.TextChoices):
        NOW = "now", _("at once")
        BUNDLED = "bundled", _("in bundles")
        HOURLY = "hourly", _("every hour")
        DAILY = "daily", _("once a day")
        NEVER = "never", pgettext_lazy("when by mail", "never")

    user = models.ForeignKey(User, models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="notices")
    group = models.ForeignKey(TicketGroup, models.PROTECT, null=True, related_name="notices")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")
    event = models.ForeignKey(Event, models.PROTECT, null=True, related_name="+")
    group_event = models.ForeignKey(GroupEvent, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    stands_for = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False, help_text="Who is away: told to his deputy."
    )
    count = models.PositiveIntegerField(default=1, help_text="How many things this one line speaks of.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    seen_at = models.DateTimeField(null=True)

    mail_when = models.CharField(max_length=10, choices=When.choices, default=When.NEVER)
    mail_due_at = models.DateTimeField(null=True)
    mail_done_at = models.DateTimeField(null=True)
    mailed_in = models.ForeignKey(OutboundMail, models.PROTECT, null=True, related_name="notices")

    class Meta:
        ordering = ("-id",)
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = (
            models.UniqueConstraint(
                fields=["user", "event", "kind"], condition=Q(event__isnull=False), name="notice_once_per_event"
            ),
            models.UniqueConstraint(
                fields=["user", "group_event", "kind"],
                condition=Q(group_event__isnull=False),
                name="notice_once_per_group_event",
            ),
            models.CheckConstraint(
                condition=Q(ticket__isnull=False) | Q(group__isnull=False) | Q(team__isnull=False),
                name="notice_of_something",
            ),
            models.CheckConstraint(
                condition=Q(mailed_in__isnull=True) | Q(mail_done_at__isnull=False), name="notice_mailed_is_done"
            ),
        )
        indexes = (
            models.Index(fields=["user", "-id"], name="notice_newest"),
            models.Index(fields=["user", "ticket"], name="notice_unseen", condition=Q(seen_at__isnull=True)),
            models.Index(
                fields=["mail_due_at", "user"],
                name="notice_mail_due",
                condition=Q(mail_due_at__isnull=False, mail_done_at__isnull=True),
            ),
            models.Index(fields=["created_at"], name="notice_age"),
        )

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} #{self.ticket_id or self.group_id or self.team_id}"


class NoticeChoices(models.Model):
    """What somebody wants by mail, and when. No row: the defaults. What is behind the bell does not depend on it."""

    class WhenAway(models.TextChoices):
        HOLD = "hold", _("kept until I am back")
        DEPUTY = "deputy", _("my deputy hears of it as well")

    user = models.OneToOneField(User, models.PROTECT, primary_key=True, related_name="notice_choices")
    is_mail_off = models.BooleanField(_("no notices by mail"), default=False)
    by_kind: models.JSONField[Any, Any] = models.JSONField(default=dict, help_text="Kind to when; else the default.")
    bundle_minutes = models.PositiveSmallIntegerField(_("a bundle is sent after"), default=15)
    daily_at = models.TimeField(_("once a day, at"), default=time(8, 0))
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    is_quiet_for_urgent = models.BooleanField(_("also for what never waits"), default=False)
    when_away = models.CharField(_("while I am away"), max_length=10, choices=WhenAway.choices, default=WhenAway.HOLD)
    teams = models.ManyToManyField(Team, blank=True, related_name="+", verbose_name=_("news of teams"))
    last_mail_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("choices about notices")
        verbose_name_plural = _("choices about notices")
        constraints = (
            models.CheckConstraint(
                condition=Q(bundle_minutes__gte=1, bundle_minutes__lte=240), name="notice_bundle_minutes_range"
            ),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | (Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=F("quiet_until"))),
                name="notice_quiet_hours_whole",
                violation_error_message=_("Quiet hours have a beginning and another time as their end."),
            ),
        )

    def __str__(self) -> str:
        return f"notices of {self.user_id}"
