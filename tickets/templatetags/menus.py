"""Menus of people, drawn in Python: a house has dozens of agents, and a ticket's page offers them in four places."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from tickets.templatetags import ui
from tickets.templatetags.people import named

register = template.Library()


@register.simple_tag
def people_buttons(people: Iterable[Any], name: str, current: int | None = None) -> SafeString:
    """A button of the form for each, which sends his id as `name`; the one of the id `current` is marked."""
    begin, marked = f'<button type="submit" name="{escape(name)}" value="', ' aria-current="true"'
    buttons = [f'{begin}{each.pk}"{marked if each.pk == current else ""}>{ui.person(each)}</button>' for each in people]
    return mark_safe("".join(buttons))  # noqa: S308 (`person` escapes; the rest are ids)


@register.simple_tag
def people_options(people: Iterable[Any], chosen: Any = None, but: int | None = None) -> SafeString:
    """An option for each but one, named with his absence; the one of the id `chosen` is selected."""
    wanted = str(chosen or "")
    options = [
        f'<option value="{each.pk}"{" selected" if str(each.pk) == wanted else ""}>{escape(named(each))}</option>'
        for each in people
        if each.pk != but
    ]
    return mark_safe("".join(options))  # noqa: S308 (escaped above)
