"""Loans: pulling somebody in to a busy queue for a while, and giving back what he was at when he returns.

Locks: the agent, the queue, the ticket he parks or takes up again, then the loan.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Min, Q
from django.utils.translation import gettext as _

from contactcenter import background, clock, deciding, lending, memberships, routing, states
from contactcenter.deciding import LendingRules, NotLent
from contactcenter.log import Verb, record
from contactcenter.models import Activity, Agent, BackgroundWork, Loan, Queue, QueueMembership, Work
from contactcenter.queues import lock_queue
from tickets.errors import NotAllowed, Refused
from tickets.lifecycle import lock_ticket
from tickets.models import Promise, User

State = Loan.State
Consent = Loan.Consent
Reason = Loan.Reason

ANSWER_WITHIN = timedelta(seconds=60)
VETO_WITHIN = timedelta(seconds=30)
ARRIVE_WITHIN = timedelta(seconds=60)
WEEK = timedelta(days=7)
# Whoever asks by hand has looked; advice goes by the stricter `deciding.RULES`.
BY_HAND = LendingRules(free_minutes=600.0, most_at_risk=10)
AT_RISK_WITHIN = timedelta(hours=1)  # about as long as a loan lasts
WITH = ("queue", "activity_before", "parked__ticket", "home_team")
LONGEST_LOAN = timedelta(hours=8)  # so that a loan ends even if nobody thinks of it


@dataclass(frozen=True, slots=True)
class Ledger:
    """What one agent has lent in the last seven days. Minutes count from arrival to return."""

    agent_id: int
    minutes: float
    loans: int


# --- who may be asked ------------------------------------------------------------------------------------------------


def ledger(agents: Collection[int], *, at: datetime | None = None) -> dict[int, Ledger]:
    """The fairness ledger of these agents for the seven days before `at`; everybody asked for is in it."""
    at = at or clock.now()
    since = at - WEEK
    minutes, count = dict.fromkeys(agents, 0.0), dict.fromkeys(agents, 0)
    served = Loan.objects.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=since), agent__in=agents)
    for one in served.filter(active_at__isnull=False):
        assert one.active_at is not None
        span = min(one.ended_at or at, at) - max(one.active_at, since)
        minutes[one.agent_id] += max(span.total_seconds(), 0) / 60
        count[one.agent_id] += 1
    return {pk: Ledger(pk, minutes[pk], count[pk]) for pk in agents}


def lenders(agents: Collection[Agent], *, at: datetime | None = None) -> dict[int, deciding.Lender]:
    """These agents as the rule sees them, in a fixed number of queries. Times are seconds since 1970."""
    at = at or clock.now()
    ids = [agent.pk for agent in agents]
    lent = ledger(ids, at=at)
    on_loan = set(Loan.objects.open().filter(agent__in=ids).values_list("agent", flat=True))
    last = Loan.objects.filter(agent__in=ids, ended_at__isnull=False).values_list("agent")
    returned = dict(last.filter(state=State.RETURNED).annotate(last=Max("ended_at")))
    declined = dict(last.filter(state=State.DECLINED).annotate(last=Max("ended_at")))
    asked: dict[int, int] = {}
    for pk in Loan.objects.filter(agent__in=ids, asked_at__gt=at - timedelta(hours=12)).values_list("agent", flat=True):
        asked[pk] = asked.get(pk, 0) + 1
    promised = Promise.objects.open().filter(who__centre_agent__in=ids).values_list("who__centre_agent")
    due: dict[int, datetime] = dict(promised.annotate(first=Min("by_when")))
    risks = lending.at_risk(ids, until=at + AT_RISK_WITHIN)
    means = _team_minutes(agents, at)
    homes: dict[int, list[int]] = {}
    at_home = QueueMembership.objects.current().filter(agent__in=ids, kind=QueueMembership.Kind.HOME)
    for pk, queue in at_home.values_list("agent", "queue").order_by("queue"):
        homes.setdefault(pk, []).append(queue)
    in_hand = BackgroundWork.objects.filter(agent__in=ids, state=BackgroundWork.State.IN_HAND)
    for pk, ticket_due in in_hand.filter(ticket__due_at__isnull=False).values_list("agent", "ticket__due_at"):
        assert ticket_due is not None  # filtered
        due[pk] = min(due.get(pk, ticket_due), ticket_due)
    shielded = dict(in_hand.filter(undisturbed_until__isnull=False).values_list("agent", "undisturbed_until"))
    return {
        agent.pk: deciding.Lender(
            id=agent.pk,
            is_present=agent.activity.is_present and agent.activity.is_productive,
            is_on_loan=agent.pk in on_loan,
            is_with_customer=agent.work != Work.IDLE,
            focus_until=_latest(agent.focus_until, shielded.get(agent.pk)),
            next_due=_seconds(due.get(agent.pk)),
            at_risk=risks.get(agent.pk, 0),
            returned_at=_seconds(returned.get(agent.pk)),
            declined_at=_seconds(declined.get(agent.pk)),
            shift_ends_at=_seconds(agent.shift_ends_at),
            minutes_this_week=lent[agent.pk].minutes,
            team_minutes=means.get(agent.home_team_id, 0.0),
            disturbed_today=asked.get(agent.pk, 0),
            queues=tuple(homes.get(agent.pk, ())),
        )
        for agent in agents
    }


def _team_minutes(agents: Collection[Agent], at: datetime) -> dict[int, float]:
    """The mean minutes on loan of the agents of each of these agents' teams, in the seven days before."""
    teams: dict[int, list[int]] = {}
    mates = Agent.objects.working().filter(home_team__in={agent.home_team_id for agent in agents})
    for team, pk in mates.values_list("home_team", "pk"):
        teams.setdefault(team, []).append(pk)
    lent = ledger([pk for mates_of in teams.values() for pk in mates_of], at=at)
    return {team: sum(lent[pk].minutes for pk in mates_of) / len(mates_of) for team, mates_of in teams.items()}


def why_not(agent: Agent, *, into: Queue | None = None, rules: LendingRules = BY_HAND) -> NotLent | None:
    """Why this agent may not be asked now, for the queue `into`; None when he may."""
    at = clock.now()
    lender = lenders([agent], at=at)[agent.pk]
    running = lending.running_loans() if into is not None else set()
    return deciding.may_lend(lender, at.timestamp(), rules, into=into.pk if into else None, running=running)


def refusal_of(reason: NotLent, agent: Agent) -> str:
    """The reason as a sentence to the one who asks."""
    sentences = {
        NotLent.NOT_HERE: _("%(name)s is not at work now."),
        NotLent.ON_LOAN: _("%(name)s is asked or on loan already."),
        NotLent.WITH_CUSTOMER: _("%(name)s is with a customer."),
        NotLent.FOCUS: _("%(name)s can't be disturbed now."),
        NotLent.PROMISE_DUE: _("%(name)s has an answer to give within half an hour."),
        NotLent.COOLING_DOWN: _("%(name)s came back from a loan only minutes ago."),
        NotLent.AT_RISK: _("Too many tickets of %(name)s fall due within the hour."),
        NotLent.FAIR_SHARE: _("%(name)s has helped enough this week."),
        NotLent.OTHER_WAY: _("This queue helps out in the queue of %(name)s at the moment."),
        NotLent.END_OF_SHIFT: _("%(name)s goes home within a quarter of an hour."),
    }
    return sentences[reason] % {"name": agent}


def _seconds(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment is not None else None


def _latest(*moments: datetime | None) -> float | None:
    found = [moment.timestamp() for moment in moments if moment is not None]
    return max(found) if found else None


# --- asking and answering --------------------------------------------------------------------------------------------


def ask_loan(
    agent: Agent, *, into: Queue, by: User | None, consent: Consent = Consent.ASK, until: datetime | None = None
) -> Loan:
    """Asks the agent to help in the queue. Without consent he is coming at once; with a veto, unless he objects.

    `until`: returns by himself then. Raises Refused when he may not be asked, with the reason, or serves the queue.
    """
    with transaction.atomic():
        agent = states.lock_agent(agent)
        queue = lock_queue(into)
        at = clock.now()
        if not queue.is_active:
            raise Refused(_("The queue %(queue)s no longer works.") % {"queue": queue}, field="queue")
        if until is not None and until <= at:
            raise Refused(_("The end of the loan has to be in the future."), field="until")
        if QueueMembership.objects.current().filter(agent=agent, queue=queue).exists():
            raise Refused(_("%(name)s serves this queue anyway.") % {"name": agent}, field="queue")
        if (reason := why_not(agent, into=queue)) is not None:
            raise Refused(refusal_of(reason, agent), field="agent")
        loan = Loan.objects.create(
            agent=agent,
            queue=queue,
            consent=consent,
            asked_by=by,
            asked_at=at,
            answer_until=at + (VETO_WITHIN if consent == Consent.VETO else ANSWER_WITHIN),
            planned_until=until or at + LONGEST_LOAN,
            home_team=agent.home_team,
        )
        record(Verb.LOAN_ASKED, by=by, agent=agent, queue=queue, loan=loan, consent=consent)
        if consent == Consent.NONE:
            _accept(loan, agent, by=by, at=at)
    return loan


def accept_loan(loan: Loan, *, by: User | None) -> Loan:
    """The helper comes. Raises NotAllowed for anybody else, Refused when it is no longer asked."""
    with transaction.atomic():
        loan, agent = lock_loan(loan)
        _require_own(agent, by)
        _require(loan, State.ASKED)
        _accept(loan, agent, by=by, at=clock.now())
    return loan


def decline_loan(loan: Loan, *, by: User | None, reason: Reason = Reason.OTHER) -> Loan:
    """The helper can't, or objects. Raises as accepting does."""
    with transaction.atomic():
        loan, agent = lock_loan(loan)
        _require_own(agent, by)
        _require(loan, State.ASKED)
        end_loan(loan, agent, State.DECLINED, by=by, at=clock.now(), reason=reason)
    return loan


def cancel_loan(loan: Loan, *, by: User | None) -> Loan:
    """Called off before he served. Raises Refused when he serves already: then he is sent back."""
    with transaction.atomic():
        loan, agent = lock_loan(loan)
        _require(loan, State.ASKED, State.COMING)
        end_loan(loan, agent, State.CANCELLED, by=by, at=clock.now(), reason=Reason.BY_HAND)
    return loan


def _accept(loan: Loan, agent: Agent, *, by: User | None, at: datetime) -> None:
    loan.state, loan.accepted_at = State.COMING, at
    loan.save(update_fields=["state", "accepted_at"])
    record(Verb.LOAN_ACCEPTED, by=by, agent=agent, queue=loan.queue, loan=loan)


# --- serving ---------------------------------------------------------------------------------------------------------


def activate_loan(loan: Loan, *, by: User | None, place: str = "") -> Loan:
    """He is there: the ticket in hand is parked (`place`: where he was on its page), the queue joined, he is ready.

    Raises Refused when he has not accepted, or a contact is still with him.
    """
    with transaction.atomic():
        loan, agent = lock_loan(loan)
        _require(loan, State.COMING)
        if agent.work != Work.IDLE:
            raise Refused(_("The contact in hand comes first."))
        if not agent.activity.is_present:
            raise Refused(_("%(name)s is not at work now.") % {"name": agent})
        _activate(loan, agent, by=by, at=clock.now(), place=place)
    return loan


def _activate(loan: Loan, agent: Agent, *, by: User | None, at: datetime, place: str = "") -> None:
    memberships.join_queue(agent, queue=loan.queue, by=by, kind=QueueMembership.Kind.LOAN)
    work = background.ticket_in_hand(agent)
    if work is not None:
        lock_ticket(work.ticket)
        background.park(agent, work, by=by, reason=BackgroundWork.Reason.LOAN, at=at, place=place)
    loan.parked = work
    loan.activity_before = agent.activity
    loan.state, loan.active_at = State.ACTIVE, at
    loan.stay_until = at + timedelta(seconds=loan.queue.minimum_stay)
    loan.save(update_fields=["parked", "activity_before", "state", "active_at", "stay_until"])
    states.change_activity(agent, states.activity(Activity.READY), by=by, at=at, reason="loan")
    record(Verb.LOAN_ACTIVE, by=by, agent=agent, queue=loan.queue, loan=loan)
    routing.wake()


# --- returning -------------------------------------------------------------------------------------------------------


def return_agent(agent: Agent, *, by: User | None) -> Loan:
    """Sends the agent back from where he is on loan, now or after the contact. Raises Refused when he is on none."""
    loan = Loan.objects.filter(agent=agent, state__in=Loan.SERVING).first()
    if loan is None:
        raise Refused(_("%(name)s is not on loan.") % {"name": agent})
    return release_loan(loan, by=by, reason=Reason.BY_HAND)


def go_back(agent: Agent, *, by: User) -> Loan:
    """The helper returns of his own will, after the queue's shortest stay. Raises Refused before it."""
    loan = Loan.objects.filter(agent=agent, state__in=Loan.SERVING).first()
    if loan is not None and loan.stay_until is not None and clock.now() < loan.stay_until:
        raise Refused(_("The shortest stay is not over yet."))
    return return_agent(agent, by=by)


def release_loan(loan: Loan, *, by: User | None, reason: Reason) -> Loan:
    """He gets no more contacts from the queue and returns; with a contact in hand, after it.

    Raises Refused when he is not serving, or, unless a person says so or his shift ends, before the shortest stay.
    """
    with transaction.atomic():
        loan, agent = lock_loan(loan)
        if loan.state == State.RELEASING:
            return loan
        _require(loan, State.ACTIVE)
        at = clock.now()
        is_by_hand = by is not None or reason != Reason.CALM
        stay = loan.stay_until.timestamp() if loan.stay_until else None
        if not deciding.may_return(at.timestamp(), stay_until=stay, is_by_hand=is_by_hand):
            raise Refused(_("The shortest stay is not over yet."))
        if agent.work == Work.OFFERED:
            routing.take_back_offer(agent, by=by, at=at)
        memberships.leave_queue(agent, queue=loan.queue, by=by)
        loan.state, loan.releasing_at, loan.reason = State.RELEASING, at, reason
        loan.save(update_fields=["state", "releasing_at", "reason"])
        record(Verb.LOAN_RELEASING, by=by, agent=agent, queue=loan.queue, loan=loan, reason=reason)
        if agent.work == Work.IDLE:
            _return(loan, agent, by=by, at=at)
    return loan


def when_idle(agent: Agent, *, at: datetime) -> None:
    """No contact is in the way any more: what was waiting for that happens.

    The caller holds the agent's lock and has called `lock_way_back` before any lock on a contact.
    """
    loan = Loan.objects.select_related(*WITH).filter(agent=agent, state=State.RELEASING).first()
    if loan is not None:
        _return(loan, agent, by=None, at=at)
        return
    wish = agent.pending_activity
    if wish is not None and not wish.is_present:
        end_with_sign_out(agent, by=agent.pending_by, at=at)
    states.fulfil_wish(agent, at=at)


def lock_way_back(agent: Agent, *, also: Queue | None = None) -> None:
    """Locks the queue and the parked ticket of the agent's loan, if he is on one; after him, before any contact.

    `also`: another queue that the act needs; queues are locked in one order, or two acts would wait for each other.
    """
    loan = Loan.objects.open().select_related("parked__ticket").filter(agent=agent).first()
    queues = {loan.queue_id} if loan is not None else set()
    if also is not None:
        queues.add(also.pk)
    for key in sorted(queues):
        lock_queue(key)
    if loan is not None and loan.parked is not None:
        lock_ticket(loan.parked.ticket)


def end_with_sign_out(agent: Agent, *, by: User | None, at: datetime) -> None:
    """A loan ends when the agent signs out. The caller holds his lock, and no contact is with him."""
    loan = Loan.objects.open().select_related("queue").filter(agent=agent).first()
    if loan is None:
        return
    if loan.state in (State.ASKED, State.COMING):
        end_loan(loan, agent, State.CANCELLED, by=by, at=at, reason=Reason.SIGNED_OUT)
        return
    if loan.state == State.ACTIVE:
        memberships.leave_queue(agent, queue=loan.queue, by=by)
    end_loan(loan, agent, State.RETURNED, by=by, at=at, reason=Reason(loan.reason or Reason.SIGNED_OUT))


def _return(loan: Loan, agent: Agent, *, by: User | None, at: datetime) -> None:
    """Gives back activity, home queues and the parked ticket; a wish that he had meanwhile comes first."""
    before = loan.activity_before
    has_ticket = False
    if not states.fulfil_wish(agent, at=at) and before is not None and agent.activity.is_present:
        states.change_activity(agent, before, by=by, at=at, reason="returned")
    if agent.activity.is_recallable and loan.parked is not None:
        has_ticket = _take_up_again(loan.parked, by=by)
    if not agent.activity.is_present:
        loan.reason = loan.reason or Reason.SIGNED_OUT
    loan.is_way_back_taken = has_ticket
    loan.save(update_fields=["is_way_back_taken"])
    end_loan(loan, agent, State.RETURNED, by=by, at=at, reason=Reason(loan.reason))
    routing.wake()


def _take_up_again(parked: BackgroundWork, *, by: User | None) -> bool:
    """False when the ticket can't be resumed (closed, or in other hands): then it stays among his parked ones."""
    try:
        background.resume_ticket(parked, by=None)
    except Refused:
        return False
    return True


def end_loan(loan: Loan, agent: Agent, state: State, *, by: User | None, at: datetime, reason: Reason) -> None:
    loan.state, loan.ended_at, loan.reason = state, at, reason
    loan.save(update_fields=["state", "ended_at", "reason"])
    record(Verb.LOAN_ENDED, by=by, agent=agent, queue=loan.queue, loan=loan, how=state, reason=reason)


def lock_loan(loan: Loan) -> tuple[Loan, Agent]:
    """Agent and queue locked; the agent's lock guards his loans as well, so that a ticket may still be locked after."""
    agent = states.lock_agent(loan.agent_id)
    lock_queue(loan.queue_id)
    fresh = Loan.objects.select_related(*WITH).get(pk=loan.pk)
    return fresh, agent


def _require(loan: Loan, *states_: State) -> None:
    if loan.state not in states_:
        raise Refused(_("This loan is already: %(state)s.") % {"state": loan.get_state_display()})


def _require_own(agent: Agent, by: User | None) -> None:
    if by is not None and by.pk != agent.user_id:
        raise NotAllowed(_("Only the colleague who was asked can answer."))
