"""The design system's tags: what they write, in both languages, for objects that merely have the right attributes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template
from django.utils import timezone, translation

from tickets.templatetags import styleguide, ui

NOW = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)  # 11:00 in Budapest
SPRITE = Path(settings.BASE_DIR) / "static" / "icons.svg"


@dataclass(frozen=True)
class Person:
    name: str


@dataclass(frozen=True)
class Term:
    label: str
    type: str = ""
    level: int = 0
    waits_for: str = ""


@pytest.fixture(autouse=True)
def in_budapest_reading_english() -> Iterator[None]:
    with timezone.override(ZoneInfo("Europe/Budapest")), translation.override("en"):
        yield


def render(source: str, **context: object) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


def minutes(count: float) -> dt.timedelta:
    return dt.timedelta(minutes=count)


# --- icons and people ---


def test_an_icon_is_hidden_from_readers_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in render('{% icon "mail" %}')
    assert 'role="img" aria-label="Mail"' in render('{% icon "mail" label="Mail" %}')
    assert 'class="icon icon-s"' in render('{% icon "mail" small=True %}')


def test_an_icon_label_is_escaped() -> None:
    assert "<b>" not in render('{% icon "mail" label=label %}', label="<b>")


def test_every_icon_named_in_code_and_templates_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', SPRITE.read_text()))
    used = set(styleguide.samples()["icons"]) | {glyph for glyph, _look in ui.STATUS_LOOKS.values()}
    for file in (Path(settings.BASE_DIR) / "templates").rglob("*.html"):
        used |= set(re.findall(r'{% icon "([^"]+)"', file.read_text()))
    assert used <= drawn, sorted(used - drawn)


def test_initials_keep_the_order_of_the_name_as_written() -> None:
    assert ui.initials("Varga Anna") == "VA"
    assert ui.initials("Mark Ellis") == "ME"
    assert ui.initials("Kovács-Őri Éva Mária") == "KŐ"
    assert ui.initials("anna@example.com") == "A"
    assert ui.initials("  ") == "?"


def test_a_name_always_has_the_same_hue_of_seven() -> None:
    hues = {ui.hue(f"Person {number}") for number in range(200)}
    assert hues == set(range(7))
    assert ui.hue("Varga Anna") == ui.hue("Varga Anna") == 5


def test_an_avatar_names_the_person_and_nobody_is_dashed() -> None:
    assert 'aria-label="Varga Anna" title="Varga Anna">VA<' in render("{% avatar who %}", who=Person("Varga Anna"))
    assert "avatar-m" in render('{% avatar who size="m" %}', who=Person("Varga Anna"))
    assert 'aria-label="Nobody">–<' in render("{% avatar who %}", who=None)
    assert 'aria-hidden="true">VA</span><span>Varga Anna</span>' in render("{% person who %}", who=Person("Varga Anna"))


def test_a_name_cannot_bring_markup() -> None:
    assert "<script>" not in render("{% avatar who %}{% person who %}", who=Person("<script>alert(1)</script>"))


# --- status and priority ---


@pytest.mark.parametrize(
    ("type_", "waits_for", "look", "glyph"),
    [
        ("new", "us", "new", "s-new"),
        ("open", "us", "open", "s-open"),
        ("pending_reminder", "customer", "wait", "s-wait"),
        ("pending_reminder", "third_party", "third", "s-wait"),
        ("pending_close", "customer", "wait", "s-wait"),
        ("closed_successful", "nobody", "solved", "s-solved"),
        ("closed_unsuccessful", "nobody", "closed", "s-closed"),
        ("merged", "nobody", "merged", "s-merged"),
    ],
)
def test_each_status_type_has_its_own_glyph(type_: str, waits_for: str, look: str, glyph: str) -> None:
    html = render("{% status status %}", status=Term("Named", type_, waits_for=waits_for))
    assert f'data-status="{look}"' in html
    assert f"#{glyph}" in html
    assert html.endswith("Named</span>")


def test_a_priority_is_bars_with_a_name() -> None:
    html = render("{% prio priority %}", priority=Term("Urgent", level=4))
    assert 'data-prio="urgent"' in html
    assert 'aria-label="Priority: Urgent"' in html
    assert render("{% prio priority text=True %}", priority=Term("Low", level=1)).endswith("Low</span>")


# --- times ---


@pytest.mark.parametrize(
    ("past", "text"),
    [
        (minutes(0.5), "now"),
        (minutes(-5), "now"),
        (minutes(2), "2 m"),
        (minutes(119), "1 h"),
        (minutes(60 * 24 * 3 + 5), "3 d"),
    ],
)
def test_ago_is_one_short_unit(past: dt.timedelta, text: str) -> None:
    assert ui.ago(NOW - past, NOW) == text.replace(" ", "\u00a0")


def test_no_time_is_an_empty_text() -> None:
    assert ui.ago(None) == ""
    assert render("{% when value %}{% due value %}{% clock value %}", value=None) == ""


@pytest.mark.parametrize(
    ("value", "english"),
    [
        (dt.datetime(2026, 11, 23, 6, 52, tzinfo=dt.UTC), "today\u00a007:52"),
        (dt.datetime(2026, 11, 22, 15, 40, tzinfo=dt.UTC), "yesterday\u00a016:40"),
        (dt.datetime(2026, 11, 23, 23, 30, tzinfo=dt.UTC), "tomorrow\u00a000:30"),
        (dt.datetime(2026, 10, 9, 12, 0, tzinfo=dt.UTC), "9 Oct"),
        (dt.datetime(2025, 10, 9, 12, 0, tzinfo=dt.UTC), "9 Oct 2025"),
    ],
)
def test_near_days_have_names_in_the_readers_zone(value: dt.datetime, english: str) -> None:
    assert ui.in_words(value, now=NOW) == english


def test_dates_are_written_the_hungarian_way_for_hungarians() -> None:
    with translation.override("hu"):
        assert ui.in_words(dt.datetime(2026, 10, 9, 12, 0, tzinfo=dt.UTC), now=NOW) == "okt. 9."
        assert ui.in_words(dt.datetime(2025, 10, 9, 12, 0, tzinfo=dt.UTC), now=NOW) == "2025. okt. 9."
        assert ui.in_full(dt.datetime(2026, 10, 9, 12, 0, tzinfo=dt.UTC)) == "2026. október 9., péntek 14:00"


def test_with_time_the_hour_stands_by_the_date() -> None:
    assert ui.in_words(dt.datetime(2026, 10, 9, 12, 0, tzinfo=dt.UTC), time=True, now=NOW) == "9 Oct 14:00"


def test_when_is_a_time_element_with_the_full_date_in_its_title() -> None:
    html = render("{% when value %}", value=dt.datetime(2020, 10, 9, 12, 0, tzinfo=dt.UTC))
    title = "Friday 9 October 2020, 14:00"
    assert html == f'<time datetime="2020-10-09T12:00:00+00:00" title="{title}">9 Oct 2020</time>'


@pytest.mark.parametrize(
    ("left", "whole", "state", "text"),
    [
        (minutes(370), minutes(480), "ok", "6\u00a0h\u00a010\u00a0m"),
        (minutes(18), minutes(240), "warn", "18\u00a0m"),
        (minutes(-12), minutes(240), "late", "−12\u00a0m"),
        (minutes(90), None, "ok", "1\u00a0h\u00a030\u00a0m"),
        (minutes(30), None, "warn", "30\u00a0m"),
        (minutes(26 * 60), None, "ok", "1\u00a0d\u00a02\u00a0h"),
    ],
)
def test_due_says_how_much_time_is_left(left: dt.timedelta, whole: dt.timedelta | None, state: str, text: str) -> None:
    due_at = NOW + left
    html = str(ui.due(due_at, start=due_at - whole if whole else None, now=NOW))
    assert f'data-state="{state}"' in html
    assert text in html
    assert ("<progress" in html) is (whole is not None)


def test_a_paused_clock_says_so_and_not_how_late_it_is() -> None:
    html = str(ui.due(NOW - minutes(12), paused=True, now=NOW))
    assert 'data-state="paused"' in html
    assert "paused" in html
    assert "12" not in html.split("</span>")[-2]


# --- numbers ---


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (9999, "9999"),
        (48219, "48\u202f219"),
        ("48219", "48\u202f219"),
        (-1234567, "-1\u202f234\u202f567"),
        ("2026112348000012", "2026112348000012"),
        ("T-48219", "T-48219"),
        (None, ""),
    ],
)
def test_digits_are_grouped_by_a_thin_space(value: object, text: str) -> None:
    assert ui.grouped(value) == text


@pytest.mark.parametrize(
    ("size", "english", "hungarian"),
    [
        (0, "0 B", "0 B"),
        (999, "999 B", "999 B"),
        (214_000, "214 kB", "214 kB"),
        (999_700, "1.0 MB", "1,0 MB"),
        (1_234_567, "1.2 MB", "1,2 MB"),
        (25_000_000, "25 MB", "25 MB"),
    ],
)
def test_file_sizes_are_short(size: int, english: str, hungarian: str) -> None:
    assert ui.filesize_short(size) == english.replace(" ", "\u00a0")
    with translation.override("hu"):
        assert ui.filesize_short(size) == hungarian.replace(" ", "\u00a0")


# --- forms ---


class Sample(forms.Form):
    name = forms.CharField(label="Name", help_text="As written.")
    mail = forms.EmailField(label="Mail", required=False)
    text = forms.CharField(widget=forms.Textarea, required=False)
    team = forms.ChoiceField(choices=[("1", "A")], required=False)
    kind = forms.ChoiceField(choices=[("1", "One"), ("2", "Two")], widget=forms.RadioSelect)
    agree = forms.BooleanField(label="Agree")
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


def test_a_field_ties_label_hint_and_error_to_its_control() -> None:
    html = render("{% field form.name %}", form=Sample(data={}))
    assert '<label for="id_name">Name</label>' in html
    assert 'id="id_name_helptext">As written.<' in html
    assert 'id="id_name_error"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'class="input"' in html


def test_a_field_without_errors_is_not_marked_wrong() -> None:
    html = render("{% field form.name %}", form=Sample())
    assert "aria-invalid" not in html
    assert "error" not in html


def test_a_field_that_may_stay_empty_says_so() -> None:
    assert "(optional)" in render("{% field form.mail %}", form=Sample())
    assert "(optional)" not in render("{% field form.mail optional=False %}", form=Sample())
    assert "(optional)" not in render("{% field form.name %}", form=Sample())


def test_extra_keywords_become_attributes_of_the_control() -> None:
    html = render('{% field form.mail hx_get="/x" class="input-s" autofocus=True %}', form=Sample())
    assert 'hx-get="/x"' in html
    assert 'class="input input-s"' in html
    assert " autofocus" in html


def test_each_kind_of_control_gets_its_class() -> None:
    assert 'class="textarea"' in render("{% field form.text %}", form=Sample())
    assert 'class="select"' in render("{% field form.team %}", form=Sample())
    agree = render("{% field form.agree switch=True %}", form=Sample())
    assert 'class="switch"' in agree
    assert 'role="switch"' in agree
    assert render("{% field form.secret %}", form=Sample()).strip().startswith('<input type="hidden"')


def test_radio_buttons_are_a_group_with_a_legend() -> None:
    html = render("{% field form.kind %}", form=Sample(data={}))
    assert html.count('type="radio"') == 2
    assert "<legend" in html
    assert 'aria-describedby="id_kind_error"' in html
    assert "data-invalid" in html


def test_the_error_summary_links_to_the_fields() -> None:
    form = Sample(data={"kind": "1", "agree": "on"})
    html = render('{% include "components/_error_summary.html" %}', form=form)
    assert 'href="#id_name"' in html
    assert "One thing needs your attention" in html
    assert render('{% include "components/_error_summary.html" %}', form=Sample()).strip() == ""


def test_no_template_carries_inline_style_or_script() -> None:
    """The Content-Security-Policy forbids both; <script> may only point to a file or hold data."""
    wrong = []
    for file in (Path(settings.BASE_DIR) / "templates").rglob("*.html"):
        if "mail" in file.parts:
            continue  # mail bodies are not pages
        source = file.read_text()
        if re.search(r"\sstyle=|<style|\son[a-z]+=\"|<script(?![^>]*(src=|application/json))", source):
            wrong.append(file.name)
    assert wrong == []
