"""An agent's desk: the page, its parts as they are read again, the state in the top bar, and the sign of life."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from contactcenter import clock, desk, devices
from contactcenter.models import Agent, Contact
from contactcenter.web import chat_desk
from contactcenter.web.desk_forms import ResultForm
from tickets.errors import Refused
from tickets.models import User
from tickets.web.composer import times_to_promise
from tickets.web.forms import TIME_FORMAT, tomorrow_morning
from tickets.web.responses import AgentRequest, for_agents, fragments, go_back, is_htmx

P = ParamSpec("P")

MAIN, SIDE = "contactcenter/_desk_main.html", "contactcenter/_desk_side.html"
STATE, MENU, RING = "contactcenter/_desk_state.html", "contactcenter/_desk_menu.html", "contactcenter/_desk_ring.html"
TOP = (STATE, MENU, RING)
CALLS = "contactcenter/_desk_calls.html"
FOCUS_MINUTES = (15, 30, 60)
SHIELD_MINUTES = (10, 20)


class CentreRequest(AgentRequest):
    """A request of an agent of the contact centre."""

    agent: Agent


def for_centre(
    view: Callable[Concatenate[CentreRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Only agents of the contact centre pass; `request.agent` is the one."""

    @wraps(view)
    def guarded(request: AgentRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        agent = desk.agent_at_desk(request.user)
        if agent is None:
            raise PermissionDenied(_("This page is for agents of the contact centre."))
        request.agent = agent  # type: ignore[attr-defined]  # of a CentreRequest
        return view(request, *args, **kwargs)  # type: ignore[arg-type]  # its agent is known now

    return for_agents(guarded)  # type: ignore[arg-type]  # `wraps` remembers the inner view's request


# --- reading ---------------------------------------------------------------------------------------------------------


@require_GET
@for_agents
def page(request: AgentRequest) -> HttpResponse:
    """The desk. An administrator who is no agent is told so, since his navigation leads here."""
    agent = desk.agent_at_desk(request.user)
    if agent is None:
        if not request.user.is_admin:
            raise PermissionDenied(_("This page is for agents of the contact centre."))
        return render(request, "contactcenter/desk_nobody.html")
    context = desk_context(request, agent)
    request.desk_context = context  # type: ignore[attr-defined]  # read by `top_bar` alone
    return render(request, "contactcenter/desk.html", context)


@require_GET
@for_centre
def parts(request: CentreRequest) -> HttpResponse:
    """Everything that moves; `only=side` leaves the middle, where somebody may be writing, alone."""
    context = desk_context(request, request.agent)
    if request.GET.get("only") == "side":
        return fragments(request, context, SIDE)
    return fragments(request, context, MAIN, CALLS, SIDE, *TOP)


@require_GET
@for_centre
def state(request: CentreRequest) -> HttpResponse:
    """What the top bar shows on every page."""
    return fragments(request, top_context(request.agent, is_desk=False), *TOP)


@require_POST
@for_centre
def alive(request: CentreRequest) -> HttpResponse:
    """A page of the agent is open."""
    devices.heartbeat(request.agent)
    return HttpResponse(status=204)


def top_bar(request: HttpRequest) -> str:
    """The agent's state and what rings, for the top bar of every page; empty for everybody else."""
    context: dict[str, Any] | None = getattr(request, "desk_context", None)
    if context is None:
        agent = desk.agent_at_desk(request.user) if isinstance(request.user, User) else None
        if agent is None:
            return ""
        context = top_context(agent, is_desk=False)
    return render_to_string("contactcenter/_desk_top.html", context, request)


def top_context(agent: Agent, *, is_desk: bool) -> dict[str, Any]:
    """What the top bar's parts need."""
    at = clock.now()
    return {"desk": desk.Desk(agent, at=at), "agent": agent, "now": at, "is_desk": is_desk}


def desk_context(request: AgentRequest, agent: Agent, form: ResultForm | None = None) -> dict[str, Any]:
    """What the whole desk needs. `form`: the result as it was sent, if it was refused."""
    context = top_context(agent, is_desk=True)
    shown: desk.Desk = context["desk"]
    contact = shown.contact
    if contact is not None:
        context |= result_context(request, contact, form)
        if contact.channel == Contact.Channel.CHAT and not contact.is_over:
            context |= chat_desk.chat_context(contact, request.user)
    return context | {"focus_minutes": FOCUS_MINUTES, "shield_minutes": SHIELD_MINUTES}


def result_context(request: AgentRequest, contact: Contact, form: ResultForm | None = None) -> dict[str, Any]:
    """What the form of a contact's result needs."""
    is_kept = form is None  # what was typed in the page stays there
    if form is None:
        form = ResultForm(initial=ResultForm.values_of(contact), prefix=None)
    return {
        "form": form,
        "is_kept": is_kept,
        "wrapped": contact,
        "times": times_to_promise(),
        "later": tomorrow_morning().strftime(TIME_FORMAT),
        "colleagues": [one for one in request.at_hand.colleagues() if one.pk != request.user.pk],
    }


# --- answering -------------------------------------------------------------------------------------------------------


def answered(
    request: CentreRequest,
    *,
    said: str | LazyText = "",
    tone: str = "ok",
    form: ResultForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The parts as they are now; where the top bar of another page asked, those of the top bar."""
    if not is_htmx(request):
        return go_back(request, reverse("contactcenter:desk"), said=said, tone=tone)
    agent = desk.agent_at_desk(request.user)
    if agent is None:
        raise PermissionDenied(_("This page is for agents of the contact centre."))
    if request.htmx.target == "_desk_state":
        return fragments(request, top_context(agent, is_desk=False), *TOP, said=said, tone=tone, status=status)
    context = desk_context(request, agent, form)
    return fragments(request, context, MAIN, CALLS, SIDE, *TOP, said=said, tone=tone, status=status)


def refuse(request: CentreRequest, refusal: Refused, form: ResultForm | None = None) -> HttpResponse:
    """What a rule says, and the desk as it is."""
    return answered(request, said=str(refusal), tone="bad", form=form, status=422)
