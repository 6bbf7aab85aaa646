"""A text's words, each in its Hungarian and its English form, without accents. No language has to be guessed.

The stem of the wrong language does no harm: both texts have it. Words that say nothing in either language are left out,
or two English tickets in a Hungarian house would look alike for their "the" and "is".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from tickets.search.words import fold

LONGEST_BODY = 6_000  # characters; what stands below is logs
LONGEST_WORD = 60
_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"[a-z][A-Z]")
_PARTS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")

_FORMS = """
    SELECT w, ts_lexize('pg_catalog.english_stem', f), ts_lexize('pg_catalog.hungarian_stem', w)
    FROM unnest(%s::text[], %s::text[]) AS each(w, f)
"""


@dataclass(frozen=True, slots=True)
class Words:
    """How often each form stands in the title and in the text."""

    title: Counter[str]
    body: Counter[str]


def read_words(title: str, body: str) -> Words:
    """One question to the database, which knows the stems."""
    in_title, in_body = tokens_of(title), tokens_of(body[:LONGEST_BODY])
    forms = _forms_of(in_title.keys() | in_body.keys())
    return Words(_count(in_title, forms), _count(in_body, forms))


def tokens_of(text: str) -> Counter[str]:
    """Words in small letters; of a name such as getUserName also its parts."""
    found: Counter[str] = Counter()
    for word in _WORD.findall(text):
        if len(word) > LONGEST_WORD:
            continue
        found[word.lower()] += 1
        if _HUMP.search(word):
            found.update(part.lower() for part in _PARTS.findall(word))
    return found


def _forms_of(tokens: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The two forms of each word; words that say nothing are not in it."""
    ordered = sorted(tokens)
    if not ordered:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_FORMS, [ordered, [fold(token) for token in ordered]])
        rows = cursor.fetchall()
    return {
        token: (english[0][:LONGEST_WORD] if english else fold(token), fold((hungarian or [token])[0])[:LONGEST_WORD])
        for token, english, hungarian in rows
        if english != [] and hungarian != []
    }


def _count(tokens: Counter[str], forms: dict[str, tuple[str, str]]) -> Counter[str]:
    """Both forms count, so that a word without an ending weighs what one with an ending does."""
    found: Counter[str] = Counter()
    for token, times in tokens.items():
        for form in forms.get(token, ()):
            if form:
                found[form] += times
    return found


def words_as_written(forms: Iterable[str], text: str) -> list[str]:
    """The words of the text that have these forms, in the order of the forms, each once."""
    written: dict[str, str] = {}
    for word in _WORD.findall(text):
        written.setdefault(fold(word), word)
    found: dict[str, None] = {}
    for form in forms:
        stem = form[:-1] if len(form) > 4 else form  # happi: happy
        fitting = [folded for folded in written if folded == form or (len(stem) > 3 and folded.startswith(stem))]
        if fitting:
            best = min(fitting, key=lambda folded: (not folded.startswith(form), len(folded)))
            found.setdefault(written[best])
    return list(found)


def forms_of_titles(titles: Iterable[str]) -> list[list[tuple[str, frozenset[str]]]]:
    """Of each title its words as written, in order, each with its forms (none for one that says nothing)."""
    split = [[(word, tokens_of(word)) for word in title.split()] for title in titles]
    forms = _forms_of({token for words in split for _word, tokens in words for token in tokens})
    return [
        [(word, frozenset(form for token in tokens for form in forms.get(token, ()))) for word, tokens in words]
        for words in split
    ]
