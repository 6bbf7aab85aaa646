"""A broadcast's words: a text per language, its placeholders, and what is added for a person with several tickets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.utils import translation
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from tickets.answer_templates import PLACEHOLDER, PLACEHOLDERS, fill_text, first_name, unknown_in, unknown_placeholders
from tickets.errors import Refused
from tickets.models import Ticket, User
from tickets.writing import clean_text


class Unfilled(Refused):
    """A placeholder has no value for this person; nobody gets a text with braces in it."""


LONGEST = 20_000  # characters; a broadcast is a letter, not a book
LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)


def clean_texts(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts that have words, by language. Raises Refused without any, or with a placeholder that does not exist."""
    cleaned = {
        language: clean_text(texts[language], field=f"text_{language}")
        for language in LANGUAGES
        if texts.get(language, "").strip()
    }
    if not cleaned:
        raise Refused(_("Write the text in one language at least."), field=f"text_{LANGUAGES[0]}")
    for language, text in cleaned.items():
        if len(text) > LONGEST:
            raise Refused(
                _("The text is too long: %(length)s characters, at most %(most)s fit.")
                % {"length": len(text), "most": LONGEST},
                field=f"text_{language}",
            )
        unknown = unknown_placeholders(text, PLACEHOLDERS)
        if unknown:
            names = ", ".join(f"{{{name}}}" for name in unknown)
            raise Refused(_("There is no placeholder %(names)s.") % {"names": names}, field=f"text_{language}")
    return cleaned


def language_in(texts: Mapping[str, str], wanted: str) -> str:
    """The language somebody gets: his own, else the installation's, else whichever there is."""
    for language in (wanted, settings.LANGUAGE_CODE):
        if language in texts:
            return language
    return next(iter(texts))


def unfilled(texts: Mapping[str, str], *, person: User, organisation_id: int | None, by: User) -> bool:
    """Whether a placeholder would stay in its braces for this person."""
    language = language_in(texts, person.language)
    for name in set(PLACEHOLDER.findall(texts[language])):
        if name == "customer" and not person.name:
            return True
        if name == "first_name" and not first_name(person, language):
            return True
        if name == "organisation" and organisation_id is None:
            return True
        if name == "agent_title" and not by.job_title:
            return True
    return False


def words_for(texts: Mapping[str, str], ticket: Ticket, *, by: User, language: str, numbers: Sequence[str] = ()) -> str:
    """The text as this ticket's customer reads it; `numbers`: his other tickets, which it answers too."""
    language = language_in(texts, language)
    text = fill_text(texts[language], ticket, by, language)
    if unknown_in(text):
        raise Unfilled(_("A placeholder has no value here: %(names)s.") % {"names": ", ".join(unknown_in(text))})
    if numbers:
        with translation.override(language):
            listed = get_text_list([ticket.number, *numbers], _("and"))
            text = f"{text}\n\n" + _("This answers all your requests about it: %(numbers)s.") % {"numbers": listed}
    return text


def footer_for(link: str, language: str) -> str:
    """The lines below the signature that say how to get no more of these."""
    with translation.override(language):
        said = _("You get this because you reported the same fault as others. No more of these:")
    return f"{said}\n{link}"
