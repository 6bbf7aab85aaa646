""" "Call me back" in the portal, and waits that came to nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from contactcenter import activities, callbacks, contacts, routing, unmet, wishes
from contactcenter.models import CallbackWish, Contact, Outcome, Queue, Work
from tests.contactcenter import centre
from tickets.errors import NotAllowed, Refused
from tickets.models import Message, Team, User

pytestmark = pytest.mark.django_db

NUMBER = "+36 30 555 0100"


@pytest.fixture
def queue(helpdesk: Team) -> Queue:
    return centre.queue("Ügyfélvonal", team=helpdesk, is_callback_offered=True, short_abandon=0, callback_tries=1)


def test_the_place_is_kept_and_asking_again_changes_the_number_only(queue: Queue, carla: User) -> None:
    with centre.clock_at() as clock:
        wish = wishes.ask_for_callback(queue, number=NUMBER, by=carla, text="Számla")
        place = wish.contact.queued_at
        clock.on(minutes=10)
        again = wishes.ask_for_callback(queue, number="06 1 234 5678", by=carla)
    assert again.pk == wish.pk
    again.contact.refresh_from_db()
    assert (again.contact.queued_at, again.contact.number, again.text) == (place, "06 1 234 5678", "Számla")


def test_a_time_wish_waits_and_then_stands_where_it_was_asked(queue: Queue, carla: User) -> None:
    with centre.clock_at() as clock:
        asked, later = clock.moment, clock.moment + timedelta(hours=2)
        wish = wishes.ask_for_callback(queue, number=NUMBER, by=carla, wished_at=later)
        clock.on(minutes=90)
        call = centre.call(queue)
        assert callbacks.retry_callbacks() == 0
        clock.on(minutes=31)
        assert callbacks.retry_callbacks() == 1
        agent = centre.agent(team=queue.team, serves=queue)
        assert centre.offered(wish.contact).agent_id == agent.pk
    wish.contact.refresh_from_db()
    assert wish.contact.queued_at == asked
    assert call.queued_at is not None
    assert call.queued_at > asked


@pytest.mark.parametrize(
    ("number", "hours", "text"), [("12", None, ""), ("x" * 50, None, ""), (NUMBER, 24 * 8, ""), (NUMBER, -1, "")]
)
def test_what_makes_no_sense_is_refused(queue: Queue, carla: User, number: str, hours: int | None, text: str) -> None:
    wished = centre.NOON + timedelta(hours=hours) if hours is not None else None
    with centre.clock_at(), pytest.raises(Refused):
        wishes.ask_for_callback(queue, number=number, by=carla, text=text, wished_at=wished)


def test_whoever_cannot_be_reached_finds_his_words_as_a_request(queue: Queue, carla: User) -> None:
    agent = centre.agent(team=queue.team, serves=queue)
    wish = wishes.ask_for_callback(queue, number=NUMBER, by=carla, text="A számla hibás.")
    centre.answered(wish.contact)
    callbacks.miss_person(wish.contact, by=agent.user)
    assert wishes.file_unreached() == 1
    assert wishes.file_unreached() == 0
    wish.refresh_from_db()
    message = Message.objects.get(ticket=wish.ticket, sender=Message.Sender.CUSTOMER)
    assert "A számla hibás." in message.body
    assert NUMBER in message.body


def test_the_page_asks_shows_and_calls_off(queue: Queue, carla: User, karl: User) -> None:
    client, other = Client(), Client()
    client.force_login(carla, backend="django.contrib.auth.backends.ModelBackend")
    other.force_login(karl, backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("contactcenter:portal_callback")
    refused = client.post(page, {"number": "1", "queue": queue.pk, "text": "megmarad"})
    assert refused.status_code == 422
    assert "megmarad" in refused.content.decode()
    assert client.post(page, {"number": NUMBER, "queue": queue.pk, "text": "Számla"}).status_code == 302
    wish = CallbackWish.objects.get()
    assert NUMBER in client.get(page).content.decode()
    assert NUMBER not in other.get(page).content.decode()
    off = reverse("contactcenter:portal_callback_off", args=[wish.pk])
    assert other.post(off).status_code == 404
    assert client.post(off).status_code == 302
    wish.contact.refresh_from_db()
    assert wish.contact.outcome == Outcome.WITHDRAWN


# --- waits that came to nothing --------------------------------------------------------------------------------------


def abandoned(queue: Queue, number: str = NUMBER, customer: User | None = None) -> Contact:
    return contacts.hang_up(centre.call(queue, number=number, customer=customer), by=None)


def test_who_hung_up_is_called_back_once_by_somebody_in_background_work(queue: Queue) -> None:
    with centre.clock_at() as clock:
        first = abandoned(queue)
        clock.on(minutes=5)
        abandoned(queue, "06 30/555-0100")
        found = unmet.unmet_waits().get()
        assert (found.callback_of_id, found.queued_at) == (first.pk, first.queued_at)
        ready = centre.agent(team=queue.team, serves=queue)
        assert routing.dispatch() == 0  # callers who wait now come first
        activities.set_activity(ready, to=centre.activity("background"), by=ready.user)
        assert list(unmet.unmet_for(centre.fresh(ready))) == [found]
        taken = unmet.take_unmet(found, agent=centre.fresh(ready), by=ready.user)
        assert (taken.state, centre.fresh(ready).work) == (Contact.State.DIALLING, Work.CONNECTED)
        with pytest.raises(Refused):
            unmet.take_unmet(found, agent=centre.agent(team=queue.team, serves=queue), by=None)
        callbacks.reach_person(taken, by=ready.user)
    assert not unmet.unmet_waits().exists()


def test_any_later_contact_of_the_same_person_settles_it(queue: Queue, carla: User) -> None:
    abandoned(queue, customer=carla)
    abandoned(queue, "+36 20 111 2222")
    agent = centre.agent(team=queue.team, serves=queue)
    centre.answered(centre.call(queue, number="", customer=carla))
    assert [one.number for one in unmet.unmet_waits()] == ["+36 20 111 2222"]
    contacts.hang_up(Contact.objects.get(state=Contact.State.CONNECTED), by=None)
    assert centre.fresh(agent).work == Work.WRAP_UP
    settled = Contact.objects.get(callback_of__customer=carla)
    assert settled.outcome == Outcome.WITHDRAWN


@pytest.mark.parametrize("number", ["", "anonymous"])
def test_without_a_number_nobody_is_called(queue: Queue, number: str) -> None:
    abandoned(queue, number)
    assert not unmet.unmet_waits().exists()


def test_only_for_himself_and_called_off_by_hand(queue: Queue) -> None:
    abandoned(queue)
    one, other = (centre.agent(team=queue.team, serves=queue) for _number in range(2))
    found = unmet.unmet_waits().get()
    with pytest.raises(NotAllowed):
        unmet.take_unmet(found, agent=one, by=other.user)
    assert unmet.call_off(found, by=other.user).outcome == Outcome.WITHDRAWN
    assert unmet.call_off(found, by=other.user).outcome == Outcome.WITHDRAWN
