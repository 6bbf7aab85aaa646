"""Writes the search index anew, in batches, while people work.

manage.py rebuild_search               everything
manage.py rebuild_search --missing     what is not wholly in it yet: after an upgrade, or to go on after a stop
"""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tickets.search import rebuild


class Command(BaseCommand):
    help = "Write the search index anew."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--missing", action="store_true", help="only tickets not wholly in the index")
        parser.add_argument("--batch", type=int, default=rebuild.BATCH, help="tickets a transaction")
        parser.add_argument("--jobs", type=int, default=1, help="transactions at once; each takes a processor")

    def handle(self, *args: Any, **options: Any) -> None:
        start, done = time.monotonic(), 0
        steps = rebuild.rebuild(
            only_missing=options["missing"], batch=max(1, options["batch"]), jobs=max(1, options["jobs"])
        )
        for progress in steps:
            if progress.tickets // 10_000 > done // 10_000:
                self.stdout.write(f"{progress.tickets} tickets, {time.monotonic() - start:.0f} s")
            done = progress.tickets
        self.stdout.write(self.style.SUCCESS(f"{done} tickets written, {time.monotonic() - start:.0f} s."))
