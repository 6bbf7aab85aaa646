"""Advice: made when it is needed, kept with its inputs, settled once, measured afterwards."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.db.models import F

from contactcenter import activities, advising, contacts, loans, states, wrap_ups
from contactcenter.advice_inputs import Inputs
from contactcenter.models import (
    Activity,
    Advice,
    Agent,
    CentreEvent,
    Loan,
    Queue,
    QueueWatch,
)
from contactcenter.pulling import Move, Why
from tests import make
from tests.contactcenter import centre
from tests.contactcenter.centre import Clock, clock_at
from tickets import promises
from tickets.errors import NotAllowed, Refused
from tickets.models import Promise, Team, User

State = Advice.State
Automation = Queue.Automation


@pytest.fixture
def boss(helpdesk: Team) -> User:
    agent = centre.agent("Bea", team=helpdesk, signed_in=False)
    Agent.objects.filter(pk=agent.pk).update(is_supervisor=True)
    return agent.user


def helper(name: str, team: Team) -> Agent:
    """Somebody in background work, who serves no queue."""
    made = centre.agent(name, team=team)
    activities.set_activity(made, to=states.activity(Activity.BACKGROUND), by=None)
    return centre.fresh(made)


def crowd(queue: Queue, count: int = 3) -> None:
    for _number in range(count):
        centre.call(queue)


def look(time: Clock) -> int:
    time.on(seconds=5)
    return advising.advise_queues()


def overloaded(team: Team, time: Clock, **rules: Any) -> tuple[Queue, Agent]:
    """A queue with one agent, who is busy, and three callers who have waited for more than a minute; and a helper."""
    queue = centre.queue(team=team, created_at=time.moment - timedelta(days=1), **rules)
    centre.agent("Otto", team=team, serves=queue)
    asked = helper("Hanna", team)
    centre.answered(centre.call(queue))
    crowd(queue)
    time.on(seconds=61)
    return queue, asked


def test_a_long_line_is_advised_on_once_with_whom_to_ask_and_what_it_brings(helpdesk: Team) -> None:
    with clock_at() as time:
        queue, asked = overloaded(helpdesk, time)
        assert look(time) == 1
        advice = advising.standing_advice([queue.pk])[queue.pk]
        assert (advice.kind, advice.agent, advice.automation) == (Advice.Kind.PULL, asked, Automation.SUGGEST)
        assert advice.decision["why"] == Why.LONG_WAIT
        assert advice.expected["agents"] == 1
        assert advice.expected["level_after"] > advice.expected["level_before"]
        assert advice.expected["wait_after"] < advice.expected["wait_before"]
        for _again in range(20):
            assert look(time) == 0
        assert list(advising.standing_advice([queue.pk]).values()) == [advice]
        assert Loan.objects.count() == 0
        assert CentreEvent.objects.filter(verb="advice_made").count() == 1


def test_a_look_just_after_another_decides_nothing(helpdesk: Team) -> None:
    with clock_at() as time:
        queue, _asked = overloaded(helpdesk, time)
        advising.advise_queues()
        before = QueueWatch.objects.get(queue=queue).looked_at
        time.on(seconds=3)
        advising.advise_queues()
        assert QueueWatch.objects.get(queue=queue).looked_at == before
        time.on(seconds=1)
        advising.advise_queues()
        assert QueueWatch.objects.get(queue=queue).looked_at == time.moment


def test_stored_inputs_give_the_same_decision(helpdesk: Team) -> None:
    with clock_at() as time:
        _queue, asked = overloaded(helpdesk, time)
        helper("Hugo", helpdesk)
        look(time)
        advice = Advice.objects.get()
        again = advising.replay(Advice.objects.get())
        assert (again.decision.move, again.decision.why, again.agent) == (Move.PULL, Why.LONG_WAIT, asked.pk)
        assert again.decision.need == advice.decision["need"]
        read_back = json.dumps(Inputs.from_json(advice.inputs).as_json(), sort_keys=True)
        assert read_back == json.dumps(advice.inputs, sort_keys=True)
        changed = {**advice.inputs, "sight": {**advice.inputs["sight"], "waiting": 0, "longest_wait": 0}}
        assert advising.replay(Advice(inputs=changed)).decision.move == Move.STAY


def test_the_queues_own_people_at_tickets_are_called_back_first(helpdesk: Team, boss: User) -> None:
    with clock_at() as time:
        queue, _asked = overloaded(helpdesk, time)
        own = centre.agent("Petra", team=helpdesk, serves=queue, signed_in=False)
        activities.set_activity(activities.sign_in(own, by=None), to=states.activity(Activity.BACKGROUND), by=None)
        assert look(time) == 1
        advice = Advice.objects.get()
        assert (advice.kind, advice.agent) == (Advice.Kind.RESERVE, own)
        assert advising.replay(advice).agent == own.pk
        advising.take_advice(advice, by=boss)
        assert centre.fresh(own).recall_until is not None
        assert advice.state == State.TAKEN


def test_taking_it_asks_the_helper(helpdesk: Team, boss: User) -> None:
    with clock_at() as time:
        _queue, asked = overloaded(helpdesk, time)
        look(time)
        advice = advising.take_advice(Advice.objects.get(), by=boss)
        assert (advice.state, advice.settled_by) == (State.TAKEN, boss)
        loan = Loan.objects.get()
        assert (loan.agent, loan.state, loan.consent, loan.asked_by) == (asked, "asked", "ask", boss)
        assert advice.loan == loan
        with pytest.raises(Refused):
            advising.dismiss_advice(advice, by=boss)


def test_only_who_runs_the_centre_settles_it(helpdesk: Team, anna: User) -> None:
    with clock_at() as time:
        _queue, asked = overloaded(helpdesk, time)
        look(time)
        advice = Advice.objects.get()
        for nobody in (anna, asked.user):
            with pytest.raises(NotAllowed):
                advising.take_advice(advice, by=nobody)
            with pytest.raises(NotAllowed):
                advising.dismiss_advice(advice, by=nobody)
        assert Advice.objects.standing().count() == 1


def test_a_refused_loan_leaves_the_advice_standing(helpdesk: Team, boss: User) -> None:
    with clock_at() as time:
        _queue, asked = overloaded(helpdesk, time)
        look(time)
        activities.sign_out(asked, by=None)
        with pytest.raises(Refused):
            advising.take_advice(Advice.objects.get(), by=boss)
        assert Advice.objects.standing().count() == 1
        assert Loan.objects.count() == 0


def test_dismissed_advice_keeps_its_reason_and_is_quiet_for_ten_minutes(helpdesk: Team, boss: User) -> None:
    with clock_at() as time:
        _queue, _asked = overloaded(helpdesk, time)
        look(time)
        advice = advising.dismiss_advice(Advice.objects.get(), by=boss, reason=Advice.Reason.PERSON)
        assert (advice.state, advice.reason) == (State.DISMISSED, "person")
        time.on(minutes=9)
        assert look(time) == 0
        time.on(minutes=1)
        assert look(time) + look(time) == 1


def test_advice_that_nobody_needs_any_more_is_overtaken_after_a_minute(helpdesk: Team) -> None:
    with clock_at() as time:
        queue, _asked = overloaded(helpdesk, time, answer_within=300, target_percent=50)  # one agent is enough
        look(time)
        for contact in list(queue.contacts.filter(state="queued")):
            contacts.hang_up(contact, by=None)
        look(time)
        assert Advice.objects.get().state == State.STANDING
        time.on(seconds=60)
        look(time)
        advice = Advice.objects.get()
        assert (advice.state, advice.reason) == (State.OVERTAKEN, "calm")


def test_advice_on_a_queue_that_works_no_longer_ends(helpdesk: Team) -> None:
    with clock_at() as time:
        queue, _asked = overloaded(helpdesk, time)
        look(time)
        Queue.objects.filter(pk=queue.pk).update(is_active=False)
        look(time)
        assert Advice.objects.get().state == State.OVERTAKEN


def test_unanswered_advice_expires(helpdesk: Team) -> None:
    with clock_at() as time:
        overloaded(helpdesk, time)
        look(time)
        time.on(minutes=10)
        assert look(time) == 1
        assert [one.state for one in Advice.objects.all()] == [State.STANDING, State.EXPIRED]


@pytest.mark.parametrize(
    ("automation", "consent", "state"),
    [(Automation.ASK, "veto", "asked"), (Automation.AUTOMATIC, "none", "coming")],
)
def test_a_queue_that_acts_by_itself_says_so(helpdesk: Team, automation: int, consent: str, state: str) -> None:
    with clock_at() as time:
        _queue, asked = overloaded(helpdesk, time, automation=automation)
        look(time)
        assert advising.act_on_advice() == 1
        loan = Loan.objects.get()
        assert (loan.agent, loan.consent, loan.state, loan.asked_by) == (asked, consent, state, None)
        assert Advice.objects.get().state == State.TAKEN
        settled = CentreEvent.objects.get(verb="advice_settled")
        assert (settled.by, settled.data["automation"], settled.data["how"]) == (None, automation, "taken")
        assert advising.act_on_advice() == 0


def test_a_queue_that_suggests_does_nothing_by_itself(helpdesk: Team) -> None:
    with clock_at() as time:
        overloaded(helpdesk, time)
        look(time)
        assert advising.act_on_advice() == 0
        assert Loan.objects.count() == 0


def test_an_alarm_only_tells(helpdesk: Team, boss: User) -> None:
    with clock_at() as time:
        overloaded(helpdesk, time, automation=Automation.ALARM)
        look(time)
        advice = Advice.objects.get()
        assert not advice.can_be_taken
        with pytest.raises(Refused):
            advising.take_advice(advice, by=boss)
        assert advising.act_on_advice() == 0


def test_what_cannot_be_done_by_itself_gives_way(helpdesk: Team) -> None:
    with clock_at() as time:
        _queue, asked = overloaded(helpdesk, time, automation=Automation.AUTOMATIC)
        look(time)
        activities.sign_out(asked, by=None)
        assert advising.act_on_advice() == 0
        advice = Advice.objects.get()
        assert (advice.state, advice.reason) == (State.OVERTAKEN, "refused")


def test_nobody_is_advised_whose_promise_is_due_and_the_reason_is_kept(helpdesk: Team) -> None:
    with clock_at() as time:
        _queue, asked = overloaded(helpdesk, time)
        ticket = make.ticket(team=helpdesk)
        promises.promise_answer(ticket, who=asked.user, by_when=time.moment + timedelta(days=400), by=asked.user)
        Promise.objects.update(by_when=time.moment + timedelta(minutes=20))
        look(time)
        advice = Advice.objects.get()
        assert advice.agent is None
        assert not advice.can_be_taken
        assert advice.inputs["lending"]["not_asked"] == {"promise_due": 1}


def test_nobody_is_advised_for_two_queues_at_once(helpdesk: Team) -> None:
    with clock_at() as time:
        _first, asked = overloaded(helpdesk, time)
        second = centre.queue("Rendelések", team=helpdesk, created_at=time.moment - timedelta(days=1))
        centre.agent("Olga", team=helpdesk, serves=second)
        centre.answered(centre.call(second))
        crowd(second)
        time.on(seconds=61)
        look(time)
        assert sorted((one.agent for one in Advice.objects.all()), key=str) == [asked, None]
        left_out = Advice.objects.get(agent__isnull=True)
        assert left_out.inputs["lending"]["not_asked"]["advised"] == 1


def test_tickets_at_risk_are_told_before_the_click(helpdesk: Team) -> None:
    with clock_at() as time:
        _queue, asked = overloaded(helpdesk, time)
        for _number in range(2):
            ticket = make.ticket(team=helpdesk)
            type(ticket).objects.filter(pk=ticket.pk).update(
                owner=asked.user, due_at=time.moment + timedelta(minutes=45)
            )
        look(time)
        assert Advice.objects.get().expected["at_risk"] == 2


def test_a_calm_queue_sends_its_helper_back_after_the_shortest_stay(helpdesk: Team) -> None:
    with clock_at() as time:
        queue, asked = overloaded(helpdesk, time, automation=Automation.AUTOMATIC)
        look(time)
        advising.act_on_advice()
        loans.activate_loan(Loan.objects.get(), by=None)
        for contact in list(queue.contacts.filter(state__in=["queued", "offered", "connected"])):
            contacts.hang_up(contact, by=None)
        time.on(seconds=60)
        wrap_ups.end_wrap_ups()
        for _tick in range(30):
            look(time)
            advising.act_on_advice()
        assert Loan.objects.get().state == "active"  # the shortest stay is a quarter of an hour
        time.on(minutes=15)
        for _tick in range(30):
            look(time)
            advising.act_on_advice()
        released = Advice.objects.get(kind=Advice.Kind.RELEASE)
        assert (released.agent, released.state) == (asked, State.TAKEN)
        assert Loan.objects.get().state == "returned"
        assert centre.fresh(asked).activity.code == Activity.BACKGROUND
        assert advising.replay(released).agent == asked.pk


def test_the_real_half_hours_are_added_once_they_are_over(helpdesk: Team, boss: User) -> None:
    with clock_at() as time:
        _queue, asked = overloaded(helpdesk, time)
        look(time)
        advice = advising.take_advice(Advice.objects.get(), by=boss)
        loans.accept_loan(Loan.objects.get(), by=asked.user)
        loans.activate_loan(Loan.objects.get(), by=None)
        time.on(minutes=29)
        assert advising.measure_effects() == 0
        time.on(minutes=2)
        assert advising.measure_effects() == 1
        advice.refresh_from_db()
        assert advice.effect is not None
        assert advice.effect["offered_before"] == 4
        assert advice.effect["level_before"] == 0.25
        assert advice.effect["offered_after"] == 0
        assert advice.effect["level_after"] is None
        assert advising.measure_effects() == 0


def test_the_past_of_advice_cannot_be_rewritten(helpdesk: Team, boss: User) -> None:
    with clock_at() as time:
        overloaded(helpdesk, time)
        look(time)
        advice = Advice.objects.get()

        def refused(act: Any) -> None:
            with pytest.raises(DatabaseError), transaction.atomic():
                act()

        mine = Advice.objects.filter(pk=advice.pk)
        refused(lambda: mine.update(expected={}))
        refused(lambda: mine.update(inputs={}))
        refused(lambda: mine.update(made_at=F("made_at") - timedelta(days=1)))
        refused(advice.delete)
        advising.dismiss_advice(advice, by=boss)
        refused(lambda: mine.update(reason="other"))
        refused(lambda: mine.update(state="standing", settled_at=None, settled_by=None, reason=""))
        mine.update(effect={"level_before": 1})
        refused(lambda: mine.update(effect={"level_before": 0}))


def test_one_look_costs_the_same_for_many_queues(helpdesk: Team, django_assert_max_num_queries: Any) -> None:
    with clock_at() as time:
        for number in range(20):
            queue = centre.queue(f"Sor {number}", team=helpdesk)
            centre.agent(f"Agent {number}", team=helpdesk, serves=queue)
        look(time)
        time.on(seconds=5)
        with django_assert_max_num_queries(17):
            advising.advise_queues()
