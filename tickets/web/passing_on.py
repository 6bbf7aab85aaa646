"""Doors of passing on: forward a message or a conversation to a third party, redirect a mail as it came."""

from __future__ import annotations

import uuid
from email.utils import formataddr
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tickets import drafts, forwarding
from tickets.access import load_message, load_ticket
from tickets.mail import passing_on
from tickets.models import Attachment, Message, Ticket
from tickets.web.composer import side_of
from tickets.web.entries import look_of
from tickets.web.message_forms import ForwardForm, RedirectForm
from tickets.web.responses import AgentRequest, for_agents
from tickets.web.span import span_of
from tickets.web.ticket_dialogs import in_dialog
from tickets.web.writing_forms import key_of, page_of
from tickets.writing import MOST_FILE_BYTES, MOST_FILES, NewFile

MOST_MESSAGES = 200  # of a conversation that is passed on
FORWARD = "tickets/forward.html"


@require_http_methods(["GET", "POST"])
@for_agents
def forward_message(request: AgentRequest, number: str, message_id: int) -> HttpResponse:
    """One message to somebody outside; the answer to a third party is made in the same way."""
    ticket = load_ticket(request.user, number, to="pass_on")
    message = load_message(request.user, number, message_id)
    is_third = look_of(message) == "third" and bool(message.from_address)
    start = {"to": formataddr((message.from_name, message.from_address)) if is_third else ""}
    title = _("Answer the third party") if is_third else _("Forward the message")
    return _forward(request, ticket, [message], message=message, title=title, start=start, all_files=not is_third)


@require_http_methods(["GET", "POST"])
@for_agents
def forward_conversation(request: AgentRequest, number: str) -> HttpResponse:
    """All that the customer and we said to each other; notes stay here."""
    ticket = load_ticket(request.user, number, to="pass_on")
    said = Message.objects.filter(
        ticket__in=span_of(ticket, request.user).ids, is_automatic=False, erasure__isnull=True
    ).shown_to_customer()
    latest = list(said.order_by("-created_at", "-id")[:MOST_MESSAGES])[::-1]
    title = _("Forward the conversation")
    return _forward(request, ticket, latest, message=None, title=title, start={}, all_files=False)


def _forward(
    request: AgentRequest,
    ticket: Ticket,
    messages: list[Message],
    *,
    message: Message | None,
    title: str,
    start: dict[str, Any],
    all_files: bool,
) -> HttpResponse:
    """The dialog, with what goes along already in it."""
    offered = list(
        Attachment.objects.filter(message__in=messages, erasure__isnull=True).select_related("blob").order_by("id")
    )
    initial = start | {
        "subject": (message.subject if message else "") or ticket.title,
        "quoted": passing_on.text_to_pass_on(messages)
        + passing_on.starting_words(ticket, request.user.language).rstrip("\n"),
        "attachments": [attachment.pk for attachment in offered] if all_files else [],
    }
    kind = drafts.kind_of_forward(message)
    side = side_of(drafts.drafts_on(ticket, by=request.user), kind)
    initial |= begun(side.fields)
    form = ForwardForm(request.POST or None, request.FILES or None, offered=offered, initial=initial)

    def act(cleaned: dict[str, Any]) -> object:
        def say(files: list[NewFile]) -> object:
            return forwarding.forward(
                ticket,
                to=cleaned["to"],
                cc=cleaned["cc"],
                subject=cleaned["subject"],
                text=cleaned["text"],
                quoted=cleaned["quoted"],
                by=request.user,
                message=message,
                attachments=list(cleaned.get("attachments") or ()),
                files=files,
            )

        key, page = key_of(request.POST), page_of(request.POST)
        return drafts.say_once(ticket, kind, say, by=request.user, key=key, page=page, files=cleaned["files"])

    return in_dialog(
        request,
        ticket,
        form,
        act,
        title=title,
        submit=_("Forward"),
        said=_("Forwarded. The customer doesn't see it."),
        template=FORWARD,
        draft=f"forward-{ticket.number}-{message.pk if message else 'all'}",
        side=side,
        sides={kind: side},
        key=uuid.uuid4(),
        most_files=MOST_FILES,
        most_file_bytes=MOST_FILE_BYTES,
    )


def begun(fields: dict[str, Any]) -> dict[str, Any]:
    """What was typed before, as the form's starting values. Nothing begun says nothing of the files that go along."""
    if not fields:
        return {}
    chosen = [int(key) for key in str(fields.get("attachments", "")).split(", ") if key.isdecimal()]
    return {**fields, "attachments": chosen}


@require_http_methods(["GET", "POST"])
@for_agents
def redirect_message(request: AgentRequest, number: str, message_id: int) -> HttpResponse:
    """A mail that was meant for somebody else."""
    ticket = load_ticket(request.user, number, to="pass_on")
    message = load_message(request.user, number, message_id)

    def act(cleaned: dict[str, Any]) -> object:
        return forwarding.redirect_mail(message, to=cleaned["to"], by=request.user)

    title, submit = _("Redirect the mail"), _("Redirect")
    form = RedirectForm(request.POST or None)
    return in_dialog(request, ticket, form, act, title=title, submit=submit, said=_("Redirected."))
