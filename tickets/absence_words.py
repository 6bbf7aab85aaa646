"""Absences in words: "away until 5 Jun, deputy Ben"."""

from __future__ import annotations

from django.utils import dateformat, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tickets.models import Absence

# Month and day without the full stop that Hungarian puts after a day, since a suffix follows it there.
DAY_FORMATS = {"hu": "N j", "en": "j M"}


def day_words(absence: Absence) -> str:
    """The last day of it, or the hour where it ends today."""
    end, now = timezone.localtime(absence.last_moment), timezone.localtime()
    is_whole_day = (end.hour, end.minute) == (23, 59)
    if end.date() == now.date() and not is_whole_day:
        return f"{timezone.localtime(absence.ends_at):%H:%M}"
    return dateformat.format(end.date(), DAY_FORMATS.get((get_language() or "en")[:2], "j M"))


def away_words(absence: Absence | None, *, with_deputy: bool = True) -> str:
    """Until when somebody is away and who stands in; empty for who is here."""
    if absence is None:
        return ""
    words = {"day": day_words(absence), "deputy": absence.deputy.name if absence.deputy else ""}
    if absence.deputy is None or not with_deputy:
        return _("away until %(day)s") % words
    return _("away until %(day)s, deputy %(deputy)s") % words
