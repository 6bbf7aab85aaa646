"""A line of text to terms. Never fails: what makes no sense is complained of and looked for as words. Pure.

    vpn "nem nyomtat" -teszt számla OR invoice nyomt* team:Hálózat csapat:"Első szint" -tag:kész after:2026-01-01

Terms side by side must all hold; OR (VAGY, |) joins its two neighbours. A minus excludes, a star means "begins with".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tickets.search.fields import WORD_FIELDS, field_named, field_nearly
from tickets.search.words import has_words

LONGEST = 500  # characters
MOST_TERMS = 30
SHORTEST_BEGINNING = 3  # letters before a star


@dataclass(frozen=True, slots=True)
class Term:
    """One thing asked for. `field` is empty for words. `start` and `end`: where it stands in the text."""

    value: str
    field: str = ""
    is_phrase: bool = False
    is_beginning: bool = False
    is_excluded: bool = False
    start: int = 0
    end: int = 0

    @property
    def is_about_words(self) -> bool:
        """Asked of the index, together with other words."""
        return not self.field or self.field in WORD_FIELDS


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something that was not understood: a code of `wording`, and what it was about."""

    code: str
    about: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The whole question: clauses that must all hold, each a choice of terms."""

    text: str = ""
    clauses: tuple[tuple[Term, ...], ...] = ()
    complaints: tuple[Complaint, ...] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        return tuple(term for clause in self.clauses for term in clause)

    def without(self, term: Term) -> str:
        """The text with this term taken out, for the chip that removes it."""
        return " ".join(f"{self.text[: term.start]} {self.text[term.end :]}".split())

    def __bool__(self) -> bool:
        return bool(self.clauses)


_PIECE = re.compile(
    r"""(?P<minus>[-−–]?)                               # excluded
        (?:(?P<name>[^\W\d_]{2,20}):(?!//))?            # a field word; not the start of an address
        (?:"(?P<phrase>[^"]*)(?P<closed>"?) | (?P<bare>[^\s"]*))""",
    re.VERBOSE,
)
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″", '"'))
_OR = ("OR", "VAGY", "|", "||")


@dataclass
class _Reading:
    clauses: list[tuple[Term, ...]] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
    waits_for_other: bool = False  # an OR stands open
    count: int = 0

    def complain(self, code: str, about: str = "", more: str = "") -> None:
        if len(self.complaints) < 4:
            self.complaints.append(Complaint(code, about[:60], more))

    def add(self, term: Term) -> None:
        self.count += 1
        if self.count > MOST_TERMS:
            if self.count == MOST_TERMS + 1:
                self.complain("too_many")
            return
        if self.waits_for_other:
            self.waits_for_other = False
            before = self.clauses[-1]
            if _may_join(before[-1], term):
                self.clauses[-1] = (*before, term)
                return
            self.complain("or_mixed")
        self.clauses.append((term,))


def parse(text: str) -> Asked:
    """The terms of what was typed."""
    clean = " ".join(text.replace("\x00", "").split())
    reading = _Reading()
    if len(clean) > LONGEST:
        clean = clean[:LONGEST]
        reading.complain("too_long")
    for term in _pieces(clean.translate(_QUOTES), reading):
        if term.value in _OR and not term.field and not term.is_phrase and not term.is_excluded:
            if reading.clauses and not reading.waits_for_other:
                reading.waits_for_other = True
            else:
                reading.complain("or_alone")
            continue
        if has_words(term.value):
            reading.add(term)
        elif term.field:
            reading.complain("field_empty", term.field)
    if reading.waits_for_other:
        reading.complain("or_alone")
    terms = [term for clause in reading.clauses for term in clause]
    if terms and all(term.is_excluded and term.is_about_words for term in terms):
        reading.complain("only_excluded")
    return Asked(clean, tuple(reading.clauses), tuple(reading.complaints))


def _pieces(text: str, reading: _Reading) -> Iterator[Term]:
    """The terms one after the other, signs of joining among them."""
    place = 0
    while place < len(text):
        if text[place] == " ":
            place += 1
            continue
        match = _PIECE.match(text, place)
        if match is None or match.end() == place:  # a lone quotation mark
            place += 1
            continue
        place = match.end()
        yield from _terms(match, reading)


def _terms(match: re.Match[str], reading: _Reading) -> Iterator[Term]:
    name = match["name"] or ""
    if name and not field_named(name):  # "Re:", "10:30" and the like are words with a colon in them
        if nearly := field_nearly(name):
            reading.complain("field_unknown", name, nearly)
        yield Term(name, is_excluded=bool(match["minus"]), start=match.start(), end=match.end("name"))
        name = ""
    yield _term(match, name, reading)


def _term(match: re.Match[str], name: str, reading: _Reading) -> Term:
    phrase = match["phrase"]
    value = (match["bare"] or "") if phrase is None else phrase.strip()
    if phrase is not None and not match["closed"]:
        reading.complain("quote_open", value)
    known = field_named(name) if name else ""
    is_beginning = value.endswith("*") and (not known or known in WORD_FIELDS)
    term = Term(
        value=value.strip() if is_beginning is False else value.rstrip("*").strip(),
        field=known,
        is_phrase=phrase is not None,
        is_beginning=is_beginning,
        is_excluded=bool(match["minus"]),
        start=match.start(),
        end=match.end(),
    )
    if is_beginning and len(term.value.split(" ")[-1]) < SHORTEST_BEGINNING:
        reading.complain("beginning_short", value)
        return replace(term, is_beginning=False)
    return term


def _may_join(one: Term, other: Term) -> bool:
    """Words with words, or fields of one kind; nothing that is excluded."""
    if one.is_excluded or other.is_excluded:
        return False
    if one.is_about_words and other.is_about_words:
        return True
    return one.field == other.field and one.field not in ("before", "after")
