"""Damaged mails by number: the same number always gives the same mail, so that one which did harm can be made again."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from tests.tickets.mail.mails import multipart, part, raw_mail

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))

# Small mails of every form that the parser knows.
SEEDS: tuple[bytes, ...] = (
    raw_mail("Szia!\n\n2026. 01. 05. 10:12 keltezéssel, Kiss Anna írta:\n> Igen?\n"),
    raw_mail("<p>Jó <b>napot</b></p><blockquote>régi</blockquote>", content_type="text/html; charset=iso-8859-2"),
    multipart(part("szöveg"), part("<p>szöveg</p>", "text/html"), kind="alternative"),
    multipart(
        part("x"),
        part(PNG, "image/png", encode=True, content_disposition="attachment; filename*=utf-8''%C3%A1.png"),
    ),
    multipart(
        part("failed"),
        part("Final-Recipient: rfc822; a@example.hu\nAction: failed\nStatus: 5.1.1\n", "message/delivery-status"),
        part(raw_mail("eredeti"), "message/rfc822"),
        kind="report",
        extra="; report-type=delivery-status",
        from_="MAILER-DAEMON@example.hu",
    ),
    multipart(
        part("meghívó"),
        part("BEGIN:VCALENDAR\nMETHOD:REQUEST\nEND:VCALENDAR\n", "text/calendar; method=REQUEST"),
        kind="alternative",
    ),
    multipart(
        part("aláírt"),
        part(b"0\x80\x06\x09", "application/pkcs7-signature", encode=True),
        kind="signed",
        extra='; protocol="application/pkcs7-signature"',
    ),
    raw_mail("begin 644 a.txt\n#0V%T\n`\nend\n", subject="=?iso-8859-2?Q?=C1rv=EDz?= =?utf-8?B?dMWxcg==?="),
    raw_mail("-----BEGIN PGP MESSAGE-----\n\nhQ==\n-----END PGP MESSAGE-----\n"),
    raw_mail(
        b"x\x9f\x3e\x22",
        content_type="application/ms-tnef; name=winmail.dat",
        references="<a@b> <c@d>",
        authentication_results="relay.example; dmarc=pass (p=none) header.from=example.hu; spf=fail",
    ),
    raw_mail(
        "Házon kívül vagyok.\n", subject="Automatikus válasz: kérdés", auto_submitted="auto-replied", precedence="bulk"
    ),
)

PIECES: tuple[bytes, ...] = (
    b"\r\n", b"\n\n", b"\r\n\r\n", b"--edge", b"--edge--", b"=?utf-8?b?", b"=?iso-2022-jp?B?", b"?=", b'"', b"\x00",
    b";", b"<", b">", b"(", b")", b"Content-Type: ", b"multipart/mixed; boundary=", b"message/rfc822", b"text/html",
    b"Content-Transfer-Encoding: base64\r\n", b"charset=utf-7", b"charset=", b"filename*0*=", b"\x1b$B", b"\xff\xfe",
    b"<blockquote>", b"<!--", b"&#x", b"> ", b"On Mon, ", b" wrote:", b"From: ", b"5.1.1", b"begin 644 ", b"%", b"@",
    b"Authentication-Results: relay.example; dmarc=pass",
)  # fmt: skip


def damaged_mail(number: int, seeds: Sequence[bytes]) -> bytes:
    """The mail of that number: one of the seeds with one to eight damages."""
    chance = random.Random(number)
    raw = bytearray(seeds[number % len(seeds)])
    for _ in range(chance.randint(1, 8)):
        chance.choice(DAMAGES)(raw, chance, seeds)
    return bytes(raw)


def _overwrite(raw: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    at = chance.randint(0, len(raw))
    raw[at : at + chance.randint(0, 20)] = chance.choice(PIECES)


def _flip(raw: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    for _ in range(chance.randint(1, 10)):
        if raw:
            raw[chance.randrange(len(raw))] = chance.randrange(256)


def _cut(raw: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    at = chance.randint(0, len(raw))
    del raw[at : at + chance.choice([1, 10, 100, len(raw)])]


def _repeat(raw: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    """A piece of the mail many times over: what is quadratic shows itself here."""
    at = chance.randint(0, len(raw))
    piece = bytes(raw[at : at + chance.choice([1, 2, 8, 60, 400])])
    if piece:
        raw[at:at] = piece * min(chance.choice([2, 10, 300, 3000]), 200_000 // len(piece))


def _splice(raw: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    """The head of this mail on the tail of another."""
    other = chance.choice(seeds)
    raw[chance.randint(0, len(raw)) :] = other[chance.randint(0, len(other)) :]


def _mix_lines(raw: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    lines = bytes(raw).split(b"\n")
    for _ in range(chance.randint(1, 6)):
        here, there = chance.randrange(len(lines)), chance.randrange(len(lines))
        lines[here], lines[there] = lines[there], lines[here]
    raw[:] = b"\n".join(lines)


def _noise(raw: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    at = chance.randint(0, len(raw))
    raw[at:at] = chance.randbytes(chance.choice([1, 4, 64, 1000]))


def _nest(raw: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    """The mail within a mail, a few times."""
    for _ in range(chance.choice([1, 3, 50])):
        raw[:0] = b"Content-Type: message/rfc822\r\n\r\n"


DAMAGES: tuple[Callable[[bytearray, random.Random, Sequence[bytes]], None], ...] = (
    _overwrite, _overwrite, _overwrite, _flip, _flip, _cut, _repeat, _splice, _mix_lines, _noise, _nest,
)  # fmt: skip


def faults_of(raw: bytes) -> None:
    """Takes the mail through all that reads it on its way in and onto the screen. Raises what must never be raised."""
    from tickets.mail.authentication import read_verdict
    from tickets.mail.html import fold_quotations, sanitise_html
    from tickets.mail.parsing import Limits, Unparseable, fingerprint, parse_mail

    fingerprint(raw)
    try:
        mail = parse_mail(raw, limits=Limits(), own_addresses={"support@example.com"})
    except Unparseable:
        return
    read_verdict(mail, trusted={"relay.example"})
    fold_quotations(sanitise_html(mail.html, cid_urls={"a": "/a"}).html, words="quoted")
    texts = [mail.subject, mail.text, mail.reply, mail.html, mail.message_id, *mail.in_reply_to, *mail.references]
    texts += [text for party in (mail.sender, *mail.to, *mail.cc) for text in (party.address, party.name)]
    texts += [one.name for one in mail.attachments] + [value for pair in mail.headers for value in pair]
    for text in texts:
        text.encode("utf-8")
        assert "\x00" not in text, "NUL in a text"
    for one in mail.attachments:
        assert one.name, "a file without a name"
        assert not {"/", "\\"} & set(one.name), "a path in a name"
