"""Set-up of the rules on arrival: their order, what each asks and does, and a dry run on past tickets before saving."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tickets import arrival_rules, conditions
from tickets.errors import Refused
from tickets.models import ArrivalRule, TicketGroup
from tickets.web import condition_form
from tickets.web.condition_form import GroupRow
from tickets.web.filters import BUILDER, builder_context, unfinished
from tickets.web.forms import TagsField
from tickets.web.responses import AgentRequest, is_htmx
from tickets.web.setup import FormPage, for_admins, show_form, take_form
from tickets.web.setup_history import history_panel

TEMPLATE = "tickets/setup/arrival_rule.html"
TRIAL = "tickets/setup/_arrival_trial.html"


class ArrivalRuleForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, error_messages={"required": gettext_lazy("Give the rule a name.")}
    )
    tags = TagsField(
        label=gettext_lazy("Adds the tags"), required=False, help_text=gettext_lazy("Separate them with commas.")
    )
    group = forms.ModelChoiceField(
        label=gettext_lazy("Puts it into the group"), queryset=TicketGroup.objects.none(), required=False,
        empty_label="–", help_text=gettext_lazy("While the group is open."),
    )  # fmt: skip
    is_active = forms.BooleanField(label=gettext_lazy("The rule is in use"), required=False, initial=True)

    def __init__(self, *args: Any, rule: ArrivalRule | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        groups = TicketGroup.objects.filter(status=TicketGroup.Status.OPEN)
        if rule is not None and rule.group_id is not None:
            groups = groups | TicketGroup.objects.filter(pk=rule.group_id)
        self.fields["group"].queryset = groups.order_by("title")  # type: ignore[attr-defined]


@require_GET
@for_admins
def setup_arrival_rules(request: AgentRequest) -> HttpResponse:
    """In the order in which they are asked, each with what it did lately and what is wrong with it."""
    states = arrival_rules.states_of(arrival_rules.read_rules())
    return render(
        request, "tickets/setup/arrival_rules.html", {"states": states, "moved": request.GET.get("moved", "")}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_add_arrival_rule(request: AgentRequest) -> HttpResponseBase:
    page = _page(_("New rule on arrival"), _("Add the rule"))
    if request.method != "POST":
        root = condition_form.rows_of(conditions.parse({}))
        return show_form(request, page, ArrivalRuleForm(), context=_context(request, root))
    return _take(request, page, None, partial(arrival_rules.add_rule))


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_arrival_rule(request: AgentRequest, rule_id: int) -> HttpResponseBase:
    rule = get_object_or_404(ArrivalRule.objects.select_related("group").prefetch_related("tags"), pk=rule_id)
    page = _page(rule.name, _("Save"))
    if request.method != "POST":
        now = {
            "name": rule.name,
            "tags": ", ".join(tag.name for tag in rule.tags.all()),
            "group": rule.group_id,
            "is_active": rule.is_active,
        }
        root = condition_form.rows_of(conditions.parse(rule.condition))
        return show_form(
            request, page, ArrivalRuleForm(initial=now, rule=rule), context=_context(request, root) | _about(rule)
        )
    return _take(request, page, rule, partial(arrival_rules.change_rule, rule))


@require_POST
@for_admins
def setup_switch_arrival_rule(request: AgentRequest, rule_id: int) -> HttpResponseBase:
    """Off, or on again."""
    rule = get_object_or_404(ArrivalRule, pk=rule_id)
    arrival_rules.switch_rule(rule, is_active=request.POST.get("to") == "on", by=request.user)
    return redirect(f"{_list_url()}?moved={rule.pk}-switch")


@require_POST
@for_admins
def setup_move_arrival_rule(request: AgentRequest, rule_id: int) -> HttpResponseBase:
    """One place up or down."""
    rule = get_object_or_404(ArrivalRule, pk=rule_id)
    up = "up" in request.POST
    arrival_rules.move_rule(rule, up=up, by=request.user)
    return redirect(f"{_list_url()}?moved={rule.pk}-{'up' if up else 'down'}")


def _take(request: AgentRequest, page: FormPage, rule: ArrivalRule | None, act: Any) -> HttpResponseBase:
    """A posted form: another row of the conditions, the dry run, or the saving."""
    root = condition_form.read_form(request.POST)
    do = request.POST.get("do", "")
    about = _about(rule) if rule else {}
    form = ArrivalRuleForm(request.POST, rule=rule)
    if do == "save":
        problem = unfinished(root)
        if problem:
            form.add_error(None, problem)
            return show_form(request, page, form, status=422, context=_context(request, root) | about)
        to = request.path if rule else ""
        act = partial(act, condition=root.tree())
        return take_form(request, page, form, act, to=to, context=_context(request, root) | about)
    kept = ArrivalRuleForm(initial={name: request.POST.get(name, "") for name in form.fields}, rule=rule)
    if do == "try":
        trial = _trial(request, root)
        if is_htmx(request):
            return render(request, TRIAL, trial)
        return show_form(request, page, kept, context=_context(request, root) | about | trial)
    condition_form.change_rows(root, do)
    context = _context(request, root)
    if is_htmx(request):
        return render(request, BUILDER, context)
    return show_form(request, page, kept, context=context | about)


def _trial(request: AgentRequest, root: GroupRow) -> dict[str, Any]:
    """The dry run of what is finished in the form."""
    if problem := unfinished(root):
        return {"problem": problem, "is_tried": True}
    try:
        condition = conditions.parse(root.tree(), strict=True)
    except Refused as refusal:
        return {"problem": str(refusal), "is_tried": True}
    if not condition:
        return {"problem": _("Say which tickets it is for: one condition at least."), "is_tried": True}
    return {
        "is_tried": True,
        "said": condition.words(),
        "trial": arrival_rules.try_condition(condition, by=request.user),
        "asks_text": "text" in condition.fields,
    }


def _context(request: AgentRequest, root: GroupRow) -> dict[str, Any]:
    condition_form.dress(root, request.user)
    fields = [field for field in conditions.all_fields() if field.name not in arrival_rules.NOT_ASKED]
    return builder_context(root) | {"fields": fields, "action": request.path}


def _about(rule: ArrivalRule) -> dict[str, Any]:
    state = arrival_rules.states_of([rule])[0]
    return {"state": state, "problems": arrival_rules.latest_problems(rule)} | history_panel(rule)


def _page(title: str, submit: str) -> FormPage:
    return FormPage(title, submit, _list_url(), _("Rules on arrival"), TEMPLATE)


def _list_url() -> str:
    return reverse("tickets:setup_arrival_rules")
