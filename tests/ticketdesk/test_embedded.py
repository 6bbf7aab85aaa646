"""The embedded servers: joined, handed over, recovered after kill -9, and stopped by the last one out."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from ticketdesk import embedded
from ticketdesk.embedded import Servers
from ticketdesk.run.processes import is_running

HOLDER = """
import sys
from pathlib import Path
from ticketdesk.embedded import Servers
servers = Servers(Path(sys.argv[1]), fast=True)
how = servers.start()
if len(sys.argv) > 2:
    servers.guard(int(sys.argv[2]))
print(how, flush=True)
sys.stdin.read()
print("stopped" if servers.stop() else "left", flush=True)
"""


class Holder:
    """Another process that uses the servers until it is told to end."""

    def __init__(self, var_dir: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(var_dir), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(embedded.__file__).parent.parent,
        )
        self.started = self.read()

    def read(self) -> str:
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], 90)[0]
        return self.process.stdout.readline().strip()

    def end(self) -> str:
        assert self.process.stdin is not None
        self.process.stdin.close()
        said = self.read()
        self.process.wait(30)
        return said

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def hold(tmp_path: Path) -> Iterator[Callable[..., Holder]]:
    holders: list[Holder] = []

    def make(*arguments: str) -> Holder:
        holders.append(Holder(tmp_path, *arguments))
        return holders[-1]

    yield make
    for holder in holders:
        holder.kill()
        for stream in (holder.process.stdin, holder.process.stdout):
            if stream is not None:
                stream.close()
    eventually(lambda: not postmaster(tmp_path))


def eventually(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def postmaster(var_dir: Path) -> int:
    """The process number of the running PostgreSQL, or 0."""
    try:
        pid = int((var_dir / "postgres" / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, IndexError):
        return 0
    return pid if is_running(pid) else 0


def answers(var_dir: Path, role: str = embedded.APPLICATION_ROLE) -> bool:
    try:
        with psycopg.connect(
            host=str(embedded.run_dir(var_dir) / "pg"), user=role, dbname=embedded.DATABASE, connect_timeout=5
        ) as direct:
            row = direct.execute("SELECT current_user::text").fetchone()
            wire = redis.Redis.from_url(embedded.redis_url(var_dir))
            try:
                return row == (role,) and bool(wire.ping())
            finally:
                wire.close()
    except (psycopg.OperationalError, redis.exceptions.ConnectionError):
        return False


def test_a_second_process_joins_and_the_last_one_out_stops_them(tmp_path: Path, hold: Callable[..., Holder]) -> None:
    first, second = hold(), hold()
    assert (first.started, second.started) == ("started", "joined")
    assert answers(tmp_path)
    assert first.end() == "left"
    assert answers(tmp_path)
    second.end()
    eventually(lambda: not postmaster(tmp_path))
    assert not answers(tmp_path)


def test_nothing_is_left_when_the_owner_is_killed(tmp_path: Path, hold: Callable[..., Holder]) -> None:
    guarded = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    owner = hold(str(guarded.pid))
    owner.kill()
    eventually(lambda: not postmaster(tmp_path))
    assert guarded.wait(30) == -signal.SIGTERM


def test_postgresql_is_started_again_after_a_crash_and_keeps_what_was_committed(
    tmp_path: Path, hold: Callable[..., Holder]
) -> None:
    hold()
    before = postmaster(tmp_path)
    os.kill(before, signal.SIGKILL)
    eventually(lambda: postmaster(tmp_path) not in {0, before} and answers(tmp_path))


def test_another_keeper_takes_over_from_a_killed_one(tmp_path: Path, hold: Callable[..., Holder]) -> None:
    first, second = hold(), hold()
    keeper = int((tmp_path / "run.ready").read_text())
    os.kill(keeper, signal.SIGKILL)
    eventually(lambda: (tmp_path / "run.ready").exists() and (tmp_path / "run.ready").read_text() != str(keeper))
    eventually(lambda: answers(tmp_path))
    first.end()
    assert answers(tmp_path)
    second.end()


def test_a_lock_file_whose_number_another_program_got_is_recovered(tmp_path: Path, hold: Callable[..., Holder]) -> None:
    first = hold()
    first.end()
    eventually(lambda: not postmaster(tmp_path))
    socket_dir = embedded.run_dir(tmp_path) / "pg"
    lock = f"{os.getpid()}\n{tmp_path / 'postgres'}\n1700000000\n5432\n{socket_dir}\n\n1 1\nready\n"
    (tmp_path / "postgres" / "postmaster.pid").write_text(lock)
    assert hold().started == "started"
    assert answers(tmp_path)


def test_a_half_made_cluster_is_made_anew(tmp_path: Path, hold: Callable[..., Holder]) -> None:
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")
    assert hold().started == "started"
    assert answers(tmp_path, embedded.OWNER_ROLE)


def test_a_path_too_long_for_a_socket_is_no_hindrance(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    servers = Servers(deep, fast=True)
    assert servers.start() == "started"
    assert answers(deep)
    assert embedded.run_dir(deep).parent == Path("/tmp")
    assert servers.stop()
    assert not embedded.run_dir(deep).exists()


def test_the_application_owns_nothing_and_cannot_make_tables(tmp_path: Path, hold: Callable[..., Holder]) -> None:
    hold()
    host = str(embedded.run_dir(tmp_path) / "pg")
    with psycopg.connect(host=host, user=embedded.APPLICATION_ROLE, dbname=embedded.DATABASE) as direct:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            direct.execute("CREATE TABLE mine ()")
        direct.rollback()
        row = direct.execute("SELECT datcollate, datlocale FROM pg_database WHERE datname = current_database()")
        assert row.fetchone() == ("C", "C.UTF-8")
        settings: dict[str, str] = dict(
            direct.execute("SELECT name, setting FROM pg_settings WHERE name = 'listen_addresses'").fetchall()
        )
        assert settings == {"listen_addresses": ""}


def test_the_sockets_lie_in_closed_folders(tmp_path: Path, hold: Callable[..., Holder]) -> None:
    hold()
    for name in ("pg", "redis"):
        assert (embedded.run_dir(tmp_path) / name).stat().st_mode & 0o777 == 0o700


def test_the_key_is_made_once_and_is_for_the_owner_alone(tmp_path: Path) -> None:
    key = embedded.secret_key(tmp_path / "new")
    assert len(key) >= 50
    assert embedded.secret_key(tmp_path / "new") == key
    assert (tmp_path / "new" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert embedded.secret_key(tmp_path / "other") != key
