"""The tree of a mail's MIME parts, within limits.

The standard library's parser is not used for the tree: it loses the exact bytes of attached and signed mails, gives up
at the first bad header line, and its time grows with depth times lines. Splitting at boundary lines is simple.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tickets.mail.charsets import decode_bytes
from tickets.mail.fields import decode_base64, parse_parameters
from tickets.mail.parsed import Budget

FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")
LINE_END = re.compile(rb"\r*\n|\r")
KNOWN_FIELD = re.compile(
    rb"(?:from|to|cc|subject|date|received|return-path|delivered-to|message-id|mime-version|content-[a-z-]+|x-[a-z0-9-]+"
    rb"|reply-to|sender|references|in-reply-to|dkim-signature|envelope-to|authentication-results|arc-[a-z-]+)[ \t]*:",
    re.IGNORECASE,
)
MAX_JUNK_LINES = 50


@dataclass(slots=True)
class Part:
    """One MIME part: its header fields as raw bytes, its body still encoded, its children."""

    fields: list[tuple[str, bytes]]
    source: bytes  # the whole mail, shared by all parts: a deep nest must not hold its content many times
    start: int
    end: int
    depth: int = 0
    media_type: str = "text/plain"  # what it is treated as
    declared_type: str = ""  # what its header says
    parameters: dict[str, str] = field(default_factory=dict)
    disposition: str = ""
    disposition_parameters: dict[str, str] = field(default_factory=dict)
    children: list[Part] = field(default_factory=list)

    def raw(self, name: str) -> bytes:
        """The first field of that name, as it came, or b''."""
        wanted = name.lower()
        return next((value for key, value in self.fields if key.lower() == wanted), b"")

    def all_raw(self, name: str) -> list[bytes]:
        wanted = name.lower()
        return [value for key, value in self.fields if key.lower() == wanted]

    @property
    def body(self) -> bytes:
        """The content as it came, still encoded."""
        return self.source[self.start : self.end]

    @property
    def charset(self) -> str:
        return self.parameters.get("charset", "")

    def content(self) -> bytes:
        """The decoded body; broken encodings as far as they go."""
        encoding = self.raw("content-transfer-encoding").split(b"(")[0].strip(b" \t\r\n\"';").lower()
        if encoding == b"base64":
            return decode_base64(self.body)
        if encoding in (b"quoted-printable", b"quoted_printable", b"quotedprintable"):
            return quopri.decodestring(self.body)
        if encoding in (b"x-uuencode", b"uuencode", b"x-uue", b"uue"):
            return decode_uuencode(self.body)
        return self.body

    def walk(self) -> Iterator[Part]:
        yield self
        for child in self.children:
            yield from child.walk()


def decode_uuencode(data: bytes) -> bytes:
    """The file in a uuencoded block; the begin and end lines may be there or not."""
    out = bytearray()
    for line in data.splitlines():
        if line.startswith(b"begin ") and not out:
            continue
        if line.strip() in (b"end", b"`", b""):
            if line.strip() == b"end":
                break
            continue
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:
            # Lines of some encoders are longer than their count says.
            count = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out += binascii.a2b_uu(line[:count])
            except binascii.Error:
                continue
    return bytes(out)


def parse_structure(raw: bytes, budget: Budget) -> tuple[Part, list[str]]:
    """The tree of a whole mail and the defects met; raises Unparseable past the limits."""
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    defects: list[str] = []
    fields, start = split_fields(raw, _skip_junk(raw, defects), len(raw), budget.limits.max_header_bytes, defects)
    part = Part(fields, raw, start, len(raw))
    _build(part, budget, defects, "text/plain")
    return part, list(dict.fromkeys(defects))


def _lines(raw: bytes, position: int, stop: int) -> Iterator[tuple[int, int, bytes]]:
    while position < stop:
        newline = raw.find(b"\n", position, stop)
        end = newline + 1 if newline >= 0 else stop
        yield position, end, raw[position:end]
        position = end


def _skip_junk(raw: bytes, defects: list[str]) -> int:
    """Where the header block begins: after blank lines, an mbox line, or chatter that no header line can be."""
    junk = 0
    for start, _, line in _lines(raw, 0, len(raw)):
        if KNOWN_FIELD.match(line) or (junk == 0 and FIELD.match(line)):
            if junk:
                defects.append("junk_before_headers")
            return start
        if line.strip() and not line.startswith((b"From ", b">From ")):
            junk += 1
            if junk > MAX_JUNK_LINES:
                break
    return 0


def split_fields(
    raw: bytes, begin: int, stop: int, max_bytes: int, defects: list[str]
) -> tuple[list[tuple[str, bytes]], int]:
    """The header fields in raw[begin:stop] and where the body begins. A bad line does not end the block."""
    fields: list[tuple[str, bytes]] = []
    name, value = "", [b""]

    def close() -> None:
        if name:
            fields.append((name, b"".join(value)))

    for start, end, line in _lines(raw, begin, stop):
        bare = line.rstrip(b"\r\n")
        if not bare.strip(b" \t") and (not bare or not _continues(raw, end, stop)):
            close()
            return fields, end
        if end - begin > max_bytes:
            defects.append("headers_too_long")
            close()
            blank = re.compile(rb"\r?\n\r?\n").search(raw, start, stop)
            return fields, blank.end() if blank else stop
        if bare[:1] in (b" ", b"\t"):
            value.append(line)
            continue
        match = FIELD.match(bare)
        if match:
            close()
            name, value = match[1].decode("ascii"), [bare[match.end() :] + b"\n"]
        elif bare.startswith((b"From ", b">From ")) and not fields:
            continue
        elif not (bare.startswith(b"--") and fields) and _continues(raw, end, stop):
            defects.append("bad_header_line")
            value.append(b" " + line)
        else:
            defects.append("no_blank_line_after_headers")
            close()
            return fields, start
    close()
    return fields, stop


def _continues(raw: bytes, position: int, stop: int) -> bool:
    """Whether header fields go on within the next few lines, so that a bad line is no end of the block."""
    for count, (_, _, line) in enumerate(_lines(raw, position, stop)):
        if not line.strip() or count > 8:
            return False
        if KNOWN_FIELD.match(line):
            return True
    return False


def _build(part: Part, budget: Budget, defects: list[str], default_type: str) -> None:
    budget.count_part(part.depth)
    given = part.raw("content-type")
    value, part.parameters = parse_parameters(given) if given else ("", {})
    media_type = re.match(r"[a-z0-9.+_-]+/[a-z0-9.+_-]+", value.replace(" ", ""))
    part.media_type = media_type[0] if media_type else (value if value in ("text", "multipart") else default_type)
    part.declared_type = part.media_type
    disposition = part.raw("content-disposition")
    if disposition:
        part.disposition, part.disposition_parameters = parse_parameters(disposition)
    if not part.media_type.startswith("multipart"):
        return
    spans = _split_at(part, part.parameters.get("boundary", ""))
    if spans is None:
        guessed = _guess_boundary(part)
        spans = _split_at(part, guessed) if guessed else None
        defects.append("boundary_guessed" if spans else "boundary_missing")
    if not spans:
        part.media_type = "text/plain"
        return
    inner_default = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
    for start, end in spans:
        fields, body_at = _child_fields(part.source, start, end, budget, defects)
        child = Part(fields, part.source, body_at, end, part.depth + 1)
        _build(child, budget, defects, inner_default)
        part.children.append(child)


def _child_fields(
    raw: bytes, start: int, end: int, budget: Budget, defects: list[str]
) -> tuple[list[tuple[str, bytes]], int]:
    blank = LINE_END.match(raw, start, end)
    if blank:
        return [], blank.end()
    if not FIELD.match(raw, start, end):
        return [], start
    return split_fields(raw, start, end, budget.limits.max_header_bytes, defects)


def _split_at(part: Part, boundary: str) -> list[tuple[int, int]] | None:
    """Spans of the children between boundary lines; None when no such line is there."""
    if "boundary" not in part.parameters and not boundary:
        return None
    mark = re.escape(boundary.encode("utf-8", "replace").rstrip())
    raw, stop = part.source, part.end
    rest = rb"--" + mark + rb"(--)?[ \t]*(?=\r?\n|\Z)"
    # The line break before a boundary belongs to the boundary.
    first, line = re.compile(rest), re.compile(rb"\r?\n" + rest)
    spans: list[tuple[int, int]] = []
    start = -1
    match = first.match(raw, part.start, stop) or line.search(raw, part.start, stop)
    while match:
        if start >= 0:
            spans.append((start, max(start, match.start())))
            start = -1
        if not match[1]:
            after = LINE_END.match(raw, match.end(), stop)
            start = after.end() if after else stop
        match = line.search(raw, match.end(), stop)
    if start >= 0:
        spans.append((start, stop))
    return spans or None


def _guess_boundary(part: Part) -> str:
    line = re.compile(rb"\n--([!-~]{1,200})\r?\nContent-[A-Za-z-]{1,40}:", re.IGNORECASE)
    match = line.search(part.source, max(0, part.start - 1), part.end)
    return decode_bytes(match[1], "us-ascii") if match else ""
