"""Template tags of live pages: parts of a page that re-read themselves, and where the G keys lead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise as LazyText
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from tickets import lists, permissions
from tickets.models import User
from tickets.web.nav import url_of_view

register = template.Library()


@register.simple_tag(takes_context=True)
def live_part(
    context: dict[str, Any], part: str, hints: str, *others: str, every: int = 60, url: str = ""
) -> SafeString:
    """The attributes of an element `part` that reads its page again and takes its own place in it.

    `hints`: events of live.js ("inbox-changed upkeep-changed"); the clock helps every so many seconds. `others`: ids of
    elements that are replaced along. `url`: the page, where the one being answered is not it (a refused form).
    """
    request: HttpRequest = context["request"]
    triggers = [f"{hint} from:body delay:1s" for hint in hints.split()] + [f"every {every}s"]
    return format_html(
        'id="{}" hx-get="{}" hx-select="#{}" hx-select-oob="{}" hx-target="this" hx-swap="outerHTML" hx-trigger="{}"',
        part,
        url or request.get_full_path(),
        part,
        ",".join(f"#{each}" for each in others),
        ", ".join(triggers),
    )


@dataclass(frozen=True, slots=True)
class Goal:
    """Where G and this letter lead."""

    letter: str
    label: str | LazyText
    url: str


INBOX_GOALS = (
    ("m", "mine"), ("t", "teams"), ("u", "unassigned"), ("d", "due"), ("p", "promised"), ("e", "pending"),
    ("w", "watched"), ("c", "closed"), ("a", "all"),
)  # fmt: skip


@register.simple_tag
def go_keys(user: User) -> list[Goal]:
    """The places that this agent has; a view that does not exist has no key."""
    goals = [Goal("i", _("Inbox"), reverse("tickets:inbox"))]
    for letter, key in INBOX_GOALS:
        if key in lists.VIEWS:
            goals.append(Goal(letter, lists.VIEWS[key].label, url_of_view(lists.VIEWS[key])))
    pages = [
        ("g", _("Groups"), "tickets:groups"),
        ("q", _("Quarantined mail"), "tickets:quarantine"),
        ("h", _("Your profile"), "tickets:profile"),
    ]
    if permissions.can_set_up(user):
        pages.append(("s", _("Set-up"), "tickets:setup"))
    for letter, label, name in pages:
        try:
            goals.append(Goal(letter, label, reverse(name)))
        except NoReverseMatch:  # a page that this product has not
            continue
    return goals
