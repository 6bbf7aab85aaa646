"""Hungarian is complete: every text of the code and the templates has its translation, with the same placeholders."""

from __future__ import annotations

import re
from pathlib import Path

import polib
from django.conf import settings

from ticketdesk.run.collect import Text, collect_texts, missing_texts, update_catalogue

CATALOGUE = settings.LOCALE_PATHS[0] / "hu" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%[sd]")


def test_every_text_is_translated_to_hungarian() -> None:
    missing = missing_texts(CATALOGUE, collect_texts(settings.BASE_DIR))
    assert missing == []


def test_what_has_a_plural_has_both_forms_and_no_other() -> None:
    """Of two entries for one text the later wins: a plain one would put English where a number stands."""
    entries = polib.pofile(str(CATALOGUE))
    counted = [entry for entry in entries if entry.msgid_plural]
    assert len(counted) > 100
    bare = [entry.msgid for entry in counted if entry.msgstr or set(entry.msgstr_plural) != {0, 1}]
    unsaid = [entry.msgid for entry in counted if not all(entry.msgstr_plural.values())]
    assert (bare, unsaid) == ([], [])


def test_translations_keep_the_placeholders() -> None:
    wrong = []
    for entry in polib.pofile(str(CATALOGUE)):
        for translated in (entry.msgstr_plural or {0: entry.msgstr}).values():
            if not translated:
                continue  # the test above speaks of these
            wanted = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
            if not set(PLACEHOLDER.findall(translated)) <= wanted or (
                not entry.msgid_plural and set(PLACEHOLDER.findall(translated)) != wanted
            ):
                wrong.append((entry.msgid, translated))
    assert wrong == []


def test_texts_are_collected_from_code_and_templates(tmp_path: Path) -> None:
    (tmp_path / "tickets").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "tickets" / "room.py").write_text('_("One") + ngettext("%(n)s ticket", "%(n)s tickets", n)\n')
    (tmp_path / "templates" / "page.html").write_text(
        "{% translate 'Two' %}{% translate 'Open' context 'verb' %}"
        "{% blocktranslate count n=x %}{{ n }} file{% plural %}{{ n }} files{% endblocktranslate %}"
    )
    assert collect_texts(tmp_path) == {
        Text("One"),
        Text("%(n)s ticket", "%(n)s tickets"),
        Text("Two"),
        Text("Open", "", "verb"),
        Text("%(n)s file", "%(n)s files"),
    }


def test_updating_a_catalogue_keeps_translations_and_shows_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "django.po"
    path.write_text('msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "One"\nmsgstr "Egy"\n')
    assert update_catalogue(path, {Text("One"), Text("Two")}) == (1, 0)
    assert missing_texts(path, {Text("One"), Text("Two")}) == [Text("Two")]
    assert update_catalogue(path, {Text("Two")}) == (0, 1)
