"""Translation catalogues: compiled without the gettext programs, and only when they have changed."""

from __future__ import annotations

import os
from pathlib import Path

import polib


def compile_catalogues(folder: Path) -> list[Path]:
    """Write each stale .mo beside its .po; returns the ones written. Raises `OSError` naming file and line of a fault.

    Readers never see half a file, and two starts at once do no harm.
    """
    written = []
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        draft = target.with_name(f"{target.name}.{os.getpid()}")
        polib.pofile(str(source)).save_as_mofile(str(draft))
        draft.replace(target)
        written.append(target)
    return written
