"""Plays the day: everybody signs in, calls come, are taken or given up, somebody is lent; each act by its room."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contactcenter import (
    activities,
    background,
    callbacks,
    clock,
    contacts,
    deciding,
    loans,
    memberships,
    queues,
    routing,
    states,
    wrap_ups,
)
from contactcenter.demo import cast
from contactcenter.demo.cast import Call
from contactcenter.models import Agent, Contact, Offer, Queue
from contactcenter.results import Disposition
from tickets.demo.clock import stopped_at
from tickets.demo.play import Stage
from tickets.models import Status, Ticket

SET_UP_BEFORE = timedelta(days=39)
RINGS = 6  # seconds until an offer is taken
SEED = 17  # the same day in every demo
DISPOSITIONS = (Disposition.SOLVED, Disposition.SOLVED, Disposition.TICKET, Disposition.CALLBACK)


@dataclass(slots=True)
class Floor:
    """The queues and agents by their keys, and what is still to happen: when, and what."""

    stage: Stage
    queues: dict[str, Queue] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    acts: list[tuple[datetime, int, Callable[[], object]]] = field(default_factory=list)

    def at(self, moment: datetime, act: Callable[[], object]) -> None:
        self.acts.append((moment, len(self.acts), act))

    def before(self, *, minutes: float = 0, seconds: float = 0) -> datetime:
        return self.stage.now - timedelta(minutes=minutes, seconds=seconds)


def plant_day(stage: Stage) -> None:
    """Queues and agents were set up weeks ago; the day began some hours ago and goes on now."""
    floor = Floor(stage)
    with _moment(stage.now - SET_UP_BEFORE):
        _set_up(floor)
    chance = random.Random(SEED)  # noqa: S311 (a demo, no secret)
    for key, seat in cast.SEATS.items():
        _plan_agent(floor, key, seat, chance)
    _plan_line(floor)
    _plan_loan(floor)
    for moment, _number, act in sorted(floor.acts, key=lambda one: one[:2]):
        with _moment(moment):
            act()
    # They signed in by their phones: a page that nobody has open would be missed within a minute.
    Agent.objects.filter(pk__in=[agent.pk for agent in floor.agents.values()]).update(heartbeat_at=None)


@contextmanager
def _moment(moment: datetime) -> Iterator[None]:
    """Both clocks, the house's and the centre's, stand there."""
    with stopped_at(moment), clock.stopped_at(moment):
        yield


def _set_up(floor: Floor) -> None:
    people, teams = floor.stage.people, floor.stage.teams
    root = people["root"]
    for key, (name, team, rules) in cast.QUEUES.items():
        floor.queues[key] = queues.add_queue(name, team=teams[team], by=root, delays={2: 45}, **rules)
    for key, seat in cast.SEATS.items():
        home = teams[floor_team(key)]
        floor.agents[key] = states.add_agent(
            people[key], home_team=home, by=root, extension=seat.extension, is_supervisor=seat.is_supervisor
        )
        for queue, level in seat.serves:
            memberships.join_queue(floor.agents[key], queue=floor.queues[queue], by=root, level=level)


def floor_team(key: str) -> str:
    """The home team of this colleague: the first that he is in."""
    from tickets.demo.people import COLLEAGUES

    return next(iter(COLLEAGUES[key].teams))


# --- an agent's day --------------------------------------------------------------------------------------------------


def _plan_agent(floor: Floor, key: str, seat: cast.Seat, chance: random.Random) -> None:
    agent = floor.agents[key]
    ends = [minutes for minutes, _code in seat.plan[1:]] + [0]
    for (minutes, code), end in zip(seat.plan, ends, strict=True):
        floor.at(floor.before(minutes=minutes), _does(agent, code))
        if code == "ready" and seat.line:
            last = floor.before(minutes=end, seconds=seat.now.talks + 60 if seat.now and not end else 5)
            _plan_calls(floor, key, seat.line, floor.before(minutes=minutes), last, chance)
        if code == "background":
            floor.at(floor.before(minutes=minutes - 1), _takes_ticket(agent))
    if seat.now is not None:
        _plan_call(floor, key, seat.now, floor.before(seconds=seat.now.talks), is_over=None)


def _does(agent: Agent, code: str) -> Callable[[], object]:
    return lambda: activities.set_activity(agent, to=states.activity(code), by=agent.user)


def _takes_ticket(agent: Agent) -> Callable[[], object]:
    def take() -> None:
        ticket = background.next_ticket(agent)
        if ticket is not None:
            background.take_ticket(agent, ticket=ticket, by=agent.user)

    return take


def _plan_calls(floor: Floor, key: str, line: str, start: datetime, last: datetime, chance: random.Random) -> None:
    """Calls of a ready stretch, one after the other, each over before the stretch is."""
    moment = start + timedelta(seconds=chance.uniform(60, 500))
    while True:
        talks, wraps = round(chance.triangular(70, 560, 190)), round(chance.uniform(12, 42))
        if moment + timedelta(seconds=talks + wraps) >= last:
            return
        customer = chance.choice(cast.CALLERS) if chance.random() < 0.7 else ""
        number = "" if customer else chance.choice(cast.STRANGERS)
        waited = round(chance.expovariate(1 / 16)) + RINGS + 1
        call = Call(line, talks, waited, customer, number)
        _plan_call(floor, key, call, moment, is_over=wraps, disposition=chance.choice(DISPOSITIONS))
        moment += timedelta(seconds=talks + wraps + chance.uniform(500, 2300))


def _plan_call(
    floor: Floor,
    key: str,
    call: Call,
    answered: datetime,
    *,
    is_over: int | None,
    disposition: Disposition = Disposition.SOLVED,
) -> None:
    """A call that this agent takes; `is_over`: seconds of wrap-up, None while he is still on the line."""
    agent, queue = floor.agents[key], floor.queues[call.queue]
    made: list[Contact] = []
    floor.at(answered - timedelta(seconds=call.waited), lambda: made.append(_comes(floor, call, queue)))
    floor.at(answered - timedelta(seconds=RINGS), lambda: _offer(made[0], agent, queue))
    floor.at(answered, lambda: routing.accept_offer(Offer.objects.get(contact=made[0], state="pending"), by=agent.user))
    if is_over is None:
        return
    ended = answered + timedelta(seconds=call.talks)
    floor.at(ended, lambda: contacts.hang_up(made[0], by=agent.user))

    def wrap_up() -> None:
        ticket = _ticket_of(made[0]) if disposition == Disposition.TICKET else None
        said = disposition if ticket is not None or disposition != Disposition.TICKET else Disposition.SOLVED
        wrap_ups.write_wrap_up(made[0], by=agent.user, ticket=ticket, disposition=said)
        wrap_ups.finish_wrap_up(agent, by=agent.user)

    floor.at(ended + timedelta(seconds=is_over), wrap_up)


def _comes(floor: Floor, call: Call, queue: Queue) -> Contact:
    customer = floor.stage.people[call.customer] if call.customer else None
    number = call.number or (customer.phone if customer is not None else "")
    made = contacts.open_contact(Contact.Channel.CALL, by=None, customer=customer, number=number)
    return contacts.receive_contact(made, queue=queue, by=None)


def _offer(contact: Contact, agent: Agent, queue: Queue) -> None:
    choice = deciding.Choice(contact=contact.pk, agent=agent.pk, queue=queue.pk, level=1)
    if routing.offer_contact(choice, skip_locked=False) is not routing.Try.MADE:
        raise LookupError(f"{agent} could not take the call {contact.pk} of {queue}")


def _ticket_of(contact: Contact) -> Ticket | None:
    found = Ticket.objects.open().filter(customer=contact.customer, opened_at__lte=clock.now())
    return found.order_by("-opened_at").first() if contact.customer_id else None


# --- the line, and the loan ------------------------------------------------------------------------------------------


def _plan_line(floor: Floor) -> None:
    """Who waits, who gave up, and who is to be called back."""
    for key, seconds, customer, number in cast.WAITING:
        call = Call(key, 0, seconds, customer, number)
        floor.at(floor.before(seconds=seconds), _waits(floor, call))
    for key, minutes, waited in cast.GAVE_UP:
        _plan_loss(floor, Call(key, 0, waited, "", cast.STRANGERS[minutes % len(cast.STRANGERS)]), minutes)
    for key, minutes, customer in cast.CALLBACKS:
        floor.at(floor.before(minutes=minutes), _asks_callback(floor, Call(key, 0, 0, customer, "+36 30 555 0170")))


def _plan_loss(floor: Floor, call: Call, minutes: int) -> None:
    """Somebody comes, waits and hangs up."""
    made: list[Contact] = []
    floor.at(floor.before(minutes=minutes), lambda: made.append(_waits(floor, call)()))
    floor.at(floor.before(minutes=minutes, seconds=-call.waited), lambda: contacts.hang_up(made[0], by=None))


def _asks_callback(floor: Floor, call: Call) -> Callable[[], object]:
    return lambda: callbacks.ask_callback(_waits(floor, call)(), by=None)


def _waits(floor: Floor, call: Call) -> Callable[[], Contact]:
    return lambda: _comes(floor, call, floor.queues[call.queue])


def _plan_loan(floor: Floor) -> None:
    """The supervisor asks a colleague in background work to help; he takes a call there at once."""
    agent, queue, supervisor = floor.agents[cast.HELPER], floor.queues[cast.HELPS], floor.stage.people["cora"]

    def ask() -> None:
        _take_undue(agent)
        loan = loans.ask_loan(agent, into=queue, by=supervisor, until=floor.stage.now + timedelta(minutes=55))
        loan = loans.accept_loan(loan, by=agent.user)
        loans.activate_loan(loan, by=agent.user)

    floor.at(floor.before(minutes=cast.LENT), ask)
    call = cast.HELPERS_CALL
    _plan_call(floor, cast.HELPER, call, floor.before(seconds=call.talks), is_over=None)


def _take_undue(agent: Agent) -> None:
    """What is nearly due keeps its agent: before the loan he has a ticket in hand that is not."""
    if background.ticket_in_hand(agent) is not None:
        background.leave_ticket(agent, by=agent.user, is_done=True)
    waits = Ticket.objects.worked_by(agent.user).open().filter(due_at=None, status__waits_for=Status.WaitsFor.US)
    ticket = waits.filter(background_work=None, opened_at__lte=clock.now()).order_by("opened_at").first()
    if ticket is not None:
        background.take_ticket(agent, ticket=ticket, by=agent.user)
