"""Made-up people, statuses and a form for the style page, which shows every part without touching the database."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms, template
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

register = template.Library()


@dataclass(frozen=True)
class SamplePerson:
    name: str


@dataclass(frozen=True)
class SampleTerm:
    label: Any
    type: str = ""
    level: int = 0
    waits_for: str = ""


@dataclass(frozen=True)
class SamplePage:
    first: int
    last: int
    total: int
    previous_url: str
    next_url: str


class SampleForm(forms.Form):
    title = forms.CharField(label=_("Subject"), help_text=_("The customer sees this too."))
    email = forms.EmailField(label=_("E-mail address"))
    team = forms.ChoiceField(label=_("Team"), choices=[("1", "Helpdesk"), ("2", "Network")], required=False)
    text = forms.CharField(label=_("Message"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    urgency = forms.ChoiceField(
        label=_("How badly does it hold you up?"),
        choices=[("1", _("I cannot work")), ("2", _("It slows me down"))],
        widget=forms.RadioSelect,
    )
    notify = forms.BooleanField(label=_("Tell me about it"), required=False)
    live = forms.BooleanField(label=_("Live updates"), required=False)


@register.simple_tag
def samples() -> dict[str, Any]:
    """Everything the style page shows."""
    now = timezone.now()
    form = SampleForm(data={"title": "VPN", "email": "kovacs.anna@", "team": "1", "urgency": "2", "live": "on"})
    form.is_valid()
    return {
        "people": [SamplePerson(name) for name in ("Varga Anna", "Szalai Ben", "Kende Cora", "Nagy Iván")],
        "nobody": None,
        "statuses": [
            SampleTerm(_("New"), "new"),
            SampleTerm(_("Open"), "open"),
            SampleTerm(_("Waiting for customer"), "pending_reminder", waits_for="customer"),
            SampleTerm(_("Waiting for third party"), "pending_reminder", waits_for="third_party"),
            SampleTerm(_("Solved"), "closed_successful"),
            SampleTerm(_("Closed"), "closed_unsuccessful"),
            SampleTerm(_("Merged"), "merged"),
        ],
        "priorities": [
            SampleTerm(_("Low"), level=1),
            SampleTerm(_("Normal"), level=2),
            SampleTerm(_("High"), level=3),
            SampleTerm(_("Urgent"), level=4),
        ],
        "start": now - dt.timedelta(hours=3),
        "late": now - dt.timedelta(minutes=12),
        "soon": now + dt.timedelta(minutes=18),
        "later": now + dt.timedelta(hours=6, minutes=10),
        "yesterday": now - dt.timedelta(days=1),
        "last_month": now - dt.timedelta(days=45),
        "long_ago": now - dt.timedelta(days=700),
        "form": form,
        "page": SamplePage(1, 18, 48219, "", "?after=18"),
        "tokens": [
            "canvas", "paper", "sunken", "hover", "active", "ink", "ink-2", "ink-3", "line", "line-2", "line-field",
            "accent", "fill", "wash", "trace", "ok-ink", "ok-fill", "ok-soft", "warn-ink", "warn-fill", "warn-soft",
            "bad-ink", "bad-fill", "bad-soft", "note-ink", "note-line", "note-soft",
        ],
        "icons": [
            "inbox", "home", "user", "users", "team", "building", "group", "headset", "wall", "wrench", "book", "chart",
            "gear", "sliders", "search", "bell", "plus", "check", "x", "menu", "more", "down", "right", "left",
            "filter", "tag", "star", "flag", "clock", "history", "calendar", "pause", "play", "phone", "hangup", "mute",
            "mail", "mailbox", "outbox", "at", "lock", "send", "reply", "forward", "clip", "file", "image", "download",
            "upload", "archive", "trash", "edit", "copy", "undo", "refresh", "template", "megaphone", "link",
            "external", "merge", "seal", "shield", "quarantine", "spam", "alert", "info", "offline", "bulb", "radar",
            "theme", "moon", "sun", "globe", "keyboard", "key", "eye", "eye-off", "sign-in", "sign-out", "coffee",
            "loan", "back", "expand", "server", "flow", "printer", "laptop", "grip", "logo", "s-new", "s-open",
            "s-wait", "s-solved", "s-closed", "s-merged", "p-low", "p-normal", "p-high", "p-urgent",
        ],
    }  # fmt: skip
