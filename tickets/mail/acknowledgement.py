"""The words that acknowledge a new ticket: those written for its mailbox, else the house's own."""

from __future__ import annotations

import re

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets.mail.composing import signature_of
from tickets.mail.mailbox import mailbox_for
from tickets.models import AutoReplyText, Ticket

NAMES = re.compile(r"\{(\w{1,40})\}")
AUTO_REPLY_PLACEHOLDERS: dict[str, str | LazyText] = {
    "number": gettext_lazy("the ticket's number"),
    "title": gettext_lazy("the ticket's title"),
    "link": gettext_lazy("the address of the request in the portal"),
    "team": gettext_lazy("the team's name"),
    "customer": gettext_lazy("the customer's name"),
}


def compose_acknowledgement(ticket: Ticket, *, language: str) -> str:
    """The text that tells the customer the number and where to look, with the team's signature."""
    box = mailbox_for(ticket)
    written = (
        AutoReplyText.objects.filter(mailbox=box, language=language).values_list("text", flat=True).first()
        if box is not None
        else ""
    )
    return fill_acknowledgement(written or "", ticket, language=language)


def fill_acknowledgement(text: str, ticket: Ticket, *, language: str) -> str:
    """This text for this ticket; without one the house's own words. Also what the set-up page shows beforehand."""
    if not text.strip():
        return _house_words(ticket, language)
    with translation.override(language):
        nobody = _("dear customer")
    values = {
        "number": ticket.number,
        "title": ticket.title,
        "link": _link(),
        "team": ticket.team.name,
        "customer": ticket.customer.name if ticket.customer else nobody,
    }
    # In one pass, so that braces in a customer's title stay what he typed.
    filled = NAMES.sub(lambda found: values.get(found[1], found[0]), text)
    return f"{filled.strip()}\n\n-- \n{signature_of(ticket, language)}\n"


def _house_words(ticket: Ticket, language: str) -> str:
    with translation.override(language):
        text = render_to_string(
            "mail/acknowledgement.txt",
            {
                "ticket": ticket,
                "name": ticket.customer.name if ticket.customer else "",
                "link": _link(),
                "signature": signature_of(ticket, language),
            },
        )
    return text.strip() + "\n"


def _link() -> str:
    return f"{settings.SITE_URL}/portal/"
