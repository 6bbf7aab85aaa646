"""A Celery worker. Any number may run."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from ticketdesk.celery import app


class Command(BaseCommand):
    """Runs in this process; its children do the work."""

    help = "Work off what waits: mail in, mail out, wake-ups, seals."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGTERM; tasks under way are finished."""
        # Gossip, mingling and heartbeats are talk between workers that nothing here listens to.
        app.worker_main(["worker", "--loglevel=WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"])
