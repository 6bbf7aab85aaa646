"""Dates, lengths of time, numbers and plurals as they are written: in Hungarian first, and in English."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import Context, Template
from django.utils import timezone, translation
from django.utils.formats import date_format

from tickets.history_words import Names, describe
from tickets.models import Event, Verb
from tickets.templatetags import ui

BUDAPEST = ZoneInfo("Europe/Budapest")
NOW = dt.datetime(2026, 11, 23, 11, 0, tzinfo=BUDAPEST)  # a Monday


@pytest.fixture(autouse=True)
def in_budapest() -> Iterator[None]:
    with timezone.override(BUDAPEST):
        yield


def at(month: int, day: int, hour: int = 0, minute: int = 0, *, year: int = 2026) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=BUDAPEST)


def plain(text: str) -> str:
    """With ordinary spaces, so that the tables below can be read."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def render(source: str, **context: object) -> str:
    return plain(Template("{% load ui i18n %}" + source).render(Context(context)))


# --- days ---


@pytest.mark.parametrize(
    ("moment", "hungarian", "english"),
    [
        (at(11, 23, 11), "ma 11:00", "today 11:00"),
        (at(11, 23, 7, 5), "ma 07:05", "today 07:05"),
        (at(11, 22, 16, 40), "tegnap 16:40", "yesterday 16:40"),
        (at(11, 24, 9), "holnap 09:00", "tomorrow 09:00"),
        (at(11, 25, 9), "nov. 25.", "25 Nov"),
        (at(11, 21, 9), "nov. 21.", "21 Nov"),
        (at(10, 9, 9), "okt. 9.", "9 Oct"),
        (at(9, 2, 9), "szept. 2.", "2 Sep"),
        (at(1, 1, 9), "jan. 1.", "1 Jan"),
        (at(12, 31, 23, 59, year=2025), "2025. dec. 31.", "31 Dec 2025"),
        (at(1, 8, 9, year=2027), "jan. 8.", "8 Jan"),
        (at(11, 24, 9, year=2025), "2025. nov. 24.", "24 Nov 2025"),
        (at(11, 22, 9, year=2027), "2027. nov. 22.", "22 Nov 2027"),
    ],
)
def test_days_are_named_the_nearer_the_shorter(moment: dt.datetime, hungarian: str, english: str) -> None:
    with translation.override("hu"):
        assert plain(ui.in_words(moment, now=NOW)) == hungarian
    with translation.override("en"):
        assert plain(ui.in_words(moment, now=NOW)) == english


@pytest.mark.parametrize(
    ("day", "hungarian", "english"),
    [
        (dt.date(2026, 11, 22), "tegnap", "yesterday"),
        (dt.date(2026, 11, 23), "ma", "today"),
        (dt.date(2026, 11, 24), "holnap", "tomorrow"),
        (dt.date(2026, 12, 24), "dec. 24.", "24 Dec"),
    ],
)
def test_a_day_without_an_hour_is_written_without_one(day: dt.date, hungarian: str, english: str) -> None:
    with translation.override("hu"):
        assert ui.in_words(day, now=NOW) == hungarian
    with translation.override("en"):
        assert ui.in_words(day, now=NOW) == english


def test_the_hour_stands_after_a_date_only_where_it_is_asked_for() -> None:
    with translation.override("hu"):
        assert plain(ui.in_words(at(10, 9, 14), time=True, now=NOW)) == "okt. 9. 14:00"
        assert plain(ui.in_words(at(10, 9, 14), now=NOW)) == "okt. 9."


def test_the_day_and_its_hour_stay_on_one_line() -> None:
    with translation.override("hu"):
        assert ui.in_words(at(11, 23, 11), now=NOW) == "ma\u00a011:00"


def test_today_is_today_in_the_readers_zone() -> None:
    just_after_midnight = dt.datetime(2026, 11, 23, 23, 30, tzinfo=dt.UTC)  # the 24th in Budapest
    with translation.override("hu"):
        assert plain(ui.in_words(just_after_midnight, now=NOW)) == "holnap 00:30"
        with timezone.override(ZoneInfo("America/New_York")):
            assert plain(ui.in_words(just_after_midnight, now=NOW)) == "ma 18:30"


def test_the_day_the_clocks_change_keeps_its_neighbours() -> None:
    morning = at(10, 25, 8)  # summer time ended at 3:00
    with translation.override("hu"):
        assert plain(ui.in_words(at(10, 24, 23, 30), now=morning)) == "tegnap 23:30"
        assert plain(ui.in_words(at(10, 25, 0, 30), now=morning)) == "ma 00:30"
        assert plain(ui.in_words(at(10, 26, 0, 30), now=morning)) == "holnap 00:30"


HUNGARIAN_MONTHS = ["jan.", "febr.", "márc.", "ápr.", "máj.", "jún.", "júl.", "aug.", "szept.", "okt.", "nov.", "dec."]
ENGLISH_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_is_short(month: int) -> None:
    day = dt.date(2024, month, 9)
    with translation.override("hu"):
        assert ui.in_words(day, now=NOW) == f"2024. {HUNGARIAN_MONTHS[month - 1]} 9."
    with translation.override("en"):
        assert ui.in_words(day, now=NOW) == f"9 {ENGLISH_MONTHS[month - 1]} 2024"


HUNGARIAN_DAYS = ["hétfő", "kedd", "szerda", "csütörtök", "péntek", "szombat", "vasárnap"]
ENGLISH_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


@pytest.mark.parametrize("weekday", range(7))
def test_the_full_date_names_the_weekday(weekday: int) -> None:
    number = 23 + weekday
    with translation.override("hu"):
        assert ui.in_full(at(11, number, 9, 5)) == f"2026. november {number}., {HUNGARIAN_DAYS[weekday]} 09:05"
    with translation.override("en"):
        assert ui.in_full(at(11, number, 9, 5)) == f"{ENGLISH_DAYS[weekday]} {number} November 2026, 09:05"


def test_the_full_date_of_a_mere_day_has_no_hour() -> None:
    with translation.override("hu"):
        assert ui.in_full(dt.date(2026, 11, 23)) == "2026. november 23., hétfő"
    with translation.override("en"):
        assert ui.in_full(dt.date(2026, 11, 23)) == "Monday 23 November 2026"


def test_a_clock_shows_the_hour_with_the_whole_date_behind_it() -> None:
    with translation.override("hu"):
        html = render("{% clock value %}", value=at(11, 23, 7, 5))
    assert html.endswith('title="2026. november 23., hétfő 07:05">07:05</time>')


# --- lengths of time ---


@pytest.mark.parametrize(
    ("seconds", "hungarian", "english"),
    [
        (0, "0 p", "0 m"),
        (59, "0 p", "0 m"),
        (60, "1 p", "1 m"),
        (59 * 60, "59 p", "59 m"),
        (60 * 60, "1 ó", "1 h"),
        (6 * 3600 + 10 * 60, "6 ó 10 p", "6 h 10 m"),
        (24 * 3600, "1 n", "1 d"),
        (26 * 3600, "1 n 2 ó", "1 d 2 h"),
        (24 * 3600 + 300, "1 n", "1 d"),
        (400 * 24 * 3600, "400 n", "400 d"),
    ],
)
def test_lengths_of_time_have_short_units(seconds: int, hungarian: str, english: str) -> None:
    with translation.override("hu"):
        assert plain(ui.short_span(seconds, parts=2)) == hungarian
    with translation.override("en"):
        assert plain(ui.short_span(seconds, parts=2)) == english


@pytest.mark.parametrize(
    ("minutes", "hungarian", "english"),
    [(0, "most", "now"), (2, "2 p", "2 m"), (130, "2 ó", "2 h"), (5000, "3 n", "3 d")],
)
def test_how_long_ago_is_one_unit(minutes: int, hungarian: str, english: str) -> None:
    moment = NOW - dt.timedelta(minutes=minutes)
    with translation.override("hu"):
        assert plain(ui.ago(moment, NOW)) == hungarian
    with translation.override("en"):
        assert plain(ui.ago(moment, NOW)) == english


@pytest.mark.parametrize(
    ("minutes", "paused", "hungarian", "english"),
    [
        (370, False, ("Időben: ", "6 ó 10 p"), ("On time: ", "6 h 10 m")),
        (18, False, ("Hamarosan lejár: ", "18 p"), ("Due soon: ", "18 m")),
        (-12, False, ("Lejárt: ", "−12 p"), ("Overdue: ", "−12 m")),
        (-0.5, False, ("Lejárt: ", "most"), ("Overdue: ", "now")),
        (-12, True, ("Óra áll: ", "áll"), ("Paused: ", "paused")),
    ],
)
def test_a_due_time_says_its_state_in_words(
    minutes: float, paused: bool, hungarian: tuple[str, str], english: tuple[str, str]
) -> None:
    for language, (said, shown) in (("hu", hungarian), ("en", english)):
        with translation.override(language):
            html = plain(str(ui.due(NOW + dt.timedelta(minutes=minutes), paused=paused, now=NOW)))
        assert f'<span class="vh">{said}</span>' in html
        assert html.endswith(f"{shown}</time></span>")
        assert "−0" not in html


def test_the_bar_of_a_due_time_is_read_as_a_share() -> None:
    due_at = NOW + dt.timedelta(minutes=60)
    with translation.override("hu"):
        html = str(ui.due(due_at, start=due_at - dt.timedelta(minutes=100), now=NOW))
    assert 'aria-label="Időben, az idő 40%-a eltelt"' in html


# --- numbers ---


@pytest.mark.parametrize("language", ["hu", "en"])
@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (9999, "9999"), (10000, "10 000"), (48219, "48 219"), (1234567, "1 234 567")]
)
def test_numbers_are_grouped_from_five_digits_on(language: str, value: int, text: str) -> None:
    with translation.override(language):
        assert plain(ui.grouped(value)) == text


def test_the_group_separator_is_thin_and_never_breaks() -> None:
    assert ui.grouped(48219) == "48\u202f219"


@pytest.mark.parametrize(
    ("size", "hungarian", "english"),
    [(214_000, "214 kB", "214 kB"), (1_234_567, "1,2 MB", "1.2 MB"), (2_500_000_000, "2,5 GB", "2.5 GB")],
)
def test_sizes_have_the_languages_decimal_sign(size: int, hungarian: str, english: str) -> None:
    with translation.override("hu"):
        assert plain(ui.filesize_short(size)) == hungarian
    with translation.override("en"):
        assert plain(ui.filesize_short(size)) == english


# --- plurals ---


@pytest.mark.parametrize(
    ("count", "hungarian", "english"),
    [(0, "0 változás", "0 changes"), (1, "1 változás", "1 change"), (2, "2 változás", "2 changes")],
)
def test_hungarian_nouns_stay_singular_after_a_number(count: int, hungarian: str, english: str) -> None:
    source = "{% blocktranslate count n=n %}{{ n }} change{% plural %}{{ n }} changes{% endblocktranslate %}"
    with translation.override("hu"):
        assert render(source, n=count) == hungarian
    with translation.override("en"):
        assert render(source, n=count) == english


@pytest.mark.parametrize(
    ("minutes", "hungarian", "english"),
    [
        (1, "1 perc késéssel tartotta be az ígéretet", "kept the promise, 1 minute late"),
        (5, "5 perc késéssel tartotta be az ígéretet", "kept the promise, 5 minutes late"),
    ],
)
def test_late_promises_count_their_minutes(minutes: int, hungarian: str, english: str) -> None:
    kept = Event(verb=Verb.PROMISE_KEPT, data={"late_seconds": minutes * 60 + 59})
    with translation.override("hu"):
        assert describe(kept, Names()) == hungarian
    with translation.override("en"):
        assert describe(kept, Names()) == english


class Two(forms.Form):
    name = forms.CharField()
    email = forms.EmailField()


@pytest.mark.parametrize(
    ("data", "hungarian", "english"),
    [
        ({"name": "Anna"}, "Egy mezőt javítani kell", "One thing needs your attention"),
        ({}, "2 mezőt javítani kell", "2 things need your attention"),
    ],
)
def test_the_error_summary_counts_what_is_wrong(data: dict[str, str], hungarian: str, english: str) -> None:
    for language, words in (("hu", hungarian), ("en", english)):
        with translation.override(language):
            assert f"<h2>{words}</h2>" in render('{% include "components/_error_summary.html" %}', form=Two(data))


def test_a_page_of_a_list_says_where_it_is() -> None:
    page = {"first": 1, "last": 40, "total": 48219}
    with translation.override("hu"):
        assert "<span>1–40, összesen 48 219</span>" in render('{% include "components/_pager.html" %}', page=page)
    with translation.override("en"):
        assert "<span>1–40 of 48 219</span>" in render('{% include "components/_pager.html" %}', page=page)


# --- dates in running text, as mails and the history write them ---


@pytest.mark.parametrize(
    ("language", "kind", "text"),
    [
        ("hu", "DATETIME_FORMAT", "2026. november 3. 09:05"),
        ("hu", "SHORT_DATE_FORMAT", "2026. 11. 03."),
        ("en", "DATETIME_FORMAT", "3 November 2026, 09:05"),
        ("en", "SHORT_DATE_FORMAT", "3 Nov 2026"),
    ],
)
def test_dates_in_running_text_follow_the_language(language: str, kind: str, text: str) -> None:
    with translation.override(language):
        assert date_format(at(11, 3, 9, 5), kind) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [("hu", "10:00\u2011ig választ ígért"), ("en", "promised an answer by 10:00")],
)
def test_a_suffix_hangs_on_its_hour(language: str, text: str) -> None:
    today_at_ten = timezone.localtime().replace(hour=10, minute=0, second=0, microsecond=0)
    promised = Event(verb=Verb.PROMISED, by_id=1, data={"who": 1, "by_when": today_at_ten.isoformat()})
    with translation.override(language):
        assert describe(promised, Names()) == text
