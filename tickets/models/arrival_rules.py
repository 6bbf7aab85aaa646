"""Rules on arrival: what a new ticket is tagged with, and which group it joins, by what it says and who asks."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.groups import TicketGroup
from tickets.models.tags import Tag
from tickets.models.tickets import Ticket


class ArrivalRule(models.Model):
    """A condition, asked of each new ticket, and what follows when it holds. See `tickets.arrival_rules`."""

    name = models.CharField(
        _("name"), max_length=80, unique=True, error_messages={"unique": _("There is already a rule with this name.")}
    )
    condition = models.JSONField(_("condition"), default=dict, blank=True)
    tags = models.ManyToManyField(Tag, blank=True, related_name="arrival_rules", verbose_name=_("tags"))
    group = models.ForeignKey(
        TicketGroup, models.PROTECT, null=True, blank=True, related_name="arrival_rules", verbose_name=_("group")
    )
    position = models.PositiveIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("position", "id")
        verbose_name = _("rule on arrival")
        verbose_name_plural = _("rules on arrival")

    def __str__(self) -> str:
        return self.name


class ArrivalMatch(models.Model):
    """That a rule held for a ticket. `problem` says, as a code, what of it could not be done."""

    class Problem(models.TextChoices):
        TAG_RETIRED = "tag_retired", _("a tag of the rule is no longer offered")
        TOO_MANY_TAGS = "too_many_tags", _("the ticket had too many tags")
        GROUP_CLOSED = "group_closed", _("the group is closed")
        IN_ANOTHER_GROUP = "in_another_group", _("the ticket was in another group already")
        FAILED = "failed", _("the server could not do it; the log has the reason")

    rule = models.ForeignKey(ArrivalRule, models.PROTECT, related_name="matches", db_index=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    problem = models.CharField(max_length=20, choices=Problem.choices, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["rule", "-at"], name="arrival_match_rule"),
            models.Index(fields=["rule", "-at"], name="arrival_match_problem", condition=~models.Q(problem="")),
        )

    def __str__(self) -> str:
        return f"{self.rule_id} {self.ticket_id} {self.problem}"
