"""The websocket of the live load, for agents of the contact centre and administrators.

The server says:

    {"type": "snapshot", "now": 1764158400.5, "shape": "5e1f-3", "queues": [...], "agents": [...]}    all there is
    {"type": "load", ...}            the same of what changed; at most once a second
    {"type": "pong"}                 the line is alive

Each queue of a message has its own running "seq". One that does not follow the last means that something was missed:
the browser asks for a snapshot. "shape" changes when rows came, went or moved: the page reads that part anew.

The browser says {"type": "snapshot"} and {"type": "ping"}.

Close codes: 4401 signed out, 4403 no longer of the contact centre, or deactivated. Anything else means: come again.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.urls import path

from contactcenter.load_hub import hub, who_may_watch
from tickets.audience import Listener, Standing, Verdict, audience
from tickets.consumers import CLOSING, OUR_FAULT, SIGNED_OUT

log = logging.getLogger(__name__)

SNAPSHOT_PAUSE = 1.0  # seconds between two that one browser asks for


class LoadConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """One watcher. His right is asked at the door, with every message, and every ten seconds when there is none."""

    listener: Listener
    is_in: bool
    is_sending: bool
    asked_at: float
    jobs: set[asyncio.Task[None]]

    async def connect(self) -> None:
        self.is_in, self.is_sending, self.asked_at, self.jobs = False, False, 0.0, set()
        await self.accept()  # a close code reaches the browser only on an open socket
        user = self.scope.get("user")
        if user is None or not user.is_authenticated or not user.is_active:
            await self.close(SIGNED_OUT)
            return
        key = getattr(self.scope.get("session"), "session_key", "") or ""
        self.listener = Listener(user.pk, key, user.get_session_auth_hash())
        standing = (await database_sync_to_async(who_may_watch)([self.listener]))[self.listener]
        if standing != Standing.IN:
            await self.turn_away(standing)
            return
        self.is_in = True
        audience().join(self)
        self.start(hub().join(self))

    async def disconnect(self, code: int) -> None:
        self.is_in = False
        for job in self.jobs:
            job.cancel()
        if self.jobs:
            await asyncio.gather(*self.jobs, return_exceptions=True)
        await hub().leave(self)
        await audience().leave(self)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """What is no JSON object is ignored, and so is what we do not know."""
        try:
            said = json.loads(text_data or "")
        except ValueError:
            return
        kind = said.get("type") if isinstance(said, dict) else None
        if kind == "ping":
            await self.send(text_data='{"type": "pong"}')
        elif kind == "snapshot" and self in hub().watchers:
            now = asyncio.get_running_loop().time()
            if now - self.asked_at >= SNAPSHOT_PAUSE:
                self.asked_at = now
                await self.hear(hub().snapshot())

    # --- a watcher of the hub ---

    async def hear(self, text: str) -> None:
        if self.is_sending or not self.is_in:
            return  # a slow line: the next message shows the gap, and the browser asks
        self.is_sending = True
        try:
            await self.send(text_data=text)
        finally:
            self.is_sending = False

    async def turn_away(self, standing: Standing) -> None:
        self.is_in = False
        await self.close(CLOSING[standing])

    # --- a member of the audience ---

    async def be_judged(self, verdict: Verdict) -> None:
        if verdict.standing != Standing.IN and self.is_in:
            await self.turn_away(verdict.standing)

    async def hear_wire(self, state: str) -> None:
        """The wire is deaf or was: whatever was missed is read."""
        hub().touch()

    def start(self, work: Any) -> None:
        job = asyncio.ensure_future(work)
        self.jobs.add(job)
        job.add_done_callback(self.ended)

    def ended(self, job: asyncio.Task[None]) -> None:
        """A fault ends the connection: the browser comes again and gets a snapshot."""
        self.jobs.discard(job)
        if not job.cancelled() and (error := job.exception()) is not None:
            log.error("a watcher of the load failed", exc_info=error)
            self.jobs.add(asyncio.ensure_future(self.close(OUR_FAULT)))


websocket_urlpatterns = [path("live/load/", LoadConsumer.as_asgi())]
