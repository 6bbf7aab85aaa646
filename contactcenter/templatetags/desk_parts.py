"""What the agent's desk draws: clocks that tick, the bar of his day, lengths of time in words."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from contactcenter.desk import BACK, BREAK, CALL, READY, WRAP, Day, Desk
from tickets.templatetags.ui import short_span

register = template.Library()

HOUR = 3600
BAR = 1000  # units of the day bar's width
THINNEST = 2.0  # a stretch of seconds is still seen
DOTS = {"": "off"}  # all other kinds are named like their dots


def clock_words(seconds: float) -> str:
    """ "04:12", and "1:04:12" from an hour on."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, HOUR)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes:02}:{left:02}"


@register.simple_tag
def since(value: datetime | None, now: datetime) -> SafeString | str:
    """A clock that counts up from that moment; desk.js lets it tick."""
    if value is None:
        return "–"
    words = clock_words((now - value).total_seconds())
    return format_html('<span class="timer" data-since="{}">{}</span>', _milliseconds(value), words)


@register.simple_tag
def until(value: datetime | None, now: datetime) -> SafeString | str:
    """A clock that counts down to that moment and stops at zero."""
    if value is None:
        return ""
    words = clock_words((value - now).total_seconds())
    return format_html('<span class="timer" data-until="{}">{}</span>', _milliseconds(value), words)


@register.simple_tag
def ring(start: datetime, end: datetime, now: datetime) -> SafeString:
    """The countdown of an offer: seconds in a ring that empties."""
    whole, left = (end - start).total_seconds(), max(0.0, (end - now).total_seconds())
    share = round(100 * left / whole) if whole > 0 else 0
    return format_html(
        '<span class="countdown" data-ring="{}" data-until="{}"><svg viewBox="0 0 48 48" aria-hidden="true">'
        '<circle class="ring" cx="24" cy="24" r="21.5"/>'
        '<circle class="left" cx="24" cy="24" r="21.5" pathLength="100" stroke-dasharray="{} 100"/></svg>'
        '<span aria-hidden="true" data-seconds>{}</span><span class="vh">{}</span></span>',
        round(whole * 1000),
        _milliseconds(end),
        share,
        int(left),
        _("%(seconds)s seconds left") % {"seconds": int(left)},
    )


@register.filter
def milliseconds(value: datetime | None) -> str:
    """A moment for the page's clock."""
    return str(_milliseconds(value)) if value is not None else ""


@register.filter
def as_clock(seconds: float | None) -> str:
    """A length of time as a clock; a dash for none."""
    return "–" if seconds is None else clock_words(seconds)


@register.filter
def span_of(seconds: float | None) -> str:
    """A length of time in words."""
    return short_span(seconds or 0, parts=2)


@register.filter
def of_activity(day: Day, pk: int) -> float:
    """Seconds of this activity today."""
    return day.activities.get(pk, 0.0)


@register.filter
def dot(desk: Desk) -> str:
    """The look of the dot for his state."""
    return DOTS.get(desk.kind, desk.kind)


@register.simple_tag
def dot_of(activity: object) -> str:
    """The look of the dot for an activity."""
    if not getattr(activity, "is_present", False):
        return "off"
    if getattr(activity, "is_routable", False):
        return READY
    return BACK if getattr(activity, "is_recallable", False) else BREAK


@register.simple_tag
def day_bar(day: Day) -> SafeString:
    """The day so far as a bar, with its sums in words for readers."""
    whole = (day.now - day.start).total_seconds() or 1.0
    rects = []
    for piece in day.pieces:
        left = (piece.start - day.start).total_seconds() / whole * BAR
        width = max(THINNEST, piece.seconds / whole * BAR - 1)
        rects.append((piece.kind, f"{left:.1f}", f"{width:.1f}"))
    return format_html(
        '<svg class="day-bar" viewBox="0 0 {} 6" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        BAR,
        _day_words(day),
        format_html_join("", '<rect class="d-{}" x="{}" y="0" width="{}" height="6"/>', rects),
    )


def _day_words(day: Day) -> str:
    words = {READY: _("ready"), CALL: _("with customers"), WRAP: _("wrap-up"), BACK: _("background"), BREAK: _("away")}
    sums = [f"{words[kind]} {short_span(day.totals[kind], parts=2)}" for kind in words if day.totals.get(kind)]
    return _("My day: %(sums)s") % {"sums": ", ".join(sums) or _("nothing yet")}


def _milliseconds(value: datetime) -> int:
    return round(value.timestamp() * 1000)
