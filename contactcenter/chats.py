"""Chats: begun in the portal, written by both sides, watched by the clock, and filed as a conversation on a ticket.

Every line is kept at once; the ticket is opened when the chat ends, whichever way, so that colleagues find one
conversation and no half of one. What ended and was not filed yet is filed by the clock.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from contactcenter import clock, contacts, routing
from contactcenter.models import Agent, Chat, ChatLine, Contact, Outcome, Queue
from tickets import live
from tickets.errors import NotAllowed, Refused
from tickets.models import User

State = Contact.State
Who, Code = ChatLine.Who, ChatLine.Code

LONGEST_LINE = 4000  # characters
MOST_A_MINUTE = 30  # lines of one side
GONE_AFTER = timedelta(minutes=5)  # a waiting customer's page has shown no sign of life
WARNED_AFTER = timedelta(minutes=5)  # the customer has not answered
ENDED_AFTER = timedelta(minutes=3)  # nor after that
AGENT_ANSWERS_WITHIN = timedelta(minutes=4)
TYPING_EVERY = timedelta(seconds=3)
TYPING_LASTS = timedelta(seconds=7)


def hint(chat: Chat) -> str:
    """What both pages hear when the chat has changed: the event "chat-12-changed"."""
    return f"chat-{chat.pk}"


def offered_queues() -> QuerySet[Queue]:
    """In which customers may begin a chat, when somebody is there."""
    return Queue.objects.select_related("hours", "overflow_to", "team").filter(is_active=True, is_chat_offered=True)


def open_chat_of(user: User) -> Chat | None:
    """The person's chat that goes on; he has one at most."""
    return _read().filter(contact__customer=user).exclude(contact__state__in=Contact.OVER).first()


def load_chat(key: int, *, user: User) -> Chat | None:
    """The chat, if this person may see it: the customer, or the agent it is with or was with last."""
    chat = _read().filter(pk=key).first()
    if chat is None or not (is_customer(chat, user) or is_agent(chat, user)):
        return None
    return chat


def is_customer(chat: Chat, user: User) -> bool:
    return chat.contact.customer_id == user.pk


def is_agent(chat: Chat, user: User) -> bool:
    """Whether it is with him, or the last whom it was with was he."""
    return chat.contact.agent is not None and chat.contact.agent.user_id == user.pk


def _read() -> QuerySet[Chat]:
    return Chat.objects.select_related("contact__queue__team", "contact__agent__user", "contact__customer", "ticket")


# --- written ---------------------------------------------------------------------------------------------------------


def clean_line(text: str) -> str:
    """Raises Refused for an empty line and one that is too long."""
    text = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        raise Refused(_("Write something first."), field="text")
    if len(text) > LONGEST_LINE:
        raise Refused(_("At most %(count)s characters fit.") % {"count": LONGEST_LINE}, field="text")
    return text


def start_chat(queue: Queue, *, text: str, by: User, key: str = "") -> Chat:
    """The customer's first words, and a place in the line. Whoever has a chat already goes on writing in it.

    When the queue does not take it after all, the words become a request. Raises Refused.
    """
    text = clean_line(text)
    if not (queue.is_active and queue.is_chat_offered):
        raise Refused(_("Nobody can be chatted with here now."), field="queue")
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).values_list("pk").get(pk=by.pk)
        known = open_chat_of(by)
        if known is not None:
            say(known, text=text, by=by, key=key)
            return known
        at = clock.now()
        contact = contacts.open_contact(Contact.Channel.CHAT, by=by, customer=by)
        chat = Chat.objects.create(contact=contact, customer_wrote_at=at, customer_here_at=at)
        ChatLine.objects.create(chat=chat, who=Who.CUSTOMER, author=by, text=text, key=key, written_at=at)
        contacts.receive_contact(contact, queue=queue, by=by)
    return _read().get(pk=chat.pk)


def say(chat: Chat, *, text: str, by: User, key: str = "") -> ChatLine | None:
    """One more line. Sent twice with the same `key` it is written once (None the second time).

    Raises NotAllowed for anybody but the two, Refused when the chat is over or the lines come too fast.
    """
    text = clean_line(text)
    with transaction.atomic():
        contact = routing.lock_contact(chat.contact_id)
        who = _side(contact, by)
        if contact.is_over:
            raise Refused(_("The chat has ended. What you wrote is still here; send it as a new request."))
        at = clock.now()
        lines = ChatLine.objects.filter(chat=chat, who=who)
        if key and lines.filter(key=key).exists():
            return None
        if lines.filter(written_at__gt=at - timedelta(minutes=1)).count() >= MOST_A_MINUTE:
            raise Refused(_("That was very fast. Wait a little, then send it."))
        line = ChatLine.objects.create(chat=chat, who=who, author=by, text=text, key=key[:40], written_at=at)
        moved = {"customer_wrote_at": at, "customer_here_at": at, "warned_at": None, "customer_typed_at": None}
        Chat.objects.filter(pk=chat.pk).update(
            **(moved if who == Who.CUSTOMER else {"agent_wrote_at": at, "agent_typed_at": None, "warned_at": None})
        )
        _tell(chat, contact)
    return line


def _side(contact: Contact, by: User) -> ChatLine.Who:
    if contact.customer_id == by.pk:
        return Who.CUSTOMER
    if contact.agent is not None and contact.agent.user_id == by.pk and contact.state in Contact.WITH_AGENT:
        return Who.AGENT
    raise NotAllowed(_("This chat is with somebody else."))


def type_on(chat: Chat, *, by: User) -> None:
    """Somebody is writing: the other sees it for some seconds. Told every three seconds at most."""
    contact, at = chat.contact, clock.now()
    if contact.is_over:
        return
    field = "customer_typed_at" if _side(contact, by) == Who.CUSTOMER else "agent_typed_at"
    with transaction.atomic():
        stale = Chat.objects.filter(pk=chat.pk).exclude(**{f"{field}__gt": at - TYPING_EVERY})
        if stale.update(**{field: at}):
            other = contact.agent.user_id if field == "customer_typed_at" and contact.agent else contact.customer_id
            live.tell_people(filter(None, [other]), f"typing-{chat.pk}")


def is_typing(chat: Chat, who: ChatLine.Who) -> bool:
    """Whether this side is writing just now."""
    at = chat.customer_typed_at if who == Who.CUSTOMER else chat.agent_typed_at
    return at is not None and clock.now() - at < TYPING_LASTS


def note_here(chat: Chat) -> None:
    """The customer's page is alive."""
    at = clock.now()
    Chat.objects.filter(pk=chat.pk, customer_here_at__lt=at - timedelta(seconds=20)).update(customer_here_at=at)


def end_by_customer(chat: Chat, *, by: User) -> Contact:
    """The customer has had enough, waiting or answered. Twice is once. Raises NotAllowed for anybody else."""
    if not is_customer(chat, by):
        raise NotAllowed(_("This chat is with somebody else."))
    return contacts.hang_up(chat.contact, by=by)


# --- what happens to the contact -------------------------------------------------------------------------------------


def _tell(chat: Chat, contact: Contact) -> None:
    agent = contact.agent
    live.tell_people(filter(None, [contact.customer_id, agent.user_id if agent else None]), hint(chat))


def note(chat: Chat, code: ChatLine.Code, *, author: User | None = None) -> None:
    """The system's word in the chat, once in a row."""
    last = ChatLine.objects.filter(chat=chat).order_by("-id").first()
    if last is not None and (last.code, last.author_id) == (code, author.pk if author else None):
        return
    ChatLine.objects.create(chat=chat, who=Who.SYSTEM, code=code, author=author, written_at=clock.now())


def contact_connected(contact: Contact, agent: Agent) -> None:
    """An agent has joined."""
    chat = Chat.objects.filter(contact=contact).first()
    if chat is not None:
        note(chat, Code.JOINED, author=agent.user)
        Chat.objects.filter(pk=chat.pk).update(agent_since=clock.now(), warned_at=None, agent_wrote_at=None)
        _tell(chat, contact)


def contact_moved(contact: Contact) -> None:
    """It waits, anew perhaps, or its place has changed."""
    chat = Chat.objects.filter(contact=contact).first()
    if chat is not None:
        if contact.state == State.QUEUED and contact.answered_at is not None:
            note(chat, Code.WAITS_AGAIN)
            Chat.objects.filter(pk=chat.pk).update(customer_here_at=clock.now(), warned_at=None)
        _tell(chat, contact)


def contact_ended(contact: Contact, *, by: User | None) -> Chat | None:
    """It is over; the caller sees to its filing once committed."""
    chat = Chat.objects.filter(contact=contact).first()
    if chat is not None:
        if by is not None:
            note(chat, Code.ENDED_BY_CUSTOMER if by.pk == contact.customer_id else Code.ENDED_BY_AGENT, author=by)
        _tell(chat, contact)
    return chat


# --- by the clock ----------------------------------------------------------------------------------------------------


def watch_chats(limit: int = 200) -> int:
    """Customers who left, who say nothing, and agents who do not answer. Returns how many chats were moved."""
    at = clock.now()
    on = Chat.objects.filter(filed_at=None).select_related("contact__agent__user", "contact__customer")
    waiting = on.filter(contact__state__in=[State.QUEUED, State.OFFERED], customer_here_at__lte=at - GONE_AFTER)
    moved = sum(_leave(chat) for chat in waiting[:limit])
    return moved + sum(_watch(chat, at) for chat in on.filter(contact__state=State.CONNECTED)[:limit])


def _leave(chat: Chat) -> bool:
    with transaction.atomic():
        note(chat, Code.LEFT)
        return contacts.leave_line(chat.contact, outcome=Outcome.ABANDONED, by=None).is_over


def _watch(chat: Chat, at: datetime) -> bool:
    """The one who is to write next is looked after."""
    since = chat.agent_since or chat.customer_wrote_at
    if chat.agent_wrote_at is None or chat.customer_wrote_at > chat.agent_wrote_at:
        if at - max(since, chat.customer_wrote_at) < AGENT_ANSWERS_WITHIN:
            return False
        return _give_back(chat)
    if chat.warned_at is None:
        if at - chat.agent_wrote_at < WARNED_AFTER:
            return False
        with transaction.atomic():
            Chat.objects.filter(pk=chat.pk).update(warned_at=at)
            note(chat, Code.WARNED)
            _tell(chat, chat.contact)
        return True
    if at - chat.warned_at < ENDED_AFTER:
        return False
    return _end_idle(chat)


def _end_idle(chat: Chat) -> bool:
    with transaction.atomic():
        note(chat, Code.ENDED_IDLE)
        return contacts.hang_up(chat.contact, by=None).is_over


def _give_back(chat: Chat) -> bool:
    """The agent does not answer: the chat waits again, at its old age."""
    try:
        contacts.requeue_contact(chat.contact, by=None)
    except Refused:  # it ended or went on at this very moment
        return False
    return True
