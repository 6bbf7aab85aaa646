"""Invitations, signed and encrypted mail and winmail.dat say on the ticket page what they are; files are kept whole."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests import make
from tests.tickets.mail.mails import multipart, part, raw_mail
from tests.tickets.mail.test_intake import arrive
from tickets.files import open_blob
from tickets.models import Attachment, Mailbox, User

AsUser = Callable[[User], Client]
pytestmark = pytest.mark.django_db
ADDRESSES: dict[str, Any] = {"from_": "carla@duna.example", "to": make.SUPPORT}


def winmail() -> bytes:
    """Outlook's own format with one file in it."""

    def attribute(level: int, name: int, data: bytes) -> bytes:
        return struct.pack("<BII", level, name, len(data)) + data + struct.pack("<H", sum(data) % 65536)

    return (
        struct.pack("<IH", 0x223E9F78, 1)
        + attribute(2, 0x00069002, bytes(14))
        + attribute(2, 0x00018010, b"lista.txt\x00")
        + attribute(2, 0x0006800F, b"alma\r\n")
    )


SEALED = part(b"sealed", "application/octet-stream; name=encrypted.asc", encode=True)
MAILS = {
    "Invitation, not answered": multipart(
        part("jöjjön"), part("BEGIN:VCALENDAR\n", "text/calendar; method=REQUEST"), kind="alternative", **ADDRESSES
    ),
    "Cancelled meeting": multipart(
        part("elmarad"), part("BEGIN:VCALENDAR\n", "text/calendar; method=CANCEL"), kind="alternative", **ADDRESSES
    ),
    "Answer to an invitation": multipart(
        part("ott leszek"), part("BEGIN:VCALENDAR\n", "text/calendar; method=REPLY"), kind="alternative", **ADDRESSES
    ),
    "S/MIME signature, not checked": multipart(
        part("aláírva"),
        part(b"x", "application/pkcs7-signature; name=smime.p7s", encode=True),
        kind="signed",
        extra='; protocol="application/pkcs7-signature"',
        **ADDRESSES,
    ),
    "S/MIME, not decrypted": raw_mail(
        b"AAAA", content_type="application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", **ADDRESSES
    ),
    "PGP signature, not checked": multipart(
        part("aláírva"),
        part("x", "application/pgp-signature"),
        kind="signed",
        extra='; protocol="application/pgp-signature"',
        **ADDRESSES,
    ),
    "PGP, not decrypted": multipart(
        part("Version: 1", "application/pgp-encrypted"),
        SEALED,
        kind="encrypted",
        extra='; protocol="application/pgp-encrypted"',
        **ADDRESSES,
    ),
    "Unpacked from winmail.dat": multipart(
        part("mellékelve"), part(winmail(), "application/ms-tnef; name=winmail.dat", encode=True), **ADDRESSES
    ),
}


@pytest.mark.parametrize("words", MAILS)
def test_the_agent_reads_what_it_is(words: str, as_user: AsUser, mailbox: Mailbox, anna: User, carla: User) -> None:
    User.objects.filter(pk=anna.pk).update(language="en")
    ticket = arrive(MAILS[words]).ticket
    assert ticket is not None
    page = as_user(anna).get(f"/ticket/{ticket.number}/").content.decode()
    assert f'<span class="badge" data-tone="line">{words}</span>' in page
    assert [other for other in MAILS if f">{other}</span>" in page] == [words]


def test_what_was_packed_is_a_file_of_its_own(mailbox: Mailbox) -> None:
    arrive(MAILS["Unpacked from winmail.dat"])
    with open_blob(Attachment.objects.get(name="lista.txt").blob) as file:
        assert file.read() == b"alma\r\n"


def test_what_is_sealed_can_be_downloaded(mailbox: Mailbox) -> None:
    arrive(MAILS["PGP, not decrypted"])
    assert Attachment.objects.filter(name="encrypted.asc").exists()
    arrive(MAILS["S/MIME, not decrypted"].replace(b"m1@", b"m2@"))
    assert Attachment.objects.filter(name="smime.p7m").exists()
