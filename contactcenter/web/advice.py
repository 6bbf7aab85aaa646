"""Advice: what stands and what came of older pieces, with the inputs of each; taken and dismissed."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from contactcenter import advising, permissions
from contactcenter.models import Advice, Agent, Queue
from contactcenter.web import advice_words
from contactcenter.web.entry import for_supervisors, for_watchers
from tickets.errors import Refused
from tickets.web.responses import AgentRequest, fragments, go_back, is_htmx

PAGE = 30
SUGGESTION = "contactcenter/_suggestion.html"


@require_GET
@for_watchers
def page(request: AgentRequest) -> HttpResponse:
    """What stands, and the past by page, the newest first; `queue` narrows it to one."""
    queues = list(Queue.objects.filter(is_active=True).only("pk", "name"))
    chosen = next((queue for queue in queues if str(queue.pk) == request.GET.get("queue")), None)
    narrowed = [chosen] if chosen else queues
    past = Advice.objects.exclude(state=Advice.State.STANDING).select_related("queue", "agent__user", "settled_by")
    if chosen:
        past = past.filter(queue=chosen)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        past = past.filter(pk__lt=int(before))
    rows = list(past.defer("inputs").order_by("-pk")[: PAGE + 1])
    standing = advising.standing_advice(queue.pk for queue in narrowed)
    context = {
        "standing": advice_words.describe_all(standing[queue.pk] for queue in narrowed if queue.pk in standing),
        "past": advice_words.describe_past(rows[:PAGE]),
        "more": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "queues": queues,
        "chosen": chosen,
        "can_run": permissions.can_run_centre(request.user),
    }
    return render(request, "contactcenter/advice.html", context)


@require_GET
@for_watchers
def why(request: AgentRequest, advice_id: int) -> HttpResponse:
    """One piece of advice with everything it was made of, decided again in front of the reader."""
    advice = _load(advice_id)
    again = advising.replay(advice)
    kept = advice.inputs["lending"]["lenders"]
    people = Agent.objects.filter(pk__in=[one["id"] for one in kept]).select_related("user")
    context = {
        "advice": advice,
        "suggestion": advice_words.describe(advice),
        "past": advice_words.past(advice),
        "parts": advice_words.inputs_in_words(advice, {one.pk: str(one) for one in people}),
        "is_same": (again.decision.move, again.decision.why, again.agent)
        == (advice.decision["move"], advice.decision["why"], advice.decision["agent"]),
        "can_run": permissions.can_run_centre(request.user),
    }
    return render(request, "contactcenter/advice_why.html", context)


@require_POST
@for_supervisors
def take(request: AgentRequest, advice_id: int) -> HttpResponse:
    """Does what is advised."""
    advice = _load(advice_id)
    try:
        advising.take_advice(advice, by=request.user)
    except Refused as refusal:
        return _answer(request, advice, str(refusal), tone="bad", status=422)
    said = {
        Advice.Kind.PULL: _("%(name)s was asked."),
        Advice.Kind.RELEASE: _("%(name)s goes back."),
        Advice.Kind.RESERVE: _("%(name)s was called back."),
    }
    return _answer(request, advice, said[Advice.Kind(advice.kind)] % {"name": advice.agent})


@require_POST
@for_supervisors
def dismiss(request: AgentRequest, advice_id: int) -> HttpResponse:
    """Waves it away, with the reason."""
    advice = _load(advice_id)
    reason = request.POST.get("reason", "")
    try:
        advising.dismiss_advice(advice, by=request.user, reason=reason)
    except Refused as refusal:
        return _answer(request, advice, str(refusal), tone="bad", status=422)
    return _answer(request, advice, _("Not now. It is not advised again for ten minutes."))


def _load(advice_id: int) -> Advice:
    return get_object_or_404(Advice.objects.select_related("queue", "agent__user", "settled_by"), pk=advice_id)


def _answer(request: AgentRequest, advice: Advice, said: str, *, tone: str = "ok", status: int = 200) -> HttpResponse:
    """The suggestion's place again: empty when it is settled, as it was with the refusal when it stands."""
    if not is_htmx(request):
        return go_back(request, reverse("contactcenter:advice"), said=said, tone=tone)
    advice = _load(advice.pk)
    context = {"suggestion": advice_words.describe(advice), "can_run": True}
    shown = (SUGGESTION,) if advice.is_standing else ()
    return fragments(request, context, *shown, said=said, tone=tone, status=status)
