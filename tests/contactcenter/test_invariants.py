"""Whatever happens in whatever order: the centre's promises hold after every step."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contactcenter import (
    activities,
    background,
    callbacks,
    contacts,
    devices,
    loan_clocks,
    loans,
    routing,
    wrap_ups,
)
from contactcenter.models import Agent, Contact, Loan, Offer, Queue, QueueMembership, Work
from tests import make
from tests.contactcenter import centre
from tickets.errors import Refused
from tickets.models import Team

pytestmark = pytest.mark.django_db

ACTS = (
    "call", "chat", "accept", "reject", "hang_up", "hold", "resume", "finish", "activity", "sign_out", "callback",
    "reach", "miss", "transfer", "ask", "answer", "arrive", "return", "take", "park", "beat", "later", "much_later",
)  # fmt: skip


class Play:
    """Two queues, three agents, and a clock; each step is one act on something chosen by number."""

    def __init__(self, team: Team, clock: centre.Clock) -> None:
        self.clock = clock
        self.queues = [
            centre.queue("Egy", team=team, longest_wait=600, callback_tries=2, most_waiting=4, when_full="callback"),
            centre.queue("Kettő", team=team, wrap_up_seconds=0, minimum_stay=60),
        ]
        self.agents = [centre.agent(team=team, serves=queue) for queue in (self.queues[0], *self.queues)]
        for _number in range(2):
            make.ticket(team=team)

    def step(self, act: str, number: int) -> None:
        agent = Agent.objects.order_by("pk")[number % 3]
        queue = self.queues[number % 2]
        acts: dict[str, Callable[[], object]] = {
            "call": lambda: centre.call(queue),
            "chat": lambda: self._chat(queue),
            "accept": lambda: self._with(Offer.objects.filter(state="pending"), number, routing.accept_offer),
            "reject": lambda: self._with(Offer.objects.filter(state="pending"), number, routing.reject_offer),
            "hang_up": lambda: self._with(Contact.objects.exclude(state="closed"), number, contacts.hang_up),
            "hold": lambda: self._with(Contact.objects.filter(state="connected"), number, contacts.hold_contact),
            "resume": lambda: self._with(Contact.objects.filter(state="held"), number, contacts.resume_contact),
            "finish": lambda: wrap_ups.finish_wrap_up(agent, by=None),
            "activity": lambda: activities.set_activity(
                agent, to=centre.activity(("ready", "background", "break")[number % 3]), by=agent.user
            ),
            "sign_out": lambda: activities.sign_out(agent, by=None),
            "callback": lambda: self._with(Contact.objects.filter(state="queued"), number, callbacks.ask_callback),
            "reach": lambda: self._with(Contact.objects.filter(state="dialling"), number, callbacks.reach_person),
            "miss": lambda: self._with(Contact.objects.filter(state="dialling"), number, callbacks.miss_person),
            "transfer": lambda: self._with(
                Contact.objects.filter(state="connected"),
                number,
                lambda one, by: contacts.transfer_contact(one, to=queue, by=by),
            ),
            "ask": lambda: loans.ask_loan(agent, into=queue, by=None, consent=list(Loan.Consent)[number % 3]),
            "answer": lambda: self._with(Loan.objects.filter(state="asked"), number, loans.accept_loan),
            "arrive": lambda: self._with(Loan.objects.filter(state="coming"), number, loans.activate_loan),
            "return": lambda: loans.return_agent(agent, by=None),
            "take": lambda: self._take(agent),
            "park": lambda: background.park_ticket(agent, by=None),
            "beat": lambda: devices.heartbeat(agent),
            "later": lambda: self.time(20),
            "much_later": lambda: self.time(400),
        }
        with contextlib.suppress(Refused):  # it has changed nothing: the promises are asked below
            acts[act]()
        routing.dispatch()

    def time(self, seconds: int) -> None:
        """Time passes and the timetable runs."""
        self.clock.on(seconds=seconds)
        routing.expire_offers()
        wrap_ups.end_wrap_ups()
        devices.lose_devices()
        background.expire_recalls()
        loan_clocks.settle_loans()
        callbacks.retry_callbacks()
        contacts.time_out_waiting()

    def _chat(self, queue: Queue) -> None:
        chat = contacts.open_contact(Contact.Channel.CHAT, by=None)
        contacts.receive_contact(chat, queue=queue, by=None)

    def _take(self, agent: Agent) -> None:
        ticket = background.next_ticket(agent)
        if ticket is not None:
            background.take_ticket(agent, ticket=ticket, by=None)

    def _with(self, found: object, number: int, act: Callable[..., object]) -> None:
        rows = list(found.order_by("pk"))  # type: ignore[attr-defined]
        if rows:
            act(rows[number % len(rows)], by=None)


def check() -> None:
    """The promises, asked of the rows themselves."""
    with connection.cursor() as cursor:
        for table in ("activityinterval", "workinterval"):
            cursor.execute(
                f"""
                SELECT count(*) FROM (
                    SELECT agent_id, count(*) FILTER (WHERE upper_inf(during)) AS open,
                           bool_and(upper(during) IS NOT DISTINCT FROM next) AS seamless
                    FROM (SELECT agent_id, during, lead(lower(during)) OVER (PARTITION BY agent_id ORDER BY during)
                          AS next FROM contactcenter_{table}) AS followed GROUP BY agent_id
                ) AS each WHERE open <> 1 OR NOT seamless
                """
            )
            assert cursor.fetchone() == (0,), f"{table}: an interval is missing, doubled or left open"
    for agent in Agent.objects.all():
        work = agent.work_intervals.get(during__upper_inf=True)
        assert work.work == agent.work
        assert agent.activity_intervals.get(during__upper_inf=True).activity_id == agent.activity_id
        with_him = Contact.objects.filter(agent=agent, state__in=Contact.WITH_AGENT)
        assert with_him.count() <= 1
        assert (agent.work == Work.OFFERED) is Offer.objects.filter(agent=agent, state="pending").exists()
        assert with_him.exclude(state="wrap_up").exists() is (agent.work in (Work.CONNECTED, Work.HELD))
        if agent.work == Work.IDLE:
            assert agent.pending_activity is None
        on_loan = QueueMembership.objects.current().filter(agent=agent, kind="loan").exists()
        assert on_loan is Loan.objects.filter(agent=agent, state="active").exists()
    for contact in Contact.objects.all():
        assert contact.offers.filter(state="pending").exists() is (contact.state == "offered")
        open_segments = contact.segments.filter(left_at=None).count()
        assert open_segments == (1 if contact.state in ("queued", "offered", "dialling", "connected", "held") else 0)
        assert bool(contact.outcome) is contact.is_over
    assert routing.read_choices() == [], "something waits beside a fit free agent"


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 11)), min_size=10, max_size=40))
def test_the_promises_hold_after_every_step(db: None, steps: list[tuple[str, int]]) -> None:
    with transaction.atomic(), centre.clock_at() as clock:
        play = Play(make.team(), clock)
        for act, number in steps:
            play.step(act, number)
            check()
        # In the end everybody goes home: no loan stays open, and no contact is lost on the way.
        for agent in Agent.objects.all():
            activities.set_shift_end(agent, ends_at=clock.moment + timedelta(seconds=1), by=None)
        for contact in Contact.objects.exclude(state="closed"):
            contacts.hang_up(contact, by=None)
        for _round in range(4):
            play.time(400)
        for agent in Agent.objects.all():
            activities.sign_out(agent, by=None)
        check()
        assert not Loan.objects.open().exists()
        transaction.set_rollback(True)
