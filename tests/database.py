"""Databases for tests: made once as the owner, cloned for each process, used as the application's role.

A template is migrated when a migration has changed, and kept between runs. Each test process clones it in a tenth of a
second. Several runs may share the cluster; a database names the run it belongs to, and what a killed run left behind
is dropped by the next.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from ticketdesk import embedded
from ticketdesk.run.processes import is_running

TEMPLATE_LOCK = 5_280_417  # any number, ours alone among advisory locks of the tests' cluster

# What the migrations left in the tables, kept to put it back. The schema belongs to the superuser alone.
KEEP_PRISTINE = """
CREATE SCHEMA pristine;
DO $$
DECLARE t name; filled boolean;
BEGIN
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'django_migrations' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', t) INTO filled;
        IF filled THEN EXECUTE format('CREATE TABLE pristine.%1$I AS TABLE public.%1$I', t); END IF;
    END LOOP;
END $$;
"""

# Deleting the few rows of a test is faster than TRUNCATE, which makes new files for every table. The replica role lets
# no trigger and no foreign key speak: they refuse removal by design.
RESTORE_PRISTINE = """
SET LOCAL session_replication_role = replica;
SET LOCAL lock_timeout = '15s';
DO $$
DECLARE t name; changed boolean;
BEGIN
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'django_migrations' LOOP
        IF to_regclass(format('pristine.%I', t)) IS NULL THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', t) INTO changed;
            IF changed THEN EXECUTE format('DELETE FROM public.%I', t); END IF;
        ELSE
            EXECUTE format(
                'SELECT EXISTS ((SELECT x::text FROM public.%1$I x EXCEPT ALL SELECT x::text FROM pristine.%1$I x)
                    UNION ALL (SELECT x::text FROM pristine.%1$I x EXCEPT ALL SELECT x::text FROM public.%1$I x))', t
            ) INTO changed;
            IF changed THEN
                EXECUTE format('DELETE FROM public.%I', t);
                EXECUTE format('INSERT INTO public.%1$I OVERRIDING SYSTEM VALUE SELECT * FROM pristine.%1$I', t);
            END IF;
        END IF;
    END LOOP;
END $$;
"""


def superuser(database: str) -> psycopg.Connection[tuple[object, ...]]:
    """A connection that may do anything, each statement for itself."""
    return psycopg.connect(
        host=str(embedded.run_dir(settings.VAR_DIR) / "pg"),
        user=embedded.SUPERUSER_ROLE,
        dbname=database,
        autocommit=True,
    )


@contextmanager
def test_database(run: int, worker: str) -> Iterator[str]:
    """A database of this process alone; Django's connection is led to it. Dropped at the end."""
    name = f"test_{run}_{worker}"
    with superuser("postgres") as server:
        server.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        _drop_leftovers(server)
        template = _ensure_template(server)
        _drop(server, name)
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(template), sql.Identifier(embedded.OWNER_ROLE)
            )
        )
    before = _lead_to(name)
    try:
        yield name
    finally:
        connection.close()
        _lead_to(before)
        with superuser("postgres") as server:
            _drop(server, name)


def restore_pristine(name: str) -> None:
    """Every table as the migrations left it."""
    with superuser(name) as direct, direct.transaction():
        direct.execute(RESTORE_PRISTINE)


def trigger_states(direct: psycopg.Connection[tuple[object, ...]]) -> dict[tuple[str, str], str]:
    """Which triggers are enabled: (table, trigger) to O, D, R or A."""
    found = direct.execute(
        "SELECT c.relname, t.tgname, t.tgenabled::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE NOT t.tgisinternal"
    )
    return {(str(table), str(trigger)): str(state) for table, trigger, state in found}


def restore_triggers(direct: psycopg.Connection[tuple[object, ...]], before: dict[tuple[str, str], str]) -> None:
    """Enable again what a test has disabled."""
    words = {"O": "ENABLE", "D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}
    after = trigger_states(direct)
    for (table, trigger), state in before.items():
        if after.get((table, trigger), state) != state:
            direct.execute(
                sql.SQL("ALTER TABLE {} {} TRIGGER {}").format(
                    sql.Identifier(table),
                    sql.SQL(words[state]),
                    sql.Identifier(trigger),
                )
            )


def _lead_to(name: str) -> str:
    before = str(settings.DATABASES["default"]["NAME"])
    connection.close()
    settings.DATABASES["default"]["NAME"] = settings.OWNER_DATABASE["NAME"] = name
    connection.settings_dict["NAME"] = name
    return before


def _ensure_template(server: psycopg.Connection[tuple[object, ...]]) -> str:
    """The migrated template of the code as it is now. The caller holds the lock."""
    name = f"template_{_fingerprint()}"
    templates = [
        str(row[0]) for row in server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'template\\_%'")
    ]
    if name in templates:
        return name
    for old in templates:
        _drop(server, old)
    draft = "draft_template"
    _drop(server, draft)
    server.execute(
        sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(draft), sql.Identifier(embedded.OWNER_ROLE))
    )
    before = _lead_to(draft)
    call_command("migrate", verbosity=0, interactive=False)
    _lead_to(before)
    with superuser(draft) as direct:
        direct.execute(KEEP_PRISTINE)
    server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name)))
    return name


def _fingerprint() -> str:
    """A hash of everything a migrated database depends on."""
    digest = hashlib.sha256()
    files = [
        Path(__file__),
        settings.BASE_DIR / "ticketdesk/management/commands/migrate.py",
        settings.BASE_DIR / "tickets/history.py",
    ]
    for app in apps.get_app_configs():
        # Models too: content types and permissions are made of them.
        files += sorted(Path(app.path).glob("migrations/*.py")) + sorted(Path(app.path).glob("models/*.py"))
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:20]


def _drop_leftovers(server: psycopg.Connection[tuple[object, ...]]) -> None:
    """Databases of runs that were killed."""
    rows = server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'").fetchall()
    for (name,) in rows:
        run = str(name).split("_")[1]
        if run.isdecimal() and int(run) != os.getpid() and not is_running(int(run)):
            _drop(server, str(name))


def _drop(server: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
