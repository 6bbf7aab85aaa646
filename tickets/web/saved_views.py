"""Saved views: their lists, and saving, changing, ordering and removing them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tickets import columns, conditions, filters, grouping, saved_views
from tickets.conditions.tree import read_tree
from tickets.errors import Refused
from tickets.models import SavedView, Team, User
from tickets.web import condition_form, inbox
from tickets.web.filters import finished, lead_to, load_list, rebuild, said, show, tickets_of
from tickets.web.responses import AgentRequest, for_agents, go_back

LONGEST_CONDITION = 20_000


class SaveForm(forms.Form):
    """Name, whose view it is, and what the list showed."""

    name = forms.CharField(
        max_length=80, label=gettext_lazy("Name"), error_messages={"required": gettext_lazy("Give the view a name.")}
    )
    team = forms.ModelChoiceField(
        queryset=Team.objects.none(), required=False, label=gettext_lazy("For"), empty_label=gettext_lazy("Me alone")
    )
    condition = forms.CharField(max_length=LONGEST_CONDITION, widget=forms.HiddenInput)
    sort = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    columns = forms.CharField(max_length=600, required=False, widget=forms.HiddenInput)
    group_by = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        teams = saved_views.teams_to_manage(user)
        self.fields["team"].queryset = Team.objects.filter(pk__in=[team.pk for team in teams])  # type: ignore[attr-defined]

    def clean_condition(self) -> object:
        try:
            return json.loads(self.cleaned_data["condition"])
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(_("This is not a condition: a group or a clause was expected.")) from error


class RenameForm(forms.Form):
    name = forms.CharField(
        max_length=80, label=gettext_lazy("Name"), error_messages={"required": gettext_lazy("Give the view a name.")}
    )


def load_view(user: User, view_id: int, *, to_change: bool = False) -> SavedView:
    """A view that the person sees, else Http404; `to_change`: that he may change, else he is told who can."""
    view = saved_views.visible_to(user).filter(pk=view_id).first()
    if view is None:
        raise Http404(_("There is no such view."))
    if to_change and not saved_views.can_change(user, view):
        raise PermissionDenied(_("You don't have the right to do this. Ask the team's leader or an administrator."))
    return view


# --- looking -------------------------------------------------------------------------------------------------------


@require_GET
@for_agents
def saved_view(request: AgentRequest, view_id: int) -> HttpResponseBase:
    """The list of a saved view, with filters of its own on top."""
    view = load_view(request.user, view_id)
    sentence, problems = saved_views.tell(view, reader=request.user)
    shown = saved_views.list_of(view)
    more = {
        "saved_view": view,
        "may_change": saved_views.can_change(request.user, view),
        "problems": problems,
        "repair_url": reverse("tickets:saved_condition", args=[view.pk]),
    }
    return inbox.show_list(request, replace(shown, explanation=sentence or shown.explanation), more)


@require_GET
@for_agents
def saved_all(request: AgentRequest) -> HttpResponse:
    """All views that the person sees, to be ordered, changed and removed."""
    views = list(saved_views.visible_to(request.user).order_by("team__name", "position", "name"))
    read = {view.pk: saved_views.condition_of(view) for view in views}
    names = conditions.names_in([condition.root for condition in read.values()], reader=request.user)
    rows = [
        {
            "view": view,
            "said": read[view.pk].words(names) if read[view.pk] else [],
            "problems": read[view.pk].problems,
            "may_change": saved_views.can_change(request.user, view),
        }
        for view in views
    ]
    mine = [row for row in rows if row["view"].team_id is None]  # type: ignore[attr-defined]
    teams: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["view"].team_id is not None:  # type: ignore[attr-defined]
            teams.setdefault(row["view"].team.name, []).append(row)  # type: ignore[attr-defined]
    return render(request, "tickets/saved_views.html", {"mine": mine, "teams": teams})


# --- changing ------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@for_agents
def save_view(request: AgentRequest, view: str) -> HttpResponseBase:
    """Saves what a list shows now: its condition, filters, order, columns and grouping."""
    found = load_list(request, view)
    if request.method == "POST":
        form = SaveForm(request.POST, user=request.user)
        if form.is_valid():
            try:
                made = saved_views.save_view(
                    name=form.cleaned_data["name"],
                    condition=form.cleaned_data["condition"],
                    team=form.cleaned_data["team"],
                    sort=form.cleaned_data["sort"],
                    columns=[column for column in form.cleaned_data["columns"].split(",") if column],
                    group_by=form.cleaned_data["group_by"],
                    by=request.user,
                )
            except Refused as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            else:
                return lead_to(request, reverse("tickets:saved_view", args=[made.pk]))
    else:
        form = SaveForm(user=request.user, initial=present(request, view))
    context = {
        "form": form,
        "title": _("Save as a view"),
        "submit": _("Save the view"),
        "action": request.path,
        "cancel_url": reverse("tickets:saved_views"),
        "said": _words(form["condition"].value()),
        "view": found,
    }
    return render(request, "tickets/save_view.html", context, status=422 if form.errors else 200)


def present(request: AgentRequest, key: str) -> dict[str, str]:
    """The form's values for what the list at this address shows."""
    view = columns.laid_out(load_list(request, key), request.user)
    given = filters.read(request.GET, request.user).condition
    shape = inbox.Shape.read(request.GET, view.group_by)
    if shape.group:  # one group of a grouped list
        tag = {"op": "empty"} if shape.group == grouping.NO_TAG else {"op": "is", "value": int(shape.group)}
        given = conditions.all_of(given, conditions.parse({"field": "tag"} | tag))
    try:
        condition = saved_views.present_condition(view, given, request.user)
    except Refused as refusal:
        raise Http404(str(refusal)) from refusal
    return {
        "condition": json.dumps(condition.as_json(), ensure_ascii=False),
        "sort": request.GET.get("sort", "") or str(view.sort),
        "columns": ",".join(request.GET.getlist("columns")) or ",".join(view.columns),
        "group_by": shape.by,
    }


@require_http_methods(["GET", "POST"])
@for_agents
def rename_view(request: AgentRequest, view_id: int) -> HttpResponseBase:
    """Another name."""
    view = load_view(request.user, view_id, to_change=True)
    form = RenameForm(request.POST or None, initial={"name": view.name})
    if request.method == "POST" and form.is_valid():
        try:
            saved_views.change_view(view, by=request.user, name=form.cleaned_data["name"])
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return lead_to(request, reverse("tickets:saved_views"))
    context = {
        "form": form,
        "title": _("Rename the view"),
        "submit": _("Rename"),
        "action": request.path,
        "cancel_url": reverse("tickets:saved_views"),
    }
    return render(request, "tickets/dialog.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@for_agents
def saved_condition(request: AgentRequest, view_id: int) -> HttpResponseBase:
    """The builder on the view's own condition: to change it, and to repair what no longer exists."""
    view = load_view(request.user, view_id, to_change=True)
    address = reverse("tickets:saved_view", args=[view.pk])
    context = {
        "title": _("Conditions of “%(name)s”") % {"name": view.name},
        "submit": _("Save the view"),
        "action": request.path,
        "cancel_url": address,
        "preview_url": reverse("tickets:saved_preview", args=[view.pk]),
        "keep": "",
    }
    tickets = tickets_of(request)
    if request.method != "POST":
        return show(request, condition_form.rows_of(saved_views.condition_of(view)), context, tickets)
    root = condition_form.read_form(request.POST)
    if request.POST.get("do") == "apply" and (condition := finished(root, request)) is not None:
        try:
            saved_views.change_view(view, by=request.user, condition=condition.as_json())
        except Refused as refusal:
            context["error"] = str(refusal)
        else:
            return lead_to(request, address)
    return rebuild(request, root, context, tickets)


@require_POST
@for_agents
def saved_preview(request: AgentRequest, view_id: int) -> HttpResponse:
    """What the builder says while a view is changed."""
    load_view(request.user, view_id)
    root = condition_form.read_form(request.POST)
    return render(request, "tickets/_condition_said.html", said(request, root, tickets_of(request)))


@require_POST
@for_agents
def update_view(request: AgentRequest, view_id: int) -> HttpResponseBase:
    """The filters, order, columns and grouping that stand on the view now become its own."""
    view = load_view(request.user, view_id, to_change=True)
    values = present(request, f"{saved_views.PREFIX}{view.pk}")
    try:
        saved_views.change_view(
            view,
            by=request.user,
            condition=json.loads(values["condition"]),
            sort=values["sort"],
            columns=[column for column in values["columns"].split(",") if column],
            group_by=values["group_by"],
        )
    except Refused as refusal:
        return go_back(request, reverse("tickets:saved_view", args=[view.pk]), said=str(refusal), tone="bad")
    return go_back(request, reverse("tickets:saved_view", args=[view.pk]), said=_("View saved."))


@require_POST
@for_agents
def move_view(request: AgentRequest, view_id: int) -> HttpResponseBase:
    """One place up or down."""
    view = load_view(request.user, view_id, to_change=True)
    saved_views.move_view(view, by=request.user, up=request.POST.get("to") == "up")
    return redirect("tickets:saved_views")


@require_POST
@for_agents
def remove_view(request: AgentRequest, view_id: int) -> HttpResponseBase:
    view = load_view(request.user, view_id, to_change=True)
    saved_views.remove_view(view, by=request.user)
    return go_back(
        request, reverse("tickets:saved_views"), said=_("View “%(name)s” removed; its tickets stay.") % {"name": view}
    )


def _words(text: object) -> list[Any]:
    """What a condition in a hidden field says; nothing for one that was tampered with."""
    try:
        tree = json.loads(str(text))
        read_tree(tree)
    except (ValueError, RecursionError, Refused):
        return []
    return list(conditions.parse(tree).words())
