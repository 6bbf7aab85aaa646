"""The checks that containers run on each part."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

import pytest

from ticketdesk.run import health


def test_a_worker_that_fell_silent_is_not_healthy(tmp_path: Path) -> None:
    sign = tmp_path / "worker.alive"
    with pytest.raises(FileNotFoundError):
        health.worker(sign)
    sign.touch()
    assert health.worker(sign) == ""
    os.utime(sign, (time.time() - 500, time.time() - 500))
    assert health.worker(sign) == "silent for 500 s"


def test_a_beat_that_fell_silent_is_not_healthy(tmp_path: Path) -> None:
    schedule = tmp_path / "beat-schedule"
    assert health.beat(schedule) == "has written no schedule"
    (tmp_path / "beat-schedule.db").touch()
    assert health.beat(schedule) == ""
    os.utime(tmp_path / "beat-schedule.db", (1, 1))
    assert health.beat(schedule).startswith("silent for")


@pytest.mark.parametrize(("greeting", "fault"), [(b"220 hello\r\n", ""), (b"554 no\r\n", "did not greet")])
def test_a_mail_door_greets(greeting: bytes, fault: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:

        def greet() -> None:
            visitor, _ = door.accept()
            with visitor:
                visitor.sendall(greeting)
                visitor.recv(100)

        answering = threading.Thread(target=greet)
        answering.start()
        assert health.mail(door.getsockname()[1]) == fault
        answering.join()


def test_a_part_that_does_not_answer_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    monkeypatch.setenv("SMTP_PORT", str(port))
    monkeypatch.setenv("PORT", str(port))
    assert health.main("mail") == 1
    assert health.main("web") == 1
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in said] == ["mail is not healthy", "web is not healthy"]
