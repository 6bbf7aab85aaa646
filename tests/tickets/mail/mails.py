"""Builders of raw mails for tests; every address is of a reserved domain."""

from __future__ import annotations

import base64


def raw_mail(body: str | bytes = "Jó napot!\n", *, crlf: bool = True, **fields: str) -> bytes:
    """A plain mail; keyword names become fields (in_reply_to -> In-Reply-To), an empty value leaves a field out."""
    given = {
        "from": "Kiss Anna <anna@example.hu>",
        "to": "support@example.com",
        "subject": "Kerdes",
        "message_id": "<m1@example.hu>",
        "date": "Mon, 5 Jan 2026 10:12:00 +0100",
    } | {name.rstrip("_"): value for name, value in fields.items()}
    if "content_type" not in given:
        given["content_type"] = "text/plain; charset=utf-8"
    head = "".join(f"{name.replace('_', '-').title()}: {value}\n" for name, value in given.items() if value)
    content = body.encode() if isinstance(body, str) else body
    raw = head.encode("utf-8", "surrogateescape") + b"\n" + content
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") if crlf else raw


def part(
    body: str | bytes, content_type: str = "text/plain; charset=utf-8", *, encode: bool = False, **fields: str
) -> bytes:
    """One MIME part with its header."""
    content = body.encode() if isinstance(body, str) else body
    head = f"Content-Type: {content_type}\n"
    if encode:
        head += "Content-Transfer-Encoding: base64\n"
        content = base64.encodebytes(content)
    head += "".join(f"{name.replace('_', '-').title()}: {value}\n" for name, value in fields.items())
    return head.encode() + b"\n" + content


def multipart(
    *parts: bytes, kind: str = "mixed", boundary: str = "edge", extra: str = "", crlf: bool = True, **fields: str
) -> bytes:
    """A mail of several parts."""
    body = (
        b"".join(b"--" + boundary.encode() + b"\n" + one + b"\n" for one in parts) + b"--" + boundary.encode() + b"--\n"
    )
    return raw_mail(body, content_type=f'multipart/{kind}; boundary="{boundary}"{extra}', crlf=crlf, **fields)
