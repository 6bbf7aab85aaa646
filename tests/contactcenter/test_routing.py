"""The line and its offers: places are kept, nothing waits beside a fit free agent, each contact ends once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import Error
from django.utils import translation

from contactcenter import callbacks, contacts, devices, memberships, routing, wrap_ups
from contactcenter.models import Contact, ContactSegment, Offer, Outcome, Work
from tests import make
from tests.contactcenter import centre
from tickets.errors import NotAllowed, Refused
from tickets.models import Team

pytestmark = pytest.mark.django_db


def test_a_call_is_offered_accepted_ended_and_wrapped_up(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk, wrap_up_seconds=30)
    with centre.clock_at() as clock:
        agent = centre.agent(team=helpdesk, serves=queue)
        contact = centre.call(queue)
        clock.on(seconds=4)
        offer = centre.offered(contact)
        clock.on(seconds=3)
        contact = routing.accept_offer(offer, by=agent.user)
        clock.on(seconds=60)
        contacts.hold_contact(contact, by=agent.user)
        clock.on(seconds=10)
        contacts.resume_contact(contact, by=agent.user)
        clock.on(seconds=60)
        contact = contacts.hang_up(contact, by=None)
        assert (contact.state, contact.outcome) == (Contact.State.WRAP_UP, Outcome.ANSWERED)
        clock.on(seconds=29)
        assert wrap_ups.end_wrap_ups() == 0
        clock.on(seconds=1)
        assert wrap_ups.end_wrap_ups() == 1
    contact.refresh_from_db()
    segment = contact.segments.get()
    assert contact.state == Contact.State.CLOSED
    assert segment.outcome == Outcome.ANSWERED
    assert segment.answered_at is not None
    assert segment.answered_at - segment.entered_at == timedelta(seconds=7)
    assert [one.work for one in agent.work_intervals.order_by("during")] == [
        Work.IDLE, Work.OFFERED, Work.CONNECTED, Work.HELD, Work.CONNECTED, Work.WRAP_UP, Work.IDLE,
    ]  # fmt: skip


def test_a_miss_goes_to_somebody_else_at_its_old_place(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk, offer_seconds=20)
    with centre.clock_at() as clock:
        first = centre.agent(team=helpdesk, serves=queue)
        clock.on(seconds=5)
        second = centre.agent(team=helpdesk, serves=queue)
        contact = centre.call(queue)
        place = contact.queued_at
        assert centre.offered(contact).agent_id == first.pk
        clock.on(seconds=20)
        assert routing.expire_offers() == 1
        assert centre.offered(contact).agent_id == second.pk
    contact.refresh_from_db()
    assert contact.queued_at == place


def test_whoever_is_freed_gets_what_waits(helpdesk: Team, django_capture_on_commit_callbacks: object) -> None:
    queue = centre.queue(team=helpdesk, wrap_up_seconds=0)
    agent = centre.agent(team=helpdesk, serves=queue)
    first, second = centre.call(queue), centre.call(queue)
    contact = centre.answered(first)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        contacts.hang_up(contact, by=None)
    assert Offer.objects.get(contact=second).agent_id == agent.pk


def test_a_caller_who_hangs_up_frees_the_agent_he_was_offered_to(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk, short_abandon=5)
    with centre.clock_at() as clock:
        agent = centre.agent(team=helpdesk, serves=queue)
        contact = centre.call(queue)
        offer = centre.offered(contact)
        clock.on(seconds=5)
        contact = contacts.hang_up(contact, by=None)
        offer.refresh_from_db()
        assert (offer.state, contact.outcome) == (Offer.State.CANCELED, Outcome.ABANDONED)
        assert centre.fresh(agent).work == Work.IDLE
        short = contacts.hang_up(centre.call(queue), by=None)
        assert short.outcome == Outcome.SHORT_ABANDONED
    assert contacts.hang_up(contact, by=None).outcome == Outcome.ABANDONED  # twice is once


def test_only_who_was_asked_may_answer(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk)
    centre.agent(team=helpdesk, serves=queue)
    offer = centre.offered(centre.call(queue))
    stranger = make.agent(team=helpdesk)
    with pytest.raises(NotAllowed):
        routing.accept_offer(offer, by=stranger)
    with pytest.raises(NotAllowed):
        routing.reject_offer(offer, by=stranger)
    routing.reject_offer(offer, by=None)
    with pytest.raises(Refused):
        routing.accept_offer(offer, by=None)


def test_a_transfer_is_a_new_segment_and_the_agent_wraps_up(helpdesk: Team, network: Team) -> None:
    calls, faults = centre.queue(team=helpdesk), centre.queue("Hibavonal", team=network)
    agent = centre.agent(team=helpdesk, serves=calls)
    contact = contacts.transfer_contact(centre.answered(centre.call(calls)), to=faults, by=agent.user)
    assert (contact.state, contact.queue_id, contact.agent) == (Contact.State.QUEUED, faults.pk, None)
    assert [(one.queue_id, one.outcome) for one in contact.segments.order_by("pk")] == [
        (calls.pk, Outcome.ANSWERED),
        (faults.pk, ""),
    ]
    assert centre.fresh(agent).work == Work.WRAP_UP
    wrap_ups.finish_wrap_up(agent, by=agent.user)
    contact.refresh_from_db()
    assert contact.state == Contact.State.QUEUED


def test_a_callback_keeps_its_place_is_tried_again_and_given_up(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk, callback_tries=2, callback_pause=900)
    with centre.clock_at() as clock:
        contact = centre.call(queue)
        clock.on(seconds=90)
        callback = callbacks.ask_callback(contact, by=None)
        contact.refresh_from_db()
        assert contact.outcome == Outcome.TO_CALLBACK
        assert callback.queued_at == contact.queued_at
        agent = centre.agent(team=helpdesk, serves=queue)
        dialled = centre.answered(callback)
        assert dialled.state == Contact.State.DIALLING
        waiting = callbacks.miss_person(dialled, by=agent.user)
        assert waiting.state == Contact.State.RETRY_WAIT
        assert centre.fresh(agent).work == Work.IDLE
        assert callbacks.retry_callbacks() == 0
        clock.on(seconds=900)
        assert callbacks.retry_callbacks() == 1
        given_up = callbacks.miss_person(centre.answered(callback), by=agent.user)
    assert (given_up.state, given_up.outcome, given_up.tries) == (Contact.State.CLOSED, Outcome.NO_REPLY, 2)


def test_a_callback_that_reaches_the_person_is_answered(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk)
    agent = centre.agent(team=helpdesk, serves=queue)
    callback = callbacks.ask_callback(centre.call(queue), by=None)
    contact = callbacks.reach_person(centre.answered(callback), by=agent.user)
    assert contact.state == Contact.State.CONNECTED
    assert contacts.hang_up(contact, by=agent.user).outcome == Outcome.ANSWERED


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [("reject", Outcome.REJECTED), ("voicemail", Outcome.TO_VOICEMAIL), ("callback", Outcome.TO_CALLBACK)],
)
def test_a_full_queue_does_what_it_is_told(rule: str, outcome: Outcome, helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk, most_waiting=1, when_full=rule)
    assert centre.call(queue).state == Contact.State.QUEUED
    assert centre.call(queue).outcome == outcome
    assert Contact.objects.filter(channel="callback", state="queued").exists() is (rule == "callback")


def test_a_queue_without_anybody_overflows_and_in_a_circle_it_waits(helpdesk: Team) -> None:
    second = centre.queue("Második", team=helpdesk)
    first = centre.queue("Első", team=helpdesk, when_nobody="overflow", overflow_to=second)
    assert centre.call(first).queue_id == second.pk
    second.when_nobody, second.overflow_to = "overflow", first
    second.save()
    assert centre.call(first).state == Contact.State.QUEUED


def test_whoever_waited_too_long_leaves_the_line(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk, longest_wait=300)
    with centre.clock_at() as clock:
        contact = centre.call(queue)
        clock.on(seconds=299)
        assert contacts.time_out_waiting() == 0
        clock.on(seconds=1)
        assert contacts.time_out_waiting() == 1
    contact.refresh_from_db()
    assert contact.outcome == Outcome.TIMED_OUT


def test_a_lost_device_gives_its_offer_to_others_and_its_chat_back_at_its_old_age(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk)
    with centre.clock_at() as clock:
        chatter = centre.agent(team=helpdesk, serves=queue)
        chat = contacts.open_contact(Contact.Channel.CHAT, by=None)
        contacts.receive_contact(chat, queue=queue, by=None)
        centre.answered(chat)
        ringing = centre.agent(team=helpdesk, serves=queue)
        call = centre.call(queue)
        offer = centre.offered(call)
        place = Contact.objects.get(pk=chat.pk).queued_at
        clock.on(seconds=44)
        assert devices.lose_devices() == 0
        clock.on(seconds=2)
        assert devices.lose_devices() == 2
        offer.refresh_from_db()
        chat.refresh_from_db()
        assert offer.state == Offer.State.RESCINDED
        assert (chat.state, chat.queued_at, chat.agent) == (Contact.State.QUEUED, place, None)
        assert routing.dispatch() == 0
        devices.heartbeat(ringing)
        assert routing.dispatch() == 1
    assert centre.fresh(chatter).device_lost_at is not None


def test_a_call_that_is_told_twice_is_one_contact(helpdesk: Team) -> None:
    ids = {"provider": "pbx", "provider_call_id": "1764.7"}
    first = contacts.open_contact(Contact.Channel.CALL, by=None, **ids)  # type: ignore[arg-type]
    assert contacts.open_contact(Contact.Channel.CALL, by=None, **ids) == first  # type: ignore[arg-type]


def test_a_wrap_up_names_a_ticket_or_says_that_there_is_none(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk)
    agent = centre.agent(team=helpdesk, serves=queue)
    contact = centre.call(queue)
    with pytest.raises(Refused):
        wrap_ups.write_wrap_up(contact, by=agent.user, ticket=None)
    contact = centre.answered(contact)
    assert wrap_ups.write_wrap_up(contact, by=agent.user, ticket=None).is_without_ticket
    ticket = make.ticket(team=helpdesk)
    written = wrap_ups.write_wrap_up(contact, by=agent.user, ticket=ticket, disposition="solved")
    contact.refresh_from_db()
    assert (written.is_without_ticket, contact.ticket_id) == (False, ticket.pk)


def test_the_database_holds_one_offer_one_contact_and_one_outcome(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk)
    agent = centre.agent(team=helpdesk, serves=queue)
    contact = centre.answered(centre.call(queue))
    other = centre.call(queue)
    with pytest.raises(IntegrityError, match="contact_one_per_agent"), transaction.atomic():
        Contact.objects.filter(pk=other.pk).update(state="connected", agent=agent)
    with pytest.raises(IntegrityError, match="segment_one_open"), transaction.atomic():
        ContactSegment.objects.create(contact=contact, queue=queue, entered_at=contact.opened_at)
    at = contact.opened_at
    Offer.objects.create(contact=other, agent=agent, queue=queue, offered_at=at, expires_at=at)
    with pytest.raises(IntegrityError, match="offer_one_open"), transaction.atomic():
        Offer.objects.create(contact=other, agent=agent, queue=queue, offered_at=at, expires_at=at)
    ended = contacts.hang_up(contact, by=None)
    with pytest.raises(Error, match="does not change"), transaction.atomic():
        Contact.objects.filter(pk=ended.pk).update(outcome=Outcome.FAILED)


def test_leaving_a_queue_that_one_does_not_serve_is_refused_in_both_languages(helpdesk: Team) -> None:
    queue = centre.queue("Vonal", team=helpdesk)
    agent = centre.agent("Varga Anna", team=helpdesk)
    for language, sentence in (
        ("hu", "Varga Anna nem szolgálja ki ezt a sort: Vonal."),
        ("en", "Varga Anna doesn't serve the queue Vonal."),
    ):
        with translation.override(language), pytest.raises(Refused) as refused:
            memberships.leave_queue(agent, queue=queue, by=None)
        assert str(refused.value) == sentence
