"""What must be true before anything starts, each with a sentence that says what to do about it."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from ticketdesk.run.privileges import CannotStart


def check_port_is_free(variable: str, address: str, port: int) -> None:
    """Raises `CannotStart` naming the variable when nobody could listen there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as fault:
            if fault.errno == errno.EADDRINUSE:
                raise CannotStart(
                    f"Port {port} is taken by another program. Choose another: {variable}={port + 1} make run"
                ) from None
            if fault.errno == errno.EACCES:
                raise CannotStart(
                    f"Port {port} may only be opened by root. Choose one above 1023: {variable}={port + 8000} make run"
                ) from None
            raise CannotStart(f"Nobody can listen on {address}, port {port} ({variable}): {fault.strerror}.") from None


def claim(var_dir: Path) -> IO[str]:
    """The right to run the product on this VAR_DIR, held while the file stays open. Raises `CannotStart`."""
    try:
        var_dir.mkdir(parents=True, exist_ok=True)
        file = (var_dir / "run.lock").open("a")
    except OSError as fault:
        raise CannotStart(f"VAR_DIR {var_dir} cannot be written: {fault.strerror}.") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise CannotStart(
            f"Ticketdesk already runs with the data in {var_dir}. "
            "For a second copy set another folder and other ports: VAR_DIR=... PORT=... SMTP_PORT=... make run"
        ) from None
    return file


def stamp_of(files: Iterable[Path]) -> str:
    """A short text that changes when one of the files does."""
    digest = hashlib.sha256()
    for file in sorted(files):
        found = file.stat()
        digest.update(f"{file}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()
