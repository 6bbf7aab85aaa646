"""A real SIP exchange on loopback: kamailio parks each caller and asks the webhook whose phone is to ring."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.house import free_port

HERE = Path(__file__).parent / "sip"
KAMAILIO = shutil.which("kamailio", path="/usr/sbin:/usr/local/sbin:/usr/bin")
SIPP = shutil.which("sipp")
MODULES = next(Path("/usr").glob("lib*/*/kamailio/modules/evapi.so"), None)

Post = Callable[..., Any]


class Bridge:
    """Between exchange and product, as an integrator would write it: passes events on and does what the answers say."""

    def __init__(self, asking: socket.socket, post: Post, phones: dict[str, str]) -> None:
        self.asking, self.post, self.phones = asking, post, phones
        self.waiting: dict[str, str] = {}  # call id -> the queue that was dialled
        self.rung: dict[str, str] = {}  # call id -> the extension that rings or talks
        self.heard: list[tuple[str, str]] = []
        self._buffer = b""

    def run_until(self, is_done: Callable[[], bool], *, seconds: float = 20) -> None:
        """Carries events to and fro. Raises TimeoutError when it is not done in that time."""
        deadline = time.monotonic() + seconds
        while not is_done():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not done within {seconds} s; heard: {self.heard}")
            for event in self._read():
                self._pass_on(event)
            for call, queue in list(self.waiting.items()):  # the same event again asks what to do now
                answer = self.post("queued", call, queue=queue)
                if answer.json()["action"] in ("ring", "connect"):
                    self._ring(call, answer.json()["extension"])

    def _pass_on(self, event: dict[str, str]) -> None:
        kind, call = event.pop("event"), event.pop("callId")
        self.heard.append((kind, call))
        if kind == "newCall":
            self.post("newCall", call, direction="in", **event)
            self.post("queued", call, queue=event["to"])
            self.waiting[call] = event["to"]
            return
        if kind == "hangup":
            self.waiting.pop(call, None)
        else:
            event["user"] = self.rung[call]
        self.post(kind, call, **event)

    def _ring(self, call: str, extension: str) -> None:
        del self.waiting[call]
        self.rung[call] = extension
        self.asking.sendall(f"{call} {self.phones[extension]}\n".encode())

    def _read(self) -> list[dict[str, str]]:
        with contextlib.suppress(TimeoutError):
            self._buffer += self.asking.recv(65536)
        *whole, self._buffer = self._buffer.split(b"\n")
        return [json.loads(line) for line in whole if line.strip()]


@contextlib.contextmanager
def exchange(folder: Path) -> Iterator[tuple[int, socket.socket]]:
    """A running kamailio: the port that is called, and the socket on which it tells and asks."""
    assert KAMAILIO is not None
    assert MODULES is not None
    sip, ask = free_port(), free_port()
    text = (HERE / "exchange.cfg").read_text()
    for name, value in (("SIP", sip), ("ASK", ask), ("MODULES", f"{MODULES.parent}/")):
        text = text.replace(f"@{name}@", str(value))
    config = folder / "exchange.cfg"
    config.write_text(text)
    command = [
        KAMAILIO,
        "-f",
        str(config),
        "-DD",
        "-E",
        "-P",
        str(folder / "pid"),
        "-w",
        str(folder),
        "-Y",
        str(folder),
    ]
    with _running(command, folder / "kamailio.log") as process, _connect(ask, process, folder) as asking:
        asking.settimeout(0.05)
        yield sip, asking


@contextlib.contextmanager
def phone(folder: Path) -> Iterator[str]:
    """A telephone that answers at once; gives its address."""
    assert SIPP is not None
    port = free_port()
    command = [SIPP, "-sn", "uas", "-i", "127.0.0.1", "-p", str(port), "-nostdin"]
    with _running(command, folder / f"phone-{port}.log"):
        yield f"sip:127.0.0.1:{port}"


@contextlib.contextmanager
def callers(scenario: str, *, to: str, port: int, count: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """So many people call, five a second; the process ends with 0 when each call went as its scenario says."""
    assert SIPP is not None
    command = [SIPP, f"127.0.0.1:{port}", "-sf", str(HERE / f"{scenario}.xml"), "-s", to, "-i", "127.0.0.1"]
    command += ["-p", str(free_port()), "-m", str(count), "-r", "5", "-nostdin", "-timeout", "25"]
    with _running(command, folder / f"{scenario}.log") as process:
        yield process


@contextlib.contextmanager
def _running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _connect(port: int, process: subprocess.Popen[bytes], folder: Path) -> socket.socket:
    deadline = time.monotonic() + 15
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1)
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((folder / "kamailio.log").read_text()) from None
            time.sleep(0.05)
