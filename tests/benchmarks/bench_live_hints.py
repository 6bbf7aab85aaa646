"""How long a change takes from its commit in one process to the browsers of many agents.

pytest -n0 -s tests/benchmarks/bench_live_hints.py       (BENCH_SOCKETS=400 BENCH_ACTS=100 BENCH_JSON=figures.json)

The web server is a process of its own, this one commits the acts, and its second thread holds the sockets. The floor
beside it is the same way without any question: a bare `group_send` to consumers that only repeat what they hear.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from tests import make
from tests.benchmarks.sockets import Socket
from tests.house import free_port
from tickets import live as live_room
from tickets import tagging
from tickets.models import Team, User

SOCKETS = int(os.environ.get("BENCH_SOCKETS", "200"))
ACTS = int(os.environ.get("BENCH_ACTS", "40"))
PAUSE = float(os.environ.get("BENCH_PAUSE", "0.3"))  # seconds between acts; 0 for as fast as they can be written


class Crowd:
    """Many sockets in a thread of their own; `heard` holds the moments at which each number was heard first."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.sockets: list[Socket] = []
        self.heard: dict[str, dict[int, float]] = {}
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def open(self, url: str, cookies: list[str]) -> None:
        async def opening() -> None:
            for at, cookie in enumerate(cookies):
                socket = await Socket.open(url, cookie)
                socket.hear = self.listener(at)
                self.sockets.append(socket)

        asyncio.run_coroutine_threadsafe(opening(), self.loop).result(120)
        self.wait_for("hello", len(cookies))

    def listener(self, at: int) -> Callable[[float, str], None]:
        def hear(moment: float, text: str) -> None:
            said = json.loads(text)
            self.heard.setdefault(str(said.get("ticket", said["type"])), {}).setdefault(at, moment)

        return hear

    def wait_for(self, number: str, count: int, seconds: float = 60) -> dict[int, float]:
        deadline = time.monotonic() + seconds
        while len(self.heard.get(number, {})) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{number}: {len(self.heard.get(number, {}))} of {count}")
            time.sleep(0.005)
        return self.heard[number]

    def close(self) -> None:
        async def closing() -> None:
            for socket in self.sockets:
                await socket.close()

        asyncio.run_coroutine_threadsafe(closing(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


def cookie_of(user: User) -> str:
    """The cookie of somebody who signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


@contextmanager
def bare_server(log: Path) -> Iterator[str]:
    """The floor's web server."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface=asginl", "--host=127.0.0.1", f"--port={port}"]
    command += ["--workers=1", "--loop=uvloop", "--http=1", "--runtime-mode=st", "--no-access-log"]
    command += ["--log-level=warning", "tests.benchmarks.bare_consumers:application"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "ticketdesk.settings"}
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=out, stderr=out)
    try:
        yield f"ws://localhost:{port}/live/"
    finally:
        process.terminate()
        process.wait(30)


def figures(name: str, commits: dict[str, float], crowd: Crowd) -> dict[str, Any]:
    """Milliseconds over all sockets and acts."""
    spans = sorted(1000 * (at - commits[number]) for number in commits for at in crowd.heard[number].values())
    cuts = statistics.quantiles(spans, n=20)
    found = {"what": name, "p50": cuts[9], "p95": cuts[18], "max": spans[-1], "hints": len(spans)}
    print(f"{name:<34} p50 {found['p50']:7.1f}  p95 {found['p95']:7.1f}  max {found['max']:7.1f} ms  n {len(spans)}")
    return found


def test_from_the_commit_to_every_socket(
    live: str, helpdesk: Team, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    agents = [make.agent(f"Agent {n}", f"agent{n}@desk.example", team=helpdesk) for n in range(SOCKETS)]
    tickets = [make.ticket(f"Ticket {n}", team=helpdesk) for n in range(ACTS)]
    live_room.flush()
    commits: dict[str, float] = {}
    send = live_room.send

    def timed_send(groups: list[str], message: dict[str, Any]) -> None:
        commits.setdefault(message["number"], time.monotonic())
        send(groups, message)

    monkeypatch.setattr(live_room, "send", timed_send)
    print(f"\n{SOCKETS} sockets, {ACTS} acts, {os.cpu_count()} cores")
    crowd = Crowd()
    begun = time.monotonic()
    crowd.open(live.replace("http", "ws") + "/live/", [cookie_of(agent) for agent in agents])
    print(f"{'all connected':<34} {time.monotonic() - begun:11.2f} s")
    for ticket in tickets:
        tagging.tag_ticket(ticket, "vpn", by=agents[0])
        time.sleep(PAUSE)
    for ticket in tickets:
        crowd.wait_for(ticket.number, SOCKETS)
    found = [figures("commit to socket, rights asked", commits, crowd)]
    crowd.close()

    with bare_server(tmp_path / "bare.log") as url:
        bare, floor_commits = Crowd(), {}
        for attempt in range(200):
            try:
                bare.open(url, [""] * SOCKETS)
                break
            except OSError:
                assert attempt < 199, (tmp_path / "bare.log").read_text()
                time.sleep(0.1)
        for n in range(ACTS):
            floor_commits[f"bare{n}"] = time.monotonic()
            send(["bare"], {"type": "bare.hint", "ticket": n, "number": f"bare{n}"})
            time.sleep(PAUSE)
        for number in floor_commits:
            bare.wait_for(number, SOCKETS)
        found.append(figures("floor: bare group_send", floor_commits, bare))
        bare.close()
    print(f"{'p95 over the floor':<34} {found[0]['p95'] / found[1]['p95']:11.1f} x")
    if path := os.environ.get("BENCH_JSON"):
        Path(path).write_text(json.dumps({"sockets": SOCKETS, "acts": ACTS, "figures": found}, indent=1) + "\n")


if __name__ == "__main__":
    pytest.main(["-n0", "-s", "-q", __file__])
