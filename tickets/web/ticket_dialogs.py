"""Acts on a ticket that ask something first: a form in the page's dialog, or a page of its own without script."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django import forms as django_forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tickets import conversation, drafts, lifecycle
from tickets.access import load_ticket
from tickets.errors import Refused
from tickets.meanwhile import change_unless_changed
from tickets.models import Draft, Ticket
from tickets.web import forms
from tickets.web.composer import side_of
from tickets.web.responses import AgentRequest, for_agents
from tickets.web.ticket_actions import done
from tickets.web.writing_forms import key_of, page_of


def dialog(
    request: AgentRequest,
    ticket: Ticket,
    form: django_forms.Form,
    *,
    title: str | LazyText,
    submit: str | LazyText,
    template: str = "tickets/dialog.html",
    **context: Any,
) -> HttpResponse:
    """A form in the page's dialog, or as a page of its own without script."""
    return render(
        request,
        template,
        {
            "ticket": ticket,
            "form": form,
            "title": title,
            "submit": submit,
            "action": request.path,
            "cancel_url": reverse("tickets:ticket", args=[ticket.number]),
        }
        | context,
        status=422 if form.errors else 200,
    )


def in_dialog(
    request: AgentRequest,
    ticket: Ticket,
    form: django_forms.Form,
    act: Callable[[dict[str, Any]], object],
    *,
    title: str | LazyText,
    submit: str | LazyText,
    said: str | LazyText,
    **context: Any,
) -> HttpResponse:
    """The common walk of a dialog: show the form, or clean it, call the room, answer."""
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return done(request, ticket, said, in_dialog=True)
    return dialog(request, ticket, form, title=title, submit=submit, **context)


@require_http_methods(["GET", "POST"])
@for_agents
def record_call(request: AgentRequest, number: str) -> HttpResponse:
    """What was said on the phone."""
    ticket = load_ticket(request.user, number, to="reply")

    side = side_of(drafts.drafts_on(ticket, by=request.user), Draft.Kind.CALL)

    def act(cleaned: dict[str, Any]) -> object:
        def say(_files: object) -> object:
            return conversation.record_call(
                ticket,
                text=cleaned["text"],
                by=request.user,
                outgoing_call=cleaned["direction"] == "out",
                minutes=cleaned["minutes"],
            )

        key, page = key_of(request.POST), page_of(request.POST)
        return drafts.say_once(ticket, Draft.Kind.CALL, say, by=request.user, key=key, page=page)

    form = forms.CallForm(request.POST or None, initial={"direction": "in"} | side.fields)
    return in_dialog(
        request,
        ticket,
        form,
        act,
        title=_("Record a call"),
        submit=_("Record the call"),
        said=_("Call recorded."),
        template="tickets/record_call.html",
        side=side,
        key=uuid.uuid4(),
    )


@require_http_methods(["GET", "POST"])
@for_agents
def rename(request: AgentRequest, number: str) -> HttpResponse:
    """A better title."""
    ticket = load_ticket(request.user, number, to="change_status")

    def act(cleaned: dict[str, Any]) -> object:
        return change_unless_changed(
            ticket,
            "title",
            lambda fresh: lifecycle.rename_ticket(fresh, title=cleaned["title"], by=request.user),
            was=request.POST.get("was"),
            by=request.user,
        )

    form = forms.RenameForm(request.POST or None, initial={"title": ticket.title})
    return in_dialog(
        request,
        ticket,
        form,
        act,
        title=_("Change the title"),
        submit=_("Change the title"),
        said=_("Title changed."),
        dialog_was=ticket.title,
    )


@require_http_methods(["GET", "POST"])
@for_agents
def change_customer(request: AgentRequest, number: str) -> HttpResponse:
    """Another person is the one who asked."""
    ticket = load_ticket(request.user, number, to="change_status")

    def act(cleaned: dict[str, Any]) -> object:
        return change_unless_changed(
            ticket,
            "customer",
            lambda fresh: lifecycle.change_customer(fresh, to=cleaned["person"], by=request.user),
            was=request.POST.get("was"),
            by=request.user,
        )

    form = forms.PersonForm(request.POST or None)
    form.fields["person"].label = _("Customer")
    return in_dialog(
        request,
        ticket,
        form,
        act,
        title=_("Change the customer"),
        submit=_("Change the customer"),
        said=_("Customer changed."),
        template="tickets/change_customer.html",
        dialog_was=str(ticket.customer_id or ""),
        field_name="person",
    )
