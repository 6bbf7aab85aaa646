"""The whole product, started as a user starts it, for tests that walk through it from outside."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

ROOT = Path(__file__).resolve().parent.parent
# What tests.conftest sets for the tests themselves; the house starts as a user starts it.
TESTS_OWN = {"DEBUG", "LOG_LEVEL", "REDIS_PREFIX", "SECRET_KEY", "ALLOWED_HOSTS", "TICKETDESK_SERVERS_KEPT"}


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class MailSink:
    """The world's mail server: takes every mail the product sends and keeps it."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[EmailMessage] = []
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        mail["X-Envelope-From"] = envelope.mail_from or "<>"
        mail["X-Envelope-To"] = ", ".join(envelope.rcpt_tos)
        self.mails.append(mail)
        return "250 kept"

    def to(self, address: str, *, about: str = "") -> list[EmailMessage]:
        """The mails to this address so far with `about` in the subject, in the order they came."""
        return [mail for mail in self.mails if address in mail["X-Envelope-To"] and about in (mail["Subject"] or "")]

    def wait_for(self, address: str, *, about: str = "", count: int = 1, seconds: float = 30) -> list[EmailMessage]:
        """The mails to this address, once there are `count` of them. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while len(found := self.to(address, about=about)) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(found)} of {count} mails {about} to {address} within {seconds} s")
            time.sleep(0.05)
        return found

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()


@dataclass
class House:
    """`manage.py run` in a folder and on ports of its own, with a mail server around it."""

    var_dir: Path
    port: int = field(default_factory=free_port)
    smtp_port: int = field(default_factory=free_port)
    sink: MailSink = field(default_factory=MailSink)
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> Path:
        return self.var_dir / "house.log"

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.endswith("_URL") and key not in TESTS_OWN}
        return kept | {
            "ENV_FILE": "",
            "STOP_WITH_PARENT": "1",
            "VAR_DIR": str(self.var_dir),
            "PORT": str(self.port),
            "SMTP_PORT": str(self.smtp_port),
            "EMAIL_URL": f"smtp://127.0.0.1:{self.sink.port}",
            **self.settings,
        }

    def __enter__(self) -> House:
        self.var_dir.mkdir(parents=True, exist_ok=True)
        self.sink.start()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "run"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_ready(180)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ctrl-C. Raises TimeoutExpired when it has not ended 60 s later; then it is killed."""
        assert self.process is not None
        try:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGINT)
            self.process.wait(60)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
            self.sink.stop()

    def _wait_until_ready(self, seconds: float) -> None:
        assert self.process is not None
        deadline = time.monotonic() + seconds
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"the house did not start:\n{self.log.read_text()[-4000:]}")
            try:
                with urllib.request.urlopen(f"{self.url}/health/ready", timeout=2) as answer:
                    if answer.status == 200 and self._mail_door_is_open():
                        return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass  # not there yet: that is what is waited for
            if time.monotonic() > deadline:
                raise TimeoutError(f"the house was not ready within {seconds} s:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.2)

    def _mail_door_is_open(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.smtp_port)) == 0

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A management command beside the running house."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
