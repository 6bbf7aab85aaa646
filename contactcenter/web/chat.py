"""The customer's chat: begun when somebody is there, carried on over reloads, ended, and then a request of his."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contactcenter import chats, clock, places, queues, wishes
from contactcenter.chat_filing import words_of
from contactcenter.models import Chat, ChatLine, Contact, Queue
from tickets.errors import Refused
from tickets.web.portal import PersonRequest, for_people
from tickets.web.responses import is_htmx

Who = ChatLine.Who


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def door(request: PersonRequest) -> HttpResponse:
    """Where a chat begins. Whoever has one goes on in it; when nobody is there, other ways are shown."""
    known = chats.open_chat_of(request.user)
    if request.method != "POST":
        return redirect("contactcenter:portal_chat", known.pk) if known is not None else _show_door(request)
    text = request.POST.get("text", "")
    queue = _chosen(request.POST.get("queue", ""))
    if queue is None:
        return _show_door(request, text=text, problem=_("Choose what it is about."), status=422)
    try:
        chat = chats.start_chat(queue, text=text, by=request.user, key=request.POST.get("key", "")[:40])
    except Refused as refusal:
        return _show_door(request, text=text, problem=str(refusal), status=422)
    return redirect("contactcenter:portal_chat", chat.pk)


def _chosen(key: str) -> Queue | None:
    """The one that was chosen, or the only one there is."""
    offered = list(chats.offered_queues())
    if len(offered) == 1:
        return offered[0]
    return next((each for each in offered if str(each.pk) == key), None)


def _show_door(request: PersonRequest, *, text: str = "", problem: str = "", status: int = 200) -> HttpResponse:
    open_, next_at = [], []
    for each in chats.offered_queues():
        if places.is_served(each):
            low, high = places.wait_in(each)
            open_.append({"queue": each, "low": low, "high": high})
        elif (at := wishes.earliest(each)) is not None and not queues.is_open(each, clock.now()):
            next_at.append(at)
    context = {
        "open": open_,
        "opens_at": min(next_at, default=None),
        "text": text,
        "problem": problem,
        "chosen": request.POST.get("queue", ""),
        "key": uuid.uuid4().hex,
        "is_callback_offered": wishes.offered_queues().exists(),
        "longest": chats.LONGEST_LINE,
    }
    return render(request, "contactcenter/chat_door.html", context, status=status)


@require_GET
@for_people
def show(request: PersonRequest, chat_id: int) -> HttpResponse:
    """The conversation, while it goes on and afterwards. Its live part reads this page, too."""
    chat = _own(request, chat_id)
    if not chat.contact.is_over:
        chats.note_here(chat)
    return _show(request, chat)


@require_POST
@for_people
def say(request: PersonRequest, chat_id: int) -> HttpResponse:
    """One more line. The button for reading again keeps what is typed, where there is no script."""
    chat, text = _own(request, chat_id), request.POST.get("text", "")
    if "again" in request.POST:
        return _show(request, chat, text=text)
    try:
        chats.say(chat, text=text, by=request.user, key=request.POST.get("key", ""))
    except Refused as refusal:
        return _show(request, _own(request, chat_id), text=text, problem=str(refusal), status=422)
    if is_htmx(request):
        return render(request, "contactcenter/_chat_talk.html", customer_context(_own(request, chat_id)))
    return redirect("contactcenter:portal_chat", chat.pk)


@require_POST
@for_people
def end(request: PersonRequest, chat_id: int) -> HttpResponse:
    """The customer ends it; while he waits, he may be called back instead."""
    chat = _own(request, chat_id)
    try:
        if "callback" in request.POST:
            wishes.instead_of_chat(chat.contact, by=request.user)
            messages.success(request, _("We call you back; your place in the line is kept."))
            return redirect("contactcenter:portal_callback")
        chats.end_by_customer(chat, by=request.user)
    except Refused as refusal:
        messages.warning(request, str(refusal))
    return redirect("contactcenter:portal_chat", chat.pk)


def _own(request: PersonRequest, chat_id: int) -> Chat:
    """Raises Http404 for a chat of somebody else, as for one that is not there."""
    chat = chats.load_chat(chat_id, user=request.user)
    if chat is None or not chats.is_customer(chat, request.user):
        raise Http404(_("There is no such thing."))
    return chat


def customer_context(chat: Chat) -> dict[str, Any]:
    """The conversation as its customer sees it."""
    return conversation(chat, Who.CUSTOMER) | {"url": reverse("contactcenter:portal_chat", args=[chat.pk])}


def conversation(chat: Chat, side: ChatLine.Who) -> dict[str, Any]:
    """Its lines in words, and what the reader of this side has to know about its state."""
    other = Who.AGENT if side == Who.CUSTOMER else Who.CUSTOMER
    contact = chat.contact
    lines = [
        {"line": line, "words": words_of(line), "is_mine": line.who == side}
        for line in chat.lines.select_related("author")
    ]
    return {
        "chat": chat,
        "contact": contact,
        "lines": lines,
        "is_over": contact.is_over,
        "is_connected": contact.state in (Contact.State.CONNECTED, Contact.State.HELD),
        "is_held": contact.state == Contact.State.HELD,
        "place": places.place_of(contact) if side == Who.CUSTOMER else None,
        "is_typing": chats.is_typing(chat, other),
        "other": (contact.agent.user if contact.agent else None) if side == Who.CUSTOMER else contact.customer,
        "key": uuid.uuid4().hex,
        "longest": chats.LONGEST_LINE,
        "hint": chats.hint(chat),
    }


def _show(request: PersonRequest, chat: Chat, *, text: str = "", problem: str = "", status: int = 200) -> HttpResponse:
    context = customer_context(chat) | {
        "text": text,
        "problem": problem,
        "can_be_called": bool(request.user.phone) and chat.contact.queue in wishes.offered_queues(),
    }
    return render(request, "contactcenter/chat.html", context, status=status)
