"""The lines of the configuration's history as words in the reader's language: what was changed, from what to what."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.functional import Promise as LazyText
from django.utils.text import capfirst, get_text_list
from django.utils.translation import get_language_info, pgettext
from django.utils.translation import gettext as _

from tickets.configuration import CHANGED_SECRET, THINGS, Thing
from tickets.models import ConfigurationChange
from tickets.models.tags import HUES

LONG = 60  # characters from which a text is compared line by line
NOTHING = "–"
MOST_NAMED = 4
MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a text that was compared: `sign` is "+", "-" or " "."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One field. A list says what came and went; a long text is compared by lines; all else is before and after."""

    label: str
    before: str = ""
    after: str = ""
    came: list[str] = field(default_factory=list)
    went: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the history for readers."""

    change: ConfigurationChange
    thing: str
    who: str
    act: str
    differences: list[Difference]

    @property
    def is_folded(self) -> bool:
        """Whether a page shows it folded: all of a new thing's settings are long, and seldom what one looks for."""
        is_long = len(self.differences) > MOST_SHOWN or any(difference.lines for difference in self.differences)
        return self.change.act == ConfigurationChange.Act.ADDED and is_long


def tell_changes(changes: Iterable[ConfigurationChange]) -> list[Told]:
    """Each line in words, in their order."""
    return [_tell(change) for change in changes]


def summary(changes: Iterable[ConfigurationChange]) -> str:
    """What was just saved, for the passing word after a form: "Saved: name, description."; "" for nothing."""
    labels = [
        _label(model_of(change), name) if change.act != ConfigurationChange.Act.ADDED else change.name
        for change in changes
        for name in (change.changes if change.act != ConfigurationChange.Act.ADDED else [""])
    ]
    labels = list(dict.fromkeys(labels))
    if not labels:
        return ""
    if len(labels) > MOST_NAMED:
        labels = [*labels[:MOST_NAMED], _("%(count)s more") % {"count": len(labels) - MOST_NAMED}]
    return _("Saved: %(what)s.") % {"what": get_text_list(labels, _("and"))}


def model_of(change: ConfigurationChange) -> type[models.Model] | None:
    """The table of the thing; None for one that the product no longer knows."""
    thing = THINGS.get(change.thing)
    return thing.model if thing else None


def value_in_words(table: type[models.Model] | None, name: str, value: Any) -> str:
    """A setting's value as people say it: yes, the name of a choice, the name of what it points to."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return str(value.get("name", NOTHING))
    if name == "position" and isinstance(value, int):
        return str(value + 1)
    if name == "colour":
        return str(HUES.get(value, value))
    choices = dict(_choices(_field(table, name)))
    if isinstance(value, list):
        return ", ".join(str(choices.get(each, each)) for each in value) or NOTHING
    return str(choices.get(value, value))


def _tell(change: ConfigurationChange) -> Told:
    thing = THINGS.get(change.thing)
    table = model_of(change)
    return Told(
        change=change,
        thing=str(thing.words) if thing else change.thing,
        who=change.by.name if change.by else pgettext("who changed a setting", "the product"),
        act=change.get_act_display(),
        differences=[_difference(table, name, change.changes[name]) for name in _in_order(thing, change)],
    )


def _in_order(thing: Thing | None, change: ConfigurationChange) -> list[str]:
    """The fields in the order of the form, since the database keeps its own; without what the thing's name says."""
    if thing is None:
        return list(change.changes)
    order = [*thing.by_language, *thing.fields, *thing.secrets]
    kept = [name for name in change.changes if name not in thing.named]
    return sorted(kept, key=lambda name: order.index(base) if (base := name.partition(".")[0]) in order else len(order))


def _difference(table: type[models.Model] | None, name: str, value: Any) -> Difference:
    label = _label(table, name)
    if value == CHANGED_SECRET:
        return Difference(label, is_secret=True)
    before, after = value
    if isinstance(before or after, list):
        order = [code for code, _words in _choices(_field(table, name))]
        was, now = (sorted(each or [], key=lambda code: order.index(code) if code in order else 0) for each in value)
        return Difference(
            label,
            came=[value_in_words(table, name, [each]) for each in now if each not in was],
            went=[value_in_words(table, name, [each]) for each in was if each not in now],
        )
    if _is_long(before) or _is_long(after):
        compared = difflib.ndiff(str(before or "").splitlines(), str(after or "").splitlines())
        return Difference(label, lines=[Line(line[0], line[2:]) for line in compared if line[0] != "?"])
    return Difference(label, value_in_words(table, name, before), value_in_words(table, name, after))


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and (len(value) > LONG or "\n" in value)


def _label(table: type[models.Model] | None, name: str) -> str:
    """The field's name; of one that holds something for each language, with the language."""
    base, _dot, language = name.partition(".")
    found = _field(table, base)
    # What is no field of the table is told by the words that its model has for it.
    words: str | LazyText = getattr(found, "verbose_name", "") or getattr(table, "setting_words", {}).get(base, base)
    if base == "names":
        words = _("name")
    elif base == "texts":
        words = _("text")
    if not language:
        return capfirst(str(words))
    return f"{capfirst(str(words))} ({get_language_info(language)['name_translated']})"


def _field(table: type[models.Model] | None, name: str) -> Any:
    try:
        return table._meta.get_field(name) if table else None  # noqa: SLF001 (Django documents it)
    except FieldDoesNotExist:
        return None


def _choices(found: Any) -> Iterable[tuple[Any, Any]]:
    inner = found.base_field if isinstance(found, ArrayField) else found
    return list(getattr(inner, "choices", None) or [])
