"""The web server: pages, API and live sockets on one port."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

SPARE_CONNECTIONS = 4  # for sockets, which read beside the pages' threads


class Command(BaseCommand):
    """Becomes Granian; the process number stays, so that signals reach the server itself."""

    help = "Serve pages, API and live sockets on PORT."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace this process by the server."""
        config = settings.CONFIG
        pool = str(config.web_threads + SPARE_CONNECTIONS)
        os.environ.setdefault("DATABASE_POOL_SIZE", pool)
        command = [
            sys.executable,
            "-m",
            "granian",
            "--interface=asginl",
            f"--host={config.bind_address}",
            f"--port={config.port}",
            f"--workers={config.web_workers}",
            "--loop=uvloop",
            "--http=1",
            "--runtime-mode=st",
            "--backlog=1024",
            "--workers-kill-timeout=5",
            "--no-access-log",
            "--log-level=warning",
            "ticketdesk.asgi:application",
        ]
        os.execv(sys.executable, command)
