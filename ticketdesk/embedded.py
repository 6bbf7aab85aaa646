"""The real PostgreSQL and Redis out of their PyPI wheels, started under VAR_DIR when no address of a server is set."""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import json
import os
import secrets
import select
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

from ticketdesk.run.privileges import CannotStart

SUPERUSER_ROLE = "postgres"
OWNER_ROLE = "ticketdesk_owner"
APPLICATION_ROLE = "ticketdesk"
DATABASE = "ticketdesk"
KEPT = "TICKETDESK_SERVERS_KEPT"  # tells a child process that its parent keeps the servers of this VAR_DIR
SOCKET_PATH_LIMIT = 100  # bytes; macOS takes 104 with the closing zero, Linux 108


def run_dir(var_dir: Path) -> Path:
    """The folder of the sockets: under VAR_DIR, or a short one under /tmp when that path is too long for a socket."""
    near = var_dir / "run"
    if len(os.fsencode(near / "pg" / ".s.PGSQL.5432.lock")) <= SOCKET_PATH_LIMIT:
        return near
    return Path("/tmp") / f"ticketdesk-{hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:16]}"


def database_settings(var_dir: Path, role: str, database: str = DATABASE) -> dict[str, Any]:
    """Django's settings for the embedded PostgreSQL, whether it runs or not."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database,
        "USER": role,
        "PASSWORD": "",  # the socket lies in a closed folder and PostgreSQL asks the system who calls
        "HOST": str(run_dir(var_dir) / "pg"),
        "PORT": "5432",
    }


def redis_url(var_dir: Path) -> str:
    """The address of the embedded Redis, whether it runs or not."""
    return f"unix://{run_dir(var_dir) / 'redis' / 'redis.sock'}"


def secret_key(var_dir: Path) -> str:
    """The key kept in VAR_DIR/secret_key, made on first need. Two processes starting at once agree on one."""
    path = var_dir / "secret_key"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    var_dir.mkdir(parents=True, exist_ok=True)
    draft = var_dir / f".secret_key.{secrets.token_hex(8)}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(64))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # unlike rename, this never replaces the key another process has just made
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()


# Keepers that this process started and others still need; dropping one would be reported as a forgotten child.
_outliving: list[subprocess.Popen[bytes]] = []


class Servers:
    """The embedded servers as this process uses them. The work is done by a keeper process (`ticketdesk.run.keeper`).

    Starting joins servers that already run for the same VAR_DIR. Stopping, or the end of this process however it
    comes, lets go of them; the last one to let go stops them.
    """

    def __init__(self, var_dir: Path, *, postgres: bool = True, redis: bool = True, fast: bool = False) -> None:
        self.var_dir = var_dir
        self.parts = [name for name, wanted in (("postgres", postgres), ("redis", redis)) if wanted]
        self.fast = fast
        self._keeper: subprocess.Popen[bytes] | None = None
        self._users: IO[str] | None = None
        self._buffer = b""

    def start(self) -> str:
        """Start or join. Returns "started" or "joined". Raises `CannotStart` with a sentence for the terminal."""
        try:
            self.var_dir.mkdir(parents=True, exist_ok=True)
            self._users = (self.var_dir / "run.users").open("a")
        except OSError as fault:
            raise CannotStart(f"VAR_DIR {self.var_dir} cannot be written: {fault.strerror}.") from fault
        fcntl.flock(self._users, fcntl.LOCK_SH)  # waits while another process is just stopping them
        asked = {
            "var_dir": str(self.var_dir),
            "run_dir": str(run_dir(self.var_dir)),
            "parts": self.parts,
            "fast": self.fast,
            "roles": {"owner": OWNER_ROLE, "application": APPLICATION_ROLE, "database": DATABASE},
        }
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", "ticketdesk.run.keeper", json.dumps(asked)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).resolve().parent.parent,
            start_new_session=True,
        )
        verb, message = self._hear()
        if verb != "ready":
            self.stop()
            raise CannotStart(message or "The embedded servers did not start.")
        return message

    def guard(self, pid: int) -> None:
        """Have a process, which leads a group of its own, ended should this one vanish."""
        self._tell(f"guard {pid}")

    def release(self, pid: int) -> None:
        """Forget a process that has ended."""
        self._tell(f"release {pid}")

    def notes(self) -> list[str]:
        """What the keeper had to say since the last call: crashes and restarts, a sentence each. Does not wait."""
        found = []
        while self._keeper is not None and self._keeper.stdout is not None:
            if b"\n" not in self._buffer and not select.select([self._keeper.stdout], [], [], 0)[0]:
                break
            verb, message = self._hear()
            if not verb:
                break
            found.append(message)
        return found

    @property
    def is_kept(self) -> bool:
        """Whether the keeper still looks after them."""
        return self._keeper is not None and self._keeper.poll() is None

    def stop(self) -> bool:
        """Let go, and wait until they have stopped. False when another process still uses them, so that they stay."""
        keeper, users = self._keeper, self._users
        self._keeper = self._users = None
        if users is not None:
            users.close()
        if keeper is None or keeper.stdin is None or keeper.stdout is None:
            return True
        keeper.stdin.close()
        stayed = any(line.startswith(b"waiting") for line in keeper.stdout)
        if stayed:
            _outliving.append(keeper)
        else:
            keeper.wait()
        keeper.stdout.close()
        return not stayed

    def _tell(self, line: str) -> None:
        if self._keeper is not None and self._keeper.stdin is not None:
            try:
                self._keeper.stdin.write(line.encode() + b"\n")
                self._keeper.stdin.flush()
            except BrokenPipeError:
                pass  # the keeper has gone; `is_kept` says so to whoever supervises

    def _hear(self) -> tuple[str, str]:
        """The keeper's next line, waiting for it; two empty texts when it has gone."""
        assert self._keeper is not None
        assert self._keeper.stdout is not None
        while b"\n" not in self._buffer:
            data = os.read(self._keeper.stdout.fileno(), 65536)
            if not data:
                return "", ""
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        verb, _, message = line.decode().partition(" ")
        return verb, json.loads(message) if message else ""


def start_for_this_process(var_dir: Path, *, postgres: bool, redis: bool) -> Servers | None:
    """Start or join for as long as this process lives. None when an outer `make run` already keeps them for us."""
    if os.environ.get(KEPT) == str(var_dir) or not (postgres or redis):
        return None
    servers = Servers(var_dir, postgres=postgres, redis=redis)
    servers.start()
    pid = os.getpid()

    def stop() -> None:
        if os.getpid() == pid:  # not in a forked child
            servers.stop()

    atexit.register(stop)
    return servers
