"""Contacts that come to queues, are taken and end, at a given rate, by several hands, each act timed.

A process of its own: with what `Load` is to be given as JSON it says "ready", begins at a line of input, and prints
what it saw as JSON.
"""

from __future__ import annotations

import heapq
import itertools
import json
import random
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import django
from django.db import connection

if __name__ == "__main__":
    django.setup()

from contactcenter import contacts, live, routing
from contactcenter.models import Contact, Offer, Queue
from tickets import live as tickets_live
from tickets import wire

TALK = 20.0  # mean seconds
TAKES = 1.0  # seconds until an offer is accepted


class Load:
    """Contacts that come, are taken and end, by several hands; each act is timed and its statements are counted."""

    def __init__(self, queues: list[Queue], *, rate: float, seconds: float, hands: int, seed: int = 1) -> None:
        self.queues, self.seconds, self.hands = queues, seconds, hands
        self.dice = random.Random(seed)
        self.acts: list[tuple[float, int, Callable[[], None]]] = []
        self.number = itertools.count()
        self.free = threading.Condition()
        self.open = 0
        self.spans: dict[str, list[float]] = defaultdict(list)
        self.lags: list[float] = []
        self.statements: Counter[str] = Counter()
        self.database = 0.0
        self.errors: list[str] = []
        at = 0.0
        while (at := at + self.dice.expovariate(rate / 3)) < seconds:
            self.add(at, self.come(self.dice.choice(queues)))

    def add(self, at: float, act: Callable[[], None]) -> None:
        with self.free:
            heapq.heappush(self.acts, (at, next(self.number), act))
            self.open += 1
            self.free.notify()

    def come(self, queue: Queue) -> Callable[[], None]:
        def act() -> None:
            contact = contacts.open_contact(Contact.Channel.CALL, by=None, number="+36 30 555 0100")
            with self.timed("comes"):
                contacts.receive_contact(contact, queue=queue, by=None)
            self.add(self.now + TAKES, self.take(contact.pk))

        return act

    def take(self, contact: int) -> Callable[[], None]:
        def act() -> None:
            offer = Offer.objects.filter(contact=contact, state=Offer.State.PENDING).first()
            if offer is None:  # everybody was busy: it waits
                self.add(self.now + 0.5, self.take(contact))
                return
            with self.timed("accepted"):
                routing.accept_offer(offer, by=None)
            self.add(self.now + self.dice.uniform(0.5, 1.5) * TALK, self.end(contact))

        return act

    def end(self, contact: int) -> Callable[[], None]:
        def act() -> None:
            with self.timed("ends"):
                contacts.hang_up(Contact.objects.get(pk=contact), by=None)

        return act

    @property
    def now(self) -> float:
        return time.monotonic() - self.begun

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        count, spent = 0, 0.0

        def counted(execute: Callable[..., Any], *given: Any) -> Any:
            nonlocal count, spent
            begun = time.perf_counter()
            try:
                return execute(*given)
            finally:
                count += 1
                spent += time.perf_counter() - begun

        begun = time.perf_counter()
        with connection.execute_wrapper(counted):
            yield
        with self.free:
            self.spans[name].append(1000 * (time.perf_counter() - begun))
            self.statements[name] += count
            self.database += 1000 * spent

    def run(self) -> None:
        self.begun = time.monotonic()
        threads = [threading.Thread(target=self._work) for _hand in range(self.hands)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self) -> None:
        try:
            while (act := self._next()) is not None:
                try:
                    act()
                except Exception as error:  # noqa: BLE001  # told below, and fails the run
                    self.errors.append(repr(error))
                finally:
                    with self.free:
                        self.open -= 1
                        self.free.notify_all()
        finally:
            connection.close()

    def _next(self) -> Callable[[], None] | None:
        """The next act when its time has come; None when nothing is left to do or ever will be."""
        with self.free:
            while True:
                if self.open == 0:
                    return None
                if self.acts:
                    due = self.acts[0][0] - self.now
                    if due <= 0:
                        at, _number, act = heapq.heappop(self.acts)
                        self.lags.append(1000 * (self.now - at))
                        return act
                    self.free.wait(due)
                else:
                    self.free.wait(1)


def main() -> None:
    """Plays its share and tells the spans, what was told of which queue when, and what went wrong."""
    given = json.loads(sys.argv[1])
    told: list[tuple[float, int, int]] = []
    dispatches: list[float] = []
    send, dispatch = tickets_live.send, routing.dispatch

    def timed_send(groups: list[str], message: dict[str, Any]) -> None:
        moment = time.monotonic()
        told.extend((moment, queue, message["agent"]) for queue in message.get("queues", []))
        send(groups, message)

    def timed_dispatch() -> int:
        begun = time.perf_counter()
        try:
            return dispatch()
        finally:
            dispatches.append(1000 * (time.perf_counter() - begun))

    queues = list(Queue.objects.filter(pk__in=given.pop("queues")))
    print("ready", flush=True)
    sys.stdin.readline()
    load = Load(queues, **given)
    with patch.object(live, "send", timed_send), patch.object(routing, "dispatch", timed_dispatch):
        load.run()
    wire.flush()
    print(
        json.dumps(
            {
                "spans": load.spans,
                "statements": load.statements,
                "database": load.database,
                "lags": load.lags,
                "errors": load.errors,
                "told": told,
                "dispatches": dispatches,
            }
        )
    )


if __name__ == "__main__":
    main()
