"""Is one part of the product alive? For containers: `python -m ticketdesk.run.health web|mail|worker|beat`.

Ends with 0 when it is, else with 1 and a line that says why. Loads no Django, so that it may run every few seconds.
"""

from __future__ import annotations

import os
import socket
import sys
import time
import urllib.request
from pathlib import Path

BEAT_WRITES_WITHIN = 600.0  # beat saves its schedule every three minutes
LARGEST_SILENCE = 120.0


def web(port: int) -> str:
    """The page that looks after the database and Redis answers."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/health/ready", headers={"Host": "localhost"})
    with urllib.request.urlopen(request, timeout=4) as answer:
        return "" if answer.status == 200 else f"answered {answer.status}"


def mail(port: int) -> str:
    """The door greets."""
    with socket.create_connection(("127.0.0.1", port), timeout=4) as door:
        greeting = door.recv(200)
        door.sendall(b"QUIT\r\n")
    return "" if greeting.startswith(b"220") else "did not greet"


def worker(heartbeat: Path) -> str:
    """The worker's main process touched its file lately; it stops doing so when it loses its broker for good."""
    silence = time.time() - heartbeat.stat().st_mtime
    return "" if silence < LARGEST_SILENCE else f"silent for {silence:.0f} s"


def beat(schedule: Path) -> str:
    """Beat wrote its schedule lately. The name's ending depends on the kind of file Python makes for it."""
    files = list(schedule.parent.glob(schedule.name + "*"))
    if not files:
        return "has written no schedule"
    silence = time.time() - max(file.stat().st_mtime for file in files)
    return "" if silence < BEAT_WRITES_WITHIN else f"silent for {silence:.0f} s"


def main(part: str) -> int:
    """Look, and say what is wrong."""
    var_dir = Path(os.environ.get("VAR_DIR") or "var")
    try:
        if part == "web":
            fault = web(int(os.environ.get("PORT") or 8000))
        elif part == "mail":
            fault = mail(int(os.environ.get("SMTP_PORT") or 2525))
        elif part == "worker":
            fault = worker(Path(os.environ.get("HEARTBEAT_FILE") or "/tmp/worker.alive"))
        else:
            fault = beat(var_dir / "beat-schedule")
    except OSError as error:
        fault = f"{type(error).__name__}: {error}"
    if fault:
        print(f"{part} is not healthy: {fault}")
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
