"""The roles of the database: the application's owns nothing and may not remove."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from tests.database import restore_pristine
from tickets import history


@pytest.mark.django_db
def test_the_application_owns_no_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("ticketdesk",)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
@pytest.mark.parametrize("table", history.PROTECTED_TABLES)
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {}", "ALTER TABLE {} DISABLE TRIGGER ALL"])
def test_the_application_may_not_remove_from_a_protected_table(table: str, statement: str) -> None:
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))


@pytest.mark.django_db
@pytest.mark.parametrize("table", history.APPEND_ONLY_TABLES)
def test_the_application_may_not_rewrite_an_append_only_table(table: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE {table} SET id = id")


@pytest.mark.django_db
def test_the_application_may_not_silence_the_triggers() -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET session_replication_role = replica")


def test_cleaning_up_puts_back_what_the_migrations_left(transactional_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_session VALUES ('left', 'behind', now())")
        cursor.execute("UPDATE django_content_type SET model = 'changed' WHERE model = 'session'")
        restore_pristine(connection.settings_dict["NAME"])
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM django_content_type WHERE model = 'changed'")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) > 0 FROM django_content_type")
        assert cursor.fetchone() == (True,)


def test_a_superuser_may_disable_a_trigger(superuser_cursor: psycopg.Cursor[tuple[Any, ...]]) -> None:
    superuser_cursor.execute("ALTER TABLE tickets_event DISABLE TRIGGER refuse_delete")


def test_a_disabled_trigger_is_enabled_again_for_the_next_test(
    superuser_cursor: psycopg.Cursor[tuple[Any, ...]],
) -> None:
    superuser_cursor.execute("SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'refuse_delete'")
    assert {row[0] for row in superuser_cursor.fetchall()} == {"O"}
