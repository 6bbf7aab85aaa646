"""The field words of a search, in English and Hungarian, the values with fixed meanings, and dates. Pure."""

from __future__ import annotations

import re
from datetime import date, timedelta

from tickets.search.words import fold

# The name the code uses: how it may be written, English first, then as Hungarians are told it.
FIELDS: dict[str, tuple[str, ...]] = {
    "team": ("team", "csapat"),
    "from": ("from", "feladó", "küldő"),
    "to": ("to", "címzett"),
    "customer": ("customer", "ügyfél", "bejelentő"),
    "org": ("org", "szervezet", "organisation", "organization"),
    "tag": ("tag", "címke"),
    "owner": ("owner", "felelős", "gazda"),
    "status": ("status", "állapot"),
    "priority": ("priority", "prioritás"),
    "is": ("is", "milyen"),
    "has": ("has", "van"),
    "file": ("file", "fájl", "csatolmány"),
    "subject": ("subject", "tárgy"),
    "before": ("before", "előtte"),
    "after": ("after", "utána"),
}
_BY_SPELLING = {fold(spelling): name for name, spellings in FIELDS.items() for spelling in spellings}

# Fields about one message or title, asked of the index together with the words; the rest are about the ticket.
WORD_FIELDS = ("from", "to", "subject")
DATE_FIELDS = ("before", "after")

# Values with a fixed meaning: the code's name, and how it may be written.
VALUES: dict[str, dict[str, tuple[str, ...]]] = {
    "is": {
        "open": ("open", "nyitott"),
        "closed": ("closed", "lezárt", "kész"),
        "new": ("new", "új"),
        "pending": ("pending", "függő", "várakozó"),
        "late": ("late", "overdue", "lejárt"),
        "unassigned": ("unassigned", "kiosztatlan"),
        "mine": ("mine", "enyém", "saját"),
    },
    "has": {"file": ("file", "fájl", "csatolmány"), "promise": ("promise", "ígéret")},
    "owner": {"me": ("me", "én", "enyém"), "none": ("none", "nobody", "senki")},
}
_KNOWN_VALUES = {
    field: {fold(spelling): value for value, spellings in values.items() for spelling in spellings}
    for field, values in VALUES.items()
}


def field_named(spelling: str) -> str:
    """The code's name of a field word; empty when there is no such field."""
    return _BY_SPELLING.get(fold(spelling), "")


def field_nearly(spelling: str) -> str:
    """The field word that was probably meant: one letter off, or two changed places."""
    wanted = fold(spelling)
    if len(wanted) < 4:
        return ""
    return next((known for known in _BY_SPELLING if len(known) > 3 and is_nearly(wanted, known)), "")


def is_nearly(one: str, other: str) -> bool:
    """One letter too many, too few or wrong, or two neighbours changed."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    rest, known = one[start:], other[start:]
    return (
        rest[1:] == known[1:]
        or rest[1:] == known
        or rest == known[1:]
        or (rest[:2] == known[1::-1] and rest[2:] == known[2:])
    )


def spelling_of(field: str, language: str) -> str:
    """The field as this reader is told it."""
    spellings = FIELDS[field]
    return spellings[1] if language == "hu" else spellings[0]


def value_named(field: str, spelling: str) -> str:
    """The fixed value that was written; empty when it is none."""
    return _KNOWN_VALUES.get(field, {}).get(fold(spelling), "")


def value_spelling(field: str, value: str, language: str) -> str:
    """A fixed value as this reader is told it."""
    for n, spelling in enumerate(VALUES.get(field, {}).get(value, ())):
        if n == (1 if language == "hu" and value != "late" else 0):
            return spelling
    return "lejárt" if language == "hu" and value == "late" else value


_DATE = re.compile(r"(\d{4})(?:[-./](\d{1,2})(?:[-./](\d{1,2}))?)?\.?")
_DAYS_AGO = re.compile(r"(\d{1,4})\s?(d|n|w|h|m|y|é|e)")
_DAYS = {"d": 1, "n": 1, "w": 7, "h": 7, "m": 30, "y": 365, "é": 365, "e": 365}
_NAMED_DAYS = {"today": 0, "ma": 0, "yesterday": 1, "tegnap": 1}


def read_date(text: str, today: date) -> date | None:
    """A day: 2026-01-31, 2026.01.31., 2026-01, 2026, today, yesterday, 30d (days ago; w, m, y too). Else None."""
    text = text.strip().casefold()
    if text in _NAMED_DAYS:
        return today - timedelta(days=_NAMED_DAYS[text])
    if match := _DAYS_AGO.fullmatch(text):
        days = int(match[1]) * _DAYS[match[2]]
        return today - timedelta(days=days) if days < 36_500 else None
    if match := _DATE.fullmatch(text):
        year, month, day = (int(part) if part else 1 for part in match.groups())
        try:
            return date(year, month, day) if 1970 <= year <= 2199 else None
        except ValueError:
            return None
    return None
