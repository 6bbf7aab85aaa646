"""The part of a text to show, with the words found marked.

The database says which forms a word has; here it is compared, so that what is shown as found is what was found,
accents or not. Parts are plain text: the template escapes them and puts <mark> around those that are marked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from tickets.search.parsing import Term
from tickets.search.words import Word, fold, words_in

LONGEST = 230  # characters of a snippet
BEFORE = 50  # of them before the first word found
LOOKED_AT = 30_000  # characters of a text


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a snippet."""

    text: str
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class _Sought:
    """A word of the question: its forms, or the beginning that a word must have."""

    forms: frozenset[str]
    beginning: str = ""

    def fits(self, word: str, forms: Collection[str]) -> bool:
        if self.beginning:
            return fold(word).startswith(self.beginning)
        return not self.forms.isdisjoint(forms)


class Marker:
    """Marks the words of a question in any number of texts, at the cost of two queries."""

    def __init__(self, terms: Iterable[Term]) -> None:
        wanted = [term for term in terms if not term.is_excluded and term.field in ("", "subject", "file")]
        phrases = [[word.text for word in words_in(term.value)] for term in wanted]
        forms = forms_of({text for phrase in phrases for text in phrase}, asked=True)
        self._phrases = [
            [
                _Sought(
                    forms.get(text, frozenset()),
                    fold(text) if term.is_beginning and n == len(phrase) - 1 else "",
                )
                for n, text in enumerate(phrase)
            ]
            for term, phrase in zip(wanted, phrases, strict=True)
            if phrase
        ]
        sought = [each for phrase in self._phrases for each in phrase]
        self._starts = {form[:2] for each in sought for form in (*each.forms, each.beginning) if form}
        self._known: dict[str, frozenset[str]] = {}

    def learn(self, texts: Iterable[str]) -> None:
        """Asks for the forms of those words that may be meant: they begin with the same two letters."""
        new = {
            word.text
            for text in texts
            for word in words_in(text[:LOOKED_AT])
            if fold(word.text)[:2] in self._starts and word.text not in self._known
        }
        self._known |= forms_of(new)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the words and phrases stand, in order, without overlap."""
        words = list(words_in(text[:LOOKED_AT]))
        found: list[tuple[int, int]] = []
        n = 0
        while n < len(words):
            length = max((self._length(phrase, words, n) for phrase in self._phrases), default=0)
            if length:
                found.append((words[n].start, words[n + length - 1].end))
            n += max(length, 1)
        return found

    def _length(self, phrase: Sequence[_Sought], words: Sequence[Word], place: int) -> int:
        """How many words from here are the phrase; 0 when they are not."""
        if place + len(phrase) > len(words):
            return 0
        for sought, word in zip(phrase, words[place : place + len(phrase)], strict=True):
            if not sought.fits(word.text, self._known.get(word.text, ())):
                return 0
        return len(phrase)

    def mark(self, text: str) -> list[Part]:
        """The whole text, for titles and names."""
        return _parts(text, self.spans(text))

    def snippet(self, text: str) -> list[Part]:
        """The stretch that holds most of what was found; the beginning when nothing was."""
        text = one_line(text)
        spans = self.spans(text)
        start, end = _stretch(text, spans)
        inside = [(max(a, start) - start, min(b, end) - start) for a, b in spans if a < end and b > start]
        parts = _parts(text[start:end], inside)
        return [
            *([Part("… ")] if start > 0 else []),
            *parts,
            *([Part(" …")] if end < len(text) else []),
        ]


def one_line(text: str) -> str:
    return " ".join(text[:LOOKED_AT].split())


def forms_of(words: Collection[str], *, asked: bool = False) -> dict[str, frozenset[str]]:
    """The forms under which the index keeps these words, or (`asked`) under which they are looked for."""
    if not words:
        return {}
    function = "search_forms_asked" if asked else "search_forms"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT w, coalesce({function}(search_clean(w)), '{{}}') FROM unnest(%s::text[]) AS w",  # noqa: S608
            [sorted(words)],
        )
        return {word: frozenset(forms) for word, forms in cursor.fetchall()}


def _stretch(text: str, spans: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """From where to where: the window over the most spans, moved to the ends of words."""
    first = 0
    if spans:
        counts = [
            sum(1 for _a, b in spans[n:] if b - spans[n][0] <= LONGEST - BEFORE) for n in range(min(len(spans), 200))
        ]
        first = spans[counts.index(max(counts))][0]
    start = max(0, first - BEFORE)
    end = min(len(text), start + LONGEST)
    if end == len(text):
        start = max(0, end - LONGEST) if first >= end - LONGEST + BEFORE else start
    if start > 0:
        space = text.find(" ", start, first)
        start = space + 1 if space >= 0 else start
    if end < len(text):
        space = text.rfind(" ", first + 1, end)
        end = space if space > start else end
    return start, end


def _parts(text: str, spans: Sequence[tuple[int, int]]) -> list[Part]:
    parts: list[Part] = []
    place = 0
    for start, end in spans:
        if start > place:
            parts.append(Part(text[place:start]))
        parts.append(Part(text[start:end], is_marked=True))
        place = end
    if place < len(text):
        parts.append(Part(text[place:]))
    return parts
