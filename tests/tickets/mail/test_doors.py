"""The doors over real sockets and pipes: 250 and exit code 0 mean committed, and nothing of ours refuses a mail."""

from __future__ import annotations

import asyncio
import io
import os
import smtplib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from tests import make
from tests.tickets.mail.servers import free_port
from tickets.mail import arrivals, door
from tickets.models import InboundMail, Mailbox, Team

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[3]


class RunningDoor:
    """The door on a loop in a thread, as the command runs it."""

    def __init__(self, port: int = 0) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.door = door.MailDoor()
        self.port: int = asyncio.run_coroutine_threadsafe(self.door.start("127.0.0.1", port), self.loop).result(10)

    def stop(self, within: float = 5) -> None:
        asyncio.run_coroutine_threadsafe(self.door.stop(within), self.loop).result(within + 10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


@pytest.fixture
def running(mailbox: Mailbox) -> Iterator[RunningDoor]:
    running = RunningDoor()
    yield running
    running.stop()


def offer(running: RunningDoor, raw: bytes, *recipients: str, sender: str = "x@y.example") -> tuple[int, bytes]:
    with smtplib.SMTP("127.0.0.1", running.port, local_hostname="localhost") as client:
        client.ehlo()
        client.mail(sender)
        for address in recipients or (make.SUPPORT,):
            client.rcpt(address)
        return client.data(raw)


def test_a_mail_is_committed_before_250_is_said(running: RunningDoor) -> None:
    raw = make.mail()
    code, text = offer(running, raw)
    row = InboundMail.objects.get()
    assert (code, text) == (250, f"2.0.0 Taken as {row.pk}".encode())
    assert bytes(row.raw) == raw
    assert (row.state, row.door, row.envelope_from, row.envelope_to) == ("waiting", "smtp", "x@y.example", make.SUPPORT)


def test_dots_and_long_lines_and_raw_bytes_arrive_as_they_were_sent(running: RunningDoor) -> None:
    raw = b"From: a@b.example\r\nSubject: \xe1rv\xedz\r\n\r\n.\r\n..two\r\n" + b"x" * 300_000 + b"\r\n\x00\xff\r\n"
    assert offer(running, raw)[0] == 250
    assert bytes(InboundMail.objects.get().raw) == raw


def test_it_never_relays(running: RunningDoor) -> None:
    with smtplib.SMTP("127.0.0.1", running.port, local_hostname="localhost") as client:
        client.ehlo()
        client.mail(make.SUPPORT)
        for address in ("karl@tisza.example", "unknown@desk.example", "support%karl@tisza.example"):
            assert client.rcpt(address)[0] == 550
        assert client.rcpt("Support+tag@Desk.example")[0] == 250
        assert client.rcpt("postmaster@desk.example")[0] == 250


def test_it_speaks_lmtp_with_a_reply_for_each_recipient(running: RunningDoor, network: Team) -> None:
    make.mailbox("halozat@desk.example", team=network)
    with socket.create_connection(("127.0.0.1", running.port), 10) as wire, wire.makefile("rb") as answers:
        assert answers.readline().startswith(b"220")
        wire.sendall(b"LHLO here\r\n")
        while (line := answers.readline())[3:4] == b"-":
            pass
        assert line.startswith(b"250")
        wire.sendall(b"MAIL FROM:<>\r\nRCPT TO:<support@desk.example>\r\n")
        assert [answers.readline()[:3] for _ in range(2)] == [b"250", b"250"]
        wire.sendall(b"RCPT TO:<nobody@desk.example>\r\nRCPT TO:<halozat@desk.example>\r\nDATA\r\n")
        assert [answers.readline()[:3] for _ in range(3)] == [b"550", b"250", b"354"]
        wire.sendall(make.mail() + b".\r\n")
        assert [answers.readline()[:3] for _ in range(2)] == [b"250", b"250"]
        wire.sendall(b"QUIT\r\n")
        assert answers.readline().startswith(b"221")
    assert list(InboundMail.objects.order_by("id").values_list("envelope_from", "envelope_to")) == [
        ("<>", "support@desk.example"),
        ("<>", "halozat@desk.example"),
    ]


def test_it_offers_what_modern_senders_need(running: RunningDoor) -> None:
    with smtplib.SMTP("127.0.0.1", running.port, local_hostname="localhost") as client:
        client.ehlo()
        assert client.has_extn("8bitmime")
        assert client.has_extn("smtputf8")
        assert int(client.esmtp_features["size"]) == arrivals.largest_mail()
        assert not client.has_extn("auth")


def test_too_large_is_taken_and_shown_far_too_large_is_refused(running: RunningDoor, settings: Any) -> None:
    settings.MAIL_MAX_BYTES = 65_536
    head = b"From: a@b.example\r\nSubject: x\r\n\r\n"
    assert offer(running, head + b"x" * 70_000 + b"\r\n")[0] == 250
    assert offer(running, head + b"y" * 140_000 + b"\r\n")[0] == 552
    assert offer(running, head + (b"z" * 998 + b"\r\n") * 150)[0] == 552
    assert InboundMail.objects.count() == 1
    assert running.door.bytes_in_hand == 0
    with smtplib.SMTP("127.0.0.1", running.port, local_hostname="localhost") as client:
        client.ehlo()
        assert client.mail("x@y.example", ["SIZE=200000"])[0] == 552


def test_without_a_database_it_asks_to_try_again(running: RunningDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **more: Any) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(door, "receive_raw", fail)
        assert offer(running, make.mail())[0] == 451
        patched.setattr(door, "mailbox_for_recipient", fail)
        with smtplib.SMTP("127.0.0.1", running.port, local_hostname="localhost") as client:
            client.ehlo()
            client.mail("x@y.example")
            assert client.rcpt(make.SUPPORT)[0] == 451
    assert offer(running, make.mail())[0] == 250


def test_a_fault_of_ours_is_never_a_final_refusal(running: RunningDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **more: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(door, "receive_raw", fail)
    assert offer(running, make.mail())[0] == 451


def test_a_connection_that_was_cut_by_the_database_is_replaced(running: RunningDoor) -> None:
    assert offer(running, make.mail())[0] == 250
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND usename = current_user AND datname = current_database()"
        )
    codes = [offer(running, make.mail())[0] for _ in range(4)]
    assert codes[-1] == 250
    assert set(codes) <= {250, 451}


def test_too_many_connections_are_asked_to_come_back(running: RunningDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_SESSIONS", 1)
    first = smtplib.SMTP("127.0.0.1", running.port, local_hostname="localhost")
    with first, pytest.raises(smtplib.SMTPConnectError) as refused:
        smtplib.SMTP("127.0.0.1", running.port, local_hostname="localhost")
    assert refused.value.smtp_code == 421


def test_many_clients_at_once_lose_nothing(running: RunningDoor) -> None:
    from tests.tickets.mail.test_intake import in_threads

    def send(number: int) -> int:
        return sum(offer(running, make.mail(subject=f"{number}/{one}"))[0] == 250 for one in range(5))

    assert sum(in_threads(6, send)) == InboundMail.objects.count() == 30


def test_closing_down_finishes_the_mail_under_way_and_sends_the_idle_away(mailbox: Mailbox) -> None:
    running = RunningDoor()
    idle = smtplib.SMTP("127.0.0.1", running.port, local_hostname="localhost")
    busy = smtplib.SMTP("127.0.0.1", running.port, local_hostname="localhost")
    busy.ehlo()
    busy.mail("x@y.example")
    busy.rcpt(make.SUPPORT)
    busy.putcmd("data")
    assert busy.getreply()[0] == 354
    stopping = threading.Thread(target=running.stop)
    stopping.start()
    assert idle.getreply()[0] == 421
    busy.send(make.mail() + b".\r\n")
    assert busy.getreply()[0] == 250
    stopping.join(15)
    assert not stopping.is_alive()
    idle.close()
    busy.close()
    assert InboundMail.objects.count() == 1


# --- the pipe ---


def pipe(monkeypatch: pytest.MonkeyPatch, raw: bytes, *arguments: str) -> int:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    try:
        call_command("receive_mail", *arguments, stdout=io.StringIO(), stderr=io.StringIO())
    except SystemExit as left:
        return int(left.code or 0)
    return 0


def test_the_pipe_says_by_its_exit_code_what_came_of_it(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pipe(monkeypatch, make.mail(), make.SUPPORT, "--from", "a@b.example") == 0
    assert InboundMail.objects.get().envelope_from == "a@b.example"
    assert pipe(monkeypatch, make.mail(), "--mailbox", make.SUPPORT) == 0
    assert pipe(monkeypatch, make.mail()) == 0
    assert pipe(monkeypatch, b"\n", make.SUPPORT) == 65
    assert pipe(monkeypatch, make.mail(), "stranger@x.example") == 67
    assert pipe(monkeypatch, make.mail(), "--mailbox", "stranger@x.example") == 67
    assert pipe(monkeypatch, make.mail(), "--nonsense") == 64
    assert InboundMail.objects.count() == 3


def test_the_pipe_asks_to_try_again_without_a_database(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **more: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("tickets.management.commands.receive_mail.receive_raw", fail)
    assert pipe(monkeypatch, make.mail(), make.SUPPORT) == 75


def test_a_pipe_that_finds_no_server_at_all_asks_to_try_again() -> None:
    environment = {**os.environ, "DATABASE_URL": f"postgres://x@127.0.0.1:{free_port()}/x"}
    done = subprocess.run(
        [sys.executable, "manage.py", "receive_mail", make.SUPPORT],
        cwd=ROOT,
        env=environment,
        input=make.mail(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 75
