"""Acts on many tickets: the dry run, the start, the result that can be looked at again, and the undo."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms as django_forms
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tickets import filters, group_lists, grouping, lists, permissions, saved_views
from tickets.bulk import acts, runs
from tickets.bulk.answering import AnswerAll
from tickets.bulk.merge_act import merge_selection
from tickets.errors import Refused
from tickets.models import BulkItem, BulkRun, Priority, Tag, Team, Ticket, User
from tickets.models.tickets import TicketQuerySet
from tickets.web import forms
from tickets.web.inbox import Shape
from tickets.web.responses import AgentRequest, first_error, for_agents, go_back, is_htmx, toast

ITEMS_SHOWN = 200
RUNS_SHOWN = 30
LONGEST_NARROWING = 20_000


class BulkForm(django_forms.Form):
    """What to do with the chosen tickets: the button pressed says which of the fields counts."""

    owner = forms.PersonField(required=False)
    status = forms.StatusField(required=False)
    pending_until = forms.TimeField(required=False)
    priority = django_forms.ModelChoiceField(Priority.objects.all(), required=False, to_field_name="code")
    team = django_forms.ModelChoiceField(Team.objects.all(), required=False)
    tag = django_forms.CharField(max_length=200, required=False)
    into = django_forms.CharField(max_length=240, required=False)
    group_team = django_forms.ModelChoiceField(Team.objects.filter(is_active=True), required=False)
    merge_into = django_forms.CharField(max_length=40, required=False)
    note = django_forms.CharField(required=False, strip=False, max_length=100_000)
    answer_of = django_forms.ModelChoiceField(Tag.objects.all(), required=False)


@require_http_methods(["GET", "POST"])
@for_agents
def bulk(request: AgentRequest) -> HttpResponseBase:
    """POST: the dry run of an act on the chosen tickets. GET: the agent's last acts."""
    if request.method == "GET":
        own = BulkRun.objects.filter(by=request.user).exclude(state=BulkRun.State.PLANNED)[:RUNS_SHOWN]
        rows = [(run, runs.title_of(run), runs.summary_of(runs.count_items(run))) for run in own]
        return render(request, "tickets/bulk_runs.html", {"runs": rows})
    form = BulkForm(request.POST)
    if not form.is_valid():
        return _sorry(request, first_error(form.errors))
    try:
        do = request.POST.get("do", "")
        tickets, missing = chosen_tickets(request.POST, request.user)
        act: acts.Act
        if do == "merge":
            act, tickets = merge_selection(tickets, form.cleaned_data["merge_into"], by=request.user)
        else:
            act = read_act(do, form.cleaned_data, request.user)
        run = runs.plan_run(act, tickets, by=request.user, missing=missing)
        cancel_url = go_back(request, reverse("tickets:inbox")).url  # type: ignore[attr-defined]  # a redirect
        return show_plan(request, run, act, cancel_url, missing=missing)
    except Refused as refusal:
        return _sorry(request, str(refusal))


def show_plan(request: AgentRequest, run: BulkRun, act: acts.Act, cancel_url: str, *, missing: int = 0) -> HttpResponse:
    """The dry run in a dialog, or as a page of its own without script."""
    found = runs.judge_run(run)
    context = {
        "run": run,
        "found": found,
        "title": act.title,
        "total": len(run.ticket_ids) + missing,
        "is_large": len(run.ticket_ids) > runs.MOST_AT_ONCE,
        "action": reverse("tickets:bulk_start", args=[run.pk]),
        "submit": act.submit_words(found.will_change),
        "preview": act.preview,
        "cancel_url": cancel_url,
    }
    return render(request, "tickets/bulk_plan.html", context)


@require_POST
@for_agents
def bulk_start(request: AgentRequest, run_id: int) -> HttpResponseBase:
    """The act itself. Small runs are finished when this answers; large ones show how far they are."""
    run = get_object_or_404(BulkRun, pk=run_id, by=request.user)
    return _answer_result(request, runs.start_run(run, by=request.user))


@require_POST
@for_agents
def bulk_undo(request: AgentRequest, run_id: int) -> HttpResponseBase:
    run = get_object_or_404(BulkRun, pk=run_id, by=request.user)
    try:
        undo = runs.undo_run(run, by=request.user)
    except Refused as refusal:
        return _sorry(request, str(refusal))
    return _answer_result(request, undo)


@require_GET
@for_agents
def bulk_run(request: AgentRequest, run_id: int) -> HttpResponseBase:
    """What became of each ticket; the part alone for HTMX, which asks again while the run goes on."""
    run = get_object_or_404(BulkRun.objects.exclude(state=BulkRun.State.PLANNED), pk=run_id, by=request.user)
    context = result_context(request, run)
    if not is_htmx(request):
        return render(request, "tickets/bulk_run.html", context)
    answer = render(request, "tickets/_bulk_result.html", context | {"heading": "h2"})
    if run.state == BulkRun.State.FINISHED:
        answer["HX-Trigger"] = "list-changed"
    return answer


# --- what is asked ---------------------------------------------------------------------------------------------------


def read_act(do: str, cleaned: dict[str, Any], user: User) -> acts.Act:
    """The act behind the pressed button. Raises Refused when there is none."""
    if (pressed := _PRESSED.get(do)) is not None:
        return pressed(cleaned, user)
    if cleaned["owner"]:
        return acts.Assign(cleaned["owner"])
    if cleaned["status"]:
        return acts.ChangeStatus(cleaned["status"], cleaned["pending_until"])
    if cleaned["priority"]:
        return acts.ChangePriority(cleaned["priority"])
    if cleaned["team"]:
        return acts.Move(cleaned["team"])
    raise Refused(_("Choose what to do with the selected tickets."))


def _join_group(cleaned: dict[str, Any], user: User) -> acts.Act:
    """Into the typed group."""
    group = group_lists.group_of_text(cleaned["into"], by=user)
    if group is None:
        raise Refused(_("Choose an open group of the list, or open a new one."))
    return acts.PutInGroup(group)


def _open_group(cleaned: dict[str, Any], user: User) -> acts.Act:
    """Into a new group with that title."""
    act = acts.PutInGroup(title=cleaned["into"], team=cleaned["group_team"])
    permissions.require(act.team is not None and permissions.can_open_group(user, act.team))
    return act


_PRESSED: dict[str, Callable[[dict[str, Any], User], acts.Act]] = {
    "take": lambda cleaned, user: acts.Assign(user),
    "release": lambda cleaned, user: acts.Assign(None),
    "tag": lambda cleaned, user: acts.AddTag(cleaned["tag"]),
    "untag": lambda cleaned, user: acts.RemoveTag(cleaned["tag"]),
    "answer": lambda cleaned, user: AnswerAll(cleaned["answer_of"]),
    "watch": lambda cleaned, user: acts.StartWatching(),
    "join": _join_group,
    "group": _open_group,
    "note": lambda cleaned, user: acts.WriteNote(cleaned["note"]),
}


def chosen_tickets(post: QueryDict, user: User) -> tuple[TicketQuerySet, int]:
    """The chosen tickets: single ones, whole groups of the view, or the whole view; and how many are not seen."""
    view = saved_views.find_list(post.get("view", ""), user)
    if view is None:
        raise Refused(_("There is no such view."))
    narrowing = QueryDict(post.get("narrowing", "")[:LONGEST_NARROWING])
    held = Shape.read(post).narrow(lists.tickets_in(view, user))
    in_view = filters.read(narrowing, user).narrow(held, user)
    if post.get("whole"):
        return in_view, 0
    mine = Ticket.objects.worked_by(user)
    numbers = set(post.getlist("ticket")[: runs.MOST_IN_RUN])
    wanted = Q(number__in=numbers)
    for key in filter(grouping.is_group, post.getlist("in_group")[: grouping.MOST_GROUPS + 1]):
        wanted |= Q(pk__in=grouping.in_group(in_view, key).values("pk"))
    missing = len(numbers) - mine.filter(number__in=numbers).count() if numbers else 0
    return mine.filter(wanted), missing


# --- what is answered ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tab:
    state: str
    label: str | LazyText
    count: int
    tone: str


TABS = (
    (BulkItem.State.FAILED, gettext_lazy("failed"), "bad"),
    (BulkItem.State.REFUSED, gettext_lazy("refused"), "bad"),
    (BulkItem.State.UNCHANGED, gettext_lazy("was already so"), ""),
    (BulkItem.State.DONE, gettext_lazy("done"), "ok"),
    (BulkItem.State.WAITING, gettext_lazy("waiting"), ""),
)


def result_context(request: AgentRequest, run: BulkRun) -> dict[str, Any]:
    """The counts, and the items of one state (of all, the refused first) with their tickets."""
    counts = runs.count_items(run)
    tabs = [Tab(state, label, counts[state], tone) for state, label, tone in TABS if counts[state]]
    state = request.GET.get("state", "")
    items = run.items.select_related("ticket")
    items = items.filter(state=state) if state in counts else items.exclude(state=BulkItem.State.WAITING)
    after = request.GET.get("after", "")
    if after.isascii() and after.isdigit() and len(after) < 16:
        items = items.filter(pk__gt=int(after))
    shown = list(items.order_by("pk")[: ITEMS_SHOWN + 1])
    visible = set(
        Ticket.objects.worked_by(request.user)
        .filter(pk__in=[item.ticket_id for item in shown])
        .values_list("pk", flat=True)
    )
    total = sum(counts.values())
    order = {state: place for place, (state, _label, _tone) in enumerate(TABS)}
    page = sorted(shown[:ITEMS_SHOWN], key=lambda item: order[BulkItem.State(item.state)])
    return {
        "run": run,
        "heading": "h1",
        "title": runs.title_of(run),
        "tabs": tabs,
        "state": state,
        "items": [(item, item.ticket_id in visible, TONES[item.state]) for item in page],
        "more": shown[ITEMS_SHOWN - 1].pk if len(shown) > ITEMS_SHOWN else None,
        "total": total,
        "handled": total - counts[BulkItem.State.WAITING],
        "is_running": run.state == BulkRun.State.RUNNING,
        "summary": runs.summary_of(counts),
        "can_undo": runs.can_undo(run),
        "group_id": run.values.get("group") if run.act == "group" else None,
    }


TONES: dict[str, str] = {state: tone for state, _label, tone in TABS}


def _answer_result(request: AgentRequest, run: BulkRun) -> HttpResponse:
    if not is_htmx(request):
        return redirect("tickets:bulk_run", run.pk)
    answer = render(request, "tickets/_bulk_result.html", result_context(request, run) | {"heading": "h2"})
    answer["HX-Trigger"] = json.dumps({"list-changed": "", "bulk-done": ""})
    return answer


def _sorry(request: AgentRequest, text: str) -> HttpResponse:
    if not is_htmx(request):
        return go_back(request, reverse("tickets:inbox"), said=text, tone="warn")
    answer = HttpResponse(toast(request, text, "warn"), status=422)
    answer["HX-Reswap"] = "none"
    return answer
