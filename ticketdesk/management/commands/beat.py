"""The clock of the timetable. One runs; a second would only cause idle runs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from ticketdesk.celery import app


class Command(BaseCommand):
    """Runs in this process."""

    help = "Start each task of the timetable when it is due."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Tick until SIGTERM."""
        app.start(["beat", "--loglevel=WARNING", "--pidfile="])
