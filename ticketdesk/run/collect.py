"""Collects the texts to translate out of code and templates, without the gettext programs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polib
from babel.messages.extract import extract
from django.utils.translation.template import templatize

APPS = ("ticketdesk", "tickets", "contactcenter", "itsm")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


@dataclass(frozen=True, slots=True, order=True)
class Text:
    """One text in its source language. `context` and `plural` are '' where there are none."""

    singular: str
    plural: str = ""
    context: str = ""


def collect_texts(base: Path) -> set[Text]:
    """Every marked text of the apps' code and of the templates below `base`."""
    found: set[Text] = set()
    for app in APPS:
        for path in sorted((base / app).rglob("*.py")):
            found.update(_texts_in(path.read_bytes()))
    for path in sorted((base / "templates").rglob("*")):
        if path.suffix in {".html", ".txt"}:
            found.update(_texts_in(templatize(path.read_text("utf-8")).encode()))
    return found


def _texts_in(code: bytes) -> Iterator[Text]:
    for _line, message, _comments, context in extract("python", io.BytesIO(code), KEYWORDS):
        singular, *plural = (message,) if isinstance(message, str) else message
        yield Text(singular, plural[0] if plural else "", context or "")


def update_catalogue(path: Path, texts: set[Text]) -> tuple[int, int]:
    """Adds new texts, drops those no longer used, keeps every translation. Returns how many came and went."""
    catalogue = polib.pofile(str(path), wrapwidth=110)
    have = {_text_of(entry): entry for entry in catalogue}
    gone = [entry for text, entry in have.items() if text not in texts]
    for entry in gone:
        catalogue.remove(entry)
    new = sorted(texts - have.keys())
    for text in new:
        entry = polib.POEntry(msgid=text.singular)
        if text.context:
            entry.msgctxt = text.context
        if text.plural:
            entry.msgid_plural = text.plural
            entry.msgstr_plural = {0: "", 1: ""}
        catalogue.append(entry)
    catalogue.sort(key=lambda entry: (entry.msgid.casefold(), entry.msgctxt or ""))
    if new or gone:
        catalogue.save(str(path))
    return len(new), len(gone)


def missing_texts(path: Path, texts: set[Text]) -> list[Text]:
    """The texts that the catalogue lacks, or has without a translation, or with a doubtful one."""
    done = {_text_of(entry) for entry in polib.pofile(str(path)) if entry.translated() and not entry.fuzzy}
    return sorted(texts - done)


def _text_of(entry: polib.POEntry) -> Text:
    return Text(entry.msgid, entry.msgid_plural or "", entry.msgctxt or "")
