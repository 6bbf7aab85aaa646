"""Texts that administrators write once and the house uses often: answer templates and automatic replies."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tickets.models.mail import Mailbox
from tickets.models.people import Team


class AnswerTemplate(models.Model):
    """A ready text with placeholders such as {customer}, in every language; for one team, or for all without one."""

    name = models.CharField(_("name"), max_length=80)
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="answer_templates", verbose_name=_("team")
    )
    texts = models.JSONField(_("texts"), default=dict, help_text=_("A text for each language code."))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("position", "name")
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        constraints = (
            models.UniqueConstraint(
                fields=["team", "name"],
                nulls_distinct=False,
                name="answer_template_unique",
                violation_error_message=_("There is already a template with this name."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def text_in(self, language: str | None) -> str:
        """The text in this language, else in the reader's, else in any that there is."""
        wanted = (language, (get_language() or "en").split("-")[0], *(code for code, _name in settings.LANGUAGES))
        return next((str(self.texts[code]) for code in wanted if code and self.texts.get(code)), "")


class AutoReplyText(models.Model):
    """What acknowledges a new ticket that came to a mailbox, in one language; without a row, the house's own words."""

    mailbox = models.ForeignKey(Mailbox, models.PROTECT, related_name="auto_reply_texts", verbose_name=_("mailbox"))
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    text = models.TextField(_("text"))

    class Meta:
        ordering = ("mailbox", "language")
        verbose_name = _("automatic reply")
        verbose_name_plural = _("automatic replies")
        constraints = (
            models.UniqueConstraint(
                fields=["mailbox", "language"],
                name="auto_reply_text_unique",
                violation_error_message=_("This mailbox already has an automatic reply in this language."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.mailbox} ({self.language})"
