"""`{% kept a b %} … {% endkept %}`: a part of a page that is drawn once for each language and each of these values."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context, Node, NodeList
from django.template.base import FilterExpression, Parser, Token
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

MOST_KEPT = 200  # of one part


class KeptNode(Node):
    """What stands inside must depend on nothing but the values: no person's name, no time, no token."""

    def __init__(self, values: list[FilterExpression], nodelist: NodeList) -> None:
        self.values, self.nodelist = values, nodelist
        self.texts: dict[tuple[Any, ...], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        key = (get_language(), *[value.resolve(context) for value in self.values])
        text = self.texts.get(key)
        if text is None:
            if len(self.texts) >= MOST_KEPT:
                self.texts.clear()
            text = self.texts[key] = self.nodelist.render(context)
        return text


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    """The values are named behind the tag; they have to be hashable."""
    values = [parser.compile_filter(each) for each in token.split_contents()[1:]]
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(values, nodelist)
