"""A chat that is over becomes a ticket's conversation: who said what and when, as one message of the customer."""

from __future__ import annotations

import logging
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import formats, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contactcenter import clock, live, routing
from contactcenter.models import Chat, ChatLine, Contact
from tickets import conversation, teams
from tickets.errors import Refused
from tickets.live import tell_people
from tickets.models import Channel, Ticket, User

log = logging.getLogger(__name__)

LONGEST_TITLE = 80
Code = ChatLine.Code

WORDS = {
    Code.JOINED: gettext_lazy("%(name)s joined the chat."),
    Code.WAITS_AGAIN: gettext_lazy("Somebody else will take over; your place in the line is kept."),
    Code.WARNED: gettext_lazy("Are you still there? Without an answer the chat ends in three minutes."),
    Code.ENDED_BY_AGENT: gettext_lazy("%(name)s ended the chat."),
    Code.ENDED_BY_CUSTOMER: gettext_lazy("%(name)s ended the chat."),
    Code.ENDED_IDLE: gettext_lazy("The chat ended, since nobody wrote any more."),
    Code.LEFT: gettext_lazy("The page was closed while waiting."),
}


def words_of(line: ChatLine) -> str:
    """What the line says to its reader."""
    if not line.code:
        return line.text
    return str(WORDS[Code(line.code)]) % {"name": line.author or _("Somebody")}


def file_chat(chat: Chat) -> Ticket | None:
    """The ticket on which the chat stands, opened now or before; None while it goes on."""
    with transaction.atomic():
        Chat.objects.select_for_update(no_key=True).values_list("pk").get(pk=chat.pk)
        chat = Chat.objects.select_related("contact__queue__team", "contact__customer", "contact__agent__user").get(
            pk=chat.pk
        )
        if chat.filed_at is not None:
            return chat.ticket
        if not chat.contact.is_over:
            return None
        ticket = _write(chat, chat.contact)
        chat.ticket, chat.filed_at = ticket, clock.now()
        chat.save(update_fields=["ticket", "filed_at"])
        contact = routing.lock_contact(chat.contact_id)
        if contact.ticket_id is None:
            contact.ticket = ticket
            contact.save(update_fields=["ticket"])
        people = [contact.customer_id, contact.agent.user_id if contact.agent else None]
        tell_people(filter(None, people), f"chat-{chat.pk}")
        live.announce_load([contact.queue_id] if contact.queue_id else [])
    return ticket


def _write(chat: Chat, contact: Contact) -> Ticket:
    customer, queue = contact.customer, contact.queue
    assert customer is not None  # a chat is a signed-in person's
    lines = list(chat.lines.select_related("author"))
    text = transcript(lines, reader=customer)
    before = contact.ticket
    if before is not None and before.customer_id == customer.pk:
        return conversation.answer_from_portal(before, text=text, by=customer, channel=Channel.CHAT).ticket
    first = next(line.text for line in lines if line.who == ChatLine.Who.CUSTOMER)
    team = queue.team if queue is not None else teams.default_team()
    owner = contact.agent.user if contact.agent is not None and contact.answered_at is not None else None
    title = _title(first)
    try:
        with transaction.atomic():
            return conversation.open_request(
                title=title, text=text, team=team, channel=Channel.CHAT, by=customer, customer=customer, owner=owner
            )
    except Refused as refusal:
        if owner is None:
            raise
        # A helper from another team has no right to own it: then nobody does yet.
        log.info("the chat's agent can't own its ticket", extra={"chat": chat.pk, "why": str(refusal)})
    return conversation.open_request(
        title=title, text=text, team=team, channel=Channel.CHAT, by=customer, customer=customer
    )


def _title(first: str) -> str:
    line = " ".join(first.split())
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1].rsplit(" ", 1)[0] + "…"


def transcript(lines: list[ChatLine], *, reader: User) -> str:
    """In the customer's language and by his clock."""
    zone = ZoneInfo(reader.time_zone)
    said = []
    with translation.override(reader.language):
        for line in lines:
            at = formats.time_format(line.written_at.astimezone(zone), "H:i")
            if line.code:
                said.append(f"[{at}] {words_of(line)}")
            else:
                said.append(f"[{at}] {line.author}:\n{line.text}")
    return "\n\n".join(said)


def file_ended(limit: int = 100) -> int:
    """Chats that are over and stand on no ticket yet. Returns how many were filed."""
    ended = Chat.objects.filter(filed_at=None, contact__state__in=Contact.OVER).order_by("pk")
    filed = 0
    for chat in list(ended[:limit]):
        filed += file_chat(chat) is not None
    return filed
