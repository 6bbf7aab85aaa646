"""Reads the words of tickets for the radar, in batches, while people work.

manage.py rebuild_radar               all tickets of the last year
manage.py rebuild_radar --missing     those that were not read yet: after an upgrade, or to go on after a stop
"""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tickets.similar import rebuild


class Command(BaseCommand):
    help = "Read the words of tickets, by which the radar finds alike ones."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--missing", action="store_true", help="only tickets that were not read yet")
        parser.add_argument("--batch", type=int, default=rebuild.BATCH, help="tickets a transaction")

    def handle(self, *args: Any, **options: Any) -> None:
        start, done = time.monotonic(), 0
        for count in rebuild.rebuild(only_missing=options["missing"], batch=max(1, options["batch"])):
            if count // 10_000 > done // 10_000:
                self.stdout.write(f"{count} tickets, {time.monotonic() - start:.0f} s")
            done = count
        self.stdout.write(self.style.SUCCESS(f"{done} tickets read, {time.monotonic() - start:.0f} s."))
