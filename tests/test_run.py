"""`manage.py run` as a whole: Ctrl-C leaves nothing behind, and a second start finds everything."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import ROOT, House
from ticketdesk.embedded import run_dir

PROCESSES = Path("/proc")
SOURCES = ("manage.py", "ticketdesk", "tickets", "contactcenter", "itsm")
IN_HUNGARIAN = """
import sys, manage
sys.argv = ["manage.py", "run", "--help"]
try:
    manage.main()
except SystemExit:
    pass
from django.utils.translation import gettext, override
with override("hu"):
    print(gettext("On %(when)s %(who)s wrote:"))
"""


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


def test_the_first_start_of_a_fresh_clone_speaks_hungarian(tmp_path: Path) -> None:
    """Catalogues are compiled before Django asks for one: what it does not find then, it never looks for again."""
    for name in SOURCES:
        source, copy = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("*.mo", "__pycache__"))
        else:
            shutil.copy(source, copy)
    asked = subprocess.run(
        [sys.executable, "-c", IN_HUNGARIAN],
        cwd=tmp_path,
        env=os.environ | {"VAR_DIR": str(tmp_path / "var"), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
    )
    assert asked.stdout.splitlines()[-1:] == ["%(who)s ezt írta (időpont: %(when)s):"], asked.stderr
