"""What only the lists of tickets draw."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

SHORT = 6  # digits that tell a day's tickets apart: the counter, and the check digit behind it


@register.simple_tag
def short_number(number: str) -> SafeString | str:
    """A long number by its end; its beginning, the date, stays in the text for readers, search and the clipboard."""
    if len(number) <= SHORT + 3:
        return number
    return format_html('<span class="number-start">{}</span>{}', number[:-SHORT], number[-SHORT:])
