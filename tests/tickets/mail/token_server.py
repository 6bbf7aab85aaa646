"""A token endpoint for tests: gives out access tokens by the two grants, and tells mail servers whom one belongs to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

CLIENT = ("desk", "client-titok")


@dataclass
class TokenServer:
    """What it gives, and what it was asked. `users` maps the tokens it gave to the mailbox that they open."""

    user: str = "user0"
    lives: int | None = 3600
    refresh_token: str = "refresh-1"
    rotates: bool = False
    answer: tuple[int, str] | None = None  # instead of a token
    asked: list[dict[str, str]] = field(default_factory=list)
    users: dict[str, str] = field(default_factory=dict)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/token"

    def give(self, form: dict[str, str]) -> tuple[int, str]:
        """Answers one request as RFC 6749 says."""
        self.asked.append(form)
        if self.answer is not None:
            return self.answer
        if (form.get("client_id"), form.get("client_secret")) != CLIENT:
            return 401, json.dumps({"error": "invalid_client", "error_description": "unknown client"})
        by_refresh = form["grant_type"] == "refresh_token"
        if by_refresh and form.get("refresh_token") != self.refresh_token:
            return 400, json.dumps({"error": "invalid_grant", "error_description": "the refresh token is void"})
        token = f"token-{len(self.users) + 1}"
        self.users[token] = self.user
        given: dict[str, Any] = {"access_token": token, "token_type": "Bearer"}
        if self.lives is not None:
            given["expires_in"] = self.lives
        if by_refresh and self.rotates:
            self.refresh_token = given["refresh_token"] = f"refresh-{len(self.users) + 1}"
        return 200, json.dumps(given)


@contextmanager
def token_server() -> Iterator[TokenServer]:
    """A running one."""
    server = TokenServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self._say(*server.give({name: values[0] for name, values in form.items()}))

        def do_GET(self) -> None:
            token = parse_qs(urlsplit(self.path).query).get("token", [""])[0]
            user = server.users.get(token)
            self._say(200, json.dumps({"active": "true", "username": user} if user else {"active": "false"}))

        def _say(self, code: int, text: str) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            if code == 302:
                self.send_header("Location", server.url)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server.port = http.server_address[1]
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join(10)
