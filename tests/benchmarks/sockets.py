"""Websocket clients for benchmarks: as small as can be, so that the measured machine is not busy measuring."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Socket:
    """One open websocket. `hear` is called with the moment (monotonic) and the text of each message."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.hear: Callable[[float, str], None] = lambda _at, _text: None
        self.job: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, url: str, cookie: str = "") -> Socket:
        """Shakes hands. Raises ConnectionError when the server wants none of it."""
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        lines = [
            f"GET {parts.path} HTTP/1.1",
            f"Host: {parts.netloc}",
            f"Origin: http://{parts.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        ]
        if cookie:
            lines.append(f"Cookie: {cookie}")
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise ConnectionError(head.decode(errors="replace"))
        socket = cls(reader, writer)
        socket.job = asyncio.create_task(socket._listen())
        return socket

    async def _listen(self) -> None:
        while True:
            kind, payload = await self._frame()
            at = time.monotonic()
            if kind == TEXT:
                self.hear(at, payload.decode())
            elif kind == PING:
                self._write(PONG, payload)
            elif kind == CLOSE:
                return

    async def _frame(self) -> tuple[int, bytes]:
        first, length = await self.reader.readexactly(2)
        if length == 126:
            length = int.from_bytes(await self.reader.readexactly(2), "big")
        elif length == 127:
            length = int.from_bytes(await self.reader.readexactly(8), "big")
        return first & 15, await self.reader.readexactly(length)

    def say(self, content: Any) -> None:
        self._write(TEXT, json.dumps(content).encode())

    def _write(self, kind: int, payload: bytes) -> None:
        """A masked frame of less than 126 bytes, which is all that these clients have to say."""
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        self.writer.write(bytes([128 | kind, 128 | len(payload)]) + mask + masked)

    async def close(self) -> None:
        if self.job is not None:
            self.job.cancel()
            await asyncio.wait([self.job])
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()
