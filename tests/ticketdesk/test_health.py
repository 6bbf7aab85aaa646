"""What watching machines are told."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import OperationalError, connection, transaction
from django.test import Client

from tests import make
from tickets import history, upkeep
from tickets.models import Mailbox, Team


def test_a_process_lives_without_its_database(client: Client) -> None:
    answer = client.get("/health/live")
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_ready_when_every_part_is(client: Client, db: None) -> None:
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "parts": {"database": "ok", "migrations": "ok", "redis": "ok", "storage": "ok"},
    }
    assert "no-store" in answer["Cache-Control"]


def test_a_lost_redis_is_named(client: Client, db: None, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {
        "database": "ok",
        "migrations": "ok",
        "redis": "ConnectionError",
        "storage": "ok",
    }


def test_a_lost_database_is_named(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("connection refused: secret address")

    with monkeypatch.context() as lost:
        lost.setattr(connection, "cursor", refuse)
        answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["parts"]["database"] == answer.json()["parts"]["migrations"] == "OperationalError"
    assert b"secret" not in answer.content


def test_a_database_that_can_only_be_read_is_named(client: Client, db: None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
        answer = client.get("/health/ready")
        transaction.set_rollback(True)
    assert (answer.status_code, answer.json()["parts"]["database"]) == (503, "read-only")


def test_missing_migrations_are_named(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ticketdesk.health.MigrationExecutor.migration_plan", lambda self, targets: [1, 2])
    assert client.get("/health/ready").json()["parts"]["migrations"] == "2 to apply"


def test_a_storage_that_takes_nothing_is_named(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(default_storage, "location", tmp_path / "file" / "folder")
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["parts"]["storage"]) == (503, "NotADirectoryError")


def test_metrics_tell_of_requests_backlogs_mails_jobs_and_seals(
    client: Client, helpdesk: Team, mailbox: Mailbox
) -> None:
    make.inbound(mailbox=mailbox)
    make.ticket(team=helpdesk)
    history.seal_history()
    upkeep.run_job("seal_history", lambda: 1)
    with pytest.raises(ZeroDivisionError):
        upkeep.run_job("fetch_mailboxes", lambda: 1 // 0)
    client.get("/health/live")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    lines = answer.content.decode().splitlines()

    def value(line: str) -> float:
        return next(float(found.rpartition(" ")[2]) for found in lines if found.startswith(line))

    assert value('ticketdesk_requests_total{method="GET",status="200",view="health_live"}') >= 1
    assert value('ticketdesk_request_seconds_count{view="health_live"}') >= 1
    assert value('ticketdesk_backlog{of="mail_waiting"}') == 1
    assert value('ticketdesk_inbound_mails{state="waiting"}') == 1
    assert value('ticketdesk_job_failing{job="fetch_mailboxes"}') == 1
    assert value('ticketdesk_job_failing{job="seal_history"}') == 0
    assert 0 <= value("ticketdesk_seal_age_seconds") < 60
    assert value("ticketdesk_sealed_tickets") == 1


def test_metrics_hold_no_ticket_number_and_no_address(client: Client, helpdesk: Team) -> None:
    ticket = make.ticket(team=helpdesk)
    client.get(f"/ticket/{ticket.number}/")
    client.get("/nowhere/anna@desk.example")
    said = client.get("/metrics").content.decode()
    assert ticket.number not in said
    assert "anna" not in said


def test_metrics_are_for_this_machine_when_there_is_no_token(client: Client, db: None) -> None:
    assert client.get("/metrics", REMOTE_ADDR="::1").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 403
    assert client.get("/metrics", REMOTE_ADDR="").status_code == 403
    assert client.get("/metrics", headers={"x-forwarded-for": "10.0.0.7"}).status_code == 403


def test_metrics_with_a_token_are_for_whoever_has_it(client: Client, db: None, settings: Any) -> None:
    settings.METRICS_TOKEN = "abc-ű"
    assert client.get("/metrics").status_code == 403
    for header, status in (("Bearer abc-ű", 200), ("Bearer abc", 403), ("abc", 403), ("", 403)):
        answer = client.get("/metrics", REMOTE_ADDR="10.0.0.7", headers={"authorization": header})
        assert answer.status_code == status, header


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
def test_nothing_is_changed_by_watching(client: Client, db: None, path: str) -> None:
    assert client.post(path).status_code == 405
