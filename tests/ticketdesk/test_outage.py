"""A database that is away, or lets nobody write, is said in words and with 503; any other fault stays a fault."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import Client
from psycopg.errors import DeadlockDetected

from tests import make
from ticketdesk.outage import trouble_of
from tickets.models import Team, Ticket, User


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False, headers={"Accept-Language": "hu"})


@pytest.fixture
def ticket(helpdesk: Team, carla: User) -> Ticket:
    return make.ticket(team=helpdesk, customer=carla)


def hung_up(*_args: object) -> None:
    raise OperationalError("server closed the connection unexpectedly")


def test_a_page_says_that_the_database_is_away(visitor: Client, anna: User, ticket: Ticket) -> None:
    visitor.force_login(anna)
    with connection.execute_wrapper(hung_up):
        page = visitor.get(f"/ticket/{ticket.number}/")
        api = visitor.get(f"/api/v1/tickets/{ticket.number}", headers={"Authorization": "Bearer td_x"})
    assert (page.status_code, page["Retry-After"], page["Cache-Control"]) == (503, "30", "no-store")
    assert '<html lang="hu">' in page.content.decode()
    assert "Az adatbázis nem érhető el" in page.content.decode()
    assert (api.status_code, api["Content-Type"]) == (503, "application/problem+json")
    assert api.json()["title"] == "Az adatbázis nem érhető el"
    assert visitor.get(f"/ticket/{ticket.number}/").status_code == 200


def test_what_can_only_be_read_is_read_and_a_refused_writing_is_said(
    visitor: Client, anna: User, ticket: Ticket
) -> None:
    visitor.force_login(anna)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
        assert visitor.get("/inbox/teams/").status_code == 200
        answer = visitor.post(f"/ticket/{ticket.number}/write/", {"kind": "note", "note": "Valami"})
        transaction.set_rollback(True)
    assert answer.status_code == 503
    assert "Most semmi sem menthető" in answer.content.decode()


def test_other_faults_are_no_outage() -> None:
    deadlock = OperationalError("deadlock detected")
    deadlock.__cause__ = DeadlockDetected()
    for error in (IntegrityError("unique"), ValueError("x"), deadlock):
        assert trouble_of(error) == ""
