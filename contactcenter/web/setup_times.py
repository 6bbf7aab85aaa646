"""Opening hours as people write them: "08:00-12:00, 13:00-17:00", and days that differ, one a line. Pure."""

from __future__ import annotations

import re
from datetime import date

from django import forms
from django.utils.translation import gettext as _

from contactcenter.queues import Minutes

DAY = 24 * 60
_TIME = r"(\d{1,2})(?::(\d{2}))?"
_SPAN = re.compile(rf"^{_TIME}\s*[-–]\s*{_TIME}$")


def read_spans(text: str) -> list[Minutes]:
    """Raises ValidationError naming the part that can't be read."""
    return [_read_span(part.strip()) for part in re.split(r"[,;]", text) if part.strip()]


def write_spans(spans: list[Minutes]) -> str:
    return ", ".join(f"{_clock(opens)}-{_clock(closes)}" for opens, closes in sorted(spans))


def read_days(text: str) -> dict[date, Minutes | None]:
    """One day a line: "2026-12-24" is closed, "2026-12-12 08:00-12:00" has these hours. Raises ValidationError."""
    found: dict[date, Minutes | None] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split(maxsplit=1)
        if not words:
            continue
        try:
            day = date.fromisoformat(words[0].rstrip("."))
        except ValueError as error:
            said = _("Line %(n)s: “%(text)s” is no day. Write it like 2026-12-24.")
            raise forms.ValidationError(said % {"n": number, "text": words[0]}) from error
        if day in found:
            raise forms.ValidationError(_("Line %(n)s: this day stands twice.") % {"n": number})
        try:
            found[day] = _read_span(words[1].strip()) if len(words) > 1 else None
        except forms.ValidationError as error:
            said = _("Line %(n)s: %(problem)s")
            raise forms.ValidationError(said % {"n": number, "problem": error.messages[0]}) from error
    return found


def write_days(days: dict[date, Minutes | None]) -> str:
    return "\n".join(f"{day} {write_spans([own])}" if own else f"{day}" for day, own in sorted(days.items()))


def _read_span(text: str) -> Minutes:
    match = _SPAN.match(text)
    if match is None:
        raise forms.ValidationError(_("“%(text)s” can't be read. Write hours like 08:00-16:30.") % {"text": text})
    hour, minute, to_hour, to_minute = (int(each or 0) for each in match.groups())
    opens, closes = hour * 60 + minute, to_hour * 60 + to_minute
    if max(minute, to_minute) > 59 or closes > DAY or opens >= closes:
        raise forms.ValidationError(_("“%(text)s”: opening comes before closing, on the same day.") % {"text": text})
    return opens, closes


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
