"""Splitting: one message becomes a ticket of its own, linked with the one it was said on.

Nothing moves: the original stays where it was, and the new ticket gets a copy that shares the files' contents.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from tickets.errors import Refused
from tickets.files import attach_file
from tickets.history import record
from tickets.lifecycle import clean_title, lock_ticket, open_ticket, write_changes
from tickets.mail import outgoing
from tickets.models import Channel, Kind, Message, Team, Ticket, TicketLink, User, Verb
from tickets.writing import write_message

LEAST_WORDS = 4  # of a line that can be a title


def split_message(
    message: Message,
    *,
    title: str,
    team: Team,
    customer: User | None,
    by: User,
    kind: Kind | None = None,
    acknowledge: bool = False,
) -> Ticket:
    """A new ticket made of this message; both tickets' histories say so, each naming the other.

    The copy has neither the raw mail nor its Message-ID: answers to that mail still belong to the first ticket, and an
    erasure there must not break the chain here. `acknowledge` tells the customer the new number, if the guards allow.
    """
    if not title.strip():
        raise Refused(_("Say in a few words what it is about."), field="title")
    if not team.is_active:
        raise Refused(_("The team %(team)s no longer works.") % {"team": team}, field="team")
    if customer is not None and not customer.is_active:
        raise Refused(_("%(name)s is no longer active.") % {"name": customer}, field="customer")
    with transaction.atomic():
        source = lock_ticket(message.ticket)
        message = Message.objects.get(pk=message.pk)
        if message.erasure_id is not None:
            raise Refused(_("The content of this message was erased; there is nothing to make a ticket of."))
        ticket = open_ticket(
            title=title,
            team=team,
            channel=Channel(message.channel),
            by=by,
            customer=customer,
            kind=kind or source.kind,
            priority=source.priority,
        )
        copy = _copy_message(message, ticket)
        if copy.sender == Message.Sender.CUSTOMER:
            ticket.customer_wrote_at = copy.created_at
            write_changes(ticket, "customer_wrote_at")
        record(ticket, _verb_of(copy), by=by, message=copy, first=True)
        TicketLink.objects.create(source=ticket, target=source, type=TicketLink.Type.SPLIT, by=by)
        record(source, Verb.SPLIT, by=by, message=message, other=ticket.pk)
        record(ticket, Verb.SPLIT, by=by, message=copy, other=source.pk, original=message.pk, inverse=True)
        if acknowledge:
            is_his_own = customer is not None and customer.pk == message.author_id
            outgoing.acknowledge(ticket, copy, hold="" if is_his_own else "other_author")
    return ticket


def suggest_title(message: Message) -> str:
    """The first line that says something, which greetings don't; else the ticket's title."""
    lines = (line.strip() for line in message.shown_text.splitlines())
    first = next((line for line in lines if len(line.split()) >= LEAST_WORDS and not line.endswith((",", "!"))), "")
    return clean_title(first[:120] if first else message.ticket.title)


def _copy_message(message: Message, ticket: Ticket) -> Message:
    """The same words and files on the new ticket."""
    copy = write_message(
        ticket,
        kind=Message.Kind(message.kind),
        sender=Message.Sender(message.sender),
        author=message.author,
        channel=Channel(message.channel),
        visible_to_customer=message.visible_to_customer,
        is_automatic=message.is_automatic,
        from_address=message.from_address,
        from_name=message.from_name,
        to=[(str(name), str(address)) for name, address in message.to],
        cc=[(str(name), str(address)) for name, address in message.cc],
        subject=message.subject,
        body=message.body,
        fresh=message.fresh,
        html=message.html,
        traits=message.traits,
        sent_at=message.sent_at,
    )
    for attachment in message.attachments.select_related("blob").filter(erasure__isnull=True).order_by("id"):
        attach_file(
            copy,
            name=attachment.name,
            content=attachment.blob,
            media_type=attachment.media_type,
            content_id=attachment.content_id,
            is_inline=attachment.is_inline,
        )
    return copy


def _verb_of(copy: Message) -> Verb:
    """How the copy is born on the new ticket: nothing is answered or received there, it stands there."""
    if copy.kind == Message.Kind.NOTE:
        return Verb.NOTED
    return Verb.CALL_RECORDED if copy.kind == Message.Kind.PHONE else Verb.MESSAGE_RECEIVED
