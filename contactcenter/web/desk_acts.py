"""What an agent does at his desk with himself: activity, focus, loans, and tickets between contacts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from contactcenter import activities, background, clock, loans
from contactcenter.models import Activity, BackgroundWork, Loan
from contactcenter.web.desk import CentreRequest, answered, for_centre, refuse
from contactcenter.web.desk_forms import DeclineForm, MinutesForm, ParkForm
from tickets.errors import Refused
from tickets.models import Ticket
from tickets.web.responses import first_error

Act = Callable[[CentreRequest], str]


def _acting(request: CentreRequest, act: Callable[[], str]) -> HttpResponse:
    """Does it, and says what was done or why not."""
    try:
        said = act()
    except Refused as refusal:
        return refuse(request, refusal)
    return answered(request, said=said)


# --- state -----------------------------------------------------------------------------------------------------------


@require_POST
@for_centre
def set_activity(request: CentreRequest) -> HttpResponse:
    """Another activity, at once or after the contact. Without one: the change that waits is called off."""

    def act() -> str:
        agent, code = request.agent, request.POST.get("activity", "")
        if "keep" in request.POST:
            activities.keep_activity(agent, by=request.user)
            return _("The change is called off.")
        to = Activity.objects.filter(code=code, is_active=True).first()
        if to is None:
            raise Refused(_("There is no such activity."), field="activity")
        changed = activities.set_activity(agent, to=to, by=request.user)
        if changed.pending_activity_id == to.pk:
            return _("After the contact: %(activity)s.") % {"activity": to.label}
        return ""  # the page shows it

    return _acting(request, act)


@require_POST
@for_centre
def set_focus(request: CentreRequest) -> HttpResponse:
    """Not to be asked for help for so many minutes; without a number, no longer so."""

    def act() -> str:
        form = MinutesForm(request.POST)
        if not form.is_valid() or ("minutes" not in request.POST and "end" not in request.POST):
            raise Refused(first_error(form.errors) or _("Say for how long."), field="minutes")
        minutes = form.cleaned_data["minutes"]
        until = clock.now() + timedelta(minutes=minutes) if minutes else None
        activities.set_focus(request.agent, until=until, by=request.user)
        return ""

    return _acting(request, act)


@require_POST
@for_centre
def answer_recall(request: CentreRequest) -> HttpResponse:
    """Back to the line: the ticket in hand is parked."""

    def act() -> str:
        activities.answer_recall(request.agent, by=request.user, place=_place(request))
        return _("You are back on the line.")

    return _acting(request, act)


def _place(request: CentreRequest) -> str:
    """Where on the ticket's page he was, as far as the browser told."""
    form = ParkForm(request.POST)
    return str(form.cleaned_data["place"]) if form.is_valid() else ""


# --- loans -----------------------------------------------------------------------------------------------------------


@require_POST
@for_centre
def answer_loan(request: CentreRequest, loan_id: int, answer: str) -> HttpResponse:
    """The helper accepts, declines, arrives, or goes back."""
    loan = get_object_or_404(Loan, pk=loan_id, agent=request.agent)
    acts = {"accept": _accept, "decline": _decline, "arrive": _arrive, "return": _return}
    if answer not in acts:
        raise Http404
    return _acting(request, lambda: acts[answer](request, loan))


def _accept(request: CentreRequest, loan: Loan) -> str:
    loans.accept_loan(loan, by=request.user)
    return _("Thank you. You are expected in the queue %(queue)s.") % {"queue": loan.queue}


def _decline(request: CentreRequest, loan: Loan) -> str:
    form = DeclineForm(request.POST)
    if not form.is_valid():
        raise Refused(first_error(form.errors), field="reason")
    loans.decline_loan(loan, by=request.user, reason=form.cleaned_data["reason"])
    return _("You declined. Somebody else will be asked.")


def _arrive(request: CentreRequest, loan: Loan) -> str:
    loans.activate_loan(loan, by=request.user, place=_place(request))
    return _("You serve the queue %(queue)s now.") % {"queue": loan.queue}


def _return(request: CentreRequest, loan: Loan) -> str:
    gone = loans.go_back(request.agent, by=request.user)
    if gone.state == Loan.State.RELEASING:
        return _("You return after this contact.")
    return _("You are back where you were.")


# --- tickets between contacts ----------------------------------------------------------------------------------------


@require_POST
@for_centre
def work(request: CentreRequest, turn: str) -> HttpResponse:
    """The ticket in hand: taken, parked, taken up again, done, given back, shielded."""
    acts: dict[str, Act] = {
        "next": _next,
        "park": _park,
        "resume": _resume,
        "done": _done,
        "give-back": _give_back,
        "shield": _shield,
    }
    if turn not in acts:
        raise Http404
    return _acting(request, lambda: acts[turn](request))


def _next(request: CentreRequest) -> str:
    """The ticket that was shown, if it is named; else whatever comes next."""
    number = request.POST.get("number", "")[:40]
    if number:
        ticket = Ticket.objects.worked_by(request.user).filter(number=number).first()
    else:
        ticket = background.next_ticket(request.agent)
    if ticket is None:
        raise Refused(_("No ticket waits for you now."))
    background.take_ticket(request.agent, ticket=ticket, by=request.user)
    return ""


def _park(request: CentreRequest) -> str:
    form = ParkForm(request.POST)
    if not form.is_valid():
        raise Refused(first_error(form.errors), field="reason")
    reason, place = form.cleaned_data["reason"], form.cleaned_data["place"]
    background.park_ticket(request.agent, by=request.user, reason=reason, place=place)
    return _("Parked.")


def _resume(request: CentreRequest) -> str:
    given = request.POST.get("work", "")
    key = int(given) if given.isascii() and given.isdigit() and len(given) < 16 else 0
    parked = BackgroundWork.objects.filter(pk=key, agent=request.agent).select_related("ticket").first()
    if parked is None:
        raise Refused(_("This ticket is not parked any more."))
    background.resume_ticket(parked, by=request.user)
    return ""


def _done(request: CentreRequest) -> str:
    background.leave_ticket(request.agent, by=request.user, is_done=True)
    return _("Done.")


def _give_back(request: CentreRequest) -> str:
    background.leave_ticket(request.agent, by=request.user, is_done=False)
    return _("Given back; others may take it.")


def _shield(request: CentreRequest) -> str:
    form = MinutesForm(request.POST)
    if not form.is_valid() or form.cleaned_data["minutes"] is None:
        raise Refused(first_error(form.errors) or _("Say for how long."), field="minutes")
    background.do_not_disturb(request.agent, minutes=form.cleaned_data["minutes"], by=request.user)
    return ""
