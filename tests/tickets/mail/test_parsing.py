"""From raw bytes to a ParsedMail."""

# ruff: noqa: E501 - mails stand as they come
from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickets.mail.mails import multipart, part, raw_mail
from tests.tickets.mail.mutations import SEEDS, damaged_mail, faults_of
from tickets.mail.parsing import Automatic, Limits, Unparseable, parse_mail

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def test_a_plain_mail_is_read() -> None:
    mail = parse_mail(
        raw_mail("Nem megy a nyomtató.\n", subject="=?utf-8?B?TnlvbXRhdMOz?=", cc="B <b@example.com>, c@example.com")
    )
    assert mail.subject == "Nyomtató"
    assert (mail.sender.address, mail.sender.name) == ("anna@example.hu", "Kiss Anna")
    assert mail.text == "Nem megy a nyomtató."
    assert mail.message_id == "m1@example.hu"
    assert [party.address for party in mail.cc] == ["b@example.com", "c@example.com"]
    assert mail.sent_at == datetime(2026, 1, 5, 9, 12, tzinfo=UTC)
    assert mail.automatic is Automatic.NONE
    assert mail.bounce is None


@pytest.mark.parametrize(
    ("field", "address", "name"),
    [
        ("ANNA@Example.HU", "anna@example.hu", ""),
        ('"Kiss, Anna" <anna@example.hu>', "anna@example.hu", "Kiss, Anna"),
        ("anna@example.hu (Kiss Anna)", "anna@example.hu", "Kiss Anna"),
        ("=?iso-8859-2?Q?Cs=F3ka_J=E1nos?= <cs@example.hu>", "cs@example.hu", "Csóka János"),
        ("=?utf-8?Q?A,_B_:)?= <ab@example.hu>", "ab@example.hu", "A, B :)"),
        ("Kiss Anna anna@example.hu", "anna@example.hu", "Kiss Anna"),
        ("<anna@example.hu", "anna@example.hu", ""),
        ("undisclosed:;", "", "undisclosed"),
        ("", "", ""),
    ],
)
def test_senders_are_read_however_they_are_written(field: str, address: str, name: str) -> None:
    sender = parse_mail(raw_mail(from_=field)).sender
    assert sender.address == address
    assert sender.name in (name, "")


def test_without_a_usable_from_the_reply_to_is_the_sender() -> None:
    assert parse_mail(raw_mail(from_="Anna", reply_to="anna@example.hu")).sender.address == "anna@example.hu"


def test_ids_keep_two_at_signs_and_blanks_do_not_split_them() -> None:
    mail = parse_mail(
        raw_mail(
            in_reply_to="<a@b@example.hu> (x)", references="<r1@example.hu>\n <r2@example.hu><broken> r3@example.hu"
        )
    )
    assert mail.in_reply_to == ("a@b@example.hu",)
    assert mail.references == ("r1@example.hu", "r2@example.hu", "broken", "r3@example.hu")


def test_one_bad_header_line_does_not_lose_the_mail() -> None:
    raw = b"Received: x\r\nthis is no header\r\nFrom: anna@example.hu\r\nSubject: Hiba\r\n\r\nszia\r\n"
    mail = parse_mail(raw)
    assert (mail.sender.address, mail.subject, mail.text) == ("anna@example.hu", "Hiba", "szia")
    assert "bad_header_line" in mail.defects


def test_junk_before_the_headers_is_skipped() -> None:
    mail = parse_mail(b"---- forwarded by a tool ----\r\n\r\n" + raw_mail("Szia\n"))
    assert mail.sender.address == "anna@example.hu"
    assert mail.text == "Szia"


@pytest.mark.parametrize(
    ("label", "codec"),
    [("utf-8", "utf-8"), ("iso-8859-2", "iso8859-2"), ("windows-1250", "cp1250"), ("iso-8859-1", "utf-8"), ("us-ascii", "utf-8"),
     ("x-unknown", "utf-8"), ("", "utf-8"), ("cp-1250", "cp1250"), ("ISO_8859-2:1987", "iso8859-2"), ('"utf8"', "utf-8")],
)  # fmt: skip
def test_hungarian_reads_right_under_right_and_wrong_labels(label: str, codec: str) -> None:
    text = "Árvíztűrő tükörfúrógép, köszönöm!"
    kind = f"text/plain; charset={label}" if label else "text/plain"
    assert parse_mail(raw_mail(text.encode(codec), content_type=kind)).text == text


def test_a_raw_subject_is_read_with_the_charset_of_the_body() -> None:
    raw = b"From: a@example.hu\r\nSubject: \xc1rv\xedzt\xfbr\xf5\r\nContent-Type: text/plain; charset=iso-8859-2\r\n\r\nx\r\n"
    assert parse_mail(raw).subject == "Árvíztűrő"


def test_text_is_fit_for_the_database() -> None:
    mail = parse_mail(raw_mail(b"a\x00b \xff\xfe c", subject="x\x00y"))
    for text in (mail.text, mail.subject, mail.reply, *(value for _, value in mail.headers)):
        assert "\x00" not in text
        text.encode("utf-8")


def test_an_empty_text_part_beside_html_shows_the_html() -> None:
    mail = parse_mail(
        multipart(part(" \n"), part("<p>Szia <b>Béla</b></p>", "text/html; charset=utf-8"), kind="alternative")
    )
    assert mail.text == "Szia Béla"
    assert "<b>" in mail.html
    assert mail.attachments == ()


def test_text_on_both_sides_of_a_picture_is_kept() -> None:
    mail = parse_mail(
        multipart(part("előtte\n"), part(PNG, "image/png", encode=True, content_id="<kep@x>"), part("utána\n"))
    )
    assert "előtte" in mail.text
    assert "utána" in mail.text
    assert mail.attachments[0].content == PNG
    assert mail.attachments[0].content_id == "kep@x"
    assert mail.attachments[0].is_inline


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="számla.pdf"', "számla.pdf"),
        ("attachment; filename=sz a m l a.pdf", "sz a m l a.pdf"),
        ("attachment; filename*=utf-8''sz%C3%A1mla.pdf", "számla.pdf"),
        ("attachment; filename*0*=utf-8''sz%C3%A1; filename*1=mla.pdf", "számla.pdf"),
        ('attachment; filename="=?utf-8?B?c3rDoW1sYS5wZGY=?="', "számla.pdf"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        (r'attachment; filename="C:\\temp\\x.doc"', "x.doc"),
        ('attachment; filename="a;b.pdf"', "a;b.pdf"),
        ('attachment; filename=".htaccess"', "htaccess"),
        ("attachment", "attachment-1.pdf"),
    ],
)
def test_attachment_names_are_readable_and_hold_no_path(disposition: str, name: str) -> None:
    mail = parse_mail(
        multipart(part("x"), part(b"%PDF", "application/pdf", encode=True, content_disposition=disposition))
    )
    assert [one.name for one in mail.attachments] == [name]


def test_an_attached_mail_stays_whole() -> None:
    inner = multipart(part("belső"), part(PNG, "image/png", encode=True), boundary="inner", subject="Bent")
    mail = parse_mail(multipart(part("lásd"), part(inner, "message/rfc822")))
    assert len(mail.attachments) == 1
    assert mail.attachments[0].name == "Bent.eml"
    assert parse_mail(mail.attachments[0].content).text == "belső"
    assert mail.text == "lásd"


def test_a_uuencoded_file_becomes_an_attachment() -> None:
    mail = parse_mail(
        raw_mail("szia\n\nbegin 644 hello.txt\n%:&5L;&\\\n`\nend\n\nviszlát\n", content_type="text/plain")
    )
    assert [(one.name, one.content) for one in mail.attachments] == [("hello.txt", b"hello")]
    assert "viszl" in mail.text
    assert "begin 644" not in mail.text


def test_signed_and_invited_mails_say_so() -> None:
    signed = multipart(
        part("szia"),
        part(b"x", "application/pgp-signature"),
        kind="signed",
        extra='; protocol="application/pgp-signature"',
    )
    assert "signed_pgp" in parse_mail(signed).traits
    sealed = raw_mail(b"AAAA", content_type="application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m")
    assert "encrypted_smime" in parse_mail(sealed).traits
    invited = multipart(part("jöjjön"), part("BEGIN:VCALENDAR", "text/calendar; method=REQUEST"), kind="alternative")
    assert "calendar" in parse_mail(invited).traits
    assert len(parse_mail(invited).attachments) == 1


def test_dates_that_make_no_sense_are_none() -> None:
    assert parse_mail(raw_mail(date="soon")).sent_at is None
    assert parse_mail(raw_mail(date="Mon, 99 Foo 20266 99:99:99 +9999")).sent_at is None


def test_where_it_was_delivered_comes_in_order() -> None:
    raw = (
        b"Delivered-To: d@example.com\r\nX-Original-To: x@example.com\r\nResent-To: r@example.com\r\nEnvelope-To: e@example.com\r\n"
        + raw_mail()
    )
    assert parse_mail(raw).delivered_to == ("r@example.com", "e@example.com", "d@example.com", "x@example.com")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "not_a_mail"),
        (b" \r\n\x00\r\n", "not_a_mail"),
        (raw_mail("x" * 3000), "too_large"),
        (multipart(*[part("x")] * 30), "too_many_parts"),
    ],
)
def test_past_a_limit_it_is_unparseable(raw: bytes, code: str) -> None:
    with pytest.raises(Unparseable) as refusal:
        parse_mail(raw, limits=Limits(max_bytes=2500, max_parts=20))
    assert refusal.value.code == code


def nest(depth: int) -> bytes:
    head = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level) for level in range(depth)
    )
    return b"From: a@example.hu\r\n" + head + b"\r\nbottom\r\n"


def test_endless_nesting_is_refused() -> None:
    with pytest.raises(Unparseable) as refusal:
        parse_mail(nest(2000))
    assert refusal.value.code == "too_deep"
    assert parse_mail(nest(20)).text == "bottom"


EVIL = {
    "quotes": b'From: "' + b'"' * 60_000,
    "commas": b"From: a@example.hu\r\nTo: " + b"," * 60_000,
    "addresses": b"From: a@example.hu\r\nTo: " + b"a@b " * 20_000,
    "at signs": b"From: " + b"a@" * 30_000,
    "brackets": b"From: " + b"<" * 60_000,
    "comments": b"From: " + b"(" * 60_000,
    "encoded words": b"From: a@example.hu\r\nSubject: " + b"=?a?q?" * 10_000,
    "folding": b"From: a@example.hu\r\nSubject: " + b"\r\n " * 60_000,
    "headers": b"From: a@example.hu\r\n" + b"X: y\r\n" * 100_000,
    "bad header lines": b"From: a@example.hu\r\n" + b"nothing here\r\n" * 100_000 + b"Subject: x\r\n",
    "ids": b"From: a@example.hu\r\nReferences: " + b"<" * 30_000 + b">" * 30_000,
    "parameters": b"From: a@example.hu\r\nContent-Type: text/plain; " + b'a="' * 20_000,
    "semicolons": b"From: a@example.hu\r\nContent-Type: text/plain" + b";" * 60_000 + b'"',
    "one long line": b"From: a@example.hu\r\n\r\n" + b"a" * 5_000_000,
    "spaces": b"From: a@example.hu\r\n\r\n" + b" " * 2_000_000 + b"x",
    "newlines": b"From: a@example.hu\r\n\r\n" + b"\r\n" * 1_000_000 + b"x",
    "quote marks": b"From: a@example.hu\r\n\r\n" + b">" * 1_000_000,
    "quoted lines": b"From: a@example.hu\r\n\r\n" + b"> a\r\nb\r\n" * 9_000,
    "attributions": b"From: a@example.hu\r\n\r\n" + b"On 2026-01-05 10:12 a@b wrote\r\n" * 15_000,
    "labels": b"From: a@example.hu\r\n\r\n" + b"From: x\r\nxx\r\n" * 9_000,
    "dashes": b"From: a@example.hu\r\n\r\n" + (b"-" * 900 + b"\r\n") * 3_000,
    "daemon": b"From: mailer-daemon@example.hu\r\nReturn-Path: <>\r\n\r\n" + b"delivery to " * 200_000,
    "daemon blanks": b"From: mailer-daemon@example.hu\r\nReturn-Path: <>\r\n\r\n" + b" \r\n" * 60_000,
    "daemon lines": b"From: mailer-daemon@example.hu\r\nReturn-Path: <>\r\n\r\n"
    + b"<a@b>: 5.1.1 host said\r\n" * 50_000,
    "status": b"From: a@example.hu\r\nContent-Type: message/delivery-status\r\n\r\n"
    + b"Final-Recipient: rfc822;a@b\r\n" * 30_000,
    "uuencode": b"From: a@example.hu\r\n\r\n" + b"begin 644 x\r\n" * 50_000,
    "uuencode ends": b"From: a@example.hu\r\n\r\n" + b"begin 644 x\r\nM\r\nend\r\n" * 20_000,
    "html tags": b"From: a@example.hu\r\nContent-Type: text/html\r\n\r\n" + b"<div>" * 400_000,
    "html text": b"From: a@example.hu\r\nContent-Type: text/html\r\n\r\n" + b"<" * 1_000_000,
    "html entities": b"From: a@example.hu\r\nContent-Type: text/html\r\n\r\n" + b"&#" * 500_000,
    "html links": b"From: a@example.hu\r\nContent-Type: text/html\r\n\r\n" + b"<a href=x>y" * 50_000,
    "html lists": b"From: a@example.hu\r\nContent-Type: text/html\r\n\r\n" + b"<ul><li>" * 140 + b"<p>x" * 50_000,
    "boundaries": b'From: a@example.hu\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b \r" * 300_000,
    "tnef": b"From: a@example.hu\r\nContent-Type: application/ms-tnef\r\n\r\n"
    b"\x78\x9f\x3e\x22\x00\x00\x02" + b"\x05\x90\x06\x00\x10\x00\x00\x00" * 90_000,
    "sender without an at sign": (b"From: " + b"a" * 65_000 + b"\r\n") * 20 + b"\r\nx",
    "daemon without an at sign": b"From: mailer-daemon@example.hu\r\nReturn-Path: <>\r\n"
    + (b"X-Failed-Recipients: " + b"a" * 65_000 + b"\r\n") * 20
    + b"\r\ndelivery failed",
    "odd bytes": b"From: a@example.hu\r\n\r\n" + bytes(range(128, 256)) * 20_000,
    "iso-2022": b"From: a@example.hu\r\n\r\n" + b"\x1b$B" * 300_000,
}


@pytest.mark.parametrize("name", EVIL)
def test_evil_mails_are_read_within_seconds(name: str) -> None:
    began = time.monotonic()
    try:
        parse_mail(EVIL[name])
    except Unparseable:
        pass
    assert time.monotonic() - began < 8


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10_000_000))
def test_damaged_mails_are_read_or_refused_but_never_crash(number: int) -> None:
    """The large number of them is read by `make fuzz-mail`."""
    faults_of(damaged_mail(number, SEEDS))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    faults_of(raw)
