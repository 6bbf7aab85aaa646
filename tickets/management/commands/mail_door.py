"""Runs the SMTP and LMTP door in this process until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tickets.mail.door import MailDoor


class Command(BaseCommand):
    """Mails under way are finished before it ends."""

    help = "Take mail by SMTP and LMTP on SMTP_PORT."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        door = MailDoor()
        try:
            port = await door.start(settings.BIND_ADDRESS, settings.SMTP_PORT)
        except OSError as error:
            raise CommandError(f"SMTP_PORT {settings.SMTP_PORT} can't be opened: {error.strerror}.") from error
        self.stdout.write(f"Mail is taken at {settings.BIND_ADDRESS}, port {port}.")
        self.stdout.flush()
        await stop.wait()
        await door.stop()
