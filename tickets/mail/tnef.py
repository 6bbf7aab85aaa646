"""winmail.dat: the files and the text inside Outlook's TNEF streams."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from tnefparse import TNEF

from tickets.mail.charsets import clean, decode_bytes

MEDIA_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef", "application/x-tnef"})
SIGNATURE = b"\x78\x9f\x3e\x22"

logging.getLogger("tnefparse").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What a TNEF stream held. `is_whole` is False when it could not be read to the end."""

    files: tuple[tuple[str, bytes], ...] = ()
    text: str = ""
    html: str = ""
    is_whole: bool = True


def unpack(content: bytes) -> Unpacked:
    """The files and texts of the stream; never raises."""
    start = content.find(SIGNATURE, 0, 64)
    if start < 0:
        return Unpacked(is_whole=False)
    try:
        stream = TNEF(content[start:], do_checksum=False)
    except Exception:  # noqa: BLE001 - hostile bytes break the library in every way; the caller notes the defect
        return Unpacked(is_whole=False)
    codepage = str(stream.codepage or "")
    files = []
    is_whole = True
    for attachment in stream.attachments:
        try:
            name, data = attachment.long_filename() or attachment.name, attachment.data
        except Exception:  # noqa: BLE001 - as above: one broken attachment must not hide the others
            is_whole = False
            continue
        shown = decode_bytes(name, codepage) if isinstance(name, bytes) else str(name or "")
        if isinstance(data, bytes):
            files.append((clean(shown.rstrip("\x00")), data))
    return Unpacked(tuple(files), _text(stream, "body", codepage), _text(stream, "htmlbody", codepage), is_whole)


def _text(stream: TNEF, attribute: str, codepage: str) -> str:
    try:
        value = getattr(stream, attribute)
    except Exception:  # noqa: BLE001 - as above: a broken text must not hide the files
        return ""
    if isinstance(value, list):
        value = value[0] if value else b""
    if isinstance(value, bytes):
        return decode_bytes(value, codepage)
    return clean(str(value or ""))
