"""Wrapping up: the time after a contact, what came of it, and what waited for its end."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from contactcenter import clock, handling, loans, states
from contactcenter.live import announce_load
from contactcenter.log import Verb, record
from contactcenter.models import Agent, Contact, Work, WorkInterval, WrapUp
from contactcenter.routing import lock_contact
from tickets.errors import Refused
from tickets.lifecycle import lock_ticket
from tickets.models import Ticket, User

MOST_MORE_TIME = 10 * 60  # seconds of wrap-up beyond the queue's own


def finish_wrap_up(agent: Agent, *, by: User | None) -> Agent:
    """The wrap-up is done; what waited for it happens: a change of activity, a return. Raises Refused outside one."""
    with transaction.atomic():
        agent = states.lock_agent(agent)
        loans.lock_way_back(agent)
        if agent.work != Work.WRAP_UP:
            raise Refused(_("There is nothing to wrap up."))
        handling.require_own(agent, by)
        handling.finish(agent, by=by, at=clock.now())
    return agent


def end_wrap_ups(limit: int = 200) -> int:
    """Wrap-ups whose time is over end by themselves. Returns how many."""
    ended = 0
    due = Agent.objects.filter(work=Work.WRAP_UP, work_until__lte=clock.now()).order_by("work_until")
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            agent = states.lock_agent(pk)
            loans.lock_way_back(agent)
            at = clock.now()
            if agent.work == Work.WRAP_UP and agent.work_until is not None and agent.work_until <= at:
                handling.finish(agent, by=None, at=at)
                ended += 1
    return ended


def more_time(agent: Agent, *, seconds: int, by: User | None) -> Agent:
    """A longer wrap-up. Raises Refused outside of one, or beyond ten minutes at once."""
    with transaction.atomic():
        agent = states.lock_agent(agent)
        if agent.work != Work.WRAP_UP:
            raise Refused(_("There is nothing to wrap up."))
        if not 0 < seconds <= MOST_MORE_TIME:
            raise Refused(_("A wrap-up can be made longer by ten minutes at most."), field="seconds")
        agent.work_until = (agent.work_until or clock.now()) + timedelta(seconds=seconds)
        agent.save(update_fields=["work_until"])
        announce_load([], agent_id=agent.pk, user_id=agent.user_id)
    return agent


def write_wrap_up(
    contact: Contact, *, by: User, ticket: Ticket | None, disposition: str = "", notes: str = ""
) -> WrapUp:
    """What came of the contact: a ticket, or explicitly none (`ticket` None). Written again, it replaces the former.

    Raises NotAllowed for anybody but the agent who was with it, Refused before an agent was.
    """
    with transaction.atomic():
        if ticket is not None:
            lock_ticket(ticket)
        contact = lock_contact(contact)
        last = WorkInterval.objects.filter(contact=contact, work=Work.CONNECTED).order_by("-during").first()
        if last is None:
            raise Refused(_("Nobody has spoken with this person yet."))
        agent = Agent.objects.select_related("user").get(pk=last.agent_id)
        handling.require_own(agent, by)
        wrap_up, _is_new = WrapUp.objects.update_or_create(
            contact=contact,
            defaults={
                "agent": agent,
                "ticket": ticket,
                "is_without_ticket": ticket is None,
                "disposition": disposition[:40],
                "notes": notes[:10_000],
                "made_at": clock.now(),
            },
        )
        contact.ticket = ticket
        contact.save(update_fields=["ticket"])
        record(Verb.WRAPPED_UP, by=by, agent=agent, contact=contact, queue=contact.queue, ticket=ticket)
    return wrap_up
