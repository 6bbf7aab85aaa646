"""The customers' portal: my requests, one request with its conversation, a new request."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tickets import conversation, group_closing, known_outages, permissions, teams
from tickets.access import load_request
from tickets.errors import Refused
from tickets.merge_paths import target_of
from tickets.models import Channel, Ticket, TicketGroup, User
from tickets.similar.outages import outages_alike
from tickets.web.portal_forms import HINDRANCES, KINDS, AnswerForm, NewRequestForm
from tickets.web.portal_pages import SHOWN_AT_HOME, RequestLine, list_requests, read_request
from tickets.web.portal_ways import ways_for
from tickets.web.responses import ask_to_sign_in

P = ParamSpec("P")


class PersonRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User


def for_people(
    view: Callable[Concatenate[PersonRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Whoever is signed in passes; strangers are asked to sign in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return ask_to_sign_in(request)
        return view(request, *args, **kwargs)  # type: ignore[arg-type]  # its user is known now

    return guarded  # type: ignore[return-value]  # `wraps` hides the parameters' order


@require_GET
@for_people
def home(request: PersonRequest) -> HttpResponse:
    """A greeting, the way to a new request, and the latest ones, open first."""
    mine: list[RequestLine] = list_requests(request.user, state="open", whose="mine", size=SHOWN_AT_HOME).lines
    lines = mine
    if len(mine) < SHOWN_AT_HOME:
        lines = mine + list_requests(request.user, state="closed", whose="mine", size=SHOWN_AT_HOME - len(mine)).lines
    context = {
        "lines": lines,
        "total": Ticket.objects.asked_by(request.user).filter(merged_into__isnull=True).count(),
        "outages": known_outages.list_outages(request.user),
        "ways": ways_for(request.user),
    }
    return render(request, "tickets/portal/home.html", context)


@require_POST
@for_people
def report_outage(request: PersonRequest, group_id: int) -> HttpResponse:
    """“I have this too”: a request about a known fault."""
    group = get_object_or_404(TicketGroup, pk=group_id, is_outage_shown=True)
    try:
        ticket = known_outages.report_outage(group, by=request.user, text=request.POST.get("text", "")[:20_000])
    except Refused as refusal:
        messages.warning(request, str(refusal))
        return redirect("tickets:portal_new")
    return redirect(f"{reverse('tickets:portal_ticket', args=[ticket.number])}?sent")


@require_POST
@for_people
def confirm(request: PersonRequest, number: str) -> HttpResponse:
    """The customer was asked whether it is solved, and says so or not."""
    ticket = load_request(request.user, number, to="write_as_customer")
    is_solved = request.POST.get("solved") == "yes"
    try:
        ticket = group_closing.answer_question(
            ticket, is_solved=is_solved, by=request.user, text=request.POST.get("text", "")[:20_000]
        )
    except Refused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Thank you. We have closed the request.") if is_solved else _("Sent. We go on."))
    return redirect("tickets:portal_ticket", ticket.number)


@require_GET
@for_people
def requests(request: PersonRequest) -> HttpResponse:
    """All requests: mine or the organisation's, open or closed, by words in the title or the number."""
    page = list_requests(
        request.user,
        state="closed" if request.GET.get("state") == "closed" else "open",
        whose="all" if request.GET.get("whose") == "all" else "mine",
        words=request.GET.get("q", "")[:200],
        before=request.GET.get("before", ""),
    )
    return render(request, "tickets/portal/requests.html", {"list": page})


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def new(request: PersonRequest) -> HttpResponse:
    """A new request; its team is that of the default mailbox."""
    if request.method != "POST":
        form = NewRequestForm(initial={"title": request.GET.get("title", "")[:250]})
        return _show_new(request, form)
    form = NewRequestForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show_new(request, form, status=422)
    given = form.cleaned_data
    try:
        ticket = conversation.open_request(
            title=given["title"],
            text=given["text"],
            team=teams.default_team(),
            channel=Channel.WEB,
            by=request.user,
            customer=request.user,
            kind=given["kind"],
            priority=given["hindrance"],
            files=given["files"],
        )
    except Refused as refusal:
        _add_refusal(form, refusal)
        return _show_new(request, form, status=422)
    return redirect(f"{reverse('tickets:portal_ticket', args=[ticket.number])}?sent")


@require_GET
@for_people
def outages(request: PersonRequest) -> HttpResponse:
    """Known faults, what sounds like the typed words first; asked while the form is filled in."""
    title, text = (request.GET.get(name, "").replace("\x00", "")[:2_000] for name in ("title", "text"))
    return render(request, "tickets/portal/_outages.html", {"outages": outages_alike(request.user, title, text)})


@require_GET
@for_people
def ticket(request: PersonRequest, number: str) -> HttpResponse:
    """One request: where it stands, what was said, and an answer."""
    return _show_ticket(request, load_request(request.user, number), AnswerForm())


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def answer(request: PersonRequest, number: str) -> HttpResponse:
    """The customer writes; with the button "It is solved" the request closes as well.

    An answer that was refused stands at this address: read again, as after a new sign-in, it is the request's page.
    """
    if request.method != "POST":
        return redirect("tickets:portal_ticket", number)
    is_solved = "solved" in request.POST
    number = _where_it_goes_on(request.user, number)
    ticket = load_request(request.user, number, to="close_as_customer" if is_solved else "write_as_customer")
    form = AnswerForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show_ticket(request, ticket, form, status=422)
    text, files = form.cleaned_data["text"], form.cleaned_data["files"]
    try:
        if is_solved:
            conversation.say_solved(ticket, text=text, by=request.user, files=files)
            messages.success(request, _("Thank you. We have closed the request."))
        else:
            ticket = conversation.answer_from_portal(ticket, text=text, by=request.user, files=files).ticket
            messages.success(request, _("Sent. We will answer."))
    except Refused as refusal:
        _add_refusal(form, refusal)
        return _show_ticket(request, ticket, form, status=422)
    return redirect("tickets:portal_ticket", ticket.number)


def _where_it_goes_on(user: User, number: str) -> str:
    """A page that was open when the request was merged still carries the old number."""
    end = target_of(load_request(user, number))
    return end.number if Ticket.objects.asked_by(user).filter(pk=end.pk).exists() else number


def _show_new(request: PersonRequest, form: NewRequestForm, status: int = 200) -> HttpResponse:
    words = (str(form[name].value() or "") for name in ("title", "text"))
    outages = outages_alike(request.user, *words)
    context = {"form": form, "kinds": KINDS, "hindrances": HINDRANCES, "outages": outages}
    return render(request, "tickets/portal/new.html", context, status=status)


def _show_ticket(request: PersonRequest, ticket: Ticket, form: AnswerForm, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "ticket": ticket,
        "page": read_request(ticket, request.user),
        "form": form,
        "can_close": permissions.can_close_as_customer(request.user, ticket),
        "was_sent": "sent" in request.GET,
        "question": group_closing.open_question(ticket, to=request.user),
    }
    return render(request, "tickets/portal/ticket.html", context, status=status)


def _add_refusal(form: forms.Form, refusal: Refused) -> None:
    """The room's sentence at its field, or above the form."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
