"""PostgreSQL refuses to run as root. Started by root, the embedded servers run as an ordinary user instead.

Where that user cannot walk into the project's folder (a clone under /root), Linux lets the servers keep the one
capability to search folders; no folder's permissions are changed.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 4
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class CannotStart(Exception):
    """A server cannot be started; `str()` is a sentence for the person at the terminal."""


@dataclass(frozen=True)
class Account:
    """The user a server runs as. `keeps_search` says that it needs help to reach its folders."""

    uid: int
    gid: int
    name: str
    keeps_search: bool = False


def account_for(var_dir: Path, data_dir: Path, *needed: Path) -> Account | None:
    """The account to run servers as, or None to stay who we are. `needed` are the paths they must reach.

    Root runs them as the owner of the data, of VAR_DIR, or as `nobody`. Raises `CannotStart` when that cannot work.
    """
    owner = data_dir.stat().st_uid if data_dir.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner != os.geteuid():
            raise CannotStart(
                f"The data in {data_dir} belongs to {_name(owner)}, because that user (or root) started it first. "
                "Start as that user or as root, or set VAR_DIR to another folder."
            )
        return None
    uid = owner or var_dir.stat().st_uid or pwd.getpwnam("nobody").pw_uid
    entry = pwd.getpwuid(uid)
    blocked = next((path for path in needed if not _can_reach(path, entry.pw_uid, entry.pw_gid)), None)
    if blocked is not None and _searching_capability() is None:
        raise CannotStart(
            f"PostgreSQL cannot run as root, and the user {entry.pw_name} cannot reach {blocked}. "
            "Start as an ordinary user, or move the project to a folder that others can enter."
        )
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name, keeps_search=blocked is not None)


def before_exec(account: Account | None, death_signal: signal.Signals) -> Callable[[], None]:
    """What a child does between fork and exec: become the account, and ask to be told when its parent dies (Linux)."""
    capability = _searching_capability() if account is not None and account.keeps_search else None

    def prepare() -> None:
        os.umask(0o077)
        if account is not None:
            if capability is not None:
                # Keeps capabilities over setuid, and lets access(2), by which initdb looks for its programs, see them.
                _call("prctl", PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
            os.setgroups([])
            os.setgid(account.gid)
            os.setuid(account.uid)
            if capability is not None:
                _keep_only(capability)
        if _libc is not None:
            _call("prctl", PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)

    return prepare


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _can_reach(path: Path, uid: int, gid: int) -> bool:
    """Whether the user may search every folder above the path. Access lists are not looked at."""
    for folder in path.resolve().parents:
        found = folder.stat()
        if found.st_uid == uid:
            bit = stat.S_IXUSR
        elif found.st_gid == gid:
            bit = stat.S_IXGRP
        else:
            bit = stat.S_IXOTH
        if not found.st_mode & bit:
            return False
    return True


def _permitted() -> int:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1], 16) for line in lines if line.startswith("CapPrm:")), 0)


def _searching_capability() -> int | None:
    """The weakest capability we hold that lets a process enter any folder; None where there is none."""
    if _libc is None:
        return None
    permitted = _permitted()
    return next((cap for cap in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE) if permitted >> cap & 1), None)


def _keep_only(capability: int) -> None:
    """Drop every capability but one, and let that one survive exec."""
    bits = 1 << capability
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)(bits, bits, bits, 0, 0, 0)  # effective, permitted, inheritable; low word, high word
    _call("capset", header, data)
    _call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def _call(name: str, *arguments: object) -> None:
    if _libc is None:
        raise CannotStart(f"{name} exists on Linux only.")
    passed = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in arguments]
    if getattr(_libc, name)(*passed) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
