"""The same mail offered again has the same print; another mail never."""

# ruff: noqa: E501 - mails stand as they come
from __future__ import annotations

import pytest

from tests.tickets.mail.mails import raw_mail
from tickets.mail.fingerprint import fingerprint

MAIL = raw_mail("Szia\nBéla\n")


@pytest.mark.parametrize(
    "again",
    [
        b"Received: from a by b;\r\n Mon, 5 Jan 2026 10:12:00 +0100\r\n" + MAIL,
        b"Return-Path: <anna@example.hu>\r\nDelivered-To: x@example.com\r\nX-Original-To: y@example.com\r\nEnvelope-To: z@example.com\r\n"
        + MAIL,
        b"Authentication-Results: mx; spf=pass\r\nARC-Seal: i=1;\r\n\tcv=none\r\nX-Spam-Status: No\r\n" + MAIL,
        b"From anna@example.hu Mon Jan  5 10:12:00 2026\n" + MAIL,
        MAIL.replace(b"\r\n", b"\n"),
        MAIL + b"\r\n\r\n",
    ],
    ids=["received", "delivery", "verdicts", "mbox", "line ends", "trailing lines"],
)
def test_the_way_it_came_does_not_matter(again: bytes) -> None:
    assert fingerprint(again) == fingerprint(MAIL)


@pytest.mark.parametrize(
    "other",
    [
        MAIL.replace(b"Szia", b"szia"),
        MAIL.replace(b"m1@", b"m2@"),
        MAIL.replace(b"Subject: Kerdes", b"Subject: Valasz"),
        raw_mail("Received: from a\nSzia\nBéla\n"),
        MAIL.replace(b"\r\n\r\n", b"\r\nX: y\r\n\r\n", 1),
    ],
)
def test_another_mail_has_another_print(other: bytes) -> None:
    assert fingerprint(other) != fingerprint(MAIL)


def test_equal_alarms_without_an_id_are_two_mails() -> None:
    alarm = raw_mail("Disk full\n", message_id="", date="")
    first = b"Received: by mx; Mon, 5 Jan 2026 10:12:00 +0100\r\n" + alarm
    second = b"Received: by mx; Mon, 5 Jan 2026 11:12:00 +0100\r\n" + alarm
    assert fingerprint(first) != fingerprint(second)
    assert fingerprint(b"Received: from mx by us; later\r\n" + first) == fingerprint(first)


def test_a_header_is_not_a_body() -> None:
    assert fingerprint(b"From: a@b.hu\r\nMessage-ID: <x@y>\r\nA: b\r\n\r\n") != fingerprint(
        b"From: a@b.hu\r\nMessage-ID: <x@y>\r\n\r\nA: b\r\n"
    )
