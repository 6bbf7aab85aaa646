"""Labels. A tag can be worked as one list."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.people import Team, User
from tickets.models.tickets import Ticket

# The design's seven hues, as avatar.css and tag.css draw them.
HUES = {
    0: _("blue"),
    1: _("red"),
    2: _("amber"),
    3: _("green"),
    4: _("teal"),
    5: _("violet"),
    6: _("pink"),
}


class Tag(models.Model):
    name = models.CharField(_("name"), max_length=60)
    description = models.CharField(_("description"), max_length=300, blank=True)
    colour = models.PositiveSmallIntegerField(
        _("colour"), null=True, blank=True, help_text=_("One of the design's seven hues, 0 to 6.")
    )
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="tags", verbose_name=_("team that looks after it")
    )
    owner = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="owned_tags",
        verbose_name=_("who answers for it"),
        help_text=_("Who answers for the problem behind the tag."),
    )
    # What stands here is another word for that tag: whoever types it gets that one. The row stays, since the
    # histories of tickets name tags by their ids.
    synonym_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="synonyms", verbose_name=_("another word for")
    )
    joined_at = models.DateTimeField(null=True, blank=True, editable=False)
    joined_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, editable=False, related_name="+")
    answer_template = models.ForeignKey(
        "tickets.AnswerTemplate",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tags",
        verbose_name=_("standing answer from a template"),
    )
    answer = models.JSONField(
        _("standing answer"), default=dict, blank=True, help_text=_("A text for each language code.")
    )
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Offered when a tag is typed."))
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("name",)
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = (
            models.UniqueConstraint(
                Lower("name"),
                name="tag_name_unique",
                violation_error_message=_("There is already a tag with this name."),
            ),
            models.CheckConstraint(
                condition=~models.Q(name=""), name="tag_named", violation_error_message=_("A tag has a name.")
            ),
            models.CheckConstraint(
                condition=models.Q(colour__isnull=True) | models.Q(colour__lte=6),
                name="tag_colour_range",
                violation_error_message=_("The colour is one of seven."),
            ),
            models.CheckConstraint(
                condition=models.Q(synonym_of__isnull=True) | ~models.Q(synonym_of=models.F("id")),
                name="tag_not_its_own_synonym",
                violation_error_message=_("A tag can't be another word for itself."),
            ),
            models.CheckConstraint(
                condition=models.Q(answer_template__isnull=True) | models.Q(answer={}),
                name="tag_one_standing_answer",
                violation_error_message=_("The standing answer is a template or a text of its own, not both."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def has_answer(self) -> bool:
        return self.answer_template_id is not None or bool(self.answer)


class TicketTag(models.Model):
    """A tag on a ticket.

    `team`, `is_open` and `opened_at` are the ticket's, kept by triggers, so that a tag's figures are read from one
    index of this table alone, however many closed tickets have it.
    """

    ticket = models.ForeignKey(Ticket, models.PROTECT)
    tag = models.ForeignKey(Tag, models.PROTECT)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    team = models.ForeignKey(Team, models.PROTECT, null=True, editable=False, related_name="+", db_index=False)
    is_open = models.BooleanField(default=True, editable=False)
    opened_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["ticket", "tag"],
                name="ticket_tag_unique",
                violation_error_message=_("The ticket already has this tag."),
            ),
        )
        indexes = (
            models.Index(
                fields=["tag", "opened_at"],
                include=["team", "ticket"],
                name="ticket_tag_open",
                condition=models.Q(is_open=True),
            ),
            models.Index(fields=["tag", "opened_at"], include=["team", "ticket"], name="ticket_tag_opened"),
        )

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.tag_id}"
