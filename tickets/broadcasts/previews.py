"""A broadcast as one of its recipients will read it."""

from __future__ import annotations

from dataclasses import dataclass

from tickets.broadcasts import wording
from tickets.broadcasts.plan import Order, Recipient, clean_order
from tickets.errors import Refused
from tickets.mail.addressing import subject_for
from tickets.mail.composing import signature_of
from tickets.models import Ticket, User


@dataclass(frozen=True, slots=True)
class Preview:
    """`fault`: why it can't be filled in for him."""

    recipient: Recipient
    subject: str
    text: str
    signature: str
    fault: str = ""


def preview_for(recipient: Recipient, order: Order, *, by: User) -> Preview:
    """The mail's subject and words, placeholders filled in, in the language he gets.

    `order` may come as it was typed: with an empty text for a language, say.
    """
    language = recipient.text_language or recipient.language
    ticket = Ticket.objects.select_related("team", "status", "customer", "organisation").get(pk=recipient.ticket_id)
    try:
        text, fault = (
            wording.words_for(
                clean_order(order).texts, ticket, by=by, language=language, numbers=recipient.numbers[1:]
            ),
            "",
        )
    except Refused as refusal:
        text, fault = "", str(refusal)
    return Preview(
        recipient=recipient,
        subject=subject_for(ticket.number, ticket.title),
        text=text,
        signature=signature_of(ticket, language),
        fault=fault,
    )
