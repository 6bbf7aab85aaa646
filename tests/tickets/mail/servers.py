"""Mail servers for tests, on real sockets: one that takes our mail and can be told to refuse, one to fetch from."""

from __future__ import annotations

import asyncio
import getpass
import grp
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from ticketdesk.env import SmtpServer


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Taken:
    """One mail as the server got it."""

    sender: str
    recipients: list[str]
    raw: bytes
    session: int

    @property
    def mail(self) -> EmailMessage:
        mail = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        return mail


@dataclass
class World:
    """The mail server that takes what we send. `answers` maps a recipient to what RCPT is answered."""

    answers: dict[str, str] = field(default_factory=dict)
    data_answer: str = "250 kept"
    taken: list[Taken] = field(default_factory=list)
    sessions: set[int] = field(default_factory=set)
    hang_up_after: bool = False
    port: int = field(default_factory=free_port)

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        answer = self.answers.get(address, "250 ok")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        self.sessions.add(id(session))
        if self.data_answer.startswith("250"):
            sender = "" if envelope.mail_from == "<>" else envelope.mail_from
            self.taken.append(Taken(sender, list(envelope.rcpt_tos), bytes(envelope.content), id(session)))
        if self.hang_up_after:
            assert server.transport is not None
            asyncio.get_running_loop().call_later(0.01, server.transport.close)
        return self.data_answer

    @property
    def settings(self) -> SmtpServer:
        """What OUTGOING_SMTP is to be set to."""
        return SmtpServer(host="127.0.0.1", port=self.port, user="", password="", use_tls=False, use_ssl=False)


@contextmanager
def world() -> Iterator[World]:
    """A running server."""
    handler = World()
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port, enable_SMTPUTF8=True)
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()


DOVECOT = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")

DOVECOT_CONFIG = """
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/dovecot.log
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {group}
protocols = {protocols}
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{dir}/mail/%u
first_valid_uid = 0
mail_uid = {user}
mail_gid = {group}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {dir}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={dir}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
  chroot =
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""
# Customers' mailboxes that a mail server hands mail to, each with its own filter, such as an out-of-office reply.
DOVECOT_LMTP = """
service lmtp {{
  user = {user}
  chroot =
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
protocol lmtp {{
  mail_plugins = sieve
  postmaster_address = postmaster@duna.example
  hostname = mx.duna.example
}}
submission_host = 127.0.0.1:{submission}
plugin {{
  sieve = file:{dir}/sieve;active={dir}/sieve/%u.sieve
}}
"""


@dataclass(frozen=True)
class Lmtp:
    """Dovecot takes mail on `port` and sends by the server at `submission`; `filters`: Sieve scripts by user."""

    port: int
    submission: int
    filters: dict[str, str]


@contextmanager
def dovecot(folder: Path, users: dict[str, str], *, lmtp: Lmtp | None = None, more: str = "") -> Iterator[int]:
    """A Dovecot of our own with these users and passwords. Yields its port. `more` is added to its configuration."""
    assert DOVECOT is not None
    port = free_port()
    owner = "dovecot" if os.getuid() == 0 else getpass.getuser()
    folder.chmod(0o755)
    for name in ("run", "state", "mail"):
        (folder / name).mkdir()
    if os.getuid() == 0:
        shutil.chown(folder / "mail", owner)
    (folder / "users").write_text("".join(f"{name}:{password}\n" for name, password in users.items()))
    if lmtp is not None:
        (folder / "sieve").mkdir()
        for name, script in lmtp.filters.items():
            (folder / "sieve" / f"{name}.sieve").write_text(script)
        if os.getuid() == 0:
            shutil.chown(folder / "sieve", owner)
        more += DOVECOT_LMTP.format(user=owner, dir=folder, lmtp=lmtp.port, submission=lmtp.submission)
    config = folder / "dovecot.conf"
    config.write_text(
        DOVECOT_CONFIG.format(
            dir=folder,
            port=port,
            protocols="imap lmtp" if lmtp else "imap",
            user=owner,
            group=grp.getgrgid(pwd.getpwnam(owner).pw_gid).gr_name,
            internal=owner,
            login="dovenull" if os.getuid() == 0 else getpass.getuser(),  # its login part refuses to be root
        )
        + more
    )
    server = subprocess.Popen([DOVECOT, "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 20
        while not answers_at(port):
            if server.poll() is not None or time.monotonic() > deadline:
                log = folder / "dovecot.log"
                raise RuntimeError(f"dovecot did not start: {log.read_text() if log.exists() else ''}")
            time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(20)
        if server.stderr is not None:
            server.stderr.close()


def answers_at(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
