"""`manage.py run` as a whole: Ctrl-C leaves nothing behind, and a second start finds everything."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.house import House
from ticketdesk.embedded import run_dir

PROCESSES = Path("/proc")


def processes_of(house: House) -> list[str]:
    """What runs on the house's folder: every process that has it in its environment or its command line."""
    found = []
    for folder in PROCESSES.glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes() + b"\0" + (folder / "environ").read_bytes()
        except OSError:
            continue  # it ended meanwhile, or is somebody else's
        if str(house.var_dir).encode() in words and int(folder.name) != os.getpid():
            found.append(words.partition(b"\0\0")[0].replace(b"\0", b" ").decode(errors="replace"))
    return found


def teams(house: House) -> str:
    return house.manage(
        "shell", "-v0", "-c", "from tickets.models import Team; print(*Team.objects.all())"
    ).stdout.strip()


@pytest.mark.skipif(not PROCESSES.is_dir(), reason="processes are looked up in /proc")
def test_control_c_leaves_nothing_behind_and_the_next_start_finds_everything(tmp_path: Path) -> None:
    house = House(tmp_path / "var", settings={"DEMO": "no"})
    with house:
        assert len(processes_of(house)) > 5
        made = house.manage("shell", "-v0", "-c", "from tickets.models import Team; Team.objects.create(name='Kept')")
        assert made.returncode == 0, made.stderr
    assert house.process is not None
    assert house.process.returncode in {0, 130, -signal.SIGINT}
    assert processes_of(house) == []
    assert [path for path in run_dir(house.var_dir).rglob("*") if path.is_socket()] == []
    assert "The data is kept." in house.log.read_text()

    again = House(house.var_dir, port=house.port, smtp_port=house.smtp_port, settings={"DEMO": "no"})
    with again:  # on the same ports, which are free again
        assert teams(again) == "Kept"
    assert processes_of(again) == []
