"""Collects the texts to translate into the Hungarian catalogue, and compiles it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from ticketdesk.run.collect import collect_texts, missing_texts, update_catalogue
from ticketdesk.run.messages import compile_catalogues


class Command(BaseCommand):
    """For developers: needs Babel, which the tests install."""

    help = "Collect the texts to translate, without the gettext programs, and compile the catalogues."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Collect, compile, and say what is still to be translated."""
        texts = collect_texts(settings.BASE_DIR)
        for folder in settings.LOCALE_PATHS:
            path = folder / "hu" / "LC_MESSAGES" / "django.po"
            came, went = update_catalogue(path, texts)
            compile_catalogues(folder)
            missing = missing_texts(path, texts)
            self.stdout.write(f"{len(texts)} texts, {came} new, {went} gone, {len(missing)} without a translation")
