"""The agent's side of a chat: the partial that his desk shows for the chat that is with him."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from contactcenter import chats, devices
from contactcenter.models import Chat, ChatLine, Contact
from contactcenter.web.chat import conversation
from tickets.errors import NotAllowed, Refused
from tickets.models import User
from tickets.web.portal import PersonRequest, for_people
from tickets.web.responses import AgentRequest, for_agents, is_htmx


def chat_context(contact: Contact, user: User) -> dict[str, Any]:
    """What `_chat.html` needs, for the page that includes it. Raises Chat.DoesNotExist for what is no chat."""
    chat = chats.load_chat(Chat.objects.values_list("pk", flat=True).get(contact=contact), user=user)
    if chat is None:
        raise Chat.DoesNotExist
    return agent_context(chat)


def agent_context(chat: Chat) -> dict[str, Any]:
    """The conversation as its agent sees it."""
    return conversation(chat, ChatLine.Who.AGENT) | {
        "for_agent": True,
        "url": reverse("contactcenter:chat", args=[chat.pk]),
    }


@require_GET
@for_agents
def show(request: AgentRequest, chat_id: int) -> HttpResponse:
    """The conversation with its composer: for HTMX the part, else a page of its own."""
    context = agent_context(_with_me(request, chat_id))
    return render(request, "contactcenter/_chat.html" if is_htmx(request) else "contactcenter/chat_page.html", context)


@require_POST
@for_agents
def say(request: AgentRequest, chat_id: int) -> HttpResponse:
    """The agent writes."""
    chat, text = _with_me(request, chat_id), request.POST.get("text", "")
    try:
        chats.say(chat, text=text, by=request.user, key=request.POST.get("key", ""))
    except (Refused, NotAllowed) as refusal:
        context = agent_context(_with_me(request, chat_id)) | {"text": text, "problem": str(refusal)}
        template = "contactcenter/_chat.html" if is_htmx(request) else "contactcenter/chat_page.html"
        return render(request, template, context, status=422)
    context = agent_context(_with_me(request, chat_id))
    if is_htmx(request):
        return render(request, "contactcenter/_chat_talk.html", context)
    return render(request, "contactcenter/chat_page.html", context)


@require_POST
@for_people
def type_on(request: PersonRequest, chat_id: int) -> HttpResponse:
    """Somebody of the two is writing."""
    chat = chats.load_chat(chat_id, user=request.user)
    if chat is None:
        raise Http404(_("There is no such thing."))
    chats.type_on(chat, by=request.user)
    return HttpResponse(status=204)


def _with_me(request: HttpRequest, chat_id: int) -> Chat:
    """Raises Http404 for a chat that is with somebody else."""
    assert isinstance(request.user, User)  # the guard saw to it
    chat = chats.load_chat(chat_id, user=request.user)
    if chat is None or not chats.is_agent(chat, request.user):
        raise Http404(_("There is no such thing."))
    if chat.contact.agent is not None and not chat.contact.is_over:
        devices.heartbeat(chat.contact.agent)  # whoever reads his chat is there
    return chat
