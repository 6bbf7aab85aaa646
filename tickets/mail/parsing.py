"""parse_mail: the bytes of a mail in, dataclasses out. No settings, no database, no clock but for its time limit."""

from __future__ import annotations

from collections.abc import Collection

from tickets.mail.automatic import classify
from tickets.mail.bodies import body_charsets, read_content
from tickets.mail.bounces import judge
from tickets.mail.fields import decode_text, parse_date, parse_ids, parse_parties
from tickets.mail.fingerprint import fingerprint
from tickets.mail.parsed import (
    DEFAULT_LIMITS,
    Automatic,
    Bounce,
    Budget,
    Limits,
    ParsedAttachment,
    ParsedMail,
    Party,
    Unparseable,
)
from tickets.mail.quotations import visible_reply
from tickets.mail.structure import Part, parse_structure

__all__ = [
    "DEFAULT_LIMITS", "Automatic", "Bounce", "Limits", "ParsedAttachment", "ParsedMail", "Party", "Unparseable",
    "fingerprint", "parse_mail",
]  # fmt: skip

# Where the mail really went, in the order OTRS looks for the team's address.
DELIVERY_FIELDS = ("resent-to", "envelope-to", "x-envelope-to", "delivered-to", "x-original-to", "x-delivered-to")


def parse_mail(raw: bytes, *, limits: Limits = DEFAULT_LIMITS, own_addresses: Collection[str] = ()) -> ParsedMail:
    """Reads one mail.

    `own_addresses` are those of this desk: a mail from one of them is a loop. Raises Unparseable, and nothing else,
    when the mail passes a limit or holds nothing. A mail without a usable sender has `sender.address == ""`.
    """
    if len(raw) > limits.max_bytes:
        raise Unparseable("too_large", f"{len(raw)} bytes")
    if not raw.strip(b"\x00 \t\r\n"):
        raise Unparseable("not_a_mail", "empty")
    budget = Budget(limits)
    root, defects = parse_structure(raw, budget)
    content = read_content(root, budget)
    hints = body_charsets(root)
    headers = _headers(root, hints)
    subject = decode_text(root.raw("subject"), hints)
    sender = _sender(root, hints)
    verdict = judge(root, content.text, sender.address, subject)
    automatic, reason = classify(root, verdict, sender.address, subject, own_addresses)
    return ParsedMail(
        message_id=next(iter(parse_ids(root.raw("message-id"))), ""),
        in_reply_to=parse_ids(b" ".join(root.all_raw("in-reply-to"))),
        references=parse_ids(b" ".join(root.all_raw("references"))),
        subject=subject,
        sender=sender,
        reply_to=_parties(root, "reply-to", hints),
        to=_parties(root, "to", hints),
        cc=_parties(root, "cc", hints),
        delivered_to=_delivered_to(root),
        sent_at=parse_date(root.raw("date")),
        text=content.text,
        html=content.html,
        reply=visible_reply(content.text, subject=subject, own_text=content.own_text),
        attachments=tuple(content.files),
        headers=headers,
        automatic=automatic,
        automatic_reason=reason,
        bounce=verdict.bounce,
        traits=frozenset(content.traits),
        defects=tuple(dict.fromkeys(defects + content.defects)),
    )


def _headers(root: Part, hints: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, decode_text(value, hints)) for name, value in root.fields[:1000])


def _parties(root: Part, name: str, hints: tuple[str, ...]) -> tuple[Party, ...]:
    return tuple(party for value in root.all_raw(name)[:50] for party in parse_parties(value, hints))


def _sender(root: Part, hints: tuple[str, ...]) -> Party:
    """From; when it names no usable address, Reply-To, then Sender."""
    named = Party()
    for name in ("from", "reply-to", "sender"):
        for party in _parties(root, name, hints):
            if party.address:
                return Party(party.address, party.name or named.name)
            named = named if named.name else party
    return named


def _delivered_to(root: Part) -> tuple[str, ...]:
    found = [party.address for name in DELIVERY_FIELDS for party in _parties(root, name, ())]
    return tuple(dict.fromkeys(address for address in found if address))
