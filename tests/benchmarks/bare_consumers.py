"""The floor of `bench_live_hints`: a server whose consumers ask nothing and pass on what they hear."""

from __future__ import annotations

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketdesk.settings")
django.setup()

from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402
from channels.routing import URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

GROUP = "bare"


class BareConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """Joins the one group there is and repeats what comes."""

    async def connect(self) -> None:
        await self.accept()
        await self.channel_layer.group_add(GROUP, self.channel_name)
        self.groups.append(GROUP)
        await self.send_json({"type": "hello"})

    async def bare_hint(self, message: dict[str, Any]) -> None:
        await self.send_json({"type": "ticket", "ticket": message["number"]})


application = URLRouter([path("live/", BareConsumer.as_asgi())])
