"""`manage.py telephony`: the connections to all Asterisk exchanges, until it is stopped."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from channels.db import database_sync_to_async
from django.core.management.base import BaseCommand

from contactcenter.models import Exchange
from contactcenter.telephony.ami.connector import Connector

LOOK_EVERY = 10.0  # seconds; exchanges that were added, changed or stopped meanwhile

Settings = tuple[Any, ...]


class Command(BaseCommand):
    help = "Stay connected to the Asterisk exchanges that are set up. SIGTERM ends it."

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs in the foreground."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        running: dict[Settings, asyncio.Task[None]] = {}
        while not stopped.is_set():
            found = {_settings(one): one for one in await database_sync_to_async(_exchanges)()}
            for settings in set(running) - set(found):
                running.pop(settings).cancel()
            for settings, exchange in found.items():
                if settings not in running or running[settings].done():
                    self.stdout.write(f"{exchange}: {exchange.host}:{exchange.port}")
                    running[settings] = asyncio.ensure_future(Connector(exchange).run())
            try:
                async with asyncio.timeout(LOOK_EVERY):
                    await stopped.wait()
            except TimeoutError:
                continue
        for job in running.values():
            job.cancel()
        await asyncio.gather(*running.values(), return_exceptions=True)


def _exchanges() -> list[Exchange]:
    return list(Exchange.objects.filter(kind=Exchange.Kind.AMI, is_active=True))


def _settings(exchange: Exchange) -> Settings:
    """What a running connection depends on."""
    return (
        exchange.pk, exchange.host, exchange.port, exchange.user_name, bytes(exchange.password),
        exchange.interface_form,
    )  # fmt: skip
