"""What counts as a word: letters and digits. The same signs as `search_clean` in the database (migration `search`)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_INVISIBLE = "\u00ad\u200b\u200c\u200d\ufeff"  # soft hyphen and the like: inside a word, not between two
_LETTERS = (
    "0-9A-Za-z\u00aa\u00b2\u00b3\u00b5\u00b9\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02c1\u0300-\u1fff\u2c00-\u2dff"
    "\u3040-\ud7ff\uf900-\ufdff\ufe70-\ufefe\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uffdc"
)
_WORD = re.compile(f"[{_LETTERS}][{_LETTERS}{_INVISIBLE}]*")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text and where it stands."""

    text: str
    start: int
    end: int


def words_in(text: str) -> Iterator[Word]:
    """The words of a text, in order. Positions are those of the given text."""
    for match in _WORD.finditer(text):
        yield Word(match.group(), match.start(), match.end())


def has_words(text: str) -> bool:
    return _WORD.search(text) is not None


def fold(text: str) -> str:
    """Small letters without accents, for comparing names that people type. No index relies on it."""
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character)).strip()


def digits_in(text: str) -> str:
    return "".join(character for character in text if character in "0123456789")
