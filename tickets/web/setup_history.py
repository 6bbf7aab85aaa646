"""The history of the set-up: one page of all changes, and the panel that each set-up page has of its own thing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import models
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from tickets.configuration import THINGS, lines_about, thing_of
from tickets.configuration_words import Told, tell_changes
from tickets.models import ConfigurationChange, User
from tickets.web.responses import AgentRequest
from tickets.web.setup import for_admins

SHOWN = 40
SHOWN_IN_PANEL = 6
# Where a thing of the history is set up; what is missing here has no page of its own.
PAGES = {
    "team": "setup_team",
    "user": "setup_person",
    "organisation": "setup_organisation",
    "mailbox": "setup_mailbox",
    "imapsource": "setup_imap_source",
    "answertemplate": "setup_template",
    "arrivalrule": "setup_arrival_rule",
    "tag": "setup_tag",
}
TERMS = ("status", "priority", "kind")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the history, with the page of its thing."""

    told: Told
    url: str


class HistoryFilter(forms.Form):
    """What the page is narrowed to."""

    thing = forms.ChoiceField(label=_("Setting"), required=False)
    by = forms.ModelChoiceField(
        label=_("Who"), queryset=User.objects.none(), required=False, empty_label=_("Everybody")
    )
    name = forms.CharField(label=_("Name"), required=False, max_length=200)
    since = forms.DateField(label=_("From day"), required=False, widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(label=_("To day"), required=False, widget=forms.DateInput({"type": "date"}))
    thing_id = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        things = [(key, thing.words) for key, thing in THINGS.items()]
        self.fields["thing"].choices = [("", _("Everything")), *things]  # type: ignore[attr-defined]
        writers = ConfigurationChange.objects.order_by().values("by").distinct()
        self.fields["by"].queryset = User.objects.filter(pk__in=writers).order_by("name")  # type: ignore[attr-defined]


@require_GET
@for_admins
def setup_history(request: AgentRequest) -> HttpResponse:
    """The latest change first; each with what was and what is."""
    form = HistoryFilter(request.GET or None)
    changes = ConfigurationChange.objects.select_related("by").order_by("-pk")
    if form.is_bound:
        form.is_valid()  # what makes no sense narrows nothing, and says so at its field
        changes = _narrowed(changes, form.cleaned_data)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        changes = changes.filter(pk__lt=int(before))
    rows = list(changes[: SHOWN + 1])
    context = {
        "form": form,
        "lines": _lines(rows[:SHOWN]),
        "older": _older(request.GET, rows[SHOWN - 1].pk) if len(rows) > SHOWN else "",
        "is_narrowed": any(form.cleaned_data.values()) if form.is_bound else False,
    }
    return render(request, "tickets/setup/history.html", context)


def history_panel(row: models.Model) -> dict[str, Any]:
    """The context of `_history.html`: the latest changes of this thing and what belongs to it."""
    rows = list(lines_about(row)[: SHOWN_IN_PANEL + 1])
    url = f"{reverse('tickets:setup_history')}?thing={thing_of(row)}&thing_id={row.pk}"
    return {"history": _lines(rows[:SHOWN_IN_PANEL]), "history_url": url if len(rows) > SHOWN_IN_PANEL else ""}


def _narrowed(
    changes: models.QuerySet[ConfigurationChange], wanted: dict[str, Any]
) -> models.QuerySet[ConfigurationChange]:
    if wanted.get("thing"):
        changes = changes.filter(thing=wanted["thing"])
        if wanted.get("thing_id"):
            row = THINGS[wanted["thing"]].model(pk=wanted["thing_id"])
            changes = lines_about(row)
    if wanted.get("by"):
        changes = changes.filter(by=wanted["by"])
    if wanted.get("name"):
        changes = changes.filter(name__icontains=wanted["name"].replace("\x00", ""))
    if wanted.get("since"):
        changes = changes.filter(at__gte=_midnight(wanted["since"]))
    if wanted.get("until"):
        changes = changes.filter(at__lt=_midnight(wanted["until"] + dt.timedelta(days=1)))
    return changes


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def _lines(changes: list[ConfigurationChange]) -> list[Line]:
    return [Line(told, _url(told.change)) for told in tell_changes(changes)]


def _url(change: ConfigurationChange) -> str:
    if change.thing in TERMS:
        return reverse("tickets:setup_term", args=[change.thing, change.thing_id])
    if name := PAGES.get(change.thing):
        return reverse(f"tickets:{name}", args=[change.thing_id])
    thing = THINGS.get(change.thing)
    return reverse(thing.page, args=[change.thing_id]) if thing and thing.page else ""


def _older(query: QueryDict, last: int) -> str:
    query = query.copy()
    query["before"] = str(last)
    return f"?{query.urlencode()}"
