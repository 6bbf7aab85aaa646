"""Chats in the portal: nothing that is written disappears, whoever goes away; each side reads only his own."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.db.utils import Error
from django.test import Client
from django.urls import reverse

from contactcenter import activities, chat_filing, chats, contacts, devices, routing
from contactcenter.models import Chat, ChatLine, Contact, Outcome, Queue, Work
from tests.contactcenter import centre
from tickets.errors import NotAllowed, Refused
from tickets.models import Channel, Message, Team, User

pytestmark = pytest.mark.django_db

Code = ChatLine.Code


@pytest.fixture(autouse=True)
def _fresh_brakes() -> None:
    cache.clear()


@pytest.fixture
def queue(helpdesk: Team) -> Queue:
    return centre.queue("Csevegés", team=helpdesk, is_chat_offered=True, wrap_up_seconds=30)


def begun(queue: Queue, by: User, text: str = "Nem nyomtat.") -> Chat:
    return chats.start_chat(queue, text=text, by=by)


def reread(chat: Chat) -> Chat:
    return Chat.objects.select_related("contact__agent__user", "contact__customer", "contact__queue").get(pk=chat.pk)


def codes(chat: Chat) -> list[str]:
    return [line.code or line.text for line in chat.lines.all()]


def end_of(chat: Chat) -> Message:
    """The conversation on the ticket, after filing."""
    filed = chat_filing.file_chat(reread(chat))
    assert filed is not None
    return Message.objects.get(ticket=filed, sender=Message.Sender.CUSTOMER)


def test_a_chat_is_answered_and_stands_on_a_ticket(queue: Queue, helpdesk: Team, carla: User) -> None:
    agent = centre.agent("Varga Anna", team=helpdesk, serves=queue)
    with centre.clock_at() as clock:
        chat = begun(queue, carla)
        centre.answered(chat.contact)
        clock.on(seconds=30)
        chats.say(chat, text="Jó napot! Megnézem.", by=agent.user)
        chats.say(chat, text="Köszönöm!", by=carla)
        contacts.hang_up(reread(chat).contact, by=agent.user)
    message = end_of(chat)
    assert codes(chat) == ["Nem nyomtat.", Code.JOINED, "Jó napot! Megnézem.", "Köszönöm!", Code.ENDED_BY_AGENT]
    assert (message.ticket.title, message.ticket.channel, message.ticket.team_id) == (
        "Nem nyomtat.", Channel.CHAT, helpdesk.pk,
    )  # fmt: skip
    assert (message.ticket.customer_id, message.ticket.owner_id) == (carla.pk, agent.user_id)
    for part in ("[12:00] Szűcs Márta Carla:\nNem nyomtat.", "[12:00] Varga Anna:\nJó napot! Megnézem.", "Köszönöm!"):
        assert part in message.body
    assert reread(chat).contact.ticket_id == message.ticket_id
    assert chat_filing.file_ended() == 0


def test_it_is_filed_as_soon_as_it_is_over(queue: Queue, carla: User, django_capture_on_commit_callbacks: Any) -> None:
    chat = begun(queue, carla)
    with django_capture_on_commit_callbacks(execute=True):
        chats.end_by_customer(reread(chat), by=carla)
    assert reread(chat).ticket is not None


def test_what_was_not_filed_at_once_is_filed_by_the_clock(queue: Queue, carla: User) -> None:
    chat = begun(queue, carla)
    chats.end_by_customer(reread(chat), by=carla)
    assert chat_filing.file_ended() == 1
    assert "Nem nyomtat." in end_of(chat).body


def test_a_chat_that_nobody_answered_becomes_a_request(queue: Queue, carla: User) -> None:
    with centre.clock_at() as clock:
        chat = begun(queue, carla)
        clock.on(minutes=4)
        assert chats.watch_chats() == 0
        clock.on(minutes=2)
        assert chats.watch_chats() == 1
    assert reread(chat).contact.outcome == Outcome.ABANDONED
    assert "Nem nyomtat." in end_of(chat).body


def test_a_closed_queue_keeps_the_words_as_a_request(queue: Queue, carla: User) -> None:
    Queue.objects.update(when_nobody="reject")
    chat = begun(queue, carla)
    assert chat.contact.is_over
    assert "Nem nyomtat." in end_of(chat).body


def test_an_agent_who_does_not_answer_gives_it_back_at_its_old_age(queue: Queue, helpdesk: Team, carla: User) -> None:
    agent = centre.agent(team=helpdesk, serves=queue)
    with centre.clock_at() as clock:
        chat = begun(queue, carla)
        place = chat.contact.queued_at
        centre.answered(chat.contact)
        clock.on(minutes=3, seconds=59)
        assert chats.watch_chats() == 0
        clock.on(seconds=2)
        assert chats.watch_chats() == 1
    contact = reread(chat).contact
    assert (contact.state, contact.queued_at) == (Contact.State.QUEUED, place)
    assert centre.fresh(agent).work == Work.IDLE
    assert codes(chat)[-1] == Code.WAITS_AGAIN


def test_a_silent_customer_is_warned_and_then_the_chat_ends(queue: Queue, helpdesk: Team, carla: User) -> None:
    agent = centre.agent(team=helpdesk, serves=queue)
    with centre.clock_at() as clock:
        chat = begun(queue, carla)
        centre.answered(chat.contact)
        clock.on(seconds=10)
        chats.say(chat, text="Ott van még?", by=agent.user)
        clock.on(minutes=5)
        assert chats.watch_chats() == 1
        assert codes(chat)[-1] == Code.WARNED
        chats.say(chat, text="Itt vagyok.", by=carla)  # a word stops the clock
        clock.on(minutes=2)
        chats.say(chat, text="Jó.", by=agent.user)
        clock.on(minutes=5)
        chats.watch_chats()
        clock.on(minutes=3)
        assert chats.watch_chats() == 1
    assert reread(chat).contact.outcome == Outcome.ANSWERED
    assert Code.ENDED_IDLE in codes(chat)


def test_what_is_sent_twice_is_written_once(queue: Queue, carla: User) -> None:
    chat = begun(queue, carla)
    assert chats.say(chat, text="Kétszer", by=carla, key="k1") is not None
    assert chats.say(chat, text="Kétszer", by=carla, key="k1") is None
    again = chats.start_chat(queue, text="Még egyszer", by=carla, key="k2")
    assert again.pk == chat.pk
    assert codes(chat) == ["Nem nyomtat.", "Kétszer", "Még egyszer"]


def test_lines_have_limits_and_nothing_is_written_after_the_end(queue: Queue, carla: User) -> None:
    with centre.clock_at():
        chat = begun(queue, carla)
        for text in ("", "x" * (chats.LONGEST_LINE + 1)):
            with pytest.raises(Refused):
                chats.say(chat, text=text, by=carla)
        for number in range(chats.MOST_A_MINUTE - 1):
            chats.say(chat, text=str(number), by=carla)
        with pytest.raises(Refused):
            chats.say(chat, text="too fast", by=carla)
        chats.end_by_customer(reread(chat), by=carla)
        with pytest.raises(Refused):
            chats.say(chat, text="too late", by=carla)


def test_lines_stay_as_they_were_written(queue: Queue, carla: User) -> None:
    line = begun(queue, carla).lines.get()
    for act in (line.delete, lambda: ChatLine.objects.update(text="x")):
        with pytest.raises(Error), transaction.atomic():
            act()


def test_nobody_else_writes_reads_or_ends(queue: Queue, helpdesk: Team, carla: User, karl: User, ben: User) -> None:
    first = centre.agent("Varga Anna", team=helpdesk, serves=queue)
    chat = begun(queue, carla)
    centre.answered(chat.contact)
    for stranger in (karl, ben):
        assert chats.load_chat(chat.pk, user=stranger) is None
        with pytest.raises(NotAllowed):
            chats.say(chat, text="x", by=stranger)
        with pytest.raises(NotAllowed):
            chats.end_by_customer(chat, by=stranger)
    contacts.requeue_contact(reread(chat).contact, by=None)
    assert chats.load_chat(chat.pk, user=first.user) is None  # given back, it is his no more
    with pytest.raises(NotAllowed):
        chats.say(chat, text="x", by=first.user)


def test_a_helper_without_rights_in_the_team_files_it_without_an_owner(
    queue: Queue, network: Team, carla: User
) -> None:
    agent = centre.agent(team=network, serves=queue)
    chat = begun(queue, carla)
    centre.answered(chat.contact)
    contacts.hang_up(reread(chat).contact, by=agent.user)
    assert end_of(chat).ticket.owner is None


# --- the pages -------------------------------------------------------------------------------------------------------


@pytest.fixture
def portal(carla: User) -> Client:
    client = Client()
    client.force_login(carla, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_door_is_open_only_while_somebody_is_there(portal: Client, queue: Queue, helpdesk: Team) -> None:
    door = reverse("contactcenter:portal_chat_door")
    assert b"textarea" not in portal.get(door).content
    Queue.objects.update(is_callback_offered=True)
    assert reverse("contactcenter:portal_callback").encode() in portal.get(door).content
    centre.agent(team=helpdesk, serves=queue)
    assert b'name="text"' in portal.get(door).content
    home = portal.get("/portal/").content
    assert reverse("contactcenter:portal_callback").encode() in home
    assert door.encode() in home
    Queue.objects.update(is_callback_offered=False, is_chat_offered=False)
    assert door.encode() not in portal.get("/portal/").content


def test_a_chat_goes_on_without_script_over_reloads(portal: Client, queue: Queue, helpdesk: Team, carla: User) -> None:
    agent = centre.agent("Varga Anna", team=helpdesk, serves=queue)
    answer = portal.post(reverse("contactcenter:portal_chat_door"), {"text": "Nem nyomtat."}, follow=True)
    chat = Chat.objects.get()
    page = reverse("contactcenter:portal_chat", args=[chat.pk])
    assert answer.redirect_chain[-1][0] == page
    assert "Nem nyomtat." in answer.content.decode()
    assert portal.get(reverse("contactcenter:portal_chat_door")).headers["Location"] == page
    say = reverse("contactcenter:portal_chat_say", args=[chat.pk])
    kept = portal.post(say, {"text": "félbe", "again": "1"})
    assert ">félbe</textarea>" in kept.content.decode()
    refused = portal.post(say, {"text": "y" * (chats.LONGEST_LINE + 1)})
    assert refused.status_code == 422
    assert "y" * 100 in refused.content.decode()
    centre.answered(reread(chat).contact)
    desk = Client()
    desk.force_login(agent.user, backend="django.contrib.auth.backends.ModelBackend")
    assert desk.post(reverse("contactcenter:chat_say", args=[chat.pk]), {"text": "<b>Jó napot!</b>"}).status_code == 200
    shown = portal.get(page).content.decode()
    assert "&lt;b&gt;Jó napot!&lt;/b&gt;" in shown
    portal.post(reverse("contactcenter:portal_chat_end", args=[chat.pk]))
    chat_filing.file_ended()
    ticket = reread(chat).ticket
    assert ticket is not None
    assert ticket.number in portal.get(page).content.decode()


def test_whoever_reads_his_chat_is_there(queue: Queue, helpdesk: Team, carla: User) -> None:
    agent = centre.agent(team=helpdesk, serves=queue)
    with centre.clock_at() as clock:
        activities.sign_out(agent, by=None)
        activities.sign_in(agent, by=None)
        chat = begun(queue, carla)
        centre.answered(chat.contact)
        desk = Client()
        desk.force_login(agent.user, backend="django.contrib.auth.backends.ModelBackend")
        for _time in range(3):
            clock.on(seconds=40)
            assert desk.get(reverse("contactcenter:chat", args=[chat.pk])).status_code == 200
            assert devices.lose_devices() == 0
        clock.on(seconds=46)
        assert devices.lose_devices() == 1


def test_the_pages_of_others_are_not_there(portal: Client, queue: Queue, karl: User) -> None:
    chat = begun(queue, karl)
    for name in ("portal_chat", "portal_chat_say", "portal_chat_end", "chat_typing", "chat", "chat_say"):
        address = reverse(f"contactcenter:{name}", args=[chat.pk])
        assert portal.post(address).status_code in (403, 404, 405), name
        assert portal.get(address).status_code in (403, 404, 405), name


def test_a_long_conversation_costs_few_queries(
    portal: Client, queue: Queue, helpdesk: Team, carla: User, django_assert_max_num_queries: Any
) -> None:
    agent = centre.agent(team=helpdesk, serves=queue)
    chat = begun(queue, carla)
    centre.answered(chat.contact)
    for number in range(20):
        chats.say(chat, text=str(number), by=agent.user)
    with django_assert_max_num_queries(16):
        portal.get(reverse("contactcenter:portal_chat", args=[chat.pk]))


def test_typing_is_told_to_the_other_and_no_oftener_than_needed(
    queue: Queue, helpdesk: Team, carla: User, django_capture_on_commit_callbacks: Any
) -> None:
    centre.agent(team=helpdesk, serves=queue)
    with centre.clock_at() as clock:
        chat = begun(queue, carla)
        centre.answered(chat.contact)
        with django_capture_on_commit_callbacks() as told:
            chats.type_on(reread(chat), by=carla)
            chats.type_on(reread(chat), by=carla)
        assert len(told) == 1
        assert chats.is_typing(reread(chat), ChatLine.Who.CUSTOMER)
        clock.on(seconds=8)
        assert not chats.is_typing(reread(chat), ChatLine.Who.CUSTOMER)


def test_a_waiting_chat_may_become_a_call_back_at_its_place(portal: Client, queue: Queue, carla: User) -> None:
    chat = begun(queue, carla)
    end = reverse("contactcenter:portal_chat_end", args=[chat.pk])
    portal.post(end, {"callback": "1"})
    assert not reread(chat).contact.is_over  # he has no number
    User.objects.filter(pk=carla.pk).update(phone="+36 30 555 0100")
    assert "+36 30 555 0100" in portal.post(end, {"callback": "1"}, follow=True).content.decode()
    callback = Contact.objects.get(callback_of=chat.contact)
    assert (callback.channel, callback.queued_at) == (Contact.Channel.CALLBACK, chat.contact.queued_at)
    assert "Nem nyomtat." in end_of(chat).body
    assert routing.dispatch() == 0
