"""Files for the demo, made on the spot: a picture like a screenshot, a log, a table, a one-page document."""

from __future__ import annotations

import math
import mimetypes
import struct
import zlib

from tickets.demo.script import Paper
from tickets.writing import NewFile

WIDTH, HEIGHT, MARGIN = 420, 240, 20
TITLE_BAR, FRAME, WINDOW, TEXT, ALARM = (
    (37, 86, 208),
    (206, 210, 218),
    (250, 250, 252),
    (170, 176, 188),
    (190, 40, 45),
)


def make_file(paper: Paper) -> NewFile:
    """The file that `paper` describes."""
    ending = paper.name.rsplit(".", 1)[-1]
    content = {"png": _picture, "pdf": _document}.get(ending, _text)(paper.text or paper.name)
    media_type = mimetypes.guess_type(paper.name)[0] or "application/octet-stream"
    return NewFile(name=paper.name, content=content, media_type=media_type)


def _text(text: str) -> bytes:
    return (text.strip() + "\n").encode()


def _picture(text: str) -> bytes:
    """A window with a title bar, lines of text and a red sign; lines as long as the text says, so pictures differ."""
    seed = zlib.crc32(text.encode())
    frame, body = bytes(FRAME), WIDTH - 2 * MARGIN
    rows = []
    for y in range(HEIGHT):
        if MARGIN <= y < HEIGHT - MARGIN:
            rows.append(b"\0" + frame * MARGIN + _window_row(y - MARGIN, body, seed) + frame * MARGIN)
        else:
            rows.append(b"\0" + frame * WIDTH)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(b"".join(rows), 9))
        + _chunk(b"IEND", b"")
    )


def _window_row(y: int, width: int, seed: int) -> bytes:
    """One line of the window's pixels, three bytes each."""
    if y < 28:
        return bytes(TITLE_BAR) * width
    row = bytearray(bytes(WINDOW) * width)
    reach = 22**2 - (y - 80) ** 2
    if reach > 0:
        half = math.isqrt(reach)
        row[3 * (40 - half) : 3 * (40 + half)] = bytes(ALARM) * (2 * half)
    line, inside = divmod(y - 56, 18)
    if 0 <= line < 6 and inside < 6:
        length = 80 + (seed >> (line * 4)) % 16 * 11
        row[3 * 90 : 3 * (90 + length)] = bytes(TEXT) * length
    return bytes(row)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _document(text: str) -> bytes:
    """A one-page PDF with one line of text."""
    line = text.encode("ascii", "replace").replace(b"\\", b"").replace(b"(", b"").replace(b")", b"")
    stream = b"BT /F1 16 Tf 60 760 Td (" + line + b") Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]/Contents 4 0 R/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    content = b"%PDF-1.4\n"
    offsets = []
    for number, thing in enumerate(objects, 1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, thing)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return content + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, table, len(objects) + 1, len(content))
    )
