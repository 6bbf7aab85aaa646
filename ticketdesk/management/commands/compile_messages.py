"""Compiles the translation catalogues without the gettext programs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from ticketdesk.run.messages import compile_catalogues


class Command(BaseCommand):
    """`manage.py run` and the container's build call the same function."""

    help = "Compile the translation catalogues that have changed."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Compile what is stale."""
        for folder in settings.LOCALE_PATHS:
            for written in compile_catalogues(folder):
                self.stdout.write(str(written.relative_to(folder)))
