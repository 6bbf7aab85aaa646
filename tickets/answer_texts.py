"""Ready texts as administrators write them: answer templates per team, and automatic replies per mailbox."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tickets.answer_templates import PLACEHOLDERS, unknown_placeholders
from tickets.configuration import Act, record_change, save_setting, snapshot
from tickets.errors import Refused
from tickets.mail.acknowledgement import AUTO_REPLY_PLACEHOLDERS
from tickets.models import AnswerTemplate, AutoReplyText, Mailbox, Team, User

LONGEST = 8000  # characters of one text


def add_template(
    *, name: str, team: Team | None, texts: Mapping[str, str], position: int = 0, by: User | None = None
) -> AnswerTemplate:
    """A ready text for one team, or for all without one. Raises Refused when the name is taken there."""
    template = AnswerTemplate(
        name=_clean_name(name), team=team, texts=_clean_texts(texts, PLACEHOLDERS), position=position
    )
    _require_a_text(template.texts)
    return save_setting(template, before={}, by=by)


def change_template(
    template: AnswerTemplate,
    *,
    name: str,
    team: Team | None,
    texts: Mapping[str, str],
    is_active: bool,
    position: int = 0,
    by: User | None = None,
) -> AnswerTemplate:
    """What was sent with it before stays as it was sent."""
    with transaction.atomic():
        template = AnswerTemplate.objects.select_for_update(no_key=True, of=("self",)).get(pk=template.pk)
        before = snapshot(template)
        template.name = _clean_name(name)
        template.team = team
        template.texts = _clean_texts(texts, PLACEHOLDERS)
        template.position = position
        template.is_active = is_active
        _require_a_text(template.texts)
        return save_setting(template, before=before, by=by)


def write_auto_replies(mailbox: Mailbox, texts: Mapping[str, str], *, by: User | None = None) -> None:
    """What acknowledges a new ticket of this mailbox, by language, all or none; empty: the house's own words."""
    cleaned = {language: _clean_text(language, text, AUTO_REPLY_PLACEHOLDERS) for language, text in texts.items()}
    with transaction.atomic():
        Mailbox.objects.select_for_update(no_key=True, of=("self",)).get(pk=mailbox.pk)
        there = {row.language: row for row in AutoReplyText.objects.filter(mailbox=mailbox)}
        for language, text in cleaned.items():
            row = there.get(language)
            before = snapshot(row) if row else {}
            if row is None and not text:
                continue
            row = row or AutoReplyText(mailbox=mailbox, language=language)
            row.text = text
            row.save()
            record_change(row, act=Act.CHANGED if before else Act.ADDED, before=before, after=snapshot(row), by=by)


def auto_replies_of(mailbox: Mailbox) -> dict[str, str]:
    """The mailbox's own texts by language; "" where the house's own words are used."""
    there = dict(AutoReplyText.objects.filter(mailbox=mailbox).values_list("language", "text"))
    return {language: there.get(language, "") for language, _name in settings.LANGUAGES}


def clean_texts(texts: Mapping[str, str]) -> dict[str, str]:
    """Texts of an answer by language, trimmed. Raises Refused for a placeholder that there is not."""
    return _clean_texts(texts, PLACEHOLDERS)


def _clean_name(name: str) -> str:
    return " ".join(name.replace("\x00", "").split())


def _clean_texts(texts: Mapping[str, str], known: dict[str, str | LazyText]) -> dict[str, str]:
    return {language: _clean_text(language, text, known) for language, text in texts.items()}


def _clean_text(language: str, text: str, known: dict[str, str | LazyText]) -> str:
    """Trimmed, with plain line ends. A placeholder that does not exist is refused: customers would read the braces."""
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(text) > LONGEST:
        raise Refused(_("A text has at most %(count)s characters.") % {"count": LONGEST}, field=f"text_{language}")
    unknown = unknown_placeholders(text, known)
    if unknown:
        said = ngettext(
            "There is no placeholder %(names)s. There are: %(known)s.",
            "There are no placeholders %(names)s. There are: %(known)s.",
            len(unknown),
        ) % {"names": _in_braces(unknown), "known": _in_braces(known)}
        raise Refused(said, field=f"text_{language}")
    return text


def _in_braces(names: Mapping[str, object] | list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def _require_a_text(texts: Mapping[str, str]) -> None:
    if not any(texts.values()):
        raise Refused(_("Write the text in one language at least."), field=f"text_{settings.LANGUAGES[0][0]}")
