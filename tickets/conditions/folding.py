"""Letters regardless of case and accents, by one fixed table, so that Python and PostgreSQL agree whatever the locale.

Python folds both texts; PostgreSQL gets a pattern in which each letter stands for all that fold to it.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict

# Latin with its supplements and extensions, Greek, Cyrillic, Vietnamese.
_RANGES = ((0x41, 0x24F), (0x370, 0x4FF), (0x1E00, 0x1EFF))


def _base(character: str) -> str:
    """The small letter without accents; the character itself where there is no such single letter."""
    plain = unicodedata.normalize("NFD", character)[0].lower()
    return plain if len(plain) == 1 else character


_FOLDED: dict[int, str] = {
    code: base
    for start, end in _RANGES
    for code in range(start, end + 1)
    if chr(code).isalpha() and (base := _base(chr(code))) != chr(code)
}
_LIKE: dict[str, str] = defaultdict(str)
for _code, _letter in _FOLDED.items():
    _LIKE[_letter] += chr(_code)


def fold(text: str) -> str:
    """The text in small letters without accents, character by character."""
    return text.translate(_FOLDED)


def pattern_of(text: str) -> str:
    """A PostgreSQL pattern that finds what folds to the same."""
    return "".join(map(_one, fold(text)))


def _one(character: str) -> str:
    if character in _LIKE:
        return f"[{character}{_LIKE[character]}]"
    if character.isascii() and not character.isalnum():
        return f"\\{character}"
    return character
