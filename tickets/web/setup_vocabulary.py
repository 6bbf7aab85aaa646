"""Set-up of statuses, priorities and kinds: three lists of one shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tickets import vocabulary_setup as room
from tickets.models import Kind, Priority, Status
from tickets.vocabulary import read_vocabulary
from tickets.web.responses import AgentRequest
from tickets.web.setup import FormPage, for_admins, show_form, take_form
from tickets.web.setup_history import history_panel
from tickets.web.setup_text_forms import KindForm, PriorityForm, StatusForm, by_language, into_fields

Term = Kind | Priority | Status


@dataclass(frozen=True, slots=True)
class Table:
    """One of the three: its words, its form, and the room's functions."""

    key: str
    model: type[Term]
    title: str | LazyText
    new: str | LazyText
    hint: str | LazyText
    form: type[forms.Form]
    add: Callable[..., Term]
    change: Callable[..., Term]


TABLES = {
    "status": Table(
        "status",
        Status,
        gettext_lazy("Statuses"),
        gettext_lazy("New status"),
        gettext_lazy("The name is what people read; the type decides what the product does."),
        StatusForm,
        room.add_status,
        room.change_status_setting,
    ),
    "priority": Table(
        "priority",
        Priority,
        gettext_lazy("Priorities"),
        gettext_lazy("New priority"),
        gettext_lazy("The level decides what is worked sooner."),
        PriorityForm,
        room.add_priority,
        room.change_priority_setting,
    ),
    "kind": Table(
        "kind",
        Kind,
        gettext_lazy("Kinds"),
        gettext_lazy("New kind"),
        gettext_lazy("What sort of thing a ticket is about."),
        KindForm,
        room.add_kind,
        room.change_kind_setting,
    ),
}


@require_GET
@for_admins
def setup_terms(request: AgentRequest, table: str) -> HttpResponse:
    """The list in its order, retired ones too, with how many open tickets have each."""
    found = _table(table)
    counts = room.count_open_tickets(found.model)
    rows = [(term, counts.get(term.pk, 0), room.is_needed(term)) for term in _terms(table)]
    return render(
        request, "tickets/setup/terms.html", {"table": found, "rows": rows, "moved": request.GET.get("moved", "")}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_add_term(request: AgentRequest, table: str) -> HttpResponse:
    found = _table(table)
    page = FormPage(found.new, _("Add"), _list_url(table), found.title)
    form = found.form(request.POST or None)
    del form.fields["is_active"]
    if request.method != "POST":
        return show_form(request, page, form)
    return take_form(request, page, form, _taking_names(found.add))


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_term(request: AgentRequest, table: str, term_id: int) -> HttpResponse:
    found = _table(table)
    term: Any = get_object_or_404(found.model, pk=term_id)
    page = FormPage(term.label, _("Save"), _list_url(table), found.title, "tickets/setup/term.html")
    form = found.form(request.POST or None, initial=_initial(term))
    if isinstance(term, Status) and (room.is_needed(term) or room.is_used(term)):
        del form.fields["status_type"]
        if term.type != Status.Type.PENDING_CLOSE:
            del form.fields["closes_to"]
    context = {
        "term": term,
        "open_tickets": room.open_tickets_with(term),
        "is_needed": room.is_needed(term),
        "is_fixed": "status_type" not in form.fields,
    } | history_panel(term)
    if request.method != "POST":
        return show_form(request, page, form, context=context)
    act = _taking_names(partial(found.change, term))
    return take_form(request, page, form, act, to=request.path, context=context)


@require_POST
@for_admins
def setup_move_term(request: AgentRequest, table: str, term_id: int) -> HttpResponse:
    """One place up or down."""
    term: Any = get_object_or_404(_table(table).model, pk=term_id)
    up = "up" in request.POST
    room.move_term(term, up=up, by=request.user)
    return redirect(f"{_list_url(table)}?moved={term.pk}-{'up' if up else 'down'}")


def _table(key: str) -> Table:
    if key not in TABLES:
        raise Http404(_("There is no such list."))
    return TABLES[key]


def _terms(key: str) -> list[Any]:
    vocabulary = read_vocabulary()
    rows: dict[str, list[Any]] = {
        "status": vocabulary.statuses,
        "priority": vocabulary.priorities,
        "kind": vocabulary.kinds,
    }
    return rows[key]


def _list_url(key: str) -> str:
    return reverse("tickets:setup_terms", args=[key])


def _initial(term: Any) -> dict[str, Any]:
    found = into_fields(term.names, "name_") | {"is_active": term.is_active}
    if isinstance(term, Priority):
        found["level"] = term.level
    if isinstance(term, Status):
        found |= {"status_type": term.type, "waits_for": term.waits_for, "closes_to": term.closes_to_id}
    return found


def _taking_names(act: Callable[..., Term]) -> Callable[..., Term]:
    """The room wants one mapping for the names in all languages."""

    def with_names(**values: Any) -> Term:
        names = by_language(values, "name_")
        return act(names=names, **{name: value for name, value in values.items() if not name.startswith("name_")})

    return with_names
