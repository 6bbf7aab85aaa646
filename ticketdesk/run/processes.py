"""Small helpers for servers as processes: folders, logs, numbers of processes."""

from __future__ import annotations

import importlib.util
import os
import signal
import time
from pathlib import Path
from typing import BinaryIO

from ticketdesk.run.privileges import Account, CannotStart


def wheel_folder(package: str) -> Path:
    """Where an installed package lies, without importing it. Raises `CannotStart` when it is not installed."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise CannotStart(f"The package {package} is not installed; set DATABASE_URL and REDIS_URL, or install it.")
    return Path(spec.origin).parent


def own_folder(folder: Path, account: Account | None) -> None:
    """Make a folder that only its owner may enter. Raises `CannotStart` when somebody else has put one there."""
    uid = account.uid if account is not None else os.geteuid()
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not folder.is_dir() or folder.is_symlink() or found.st_uid not in {uid, 0, os.geteuid()}:
        raise CannotStart(f"{folder} belongs to somebody else. Remove it or set VAR_DIR to another folder.")
    if account is not None and found.st_uid != uid:
        os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)


def open_log(path: Path, largest: int = 10_000_000) -> BinaryIO:
    """Open a log for appending; one that has grown too large is set aside first, replacing the one before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > largest:
        path.replace(path.with_suffix(".old.log"))
    return path.open("ab")


def tail(path: Path, lines: int = 8) -> str:
    """The last lines of a log."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def is_running(pid: int) -> bool:
    """Whether a process has this number. One that has ended and only waits for its parent does not count."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except (OSError, IndexError):  # no /proc: macOS, whose first process never leaves the dead lying about
        return True
    return state not in {b"Z", b"X"}


def wait_gone(pid: int, patience: float) -> bool:
    """Wait for a process that is not our child to end; kill it when it takes too long. False when even that failed."""
    for last in (patience, 5.0):
        deadline = time.monotonic() + last
        while time.monotonic() < deadline:
            if not is_running(pid):
                return True
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
    return not is_running(pid)


def server_environment() -> dict[str, str]:
    """A server inherits nothing it could be misled by (PGDATA, PGPORT, LC_ALL, LD_PRELOAD ...)."""
    return {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "TZ": "UTC"}
