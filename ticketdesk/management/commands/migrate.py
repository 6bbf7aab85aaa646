"""Migrates as the owner of the tables, then says what the application's own role may do.

That role owns nothing: it cannot drop a trigger, and on protected tables it may not even ask for a DELETE.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from psycopg import sql

from tickets import history


class Command(DjangoMigrate):
    """Django's `migrate` under another role. May be run at every start, and on a server of one's own."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, then grant."""
        with as_owner():
            super().handle(*args, **options)
            if options["check_unapplied"] or options["plan"]:
                return
            if not grant_application():
                self.stdout.write(
                    "The application and the owner of the tables are one role. The triggers still refuse removal, but "
                    "set DATABASE_OWNER_URL to a second role, so that the application cannot drop them."
                )


@contextmanager
def as_owner() -> Iterator[None]:
    """Let the default connection be the owner's for a while."""
    connection = connections[DEFAULT_DB_ALIAS]
    application = connection.settings_dict
    connection.close()
    connection.settings_dict = {
        **application,
        **{name: settings.OWNER_DATABASE[name] for name in ("HOST", "PORT", "USER", "PASSWORD", "OPTIONS")},
    }
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = application


def grant_application() -> bool:
    """Grant the application's role its rights and take away what it must never have, in one transaction.

    Expects the owner's connection. False when both are the same role, for whom a grant means nothing.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    application = settings.DATABASES[DEFAULT_DB_ALIAS]["USER"]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_schema()")
        owner, schema = cursor.fetchone()
        if not application or application == owner:
            return False
        names = {"role": sql.Identifier(application), "schema": sql.Identifier(schema)}

        def run(statement: str, **more: sql.Composable) -> None:
            cursor.execute(sql.SQL(statement).format(**names, **more))

        run("GRANT USAGE ON SCHEMA {schema} TO {role}")
        run("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}")
        run("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}")
        run("REVOKE INSERT, UPDATE, DELETE ON {schema}.django_migrations FROM {role}")
        existing = set(connection.introspection.table_names(cursor))
        for right, tables in {
            "DELETE, TRUNCATE": history.PROTECTED_TABLES,
            "UPDATE": history.APPEND_ONLY_TABLES,
        }.items():
            for table in sorted(existing.intersection(tables)):
                run(f"REVOKE {right} ON {{schema}}.{{table}} FROM {{role}}", table=sql.Identifier(table))
    return True
