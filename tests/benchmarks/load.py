"""Asks a web server for pages, one after the other or several at once, and says how long the answers took."""

from __future__ import annotations

import http.client
import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

SLOW = 20.0  # seconds: no page is waited for longer


@dataclass(frozen=True, slots=True)
class Figures:
    """Times in milliseconds; `bytes` as they came, not compressed; `queries` from the server's own count."""

    clients: int
    requests: int
    p50: float
    p95: float
    per_second: float
    queries: int
    bytes: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class Visitor:
    """One browser: a connection that stays open, and its cookies."""

    port: int
    cookie: str
    times: list[float] = field(default_factory=list)
    queries: int = 0
    size: int = 0

    def visit(self, path: str, *, seconds: float, most: int) -> None:
        """Asks again and again until the time or the number is up. Raises when a page is not a page."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SLOW)
        end = time.perf_counter() + seconds
        while len(self.times) < most and time.perf_counter() < end:
            begun = time.perf_counter()
            self._ask(line, path)
            self.times.append((time.perf_counter() - begun) * 1000)
        line.close()

    def _ask(self, line: http.client.HTTPConnection, path: str) -> None:
        line.request("GET", path, headers={"Host": "localhost", "Cookie": self.cookie, "Accept-Language": "hu"})
        answer = line.getresponse()
        body = answer.read()
        if answer.status in (301, 302):
            where = urlsplit(answer.headers["Location"])
            self._ask(line, f"{where.path}?{where.query}" if where.query else where.path)
            return
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {body[:300]!r}")
        self.queries, self.size = int(answer.headers["X-Queries"]), len(body)


def measure(port: int, cookie: str, path: str, *, clients: int, seconds: float, most: int = 400) -> Figures:
    """After two pages that are not counted: the address as so many clients at once see it."""
    Visitor(port, cookie).visit(path, seconds=SLOW, most=2)
    visitors = [Visitor(port, cookie) for _ in range(clients)]
    faults: list[BaseException] = []

    def run(visitor: Visitor) -> None:
        try:
            visitor.visit(path, seconds=seconds, most=most)
        except BaseException as fault:  # noqa: BLE001  # told by the main thread
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(visitor,)) for visitor in visitors]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    if faults:
        raise faults[0]
    times = sorted(moment for visitor in visitors for moment in visitor.times)
    return Figures(
        clients=clients,
        requests=len(times),
        p50=times[len(times) // 2],
        p95=times[min(len(times) - 1, int(len(times) * 0.95))],
        per_second=len(times) / took,
        queries=visitors[0].queries,
        bytes=visitors[0].size,
    )
