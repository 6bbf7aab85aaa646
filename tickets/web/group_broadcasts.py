"""Broadcasts of a group: what is on its way, the composer with its dry run, the ledger, and what one does with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tickets import permissions
from tickets.answer_templates import PLACEHOLDERS
from tickets.broadcasts import late, ledger, previews, sending
from tickets.broadcasts.plan import Order, Plan, Recipient, plan_broadcast
from tickets.errors import NotAllowed, Refused
from tickets.group_figures import last_event
from tickets.meanwhile import HeldBack
from tickets.models import Broadcast, Delivery, Ticket, TicketGroup, User
from tickets.vocabulary import read_vocabulary
from tickets.web.broadcast_forms import BroadcastForm
from tickets.web.forms import tomorrow_morning
from tickets.web.responses import AgentRequest, first_error, for_agents, go_back, is_htmx, toast

NAMES_SHOWN = 20  # of those who are left out for one reason
RECIPIENTS_OFFERED = 100  # to preview; any other by name or number
TONES = {
    Delivery.State.SENT: ("ok", "check"),
    Delivery.State.QUEUED: ("", "send"),
    Delivery.State.DEFERRED: ("warn", "clock"),
    Delivery.State.BOUNCED: ("bad", "alert"),
    Delivery.State.FAILED: ("bad", "alert"),
    Delivery.State.REPLIED: ("accent", "reply"),
    Delivery.State.SKIPPED: ("line", "x"),
}


# --- pages -----------------------------------------------------------------------------------------------------------


@require_GET
@for_agents
def group_broadcasts(request: AgentRequest, group_id: int) -> HttpResponse:
    """What was said to the group and how far it is: the part alone for HTMX, else a page of its own."""
    context = list_context(request.user, load_group(request.user, group_id))
    if is_htmx(request):
        return render(request, "tickets/_group_broadcasts.html", context)
    context["last_event"] = last_event(context["group"])
    return render(request, "tickets/group_broadcasts.html", context)


@require_http_methods(["GET", "POST"])
@for_agents
def compose_broadcast(request: AgentRequest, group_id: int) -> HttpResponse:
    """The composer. POST is the dry run, or, with the button that has the number on it, the sending."""
    group = load_group(request.user, group_id)
    if not permissions.can_broadcast(request.user, group):
        raise PermissionDenied(_("You don't have the right to do this. Ask the team's leader or an administrator."))
    if request.method == "GET":
        form = BroadcastForm(initial={"kind": request.GET.get("kind") or Broadcast.Kind.REPLY})
        return _composer(request, group, form, known=sending.newest(group))
    form = BroadcastForm(request.POST)
    if not form.is_valid():
        return _composer(request, group, form, fault=first_error(form.errors), status=422)
    known = form.cleaned_data["known"]
    order = form.order()
    try:
        if request.POST.get("do") == "send":
            sending.send_broadcast(group, order, by=request.user, known=known)
            return go_back(request, reverse("tickets:group_broadcasts", args=[group.pk]), said=_("It is on its way."))
        plan = plan_broadcast(group, order, by=request.user)
    except HeldBack as held:
        return _composer(request, group, form, fault=str(held), known=sending.newest(group), status=422)
    except Refused as refusal:
        return _composer(request, group, form, fault=str(refusal), field=refusal.field, known=known, status=422)
    return _composer(request, group, form, plan=plan, order=order, known=known)


@require_GET
@for_agents
def broadcast(request: AgentRequest, broadcast_id: int) -> HttpResponse:
    """The ledger: each recipient and how it went, those of one state or all."""
    row = load_broadcast(request.user, broadcast_id)
    state = request.GET.get("state", "")
    state = state if state in Delivery.State.values else ""
    after = request.GET.get("after", "")
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 16 else 0
    found = list(ledger.rows_of(row, state=state, after=start))
    shown = found[: ledger.ROWS_SHOWN]
    seen = Ticket.objects.worked_by(request.user).filter(pk__in=[each.ticket_id for each in shown])
    visible = set(seen.values_list("pk", flat=True))
    states = [Delivery.State(ledger.shown_state(each)) for each in shown]
    lines = [
        (each, each.ticket_id in visible, *TONES[state_], state_.label)
        for each, state_ in zip(shown, states, strict=True)
    ]
    context = broadcast_context(request.user, ledger.account_of(row)) | {
        "group": row.group,
        "last_event": last_event(row.group),
        "lines": lines,
        "state": state,
        "more": shown[-1].pk if len(found) > len(shown) else None,
    }
    return render(request, "tickets/broadcast.html", context)


ACTS: dict[str, Callable[[Broadcast, User], object]] = {
    "stop": lambda row, by: sending.stop_broadcast(row, by=by),
    "release": lambda row, by: sending.release_broadcast(row, by=by),
    "now": lambda row, by: sending.send_now(row, by=by),
    "retry": lambda row, by: sending.retry_failed(row, by=by),
    "late-on": lambda row, by: late.tell_late_joiners(row, by=by, on=True),
    "late-off": lambda row, by: late.tell_late_joiners(row, by=by, on=False),
}


@require_POST
@for_agents
def broadcast_act(request: AgentRequest, broadcast_id: int, act: str) -> HttpResponse:
    """Stop, release, send now, try again, tell late joiners or not."""
    row = load_broadcast(request.user, broadcast_id)
    if act not in ACTS:
        raise Http404
    said = ""
    try:
        ACTS[act](row, request.user)
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except Refused as refusal:
        said = str(refusal)
    if not is_htmx(request):
        return go_back(request, reverse("tickets:group_broadcasts", args=[row.group_id]), said=said, tone="warn")
    answer = render(request, "tickets/_group_broadcasts.html", list_context(request.user, row.group))
    if said:
        answer.content += toast(request, said, "warn").encode()
    return answer


# --- what they show --------------------------------------------------------------------------------------------------


def load_group(user: User, group_id: int) -> TicketGroup:
    """The group, if the agent may open it, else Http404."""
    group = TicketGroup.objects.worked_by(user).select_related("team", "owner").filter(pk=group_id).first()
    if group is None:
        raise Http404(_("There is no such group."))
    return group


def load_broadcast(user: User, broadcast_id: int) -> Broadcast:
    found = Broadcast.objects.select_related("group__team", "group__owner", "by", "status", "released_by", "stopped_by")
    row = found.filter(pk=broadcast_id, group__in=TicketGroup.objects.worked_by(user)).first()
    if row is None:
        raise Http404(_("There is no such broadcast."))
    return row


def list_context(user: User, group: TicketGroup) -> dict[str, Any]:
    """What `_group_broadcasts.html` shows."""
    accounts = ledger.accounts_of(group)
    return {
        "group": group,
        "may_broadcast": permissions.can_broadcast(user, group),
        "is_busy": any(each.broadcast.is_under_way for each in accounts),
        "broadcasts": [broadcast_context(user, each) for each in accounts],
    }


def broadcast_context(user: User, account: ledger.Account) -> dict[str, Any]:
    """One broadcast with its figures, as badges in a fixed order."""
    row = account.broadcast
    may = permissions.can_broadcast(user, row.group)
    states = [(state, *TONES[state], account.counts[state]) for state in TONES if account.counts[state]]
    reasons = [(Delivery.Reason(reason).label, n) for reason, n in account.reasons.most_common()]
    return {
        "account": account,
        "broadcast": row,
        "states": [(state.value, state.label, tone, icon, n) for state, tone, icon, n in states],
        "reasons": reasons,
        "texts": [(code, text) for code, text in row.texts.items() if text],
        "may_stop": may and row.is_under_way,
        "may_release": may and row.state == Broadcast.State.WAITING and row.by_id != user.pk,
        "may_send_now": may and row.state == Broadcast.State.HELD,
        "may_retry": may and account.to_retry and row.state in (Broadcast.State.SENDING, Broadcast.State.DONE),
        "may_switch": may and row.is_to_reporters and row.state != Broadcast.State.STOPPED,
    }


def _composer(
    request: AgentRequest,
    group: TicketGroup,
    form: BroadcastForm,
    *,
    plan: Plan | None = None,
    order: Order | None = None,
    fault: str = "",
    field: str = "",
    known: int | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"group": group, "form": form, "fault": fault, "field": field, "known": known}
    context |= {"limit": settings.BROADCAST_RELEASE_ABOVE, "hold": settings.BROADCAST_HOLD_SECONDS}
    if plan is not None and order is not None:
        context |= _plan_context(plan, order, form.cleaned_data["preview"], by=request.user)
    if is_htmx(request):  # the dry run reads itself while one writes; its answer is not an error of the page
        return render(request, "tickets/_broadcast_plan.html", context)
    context |= {
        "statuses": [each for each in read_vocabulary().choosable_statuses if each.is_active],
        "placeholders": list(PLACEHOLDERS.items()),
        "later": tomorrow_morning(),
        "kinds": Broadcast.Kind.choices,
    }
    return render(request, "tickets/compose_broadcast.html", context, status=status)


def _plan_context(plan: Plan, order: Order, wanted: str, *, by: User) -> dict[str, Any]:
    gets = plan.gets
    names = dict(settings.LANGUAGES)
    context: dict[str, Any] = {
        "plan": plan,
        "count": len(gets),
        "several": sum(1 for each in gets if len(each.ticket_ids) > 1),
        "languages": [(names.get(code, code), n) for code, n in plan.by_language.most_common()],
        "fallbacks": [(names.get(a, a), names.get(b, b), n) for (a, b), n in plan.fallbacks.most_common()],
        "skipped": [
            (Delivery.Reason(reason).label, len(rows), rows[:NAMES_SHOWN], len(rows) - NAMES_SHOWN)
            for reason, rows in sorted(plan.skipped.items(), key=lambda each: -len(each[1]))
        ],
        "needs_release": sending.needs_release(order.kind, len(gets)),
        "is_to_reporters": order.is_to_reporters,
    }
    if order.is_to_reporters and gets:
        chosen = _find(gets, wanted)
        context |= {
            "offered": gets[:RECIPIENTS_OFFERED],
            "preview": previews.preview_for(chosen or gets[0], order, by=by),
            "is_unknown": bool(wanted.strip()) and chosen is None,
        }
    return context


def _find(gets: list[Recipient], wanted: str) -> Recipient | None:
    """By the ticket's number or a part of the name."""
    words = wanted.strip().lower().replace(" ", " ")
    if not words:
        return None
    number = words.rpartition("·")[2].strip().replace(" ", "")
    for each in gets:
        if number in each.numbers:
            return each
    return next((each for each in gets if words in each.name.lower()), None)
