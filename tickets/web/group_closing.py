"""Closing a group: what becomes of its members, the exceptions, and the result that fills itself."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tickets import conditions, group_closing, group_figures, group_lists, live
from tickets.access import load_group
from tickets.errors import Refused
from tickets.group_closing import Choice
from tickets.models import GroupClosing, GroupClosingItem, Ticket, TicketGroup
from tickets.models.tickets import TicketQuerySet
from tickets.web.inbox import Pager, Tab
from tickets.web.responses import AgentRequest, for_agents, go_back, is_htmx
from tickets.web.ticket_page import number_in

PAGE_SIZE = 30
MOST_CHOSEN = 1000
State = GroupClosingItem.State
TONES = {State.DONE: "ok", State.REFUSED: "bad", State.FAILED: "bad"}


@require_http_methods(["GET", "POST"])
@for_agents
def close_group(request: AgentRequest, group_id: int) -> HttpResponseBase:
    """The plan: one choice for all, exceptions for any, and the numbers before the act."""
    group = load_group(request.user, group_id, to="lead")
    if not group.is_open:
        return go_back(request, reverse("tickets:group", args=[group.pk]), said=_("The group is closed already."))
    plan = group_closing.plan_closing(group, by=request.user)
    if request.method == "GET":
        return show_plan(request, plan)
    try:
        choose(request, plan)
        if request.POST.get("do") == "start":
            group_closing.close_group(plan, by=request.user)
            return lead_to(request, reverse("tickets:group_closing", args=[group.pk]))
    except Refused as refusal:
        return show_plan(request, plan, error=str(refusal))
    if is_htmx(request):
        plan.refresh_from_db()
        return show_plan(request, plan)
    return redirect(request.get_full_path())


def choose(request: AgentRequest, plan: GroupClosing) -> None:
    """Keeps what the form says: the choice for all with its words, and the exceptions of the pressed button."""
    choice = request.POST.get("choice", plan.choice)
    if choice not in Choice.values:
        raise Refused(_("Choose what shall become of the tickets."))
    texts = {code: request.POST.get(f"text_{code}", "")[:10_000] for code, _name in settings.LANGUAGES}
    group_closing.choose_for_all(plan, choice=choice, by=request.user, texts=texts)
    act = request.POST.get("do", "")
    if act not in Choice.values:
        return
    if request.POST.get("whole"):
        chosen = narrowed(request, plan)
    else:
        numbers = request.POST.getlist("ticket")[:MOST_CHOSEN]
        if not numbers:
            raise Refused(_("Select tickets first."))
        chosen = Ticket.objects.filter(number__in=numbers)
    group_closing.choose_for_some(plan, chosen, choice=act, by=request.user)


def narrowed(request: AgentRequest, plan: GroupClosing) -> TicketQuerySet:
    """The members that the filter of the page lets through, with what is planned for each."""
    members = group_closing.with_choices(group_closing.members_of(plan.group, by=request.user), plan)
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    if words:
        members = members.filter(conditions.clause("about", "contains", words).q(reader=request.user))
    show = request.GET.get("show", "")
    if show in Choice.values:
        members = members.filter(planned=show)
    elif show == "own":
        members = members.filter(Q(closed_at__isnull=False) | Q(is_reopened=True))
    return members  # type: ignore[return-value]  # tickets with annotations


def show_plan(request: AgentRequest, plan: GroupClosing, *, error: str = "") -> HttpResponse:
    plan = GroupClosing.objects.select_related("group__team", "group__owner").get(pk=plan.pk)
    found = narrowed(request, plan)
    total = found.count()
    if (key := group_lists.read_key(request.GET.get("after", ""))) is not None:
        moment, pk = key
        found = found.filter(Q(opened_at__lt=moment) | Q(opened_at=moment, pk__lt=pk))
    found = found.select_related("status", "customer", "organisation").order_by("-opened_at", "-pk")
    rows = list(found[: PAGE_SIZE + 1])
    page = rows[:PAGE_SIZE]
    query = {name: request.GET[name] for name in ("q", "show") if request.GET.get(name)}
    following = ""
    if len(rows) > PAGE_SIZE:
        after = group_lists.write_key(page[-1].opened_at, page[-1].pk)
        following = f"{request.path}?{urlencode(query | {'after': after})}#members"
    counts = group_closing.count_choices(plan, by=request.user)
    context = {
        "group": plan.group,
        "plan": plan,
        "choices": Choice.choices,
        "texts": [(code, name, plan.texts.get(code, "")) for code, name in settings.LANGUAGES],
        "days": settings.GROUP_CONFIRM_DAYS,
        "counts": counts,
        "tickets": page,
        "total": total,
        "page": Pager(str(total), "", following),
        "q": query.get("q", ""),
        "show": query.get("show", ""),
        "action": request.get_full_path(),
        "error": error,
    }
    return render(request, "tickets/close_group.html", context, status=422 if error else 200)


def lead_to(request: AgentRequest, url: str) -> HttpResponseBase:
    if not is_htmx(request):
        return redirect(url)
    answer = HttpResponse(status=204)
    answer["HX-Redirect"] = url
    return answer


# --- the result ------------------------------------------------------------------------------------------------------

TABS: tuple[State, ...] = (State.FAILED, State.REFUSED, State.DONE, State.UNCHANGED, State.WAITING)


@require_GET
@for_agents
def closing_result(request: AgentRequest, group_id: int) -> HttpResponse:
    """What became of each member in the last closing; reads itself again while it goes on."""
    group = load_group(request.user, group_id)
    closing = GroupClosing.objects.filter(group=group).exclude(state=GroupClosing.State.PLANNED).first()
    if closing is None:
        raise Http404(_("The group has not been closed."))
    return render(request, "tickets/group_closing.html", result_context(request, group, closing))


def result_context(request: AgentRequest, group: TicketGroup, closing: GroupClosing) -> dict[str, Any]:
    counts = group_closing.count_items(closing)
    total = sum(counts.values())
    state = request.GET.get("state", "")
    mine = Ticket.objects.worked_by(request.user)
    items = closing.items.filter(ticket__in=mine).select_related("ticket__status", "ticket__customer")
    items = items.filter(state=state) if state in State.values else items
    if answer := request.GET.get("answer", ""):
        items = items.filter(answer=answer[:12])
    if after := number_in(request, "after"):
        items = items.filter(pk__gt=after)
    rows = list(items.order_by("pk")[: PAGE_SIZE + 1])
    page = rows[:PAGE_SIZE]
    query = {name: request.GET[name] for name in ("state", "answer") if request.GET.get(name)}
    following = f"{request.path}?{urlencode(query | {'after': page[-1].pk})}" if len(rows) > PAGE_SIZE else ""
    tabs = [Tab(_("All"), request.path, str(total), not query)]
    shown = [each for each in TABS if counts[each]]
    tabs += [Tab(each.label, f"{request.path}?state={each}", str(counts[each]), state == each) for each in shown]
    for each_answer in GroupClosingItem.Answer:
        if n := closing.items.filter(answer=each_answer).count():
            url = f"{request.path}?answer={each_answer}"
            tabs.append(Tab(each_answer.label, url, str(n), request.GET.get("answer") == each_answer))
    return {
        "group": group,
        "closing": closing,
        "tabs": tabs,
        "items": [(item, TONES.get(State(item.state), "")) for item in page],
        "total": total,
        "handled": total - counts[State.WAITING] - counts[State.PLANNED],
        "is_running": closing.state == GroupClosing.State.RUNNING,
        "page": Pager("", "", following),
        "hint": f"{live.problem_hint(group.pk)}-changed",
        "last_event": group_figures.last_event(group),
    }
