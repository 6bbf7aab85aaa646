"""The search page: rows with what was found marked, and nothing of a stranger's text taken for markup."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import make
from tickets.models import Team, User

pytestmark = pytest.mark.django_db


def test_what_was_found_is_marked_and_leads_to_its_message(
    client: Client, helpdesk: Team, anna: User, carla: User
) -> None:
    ticket = make.ticket("A <b>nyomtató</b> áll", team=helpdesk, customer=carla, text="Füstöl a nyomtatónk <script>")
    client.force_login(anna)
    page = client.get("/search/", {"q": "nyomtato"}).content.decode()
    assert "A &lt;b&gt;<mark>nyomtató</mark>&lt;/b&gt; áll" in page
    message = ticket.messages.get()
    assert f'href="/ticket/{ticket.number}/#m{message.pk}"' in page
    assert "Füstöl a <mark>nyomtatónk</mark> &lt;script&gt;" in page
    assert f"<b>{carla.name}</b>" in page


def test_notes_and_files_are_said_to_be_such(client: Client, helpdesk: Team, anna: User, carla: User) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    make.note(ticket, "Szabotázs?", author=anna)
    make.message(ticket, "Kép", author=carla, attachments={"zsiráf.png": b"x"})
    client.force_login(anna)
    assert 'data-tone="note"' in client.get("/search/", {"q": "szabotázs"}).content.decode()
    assert "<mark>zsiráf</mark>.png" in client.get("/search/", {"q": "zsiráf"}).content.decode()


def test_a_page_of_twenty_costs_as_many_queries_as_one_of_two(client: Client, helpdesk: Team, anna: User) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(anna)

    def queries() -> int:
        client.get("/search/", {"q": "kakukk"})
        with CaptureQueriesContext(connection) as captured:
            client.get("/search/", {"q": "kakukk"})
        return len(captured)

    for _ in range(2):
        make.ticket("Kakukk", team=helpdesk, text="kakukk")
    few = queries()
    for _ in range(18):
        make.ticket("Kakukk", team=helpdesk, text="kakukk")
    assert queries() == few <= 22
