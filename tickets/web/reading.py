"""Reading a ticket in other ways: a mail's raw source, and the whole ticket on paper."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tickets import proof
from tickets.access import load_message, load_ticket
from tickets.mail.fields import decode_text
from tickets.mail.structure import split_fields
from tickets.models import Message
from tickets.web.entries import MessageEntry
from tickets.web.responses import AgentRequest, for_agents
from tickets.web.span import span_of
from tickets.web.timeline import Changes, Entry, read_timeline

MOST_SOURCE = 200_000  # bytes that are shown; the rest is in the file
MOST_HEADER = 64_000
LONGEST_VALUE = 2_000
# Whose values people look for first; the others stand below, as they came.
TELLING = ("from", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to", "auto-submitted")


@require_GET
@for_agents
def message_source(request: AgentRequest, number: str, message_id: int) -> HttpResponse:
    """The mail as it came: its headers, readable and raw."""
    ticket = load_ticket(request.user, number, to="see_internal")
    message = load_message(request.user, number, message_id)
    inbound = message.inbound
    if inbound is None or not inbound.raw:
        raise Http404(_("There is no raw mail."))
    raw = bytes(inbound.raw)
    headers = readable_headers(raw)
    context = {
        "ticket": ticket,
        "message": message,
        "inbound": inbound,
        "telling": [(name, value) for name, value in headers if name.lower() in TELLING],
        "others": [(name, value) for name, value in headers if name.lower() not in TELLING],
        "source": raw[:MOST_SOURCE].decode("utf-8", "backslashreplace").replace("\x00", "␀"),
        "is_cut": len(raw) > MOST_SOURCE,
    }
    return render(request, "tickets/source.html", context)


def readable_headers(raw: bytes) -> list[tuple[str, str]]:
    """Every header field in its order, decoded."""
    fields, _body = split_fields(raw, 0, min(len(raw), MOST_HEADER), MOST_HEADER, [])
    return [(name, decode_text(value)[:LONGEST_VALUE].replace("\x00", "␀")) for name, value in fields]


@require_GET
@for_agents
def print_ticket(request: AgentRequest, number: str) -> HttpResponse:
    """The whole ticket unfolded, to be printed; notes and history only when asked for."""
    ticket = load_ticket(request.user, number, to="see_internal")
    with_notes, with_history = "notes" in request.GET, "history" in request.GET
    entries = [
        entry
        for entry in read_timeline(span_of(ticket, request.user), everything=True).entries
        if _belongs(entry, with_notes=with_notes, with_history=with_history)
    ]
    context = {
        "ticket": ticket,
        "entries": entries,
        "with_notes": with_notes,
        "with_history": with_history,
        "count": sum(isinstance(entry, MessageEntry) for entry in entries),
        "seal": proof.seal_of(ticket),
    }
    return render(request, "tickets/print.html", context)


def _belongs(entry: Entry, *, with_notes: bool, with_history: bool) -> bool:
    """What the customer may not see leaves by printer only when it was asked for."""
    if isinstance(entry, Changes):
        return with_history
    return isinstance(entry, MessageEntry) and (with_notes or _is_for_the_customer(entry))


def _is_for_the_customer(entry: MessageEntry) -> bool:
    return entry.is_shown_to_customer and entry.message.kind != Message.Kind.NOTE
