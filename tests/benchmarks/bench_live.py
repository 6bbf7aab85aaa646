"""A contact centre under load: deciding who gets what, and telling everybody who watches.

    BENCH_AGENTS=500 BENCH_QUEUES=50 BENCH_RATE=20 BENCH_SECONDS=60 BENCH_WATCHERS=200 BENCH_PROCESSES=2 make bench-live

The web server, the watchers, and two that make the contacts come, be taken and end are processes of their own, as they
are in a house. Each contact is three events: it comes, is accepted, ends. What an event costs is the whole act with the
routing that follows its commit. Beside it the floors: one locked row changed and committed, and a bare message over the
wire.
Nothing is asserted about time; that no offer was lost or made twice is, from what is stored.
"""

from __future__ import annotations

import bisect
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import PIPE
from typing import Any

from django.db import connection, transaction

from contactcenter import activities, memberships, states
from contactcenter.models import Agent, Queue
from tests import make
from tests.benchmarks.bench_live_hints import Crowd, bare_server, cookie_of
from tests.contactcenter import centre
from tickets import wire
from tickets.models import Team

ROOT = Path(__file__).resolve().parents[2]
PARAMETERS = {"agents": 500, "queues": 50, "rate": 20.0, "seconds": 60.0, "watchers": 200, "processes": 2, "hands": 2}
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


@contextmanager
def process(environment: dict[str, str], module: str, *given: str, says: str = "") -> Iterator[subprocess.Popen[str]]:
    """A module of the benchmark at work beside, once it has said that it is ready."""
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *given]
    environment = {**environment, "DJANGO_SETTINGS_MODULE": "ticketdesk.settings"}
    run = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=PIPE, stdout=PIPE, text=True)
    assert run.stdin is not None
    assert run.stdout is not None
    try:
        run.stdin.write(says)
        run.stdin.flush()
        assert run.stdout.readline() == "ready\n", f"{module} did not begin"
        yield run
    finally:
        run.kill()
        run.wait(30)


def told_by(run: subprocess.Popen[str]) -> dict[str, Any]:
    """What a process of the benchmark prints in the end."""
    found: dict[str, Any] = json.loads(run.communicate()[0])
    return found


def spans_to_watchers(
    told: list[tuple[float, int, int]], heard: list[dict[str, list[float]]]
) -> tuple[list[float], list[float], int]:
    """Milliseconds from each act to each watcher's first word of its queue or agent, and to that of the queue alone.

    An act that leaves the queue's figures as they are waits in the second for the next that does not. And how many
    never came.
    """
    first, figures, missing = [], [], 0
    for moment, queue, agent in told:
        for watcher in heard:
            of_queue, of_agent = (_next(watcher.get(key, []), moment) for key in (f"q{queue}", f"a{agent}"))
            if (found := min(of_queue, of_agent)) < math.inf:
                first.append(1000 * (found - moment))
            else:
                missing += 1
            if of_queue < math.inf:
                figures.append(1000 * (of_queue - moment))
    return first, figures, missing


def _next(moments: list[float], after: float) -> float:
    at = bisect.bisect_left(moments, after)
    return moments[at] if at < len(moments) else math.inf


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


def test_a_centre_under_load(live: str, beside: dict[str, str], helpdesk: Team, tmp_path: Path) -> None:
    given = {name: parameter(name) for name in PARAMETERS}
    watchers, processes = int(given["watchers"]), int(given["processes"])
    people, lines = build(helpdesk, int(given["agents"]), int(given["queues"]))
    wire.flush()
    print("\n" + ", ".join(f"{value:g} {name}" for name, value in given.items()) + f", {os.cpu_count()} cores")
    cookies = "".join(f"{cookie_of(agent.user)}\n" for agent in people[:watchers]) + "\n"
    share = {
        "queues": [queue.pk for queue in lines],
        "rate": given["rate"] / processes,
        "seconds": given["seconds"],
        "hands": int(given["hands"]),
    }
    with ExitStack() as running:
        url = live.replace("http", "ws") + "/live/load/"
        crowd = running.enter_context(process(beside, "watching", url, says=cookies))
        hands = [
            running.enter_context(process(beside, "contact_load", json.dumps(share | {"seed": seed})))
            for seed in range(processes)
        ]
        for hand in hands:
            assert hand.stdin is not None
            hand.stdin.write("begin\n")
            hand.stdin.flush()
        loads = [told_by(hand) for hand in hands]
        time.sleep(3)  # what is on its way to the watchers arrives; a hint comes once a second
        seen = told_by(crowd)

    heard, figures, missing = spans_to_watchers([tuple(one) for load in loads for one in load["told"]], seen["heard"])
    found, events, statements = [], 0, 0
    for name in loads[0]["spans"]:
        spans = [span for load in loads for span in load["spans"][name]]
        count = sum(load["statements"][name] for load in loads)
        events, statements = events + len(spans), statements + count
        found.append(row(f"a contact {name}", spans, statements=count / len(spans)))
    found.append(row("of it: routing after the commit", [span for load in loads for span in load["dispatches"]]))
    found.append(row("floor: one row locked and changed", floor_of_decisions(people[0])))
    found.append(row("waited for a free hand of the driver", [lag for load in loads for lag in load["lags"]]))
    found.append(row("from the commit to each watcher", heard))
    found.append(row("  to the queue's changed figures", figures))
    found.append(row("floor: bare message to each socket", floor_of_messages(watchers, tmp_path / "bare.log")))
    rate = events / given["seconds"]
    database = sum(load["database"] for load in loads) / events
    print(f"{events} events, {rate:.1f} a second; {statements / events:.1f} statements, {database:.1f} ms of them each")
    print(f"{seen['messages']} messages heard, {missing} never")
    with connection.cursor() as cursor:
        wrong = {}
        for name, sql in CHECKS.items():
            cursor.execute(sql)
            wrong[name] = cursor.fetchone()[0]
    print("  ".join(f"{name}: {count}" for name, count in wrong.items()))
    if path := os.environ.get("BENCH_JSON"):
        told = {"given": given, "events": events, "statements": statements / events, "rate": rate}
        told |= {"database_ms": database, "missing": missing, "wrong": wrong, "figures": found}
        Path(path).write_text(json.dumps(told, indent=1) + "\n")
    assert [error for load in loads for error in load["errors"]] == []
    assert set(wrong.values()) == {0}
