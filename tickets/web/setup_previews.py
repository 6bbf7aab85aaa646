"""Ready texts as a customer would read them, on a ticket of the team or, while there is none, on a made-up one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from tickets.answer_templates import fill_text
from tickets.mail.acknowledgement import fill_acknowledgement
from tickets.mail.trial import SAMPLE_NUMBER
from tickets.models import Mailbox, Status, Team, Ticket, User

LONGEST = 8000


@dataclass(frozen=True, slots=True)
class Preview:
    """The text in one language. `note` says what is special about it."""

    language: str
    name: str
    text: str
    note: str = ""


def template_previews(team: Team | None, texts: Mapping[str, str], *, agent: User) -> list[Preview]:
    """An answer template in each language that it has."""
    ticket = sample_ticket(team)
    return [
        Preview(code, name, fill_text(texts.get(code, "")[:LONGEST], ticket, agent, code))
        for code, name in _languages()
        if texts.get(code, "").strip()
    ]


def auto_reply_previews(mailbox: Mailbox, texts: Mapping[str, str]) -> list[Preview]:
    """The acknowledgement in each language; where nothing is written, the house's own words."""
    ticket = sample_ticket(mailbox.team)
    return [
        Preview(
            code,
            name,
            fill_acknowledgement(texts.get(code, "")[:LONGEST], ticket, language=code),
            "" if texts.get(code, "").strip() else _("the house's own words"),
        )
        for code, name in _languages()
    ]


def signature_previews(team: Team, texts: Mapping[str, str]) -> list[Preview]:
    """The end of a mail in each language."""
    previews = []
    for code, name in _languages():
        text = texts.get(code, "")[:LONGEST].replace("\r\n", "\n").strip()
        with translation.override(code):
            answer = _("The printer works again: it was out of paper.")
        previews.append(Preview(code, name, f"{answer}\n\n-- \n{text or team.name}"))
    return previews


def sample_ticket(team: Team | None) -> Ticket:
    """The team's latest ticket with a customer, else one that is made up and never stored."""
    tickets = Ticket.objects.select_related("customer", "organisation", "status", "team").filter(customer__isnull=False)
    found = (tickets.filter(team=team) if team else tickets).order_by("-pk").first()
    return found or Ticket(
        number=SAMPLE_NUMBER,
        title=_("The printer does not print"),
        team=team or Team.objects.order_by("pk").first() or Team(name=_("Team")),
        status=Status.objects.get(code="new"),
        customer=User(name=_("Anna Smith")),
    )


def _languages() -> list[tuple[str, str]]:
    return [(code, capfirst(str(name))) for code, name in settings.LANGUAGES]
