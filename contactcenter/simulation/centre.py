"""A queue on a virtual clock. What happens here are events; every decision is one of the product's rules."""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from contactcenter import blending as rules_of_blending
from contactcenter import pulling as rules_of_pulling
from contactcenter.blending import InBackground, Line
from contactcenter.deciding import Lender, LendingRules, may_lend, rank_lenders
from contactcenter.measuring import Measured, arrival_rate
from contactcenter.pulling import Helper, Memory, Move, Sight
from contactcenter.service_levels import Ending
from contactcenter.simulation.arrivals import Call, by_chance
from contactcenter.simulation.choosing import Choice, Free, InOrder, Waiting
from contactcenter.simulation.figures import Day
from contactcenter.simulation.scenario import Scenario
from contactcenter.waits import Estimate, estimate_wait

LOOK_EVERY = 5.0  # seconds between two looks of the pull-in rule, as in the product


class State(Enum):
    """Where an agent is. Wrap-up counts as contact."""

    OFF = auto()
    COMING = auto()
    IDLE = auto()
    CONTACT = auto()
    BACKGROUND = auto()
    RECALLED = auto()


@dataclass(slots=True)
class Agent(Free):
    """An agent of the queue or a helper."""

    state: State = State.OFF
    is_helper: bool = False
    since: float = 0.0
    asked_at: float = 0.0
    is_leaving: bool = False
    ticket_left: float = 0.0
    ticket_started: float = 0.0
    stint: int = 0  # an event of an earlier stint at tickets is void
    recalled_at: deque[float] = field(default_factory=lambda: deque(maxlen=60))
    loan_seconds: float = 0.0
    last_returned: float | None = None


@dataclass(slots=True)
class Contact(Waiting):
    """A call in the line."""

    call: Call = field(default_factory=lambda: Call(0, 0, 0))
    estimate: Estimate | None = None


class Centre:
    """One run of a scenario; `run` gives its record. The same seed gives the same day."""

    def __init__(
        self, scenario: Scenario, *, seed: int = 1, choice: Choice | None = None, calls: Iterator[Call] | None = None
    ) -> None:
        self.scenario = scenario
        self.choice: Choice = choice or InOrder()
        # Separate dice: what the agents do changes no call, so two policies see the same day.
        self._calls = by_chance(scenario, random.Random(seed)) if calls is None else calls  # noqa: S311
        self._dice = random.Random(-seed - 1)  # noqa: S311
        self.now = 0.0
        self.day = Day(scenario.length - scenario.warm_up, scenario.thresholds)
        self.waiting: list[Contact] = []
        self.agents = {shift.agent: Agent(shift.agent, 0.0) for shift in scenario.shifts}
        first = max(self.agents) + 1
        self.helpers = [Agent(first + number, 0.0, 2, is_helper=True) for number in range(scenario.helpers)]
        self.idle: list[Agent] = []
        self.on_contact = 0
        self.recalled = 0
        self.measured = Measured(scenario.handling, scenario.patience or 0.0, 1.0 if scenario.patience else 0.0)
        self.memory = Memory()
        self.enough_since: float | None = None
        self._entered: deque[float] = deque()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0

    # --- the clock -------------------------------------------------------------------------------------------------

    def run(self) -> Day:
        """Simulate the day from its start to its end."""
        for shift in self.scenario.shifts:
            agent = self.agents[shift.agent]
            self._at(shift.start, lambda agent=agent: self._start(agent))  # type: ignore[misc]
            if shift.end < self.scenario.length:
                self._at(shift.end, lambda agent=agent: self._leave(agent))  # type: ignore[misc]
        self._next_call()
        if self.scenario.pulling is not None or self.scenario.blending is not None:
            self._at(LOOK_EVERY, self._look)
        while self._events and self._events[0][0] < self.scenario.length:
            self.now, _, happen = heapq.heappop(self._events)
            happen()
        self._close()
        return self.day

    def _at(self, time: float, happen: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._events, (time, self._number, happen))

    def _spent(self, since: float) -> float:
        """Seconds from `since` to now that count."""
        return max(0.0, self.now - max(since, self.scenario.warm_up))

    def _close(self) -> None:
        """The end of the day: what is still going on is cut here."""
        self.now = self.scenario.length
        self.day.still_open = len(self.waiting)
        for agent in [*self.agents.values(), *self.helpers]:
            if agent.state == State.BACKGROUND:
                self.day.background += self._spent(agent.since)
            elif agent.state == State.CONTACT:
                self.day.at_contacts += self._spent(agent.since)
            if agent.is_helper and agent.state != State.OFF:
                self.day.helping += self._spent(agent.asked_at)

    # --- callers ---------------------------------------------------------------------------------------------------

    def _next_call(self) -> None:
        call = next(self._calls, None)
        if call is not None:
            self._at(call.at, lambda: self._enter(call))

    def _enter(self, call: Call) -> None:
        self._next_call()
        self._entered.append(self.now)
        self._number += 1
        contact = Contact(self._number, self.now, call.credit, call)
        if self.idle:
            agent = self.choice.agent_for(contact, self.idle, now=self.now)
            assert isinstance(agent, Agent)
            self.idle.remove(agent)
            self._connect(agent, contact)
            return
        contact.estimate = estimate_wait(
            len(self.waiting), agents=self.on_duty, handling=self.measured.handling, patience=self.measured.patience
        )
        self.waiting.append(contact)
        self._at(self.now + call.patience, lambda: self._give_up(contact))
        self._recall()

    def _give_up(self, contact: Contact) -> None:
        if contact in self.waiting:
            self.waiting.remove(contact)
            self._ended(contact, Ending.ABANDONED)

    def _ended(self, contact: Contact, ending: Ending) -> None:
        wait = self.now - contact.queued_at
        self.measured = self.measured.with_wait(wait, gave_up=ending == Ending.ABANDONED)
        if contact.queued_at < self.scenario.warm_up:
            return
        self.day.waits.append((contact.queued_at - self.scenario.warm_up, ending, wait))
        if contact.estimate is not None and ending == Ending.ANSWERED:
            self.day.errors = self.day.errors.plus(contact.estimate, wait)

    # --- agents ----------------------------------------------------------------------------------------------------

    @property
    def on_duty(self) -> int:
        """Agents who serve the queue now: free, at a contact, or on their way from a ticket."""
        return len(self.idle) + self.on_contact + self.recalled

    @property
    def line(self) -> Line:
        """What the rules of blending see."""
        return Line(len(self.waiting), len(self.idle), self.recalled)

    def _start(self, agent: Agent) -> None:
        agent.is_leaving = False
        if agent.state == State.OFF:
            self._free(agent)

    def _free(self, agent: Agent) -> None:
        """The agent can take a contact: one that waits, or he is idle."""
        if self.waiting:
            contact = self.choice.contact_for(agent, self.waiting, now=self.now)
            assert isinstance(contact, Contact)
            self.waiting.remove(contact)
            self._connect(agent, contact)
            return
        agent.state, agent.since, agent.idle_since = State.IDLE, self.now, self.now
        self.idle.append(agent)
        self._blend()

    def _connect(self, agent: Agent, contact: Contact) -> None:
        agent.state, agent.since = State.CONTACT, self.now
        self.on_contact += 1
        self._ended(contact, Ending.ANSWERED)
        self._at(self.now + contact.call.handling, lambda: self._finish(agent, contact))

    def _finish(self, agent: Agent, contact: Contact) -> None:
        self.on_contact -= 1
        self.day.at_contacts += self._spent(agent.since)
        self.measured = self.measured.with_handling(contact.call.handling)
        if agent.is_leaving:
            agent.state = State.OFF
        else:
            self._free(agent)

    def _leave(self, agent: Agent) -> None:
        """The shift ends: at once, or after the contact."""
        agent.is_leaving = True
        if agent.state == State.IDLE:
            self.idle.remove(agent)
        elif agent.state == State.BACKGROUND:
            self._stop_background(agent)
        elif agent.state == State.RECALLED:
            self.recalled -= 1
        if agent.state != State.CONTACT:
            agent.state = State.OFF

    # --- background work -------------------------------------------------------------------------------------------

    def _blend(self) -> None:
        """Send the agent who became idle last to tickets, if the rule proposes it."""
        blending = self.scenario.blending
        if blending is None:
            return
        propose, self.enough_since = rules_of_blending.should_propose_background(
            self.line, blending, enough_since=self.enough_since, now=self.now
        )
        if propose:
            agent = next((one for one in reversed(self.idle) if not one.is_helper), None)
            if agent is not None:
                self.idle.remove(agent)
                self._take_ticket(agent)

    def _take_ticket(self, agent: Agent) -> None:
        agent.state, agent.since, agent.ticket_started = State.BACKGROUND, self.now, self.now
        agent.stint += 1
        if agent.ticket_left <= 0:
            agent.ticket_left = self._dice.expovariate(1 / self.scenario.ticket)
        stint = agent.stint
        self._at(self.now + agent.ticket_left, lambda: self._ticket_done(agent, stint))

    def _ticket_done(self, agent: Agent, stint: int) -> None:
        blending = self.scenario.blending
        if agent.state != State.BACKGROUND or agent.stint != stint or blending is None:
            return
        self._stop_background(agent)
        agent.ticket_left = 0.0
        self.day.tickets += self.now >= self.scenario.warm_up
        if rules_of_blending.stays_in_background(self.line, blending):
            self._take_ticket(agent)
        else:
            self._free(agent)

    def _stop_background(self, agent: Agent) -> None:
        self.day.background += self._spent(agent.since)
        agent.ticket_left = max(0.0, agent.ticket_left - (self.now - agent.ticket_started))

    def _recall(self) -> None:
        blending = self.scenario.blending
        if blending is None or not blending.recall:
            return
        at_tickets = [
            InBackground(one.number, one.since, recalled_at=tuple(one.recalled_at))
            for one in self.agents.values()
            if one.state == State.BACKGROUND
        ]
        for chosen in rules_of_blending.recalls(self.line, at_tickets, blending, now=self.now):
            agent = self.agents[chosen.agent]
            self._stop_background(agent)
            agent.ticket_left += self.scenario.resume_cost
            agent.state, agent.since = State.RECALLED, self.now
            agent.recalled_at.append(self.now)
            self.recalled += 1
            self.day.recalls += self.now >= self.scenario.warm_up
            self._at(self.now + blending.recall_time, lambda agent=agent: self._back(agent))  # type: ignore[misc]

    def _back(self, agent: Agent) -> None:
        if agent.state == State.RECALLED:
            self.recalled -= 1
            self.day.recalled += self._spent(agent.since)
            self._free(agent)

    # --- helpers ---------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        self._at(self.now + LOOK_EVERY, self._look)
        self._blend()
        self._recall()
        pulling = self.scenario.pulling
        if pulling is None:
            return
        there = [one for one in self.helpers if one.state in (State.IDLE, State.CONTACT)]
        coming = sum(one.state == State.COMING for one in self.helpers)
        if self.now >= self.scenario.warm_up:
            self.day.staff.append((self.now - self.scenario.warm_up, self.on_duty, len(there)))
        sight = Sight(
            waiting=len(self.waiting),
            longest_wait=self.now - min((one.queued_at for one in self.waiting), default=self.now),
            idle=len(self.idle),
            on_duty=self.on_duty,
            coming=coming,
            helpers=len(there) + coming,
            demand=self.measured.demand(self._rate()),
        )
        helpers = [Helper(one.number, one.asked_at, one.state == State.IDLE) for one in there]
        decision, self.memory = rules_of_pulling.decide(sight, helpers, pulling, self.memory, now=self.now)
        if decision.move == Move.PULL:
            self._pull(pulling.cool_down)
        elif decision.move == Move.RELEASE:
            self._release(next(one for one in there if one.number == decision.agent))

    def _rate(self) -> float:
        while self._entered and self._entered[0] < self.now - self.scenario.window:
            self._entered.popleft()
        planned = self.scenario.planned
        if planned is None:
            planned = next(r.calls_per_hour for r in reversed(self.scenario.rates) if r.start <= self.now)
        return arrival_rate(self._entered, now=self.now, window=self.scenario.window, opened_at=0.0, profile=planned)

    def _pull(self, cool_down: float) -> None:
        rules = LendingRules(cool_down=cool_down, free_minutes=math.inf)
        away = [
            Lender(one.number, one.level, minutes_this_week=one.loan_seconds / 60, returned_at=one.last_returned)
            for one in self.helpers
            if one.state == State.OFF
        ]
        ranked = rank_lenders(one for one in away if may_lend(one, self.now, rules) is None)
        if not ranked:
            return
        agent = next(one for one in self.helpers if one.number == ranked[0].id)
        agent.state, agent.asked_at = State.COMING, self.now
        self.day.pulls.append(self.now)
        self._at(self.now + self.scenario.set_up, lambda: self._free(agent))

    def _release(self, agent: Agent) -> None:
        self.idle.remove(agent)
        agent.state, agent.last_returned = State.OFF, self.now
        agent.loan_seconds += self.now - agent.asked_at
        self.day.releases.append(self.now)
        self.day.helping += self._spent(agent.asked_at)


def simulate(scenario: Scenario, *, seeds: range, choice: Choice | None = None) -> list[Day]:
    """A day for each seed."""
    return [Centre(scenario, seed=seed, choice=choice).run() for seed in seeds]
