"""Files that were pasted into the text of a mail by uuencode, as programs of old did and some machines still do."""

from __future__ import annotations

import re

from tickets.mail.structure import decode_uuencode

BEGIN = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,300})\r?\n", re.MULTILINE)
END = re.compile(rb"^end[ \t]*\r?$", re.MULTILINE)
LINE = re.compile(rb"[ -`]{1,90}\r?\n")


def take_files(body: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """The text without its uuencoded files, and these as (name, content)."""
    if b"begin " not in body:
        return body, []
    kept: list[bytes] = []
    files: list[tuple[str, bytes]] = []
    position = 0
    while match := BEGIN.search(body, position):
        end = END.search(body, match.end())
        if not end:
            break
        first = LINE.match(body, match.end())
        if not first or not _is_data_line(first[0].rstrip(b"\r\n")):
            kept.append(body[position : match.end()])
            position = match.end()
            continue
        kept.append(body[position : match.start()])
        files.append((match[1].decode("utf-8", "replace").strip(), decode_uuencode(body[match.end() : end.start()])))
        position = end.end()
    kept.append(body[position:])
    return b"".join(kept), files


def _is_data_line(line: bytes) -> bool:
    """Whether the line's length fits the count of bytes its first letter states."""
    count = (line[0] - 32) & 63
    return len(line) - 1 >= (count * 8 + 5) // 6 and len(line) - 1 <= (count + 2) // 3 * 4 + 2
