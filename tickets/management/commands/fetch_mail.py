"""Fetches the IMAP mailboxes now, and says what came of each."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from tickets.mail.sources import fetch_each


class Command(BaseCommand):
    """The same as the timed task, by hand; ends with 1 when a mailbox failed."""

    help = "Fetch mail from all IMAP mailboxes now."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        has_failed = False
        for fetched in fetch_each():
            self.stdout.write(f"{fetched.source}: {fetched.mails}" + (f"  {fetched.error}" if fetched.error else ""))
            has_failed = has_failed or bool(fetched.error)
        if has_failed:
            raise SystemExit(1)
