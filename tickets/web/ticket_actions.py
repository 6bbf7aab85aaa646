"""What agents do on the ticket page: each view loads and authorises, cleans a form, calls one room and answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms as django_forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tickets import conversation, desk, lifecycle, linking, permissions, proof, tagging
from tickets.access import load_ticket
from tickets.errors import Refused
from tickets.history_words import tell
from tickets.meanwhile import change_unless_changed
from tickets.models import Event, Ticket
from tickets.web import forms
from tickets.web.responses import AgentRequest, first_error, for_agents, fragments, go_back, is_htmx
from tickets.web.ticket_page import page_context, props_context, seal_context

PROPS = "tickets/_props.html"
HEAD = "tickets/_ticket_head.html"
COUNTS = "components/_nav_counts.html"


# --- answers ---------------------------------------------------------------------------------------------------------


def done(
    request: AgentRequest, ticket: Ticket, said: str | LazyText, *, in_dialog: bool = False, undo_url: str = ""
) -> HttpResponse:
    """The act succeeded: fresh properties and head; without HTMX, back to the page. `undo_url` takes it back."""
    lifecycle.mark_seen(ticket, by=request.user)
    if not is_htmx(request):
        return go_back(request, reverse("tickets:ticket", args=[ticket.number]), said=said)
    fresh = Ticket.objects.worked_by(request.user).filter(pk=ticket.pk).exists()
    if not fresh:  # the agent has given it away
        answer = HttpResponse()
        answer["HX-Redirect"] = reverse("tickets:inbox")
        return answer
    context = props_context(request, load_ticket(request.user, ticket.number, to="see_internal"))
    first = "tickets/_nothing.html" if in_dialog else PROPS
    rest = (PROPS, HEAD, COUNTS) if in_dialog else (HEAD, COUNTS)
    answer = fragments(request, context, first, *rest, said=said, undo_url=undo_url)
    answer["HX-Trigger"] = f"ticket-changed-{ticket.number}"
    return answer


def refused(request: AgentRequest, ticket: Ticket, sentence: str, *, at: str = "") -> HttpResponse:
    """A rule said no: the properties as they now are, with its sentence; without HTMX, the whole page with it."""
    said = {"error": sentence, "error_at": at}
    if at == "anyway":  # nothing was wrong: he should know, and may do it all the same
        said["close_to"] = request.POST.get("to", "")
    if not Ticket.objects.worked_by(request.user).filter(pk=ticket.pk).exists():  # a colleague has given it away
        return done(request, ticket, sentence)
    ticket = load_ticket(request.user, ticket.number, to="see_internal")
    if is_htmx(request):
        return render(request, PROPS, props_context(request, ticket) | said, status=422)
    return render(request, "tickets/ticket.html", page_context(request, ticket) | said, status=422)


def change(
    request: AgentRequest,
    number: str,
    *,
    to: str,
    form_class: type[django_forms.Form],
    act: Callable[[Ticket, dict[str, Any]], object],
    said: str | LazyText,
    unless_changed: str = "",
) -> HttpResponse:
    """The common walk of the properties: load, form, room, answer.

    `unless_changed`: the property that the form showed in its field `was`; what a colleague changed meanwhile stays.
    """
    ticket = load_ticket(request.user, number, to=to)
    form = form_class(request.POST)
    at = request.resolver_match.url_name or "" if request.resolver_match else ""
    if not form.is_valid():
        return refused(request, ticket, first_error(form.errors), at=at)
    try:
        if unless_changed:
            was = request.POST.get("was")
            change_unless_changed(
                ticket, unless_changed, lambda fresh: act(fresh, form.cleaned_data), was=was, by=request.user
            )
        else:
            act(ticket, form.cleaned_data)
    except Refused as refusal:
        return refused(request, ticket, str(refusal), at="anyway" if refusal.field == "anyway" else at)
    return done(request, ticket, said)


# --- properties ------------------------------------------------------------------------------------------------------


@require_POST
@for_agents
def change_status(request: AgentRequest, number: str) -> HttpResponse:
    def act(ticket: Ticket, cleaned: dict[str, Any]) -> object:
        if cleaned["to"].is_closed and ticket.is_open and not request.POST.get("anyway"):
            sentence = linking.warn_of_blockers(ticket)
            if sentence:
                raise Refused(sentence, field="anyway")
        return lifecycle.change_status(
            ticket, to=cleaned["to"], by=request.user, pending_until=cleaned["pending_until"]
        )

    return change(
        request,
        number,
        to="change_status",
        form_class=forms.ChangeStatusForm,
        act=act,
        said=_("Status changed."),
        unless_changed="status",
    )


@require_POST
@for_agents
def assign(request: AgentRequest, number: str) -> HttpResponse:
    """Gives the ticket an owner; an empty choice takes the owner off."""

    def act(ticket: Ticket, cleaned: dict[str, Any]) -> object:
        if cleaned["to"] is None:
            return lifecycle.unassign_ticket(ticket, by=request.user)
        return lifecycle.assign_ticket(ticket, to=cleaned["to"], by=request.user)

    return change(
        request,
        number,
        to="assign",
        form_class=forms.AssignForm,
        act=act,
        said=_("Owner changed."),
        unless_changed="owner",
    )


@require_POST
@for_agents
def change_responsible(request: AgentRequest, number: str) -> HttpResponse:
    def act(ticket: Ticket, cleaned: dict[str, Any]) -> object:
        return lifecycle.change_responsible(ticket, to=cleaned["to"], by=request.user)

    return change(
        request,
        number,
        to="assign",
        form_class=forms.AssignForm,
        act=act,
        said=_("Responsible changed."),
        unless_changed="responsible",
    )


@require_POST
@for_agents
def move(request: AgentRequest, number: str) -> HttpResponse:
    def act(ticket: Ticket, cleaned: dict[str, Any]) -> object:
        permissions.require(permissions.can_move(request.user, ticket, cleaned["to"]))
        return lifecycle.move_ticket(ticket, to=cleaned["to"], by=request.user)

    return change(
        request,
        number,
        to="move",
        form_class=forms.MoveForm,
        act=act,
        said=_("Moved to another team."),
        unless_changed="team",
    )


@require_POST
@for_agents
def change_priority(request: AgentRequest, number: str) -> HttpResponse:
    def act(ticket: Ticket, cleaned: dict[str, Any]) -> object:
        return lifecycle.change_priority(ticket, to=cleaned["to"], by=request.user)

    return change(
        request,
        number,
        to="change_priority",
        form_class=forms.ChangePriorityForm,
        act=act,
        said=_("Priority changed."),
        unless_changed="priority",
    )


@require_POST
@for_agents
def change_kind(request: AgentRequest, number: str) -> HttpResponse:
    def act(ticket: Ticket, cleaned: dict[str, Any]) -> object:
        return lifecycle.change_kind(ticket, to=cleaned["to"], by=request.user)

    return change(
        request,
        number,
        to="change_status",
        form_class=forms.ChangeKindForm,
        act=act,
        said=_("Kind changed."),
        unless_changed="kind",
    )


@require_POST
@for_agents
def tag(request: AgentRequest, number: str) -> HttpResponse:
    def act(ticket: Ticket, cleaned: dict[str, Any]) -> object:
        return tagging.tag_ticket(ticket, cleaned["tag"], by=request.user)

    return change(request, number, to="tag", form_class=forms.TagForm, act=act, said=_("Tag added."))


@require_POST
@for_agents
def untag(request: AgentRequest, number: str) -> HttpResponse:
    def act(ticket: Ticket, cleaned: dict[str, Any]) -> object:
        return tagging.untag_ticket(ticket, cleaned["tag"], by=request.user)

    return change(request, number, to="tag", form_class=forms.UntagForm, act=act, said=_("Tag removed."))


@require_POST
@for_agents
def add_participant(request: AgentRequest, number: str) -> HttpResponse:
    def act(ticket: Ticket, cleaned: dict[str, Any]) -> object:
        return desk.invite_participant(ticket, cleaned["email"], by=request.user)

    return change(
        request, number, to="change_status", form_class=forms.ParticipantForm, act=act, said=_("Participant added.")
    )


@require_POST
@for_agents
def remove_participant(request: AgentRequest, number: str) -> HttpResponse:
    def act(ticket: Ticket, cleaned: dict[str, Any]) -> None:
        conversation.remove_participant(ticket, cleaned["person"], by=request.user)

    return change(
        request, number, to="change_status", form_class=forms.PersonForm, act=act, said=_("Participant removed.")
    )


# --- the seal -------------------------------------------------------------------------------------------------------


@require_POST
@for_agents
def check_seal(request: AgentRequest, number: str) -> HttpResponse:
    """Proves this ticket's history now."""
    ticket = load_ticket(request.user, number, to="see_internal")
    context = {"ticket": ticket} | seal_context(ticket) | {"proof": proof.verify_ticket(ticket)}
    if is_htmx(request):
        return render(request, "tickets/_seal.html", context)
    lines = tell(Event.objects.filter(ticket=ticket).order_by("seq"), reader=request.user)
    return render(request, "tickets/history.html", context | {"lines": lines})
