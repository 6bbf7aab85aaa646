"""A row of the outbox as the bytes that go over the wire. Nothing written by a person can become a header line.

A redirect is the raw mail as it came, with its own trace of who sent it on (Resent-*, RFC 5322 section 3.6.6).
"""

from __future__ import annotations

import re
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from tickets.files import open_blob
from tickets.models import OutboundMail

POLICY = policy.SMTP.clone(cte_type="7bit")
POLICY_UTF8 = policy.SMTPUTF8.clone(cte_type="7bit")

# Ids and links are written by hand: the library folds long ones into encoded words, which no mail program then finds.
ID_HEADERS = ("In-Reply-To", "References", "List-Unsubscribe")
# What the last mail system added at the end of the way, or what others must not see.
NOT_SENT_ON = re.compile(rb"^(?:return-path|bcc|resent-bcc)\s*:", re.IGNORECASE)
PLAIN_HEADERS = frozenset(
    {"Auto-Submitted", "List-Unsubscribe-Post", "Precedence", "X-Auto-Response-Suppress", "X-Loop"}
)


class BadAddress(ValueError):
    """An address to which no mail can be sent; the text is for whoever reads the outbox."""


def build_mail(outbound: OutboundMail) -> bytes:
    """The whole mail with its files. Raises BadAddress; FileNotFoundError when the storage has lost a file."""
    if outbound.original is not None:
        return build_redirect(outbound, bytes(outbound.original.raw))
    mail = EmailMessage(policy=POLICY_UTF8 if needs_utf8(outbound) else POLICY)
    mail["From"] = _address(outbound.sender_name, outbound.sender_address)
    if outbound.to:
        mail["To"] = [_address(*_pair(row)) for row in outbound.to]
    if outbound.cc:
        mail["Cc"] = [_address(*_pair(row)) for row in outbound.cc]
    reply_to = str(outbound.headers.get("Reply-To", ""))
    if reply_to:
        mail["Reply-To"] = _address(outbound.sender_name, reply_to)
    mail["Subject"] = one_line(outbound.subject)
    mail["Date"] = format_datetime(outbound.created_at)
    for name in sorted(PLAIN_HEADERS & outbound.headers.keys()):
        mail[name] = one_line(str(outbound.headers[name]))
    mail.set_content(outbound.body.replace("\x00", ""))
    if outbound.html:
        mail.add_alternative(outbound.html.replace("\x00", ""), subtype="html")
    if outbound.message is not None:
        for attachment in outbound.message.attachments.select_related("blob").order_by("id"):
            with open_blob(attachment.blob) as file:
                maintype, subtype = _media_type(attachment.media_type)
                mail.add_attachment(
                    file.read(), maintype=maintype, subtype=subtype, filename=one_line(attachment.name) or "file"
                )
    return _id_lines(outbound) + mail.as_bytes()


def build_redirect(outbound: OutboundMail, raw: bytes) -> bytes:
    """The mail as it came, below the lines that say who sent it on, when and to whom."""
    trace = EmailMessage(policy=POLICY_UTF8 if needs_utf8(outbound) else POLICY)
    trace["Resent-From"] = _address(outbound.sender_name, outbound.sender_address)
    trace["Resent-To"] = [_address(*_pair(row)) for row in outbound.to]
    trace["Resent-Date"] = format_datetime(outbound.created_at)
    lines = b"".join(line + b"\r\n" for line in trace.as_bytes().splitlines() if line)
    ids = f"Resent-Message-ID: <{outbound.mail_id}>\r\n".encode("ascii")
    return ids + lines + _as_sent_on(raw)


def _as_sent_on(raw: bytes) -> bytes:
    """With CRLF line ends and without NOT_SENT_ON; the rest, signatures included, stays byte for byte."""
    raw = re.sub(rb"\r\n|\r|\n", b"\r\n", raw)
    head, gap, body = raw.partition(b"\r\n\r\n")
    if head.startswith(b"From "):  # an mbox line is no header
        head = head.partition(b"\r\n")[2]
    kept: list[bytes] = []
    skips = False
    for line in head.split(b"\r\n"):
        is_folded = line[:1] in (b" ", b"\t")
        skips = skips if is_folded else NOT_SENT_ON.match(line) is not None
        if not skips:
            kept.append(line)
    return b"\r\n".join(kept) + gap + body


def wire_address(address: str) -> str:
    """The address as SMTP takes it, its domain in ASCII. Raises BadAddress."""
    local, at, domain = address.strip().rpartition("@")
    if not at or not local or not domain or any(c.isspace() or not c.isprintable() or c in "<>,;" for c in address):
        raise BadAddress(f"not an address: {address!r}"[:200])
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise BadAddress(f"not a domain: {domain!r}"[:200]) from error


def recipients_of(outbound: OutboundMail) -> list[str]:
    """Everybody the mail goes to, each once, as written in the row."""
    return list(dict.fromkeys(_pair(row)[1] for row in (*outbound.to, *outbound.cc)))


def needs_utf8(outbound: OutboundMail) -> bool:
    """Whether an address can't be written without SMTPUTF8."""
    return any(not address.rpartition("@")[0].isascii() for address in recipients_of(outbound))


def one_line(text: str) -> str:
    """Without line breaks and control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _id_lines(outbound: OutboundMail) -> bytes:
    lines = [f"Message-ID: <{outbound.mail_id}>"]
    for name in ID_HEADERS:
        ids = one_line(str(outbound.headers.get(name, ""))).split()
        if ids:
            lines.append(f"{name}: " + "\r\n ".join(ids))
    return "".join(line + "\r\n" for line in lines).encode("ascii")


def _address(name: str, address: str) -> Address:
    local, _at, domain = wire_address(address).rpartition("@")
    return Address(display_name=one_line(name), username=local.strip('"'), domain=domain)


def _pair(row: object) -> tuple[str, str]:
    name, address = row if isinstance(row, (list, tuple)) else ("", row)
    return str(name), str(address)


def _media_type(media_type: str) -> tuple[str, str]:
    """Types that can't be carried as plain bytes become octet-stream; the name tells the rest."""
    maintype, _slash, subtype = media_type.lower().partition("/")
    simple = maintype.isalnum() and subtype.replace("-", "").replace(".", "").replace("+", "").isalnum()
    if not (maintype + subtype).isascii() or not simple or maintype in ("message", "multipart"):
        return "application", "octet-stream"
    return maintype, subtype
