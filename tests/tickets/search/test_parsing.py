"""The parser: what it makes of a line, and that no line is too much for it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.search import fields, words
from tickets.search.parsing import LONGEST, MOST_TERMS, Asked, parse


def told(asked: Asked) -> list[str]:
    """Each clause in a short form."""
    return [
        " | ".join(
            ("-" if term.is_excluded else "")
            + (f"{term.field}:" if term.field else "")
            + (f'"{term.value}"' if term.is_phrase else term.value)
            + ("*" if term.is_beginning else "")
            for term in clause
        )
        for clause in asked.clauses
    ]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("vpn hálózat", ["vpn", "hálózat"]),
        ('"nem nyomtat" gép', ['"nem nyomtat"', "gép"]),
        ("„nem nyomtat”", ['"nem nyomtat"']),
        ("-teszt vpn", ["-teszt", "vpn"]),
        ("számla OR invoice VAGY rechnung", ["számla | invoice | rechnung"]),
        ("a b | c d", ["a", "b | c", "d"]),
        ("nyomt*", ["nyomt*"]),
        ("team:Hálózat csapat:x", ["team:Hálózat", "team:x"]),
        ('csapat:"Első szint"', ['team:"Első szint"']),
        ("FELADÓ:anna felado:anna küldő:anna", ["from:anna"] * 3),
        ("tag:a OR címke:b", ["tag:a | tag:b"]),
        ("-tag:kész", ["-tag:kész"]),
        ("from:a OR vpn", ["from:a | vpn"]),
        ("Re: 10:30 c:\\x http://x.hu/a", ["Re", "10:30", "c:\\x", "http://x.hu/a"]),
        ("anna@duna.example", ["anna@duna.example"]),
        ("-előtte:2026", ["-before:2026"]),
        ("... - !", []),
        ("", []),
    ],
)
def test_a_line_is_read_as_it_is_meant(text: str, clauses: list[str]) -> None:
    asked = parse(text)
    assert told(asked) == clauses
    assert [complaint.code for complaint in asked.complaints] == []


@pytest.mark.parametrize(
    ("text", "clauses", "complaint"),
    [
        ('"open ended', ['"open ended"'], "quote_open"),
        ("vpn OR", ["vpn"], "or_alone"),
        ("OR vpn", ["vpn"], "or_alone"),
        ("a OR OR b", ["a | b"], "or_alone"),
        ("tag:a OR vpn", ["tag:a", "vpn"], "or_mixed"),
        ("vpn OR -x", ["vpn", "-x"], "or_mixed"),
        ("-x", ["-x"], "only_excluded"),
        ("team:", [], "field_empty"),
        ("staus:open", ["staus", "open"], "field_unknown"),
        ("csaapt:x", ["csaapt", "x"], "field_unknown"),
        ("ab*", ["ab"], "beginning_short"),
        ("x " * (MOST_TERMS + 5), ["x"] * MOST_TERMS, "too_many"),
        ("y" * (LONGEST + 1), ["y" * LONGEST], "too_long"),
    ],
)
def test_what_makes_no_sense_is_said_and_looked_for_as_words(text: str, clauses: list[str], complaint: str) -> None:
    asked = parse(text)
    assert told(asked) == clauses
    assert [said.code for said in asked.complaints] == [complaint]


PIECES = st.sampled_from(
    [
        '"',
        "-",
        "OR",
        "VAGY",
        "|",
        ":",
        "*",
        " ",
        "team:",
        "tag:",
        "before:",
        "from:",
        "é",
        "a",
        "vpn",
        "\x00",
        "“",
        "(",
        "́",
        "\u200b",
    ]
)


@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=20).map("".join)))
def test_nothing_that_is_typed_is_too_much(text: str) -> None:
    asked = parse(text)
    for term in asked.terms:
        assert term.value.strip()
        assert 0 <= term.start < term.end <= len(asked.text)
        parse(asked.without(term))
    assert len(asked.terms) <= MOST_TERMS
    assert len(asked.complaints) <= 6
    assert parse(asked.text).clauses == asked.clauses, "what is shown again means the same again"


@given(st.lists(st.from_regex(r"\A[a-záéűő]{2,9}\Z").filter(lambda word: not word.isupper()), min_size=1, max_size=8))
def test_plain_words_stay_plain_words(words: list[str]) -> None:
    assert told(parse(" ".join(words))) == words


def test_a_term_can_be_taken_out_again() -> None:
    asked = parse('vpn team:"Első szint" -teszt')
    team = next(term for term in asked.terms if term.field == "team")
    assert asked.without(team) == "vpn -teszt"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-01-31", date(2026, 1, 31)),
        ("2026.01.31.", date(2026, 1, 31)),
        ("2026/1/3", date(2026, 1, 3)),
        ("2026-02", date(2026, 2, 1)),
        ("2026", date(2026, 1, 1)),
        ("today", date(2026, 11, 26)),
        ("TEGNAP", date(2026, 11, 25)),
        ("30d", date(2026, 10, 27)),
        ("30n", date(2026, 10, 27)),
        ("1y", date(2025, 11, 26)),
        ("2026-13-01", None),
        ("2026-02-30", None),
        ("0001", None),
        ("9999", None),
        ("9999y", None),
        ("next week", None),
        ("", None),
    ],
)
def test_days_are_read_as_people_write_them(text: str, day: date | None) -> None:
    assert fields.read_date(text, date(2026, 11, 26)) == day


@given(st.text(max_size=20))
def test_no_day_is_too_much(text: str) -> None:
    fields.read_date(text, date(2026, 11, 26))
    fields.field_nearly(text)


def test_every_field_can_be_written_in_both_languages_and_none_means_two_things() -> None:
    spellings = [words.fold(spelling) for each in fields.FIELDS.values() for spelling in each]
    assert len(spellings) == len(set(spellings))
    for name in fields.FIELDS:
        for language in ("en", "hu"):
            assert fields.field_named(fields.spelling_of(name, language)) == name
    for name, values in fields.VALUES.items():
        for value in values:
            for language in ("en", "hu"):
                assert fields.value_named(name, fields.value_spelling(name, value, language)) == value
