"""What an agent does: chosen by himself or a supervisor, at once or after the contact; signing in and out."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contactcenter import background, clock, loans, routing, states
from contactcenter.log import Verb, record
from contactcenter.models import Activity, Agent, BackgroundWork, Loan, Work
from tickets.errors import Refused
from tickets.lifecycle import lock_ticket
from tickets.models import User


def set_activity(agent: Agent, *, to: Activity, by: User | None, place: str = "") -> Agent:
    """Changes what the agent does, or keeps the change until the contact with him is over.

    An offer he has goes to others; a ticket in hand is parked (`place`: where on its page he was). Raises Refused when
    the activity can't be chosen, or is background work while he is on loan.
    """
    with transaction.atomic():
        agent = states.lock_agent(agent)
        _require_choosable(agent, to, by=by)
        at = clock.now()
        if agent.activity_id == to.pk:
            states.drop_wish(agent, by=by)
            return agent
        if agent.is_busy:
            states.wish_activity(agent, to, by=by, at=at)
            return agent
        if agent.work == Work.OFFERED:
            routing.take_back_offer(agent, by=by, at=at)
        _apply(agent, to, by=by, at=at, place=place)
    return agent


def _apply(agent: Agent, to: Activity, *, by: User | None, at: datetime, place: str = "") -> None:
    if not to.is_present:
        loans.end_with_sign_out(agent, by=by, at=at)
    if not to.is_recallable:
        work = background.ticket_in_hand(agent)
        if work is not None:
            lock_ticket(work.ticket)
            reason = BackgroundWork.Reason.CALL if to.is_routable else BackgroundWork.Reason.BREAK
            background.park(agent, work, by=by, reason=reason, at=at, place=place)
    if not agent.activity.is_present and to.is_present:
        agent.heartbeat_at, agent.device_lost_at, agent.missed_in_a_row = at, None, 0
        agent.save(update_fields=["heartbeat_at", "device_lost_at", "missed_in_a_row"])
    states.change_activity(agent, to, by=by, at=at)
    routing.wake()


def _require_choosable(agent: Agent, to: Activity, *, by: User | None) -> None:
    if not agent.is_active:
        raise Refused(_("%(name)s doesn't work here.") % {"name": agent})
    if not to.is_active:
        raise Refused(_("“%(name)s” is no longer used.") % {"name": to.label}, field="activity")
    if not to.is_chosen and by is not None:
        raise Refused(_("“%(name)s” is set by the system alone.") % {"name": to.label}, field="activity")
    if to.is_recallable and Loan.objects.filter(agent=agent, state__in=Loan.SERVING).exists():
        raise Refused(_("%(name)s is on loan; background work comes after it.") % {"name": agent}, field="activity")


def sign_in(agent: Agent, *, by: User | None) -> Agent:
    """Ready for contacts. Signed in already, nothing changes."""
    with transaction.atomic():
        agent = states.lock_agent(agent)
        if agent.activity.is_present:
            return agent
        return set_activity(agent, to=states.activity(Activity.READY), by=by)


def sign_out(agent: Agent, *, by: User | None) -> Agent:
    """Signed out, at once or after the contact. Loans end, offers go to others."""
    return set_activity(agent, to=states.activity(Activity.OFFLINE), by=by)


def answer_recall(agent: Agent, *, by: User | None, place: str = "") -> Agent:
    """Parks the ticket in hand and is ready. Raises Refused when nobody asked, or no longer."""
    with transaction.atomic():
        agent = states.lock_agent(agent)
        if agent.recall_until is None or agent.recall_until <= clock.now():
            raise Refused(_("Nobody asks you to the line any more."))
        return set_activity(agent, to=states.activity(Activity.READY), by=by, place=place)


def keep_activity(agent: Agent, *, by: User | None) -> Agent:
    """Calls off the change that waits for the end of the contact."""
    with transaction.atomic():
        agent = states.lock_agent(agent)
        states.drop_wish(agent, by=by)
    return agent


def set_focus(agent: Agent, *, until: datetime | None, by: User | None) -> Agent:
    """Not to be asked for help or recalled until then; None ends it. Raises Refused for a time that is past."""
    with transaction.atomic():
        agent = states.lock_agent(agent)
        if until is not None and until <= clock.now():
            raise Refused(_("The time has to be in the future."), field="until")
        if agent.focus_until == until:
            return agent
        agent.focus_until = until
        agent.save(update_fields=["focus_until"])
        record(Verb.FOCUS_SET, by=by, agent=agent, until=until.isoformat() if until else None)
    return agent


def set_shift_end(agent: Agent, *, ends_at: datetime | None, by: User | None) -> Agent:
    """When the agent's shift ends; a loan ends then at the latest."""
    with transaction.atomic():
        agent = states.lock_agent(agent)
        if agent.shift_ends_at == ends_at:
            return agent
        agent.shift_ends_at = ends_at
        agent.save(update_fields=["shift_ends_at"])
        record(Verb.SHIFT_SET, by=by, agent=agent, ends_at=ends_at.isoformat() if ends_at else None)
    return agent
