"""Set-up of agents (team, extension, rights, queues and levels) and of activities."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from contactcenter import memberships, setting_up
from contactcenter.models import Activity, Agent, Queue
from contactcenter.web.entry import for_supervisors
from contactcenter.web.setup import centre_page, history_of
from contactcenter.web.setup_forms import ActivityForm, AgentForm, SeatForm
from tickets.errors import Refused
from tickets.web.responses import AgentRequest
from tickets.web.setup import FormPage, show_form, take_form
from tickets.web.setup_text_forms import by_language, into_fields

AGENT_FIELDS = ("home_team", "extension", "is_supervisor", "is_active")


@require_http_methods(["GET", "HEAD", "POST"])
@for_supervisors
def setup_add_agent(request: AgentRequest) -> HttpResponse:
    page = centre_page(_("New agent"), _("Add the agent"))
    if request.method != "POST":
        return show_form(request, page, AgentForm())
    said = _("The agent is there. Now choose the queues.")
    return take_form(request, page, AgentForm(request.POST), setting_up.add_agent, said=said)


@require_http_methods(["GET", "HEAD", "POST"])
@for_supervisors
def setup_agent(request: AgentRequest, agent_id: int) -> HttpResponse:
    """One agent: where he belongs and which queues he serves, at which level."""
    agent = _agent(agent_id)
    context = _context(request, agent)
    if request.method != "POST":
        now = {name: getattr(agent, name) for name in AGENT_FIELDS}
        return show_form(request, _page(agent), AgentForm(initial=now, agent=agent), context=context)
    act = partial(setting_up.change_agent, agent)
    form = AgentForm(request.POST, agent=agent)
    return take_form(request, _page(agent), form, act, to=request.path, context=context)


@require_POST
@for_supervisors
def setup_join_queue(request: AgentRequest, agent_id: int) -> HttpResponse:
    """A place in a queue, or another level in one that he serves."""
    agent = _agent(agent_id)
    form = SeatForm(request.POST)
    if form.is_valid():
        try:
            memberships.join_queue(agent, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            names = {"name": agent, "queue": form.cleaned_data["queue"], "level": form.cleaned_data["level"]}
            messages.success(request, _("%(name)s serves “%(queue)s” at level %(level)s.") % names)
            return redirect("contactcenter:setup_agent", agent.pk)
    now = {name: getattr(agent, name) for name in AGENT_FIELDS}
    context = _context(request, agent) | {"seat_form": form}
    return show_form(request, _page(agent), AgentForm(initial=now, agent=agent), status=422, context=context)


@require_POST
@for_supervisors
def setup_leave_queue(request: AgentRequest, agent_id: int, queue_id: int) -> HttpResponse:
    """He serves the queue no more."""
    agent, queue = _agent(agent_id), get_object_or_404(Queue, pk=queue_id)
    try:
        memberships.leave_queue(agent, queue=queue, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(name)s serves “%(old)s” no more.") % {"name": agent, "old": queue})
    return redirect("contactcenter:setup_agent", agent.pk)


def _agent(key: int) -> Agent:
    return get_object_or_404(Agent.objects.select_related("user", "home_team", "activity"), pk=key)


def _page(agent: Agent) -> FormPage:
    return centre_page(str(agent), _("Save"), "contactcenter/setup_agent.html")


def _context(request: AgentRequest, agent: Agent) -> dict[str, Any]:
    seats = agent.queue_memberships.filter(left_at__isnull=True).select_related("queue")
    return {
        "agent": agent,
        "seats": seats.order_by("level", "position", "queue__name"),
        "seat_form": SeatForm(),
    } | history_of(request, agent)


# --- activities ------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@for_supervisors
def setup_add_activity(request: AgentRequest) -> HttpResponse:
    page = centre_page(_("New activity"), _("Add"))
    if request.method != "POST":
        return show_form(request, page, ActivityForm())
    return take_form(request, page, ActivityForm(request.POST), _taking_names(setting_up.add_activity))


@require_http_methods(["GET", "HEAD", "POST"])
@for_supervisors
def setup_activity(request: AgentRequest, activity_id: int) -> HttpResponse:
    activity = get_object_or_404(Activity, pk=activity_id)
    page = centre_page(activity.label, _("Save"))
    context = history_of(request, activity)
    if request.method != "POST":
        now = into_fields(activity.names, "name_") | {
            name: getattr(activity, name) for name in (*ActivityForm.flags, "limit_minutes")
        }
        return show_form(request, page, ActivityForm(initial=now), context=context)
    act = _taking_names(partial(setting_up.change_activity, activity))
    return take_form(request, page, ActivityForm(request.POST), act, to=request.path, context=context)


def _taking_names(act: Callable[..., Activity]) -> Callable[..., Activity]:
    """The room wants one mapping for the names in all languages."""

    def with_names(**values: Any) -> Activity:
        rest = {name: value for name, value in values.items() if not name.startswith("name_")}
        return act(names=by_language(values, "name_"), **rest)

    return with_names
