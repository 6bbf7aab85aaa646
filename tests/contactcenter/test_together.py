"""Where the rooms' pages meet: a chat and unmet waits at the desk, advice on the wallboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from contactcenter import activities, advising, chats, contacts, memberships, states, unmet
from contactcenter.models import Agent, Contact, Queue, Work
from tests.contactcenter import centre
from tests.contactcenter.test_desk_page import act
from tickets.models import Team, User

AsUser = Callable[[User], Client]


@pytest.fixture
def line(helpdesk: Team) -> Queue:
    return centre.queue(team=helpdesk, is_chat_offered=True, short_abandon=0)


@pytest.fixture
def seat(anna: User, helpdesk: Team, line: Queue) -> Agent:
    """anna at her desk, ready."""
    agent = states.add_agent(anna, home_team=helpdesk, by=None)
    memberships.join_queue(agent, queue=line, by=None)
    activities.sign_in(agent, by=None)
    return centre.fresh(agent)


def test_a_chat_stands_in_the_desk_of_whom_it_is_with(as_user: AsUser, seat: Agent, line: Queue, carla: User) -> None:
    chat = chats.start_chat(line, text="Nem tudok belépni", by=carla)
    centre.answered(Contact.objects.get(pk=chat.contact_id))
    page = as_user(seat.user).get("/centre/desk/").content.decode()
    assert "Nem tudok belépni" in page
    assert f'data-chat="{chat.pk}"' in page
    assert "js/chat" in page, "the page loads what keeps the conversation live"


def test_who_waited_for_nothing_is_called_from_the_desk_once(as_user: AsUser, seat: Agent, line: Queue) -> None:
    activities.set_activity(seat, to=centre.activity("background"), by=seat.user)
    contacts.hang_up(centre.call(line), by=None)
    (found,) = unmet.unmet_for(centre.fresh(seat))
    client = as_user(seat.user)
    assert f"/centre/desk/unmet/{found.pk}/take/" in client.get("/centre/desk/").content.decode()
    assert act(client, "desk_unmet", found.pk, "take").status_code == 200
    assert centre.fresh(seat).work == Work.CONNECTED
    assert act(client, "desk_unmet", found.pk, "take").status_code == 404, "it is in nobody's list any more"


def test_the_wallboard_shows_advice_and_offers_to_take_it_to_whom_may(
    as_user: AsUser, seat: Agent, line: Queue, root: User, network: Team
) -> None:
    helper = centre.agent("Segítő Sára", team=network)
    advice = centre.advice(line, ask=helper)
    path = f"/centre/advice/{advice.pk}/take/"
    for url in ("/centre/board/", "/centre/board/advice/"):
        assert "Segítő Sára" in as_user(seat.user).get(url).content.decode()
        assert path not in as_user(seat.user).get(url).content.decode()
        assert path in as_user(root).get(url).content.decode()
    advising.dismiss_advice(advice, reason="other", by=root)
    assert "Segítő Sára" not in as_user(root).get("/centre/board/advice/").content.decode()
