"""Background work: the next best ticket for a free quarter of an hour, parked in one step when a contact waits."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Avg, Case, Exists, F, IntegerField, OuterRef, QuerySet, Value, When
from django.utils.translation import gettext as _

from contactcenter import clock, states
from contactcenter.log import Verb, record
from contactcenter.models import Agent, BackgroundWork, Work
from tickets.errors import NotAllowed, Refused
from tickets.lifecycle import lock_ticket
from tickets.models import Event, Promise, Status, Ticket, User

State = BackgroundWork.State
Reason = BackgroundWork.Reason

LONGEST_UNDISTURBED = timedelta(minutes=30)
RECALL_FOR = timedelta(seconds=30)


def ticket_in_hand(agent: Agent) -> BackgroundWork | None:
    """What the agent works on in the background now."""
    return BackgroundWork.objects.select_related("ticket").filter(agent=agent, state=State.IN_HAND).first()


def parked_by(agent: Agent) -> QuerySet[BackgroundWork]:
    """What waits for the agent to come back to it, the newest first."""
    return BackgroundWork.objects.select_related("ticket").filter(agent=agent, state=State.PARKED)


def next_ticket(agent: Agent) -> Ticket | None:
    """The next best ticket: his own late promise, then what is due soonest, his own before the team's, then the oldest.

    Only open tickets that he sees from the inside, that wait for us, and that nobody has in hand.
    """
    user = agent.user
    in_hand = BackgroundWork.objects.filter(ticket=OuterRef("pk"), state=State.IN_HAND)
    promised = Promise.objects.open().filter(ticket=OuterRef("pk"), who=user)
    found = (
        Ticket.objects.worked_by(user)
        .open()
        .filter(status__waits_for=Status.WaitsFor.US)
        .filter(~Exists(in_hand))
        .alias(
            is_promised=Exists(promised),
            whose=Case(
                When(is_promised=True, then=Value(0)),
                When(owner=user, then=Value(1)),
                When(owner__isnull=True, then=Value(2)),
                default=Value(3),
                output_field=IntegerField(),
            ),
        )
        .filter(whose__lt=3)
    )
    return found.order_by(F("due_at").asc(nulls_last=True), "whose", "-priority__level", "opened_at", "pk").first()


def take_ticket(agent: Agent, *, ticket: Ticket, by: User | None) -> BackgroundWork:
    """The agent takes the ticket in hand. Raises Refused when he or a colleague has one in the way, or he is busy."""
    with transaction.atomic():
        agent = states.lock_agent(agent)
        ticket = lock_ticket(ticket)
        parked = BackgroundWork.objects.filter(agent=agent, ticket=ticket, state=State.PARKED).first()
        if parked is not None:
            return _resume(agent, parked, by=by, at=clock.now())
        work = _take(agent, ticket, at=clock.now())
        record(Verb.TICKET_TAKEN, by=by, agent=agent, ticket=ticket)
    return work


def park_ticket(agent: Agent, *, by: User | None, reason: Reason = Reason.CALL, place: str = "") -> BackgroundWork:
    """Lays the ticket in hand aside; `place` is where on its page he was. Raises Refused when there is none."""
    with transaction.atomic():
        agent = states.lock_agent(agent)
        work = ticket_in_hand(agent)
        if work is None:
            raise Refused(_("There is no ticket in hand."))
        lock_ticket(work.ticket)
        park(agent, work, by=by, reason=reason, place=place, at=clock.now())
    return work


def park(agent: Agent, work: BackgroundWork, *, by: User | None, reason: Reason, at: datetime, place: str = "") -> None:
    """As `park_ticket`, for a caller who holds the locks."""
    work.state, work.reason, work.parked_at, work.ended_at = State.PARKED, reason, at, at
    work.place = place[:300] or work.place
    work.at_work_at = work.at_work_at or _first_act(work, agent, until=at)
    work.save(update_fields=["state", "reason", "parked_at", "ended_at", "place", "at_work_at"])
    record(Verb.TICKET_PARKED, by=by, agent=agent, ticket=work.ticket, reason=reason)


def resume_ticket(work: BackgroundWork, *, by: User | None) -> BackgroundWork:
    """Takes a parked ticket in hand again. Raises Refused when it is no longer parked, closed, or in other hands."""
    with transaction.atomic():
        agent = states.lock_agent(work.agent_id)
        if by is not None and by.pk != agent.user_id:
            raise NotAllowed(_("Somebody else parked this ticket."))
        lock_ticket(work.ticket)
        work = BackgroundWork.objects.select_related("ticket").get(pk=work.pk)
        if work.state != State.PARKED:
            raise Refused(_("This ticket is not parked any more."))
        return _resume(agent, work, by=by, at=clock.now())


def _resume(agent: Agent, parked: BackgroundWork, *, by: User | None, at: datetime) -> BackgroundWork:
    work = _take(agent, parked.ticket, at=at, resumes=parked)
    parked.state = State.RESUMED
    parked.save(update_fields=["state"])
    record(Verb.TICKET_RESUMED, by=by, agent=agent, ticket=parked.ticket)
    return work


def _take(agent: Agent, ticket: Ticket, *, at: datetime, resumes: BackgroundWork | None = None) -> BackgroundWork:
    if agent.work != Work.IDLE:
        raise Refused(_("A contact comes first."))
    if not agent.activity.is_recallable:
        raise Refused(_("Change to background work first."))
    if ticket_in_hand(agent) is not None:
        raise Refused(_("Park the ticket in hand first."))
    if not ticket.is_open:
        raise Refused(_("This ticket is closed."))
    other = BackgroundWork.objects.select_related("agent__user").filter(ticket=ticket, state=State.IN_HAND).first()
    if other is not None:
        raise Refused(_("%(name)s has this ticket in hand.") % {"name": other.agent})
    return BackgroundWork.objects.create(
        agent=agent, ticket=ticket, started_at=at, resumes=resumes, place=resumes.place if resumes else ""
    )


def leave_ticket(agent: Agent, *, by: User | None, is_done: bool) -> BackgroundWork:
    """Puts the ticket in hand down: done, or given back for others. Raises Refused when there is none."""
    with transaction.atomic():
        agent = states.lock_agent(agent)
        work = ticket_in_hand(agent)
        if work is None:
            raise Refused(_("There is no ticket in hand."))
        lock_ticket(work.ticket)
        work.state = State.DONE if is_done else State.GIVEN_BACK
        work.ended_at = clock.now()
        work.at_work_at = work.at_work_at or _first_act(work, agent, until=work.ended_at)
        work.save(update_fields=["state", "ended_at", "at_work_at"])
        record(Verb.TICKET_LEFT, by=by, agent=agent, ticket=work.ticket, how=work.state)
    return work


def _first_act(work: BackgroundWork, agent: Agent, *, until: datetime) -> datetime | None:
    """When he first did something on the ticket in this stretch, by the ticket's own history."""
    acts = Event.objects.filter(ticket=work.ticket, by=agent.user_id, recorded_at__range=(work.started_at, until))
    return acts.order_by("recorded_at").values_list("recorded_at", flat=True).first()


def note_first_act(agent: Agent) -> None:
    """The agent has done something on the ticket in hand: resuming is over, its cost is known. Twice is once."""
    with transaction.atomic():
        agent = states.lock_agent(agent)
        work = ticket_in_hand(agent)
        if work is not None and work.at_work_at is None:
            work.at_work_at = clock.now()
            work.save(update_fields=["at_work_at"])


def do_not_disturb(agent: Agent, *, minutes: int, by: User | None) -> BackgroundWork:
    """No recall from the ticket in hand for so long, 30 minutes at most in all. Raises Refused beyond that."""
    with transaction.atomic():
        agent = states.lock_agent(agent)
        work = ticket_in_hand(agent)
        if work is None:
            raise Refused(_("There is no ticket in hand."))
        until = clock.now() + timedelta(minutes=minutes)
        if minutes < 1 or until > work.started_at + LONGEST_UNDISTURBED:
            raise Refused(_("A ticket can't be shielded from contacts for more than 30 minutes."), field="minutes")
        work.undisturbed_until = until
        work.save(update_fields=["undisturbed_until"])
        record(Verb.FOCUS_SET, by=by, agent=agent, ticket=work.ticket, minutes=minutes)
    return work


def recall_agent(agent: Agent, *, by: User | None) -> Agent:
    """Asks somebody in background work back to the line; he has 30 seconds. Raises Refused when he can't be asked."""
    with transaction.atomic():
        agent = states.lock_agent(agent)
        at = clock.now()
        if not agent.activity.is_recallable or agent.work != Work.IDLE:
            raise Refused(_("%(name)s is not in background work.") % {"name": agent})
        work = ticket_in_hand(agent)
        shielded = work.undisturbed_until if work else None
        if any(until is not None and until > at for until in (agent.focus_until, shielded)):
            raise Refused(_("%(name)s can't be disturbed now.") % {"name": agent})
        agent.recall_until = at + RECALL_FOR
        agent.save(update_fields=["recall_until"])
        record(Verb.RECALLED, by=by, agent=agent)
    return agent


def resume_cost(agent: Agent | None = None) -> float | None:
    """Mean seconds from taking a parked ticket up again to the first act on it; None without any measurement."""
    found = BackgroundWork.objects.filter(resumes__isnull=False, at_work_at__isnull=False)
    if agent is not None:
        found = found.filter(agent=agent)
    mean: timedelta | None = found.aggregate(mean=Avg(F("at_work_at") - F("started_at")))["mean"]
    return mean.total_seconds() if mean is not None else None


def expire_recalls(limit: int = 200) -> int:
    """Whoever did not answer his recall in time is asked no longer; no penalty. Returns how many."""
    ended = 0
    for pk in list(Agent.objects.filter(recall_until__lte=clock.now()).values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            agent = states.lock_agent(pk)
            if agent.recall_until is None or agent.recall_until > clock.now():
                continue
            agent.recall_until = None
            agent.save(update_fields=["recall_until"])
            record(Verb.RECALLED, by=None, agent=agent, answered=False)
            ended += 1
    return ended
