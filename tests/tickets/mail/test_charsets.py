"""Bytes to text: right labels, wrong labels, no labels."""

# ruff: noqa: E501 - tables
from __future__ import annotations

import pytest

from tickets.mail.charsets import codec_for, decode_bytes


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("Árvíztűrő tükörfúrógép", "cp1250"),
        ("Köszönöm szépen a gyors segítséget, a nyomtató újra működik!", "iso8859_2"),
        ("Здравствуйте, у меня не работает принтер", "cp1251"),
        ("Здравствуйте, у меня не работает принтер", "koi8-r"),
        ("Grüße aus München, schöne Tage", "cp1252"),
        ("こんにちは、プリンタが動きません", "cp932"),
        ("こんにちは、プリンタが動きません", "iso2022_jp"),
        ("你好，打印机坏了，请帮忙", "gb18030"),
        ("您好，印表機壞了，請幫忙", "big5"),
        ("안녕하세요 프린터가 고장났습니다", "cp949"),
        ("Γειά σας, ο εκτυπωτής δεν λειτουργεί", "cp1253"),
    ],
)
def test_text_without_a_label_is_guessed(text: str, codec: str) -> None:
    assert decode_bytes(text.encode(codec)) == text


@pytest.mark.parametrize("label", ["us-ascii", "iso-8859-1", "windows-1252", "", "x-unknown", "unknown-8bit"])
def test_clean_utf8_is_believed_more_than_a_weak_label(label: str) -> None:
    assert decode_bytes("Árvíztűrő".encode(), label) == "Árvíztűrő"


@pytest.mark.parametrize(
    ("label", "text", "codec"),
    [
        ("iso-8859-1", "ДОБРЫЙ ДЕНЬ, у меня вопрос по счёту", "cp1251"),
        ("us-ascii", "こんにちは、プリンタが動きません", "cp932"),
        ("utf-8", "Grüße aus München, schöne Tage überall", "cp1252"),
        ("iso-2022-jp", "ツール", "cp932"),
        ("utf-8", "日本語", "iso2022_jp"),
    ],
)
def test_lying_labels_are_seen_through(label: str, text: str, codec: str) -> None:
    assert decode_bytes(text.encode(codec), label) == text


def test_latin_2_hungarian_under_a_latin_1_label_gets_its_long_accents() -> None:
    text = "Tisztelt Cím! A nyomtató nem működik, kérem, jöjjön ki egy szerelő."
    assert decode_bytes(text.encode("iso8859_2"), "iso-8859-1") == text


@pytest.mark.parametrize(
    "text", ["É a opinião da mãe, não põe", "Où est le dû ? Sûrement à côté", "Dõ", "see õ is a letter"]
)
def test_languages_that_write_such_letters_keep_them(text: str) -> None:
    assert decode_bytes(text.encode("latin-1"), "iso-8859-1") == text


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("UTF8", "utf-8"), ("Windows-1250", "cp1250"), ("cp-850", "cp850"), ("ISO8859-2", "iso8859-2"), ("ks_c_5601-1987", "cp949"), ("x-gbk", "gb18030"),
        ("unicode-1-1-utf-7", "utf-7"), ("\"utf-8\"", "utf-8"), ("rot13", ""), ("zip", ""), ("punycode", ""), ("unicode_escape", ""), ("nonsense", ""), ("", ""),
    ],
)  # fmt: skip
def test_labels_lead_to_charsets_and_to_nothing_else(label: str, codec: str) -> None:
    assert codec_for(label) == codec


def test_damage_in_utf8_costs_only_the_damaged_letter() -> None:
    assert decode_bytes("Árvíztűrő ".encode() * 3 + b"\xff", "utf-8") == "Árvíztűrő " * 3 + "\ufffd"


def test_nul_and_marks_fall_away() -> None:
    assert decode_bytes(b"\xef\xbb\xbfa\x00b", "utf-8") == "ab"


def test_vendor_characters_in_iso_2022_jp_are_read() -> None:
    assert decode_bytes(b"\x1b$B-!F|K\\8l\x1b(B", "iso-2022-jp") == "①日本語"
