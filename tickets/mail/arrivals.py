"""Where all mail doors end: the raw bytes become committed rows, one for each of our mailboxes that the mail is for."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction

from tickets import waking
from tickets.mail.fingerprint import fingerprint
from tickets.mail.mailbox import default_mailbox, mailbox_for_recipient, mailboxes_named_in
from tickets.mail.parsed import Limits, Unparseable
from tickets.mail.parsing import parse_mail
from tickets.models import InboundMail, Mailbox

log = logging.getLogger(__name__)

ROUTING_LIMIT = 2 * 1024 * 1024  # bytes of a mail that are read to find out which mailbox it is for
NULL_SENDER = "<>"


def largest_mail() -> int:
    """Bytes that a door takes: twice what is read. What lies between becomes a visible quarantined item."""
    return 2 * int(settings.MAIL_MAX_BYTES)


def receive_raw(
    raw: bytes,
    *,
    door: InboundMail.Door,
    envelope_from: str = "",
    envelope_to: Sequence[str] = (),
    mailbox: Mailbox | None = None,
) -> list[InboundMail]:
    """Keeps a mail exactly as it came and returns its rows, committed when this returns outside a transaction.

    One row for each mailbox of ours it is for; the same mail offered again finds its rows and adds nothing.
    `envelope_from` is "<>" for the null sender and "" when unknown. `mailbox` takes what names none of our addresses.
    """
    print_ = fingerprint(raw)
    routes = route(raw, envelope_to=envelope_to, mailbox=mailbox)
    rows: list[InboundMail] = []
    with transaction.atomic():
        for box, recipient in routes:
            if not InboundMail.objects.filter(mailbox=box, fingerprint=print_).exists():
                # Two offers at once: the second INSERT waits for the first and then does nothing.
                InboundMail.objects.bulk_create(
                    [
                        InboundMail(
                            raw=raw,
                            size=len(raw),
                            raw_sha256=hashlib.sha256(raw).hexdigest(),
                            fingerprint=print_,
                            mailbox=box,
                            door=door,
                            envelope_from=_clean(envelope_from),
                            envelope_to=_clean(recipient),
                        )
                    ],
                    ignore_conflicts=True,
                )
            rows.append(InboundMail.objects.defer("raw").get(mailbox=box, fingerprint=print_))
        if any(row.state == InboundMail.State.WAITING for row in rows):
            waking.wake(waking.PROCESS_INBOUND_MAIL)
    return rows


def route(
    raw: bytes, *, envelope_to: Sequence[str] = (), mailbox: Mailbox | None = None
) -> list[tuple[Mailbox | None, str]]:
    """The mailboxes a mail is for, each with the recipient that led there.

    The envelope decides; without it the header, in OTRS's order; then `mailbox`; then the default one.
    """
    found: dict[Mailbox | None, str] = {}
    for address in envelope_to:
        box = mailbox_for_recipient(address)
        if box is not None:
            found.setdefault(box, address)
    if found:
        return list(found.items())
    named = _named_in_header(raw)
    if named:
        return [(box, "") for box in named]
    return [(mailbox or default_mailbox(), "")]


def _named_in_header(raw: bytes) -> list[Mailbox]:
    """Reads no more than the beginning: a monster must not cost the door its time, and its header is there."""
    try:
        mail = parse_mail(raw[:ROUTING_LIMIT], limits=Limits(max_seconds=5))
    except Unparseable:
        return []
    return mailboxes_named_in(mail)


def _clean(address: str) -> str:
    """Fit for the database: no NUL, no broken characters, at most 320."""
    return address.replace("\x00", "").encode("utf-8", "replace").decode()[:320]
