"""Whether a mail's sender belongs to the ticket that the mail found.

An address in a From line proves nothing, so a mail never has more power than a customer's words: it is shown on the
ticket and may open it again. What an agent's address writes stays internal, and no mail acts in an agent's name.
"""

from __future__ import annotations

from enum import Enum

from tickets.models import Message, OutboundMail, Ticket, User


class Standing(Enum):
    """How the sender stands to the ticket."""

    CUSTOMER = "customer"
    PARTICIPANT = "participant"
    COLLEAGUE = "colleague"
    ADDRESSED = "addressed"
    THIRD_PARTY = "third_party"
    AGENT = "agent"
    STRANGER = "stranger"

    @property
    def is_trusted(self) -> bool:
        """His words are shown on the ticket and may open it again."""
        return self not in (Standing.AGENT, Standing.STRANGER, Standing.THIRD_PARTY)

    @property
    def stays_inside(self) -> bool:
        """He belongs to the ticket, but the customer never reads him."""
        return self in (Standing.AGENT, Standing.THIRD_PARTY)


def standing_of(address: str, person: User | None, ticket: Ticket) -> Standing:
    """Judges a sender by his address and, when somebody has it, by the person.

    A colleague is a member of the customer's organisation when that lets members see one another's tickets.
    Addressed is who got a mail of ours on this ticket, or was put into copy by the customer. A third party is who got
    nothing but what we passed on to him behind the customer's back.
    """
    if person is not None:
        if person.pk == ticket.customer_id:
            return Standing.CUSTOMER
        takes_part = ticket.participants.filter(user=person).exists()
        if person.is_agent:
            works_on_it = Ticket.objects.worked_by(person).filter(pk=ticket.pk).exists()
            known = works_on_it or takes_part or _was_addressed(address, ticket) or _was_passed_on_to(address, ticket)
            return Standing.AGENT if known else Standing.STRANGER
        if takes_part:
            return Standing.PARTICIPANT
        if (
            person.organisation is not None
            and person.organisation_id == ticket.organisation_id
            and person.organisation.shares_tickets
        ):
            return Standing.COLLEAGUE
    if _was_addressed(address, ticket):
        return Standing.ADDRESSED
    return Standing.THIRD_PARTY if _was_passed_on_to(address, ticket) else Standing.STRANGER


def answers_internal(message: Message | None, standing: Standing) -> bool:
    """Whether the mail answers something that the customer does not see, and so must stay out of his sight too."""
    if message is None or standing is Standing.CUSTOMER:
        return False
    return not Message.objects.filter(pk=message.pk).shown_to_customer().exists()


def _was_addressed(address: str, ticket: Ticket) -> bool:
    wanted = [[address]]  # jsonb: a row [name, address] that contains this address
    sent = OutboundMail.objects.filter(ticket=ticket).exclude(purpose__in=OutboundMail.TO_THIRD_PARTIES)
    if sent.filter(to__contains=wanted).exists() or sent.filter(cc__contains=wanted).exists():
        return True
    shown = Message.objects.filter(ticket=ticket, is_unconfirmed=False, visible_to_customer=True)
    return shown.filter(to__contains=wanted).exists() or shown.filter(cc__contains=wanted).exists()


def _was_passed_on_to(address: str, ticket: Ticket) -> bool:
    wanted = [[address]]
    passed = OutboundMail.objects.filter(ticket=ticket, purpose__in=OutboundMail.TO_THIRD_PARTIES)
    return passed.filter(to__contains=wanted).exists() or passed.filter(cc__contains=wanted).exists()
