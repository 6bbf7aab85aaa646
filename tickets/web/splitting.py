"""The door of splitting: a dialog with what the new ticket starts with."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tickets import permissions, splitting
from tickets.access import load_message, load_ticket
from tickets.errors import Refused
from tickets.models import Message, Right, Ticket
from tickets.web.message_forms import SplitForm
from tickets.web.responses import AgentRequest, for_agents, is_htmx
from tickets.web.ticket_dialogs import dialog


@require_http_methods(["GET", "POST"])
@for_agents
def split_message(request: AgentRequest, number: str, message_id: int) -> HttpResponse:
    """A ticket of its own for one message; then the page of the new ticket, if the agent works on it."""
    ticket = load_ticket(request.user, number, to="split")
    message = load_message(request.user, number, message_id)
    form = _form(request, ticket, message)
    if request.method == "POST" and form.is_valid():
        try:
            made = _split(request, message, form.cleaned_data)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return _go_to(request, ticket, made)
    return dialog(
        request,
        ticket,
        form,
        title=_("New ticket of this message"),
        submit=_("Open the ticket"),
        template="tickets/split.html",
        message=message,
    )


def _form(request: AgentRequest, ticket: Ticket, message: Message) -> SplitForm:
    teams = permissions.teams_with(request.user, Right.CREATE)
    is_customers = message.author is not None and not message.author.is_agent
    author = message.author if is_customers else ticket.customer
    people = {each.pk: each.name for each in (author, ticket.customer) if each is not None and each.is_active}
    for participant in ticket.participants.select_related("user").order_by("pk"):
        people.setdefault(participant.user_id, participant.user.name)
    initial = {
        "title": splitting.suggest_title(message),
        "team": ticket.team_id if ticket.team in teams else None,
        "kind": ticket.kind.code,
        "customer": author.pk if author else None,
    }
    return SplitForm(request.POST or None, teams=teams, people=list(people.items()), initial=initial)


def _split(request: AgentRequest, message: Message, cleaned: dict[str, Any]) -> Ticket:
    permissions.require(permissions.can_create(request.user, cleaned["team"]))
    return splitting.split_message(message, by=request.user, **cleaned)


def _go_to(request: AgentRequest, ticket: Ticket, made: Ticket) -> HttpResponse:
    messages.success(request, _("Ticket %(number)s opened.") % {"number": made.number})
    seen = made if permissions.can_see_internal(request.user, made) else ticket
    url = reverse("tickets:ticket", args=[seen.number])
    if not is_htmx(request):
        return redirect(url)
    answer = HttpResponse()
    answer["HX-Redirect"] = url
    return answer
