"""Houses to measure: databases of a given size, filled once and kept; newer migrations are applied to them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from tests.benchmarks import generator
from tests.benchmarks.bulk_tables import hasty_server
from ticketdesk import embedded

ROOT = Path(__file__).resolve().parents[2]
VAR_DIR = Path(os.environ.get("BENCH_VAR_DIR", ROOT / "var" / "bench"))


def database_url(name: str, role: str) -> str:
    """The address of one of our databases on the embedded server."""
    host = quote(str(embedded.run_dir(VAR_DIR) / "pg"), safe="")
    return f"postgres://{role}@{host}/{name}"


def superuser(database: str) -> psycopg.Connection[tuple[object, ...]]:
    """A connection that may do anything, each statement for itself."""
    return psycopg.connect(
        host=str(embedded.run_dir(VAR_DIR) / "pg"),
        user=embedded.SUPERUSER_ROLE,
        dbname=database,
        autocommit=True,
        cursor_factory=psycopg.ClientCursor,  # several statements in one text, with parameters
    )


def ensure_house(tickets: int, *, with_search: bool = True) -> str:
    """The name of the filled database; made when there is none of this size and these migrations yet."""
    name = f"bench_{tickets}_{_fingerprint()}"
    draft_name = f"draft_{tickets}"
    with superuser("postgres") as server:
        have = {str(row[0]) for row in server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'bench\\_%'")}
        if name in have:
            _bring_up_to_date(name, with_search=with_search)
            return name
        for old in have:
            if old.startswith(f"bench_{tickets}_"):
                server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(old)))
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(draft_name)))
        server.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(draft_name), sql.Identifier(embedded.OWNER_ROLE)
            )
        )
    print(f"Making a house of {tickets:,} tickets ...")
    begun = time.perf_counter()
    _migrate(draft_name)
    with hasty_server(lambda: superuser("postgres")):
        generator.fill(lambda: superuser(draft_name), tickets)
    with superuser("postgres") as server:
        server.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft_name), sql.Identifier(name))
        )
    print(f"  made in {time.perf_counter() - begun:.0f} s")
    return name


def empty_house(name: str) -> None:
    """A database of this name with nothing in it but what the migrations bring."""
    with superuser("postgres") as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        server.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(embedded.OWNER_ROLE))
        )
    _migrate(name)


def environment(name: str) -> dict[str, str]:
    """What a process of the product needs to work on this database."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(name, embedded.APPLICATION_ROLE),
        "DATABASE_OWNER_URL": database_url(name, embedded.OWNER_ROLE),
        "TICKETDESK_SERVERS_KEPT": str(VAR_DIR),
        "VAR_DIR": str(VAR_DIR),
        "ENV_FILE": "",
        "SECRET_KEY": embedded.secret_key(VAR_DIR),
    }


def _bring_up_to_date(name: str, *, with_search: bool) -> None:
    """Newer migrations, and what their index of the search does not have yet."""
    _migrate(name)
    if not with_search:
        return
    begun = time.perf_counter()
    command = [
        sys.executable,
        "manage.py",
        "rebuild_search",
        "--missing",
        "--batch=2000",
        f"--jobs={os.cpu_count() or 1}",
    ]
    subprocess.run(command, cwd=ROOT, env=environment(name), check=True)
    with superuser(name) as direct:
        direct.execute("ANALYZE")
    print(f"  search: {time.perf_counter() - begun:.1f} s")


def _migrate(name: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=ROOT, env=environment(name), check=True
    )


def _fingerprint() -> str:
    """Of what makes a house: when it changes, houses are made again."""
    folder = Path(__file__).parent
    parts = [folder / name for name in ("generator.py", "generator_sql.py", "generator_words.py")]
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:12]
