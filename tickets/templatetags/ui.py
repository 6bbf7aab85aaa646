"""The design system's template tags: icons, people, statuses, times and form fields.

They read plain attributes (`.name`, `.type`, `.label`), never the database, so any object of that shape will do.
"""

from __future__ import annotations

import datetime as dt
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from django import template
from django.forms import widgets
from django.templatetags.static import static
from django.utils import dateformat, timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from tickets.absence_words import away_words

if TYPE_CHECKING:
    from django.forms import BoundField

register = template.Library()

NARROW_SPACE = "\u202f"  # thin and non-breaking: 48 219 stays on one line
NO_BREAK_SPACE = "\u00a0"
HUES = 7
NOBODY = mark_safe('<span class="avatar" data-none aria-hidden="true">–</span>')

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# The glyph and the data-status of each status type; `waits_for` tells a third party from the customer.
STATUS_LOOKS = {
    "new": ("s-new", "new"),
    "open": ("s-open", "open"),
    "pending_reminder": ("s-wait", "wait"),
    "pending_close": ("s-wait", "wait"),
    "closed_successful": ("s-solved", "solved"),
    "closed_unsuccessful": ("s-closed", "closed"),
    "merged": ("s-merged", "merged"),
}
PRIORITY_LOOKS = {1: "low", 2: "normal", 3: "high", 4: "urgent", 5: "urgent"}

# Letters of Django's date formats: this year, another year, in full for the tooltip; and what comes before the hour.
DATE_FORMATS = {
    "hu": ("N j.", "Y. N j.", "Y. F j., l", " "),
    "en": ("j M", "j M Y", "l j F Y", ", "),
}
HALF_A_YEAR = 183  # days: a date of another year that is nearer than this needs no year


class Named(Protocol):
    """Whoever has a name: a user, or a stand-in of the tests."""

    name: str


# --- icons and people ----------------------------------------------------------------------------------------------


@register.simple_tag
@lru_cache(maxsize=1024)
def icon(name: str, small: bool = False, label: str = "") -> SafeString:
    """A drawing of the sprite. It is decoration for the word beside it, unless `label` gives it a name of its own."""
    css = "icon icon-s" if small else "icon"
    href = f"{static('icons.svg')}#{name}"
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', css, label, href)
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', css, href)


def initials(name: str) -> str:
    """First letters of the first two words, in the order the person writes the name (Hungarian: surname first)."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def hue(name: str) -> int:
    """0..6, the same for the same name in every process and release."""
    return zlib.crc32(name.encode()) % HUES


@register.simple_tag
def avatar(person: Named | None, size: str = "", decorative: bool = False) -> SafeString:
    """The round mark of a person; dashed for nobody. `size`: "", "m", "l", "xl". `decorative`: the name stands by."""
    if person is None:
        css = f"avatar avatar-{size}" if size else "avatar"
        return format_html('<span class="{}" data-none role="img" aria-label="{}">–</span>', css, _("Nobody"))
    # Whoever lists people has asked who is away, see `absences.mark_away`.
    return _avatar(str(person.name or person), away_words(getattr(person, "away", None)), size, decorative)


@lru_cache(maxsize=4096)
def _avatar(name: str, away: str, size: str, decorative: bool) -> SafeString:
    css = f"avatar avatar-{size}" if size else "avatar"
    if away:
        css += " is-away"
    if decorative:
        return format_html('<span class="{}" data-h="{}" aria-hidden="true">{}</span>', css, hue(name), initials(name))
    words = f"{name}, {away}" if away else name
    return format_html(
        '<span class="{}" data-h="{}" role="img" aria-label="{}" title="{}">{}</span>',
        css,
        hue(name),
        words,
        words,
        initials(name),
    )


@register.simple_tag
def person(who: Named | None, size: str = "") -> SafeString:
    """The mark and the name side by side."""
    name = _("Nobody") if who is None else str(who.name or who)
    return _person(name, who is None, away_words(getattr(who, "away", None)), size)


@lru_cache(maxsize=4096)
def _person(name: str, is_nobody: bool, words: str, size: str) -> SafeString:
    mark = NOBODY if is_nobody else _avatar(name, words, size, decorative=True)
    if words:
        return format_html(
            '<span class="person" title="{}, {}">{}<span>{} <small class="away">{}</small></span></span>',
            name,
            words,
            mark,
            name,
            words,
        )
    return format_html('<span class="person">{}<span>{}</span></span>', mark, name)


# --- status and priority -------------------------------------------------------------------------------------------


@register.simple_tag
def status(value: Any) -> SafeString:
    """The glyph and the name of a ticket's status. Reads `.type`, `.label` and, if there, `.waits_for`."""
    return _status(str(value.type), str(getattr(value, "waits_for", "")), str(value.label))


@lru_cache(maxsize=512)
def _status(type_: str, waits_for: str, label: str) -> SafeString:
    glyph, look = STATUS_LOOKS.get(type_, ("s-open", "open"))
    if look == "wait" and waits_for == "third_party":
        look = "third"
    return format_html('<span class="status" data-status="{}">{}{}</span>', look, icon(glyph), label)


@register.simple_tag
def prio(value: Any, text: bool = False) -> SafeString:
    """The bars of a priority, named for readers; with `text` the name is also written. Reads `.level` and `.label`."""
    label = str(value.label)
    return _prio(int(value.level), label, "" if text else _("Priority: %(priority)s") % {"priority": label})


@lru_cache(maxsize=512)
def _prio(level: int, label: str, name: str) -> SafeString:
    look = PRIORITY_LOOKS.get(level, "normal")
    glyph = icon(f"p-{look}")
    if not name:
        return format_html(
            '<span class="prio-line"><span class="prio" data-prio="{}">{}</span>{}</span>', look, glyph, label
        )
    return format_html(
        '<span class="prio" data-prio="{}" role="img" aria-label="{}" title="{}">{}</span>', look, name, name, glyph
    )


# --- times ---------------------------------------------------------------------------------------------------------


def _now(now: dt.datetime | None = None) -> dt.datetime:
    return now or timezone.now()


def short_span(seconds: float, parts: int = 1) -> str:
    """A length of time in one or two short units: "2 m", "6 h 10 m", "1 d 2 h" (Hungarian p, ó, n)."""
    minutes = int(abs(seconds)) // MINUTE
    days, rest = divmod(minutes, DAY // MINUTE)
    hours, minutes = divmod(rest, HOUR // MINUTE)
    units = [
        (days, pgettext("days, short", "d")),
        (hours, pgettext("hours, short", "h")),
        (minutes, pgettext("minutes, short", "m")),
    ]
    first = next((n for n, (count, _unit) in enumerate(units) if count), len(units) - 1)
    shown = [(count, unit) for count, unit in units[first : first + parts] if count or first == len(units) - 1]
    return NO_BREAK_SPACE.join(f"{count}{NO_BREAK_SPACE}{unit}" for count, unit in shown)


@register.filter
def ago(value: dt.datetime | None, now: dt.datetime | None = None) -> str:
    """How long ago, in one short unit; "now" within a minute. Empty for no time."""
    if value is None:
        return ""
    seconds = (_now(now) - value).total_seconds()
    if seconds < MINUTE:
        return _("now")
    return short_span(seconds)


def _formats() -> tuple[str, str, str, str]:
    return DATE_FORMATS.get((get_language() or "en").split("-")[0], DATE_FORMATS["en"])


def in_full(value: dt.datetime | dt.date) -> str:
    """The whole date, weekday and (of a moment) time in the reader's zone and language, for tooltips and print."""
    _this_year, _another_year, full, before_hour = _formats()
    if not isinstance(value, dt.datetime):
        return _day(value, full, get_language())
    local = timezone.localtime(value)
    return f"{_day(local.date(), full, get_language())}{before_hour}{local:%H:%M}"


@lru_cache(maxsize=4096)
def _day(day: dt.date, form: str, language: str | None) -> str:
    return dateformat.format(day, form)


def in_words(value: dt.datetime | dt.date, *, time: bool = False, now: dt.datetime | None = None) -> str:
    """ "today 07:52", "yesterday 16:40", "9 Oct", "9 Oct 2024"; with `time` the hour stands by the date as well."""
    here = timezone.localtime(_now(now))
    has_clock = isinstance(value, dt.datetime)
    local = timezone.localtime(value) if isinstance(value, dt.datetime) else value
    day = local.date() if isinstance(local, dt.datetime) else local
    clock = f"{local:%H:%M}" if isinstance(local, dt.datetime) else ""
    near = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}.get((day - here.date()).days)
    if near:
        return f"{near}{NO_BREAK_SPACE}{clock}" if has_clock else near
    this_year, another_year, _full, _hour = _formats()
    is_clear = day.year == here.year or abs((day - here.date()).days) < HALF_A_YEAR
    text = _day(day, this_year if is_clear else another_year, get_language())
    return f"{text} {clock}" if time and has_clock else text


@register.simple_tag
def when(value: dt.datetime | dt.date | None, time: bool = False, short: bool = False) -> str | SafeString:
    """A moment as <time>: near days by name, the full date in the tooltip. `short`: "2 m" ago instead."""
    if value is None:
        return ""
    text = ago(value) if short and isinstance(value, dt.datetime) else in_words(value, time=time)
    return _time(value, text)


def _time(value: dt.datetime | dt.date, text: str) -> SafeString:
    # Texts of dates hold nothing to escape: digits, and words of the catalogue.
    return mark_safe(f'<time datetime="{value.isoformat()}" title="{in_full(value)}">{text}</time>')  # noqa: S308


@register.simple_tag
def clock(value: dt.datetime | None) -> str | SafeString:
    """Only the hour, for rows under a date heading."""
    if value is None:
        return ""
    return _time(value, f"{timezone.localtime(value):%H:%M}")


@register.simple_tag
def due(
    value: dt.datetime | None,
    start: dt.datetime | None = None,
    paused: bool = False,
    now: dt.datetime | None = None,
) -> str | SafeString:
    """How long until a due time, as `.sla`: ok, warn (the last fifth, or the last hour without `start`), late.

    With `start` a bar shows the share of the time that is gone.
    """
    if value is None:
        return ""
    left = (value - _now(now)).total_seconds()
    whole = (value - start).total_seconds() if start else 0.0
    gone = round(100 * min(1.0, max(0.0, 1 - left / whole))) if whole > 0 else None
    text: str | SafeString = short_span(left, parts=2)
    if paused:
        state, said = "paused", _("Paused")
        text = format_html("{}{}", icon("pause"), pgettext("clock", "paused"))
    elif left < 0:
        state, said = "late", _("Overdue")
        text = format_html("{}{}", icon("alert"), f"−{text}" if left <= -MINUTE else _("now"))
    elif (gone is not None and gone >= 80) or (gone is None and left < HOUR):
        state, said = "warn", _("Due soon")
    else:
        state, said = "ok", _("On time")
    bar: str | SafeString = ""
    if gone is not None:
        label = _("%(state)s, %(percent)s%% of the time is gone") % {"state": said, "percent": gone}
        bar = format_html('<progress class="bar" max="100" value="{}" aria-label="{}"></progress>', gone, label)
    return format_html(
        '<span class="sla" data-state="{}">{}'
        '<time datetime="{}" title="{}"><span class="vh">{} </span>{}</time></span>',
        state,
        bar,
        value.isoformat(),
        in_full(value),
        f"{said}:",
        text,
    )


# --- numbers -------------------------------------------------------------------------------------------------------


@register.filter
def grouped(value: Any) -> str:
    """Digits in threes from five digits on: 48 219. Longer than nine digits is an identifier and stays whole."""
    text = str(value if value is not None else "")
    if not text.lstrip("-").isdigit() or not 5 <= len(text.lstrip("-")) <= 9:
        return text
    return f"{int(text):,}".replace(",", NARROW_SPACE)


@register.filter
def filesize_short(value: int | None) -> str:
    """A file's size, powers of thousand: "214 kB", "1.2 MB" (Hungarian "1,2 MB")."""
    size = float(value or 0)
    if size < 1000:
        return f"{int(size)}{NO_BREAK_SPACE}B"
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.5 or unit == "GB":
            break
    digits = 1 if size < 9.95 and unit != "kB" else 0
    return f"{number_format(round(size, digits), decimal_pos=digits)}{NO_BREAK_SPACE}{unit}"


# --- forms ---------------------------------------------------------------------------------------------------------


def _kind_of(widget: widgets.Widget) -> str:
    """Which of the field layouts a widget takes."""
    if isinstance(widget, widgets.CheckboxInput):
        return "check"
    if isinstance(widget, widgets.RadioSelect | widgets.CheckboxSelectMultiple):
        return "options"
    if isinstance(widget, widgets.Select):
        return "select"
    if isinstance(widget, widgets.Textarea):
        return "textarea"
    if isinstance(widget, widgets.FileInput):
        return "file"
    return "input"


@register.inclusion_tag("components/_field.html")
def field(
    bound: BoundField,
    label: str = "",
    hint: str | None = None,
    hide_label: bool = False,
    optional: bool | None = None,
    switch: bool = False,
    **attributes: Any,
) -> dict[str, Any]:
    """A form field with its label, hint and errors, tied together for readers.

    More keywords become attributes of the control (`hx_get="…"`, `autofocus=True`). A field that may stay
    empty says so, unless `optional=False`. `hint=""` leaves the form's hint out. `switch` draws a checkbox as a switch.
    """
    kind = _kind_of(bound.field.widget)
    hint = str(bound.help_text or "") if hint is None else hint
    attrs: dict[str, Any] = {name.replace("_", "-"): value for name, value in attributes.items()}
    css = {"check": "switch" if switch else "", "options": "", "file": "input file"}.get(kind, kind)
    given = str(bound.field.widget.attrs.get("class", ""))
    classes = " ".join(part for part in (css, given, str(attrs.pop("class", ""))) if part)
    if classes:
        attrs["class"] = classes
    if switch:
        attrs["role"] = "switch"
    described = [
        f"{bound.auto_id}_{part}" for part, there in (("helptext", hint), ("error", bool(bound.errors))) if there
    ]
    if described and kind != "options":
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    options = []
    if kind == "options":
        options = [option for option in bound.subwidgets if option.data.get("value") != ""]
    return {
        "bound": bound,
        "kind": kind,
        "label": label or bound.label,
        "hint": hint,
        "hide_label": hide_label,
        "is_optional": (not bound.field.required and kind != "check") if optional is None else optional,
        "control": "" if kind == "options" else bound.as_widget(attrs=attrs),
        "options": options,
        "option_attrs": attrs,
        "described_by": " ".join(described),
        "is_hidden": bound.is_hidden,
    }
