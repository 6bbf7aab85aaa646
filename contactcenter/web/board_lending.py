"""Pulling in and sending back from the wallboard: who may be asked and who not and why, the asking, and its undo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from contactcenter import advising, clock, deciding, lending, loan_clocks, loans
from contactcenter.models import Agent, Loan, Queue
from contactcenter.web import advice_words
from contactcenter.web.board_answers import done
from contactcenter.web.board_forms import PullInForm
from contactcenter.web.entry import for_supervisors
from tickets.errors import Refused
from tickets.web.responses import AgentRequest

MOST_LISTED = 40
MOST_AT_ONCE = 20
STEP = 15  # minutes by which a loan is made longer


@dataclass(frozen=True, slots=True)
class Candidate:
    """A colleague who could help. `why_not`: the reason in a sentence, "" when he may be asked."""

    agent: Agent
    minutes: int
    why_not: str = ""
    is_chosen: bool = False


def candidates(queue: Queue, chosen: set[int]) -> tuple[list[Candidate], list[Candidate]]:
    """Who may be asked into the queue, in the order of asking, and who not; in a fixed number of queries."""
    serving = queue.memberships.current().values("agent")
    present = Agent.objects.present().exclude(pk__in=serving).select_related("user", "home_team", "activity")
    agents = {agent.pk: agent for agent in present}
    at = clock.now()
    lenders, running = loans.lenders(list(agents.values()), at=at), lending.running_loans()
    may: list[Candidate] = []
    may_not: list[Candidate] = []
    for lender in deciding.rank_lenders(lenders.values()):
        agent = agents[lender.id]
        reason = deciding.may_lend(lender, at.timestamp(), loans.BY_HAND, into=queue.pk, running=running)
        sentence = loans.refusal_of(reason, agent) if reason is not None else ""
        one = Candidate(agent, round(lender.minutes_this_week), sentence, agent.pk in chosen)
        (may_not if reason is not None else may).append(one)
    return may, may_not


@require_http_methods(["GET", "HEAD", "POST"])
@for_supervisors
def pull_in(request: AgentRequest, queue_id: int) -> HttpResponse:
    """Asks colleagues into the queue, each by a loan of his own."""
    queue = get_object_or_404(Queue, pk=queue_id, is_active=True)
    given = request.POST.getlist("agents") if request.method == "POST" else request.GET.getlist("agent")
    may, may_not = candidates(
        queue, {int(each) for each in given[:MOST_AT_ONCE] if each.isdecimal() and len(each) < 18}
    )
    known = [one.agent for one in (*may, *may_not)]
    form = PullInForm(request.POST if request.method == "POST" else None, candidates=known)
    if request.method == "POST" and form.is_valid():
        asked, refusals = _ask(request, queue, form)
        if asked:
            return _asked(request, queue, asked, refusals)
        for sentence in refusals:
            form.add_error("agents", sentence)
    context = {
        "queue": queue,
        "form": form,
        "may": may[:MOST_LISTED],
        "may_not": may_not,
        "expected": advice_words.expected(advising.effect_of_one_more(queue)),
        "title": _("Pull in to “%(queue)s”") % {"queue": queue},
        "submit": _("Pull in"),
        "action": request.get_full_path(),
        "cancel_url": reverse("contactcenter:board"),
    }
    return render(request, "contactcenter/board_pull_in.html", context, status=422 if form.errors else 200)


def _ask(request: AgentRequest, queue: Queue, form: PullInForm) -> tuple[list[Loan], list[str]]:
    """Each by himself: one who can't come is no reason not to ask the others."""
    minutes = form.cleaned_data["minutes"]
    asked, refusals = [], []
    for agent in form.cleaned_data["agents"].select_related("user")[:MOST_AT_ONCE]:
        until = clock.now() + timedelta(minutes=minutes) if minutes else None
        consent = Loan.Consent(form.cleaned_data["consent"])
        try:
            asked.append(loans.ask_loan(agent, into=queue, by=request.user, consent=consent, until=until))
        except Refused as refusal:
            refusals.append(str(refusal))
    return asked, refusals


def _asked(request: AgentRequest, queue: Queue, asked: list[Loan], refusals: list[str]) -> HttpResponse:
    said = ngettext(
        "%(count)s colleague was asked into “%(queue)s”.",
        "%(count)s colleagues were asked into “%(queue)s”.",
        len(asked),
    ) % {"count": len(asked), "queue": queue}
    undo_url = f"{reverse('contactcenter:end_loans')}?{urlencode({'loan': [loan.pk for loan in asked]}, doseq=True)}"
    tone = "warn" if refusals else "ok"
    return done(request, " ".join([said, *refusals]), tone=tone, undo_url=undo_url, in_dialog=True)


def _keys(given: list[str]) -> set[int]:
    """The numbers of these; what is none is nobody."""
    return {int(each) for each in given[:MOST_AT_ONCE] if each.isascii() and each.isdecimal() and len(each) < 18}


@require_POST
@for_supervisors
def end_loans(request: AgentRequest) -> HttpResponse:
    """Sends these helpers back; whoever has not come yet is called off."""
    keys = _keys(request.GET.getlist("loan"))
    said, refusals = [], []
    for loan in Loan.objects.filter(pk__in=keys).select_related("agent__user", "queue"):
        try:
            said.append(_end(loan, request))
        except Refused as refusal:
            refusals.append(str(refusal))
    if not (said or refusals):
        return done(request, _("There is no such loan."), tone="bad")
    return done(request, " ".join([*said, *refusals]), tone="bad" if refusals else "ok")


def _end(loan: Loan, request: AgentRequest) -> str:
    names = {"name": loan.agent, "queue": loan.queue}
    if loan.state in (Loan.State.ASKED, Loan.State.COMING):
        loans.cancel_loan(loan, by=request.user)
        return _("%(name)s was called off.") % names
    ended = loans.return_agent(loan.agent, by=request.user)
    if ended.is_open:
        return _("%(name)s returns from “%(queue)s” after the contact in hand.") % names
    return _("%(name)s returned from “%(queue)s”.") % names


@require_POST
@for_supervisors
def extend_loan(request: AgentRequest, loan_id: int) -> HttpResponse:
    """A quarter of an hour longer; `back=1` is the undo of it."""
    loan = get_object_or_404(Loan.objects.select_related("agent__user"), pk=loan_id)
    is_undo = request.GET.get("back") == "1"
    try:
        moved = loan_clocks.extend_loan(loan, by=request.user, minutes=-STEP if is_undo else STEP)
    except Refused as refusal:
        return done(request, str(refusal), tone="bad")
    until = date_format(timezone.localtime(moved.planned_until), "TIME_FORMAT")
    said = _("%(name)s stays until %(time)s.") % {"name": loan.agent, "time": until}
    undo_url = "" if is_undo else f"{reverse('contactcenter:extend_loan', args=[loan.pk])}?back=1"
    return done(request, said, undo_url=undo_url)
