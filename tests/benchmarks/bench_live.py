"""A contact centre under load: deciding who gets what, and telling everybody who watches.

python -m tests.benchmarks.bench_live --agents 500 --queues 50 --rate 20 --seconds 60 --watchers 200 --json figures.json

The web server is a process of its own, this one makes the contacts come, be taken and end, and another thread holds
the watchers. Each contact is three events: it comes, is accepted, ends. What an event costs is the whole act with the
routing that follows its commit. Beside it the floors: one locked row changed and committed, and a bare message over the
wire.
Nothing is asserted about time; that no offer was lost or made twice is, from what is stored.
"""

from __future__ import annotations

import argparse
import bisect
import importlib.util
import json
import os
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from contactcenter import activities, live, memberships, routing, states
from contactcenter.models import Agent, Queue
from tests import make
from tests.benchmarks.bench_live_hints import Crowd, bare_server, cookie_of
from tests.benchmarks.contact_load import Load
from tests.contactcenter import centre
from tickets import live as tickets_live
from tickets import wire
from tickets.models import Team

PARAMETERS = {"agents": 500, "queues": 50, "rate": 20.0, "seconds": 60.0, "watchers": 200, "hands": 4}
CHECKS = {
    "a contact with two agents at once": """
        SELECT count(*) FROM contactcenter_workinterval a JOIN contactcenter_workinterval b
        ON a.contact_id = b.contact_id AND a.agent_id < b.agent_id AND a.during && b.during""",
    "a contact accepted twice": """
        SELECT count(*) FROM (SELECT contact_id FROM contactcenter_offer WHERE state = 'accepted'
        GROUP BY contact_id HAVING count(*) > 1) twice""",
    "two offers at once for a contact": """
        SELECT count(*) FROM contactcenter_offer a JOIN contactcenter_offer b ON a.contact_id = b.contact_id
        AND a.id < b.id AND tstzrange(a.offered_at, a.settled_at) && tstzrange(b.offered_at, b.settled_at)""",
    "two offers at once for an agent": """
        SELECT count(*) FROM contactcenter_offer a JOIN contactcenter_offer b ON a.agent_id = b.agent_id
        AND a.id < b.id AND tstzrange(a.offered_at, a.settled_at) && tstzrange(b.offered_at, b.settled_at)""",
    "a contact that was lost": "SELECT count(*) FROM contactcenter_contact WHERE state <> 'closed'",
    "an answered contact without an accepted offer": """
        SELECT count(*) FROM contactcenter_contact c WHERE c.outcome = 'answered' AND NOT EXISTS
        (SELECT FROM contactcenter_offer o WHERE o.contact_id = c.id AND o.state = 'accepted')""",
    "an agent who is not idle in the end": "SELECT count(*) FROM contactcenter_agent WHERE work <> 'idle'",
}


def parameter(name: str) -> float:
    return float(os.environ.get(f"BENCH_{name.upper()}", PARAMETERS[name]))


class Watch:
    """When each queue was told of by the acts, and when each watcher heard of it."""

    def __init__(self) -> None:
        self.told: list[tuple[float, int]] = []
        self.heard: dict[tuple[int, int], list[float]] = defaultdict(list)  # (watcher, queue): moments
        self.messages = 0

    def hear(self, watcher: int, moment: float, queues: list[int]) -> None:
        self.messages += 1
        for queue in queues:
            self.heard[watcher, queue].append(moment)

    def spans(self, watchers: int) -> tuple[list[float], int]:
        """Milliseconds from each act to each watcher's first word of its queue afterwards; how many never came."""
        found, missing = [], 0
        for moment, queue in self.told:
            for watcher in range(watchers):
                moments = self.heard[watcher, queue]
                at = bisect.bisect_left(moments, moment)
                if at < len(moments):
                    found.append(1000 * (moments[at] - moment))
                else:
                    missing += 1
        return sorted(found), missing


def open_watchers(url: str, watch: Watch, agents: list[Agent], count: int) -> tuple[Callable[[], None], str, int]:
    """Lets so many watch over the load's socket, where the product has one; else one over the wire itself, as a web
    server would. Returns what ends it, the way, and how many watch."""
    if importlib.util.find_spec("contactcenter.consumers") is None:
        return _watch_wire(watch, 1), "wire", 1
    crowd = Crowd()

    def listener(at: int) -> Callable[[float, str], None]:
        def hear(moment: float, text: str) -> None:
            said = json.loads(text)
            crowd.heard.setdefault("first", {}).setdefault(at, moment)
            watch.hear(at, moment, [one["id"] for one in said.get("queues", [])])

        return hear

    crowd.listener = listener  # type: ignore[method-assign]
    crowd.wait_for = lambda number, count, seconds=60: {}  # type: ignore[method-assign]
    crowd.open(url.replace("http", "ws") + "/live/load/", [cookie_of(agent.user) for agent in agents[:count]])
    deadline = time.monotonic() + 60
    while len(crowd.heard.get("first", {})) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    return crowd.close, "socket", count


def _watch_wire(watch: Watch, count: int) -> Callable[[], None]:
    """So many listeners to the group of the load, in a thread of their own."""
    import asyncio

    from channels.layers import get_channel_layer

    loop = asyncio.new_event_loop()
    jobs: list[asyncio.Task[None]] = []
    ready = threading.Event()

    async def listen(at: int, layer: Any, channel: str) -> None:
        while True:
            said = await layer.receive(channel)
            watch.hear(at, time.monotonic(), said.get("queues", []))

    async def begin() -> None:
        layer: Any = get_channel_layer()
        for at in range(count):
            channel = await layer.new_channel()
            await layer.group_add(live.CENTRE, channel)
            jobs.append(asyncio.create_task(listen(at, layer, channel)))
        ready.set()

    async def end() -> None:
        for job in jobs:
            job.cancel()
        await asyncio.wait(jobs)

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(begin(), loop)
    assert ready.wait(60)

    def close() -> None:
        asyncio.run_coroutine_threadsafe(end(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    return close


def row(name: str, spans: list[float], **more: Any) -> dict[str, Any]:
    """One line of the table, in milliseconds."""
    if len(spans) < 2:
        spans = [*spans, 0.0, 0.0]
    cuts = statistics.quantiles(spans, n=20)
    found = {"what": name, "n": len(spans), "p50": cuts[9], "p95": cuts[18], "max": max(spans), **more}
    extra = "  ".join(f"{key} {value:.1f}" for key, value in more.items())
    print(f"{name:<44} p50 {cuts[9]:8.1f}  p95 {cuts[18]:8.1f}  max {max(spans):8.1f} ms  n {len(spans):<7} {extra}")
    return found


def build(team: Team, agents: int, queues: int) -> tuple[list[Agent], list[Queue]]:
    """Each queue has its own agents, each of whom helps out in one more at the second level."""
    lines = [centre.queue(f"Queue {n}", team=team, wrap_up_seconds=0, offer_seconds=60) for n in range(queues)]
    people = []
    for number in range(agents):
        user = make.agent(f"Agent {number}", f"agent{number}@desk.example", team=team)
        agent = states.add_agent(user, home_team=team, by=None)
        for level, queue in ((1, lines[number % queues]), (2, lines[(number * 7 + 1) % queues])):
            if level == 1 or queue != lines[number % queues]:
                memberships.join_queue(agent, queue=queue, by=None, level=level)
        people.append(activities.sign_in(centre.fresh(agent), by=None))
    return people, lines


def floor_of_decisions(agent: Agent, count: int = 300) -> list[float]:
    """One row locked, changed and committed: what no decision can be quicker than."""
    spans = []
    for _time in range(count):
        begun = time.perf_counter()
        with transaction.atomic():
            locked = Agent.objects.select_for_update(no_key=True).get(pk=agent.pk)
            locked.save(update_fields=["missed_in_a_row"])
        spans.append(1000 * (time.perf_counter() - begun))
    return spans


def floor_of_messages(watchers: int, log: Path, count: int = 20) -> list[float]:
    """A bare message over the wire to as many sockets that only repeat what they hear."""
    with bare_server(log) as url:
        crowd, sent = Crowd(), {}
        for attempt in range(200):
            try:
                crowd.open(url, [""] * watchers)
                break
            except OSError:
                assert attempt < 199, log.read_text()
                time.sleep(0.1)
        for n in range(count):
            sent[f"bare{n}"] = time.monotonic()
            wire.send(["bare"], {"type": "bare.hint", "ticket": n, "number": f"bare{n}"})
            time.sleep(0.5)
        spans = [1000 * (at - sent[key]) for key in sent for at in crowd.wait_for(key, watchers).values()]
        crowd.close()
    return spans


def test_a_centre_under_load(live_url: str, helpdesk: Team, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = {name: parameter(name) for name in PARAMETERS}
    watchers = int(given["watchers"])
    people, lines = build(helpdesk, int(given["agents"]), int(given["queues"]))
    wire.flush()
    watch, dispatches = Watch(), []
    send, dispatch = tickets_live.send, routing.dispatch

    def timed_send(groups: list[str], message: dict[str, Any]) -> None:
        moment = time.monotonic()
        watch.told.extend((moment, queue) for queue in message.get("queues", []))
        send(groups, message)

    def timed_dispatch() -> int:
        begun = time.perf_counter()
        try:
            return dispatch()
        finally:
            dispatches.append(1000 * (time.perf_counter() - begun))

    monkeypatch.setattr(live, "send", timed_send)
    monkeypatch.setattr(routing, "dispatch", timed_dispatch)
    print("\n" + ", ".join(f"{value:g} {name}" for name, value in given.items()) + f", {os.cpu_count()} cores")
    close, way, watching = open_watchers(live_url, watch, people, watchers)
    load = Load(lines, rate=given["rate"], seconds=given["seconds"], hands=int(given["hands"]))
    load.run()
    wire.flush()
    time.sleep(3)  # what is on its way to the watchers arrives; a hint comes once a second
    close()
    monkeypatch.undo()

    events = sum(map(len, load.spans.values()))
    heard, missing = watch.spans(watching)
    found = []
    for name, spans in load.spans.items():
        found.append(row(f"a contact {name}", spans, statements=load.statements[name] / len(spans)))
    found.append(row("of it: routing after the commit", dispatches))
    found.append(row("floor: one row locked and changed", floor_of_decisions(people[0])))
    found.append(row("waited for a free hand of the driver", load.lags))
    found.append(row(f"from the commit to each watcher, by {way}", heard))
    found.append(row("floor: bare message to each socket", floor_of_messages(watchers, tmp_path / "bare.log")))
    rate = events / given["seconds"]
    statements = sum(load.statements.values()) / events
    database = load.database / events
    print(f"{events} events, {rate:.1f} a second; {statements:.1f} statements and {database:.1f} ms of them each")
    print(f"{watch.messages} messages heard, {missing} never")
    with connection.cursor() as cursor:
        wrong = {}
        for name, sql in CHECKS.items():
            cursor.execute(sql)
            wrong[name] = cursor.fetchone()[0]
    print("  ".join(f"{name}: {count}" for name, count in wrong.items()))
    if path := os.environ.get("BENCH_JSON"):
        told = {"given": given, "way": way, "events": events, "statements": statements, "rate": rate}
        told |= {"database_ms": database, "missing": missing, "wrong": wrong, "figures": found}
        Path(path).write_text(json.dumps(told, indent=1) + "\n")
    assert load.errors == []
    assert set(wrong.values()) == {0}


@pytest.fixture
def live_url(live: str) -> str:
    """The web server's address; the name `live` is the room's here."""
    return live


def main() -> None:
    parser = argparse.ArgumentParser(description="A contact centre under load.")
    for name, value in PARAMETERS.items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    parser.add_argument("--json", default="")
    for name, value in vars(parser.parse_args()).items():
        if value != "":
            os.environ[f"BENCH_{name.upper()}"] = str(value)
    raise SystemExit(pytest.main(["-n0", "-s", "-q", __file__]))


if __name__ == "__main__":
    main()
