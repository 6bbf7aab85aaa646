"""A group's title out of its reports' titles: the words that they share, in the phrase in which one of them says it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tickets.similar.words import forms_of_titles

LONGEST = 120
NO = frozenset(
    {"nem", "ne", "sem", "se", "nincs", "nélkül", "no", "not", "never", "without", "cannot"}
    | {"can't", "don't", "doesn't", "didn't", "isn't", "aren't", "won't"}
)


def title_of(titles: Sequence[str]) -> str:
    """From the first to the last shared word of the title that says the most of what is shared; pure but for stems."""
    titles = [title for title in titles if title.strip()]
    if not titles:
        return ""
    forms = forms_of_titles(titles)
    shared = shared_forms(forms)
    best, phrase = (-1.0, 0), titles[0]
    for _title, by_word in zip(titles, forms, strict=True):
        places = [n for n, (_word, found) in enumerate(by_word) if found & shared]
        if not places:
            continue
        words = _phrase([word for word, _found in by_word], places[0], places[-1])
        said = len({form for _word, found in by_word for form in found & shared})
        # More of what is shared is better, and of two that say as much the shorter one.
        if (rank := (float(said), -len(words))) > best:
            best, phrase = rank, _tidy(" ".join(words))
    return phrase[:LONGEST] or titles[0][:LONGEST]


def shared_forms(forms: Sequence[Sequence[tuple[str, frozenset[str]]]]) -> frozenset[str]:
    """The forms that stand in at least half of the titles, and in two of them."""
    counted = Counter(form for by_word in forms for form in {f for _word, found in by_word for f in found})
    least = max(2, (len(forms) + 1) // 2)
    return frozenset(form for form, times in counted.items() if times >= least)


def _phrase(words: Sequence[str], first: int, last: int) -> list[str]:
    """From the first to the last place; a "not" before or behind belongs to it, or it would say the opposite."""
    while first and _is_no(words[first - 1]):
        first -= 1
    if last + 1 < len(words) and _is_no(words[last + 1]):
        last = len(words) - 1
    if last - first < 1:  # one word is no title
        return list(words)
    return list(words[first : last + 1])


def _is_no(word: str) -> bool:
    return word.lower().strip(",.;:!?").replace("’", "'") in NO


def _tidy(phrase: str) -> str:
    phrase = phrase.strip(" ,.;:!?-–—()[]\"'„”“")
    return phrase[:1].upper() + phrase[1:]
