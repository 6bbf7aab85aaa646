"""What a search has to say about the question: complaints as sentences in the reader's language."""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tickets.search.fields import field_named, spelling_of
from tickets.search.parsing import LONGEST, MOST_TERMS, SHORTEST_BEGINNING, Complaint


def sentence(complaint: Complaint) -> str:
    """What was not understood, and what was done instead."""
    about = complaint.about
    if complaint.code in ("field_empty", "value_unknown", "date_unknown", "or_mixed") and about:
        about = spelling_of(about, language())
    words = {
        "quote_open": _("A quotation mark is missing after “%(about)s”; the rest is taken as one phrase."),
        "or_alone": _("OR joins the words on its two sides; one of them is missing."),
        "or_mixed": _("OR joins words with words, or two values of one field; here both are looked for."),
        "only_excluded": _("This only says what to leave out: everything else is shown, the latest first."),
        "field_empty": _("Nothing stands after “%(about)s:”; it is left out."),
        "field_unknown": _("There is no field “%(about)s:”, so it is looked for as a word. Did you mean “%(more)s:”?"),
        "value_unknown": _("“%(about)s:” has no “%(more)s” that you can see, so it is looked for as words."),
        "date_unknown": _("“%(more)s” is no date for “%(about)s:”; write 2026-01-31, 2026-01, 2026, today or 30d."),
        "beginning_short": _("A star needs %(count)s letters before it; “%(about)s” is taken as it stands."),
        "too_many": _("Only the first %(most)s words are looked for."),
        "too_long": _("Only the first %(longest)s characters are looked at."),
        "too_broad": _("That is too much to look through at once. Add a word, a team or a date."),
        "beginnings_tried": _("No word is exactly so; these begin with what you typed."),
    }
    return words[complaint.code] % {
        "about": about,
        "more": _told(complaint),
        "count": SHORTEST_BEGINNING,
        "most": MOST_TERMS,
        "longest": LONGEST,
    }


def language() -> str:
    return (get_language() or "en").split("-")[0]


def _told(complaint: Complaint) -> str:
    """A field word that was meant, as this reader is told it; anything else as it is."""
    if complaint.code == "field_unknown" and (known := field_named(complaint.more)):
        return spelling_of(known, language())
    return complaint.more
