"""Promises: asking, answering, agreeing, withdrawing on the ticket page and in one's own list of them."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tickets import absences, desk, permissions, promises
from tickets.access import load_ticket
from tickets.errors import Refused
from tickets.merge_paths import target_of
from tickets.models import Promise, Ticket, User
from tickets.promise_lists import promises_for
from tickets.web.composer import times_to_promise
from tickets.web.promise_control import (
    AwayWarning,
    ByWhenForm,
    DeclineForm,
    PromiseForm,
    WithdrawForm,
    may_ask,
    warn_if_away,
)
from tickets.web.responses import AgentRequest, first_error, for_agents, fragments, go_back, is_htmx
from tickets.web.ticket_actions import PROPS, done, refused
from tickets.web.ticket_page import page_context, props_context

LIST = "tickets/_promises.html"
COUNTS = "components/_nav_counts.html"


@require_POST
@for_agents
def promise(request: AgentRequest, number: str) -> HttpResponse:
    """Who answers by when. Of a colleague who is away then, it is asked once more."""
    ticket = load_ticket(request.user, number, to="note")
    form = PromiseForm(request.POST)
    if not form.is_valid():
        return refused(request, ticket, first_error(form.errors), at="promise")
    who: User = form.cleaned_data["who"]
    by_when = form.cleaned_data["by_when"]
    try:
        permissions.require(may_ask(request.user, ticket, who))
        if who.pk != request.user.pk and not form.cleaned_data["sure"]:
            warning = warn_if_away(ticket, who, by_when)
            if warning is not None:
                return _warned(request, ticket, warning)
        promises.promise_answer(ticket, who=who, by_when=by_when, by=request.user, instead_of=form.cleaned_data["seen"])
    except Refused as refusal:
        return refused(request, ticket, str(refusal), at="promise")
    said = _("Promise made.") if who == request.user else _("%(name)s was asked.") % {"name": who}
    return done(request, ticket, said)


@require_POST
@for_agents
def settle_promise(request: AgentRequest, number: str, promise_id: int, answer: str) -> HttpResponse:
    """The asked colleague accepts, declines (perhaps with a reason), or proposes another time; the asker agrees."""
    ticket = load_ticket(request.user, number, to="see_internal")
    asked = get_object_or_404(Promise, pk=promise_id, ticket__in=[ticket, target_of(ticket)])
    try:
        said = ANSWERS[answer](request, ticket, asked)
    except Refused as refusal:
        return _answer_refused(request, ticket, str(refusal))
    if "list" in request.POST:
        return _list_again(request, said)
    return done(request, ticket, said)


def _accept(request: AgentRequest, ticket: Ticket, asked: Promise) -> str:
    promises.accept_promise(asked, by=request.user)
    return _("Promise accepted.")


def _decline(request: AgentRequest, ticket: Ticket, asked: Promise) -> str:
    form = DeclineForm(request.POST)
    if not form.is_valid():
        raise Refused(first_error(form.errors), field="reason")
    desk.decline_promise(asked, by=request.user, reason=form.cleaned_data["reason"])
    return _("Promise declined.")


def _propose(request: AgentRequest, ticket: Ticket, asked: Promise) -> str:
    form = ByWhenForm(request.POST)
    if not form.is_valid():
        raise Refused(first_error(form.errors), field="by_when")
    promises.propose_time(asked, by_when=form.cleaned_data["by_when"], by=request.user)
    return _("Another time proposed.")


def _agree(request: AgentRequest, ticket: Ticket, asked: Promise) -> str:
    is_asker = asked.asked_by_id == request.user.pk and asked.who_id != request.user.pk
    permissions.require(is_asker or permissions.can_assign(request.user, ticket))
    promises.agree_to_proposal(asked, by=request.user)
    return _("Agreed.")


ANSWERS: dict[str, Callable[[AgentRequest, Ticket, Promise], str]] = {
    "accept": _accept,
    "decline": _decline,
    "propose": _propose,
    "agree": _agree,
}


@require_POST
@for_agents
def withdraw_promise(request: AgentRequest, number: str) -> HttpResponse:
    ticket = load_ticket(request.user, number, to="note")
    current = promises.open_promise(ticket)
    form = WithdrawForm(request.POST)
    if not form.is_valid():
        return refused(request, ticket, first_error(form.errors), at="promise")
    try:
        is_own = current is None or current.who_id == request.user.pk
        permissions.require(is_own or permissions.can_assign(request.user, ticket))
        promises.withdraw_promise(ticket, by=request.user, instead_of=form.cleaned_data["seen"])
    except Refused as refusal:
        return refused(request, ticket, str(refusal), at="promise")
    return done(request, ticket, _("Promise withdrawn."))


# --- one's own list --------------------------------------------------------------------------------------------------


@require_GET
@for_agents
def my_promises(request: AgentRequest) -> HttpResponse:
    """What is asked of me, what I promised, what I asked of others; for leaders, what the absent promised."""
    request.current_view = "promised"
    template = LIST if is_htmx(request) else "tickets/promises.html"
    return render(request, template, _list_context(request))


def _list_context(request: AgentRequest) -> dict[str, object]:
    lists = promises_for(request.user)
    absences.mark_away([promise.who for promise in (*lists.asked_of_others, *lists.of_absent)])
    return {"lists": lists, "times": times_to_promise()}


def _list_again(request: AgentRequest, said: str | LazyText) -> HttpResponse:
    if not is_htmx(request):
        return go_back(request, reverse("tickets:promises"), said=said)
    return fragments(request, _list_context(request), LIST, COUNTS, said=said)


def _answer_refused(request: AgentRequest, ticket: Ticket, sentence: str) -> HttpResponse:
    if "list" not in request.POST:
        return refused(request, ticket, sentence, at="promise")
    if is_htmx(request):
        return fragments(request, _list_context(request) | {"error": sentence}, LIST, status=422)
    return render(request, "tickets/promises.html", _list_context(request) | {"error": sentence}, status=422)


def _warned(request: AgentRequest, ticket: Ticket, warning: AwayWarning) -> HttpResponse:
    """The control again, with the deputy as the first choice."""
    context = {"warning": warning, "error_at": "promise"}
    if is_htmx(request):
        return render(request, PROPS, props_context(request, ticket) | context, status=422)
    return render(request, "tickets/ticket.html", page_context(request, ticket) | context, status=422)
