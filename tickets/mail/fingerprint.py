"""The print of a mail: the same mail offered again, over whatever way, has the same one; two different mails never."""

from __future__ import annotations

import hashlib
import re

# What hosts on the way add on top. Not part of what the sender sent, and different on every delivery.
TRACE = re.compile(
    rb"(?:received|return-path|delivered-to|x-original-to|envelope-to|x-envelope-(?:to|from|sender)|delivery-date"
    rb"|authentication-results|x-authentication-results|received-spf|arc-[a-z-]+|x-received|x-spam-[a-z-]+|x-spam"
    rb"|x-virus-[a-z-]+|x-forwarded-(?:to|for|encrypted)|x-gm-message-state|x-google-smtp-source|x-sieve"
    rb"|x-mozilla-[a-z-]+|x-uidl|x-uid|x-imap[a-z-]*|x-keywords|status|x-status|x-getmail-[a-z-]+|x-fetched-by"
    rb"|dkim-filter|x-dkim|x-rspamd-[a-z-]+|x-amavis-[a-z-]+|x-quarantine-id|x-delivered-to)[ \t]*:",
    re.IGNORECASE,
)


def fingerprint(raw: bytes) -> str:
    """SHA-256, in hex, of the mail without trace fields, line ends and trailing blank lines normalised.

    Only the first header block is looked at; an mbox "From " line before it does not count. Trace fields are left out
    wherever they stand in the block, since hosts differ in where they put them. A mail without a Message-ID keeps its
    first hop: two equal alarms of a machine that names no id are two mails.
    """
    text = raw.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n")
    digest = hashlib.sha256()
    position = 0
    in_trace = in_received = has_id = False
    first_hop = b""
    while position < len(text):
        newline = text.find(b"\n", position)
        end = newline + 1 if newline >= 0 else len(text)
        line = text[position:end].rstrip()
        if not line:
            break
        if line[:1] not in (b" ", b"\t"):
            in_trace = bool(TRACE.match(line)) or (position == 0 and line.startswith((b"From ", b">From ")))
            in_received = line[:9].lower() == b"received:"
            has_id = has_id or line[:11].lower() == b"message-id:"
            first_hop = b"" if in_received else first_hop
        if not in_trace:
            digest.update(line + b"\n")
        elif in_received and len(first_hop) < 10_000:
            first_hop += b" " + b" ".join(line.split())
        position = end
    digest.update(b"\n" + text[position:].strip(b"\n"))
    if not has_id:
        digest.update(b"\n" + first_hop)
    return digest.hexdigest()
