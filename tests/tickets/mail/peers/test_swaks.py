"""Mails by swaks into our door, and what attackers send to smuggle a second mail in."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests import make
from tests.tickets.mail.test_doors import RunningDoor
from tickets.files import open_blob
from tickets.mail import intake
from tickets.models import Attachment, InboundMail, Mailbox, Message

SWAKS = shutil.which("swaks")
pytestmark = pytest.mark.django_db(transaction=True)
with_swaks = pytest.mark.skipif(SWAKS is None, reason="there is no swaks on this machine")


@pytest.fixture
def running(mailbox: Mailbox) -> Iterator[RunningDoor]:
    running = RunningDoor()
    yield running
    running.stop()


def swaks(running: RunningDoor, *options: str, protocol: str = "ESMTP") -> subprocess.CompletedProcess[str]:
    assert SWAKS is not None
    command = [SWAKS, "--server", "127.0.0.1", "--port", str(running.port), "--protocol", protocol]
    command += ["--helo", "sender.example", "--from", "carla@duna.example", "--to", make.SUPPORT, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, errors="replace")


@with_swaks
@pytest.mark.parametrize("protocol", ["ESMTP", "SMTP", "LMTP"])
def test_a_plain_mail_is_taken(running: RunningDoor, protocol: str) -> None:
    done = swaks(running, "--body", "Nem tudok belepni.", protocol=protocol)
    assert done.returncode == 0, done.stdout
    assert "250 2.0.0 Taken as" in done.stdout
    intake.process_inbound_mail()
    message = Message.objects.exclude(inbound=None).get()
    assert (message.from_address, message.body) == ("carla@duna.example", "Nem tudok belepni.")


@with_swaks
def test_a_file_comes_whole_and_8bit_text_as_it_was_written(running: RunningDoor, tmp_path: Path) -> None:
    content = bytes(range(256)) * 400
    (tmp_path / "adat.bin").write_bytes(content)
    letter = tmp_path / "letter.eml"
    letter.write_bytes("From: carla@duna.example\nSubject: Árvíztűrő\n\nÁrvíztűrő tükörfúrógép.\n".encode())
    assert swaks(running, "--attach", f"@{tmp_path / 'adat.bin'}").returncode == 0
    assert swaks(running, "--data", f"@{letter}").returncode == 0
    intake.process_inbound_mail()
    with open_blob(Attachment.objects.get(name="adat.bin").blob) as file:
        assert file.read() == content
    assert Message.objects.filter(body="Árvíztűrő tükörfúrógép.", subject="Árvíztűrő").exists()


@with_swaks
def test_lines_longer_than_allowed_are_taken_whole(running: RunningDoor, tmp_path: Path) -> None:
    letter = tmp_path / "long.eml"
    letter.write_text("From: carla@duna.example\nSubject: x\n\n" + "hosszu " * 40_000 + "\n")
    done = swaks(running, "--data", f"@{letter}")
    assert done.returncode == 0, done.stdout[-500:]
    assert b"hosszu " * 40_000 in bytes(InboundMail.objects.get().raw)


@with_swaks
def test_encryption_is_not_offered_so_who_insists_is_not_served_and_who_may_goes_without(running: RunningDoor) -> None:
    assert swaks(running, "--tls").returncode == 29  # STARTTLS is not offered
    assert swaks(running, "--tls-optional").returncode == 0
    assert InboundMail.objects.count() == 1


@with_swaks
def test_others_mail_is_refused(running: RunningDoor) -> None:
    done = swaks(running, "--to", "karl@tisza.example")
    assert done.returncode == 24  # no recipient was accepted
    assert "550 5.1.1" in done.stdout
    assert not InboundMail.objects.exists()


# What some servers take for the end of a mail, and others do not.
FALSE_ENDS = [
    b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\r\n\x00.\r\n", b"\n.\r", b"\r\n.\x00\r\n",
]  # fmt: skip
SMUGGLED = b"MAIL FROM:<chief@desk.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nx"


@pytest.mark.parametrize("end", FALSE_ENDS)
def test_nothing_but_a_dot_between_two_full_line_ends_ends_a_mail(running: RunningDoor, end: bytes) -> None:
    raw = b"From: a@b.example\r\nSubject: outer\r\n\r\nouter" + end + SMUGGLED + b"\r\n"
    with socket.create_connection(("127.0.0.1", running.port), 10) as wire, wire.makefile("rb") as answers:
        assert answers.readline()[:3] == b"220"
        for command in (b"HELO x", b"MAIL FROM:<a@b.example>", b"RCPT TO:<support@desk.example>"):
            wire.sendall(command + b"\r\n")
            assert answers.readline()[:3] == b"250"
        wire.sendall(b"DATA\r\n")
        assert answers.readline()[:3] == b"354"
        wire.sendall(raw + b".\r\nQUIT\r\n")
        assert [line[:3] for line in answers] == [b"250", b"221"]
    (row,) = InboundMail.objects.all()
    assert row.envelope_from == "a@b.example"
    assert message_from_bytes(bytes(row.raw), policy=policy.default)["Subject"] == "outer"
    assert b"smuggled" in bytes(row.raw)  # as text of the outer mail, where it does no harm
