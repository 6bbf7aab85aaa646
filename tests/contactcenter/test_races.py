"""Two hands at once: each race with two connections."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contactcenter import activities, clock, contacts, loans, routing, wrap_ups
from contactcenter.models import Agent, Contact, Loan, Offer, Work
from tests.contactcenter import centre
from tests.tickets.test_group_races import at_once
from tickets.errors import Refused
from tickets.models import Team

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_dispatchers_offer_each_contact_and_each_agent_once(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk)
    for _number in range(3):
        contacts.open_contact(Contact.Channel.CALL, by=None)
    for contact in Contact.objects.all():
        routing.enqueue_contact(contact, queue=queue, by=None)
    for _number in range(2):
        centre.agent(team=helpdesk, serves=queue, signed_in=False)
    at_once(*(lambda agent=agent: activities.sign_in(agent, by=None) for agent in Agent.objects.all()))
    at_once(routing.dispatch, routing.dispatch)
    pending = Offer.objects.filter(state=Offer.State.PENDING)
    assert pending.count() == 2
    assert pending.values("agent").distinct().count() == pending.values("contact").distinct().count() == 2


@pytest.mark.parametrize("round_", range(3))
def test_an_accept_and_a_hang_up_leave_one_outcome(round_: int, helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk, wrap_up_seconds=60)
    agent = centre.agent(team=helpdesk, serves=queue)
    contact = centre.call(queue)
    offer = Offer.objects.get(contact=contact)
    at_once(lambda: routing.accept_offer(offer, by=agent.user), lambda: contacts.hang_up(contact, by=None))
    contact.refresh_from_db()
    offer.refresh_from_db()
    assert contact.is_over
    assert (contact.outcome == "answered") is (offer.state == Offer.State.ACCEPTED)
    assert centre.fresh(agent).work == (Work.WRAP_UP if contact.outcome == "answered" else Work.IDLE)
    assert contact.segments.get().outcome == contact.outcome


def test_an_accept_and_a_sign_out_either_serve_or_requeue(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk)
    agent = centre.agent(team=helpdesk, serves=queue)
    contact = centre.call(queue)
    offer = Offer.objects.get(contact=contact)
    at_once(lambda: routing.accept_offer(offer, by=agent.user), lambda: activities.sign_out(agent, by=agent.user))
    contact.refresh_from_db()
    seen = centre.fresh(agent)
    if contact.state == Contact.State.CONNECTED:
        assert seen.pending_activity is not None
        assert seen.pending_activity.code == "offline"
    else:
        assert (contact.state, seen.activity.code, seen.work) == (Contact.State.QUEUED, "offline", Work.IDLE)


def test_an_accept_and_its_expiry_end_in_one_of_the_two(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk)
    agent = centre.agent(team=helpdesk, serves=queue)
    contact = centre.call(queue)
    offer = Offer.objects.get(contact=contact)
    Offer.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    results = at_once(lambda: routing.accept_offer(offer, by=agent.user), routing.expire_offers)
    contact.refresh_from_db()
    is_served = contact.state == Contact.State.CONNECTED
    assert isinstance(results[0], Refused) is not is_served
    assert results[1] == (0 if is_served else 1)


def test_two_who_ask_the_same_helper_get_one_loan(helpdesk: Team, network: Team) -> None:
    first, second = centre.queue("Egy", team=helpdesk), centre.queue("Kettő", team=helpdesk)
    helper = centre.agent(team=network)
    results = at_once(
        lambda: loans.ask_loan(helper, into=first, by=None), lambda: loans.ask_loan(helper, into=second, by=None)
    )
    assert [isinstance(one, Refused) for one in results].count(True) == 1
    assert Loan.objects.open().count() == 1


def test_a_wrap_up_that_ends_twice_ends_once(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk, wrap_up_seconds=60)
    agent = centre.agent(team=helpdesk, serves=queue)
    contact = routing.accept_offer(Offer.objects.get(contact=centre.call(queue)), by=None)
    contacts.hang_up(contact, by=None)
    results = at_once(*[lambda: wrap_ups.finish_wrap_up(agent, by=agent.user)] * 2)
    assert [isinstance(one, Refused) for one in results].count(True) == 1
    assert centre.fresh(agent).work == Work.IDLE


def test_two_transfers_across_each_others_loans_do_not_wait_for_one_another(helpdesk: Team, network: Team) -> None:
    first, second = centre.queue("Egy", team=helpdesk), centre.queue("Kettő", team=helpdesk)
    held: list[tuple[Contact, Agent]] = []
    for queue in (first, second):
        helper = centre.agent(team=network)
        loan = loans.ask_loan(helper, into=queue, by=None, consent=Loan.Consent.NONE)
        loans.activate_loan(loan, by=None)
        contact = centre.call(queue)
        held.append((routing.accept_offer(Offer.objects.get(contact=contact, state="pending"), by=None), helper))
    at_once(
        lambda: contacts.transfer_contact(held[0][0], to=second, by=None),
        lambda: contacts.transfer_contact(held[1][0], to=first, by=None),
    )
    assert [Contact.objects.get(pk=one.pk).queue_id for one, _helper in held] == [second.pk, first.pk]
