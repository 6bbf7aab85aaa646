"""Mails that the world sends to the house, as its programs write them."""

from __future__ import annotations

import smtplib
import uuid
from email.message import EmailMessage
from email.utils import make_msgid

from tests.house import House

SUPPORT = "support@ticketdesk.example"


def newcomer(name: str) -> str:
    """An address that nobody in the house knows yet."""
    return f"{name}.{uuid.uuid4().hex[:8]}@world.example"


def letter(
    sender: str, name: str, subject: str, text: str, *, answers: EmailMessage | None = None, to: str = SUPPORT
) -> EmailMessage:
    """A plain mail; `answers` sets the headers by which mail programs thread."""
    mail = EmailMessage()
    mail["From"] = f"{name} <{sender}>"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Message-ID"] = make_msgid(domain="world.example")
    if answers is not None:
        mail["In-Reply-To"] = answers["Message-ID"]
        mail["References"] = f"{answers['References'] or ''} {answers['Message-ID']}".strip()
    mail.set_content(text)
    return mail


def send(house: House, mail: EmailMessage, *, envelope_from: str | None = None, lmtp: bool = False) -> None:
    """Hand the mail over at the house's door. Raises when it is refused."""
    client = smtplib.LMTP if lmtp else smtplib.SMTP
    sender = mail["From"].addresses[0].addr_spec if envelope_from is None else envelope_from
    with client("127.0.0.1", house.smtp_port, local_hostname="world.example") as door:
        refused = door.sendmail(sender, [address.addr_spec for address in mail["To"].addresses], mail.as_bytes())
    assert refused == {}
