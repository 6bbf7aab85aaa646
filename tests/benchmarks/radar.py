"""How well the radar finds reports of the same fault, and how fast: `make bench-radar`.

    python -m tests.benchmarks.radar [--quick] [--copies 4] [--json file]

Streams a corpus of tickets with known duplicates (DUPLICATES_DIR, by default ../shared/corpus/duplicates) through the
product's own index in the order in which they came. For each query only earlier tickets are there, their statistics
too; a group stands where its best ticket stands; what is older than a year is a miss. Prints recall@1/5/10, MAP, and ms
a question and a ticket beside a bare SELECT by primary key. `--quick` reads the first 6,000 tickets alone; `--copies`
fills the index with so many further copies afterwards, to show what more tickets cost. Asserts nothing.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks import houses

FOLDER = Path(os.environ.get("DUPLICATES_DIR", houses.ROOT.parent / "shared" / "corpus" / "duplicates"))
QUICK = 6_000
DATABASE = "radar"
DAYS = 365


@dataclass
class Quality:
    """Where the right group stood, query by query; None for a miss."""

    ranks: list[int | None] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        count = len(self.ranks) or 1
        found = [rank for rank in self.ranks if rank]
        recall = {f"recall@{k}": round(sum(1 for rank in found if rank <= k) / count, 4) for k in (1, 5, 10)}
        return recall | {"MAP": round(sum(1 / rank for rank in found) / count, 4), "queries": len(self.ranks)}


def main() -> None:
    """Makes an empty house, then streams in a process of its own, since Django speaks to one database."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help=f"the first {QUICK} tickets alone")
    parser.add_argument("--copies", type=int, default=0, help="fill the index with so many copies afterwards")
    parser.add_argument("--json", type=Path, default=None, help="where the figures go as JSON")
    parser.add_argument("--stream", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if not (FOLDER / "reports.jsonl.gz").exists():
        print(f"Nothing to measure: no corpus of duplicates in {FOLDER} (set DUPLICATES_DIR).")
        return
    if chosen.stream:
        stream(chosen)
        return
    from ticketdesk.embedded import Servers

    servers = Servers(houses.VAR_DIR)
    servers.start()
    try:
        houses.empty_house(DATABASE)
        command = [sys.executable, "-m", __spec__.name, "--stream", *sys.argv[1:]]
        environment = houses.environment(DATABASE) | {"DJANGO_SETTINGS_MODULE": "ticketdesk.settings"}
        subprocess.run(command, env=environment, check=True)
    finally:
        servers.stop()


def stream(chosen: argparse.Namespace) -> None:
    import django

    django.setup()
    reports = read_reports(QUICK if chosen.quick else None)
    world = World(reports)
    wanted = json.loads((FOLDER / "queries.json").read_text())
    parts = {query: part for part, queries in wanted.items() for query in queries}
    quality: dict[str, Quality] = {}
    writes, asks, floors = [], [], []
    begun = time.perf_counter()
    for number, report in enumerate(reports, 1):
        if part := parts.get(report["id"]):
            spent, floor, rank = world.ask(report)
            asks.append(spent)
            floors.append(floor)
            for name in (part, f"{part}, {report['project']}"):
                quality.setdefault(name, Quality()).ranks.append(rank)
        writes.append(world.write(report))
        if number % 5_000 == 0:
            print(f"  {number:,} tickets, {time.perf_counter() - begun:.0f} s")
            world.tidy()
    found: dict[str, Any] = {name: each.figures() for name, each in sorted(quality.items())}
    show_quality(found)
    speed = {"question": spread(asks), "ticket": spread(writes), "bare SELECT": spread(floors)}
    queries = [report for report in reports if report["id"] in parts][-300:]
    speed |= {"question, all tickets there": spread(world.ask(report)[0] for report in queries)}
    if chosen.copies:
        tickets = world.copy(chosen.copies)
        speed |= {f"question, {tickets:,} tickets there": spread(world.ask(report)[0] for report in queries)}
    show_speed(speed)
    print(f"\n{world.plan(queries[-1])}")
    result = {"quality": found, "ms": speed, "bytes a ticket": world.bytes_per_ticket()}
    out = chosen.json or houses.VAR_DIR / "radar.json"
    out.write_text(json.dumps(result, indent=1))
    print(f"\n{result['bytes a ticket']} bytes a ticket. All figures: {out}")


def read_reports(most: int | None) -> list[dict[str, Any]]:
    with gzip.open(FOLDER / "reports.jsonl.gz", "rt") as lines:
        reports = [json.loads(line) for line in lines]
    return reports[:most]


class World:
    """The corpus in the product's tables: bare ticket rows, and the radar's own index, written by the product."""

    def __init__(self, reports: Sequence[dict[str, Any]]) -> None:
        from datetime import datetime

        from tickets.models import Channel, Kind, Priority, Status, Team, Ticket

        self.team = Team.objects.create(name="Corpus")
        common = {
            "kind": Kind.objects.get(code="question"),
            "status": Status.objects.get(code="new"),
            "priority": Priority.objects.get(code="normal"),
            "team": self.team,
            "channel": Channel.WEB,
        }
        self.opened = {report["id"]: datetime.fromisoformat(report["created"][:19] + "+00:00") for report in reports}
        rows = [
            Ticket(
                pk=place,
                number=str(report["id"]),
                title=report["title"][:250] or "-",
                opened_at=self.opened[report["id"]],
                changed_at=self.opened[report["id"]],
                **common,
            )
            for place, report in enumerate(reports, 1)
        ]
        Ticket.objects.bulk_create(rows, batch_size=2_000)
        self.place = {report["id"]: place for place, report in enumerate(reports, 1)}
        self.id_at = {place: report_id for report_id, place in self.place.items()}
        self.components = {report["id"]: frozenset(report["components"]) for report in reports}
        buckets: dict[str, list[int]] = json.loads((FOLDER / "buckets.json").read_text())
        self.bucket = {member: int(first) for first, members in buckets.items() for member in members}

    def write(self, report: dict[str, Any]) -> float:
        """The report's words go into the index. In ms."""
        from django.db import transaction

        from tickets.similar.index import write_words
        from tickets.similar.words import read_words

        begun = time.perf_counter()
        with transaction.atomic():
            write_words(self.place[report["id"]], read_words(report["title"], report["description"] or ""))
        return (time.perf_counter() - begun) * 1_000

    def ask(self, report: dict[str, Any]) -> tuple[float, float, int | None]:
        """What it takes to ask, what a bare SELECT takes beside it (in ms), and where the right group stands."""
        from tickets.models import Ticket
        from tickets.similar import asking
        from tickets.similar.weighing import SHARED_TAG, likeness, recency
        from tickets.similar.words import read_words

        at, place = self.opened[report["id"]], self.place[report["id"]]
        begun = time.perf_counter()
        words = read_words(report["title"], report["description"] or "")
        question = asking.ask_of_words(words, at=at)
        hits = asking.find_hits(question)
        spent = (time.perf_counter() - begun) * 1_000
        begun = time.perf_counter()
        list(Ticket.objects.filter(pk=place).values_list("pk"))
        floor = (time.perf_counter() - begun) * 1_000
        scored = []
        for hit in hits:
            other = self.id_at.get(hit.ticket_id)
            if other is None or hit.ticket_id >= place:
                continue
            days = (at - self.opened[other]).total_seconds() / 86_400
            shared = SHARED_TAG if self.components[other] & self.components[report["id"]] else 0.0
            if days <= DAYS:
                scored.append((likeness(hit.score, question.own) + recency(days) + shared, other))
        return spent, floor, self.rank_of(report["id"], [other for _score, other in sorted(scored, reverse=True)])

    def rank_of(self, query: int, ranked: Iterable[int]) -> int | None:
        """A bucket stands where its best ticket stands."""
        seen: set[int] = set()
        for other in ranked:
            bucket = self.bucket.get(other, -other)
            seen.add(bucket)
            if bucket == self.bucket.get(query):
                return len(seen)
        return None

    def tidy(self) -> None:
        """What autovacuum does in a house at work."""
        with houses.superuser(DATABASE) as direct:
            direct.execute("VACUUM ANALYZE tickets_radarposting")
            direct.execute("VACUUM ANALYZE tickets_radarterm")

    def copy(self, copies: int) -> int:
        """So many times the same postings again, as tickets that came before all others. Returns how many there are."""
        shift = len(self.place)
        with houses.superuser(DATABASE) as direct:
            for n in range(1, copies + 1):
                direct.execute(
                    """INSERT INTO tickets_radarposting
                        SELECT term_id, ticket_id - %s, weight FROM tickets_radarposting WHERE ticket_id > 0""",
                    [n * shift],
                )
            direct.execute("UPDATE tickets_radarterm SET tickets = tickets * %s", [copies + 1])
            direct.execute("UPDATE tickets_radartotals SET tickets = tickets * %s", [copies + 1])
        self.tidy()
        return shift * (copies + 1)

    def plan(self, report: dict[str, Any]) -> str:
        """How the database answers."""
        from tickets.similar import asking
        from tickets.similar.words import read_words

        question = asking.ask_of_words(read_words(report["title"], report["description"] or ""))
        known = [asked for asked in question.asked if asked.term]
        asked = [[one.term for one in known], [one.worth for one in known]]
        with houses.superuser(DATABASE) as direct:
            row = direct.execute("SELECT prosrc FROM pg_proc WHERE proname = 'radar_hits'").fetchone()
            body = str(row[0] if row else "")
            for place, name in enumerate(("terms", "worths", "oldest", "most_postings", "itself", "most"), 1):
                body = re.sub(rf"\b{name}\b", f"${place}", body)
            direct.execute("SET enable_bitmapscan = off; SET enable_seqscan = off; SET jit = off")
            direct.execute("PREPARE radar (integer[], real[], bigint, integer, bigint, integer) AS " + body)
            lines = direct.execute(
                "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) EXECUTE radar (%s, %s, %s, %s, %s, %s)",
                [*asked, 0, asking.MOST_POSTINGS, 0, asking.CANDIDATES],
            ).fetchall()
        return "\n".join(str(line[0]) for line in lines)

    def bytes_per_ticket(self) -> int:
        from django.db import connection

        tables = ("tickets_radarposting", "tickets_radartext", "tickets_radarterm")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT sum(pg_total_relation_size(t::regclass)) FROM unnest(%s::text[]) AS t", [list(tables)]
            )
            size = cursor.fetchone()[0]
            cursor.execute("SELECT tickets FROM tickets_radartotals")
            return int(size / cursor.fetchone()[0])


def spread(times: Iterable[float]) -> dict[str, float]:
    ordered = sorted(times) or [0.0]
    return {
        "p50": round(ordered[len(ordered) // 2], 2),
        "p95": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 2),
        "max": round(ordered[-1], 2),
    }


def show_quality(found: dict[str, Any]) -> None:
    print(f"\n{'':22}{'R@1':>7}{'R@5':>7}{'R@10':>7}{'MAP':>7}{'queries':>9}")
    for name, each in found.items():
        figures = "".join(f"{each[key]:7.3f}" for key in ("recall@1", "recall@5", "recall@10", "MAP"))
        print(f"{name:22}{figures}{each['queries']:9}")


def show_speed(speed: dict[str, dict[str, float]]) -> None:
    floor = speed["bare SELECT"]["p50"] or 1
    print(f"\n{'ms':36}{'p50':>8}{'p95':>8}{'max':>9}{'x SELECT':>10}")
    for name, each in speed.items():
        print(f"{name:36}{each['p50']:8.2f}{each['p95']:8.2f}{each['max']:9.2f}{each['p50'] / floor:10.1f}")


if __name__ == "__main__":
    main()
