"""Acts on one message: accept a stranger's, send a failed mail again, ask for and approve an erasure."""

from __future__ import annotations

from typing import NoReturn

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tickets import conversation, erasure, permissions
from tickets.access import load_message, load_ticket
from tickets.errors import Refused
from tickets.mail import outgoing
from tickets.models import Erasure, OutboundMail, Ticket
from tickets.web import forms
from tickets.web.responses import AgentRequest, for_agents, go_back, is_htmx
from tickets.web.ticket_dialogs import in_dialog
from tickets.web.ticket_page import page_context


@require_http_methods(["GET", "POST"])
@for_agents
def ask_erasure(request: AgentRequest, number: str, message_id: int) -> HttpResponse:
    """The first of two people asks for the erasure that law demands."""
    ticket = load_ticket(request.user, number, to="see_internal")
    message = load_message(request.user, number, message_id)
    if not permissions.can_erase(request.user, message):
        raise_forbidden()
    form = forms.EraseForm(request.POST or None)
    return in_dialog(
        request,
        ticket,
        form,
        lambda cleaned: erasure.ask_erasure(message, reason=cleaned["reason"], by=request.user),
        title=_("Ask for erasure"),
        submit=_("Ask for erasure"),
        submit_class="btn-danger",
        said=_("Erasure asked for. A second administrator has to approve it."),
    )


@require_POST
@for_agents
def approve_erasure(request: AgentRequest, number: str, message_id: int) -> HttpResponse:
    """The second person approves, and the content goes."""
    ticket = load_ticket(request.user, number, to="see_internal")
    message = load_message(request.user, number, message_id)
    if not permissions.can_erase(request.user, message):
        raise_forbidden()
    asked = get_object_or_404(Erasure, message=message)
    try:
        erasure.approve_erasure(asked, by=request.user)
    except Refused as refusal:
        return refused_message(request, ticket, str(refusal))
    return done_message(request, ticket, _("The content was erased."))


@require_POST
@for_agents
def accept_message(request: AgentRequest, number: str, message_id: int) -> HttpResponse:
    """A stranger's message belongs here."""
    ticket = load_ticket(request.user, number, to="accept")
    message = load_message(request.user, number, message_id)
    try:
        conversation.accept_message(message, by=request.user)
    except Refused as refusal:
        return refused_message(request, ticket, str(refusal))
    return done_message(request, ticket, _("Message accepted."))


@require_POST
@for_agents
def resend(request: AgentRequest, number: str, message_id: int) -> HttpResponse:
    """A mail that failed or came back goes out again."""
    ticket = load_ticket(request.user, number, to="reply")
    message = load_message(request.user, number, message_id)
    mail = OutboundMail.objects.filter(message=message).first()
    if mail is None:
        raise Http404(_("There is no such mail."))
    try:
        outgoing.resend_mail(mail, by=request.user)
    except Refused as refusal:
        return refused_message(request, ticket, str(refusal))
    return done_message(request, ticket, _("Queued again."))


def done_message(request: AgentRequest, ticket: Ticket, said: str) -> HttpResponse:
    """What changed stands in the timeline: the page is read anew, at its place."""
    if is_htmx(request):
        answer = go_back(request, reverse("tickets:ticket", args=[ticket.number]), said=said)
        moved = HttpResponse()
        moved["HX-Redirect"] = answer["Location"]
        return moved
    return go_back(request, reverse("tickets:ticket", args=[ticket.number]), said=said)


def refused_message(request: AgentRequest, ticket: Ticket, sentence: str) -> HttpResponse:
    page = page_context(request, ticket) | {"page_error": sentence}
    return render(request, "tickets/ticket.html", page, status=422)


def raise_forbidden() -> NoReturn:
    raise PermissionDenied(_("Only administrators may do this."))
