"""The mail server for mail that comes in: SMTP and LMTP on one port. It says 250 only when the mail is committed.

Takes mail for our own addresses and nothing else, so it can never relay. LHLO makes a session LMTP, with a reply
for each recipient; HELO and EHLO make it SMTP.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from aiosmtpd.smtp import SMTP, syntax
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from tickets.mail.arrivals import largest_mail, receive_raw
from tickets.mail.mailbox import mailbox_for_recipient
from tickets.models import InboundMail

log = logging.getLogger(__name__)
T = TypeVar("T")

MOST_SESSIONS = 64
MOST_RECIPIENTS = 100
DATABASE_THREADS = 4
IDLE_SECONDS = 120.0
DATA_SECONDS = 900.0
BYTES_IN_HAND = 512 * 1024 * 1024  # of all mails being received at this moment

TRY_LATER = "451 4.3.0 Can't take mail at the moment, please try again later"
NO_SUCH_ADDRESS = "550 5.1.1 No such address here"


class MailDoor:
    """The listening server with its sessions and the threads in which it speaks to the database."""

    def __init__(self) -> None:
        self.sessions: set[Session] = set()
        self.bytes_in_hand = 0
        self.is_stopping = False
        self._threads = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="mail-door")
        self._connections: list[BaseDatabaseWrapper] = []
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listens; returns the port, which is a free one when `port` is 0. Raises OSError when it is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Session(self, loop), host, port, backlog=256)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self, within: float = 12.0) -> None:
        """Lets no one in, sends idle sessions away, and finishes the mails under way for up to `within` seconds."""
        self.is_stopping = True
        if self._server is not None:
            self._server.close()
        deadline = time.monotonic() + within
        while self.sessions and time.monotonic() < deadline:
            for session in [session for session in self.sessions if not session.is_taking]:
                session.send_away("421 4.3.2 Closing down")
            await asyncio.sleep(0.02)
        for session in list(self.sessions):
            session.send_away("421 4.3.2 Closing down")
        await asyncio.to_thread(self._leave_database)

    def _leave_database(self) -> None:
        self._threads.shutdown(wait=True)
        for used in self._connections:
            used.close()

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Runs `work`, which speaks to the database, beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._with_fresh_connection, work)

    def _with_fresh_connection(self, work: Callable[[], T]) -> T:
        """A thread's connection may have died, or outlived its time, since its last use."""
        if connection_of_thread() not in self._connections:
            connection_of_thread().inc_thread_sharing()  # so that `stop` may close it
            self._connections.append(connection_of_thread())
        close_old_connections()
        try:
            return work()
        finally:
            close_old_connections()


class Session(SMTP):
    """One client. The library knows the commands; taking the data is ours: lines of any length, bounded memory."""

    line_length_limit = 65_536
    command_size_limit = 1024

    def __init__(self, door: MailDoor, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            self,
            data_size_limit=largest_mail(),
            enable_SMTPUTF8=True,
            hostname=settings.SITE_HOST,
            ident="Ticketdesk",
            timeout=IDLE_SECONDS,
            loop=loop,
        )
        self.door = door
        self.is_lmtp = False
        self.is_taking = False

    # --- coming and going ---

    def connection_made(self, transport: Any) -> None:
        if self.door.is_stopping or len(self.door.sessions) >= MOST_SESSIONS:
            transport.write(b"421 4.3.2 Too busy, please try again later\r\n")
            transport.close()
            self._was_refused = True
            return
        self._was_refused = False
        self.door.sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._was_refused:
            return
        self.door.sessions.discard(self)
        super().connection_lost(error)

    def eof_received(self) -> bool | None:
        return False if self._was_refused else super().eof_received()

    def send_away(self, line: str) -> None:
        """Says goodbye and closes."""
        if self.transport is not None and not self.transport.is_closing():
            self._writer.write(line.encode() + b"\r\n")
            self._writer.close()

    async def handle_exception(self, error: Exception) -> str:
        """A fault of ours is never a reason to refuse a mail for good."""
        log.error("mail door", extra={"error": type(error).__name__}, exc_info=error)
        return TRY_LATER

    # --- the dialogue ---

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, hostname: str) -> None:  # noqa: N802 (named by the library)
        await super().smtp_EHLO(hostname)
        self.is_lmtp = True

    @syntax("EHLO hostname")
    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 (named by the library)
        self.is_lmtp = False
        await super().smtp_EHLO(hostname)

    @syntax("HELO hostname")
    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802 (named by the library)
        self.is_lmtp = False
        await super().smtp_HELO(hostname)

    async def handle_RCPT(  # noqa: N802
        self, server: Session, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Only addresses of ours."""
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        try:
            box = await self.door.in_thread(lambda: mailbox_for_recipient(address))
        except (DatabaseError, InterfaceError) as error:
            log.warning("mail door: no database", extra={"error": type(error).__name__})
            return TRY_LATER
        if box is None:
            return NO_SUCH_ADDRESS
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 (named by the library)
        if await self.check_helo_needed():
            return
        if self.envelope is None or not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        self.is_taking = True
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            recipients = list(self.envelope.rcpt_tos)
            refusal, raw = await self._read_data()
            reply = refusal or await self._commit(raw, self.envelope.mail_from or "", recipients)
            self.envelope = self._create_envelope()
            await self.push("\r\n".join([reply] * len(recipients)) if self.is_lmtp else reply)
        finally:
            self.is_taking = False

    async def _read_data(self) -> tuple[str, bytes]:
        """The mail without its dots, or the line that refuses it. Past a limit the rest is read and forgotten."""
        pieces: list[bytes] = []
        size = 0
        refusal = ""
        is_line_start = True
        deadline = time.monotonic() + DATA_SECONDS
        try:
            while True:
                try:
                    piece = await self._reader.readuntil(b"\r\n")
                    ends = True
                except asyncio.LimitOverrunError as overrun:
                    piece = await self._reader.read(overrun.consumed)
                    ends = False
                if time.monotonic() > deadline:
                    self.send_away("421 4.4.2 Too slow")
                    raise asyncio.CancelledError
                self._reset_timeout()
                if is_line_start and piece.startswith(b"."):
                    if piece == b".\r\n":
                        return refusal, b"".join(pieces)
                    piece = piece[1:]
                is_line_start = ends
                if refusal:
                    continue
                size += len(piece)
                self.door.bytes_in_hand += len(piece)
                pieces.append(piece)
                refusal = self._limit_passed(size)
                if refusal:
                    pieces.clear()
        finally:
            self.door.bytes_in_hand -= size

    def _limit_passed(self, size: int) -> str:
        if size > largest_mail():
            return f"552 5.3.4 Too large: at most {largest_mail()} bytes"
        if self.door.bytes_in_hand > BYTES_IN_HAND:
            return "452 4.3.1 Too much mail at this moment, please try again later"
        return ""

    async def _commit(self, raw: bytes, sender: str, recipients: list[str]) -> str:
        """The one place that says 250, and only after the rows are committed."""
        try:
            rows = await self.door.in_thread(
                lambda: receive_raw(raw, door=InboundMail.Door.SMTP, envelope_from=sender, envelope_to=recipients)
            )
        except (DatabaseError, InterfaceError) as error:
            log.warning("mail door: not committed", extra={"error": type(error).__name__})
            return TRY_LATER
        return f"250 2.0.0 Taken as {', '.join(str(row.pk) for row in rows)}"


def connection_of_thread() -> BaseDatabaseWrapper:
    """The database connection of the thread that asks."""
    return connections[DEFAULT_DB_ALIAS]
