"""`manage.py run`: what it refuses and how; and the supervisor that looks after the parts."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ticketdesk.embedded import Servers
from ticketdesk.env import BASE_DIR
from ticketdesk.run import checks
from ticketdesk.run.privileges import CannotStart
from ticketdesk.run.supervisor import Part, Supervisor


def test_a_taken_port_is_refused_with_the_name_of_its_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"Port {port} is taken .*SMTP_PORT={port + 1} make run"):
            checks.check_port_is_free("SMTP_PORT", "127.0.0.1", port)
    checks.check_port_is_free("SMTP_PORT", "127.0.0.1", port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(CannotStart, match=r"Nobody can listen on 192\.0\.2\.1"):
        checks.check_port_is_free("PORT", "192.0.2.1", 8000)


def test_one_folder_of_data_is_run_once(tmp_path: Path) -> None:
    with checks.claim(tmp_path), pytest.raises(CannotStart, match="already runs"):
        checks.claim(tmp_path)
    checks.claim(tmp_path).close()


def test_run_says_in_one_line_that_a_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "manage.py", "run"],
            cwd=BASE_DIR,
            env={"PATH": os.environ["PATH"], "ENV_FILE": "", "VAR_DIR": str(tmp_path), "PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == f"Port {port} is taken by another program. Choose another: PORT={port + 1} make run\n"
    assert not (tmp_path / "postgres").exists()


SLEEP = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
)


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., Supervisor]]:
    made: list[Supervisor] = []
    servers = Servers(tmp_path, postgres=False, redis=False)
    servers.start()

    def make(**programs: str) -> Supervisor:
        parts = [Part(name, [sys.executable, "-c", program], 0.5) for name, program in programs.items()]
        said: list[str] = []
        made.append(Supervisor(parts, servers, tmp_path / "log", dict(os.environ), said.append))
        made[-1].start()
        return made[-1]

    yield make
    for supervisor in made:
        supervisor.stop()
    servers.stop()


def said_by(supervisor: Supervisor) -> list[str]:
    return supervisor.say.__self__  # type: ignore[attr-defined, no-any-return]


def look_until(supervisor: Supervisor, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    supervisor.look()
    while not condition():
        assert time.monotonic() < deadline
        supervisor.look()
        time.sleep(0.05)


def test_a_crashed_part_is_started_again_and_its_last_words_are_shown(
    supervise: Callable[..., Supervisor],
) -> None:
    supervisor = supervise(worker="raise SystemExit('out of toner')")
    look_until(supervisor, lambda: any("again in 4 s" in line for line in said_by(supervisor)))
    assert [line for line in said_by(supervisor) if "ended" in line] == [
        "worker ended by itself (code 1); starting it again in 1 s.",
        "worker ended by itself (code 1); starting it again in 2 s.",
        "worker ended by itself (code 1); starting it again in 4 s.",
    ]
    assert "out of toner" in said_by(supervisor)[1]


def test_a_killed_part_is_started_again(supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise(web=SLEEP)
    process = supervisor.parts[0].process
    assert process is not None
    process.kill()
    look_until(supervisor, lambda: supervisor.parts[0].process is not process and supervisor.is_running("web"))
    assert said_by(supervisor)[0] == "web ended by itself (signal 9); starting it again in 1 s."


def test_a_deaf_part_is_killed_after_its_time(supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise(worker=SLEEP, web=STUBBORN)
    deaf = supervisor.parts[1].process
    assert deaf is not None
    look_until(supervisor, lambda: "deaf" in supervisor.log_of(supervisor.parts[1]).read_text())
    supervisor.stop()
    assert deaf.returncode == -signal.SIGKILL
    assert [part.process for part in supervisor.parts] == [None, None]


def test_it_stops_when_asked(supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise(web=SLEEP)
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGHUP)
    try:
        supervisor.watch_signals()
        threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGTERM]).start()
        supervisor.run()
    finally:
        for number, handler in zip((signal.SIGTERM, signal.SIGINT, signal.SIGHUP), before, strict=True):
            signal.signal(number, handler)
    assert supervisor.stopping


def test_it_stops_when_its_parent_has_gone(supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise(web=SLEEP)
    supervisor.parent = os.getpid()  # never our own parent
    supervisor.run()
    assert supervisor.stopping
