"""What a supervisor does with an agent from the wallboard: all of it from his menu, which is also a page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contactcenter import activities, memberships, states
from contactcenter.load import read_load
from contactcenter.models import Activity, Agent, Loan, Queue
from contactcenter.web.board_answers import done
from contactcenter.web.board_forms import MoveForm
from contactcenter.web.entry import for_supervisors
from tickets.errors import Refused
from tickets.web.responses import AgentRequest, is_htmx

MOST_QUEUES = 8  # in the menu; all are in the dialogs


@require_safe
@for_supervisors
def agent_acts(request: AgentRequest, agent_id: int) -> HttpResponse:
    """The menu of one agent: pull in (the tensest queues first), send back, move for good, set the activity."""
    agent = _agent(agent_id)
    load = read_load()
    served = {seat.queue_id for one in load.agents if one.id == agent.pk for seat in one.seats}
    queues = [queue for queue in load.queues if queue.id not in served]
    context = {
        "agent": agent,
        "loan": Loan.objects.open().filter(agent=agent).select_related("queue").first(),
        "queues": queues[:MOST_QUEUES] if is_htmx(request) else queues,
        "activities": Activity.objects.filter(is_active=True, is_chosen=True),
        "served": [queue for queue in load.queues if queue.id in served],
    }
    template = "contactcenter/_board_agent_menu.html" if is_htmx(request) else "contactcenter/board_agent.html"
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_supervisors
def move_agent(request: AgentRequest, agent_id: int) -> HttpResponse:
    """For good: out of one queue, into another, or both in one step."""
    agent = _agent(agent_id)
    given = {"out_of": request.GET.get("out_of", ""), "into": request.GET.get("into", "")}
    form = MoveForm(request.POST if request.method == "POST" else None, agent=agent, initial=given)
    if request.method == "POST" and form.is_valid():
        out_of, into, level = (form.cleaned_data[name] for name in ("out_of", "into", "level"))
        before = agent.queue_memberships.filter(left_at__isnull=True, queue=out_of).first() if out_of else None
        try:
            said = _move(agent, out_of, into, level, request)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            keys = [agent.pk, into.pk if into else 0, out_of.pk if out_of else 0, before.level if before else 1]
            return done(request, said, undo_url=reverse("contactcenter:move_back", args=keys), in_dialog=True)
    context = {
        "agent": agent,
        "form": form,
        "title": _("Move %(name)s for good") % {"name": agent},
        "submit": _("Move"),
        "action": request.path,
        "cancel_url": reverse("contactcenter:board"),
    }
    return render(request, "contactcenter/board_move.html", context, status=422 if form.errors else 200)


@require_POST
@for_supervisors
def move_back(request: AgentRequest, agent_id: int, out_of: int, into: int, level: int) -> HttpResponse:
    """The undo of a move; 0 stands for no queue."""
    agent = _agent(agent_id)
    queues = Queue.objects.in_bulk([out_of, into])
    try:
        said = _move(agent, queues.get(out_of), queues.get(into), level, request)
    except Refused as refusal:
        return done(request, str(refusal), tone="bad")
    return done(request, said)


def _move(agent: Agent, out_of: Queue | None, into: Queue | None, level: int, request: AgentRequest) -> str:
    names = {"name": agent, "old": out_of, "new": into}
    if out_of is not None and into is not None:
        memberships.move_agent(agent, out_of=out_of, into=into, by=request.user, level=level)
        return _("%(name)s went from “%(old)s” to “%(new)s”.") % names
    if into is not None:
        memberships.join_queue(agent, queue=into, by=request.user, level=level)
        return _("%(name)s serves “%(new)s” from now on.") % names
    if out_of is not None:
        memberships.leave_queue(agent, queue=out_of, by=request.user)
        return _("%(name)s serves “%(old)s” no more.") % names
    raise Refused(_("Choose a queue to leave or to join."))


@require_POST
@for_supervisors
def set_activity(request: AgentRequest, agent_id: int, activity_id: int) -> HttpResponse:
    """Sets what the agent does, at once or after the contact with him."""
    agent = _agent(agent_id)
    before = agent.activity_id
    to = get_object_or_404(Activity, pk=activity_id)
    try:
        changed = activities.set_activity(agent, to=to, by=request.user)
    except Refused as refusal:
        return done(request, str(refusal), tone="bad")
    names = {"name": agent, "activity": to.label}
    if changed.pending_activity_id == to.pk:
        said = _("%(name)s: “%(activity)s” after the contact in hand.") % names
    else:
        said = _("%(name)s: “%(activity)s” from now on.") % names
    undo_url = reverse("contactcenter:set_activity", args=[agent.pk, before])
    return done(request, said, undo_url=undo_url if to.pk != before else "")


def _agent(key: int) -> Agent:
    get_object_or_404(Agent.objects.working(), pk=key)
    return states.read_agent(key)
