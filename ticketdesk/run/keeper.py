"""The keeper: a small process that runs the embedded servers, and ends what its owner started when the owner is gone.

Its owner (`make run`, a command, the tests) holds the other end of its standard input. However the owner ends, kill -9
included, that pipe closes and the keeper tidies up, so there is one way to stop and it is always taken.

Several owners may use the servers of one VAR_DIR at once. Each holds a shared lock on VAR_DIR/run.users; the keeper
that holds VAR_DIR/run.keeper runs the servers, and stops them when it gets the users' lock for itself: last one out.

Owner says:   guard PID     end this process (and its group) should I vanish
              release PID   it has ended, forget it
Keeper says:  ready MESSAGE | failed MESSAGE (JSON text) | note MESSAGE | waiting
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import IO

from ticketdesk.run.postgres import Postgres, set_up_roles
from ticketdesk.run.privileges import CannotStart
from ticketdesk.run.processes import is_running, own_folder
from ticketdesk.run.redis_server import Redis

LOOK_SECONDS = 0.5
GUARDED_SECONDS = 20.0
LONGEST_PAUSE = 30.0


class Keeper:
    """The state of one keeper."""

    def __init__(self, var_dir: Path, run_dir: Path, parts: list[str], *, fast: bool, roles: dict[str, str]) -> None:
        self.var_dir = var_dir
        self.run_dir = run_dir
        self.roles = roles
        self.servers: list[Postgres | Redis] = []
        if "postgres" in parts:
            self.servers.append(Postgres(var_dir, run_dir, fast=fast))
        if "redis" in parts:
            self.servers.append(Redis(var_dir, run_dir))
        self.guarded: list[int] = []
        self.buffer = b""
        self.lock: IO[str] | None = None
        self.pauses = {server.name: 0.5 for server in self.servers}
        self.due: dict[str, float] = {}

    def run(self) -> None:
        """Start or join, then look after things until the owner is gone."""
        try:
            self._become_holder_or_wait()
        except CannotStart as reason:
            say("failed", str(reason))
            self._stop_servers()
            return
        say("ready", "started" if self.lock else "joined")
        while self._hear_owner():
            self._look()
        self._end_guarded()
        if self.lock is not None:
            self._stop_when_unused()

    def _become_holder_or_wait(self) -> None:
        """Start the servers, unless another keeper runs them: then wait until they answer."""
        deadline = time.monotonic() + 120
        while not self._try_to_hold():
            if self._other_is_ready():
                return
            if time.monotonic() > deadline:
                raise CannotStart(f"Another process has been starting the servers of {self.var_dir} for two minutes.")
            time.sleep(0.05)

    def _try_to_hold(self) -> bool:
        """Take the keeper's lock and start the servers. False when another keeper has it."""
        lock = try_lock(self.var_dir / "run.keeper")
        if lock is None:
            return False
        self.lock = lock
        (self.var_dir / "run.ready").unlink(missing_ok=True)
        own_folder(self.run_dir, None)
        self.run_dir.chmod(0o711)  # the servers may run as another user; each socket lies in a closed folder below
        for server in self.servers:
            server.start()
            if isinstance(server, Postgres):
                set_up_roles(server, **self.roles)
        (self.var_dir / "run.ready").write_text(str(os.getpid()))
        return True

    def _other_is_ready(self) -> bool:
        """Whether the keeper that runs the servers says they answer (a killed one may have left its word behind)."""
        try:
            return is_running(int((self.var_dir / "run.ready").read_text()))
        except (FileNotFoundError, ValueError):
            return False

    def _hear_owner(self) -> bool:
        """Read what the owner says, waiting a moment for it. False when the owner is gone."""
        try:
            readable, _, _ = select.select([0], [], [], LOOK_SECONDS)
        except InterruptedError:
            return True
        if not readable:
            return True
        data = os.read(0, 4096)
        if not data:
            return False
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        for line in lines:
            verb, _, pid = line.decode().partition(" ")
            if verb == "guard":
                self.guarded.append(int(pid))
            elif verb == "release" and int(pid) in self.guarded:
                self.guarded.remove(int(pid))
        return True

    def _look(self) -> None:
        """Restart a server that ended by itself, with growing pauses; step in when the other keeper has vanished."""
        if self.lock is None:
            with contextlib.suppress(CannotStart):
                if self.servers and self._try_to_hold():
                    say("note", "PostgreSQL and Redis were taken over, because the process that kept them has gone.")
            return
        for server in self.servers:
            if server.process is None or server.process.poll() is None:
                continue
            now = time.monotonic()
            if server.name not in self.due:
                self.due[server.name] = now + self.pauses[server.name]
                say("note", f"{server.name} ended by itself (code {server.process.returncode}); starting it again.")
            if now < self.due[server.name]:
                continue
            del self.due[server.name]
            self.pauses[server.name] = min(self.pauses[server.name] * 2, LONGEST_PAUSE)
            try:
                server.start()
            except CannotStart as reason:
                say("note", str(reason))

    def _end_guarded(self) -> None:
        """End the owner's processes, newest first, each with its group."""
        for pid in reversed(self.guarded):
            end_group(pid, GUARDED_SECONDS)

    def _stop_when_unused(self) -> None:
        """Stop the servers as soon as nobody uses them."""
        said = False
        while (users := try_lock(self.var_dir / "run.users")) is None:
            if not said:
                say("waiting")
                said = True
            time.sleep(LOOK_SECONDS)
            self._look()
        with users:
            self._stop_servers()

    def _stop_servers(self) -> None:
        (self.var_dir / "run.ready").unlink(missing_ok=True)
        for server in reversed(self.servers):
            server.stop()
        if self.var_dir not in self.run_dir.parents:
            shutil.rmtree(self.run_dir, ignore_errors=True)  # a short path of its own, empty by now


def try_lock(path: Path) -> IO[str] | None:
    """The file, locked for us alone until it is closed; None when somebody else has it."""
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def end_group(pid: int, patience: float) -> None:
    """Ask a process to end, wait, then kill what is left of its group. It leads a group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + patience
        while is_running(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def say(verb: str, message: str = "") -> None:
    """One line to the owner; an owner who is gone does not matter."""
    with contextlib.suppress(OSError):
        os.write(1, f"{verb} {json.dumps(message)}\n".encode())


def main() -> None:
    """The command line holds one JSON text: var_dir, run_dir, parts, fast, roles."""
    # A terminal's Ctrl-C and a polite SIGTERM are for the owner; the closing pipe is the only sign that counts here.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # not SIG_IGN, which the servers would inherit
    asked = json.loads(sys.argv[1])
    keeper = Keeper(
        Path(asked["var_dir"]), Path(asked["run_dir"]), asked["parts"], fast=asked["fast"], roles=asked["roles"]
    )
    keeper.run()


if __name__ == "__main__":
    main()
