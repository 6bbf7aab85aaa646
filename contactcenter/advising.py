"""Advice on a queue's staff: made at every look, standing until settled, taken by a click or by itself, and measured.

One host decides for a queue at a time: its watch is locked, and looked at once in `LOOK_EVERY`. Settling locks in the
house's order: the agent, the queue, then the advice.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from contactcenter import advice_inputs, background, blending, clock, deciding, loans, permissions, pulling, reporting
from contactcenter.advice_inputs import Inputs, Lending, Seen
from contactcenter.blending import Blending
from contactcenter.log import Verb, record
from contactcenter.models import Advice, Agent, Loan, Queue, QueueWatch
from contactcenter.pulling import Decision, Memory, Move, Sight, Why
from contactcenter.service_levels import mean_wait_answered, service_level
from tickets.errors import NotAllowed, Refused
from tickets.models import User

State = Advice.State
Kind = Advice.Kind
Reason = Advice.Reason
Automation = Queue.Automation

LOOK_EVERY = timedelta(seconds=4)  # the timetable comes every five
STANDS_AT_LEAST = timedelta(seconds=60)  # nobody can read what vanishes at once
STANDS_FOR = timedelta(minutes=10)
QUIET_FOR = timedelta(minutes=10)  # after it was dismissed
HALF_HOUR = timedelta(minutes=30)
KINDS = {Move.PULL: Kind.PULL, Move.RELEASE: Kind.RELEASE, Move.RESERVE: Kind.RESERVE}


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What follows from the inputs: the decision, whom it concerns, and the memory for the next look."""

    decision: Decision
    agent: int | None
    memory: Memory


def conclude(inputs: Inputs) -> Conclusion:
    """The decision on these inputs. Pure: the same inputs give the same."""
    decision, memory = pulling.advise(
        inputs.sight, inputs.helpers, len(_recallable(inputs)), inputs.pulling, inputs.memory, now=inputs.now
    )
    agent = decision.agent
    if decision.move == Move.PULL:
        running = set(inputs.lending.running)
        fit = [
            one
            for one in inputs.lending.lenders
            if deciding.may_lend(one, inputs.now, inputs.rules, into=inputs.queue, running=running) is None
        ]
        agent = next((one.id for one in deciding.rank_lenders(fit)), None)
    elif decision.move == Move.RESERVE:
        agent = _recallable(inputs)[0].agent
    return Conclusion(decision, agent, memory)


def _recallable(inputs: Inputs) -> list[blending.InBackground]:
    """Who of the queue's own may be called back from a ticket, the least hurt first."""
    everybody = blending.Line(waiting=len(inputs.at_tickets), idle=0)
    return blending.recalls(everybody, inputs.at_tickets, inputs.blending, now=inputs.now)


def replay(advice: Advice) -> Conclusion:
    """The decision made again from what was stored with it."""
    return conclude(Inputs.from_json(advice.inputs))


# --- looking ---------------------------------------------------------------------------------------------------------


def advise_queues() -> int:
    """One look at every active queue that was not looked at just now. Returns how many pieces of advice were made."""
    _watch_new_queues()
    with transaction.atomic():
        at = clock.now()
        for closed in Advice.objects.standing().filter(queue__is_active=False).select_related("queue", "agent"):
            _settle_by_itself(closed, State.OVERTAKEN, Reason.CALM, at)
        due = QueueWatch.objects.filter(queue__is_active=True).filter(
            Q(looked_at__isnull=True) | Q(looked_at__lte=at - LOOK_EVERY)
        )
        watches = list(due.select_for_update(skip_locked=True, of=("self",)).select_related("queue").order_by("pk"))
        if not watches:
            return 0
        advice_inputs.measure(watches, at)
        seen = advice_inputs.read_sights(watches, at)
        standing = standing_advice(seen)
        quiet = _dismissed(seen, since=at - QUIET_FOR)
        # Nobody is to be asked for two queues at once.
        named = Advice.objects.standing().filter(agent__isnull=False)
        spoken_for: dict[int, int] = dict(named.values_list("agent", "queue"))
        made = 0
        for watch in watches:
            given = _look(watch, seen, standing.get(watch.queue_id), quiet, spoken_for, at)
            if given is not None:
                made += 1
                if given.agent_id:
                    spoken_for[given.agent_id] = given.queue_id
        QueueWatch.objects.bulk_update(
            watches,
            [
                "looked_at",
                "memory",
                "handling",
                "waiting",
                "gave_up",
                "measured_to",
                "calls_per_hour",
                "on_duty",
                "idle",
                "coming",
                "need",
            ],
        )
    return made


def _watch_new_queues() -> None:
    unwatched = Queue.objects.filter(is_active=True, watch__isnull=True).values_list("pk", flat=True)
    QueueWatch.objects.bulk_create([QueueWatch(queue_id=pk) for pk in list(unwatched)], ignore_conflicts=True)


def _look(
    watch: QueueWatch,
    seen: dict[int, Seen],
    standing: Advice | None,
    quiet: set[tuple[int, str]],
    spoken_for: dict[int, int],
    at: datetime,
) -> Advice | None:
    """Decides on one queue, whose watch the caller has locked. The new advice, if there is any."""
    one = seen[watch.queue_id]
    inputs = Inputs(
        now=at.timestamp(),
        queue=watch.queue_id,
        sight=one.sight,
        helpers=one.helpers,
        at_tickets=one.at_tickets,
        pulling=advice_inputs.pulling_of(watch.queue),
        memory=Memory(**watch.memory),
        lending=Lending(),
        rules=deciding.RULES,
        blending=Blending(),
    )
    found = conclude(inputs)
    if found.decision.move == Move.PULL:
        others = {agent for agent, queue in spoken_for.items() if queue != watch.queue_id}
        lending = advice_inputs.read_lending(watch.queue, seen, at, inputs.rules, but=others)
        inputs = replace(inputs, lending=lending)
        found = conclude(inputs)
    watch.memory = asdict(found.memory)
    watch.looked_at, watch.need = at, found.decision.need
    watch.calls_per_hour = one.sight.demand.calls_per_hour
    watch.on_duty, watch.idle, watch.coming = one.sight.on_duty, one.sight.idle, one.sight.coming
    kind = KINDS.get(found.decision.move)
    if standing is not None and not _gives_way(standing, kind, found, one.sight, at):
        return None
    if kind is None or (watch.queue_id, kind) in quiet:
        return None
    return give_advice(watch.queue, kind, inputs, found, at=at)


def _gives_way(standing: Advice, kind: Kind | None, found: Conclusion, sight: Sight, at: datetime) -> bool:
    """Whether the standing advice is over: too old, no longer needed, or replaced. Then it is settled here."""
    age = at - standing.made_at
    if age >= STANDS_FOR:
        return _settle_by_itself(standing, State.EXPIRED, "", at)
    if kind is not None:
        is_same = (standing.kind, standing.agent_id) == (kind, found.agent)
        return not is_same and _settle_by_itself(standing, State.OVERTAKEN, Reason.NEWER, at)
    decision = found.decision
    is_needed = decision.why not in (Why.ENOUGH, Why.LEAST_STAY) or decision.need > sight.on_duty + sight.coming
    if standing.kind == Kind.RELEASE:
        is_needed = decision.why in (Why.HOLDING, Why.SPARE)
    return not is_needed and age >= STANDS_AT_LEAST and _settle_by_itself(standing, State.OVERTAKEN, Reason.CALM, at)


def _settle_by_itself(advice: Advice, state: State, reason: str, at: datetime) -> bool:
    """False when somebody has settled it at this moment. Then his word stands."""
    settled = Advice.objects.standing().filter(pk=advice.pk).update(state=state, reason=reason, settled_at=at)
    if settled:
        record(Verb.ADVICE_SETTLED, by=None, queue=advice.queue, agent=advice.agent, advice=advice.pk, how=state.value)
    return bool(settled)


def give_advice(queue: Queue, kind: Kind, inputs: Inputs, found: Conclusion, *, at: datetime) -> Advice:
    """Writes down what was concluded. Within a transaction; none may stand on the queue."""
    advice = Advice.objects.create(
        queue=queue,
        kind=kind,
        automation=queue.automation,
        agent_id=found.agent,
        inputs=inputs.as_json(),
        decision={**asdict(found.decision), "agent": found.agent},
        expected=_expected(inputs, kind, found),
        made_at=at,
    )
    agent = Agent.objects.select_related("user").get(pk=found.agent) if found.agent else None
    record(
        Verb.ADVICE_MADE, by=None, queue=queue, agent=agent, advice=advice.pk, kind=kind.value, why=found.decision.why
    )
    return advice


def effect_of_one_more(queue: Queue) -> dict[str, Any]:
    """What one more agent is expected to bring to the queue as it is now; in the numbers that advice is given in."""
    watch = QueueWatch.objects.select_related("queue").filter(queue=queue).first() or QueueWatch(queue=queue)
    sight = advice_inputs.read_sights([watch], clock.now())[queue.pk].sight
    return _effect(sight, advice_inputs.pulling_of(queue), change=1)


def _expected(inputs: Inputs, kind: Kind, found: Conclusion) -> dict[str, Any]:
    risk = next((one.at_risk for one in inputs.lending.lenders if one.id == found.agent), 0)
    return _effect(inputs.sight, inputs.pulling, change=-1 if kind == Kind.RELEASE else 1, at_risk=risk)


def _effect(sight: Sight, rules: pulling.Pulling, *, change: int, at_risk: int = 0) -> dict[str, Any]:
    """The effect of the move by the model, in plain numbers: shares and seconds, None for a wait without end."""
    agents = max(sight.on_duty + sight.coming, 0)
    change = max(change, -agents)
    # Who waits already has to be answered too: as if they came within the half hour over which it is measured.
    calls = sight.demand.calls_per_hour + sight.waiting * (timedelta(hours=1) / HALF_HOUR)
    demand = replace(sight.demand, calls_per_hour=calls)
    effect = pulling.expected_effect(demand, agents, change=change, target=rules.target, at_risk=at_risk)
    return {
        "agents": agents,
        "change": change,
        "level_before": effect.before.service_level,
        "level_after": effect.after.service_level,
        "wait_before": _finite(effect.before.wait),
        "wait_after": _finite(effect.after.wait),
        "abandoned_before": effect.before.abandoned,
        "abandoned_after": effect.after.abandoned,
        "at_risk": effect.at_risk,
    }


def _finite(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) else None


def _dismissed(queues: Collection[int], *, since: datetime) -> set[tuple[int, str]]:
    """Queues and kinds of advice that somebody waved away since."""
    found = Advice.objects.filter(queue__in=queues, state=State.DISMISSED, settled_at__gt=since)
    return set(found.values_list("queue", "kind"))


# --- settling --------------------------------------------------------------------------------------------------------


def standing_advice(queue_ids: Iterable[int]) -> dict[int, Advice]:
    """The standing advice of these queues, by queue, in one query; its inputs are left for whoever asks for them."""
    found = Advice.objects.standing().filter(queue__in=list(queue_ids))
    return {one.queue_id: one for one in found.defer("inputs").select_related("queue", "agent__user")}


def take_advice(advice: Advice, *, by: User | None) -> Advice:
    """Does it: asks the helper, sends him back, or calls the agent back from his ticket.

    How the helper is asked is the queue's: a person's click asks, by itself it gives him time to object or none.
    Raises NotAllowed for whoever does not run the centre, Refused when it is settled already or can't be done.
    """
    if by is not None and not permissions.can_pull_in(by):
        raise NotAllowed(_("Only who runs the contact centre can do this."))
    if advice.automation == Automation.ALARM:
        raise Refused(_("This queue only raises the alarm. Pull somebody in yourself."))
    if advice.agent is None:
        raise Refused(_("Nobody can be asked at the moment."))
    with transaction.atomic():
        loan = _do(advice, advice.agent, by=by)
        _settle(advice, State.TAKEN, by=by, loan=loan)
    advice.refresh_from_db()
    return advice


def _do(advice: Advice, agent: Agent, *, by: User | None) -> Loan | None:
    if advice.kind == Kind.RESERVE:
        background.recall_agent(agent, by=by)
        return None
    if advice.kind == Kind.PULL:
        consent = Loan.Consent.ASK
        if by is None:
            consent = Loan.Consent.NONE if advice.automation == Automation.AUTOMATIC else Loan.Consent.VETO
        return loans.ask_loan(agent, into=advice.queue, by=by, consent=consent)
    loan = Loan.objects.filter(agent=agent, queue=advice.queue, state__in=Loan.SERVING).first()
    if loan is None:
        raise Refused(_("%(name)s is not on loan.") % {"name": agent})
    return loans.release_loan(loan, by=by, reason=Loan.Reason.CALM)


def dismiss_advice(advice: Advice, *, by: User, reason: str = Reason.WAIT) -> Advice:
    """Waves it away; the same is not advised for ten minutes. Raises as taking it does."""
    if not permissions.can_pull_in(by):
        raise NotAllowed(_("Only who runs the contact centre can do this."))
    if reason not in Advice.BY_PEOPLE:
        raise Refused(_("Say why."), field="reason")
    with transaction.atomic():
        _settle(advice, State.DISMISSED, by=by, reason=Reason(reason))
    advice.refresh_from_db()
    return advice


def _settle(
    advice: Advice, state: State, *, by: User | None, reason: Reason | None = None, loan: Loan | None = None
) -> None:
    fresh = (
        Advice.objects.select_for_update(no_key=True, of=("self",)).select_related("queue", "agent").get(pk=advice.pk)
    )
    if not fresh.is_standing:
        raise Refused(_("This advice is settled already: %(state)s.") % {"state": fresh.get_state_display()})
    fresh.state, fresh.settled_by, fresh.settled_at = state, by, clock.now()
    fresh.reason, fresh.loan = reason or "", loan
    fresh.save(update_fields=["state", "settled_by", "settled_at", "reason", "loan"])
    record(
        Verb.ADVICE_SETTLED,
        by=by,
        queue=fresh.queue,
        agent=fresh.agent,
        loan=loan,
        advice=fresh.pk,
        how=state.value,
        automation=fresh.automation,
    )


def act_on_advice() -> int:
    """Takes the standing advice of queues that act by themselves; what can't be done gives way. Returns how many."""
    acts = Advice.objects.standing().filter(automation__in=[Automation.ASK, Automation.AUTOMATIC], agent__isnull=False)
    done = 0
    for advice in list(acts.select_related("queue", "agent__user").order_by("pk")[:200]):
        try:
            take_advice(advice, by=None)
            done += 1
        except Refused:  # told by the state, and the next look finds somebody else
            with transaction.atomic():
                _settle_by_itself(advice, State.OVERTAKEN, Reason.REFUSED, clock.now())
    return done


# --- the real effect -------------------------------------------------------------------------------------------------


def measure_effects(limit: int = 50) -> int:
    """Adds to settled advice what the half hours before and after were in truth. Returns how many.

    Of what was dismissed too: so it is known what comes without it. The half hour begins when the helper arrived.
    """
    at = clock.now()
    ripe = Advice.objects.filter(
        state__in=[State.TAKEN, State.DISMISSED], effect__isnull=True, settled_at__lte=at - HALF_HOUR
    )
    measured = 0
    for advice in list(ripe.select_related("queue", "loan").order_by("settled_at")[:limit]):
        assert advice.settled_at is not None  # by constraint
        loan = advice.loan
        start = loan.active_at if advice.kind == Kind.PULL and loan and loan.active_at else advice.settled_at
        if start + HALF_HOUR > at:
            continue
        effect = {
            **_really(advice.queue, start - HALF_HOUR, start, "before"),
            **_really(advice.queue, start, start + HALF_HOUR, "after"),
        }
        measured += Advice.objects.filter(pk=advice.pk, effect__isnull=True).update(effect=effect)
    return measured


def _really(queue: Queue, start: datetime, end: datetime, when: str) -> dict[str, Any]:
    counts = reporting.total(queue.pk, start, end)
    return {
        f"level_{when}": service_level(counts, reporting.formula_of(queue)),
        f"wait_{when}": mean_wait_answered(counts),
        f"offered_{when}": counts.offered,
    }
