"""Ready answers: which ones a team has, and what their placeholders stand for on a ticket.

A placeholder that nothing can be filled in for stays visible in its braces, and holds the sending up until somebody
has looked at it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets.mail.composing import language_for
from tickets.meanwhile import HeldBack
from tickets.models import AnswerTemplate, Tag, Ticket, User

PLACEHOLDER = re.compile(r"\{([a-z][a-z_]{1,29})\}")
TITLES = ("dr", "dr.", "prof.", "id.", "ifj.", "özv.", "mr", "mr.", "mrs", "mrs.", "ms", "ms.")


@dataclass(frozen=True, slots=True)
class Filled:
    """A ready text as it would go into the answer. `key` names it in an address, `unknown`: placeholders that stayed.

    `tag`: it is the standing answer of this tag, and is named after it.
    """

    key: str
    name: str
    text: str
    unknown: list[str]
    tag: Tag | None = None


def templates_for(ticket: Ticket, agent: User) -> list[Filled]:
    """The standing answers of the ticket's tags, by the tags' names, then the templates of its team and those for all.

    All are filled in the customer's language. A template that is a tag's standing answer stands there alone.
    """
    language = language_of(ticket)
    tags = [tag for tag in ticket.tags.select_related("answer_template").order_by("name") if tag.has_answer]
    said = {tag.answer_template_id for tag in tags}
    found = AnswerTemplate.objects.filter(Q(team__isnull=True) | Q(team=ticket.team_id), is_active=True)
    offered: list[tuple[str, str, AnswerTemplate, Tag | None]] = [
        *((f"tag-{tag.pk}", tag.name, AnswerTemplate(texts=standing_texts(tag)), tag) for tag in tags),
        *((str(each.pk), each.name, each, None) for each in found.order_by("position", "name") if each.pk not in said),
    ]
    return [
        Filled(key, name, text, unknown_in(text), tag)
        for key, name, template, tag in offered
        if (text := fill(template, ticket, agent, language)).strip()
    ]


def standing_texts(tag: Tag) -> dict[str, str]:
    """What is answered to all that has the tag, by language; nothing when there is none."""
    texts = tag.answer if tag.answer_template is None else tag.answer_template.texts
    return {language: str(text) for language, text in texts.items() if text}


def language_of(ticket: Ticket) -> str:
    """The language in which the customer is answered."""
    return language_for(ticket)


def fill(template: AnswerTemplate, ticket: Ticket, agent: User, language: str) -> str:
    """The template's text in this language, with its placeholders filled."""
    return fill_text(template.text_in(language), ticket, agent, language)


def fill_text(text: str, ticket: Ticket, agent: User, language: str) -> str:
    """Every placeholder that has a value here gets it; the others stay as they are."""

    def value_of(match: re.Match[str]) -> str:
        read = _VALUES.get(match[1])
        return (read(ticket, agent, language) if read else "") or match[0]

    with translation.override(language):
        return PLACEHOLDER.sub(value_of, text)


def unknown_in(text: str) -> list[str]:
    """The placeholders that are left in a text, each once."""
    return list(dict.fromkeys(match[0] for match in PLACEHOLDER.finditer(text)))


def unknown_placeholders(text: str, known: Mapping[str, object]) -> list[str]:
    """The names in braces that are none of the known placeholders, each once."""
    return list(dict.fromkeys(name for name in PLACEHOLDER.findall(text) if name not in known))


def refuse_placeholders(text: str) -> None:
    """Raises HeldBack when a text that is about to leave has placeholders in it."""
    left = unknown_in(text)
    if left:
        raise HeldBack(
            _("%(placeholders)s is not filled in. Write what should stand there.") % {"placeholders": ", ".join(left)},
            field="text",
        )


def first_name(person: User | None, language: str) -> str:
    """Hungarian names have the given name last, others first. Empty without a person."""
    words = [word for word in (person.name if person else "").split() if word.lower() not in TITLES]
    if not words:
        return ""
    is_hungarian = person is not None and person.language == "hu"
    return words[1] if is_hungarian and len(words) > 1 else words[0]


def _link(ticket: Ticket, agent: User, language: str) -> str:
    return f"{settings.SITE_URL}/portal/requests/{ticket.number}/"


def _today(ticket: Ticket, agent: User, language: str) -> str:
    return date_format(timezone.localdate(), "DATE_FORMAT")


def _text(value: object) -> str:
    return str(value) if value else ""


# What each stands for, in the words of the set-up page. The documentation lists the same.
PLACEHOLDERS: dict[str, LazyText | str] = {
    "customer": gettext_lazy("the customer's name"),
    "first_name": gettext_lazy("the customer's given name"),
    "organisation": gettext_lazy("the customer's organisation"),
    "number": gettext_lazy("the ticket's number"),
    "title": gettext_lazy("the ticket's title"),
    "status": gettext_lazy("the ticket's status"),
    "link": gettext_lazy("the ticket's address in the portal"),
    "team": gettext_lazy("the team's name"),
    "agent": gettext_lazy("the name of whoever answers"),
    "agent_first_name": gettext_lazy("the given name of whoever answers"),
    "agent_title": gettext_lazy("the job title of whoever answers"),
    "date": gettext_lazy("today's date"),
}
_VALUES: dict[str, Callable[[Ticket, User, str], str]] = {
    "customer": lambda ticket, agent, language: _text(ticket.customer and ticket.customer.name),
    "first_name": lambda ticket, agent, language: first_name(ticket.customer, language),
    "organisation": lambda ticket, agent, language: _text(ticket.organisation and ticket.organisation.name),
    "number": lambda ticket, agent, language: ticket.number,
    "title": lambda ticket, agent, language: ticket.title,
    "status": lambda ticket, agent, language: str(ticket.status.label),
    "link": _link,
    "team": lambda ticket, agent, language: ticket.team.name,
    "agent": lambda ticket, agent, language: agent.name,
    "agent_first_name": lambda ticket, agent, language: first_name(agent, language),
    "agent_title": lambda ticket, agent, language: agent.job_title,
    "date": _today,
}
