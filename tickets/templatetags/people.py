"""Template tags about colleagues: who is away, and whom a note names."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils.html import format_html, linebreaks, urlize
from django.utils.safestring import SafeString

from tickets.absence_words import away_words
from tickets.mentions import find_mentions
from tickets.models import Message
from tickets.templatetags.ui import in_words

register = template.Library()

# Two letters that no text holds, around the number of a mention while links and paragraphs are made.
OPEN, CLOSE = "\ue000", "\ue001"


@register.filter
def away(who: Any) -> str:
    """Until when this person is away, and who stands in. Empty for who is here, or was not asked about."""
    return away_words(getattr(who, "away", None))


@register.filter
def named(who: Any) -> str:
    """The name, with the absence in brackets: for lists to choose from."""
    words = away(who)
    return f"{who.name} ({words})" if words else str(who.name)


@register.filter
def moment(value: datetime) -> str:
    """A time in words, for the middle of a sentence."""
    return in_words(value, time=True)


@register.filter
def with_mentions(text: str, message: Message) -> SafeString:
    """A note's text as paragraphs, its links live and the colleagues it names set off. What was typed stays escaped."""
    text = text.replace(OPEN, "").replace(CLOSE, "")
    people = getattr(message, "mentioned", [])
    names: list[SafeString] = []
    parts: list[str] = []
    at = 0
    for span in find_mentions(text, people, {person.email: person for person in people if person.email}):
        parts += [text[at : span.start], f"{OPEN}{len(names)}{CLOSE}"]
        names.append(format_html('<b class="mention" title="{}">{}</b>', span.user.name, text[span.start : span.end]))
        at = span.end
    html = str(linebreaks(urlize("".join([*parts, text[at:]]), nofollow=True, autoescape=True)))
    for number, name in enumerate(names):
        html = html.replace(f"{OPEN}{number}{CLOSE}", name)
    return SafeString(html)
