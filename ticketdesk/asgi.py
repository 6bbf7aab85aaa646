"""One port for two kinds of traffic: HTTP goes to Django by WSGI threads, websockets go to Channels.

Django's views are synchronous; behind its own ASGI handler they cost more and open a connection a thread.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Awaitable, Callable, MutableMapping
from tempfile import SpooledTemporaryFile
from typing import Any

from a2wsgi import WSGIMiddleware
from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings

from ticketdesk.wsgi import application as http_by_threads  # sets Django up; must come before any consumer

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

IN_MEMORY = 1_000_000  # bytes of a request's body before it moves to the disk
CHUNK = 65_536
LARGEST_BODY = 110_000_000  # bytes; two of the largest mails, so that a form with its attachments fits


def _websocket_routes() -> list[Any]:
    """Each app's `consumers.websocket_urlpatterns`."""
    routes: list[Any] = []
    for app in ("tickets", "contactcenter", "itsm"):
        if importlib.util.find_spec(f"{app}.consumers"):
            routes += importlib.import_module(f"{app}.consumers").websocket_urlpatterns
    return routes


class Router:
    """Sends each connection to its own half."""

    def __init__(self) -> None:
        # Both sides type the same protocols in their own words.
        application: Any = http_by_threads
        self.http: Any = WSGIMiddleware(application, workers=settings.CONFIG.web_threads)
        self.websocket = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(_websocket_routes())))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """The ASGI entry."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self.websocket(scope, receive, send)

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        """Read the whole body first, so that a slow sender holds no thread."""
        # WSGI writes X_Forwarded_Proto and X-Forwarded-Proto alike; only the spelling a proxy overwrites may pass.
        scope["headers"] = [(name, value) for name, value in scope["headers"] if b"_" not in name]
        with SpooledTemporaryFile(IN_MEMORY) as body:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return
                body.write(message.get("body", b""))
                if body.tell() > LARGEST_BODY:
                    await _refuse(send)
                    return
                if not message.get("more_body", False):
                    break
            size = body.tell()
            body.seek(0)

            async def replay() -> Message:
                chunk = body.read(CHUNK)
                return {"type": "http.request", "body": chunk, "more_body": body.tell() < size}

            await self.http(scope, replay, send)


async def _refuse(send: Send) -> None:
    """413, in plain words: no page can be made without reading on."""
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": b"This is too large to send.\n"})


application = Router()
