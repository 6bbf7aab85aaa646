"""Putting a message on a ticket: its text, its files, its limits. `conversation` says when and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from tickets.errors import Refused
from tickets.files import attach_file, store_blobs
from tickets.models import Channel, InboundMail, Message, Ticket, User

LONGEST_TEXT = 500_000  # characters
MOST_FILES = 100
MOST_FILE_BYTES = 25_000_000  # together
PARTY = tuple[str, str]  # name, address


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to put on a message."""

    name: str
    content: bytes
    media_type: str = "application/octet-stream"
    content_id: str = ""
    is_inline: bool = False


def clean_text(text: str, *, field: str) -> str:
    """Without NUL and with plain line ends. Raises Refused when it is empty or longer than LONGEST_TEXT."""
    text = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        raise Refused(_("Write something first."), field=field)
    if len(text) > LONGEST_TEXT:
        raise Refused(
            _("The text is too long: %(length)s characters, at most %(most)s fit. Attach it as a file instead.")
            % {"length": len(text), "most": LONGEST_TEXT},
            field=field,
        )
    return text


def check_files(files: Sequence[NewFile]) -> None:
    """Raises Refused when there are more than MOST_FILES."""
    if len(files) > MOST_FILES:
        raise Refused(
            _("At most %(most)s files fit on one message; pack them together.") % {"most": MOST_FILES}, field="files"
        )


def write_message(
    ticket: Ticket,
    *,
    kind: Message.Kind,
    sender: Message.Sender,
    author: User | None,
    channel: Channel,
    visible_to_customer: bool,
    is_automatic: bool = False,
    is_unconfirmed: bool = False,
    from_address: str = "",
    from_name: str = "",
    to: Sequence[PARTY] = (),
    cc: Sequence[PARTY] = (),
    subject: str = "",
    body: str = "",
    fresh: str = "",
    html: str = "",
    mail_id: str = "",
    traits: Sequence[str] = (),
    sent_at: datetime | None = None,
    inbound: InboundMail | None = None,
    files: Sequence[NewFile] = (),
) -> Message:
    """Writes the message with its files. The caller holds the ticket's lock, and records."""
    message = Message.objects.create(
        ticket=ticket,
        kind=kind,
        sender=sender,
        author=author,
        channel=channel,
        visible_to_customer=visible_to_customer,
        is_automatic=is_automatic,
        is_unconfirmed=is_unconfirmed,
        from_address=from_address[:320],
        from_name=from_name[:300],
        to=[list(party) for party in to],
        cc=[list(party) for party in cc],
        subject=subject,
        body=body,
        fresh="" if fresh.strip() == body.strip() else fresh,
        html=html,
        mail_id=mail_id[:998],
        traits=sorted(traits),
        sent_at=sent_at,
        inbound=inbound,
    )
    for file, blob in zip(files, store_blobs([file.content for file in files]), strict=True):
        attach_file(
            message,
            name=file.name,
            content=blob,
            media_type=file.media_type,
            content_id=file.content_id,
            is_inline=file.is_inline,
        )
    return message
