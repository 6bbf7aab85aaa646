"""What came of a contact, told in one act: the outcome, a ticket or none, a note, a promise; then on to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contactcenter import contacts, handling, loans, states, wrap_ups
from contactcenter.models import Agent, Contact, Work
from contactcenter.routing import lock_contact
from tickets import conversation, desk, linking, permissions, promises
from tickets.errors import NotAllowed, Refused
from tickets.models import Channel, Right, Team, Ticket, User

LONGEST_TITLE = 120


class Disposition(models.TextChoices):
    """How a contact ended for the customer, in the agent's word."""

    SOLVED = "solved", gettext_lazy("Solved on the line")
    TICKET = "ticket", gettext_lazy("Became a ticket")
    CALLBACK = "callback", gettext_lazy("We call back")
    WRONG = "wrong", gettext_lazy("Wrong number")


@dataclass(frozen=True, slots=True)
class Result:
    """What the agent says came of it. `number` empty: no ticket, said on purpose. `who` and `by_when`: a promise."""

    disposition: str = ""
    number: str = ""
    notes: str = ""
    who: User | None = None
    by_when: datetime | None = None


def tell_result(contact: Contact, agent: Agent, result: Result, *, by: User) -> bool:
    """Writes it all down or nothing; with the contact still his to wrap up, the agent is free then.

    The note stands on the ticket for colleagues alone. Returns whether he is free by it. Raises Refused for a ticket
    that he doesn't work on, a promise without a ticket, and as promising and wrapping up do.
    """
    with transaction.atomic():
        agent = states.lock_agent(agent)
        loans.lock_way_back(agent)
        ticket = linking.ticket_of_number(result.number, by=by) if result.number else None
        if result.by_when is not None and ticket is None:
            raise Refused(_("A promise needs a ticket."), field="number")
        wrap_ups.write_wrap_up(contact, by=by, ticket=ticket, disposition=result.disposition, notes=result.notes)
        if ticket is not None and result.notes.strip():
            permissions.require(permissions.can_note(by, ticket))
            conversation.add_note(ticket, text=result.notes, by=by)
        if ticket is not None and result.by_when is not None:
            who = result.who or by
            permissions.require(who.pk == by.pk or permissions.can_assign(by, ticket))
            promises.promise_answer(ticket, who=who, by_when=result.by_when, by=by)
        if agent.work != Work.WRAP_UP or states.contact_in_hand(agent) != contact.pk:
            return False
        wrap_ups.finish_wrap_up(agent, by=by)
    return True


def name_caller(contact: Contact, *, customer: User | None, new_person: desk.NewPerson, by: User) -> User:
    """Says who is on the line; without `customer` the new person is added first. Raises as the two acts do."""
    with transaction.atomic():
        if customer is None:
            permissions.require(permissions.has_right_somewhere(by, Right.CREATE))
            customer = desk.add_customer(new_person)
        contacts.name_customer(contact, customer=customer, by=by)
    return customer


def open_ticket(contact: Contact, agent: Agent, *, notes: str, by: User) -> Ticket:
    """A ticket of this contact, with its person; the first line of the notes is its title. Twice is once.

    Raises Refused when the agent may open tickets nowhere, NotAllowed for anybody else.
    """
    with transaction.atomic():
        agent = states.lock_agent(agent)
        contact = lock_contact(contact)
        if contact.agent_id != agent.pk:
            raise NotAllowed(_("This contact is with somebody else."))
        handling.require_own(agent, by)
        if contact.ticket is not None:
            return contact.ticket
        title = notes.strip().splitlines()[0][:LONGEST_TITLE] if notes.strip() else _title(contact)
        ticket = desk.open_by_phone(
            title=title,
            text=notes.strip() or title,
            team=_team(contact, agent, by),
            by=by,
            customer=contact.customer,
            channel=Channel.CHAT if contact.channel == Contact.Channel.CHAT else Channel.PHONE,
        )
        contact.ticket = ticket
        contact.save(update_fields=["ticket"])
    return ticket


def _title(contact: Contact) -> str:
    name = str(contact.customer) if contact.customer else contact.number
    sentence = _("Chat: %(name)s") if contact.channel == Contact.Channel.CHAT else _("Call: %(name)s")
    return sentence % {"name": name or _("unknown number")}


def _team(contact: Contact, agent: Agent, by: User) -> Team:
    """The queue's team, else the agent's own, else the first where he may open tickets."""
    wanted = [contact.queue.team] if contact.queue is not None else []
    for team in (*wanted, agent.home_team, *permissions.teams_with(by, Right.CREATE)):
        if permissions.can_create(by, team):
            return team
    raise Refused(_("You can't open tickets in any team."))
