"""Loans: asked with reasons, served, and given back whole: activity, queues and the parked ticket."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from contactcenter import activities, background, clock, contacts, loan_clocks, loans, routing, wrap_ups
from contactcenter.models import Agent, BackgroundWork, Loan, Offer, Queue, QueueMembership
from tests import make
from tests.contactcenter import centre
from tickets import promises
from tickets.errors import NotAllowed, Refused
from tickets.models import Team

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(helpdesk: Team) -> Queue:
    return centre.queue(team=helpdesk, minimum_stay=900)


@pytest.fixture
def helper(network: Team) -> Agent:
    """Works on a ticket in the background."""
    made = centre.agent("Szalai Ben", team=network)
    activities.set_activity(made, to=centre.activity("background"), by=None)
    background.take_ticket(made, ticket=make.ticket(team=network), by=None)
    return centre.fresh(made)


def serving(helper: Agent, line: Queue, **asked: object) -> Loan:
    loan = loans.ask_loan(helper, into=line, by=None, **asked)  # type: ignore[arg-type]
    loans.accept_loan(loan, by=helper.user)
    return loans.activate_loan(loan, by=helper.user, place="#message-7")


def test_a_helper_comes_serves_and_gets_back_what_he_was_at(helper: Agent, line: Queue) -> None:
    before = background.ticket_in_hand(helper)
    assert before is not None
    loan = serving(helper, line)
    assert centre.fresh(helper).activity.code == "ready"
    assert background.parked_by(helper).get().place == "#message-7"
    contact = centre.answered(centre.call(line))
    assert contact.agent_id == helper.pk
    loans.release_loan(loan, by=None, reason=Loan.Reason.BY_HAND)
    loan.refresh_from_db()
    assert loan.state == Loan.State.RELEASING
    contacts.hang_up(contact, by=None)
    wrap_ups.finish_wrap_up(helper, by=helper.user)
    loan.refresh_from_db()
    again = background.ticket_in_hand(helper)
    assert again is not None
    assert (loan.state, centre.fresh(helper).activity.code) == (Loan.State.RETURNED, "background")
    assert (again.ticket_id, again.place, loan.is_way_back_taken) == (before.ticket_id, "#message-7", True)
    assert not QueueMembership.objects.current().filter(agent=helper).exists()


def test_on_loan_he_serves_that_queue_alone(helpdesk: Team, network: Team, line: Queue) -> None:
    own = centre.queue("Saját", team=network)
    helper = centre.agent(team=network, serves=own)
    serving(helper, line)
    centre.call(own)
    assert routing.dispatch() == 0
    centre.call(line)
    assert routing.dispatch() == 1
    routing.expire_offers()
    routing.reject_offer(Offer.objects.get(), by=None)
    loans.return_agent(helper, by=None)
    assert routing.dispatch() == 1
    assert QueueMembership.objects.current().filter(agent=helper).get().queue == own


def test_who_is_needed_elsewhere_is_not_asked(helper: Agent, line: Queue) -> None:
    own = background.ticket_in_hand(helper)
    assert own is not None
    promises.promise_answer(own.ticket, who=helper.user, by_when=clock.now() + timedelta(minutes=20), by=helper.user)
    with pytest.raises(Refused, match="fél órán belül"):
        loans.ask_loan(helper, into=line, by=None)
    assert not Loan.objects.exists()


def test_who_wants_no_disturbing_is_not_asked(helper: Agent, line: Queue) -> None:
    activities.set_focus(helper, until=clock.now() + timedelta(minutes=20), by=helper.user)
    with pytest.raises(Refused):
        loans.ask_loan(helper, into=line, by=None)


def test_who_serves_the_queue_anyway_is_not_asked(helpdesk: Team, line: Queue) -> None:
    with pytest.raises(Refused):
        loans.ask_loan(centre.agent(team=helpdesk, serves=line), into=line, by=None)


def test_nobody_is_asked_twice(helper: Agent, line: Queue) -> None:
    loan = loans.ask_loan(helper, into=line, by=None)
    with pytest.raises(Refused):
        loans.ask_loan(helper, into=line, by=None)
    second = Loan.objects.get(pk=loan.pk)
    second.pk = None
    with pytest.raises(IntegrityError, match="loan_one_open_per_agent"), transaction.atomic():
        Loan.objects.bulk_create([second])


def test_only_the_helper_answers(helper: Agent, line: Queue, helpdesk: Team) -> None:
    loan = loans.ask_loan(helper, into=line, by=None)
    with pytest.raises(NotAllowed):
        loans.accept_loan(loan, by=make.agent(team=helpdesk))
    declined = loans.decline_loan(loan, by=helper.user, reason=Loan.Reason.PROMISE)
    assert (declined.state, declined.reason) == (Loan.State.DECLINED, Loan.Reason.PROMISE)
    with pytest.raises(Refused):
        loans.accept_loan(loan, by=helper.user)


@pytest.mark.parametrize(
    ("consent", "state"), [(Loan.Consent.ASK, Loan.State.EXPIRED), (Loan.Consent.VETO, Loan.State.COMING)]
)
def test_silence_is_a_no_to_a_question_and_a_yes_to_a_veto(
    consent: Loan.Consent, state: Loan.State, network: Team, line: Queue
) -> None:
    with centre.clock_at() as time:
        helper = centre.agent(team=network)
        loan = loans.ask_loan(helper, into=line, by=None, consent=consent)
        time.on(seconds=61)
        assert loan_clocks.settle_loans() == 1
    loan.refresh_from_db()
    assert loan.state == state


def test_a_helper_arrives_by_himself_and_returns_when_his_time_is_up(network: Team, line: Queue) -> None:
    with centre.clock_at() as time:
        helper = centre.agent(team=network)
        until = time.moment + timedelta(minutes=30)
        loan = loans.ask_loan(helper, into=line, by=None, consent=Loan.Consent.NONE, until=until)
        time.on(seconds=60)
        assert loan_clocks.settle_loans() == 1
        loan.refresh_from_db()
        assert loan.state == Loan.State.ACTIVE
        time.on(minutes=30)
        assert loan_clocks.settle_loans() == 1
        loan.refresh_from_db()
        assert (loan.state, loan.reason) == (Loan.State.RETURNED, Loan.Reason.TIME_UP)
        assert loans.ledger([helper.pk])[helper.pk].minutes == pytest.approx(30)
        with pytest.raises(Refused):  # he came back only now
            loans.ask_loan(helper, into=line, by=None)


def test_the_rule_sends_nobody_back_before_the_shortest_stay_but_a_person_may(network: Team, line: Queue) -> None:
    with centre.clock_at() as time:
        loan = serving(centre.agent(team=network), line)
        time.on(minutes=14)
        with pytest.raises(Refused):
            loans.release_loan(loan, by=None, reason=Loan.Reason.CALM)
        time.on(minutes=1)
        assert loans.release_loan(loan, by=None, reason=Loan.Reason.CALM).state == Loan.State.RETURNED


def test_a_shift_that_ends_and_a_sign_out_end_the_loan(network: Team, line: Queue) -> None:
    with centre.clock_at() as time:
        first, second = centre.agent(team=network), centre.agent(team=network)
        serving(first, line)
        serving(second, line)
        activities.set_shift_end(first, ends_at=time.moment + timedelta(minutes=30), by=None)
        time.on(minutes=30)
        assert loan_clocks.settle_loans() == 1
        activities.sign_out(second, by=second.user)
    assert sorted(Loan.objects.values_list("state", "reason")) == [
        ("returned", "end_of_shift"),
        ("returned", "signed_out"),
    ]


def test_a_sign_out_asked_during_a_contact_on_loan_ends_both_after_it(network: Team, line: Queue) -> None:
    helper = centre.agent(team=network)
    serving(helper, line)
    contact = centre.answered(centre.call(line))
    activities.sign_out(helper, by=helper.user)
    contacts.hang_up(contact, by=None)
    wrap_ups.finish_wrap_up(helper, by=helper.user)
    assert centre.fresh(helper).activity.code == "offline"
    assert Loan.objects.get().state == Loan.State.RETURNED


def test_background_work_waits_until_the_loan_is_over(network: Team, line: Queue) -> None:
    helper = centre.agent(team=network)
    serving(helper, line)
    with pytest.raises(Refused):
        activities.set_activity(helper, to=centre.activity("background"), by=helper.user)


# --- background work -------------------------------------------------------------------------------------------------


def test_the_next_best_ticket_is_the_one_due_first(helper: Agent, network: Team) -> None:
    background.leave_ticket(helper, by=None, is_done=False)
    make.ticket("Régi", team=network)
    due = make.ticket("Sürgős", team=network)
    promises.promise_answer(due, who=helper.user, by_when=clock.now() + timedelta(hours=1), by=helper.user)
    assert background.next_ticket(helper) == due


def test_a_ticket_is_in_one_hand_at_a_time(helper: Agent, network: Team) -> None:
    other = centre.agent(team=network)
    activities.set_activity(other, to=centre.activity("background"), by=None)
    work = background.ticket_in_hand(helper)
    assert work is not None
    with pytest.raises(Refused, match="Szalai Ben"):
        background.take_ticket(other, ticket=work.ticket, by=None)


def test_a_recall_parks_the_ticket_and_what_resuming_costs_is_measured(network: Team) -> None:
    with centre.clock_at() as time:
        agent = centre.agent(team=network)
        activities.set_activity(agent, to=centre.activity("background"), by=None)
        background.take_ticket(agent, ticket=make.ticket(team=network), by=None)
        background.recall_agent(agent, by=None)
        time.on(seconds=10)
        activities.answer_recall(agent, by=agent.user, place="#reply")
        parked = background.parked_by(agent).get()
        assert (parked.reason, parked.place) == (BackgroundWork.Reason.CALL, "#reply")
        activities.set_activity(agent, to=centre.activity("background"), by=None)
        background.resume_ticket(parked, by=agent.user)
        time.on(seconds=45)
        background.note_first_act(agent)
        time.on(seconds=45)
        background.note_first_act(agent)
    assert background.resume_cost(agent) == 45


def test_a_shielded_ticket_is_not_interrupted_but_not_for_ever(helper: Agent) -> None:
    background.do_not_disturb(helper, minutes=20, by=helper.user)
    with pytest.raises(Refused):
        background.recall_agent(helper, by=None)
    with pytest.raises(Refused, match="30"):
        background.do_not_disturb(helper, minutes=31, by=helper.user)


def test_an_unanswered_recall_ends_without_a_penalty(network: Team) -> None:
    with centre.clock_at() as time:
        agent = centre.agent(team=network)
        activities.set_activity(agent, to=centre.activity("background"), by=None)
        background.recall_agent(agent, by=None)
        time.on(seconds=31)
        assert background.expire_recalls() == 1
    assert centre.fresh(agent).activity.code == "background"
