"""Runs the parts of the product beside each other: starts, restarts with growing pauses, stops in order.

Every part leads a process group of its own, so that Ctrl-C reaches only the supervisor, which then stops them in the
right order. The keeper ends them should the supervisor itself be killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ticketdesk.embedded import Servers
from ticketdesk.run.privileges import CannotStart
from ticketdesk.run.processes import open_log, tail

LOOK_SECONDS = 0.25
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
CALM_AFTER = 60.0  # seconds of running after which a part's earlier crashes are forgotten


@dataclass
class Part:
    """One process of the product."""

    name: str
    command: list[str]
    stops_within: float
    """Seconds it may take to end politely."""
    process: subprocess.Popen[bytes] | None = None
    pause: float = FIRST_PAUSE
    started_at: float = 0.0
    due_at: float | None = None
    last_words: str = ""


@dataclass
class Supervisor:
    """The parts in the order they start; they stop in the reverse order."""

    parts: list[Part]
    servers: Servers
    log_dir: Path
    environment: dict[str, str]
    say: Callable[[str], None]
    parent: int | None = None
    """End when this process is no longer our parent; None to outlive it."""
    stopping: bool = False
    hurry: bool = False
    began: float = 0.0

    def watch_signals(self) -> None:
        """Ctrl-C and SIGTERM break off the preparations, and later ask the supervisor to stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)

    def start(self) -> None:
        """Start every part."""
        self.began = time.monotonic()
        for part in self.parts:
            self._start(part)

    def run(self, until: Callable[[], bool] | None = None) -> None:
        """Look after the parts until asked to stop, or until something is true."""
        while not self.stopping and not (until is not None and until()):
            time.sleep(LOOK_SECONDS)
            self.look()

    def look(self) -> None:
        """One round of looking after everything."""
        if self.parent is not None and os.getppid() != self.parent:
            self.stopping = True
            return
        for note in self.servers.notes():
            self.say(note)
        if not self.servers.is_kept:
            self.say("The process that keeps PostgreSQL and Redis has gone; starting it again.")
            self._restart_servers()
        for part in self.parts:
            self._look_after(part)

    def stop(self) -> None:
        """Stop every part, newest first; each gets its time, then it is killed with its group."""
        self.stopping = True
        for part in reversed(self.parts):
            process = part.process
            if process is None:
                continue
            if process.poll() is None:
                process.terminate()
                deadline = time.monotonic() + part.stops_within
                while process.poll() is None and time.monotonic() < deadline and not self.hurry:
                    time.sleep(0.02)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self.servers.release(process.pid)
            part.process = None

    def is_running(self, name: str) -> bool:
        """Whether a part's process is alive."""
        part = next(part for part in self.parts if part.name == name)
        return part.process is not None and part.process.poll() is None

    def _start(self, part: Part) -> None:
        with open_log(self.log_of(part)) as log:
            part.process = subprocess.Popen(
                part.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,
            )
        self.servers.guard(part.process.pid)
        part.started_at = time.monotonic()
        part.due_at = None

    def log_of(self, part: Part) -> Path:
        """Where a part's output goes."""
        return self.log_dir / f"{part.name.replace(' ', '-')}.log"

    def _look_after(self, part: Part) -> None:
        now = time.monotonic()
        if part.due_at is not None:
            if now >= part.due_at:
                self._start(part)
            return
        if part.process is None or part.process.poll() is None:
            return
        code = part.process.returncode
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(part.process.pid, signal.SIGKILL)  # children it left behind
        self.servers.release(part.process.pid)
        if now - part.started_at > CALM_AFTER:
            part.pause = FIRST_PAUSE
        part.due_at = now + part.pause
        how = f"code {code}" if code >= 0 else f"signal {-code}"
        self.say(f"{part.name} ended by itself ({how}); starting it again in {part.pause:.0f} s.")
        words = tail(self.log_of(part), 3)
        if words and words != part.last_words:  # the same complaint need not be read twice
            self.say("  " + words.replace("\n", "\n  "))
        part.last_words = words
        part.pause = min(part.pause * 2, LONGEST_PAUSE)

    def _restart_servers(self) -> None:
        self.servers.stop()
        try:
            self.servers.start()
        except CannotStart as reason:
            self.say(str(reason))
            time.sleep(FIRST_PAUSE)
            return
        for part in self.parts:
            if part.process is not None:
                self.servers.guard(part.process.pid)

    def _asked_to_stop(self, number: int, frame: object) -> None:
        if self.stopping and number == signal.SIGINT:
            self.hurry = True
        is_preparing = not self.began and not self.stopping
        self.stopping = True
        if is_preparing:
            raise KeyboardInterrupt
