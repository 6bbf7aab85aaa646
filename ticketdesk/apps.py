"""The project as an app of its own, so that it can hold management commands."""

from __future__ import annotations

from django.apps import AppConfig


class TicketdeskConfig(AppConfig):
    """Holds the commands that run the house; it has no models."""

    name = "ticketdesk"

    def ready(self) -> None:
        """Make the Celery app the one that tasks and their callers find."""
        from ticketdesk import celery  # noqa: F401  (making it is its purpose)
