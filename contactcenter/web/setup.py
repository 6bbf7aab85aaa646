"""Set-up of queues and opening hours, and the page from which all of the contact centre's set-up is reached."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from contactcenter import setting_up
from contactcenter.models import Activity, Agent, OpeningHours, Queue
from contactcenter.queues import week_of
from contactcenter.web.entry import for_supervisors
from contactcenter.web.setup_forms import HoursForm, QueueForm
from contactcenter.web.setup_times import write_days, write_spans
from tickets.web.responses import AgentRequest
from tickets.web.setup import FormPage, show_form, take_form
from tickets.web.setup_history import history_panel

FORM = "contactcenter/setup_form.html"
MOST_AGENTS = 200
HERE = Q(memberships__left_at__isnull=True, memberships__agent__is_active=True)


@require_safe
@for_supervisors
def setup(request: AgentRequest) -> HttpResponse:
    """Queues, agents, activities, opening hours."""
    wanted = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    agents = Agent.objects.select_related("user", "home_team", "activity").annotate(
        queues=Count("queue_memberships", filter=Q(queue_memberships__left_at__isnull=True))
    )
    if wanted:
        agents = agents.filter(Q(user__name__icontains=wanted) | Q(extension__icontains=wanted))
    rows = list(agents.order_by("-is_active", "user__name")[: MOST_AGENTS + 1])
    queues = Queue.objects.select_related("team", "hours").annotate(agents=Count("memberships", filter=HERE))
    return render(
        request,
        "contactcenter/setup.html",
        {
            "queues": queues.order_by("-is_active", "name"),
            "agents": rows[:MOST_AGENTS],
            "has_more": len(rows) > MOST_AGENTS,
            "wanted": wanted,
            "activities": Activity.objects.all(),
            "hours": OpeningHours.objects.annotate(used=Count("queues")),
        },
    )


def centre_page(title: Any, submit: str, template: str = FORM) -> FormPage:
    """A page with one form, which hangs below the contact centre's set-up."""
    return FormPage(title, submit, reverse("contactcenter:setup"), _("Queues and agents"), template)


def history_of(request: AgentRequest, row: Any) -> dict[str, Any]:
    """The panel of its history; all of it is for administrators."""
    found = history_panel(row)
    return found if request.user.is_admin else found | {"history_url": ""}


@require_http_methods(["GET", "HEAD", "POST"])
@for_supervisors
def setup_add_queue(request: AgentRequest) -> HttpResponse:
    page = centre_page(_("New queue"), _("Add the queue"))
    if request.method != "POST":
        return show_form(request, page, QueueForm())
    said = _("The queue is there. Now choose who serves it.")
    return take_form(request, page, QueueForm(request.POST), setting_up.add_queue, said=said)


@require_http_methods(["GET", "HEAD", "POST"])
@for_supervisors
def setup_queue(request: AgentRequest, queue_id: int) -> HttpResponse:
    """One queue: its promises, its rules, its levels, who serves it."""
    queue = get_object_or_404(Queue, pk=queue_id)
    page = centre_page(queue.name, _("Save"), "contactcenter/setup_queue.html")
    serving = queue.memberships.filter(left_at__isnull=True).select_related("agent__user", "agent__home_team")
    context = {"queue": queue, "serving": serving.order_by("level", "position", "agent__user__name")}
    context |= history_of(request, queue)
    # The form cleans into a row of its own: the room compares with the one that is locked.
    form = QueueForm(request.POST or None, instance=Queue.objects.get(pk=queue.pk))
    if request.method != "POST":
        return show_form(request, page, form, context=context)
    act = partial(setting_up.change_queue, queue)
    return take_form(request, page, form, act, to=request.path, context=context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_supervisors
def setup_add_hours(request: AgentRequest) -> HttpResponse:
    page = centre_page(_("New opening hours"), _("Add"))
    if request.method != "POST":
        week = {f"day_{number}": "08:00-16:00" for number in range(5)}
        return show_form(request, page, HoursForm(initial=week | {"holidays_of": "HU"}))
    return take_form(request, page, HoursForm(request.POST), partial(setting_up.save_hours, None))


@require_http_methods(["GET", "HEAD", "POST"])
@for_supervisors
def setup_hours(request: AgentRequest, hours_id: int) -> HttpResponse:
    """One set of opening hours."""
    hours = get_object_or_404(OpeningHours, pk=hours_id)
    page = centre_page(hours.name, _("Save"))
    if request.method == "POST":
        act = partial(setting_up.save_hours, hours)
        form = HoursForm(request.POST)
        return take_form(request, page, form, act, to=request.path, context=history_of(request, hours))
    week = week_of(hours)
    initial: dict[str, Any] = {name: getattr(hours, name) for name in ("name", "time_zone", "holidays_of")}
    initial |= {f"day_{number}": write_spans(list(spans)) for number, spans in week.spans.items()}
    initial["special"] = write_days(dict(week.special))
    return show_form(request, page, HoursForm(initial=initial), context=history_of(request, hours))
