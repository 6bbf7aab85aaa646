"""One port: HTTP by threads, bodies read before a thread is taken, sockets only for our own pages."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings

from ticketdesk import asgi


async def ask(
    *chunks: bytes, headers: list[tuple[bytes, bytes]] | None = None, path: str = "/health/live"
) -> list[Any]:
    """The messages the router sends for one request."""
    sent: list[Any] = []
    rest = list(chunks) or [b""]

    async def receive() -> asgi.Message:
        body = rest.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(rest)}

    async def send(message: asgi.Message) -> None:
        sent.append(message)

    scope: asgi.Message = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost"), *(headers or [])],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }
    await asgi.Router()(scope, receive, send)
    return sent


async def test_a_page_is_answered_by_a_thread() -> None:
    sent = await ask()
    assert sent[0]["status"] == 200


async def test_a_body_that_is_too_large_is_refused_before_a_thread_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "LARGEST_BODY", 10)
    sent = await ask(b"123456", b"789012")
    assert sent[0]["status"] == 413


async def test_the_body_arrives_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append(environ["wsgi.input"].read())
        start_response("200 OK", [])
        return [b"ok"]

    monkeypatch.setattr(asgi, "http_by_threads", application)
    await ask(b"a" * 100_000, b"b" * 100_000, b"")
    assert seen == [b"a" * 100_000 + b"b" * 100_000]


async def test_a_header_in_the_spelling_no_proxy_overwrites_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append(environ.get("HTTP_X_FORWARDED_PROTO"))
        start_response("200 OK", [])
        return [b""]

    monkeypatch.setattr(asgi, "http_by_threads", application)
    await ask(headers=[(b"x_forwarded_proto", b"https")])
    await ask(headers=[(b"x-forwarded-proto", b"https")])
    assert seen == [None, "https"]


async def test_a_page_of_another_site_gets_no_socket(servers: None) -> None:
    scope = {
        "type": "websocket",
        "path": "/live/",
        "query_string": b"",
        "headers": [(b"origin", b"https://evil.example"), (b"host", b"localhost")],
        "subprotocols": [],
    }
    testing: Any = ApplicationCommunicator  # asgiref types none of it
    communicator = testing(asgi.application, scope)
    await communicator.send_input({"type": "websocket.connect"})
    assert (await communicator.receive_output(5))["type"] == "websocket.close"
    await communicator.wait()


def test_pages_may_load_nothing_from_elsewhere_and_run_nothing_inline() -> None:
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & {source for sources in policy.values() for source in sources}
