"""The glyph of a status alone, for rows too narrow for its name."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from tickets.templatetags.ui import STATUS_LOOKS, icon

register = template.Library()


@register.simple_tag
def status_icon(value: Any) -> SafeString:
    """Reads `.type` and `.label`; the name is there for readers."""
    glyph, _look = STATUS_LOOKS.get(str(value.type), ("s-open", "open"))
    return icon(glyph, small=True, label=str(value.label))
