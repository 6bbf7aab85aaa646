"""What stands over a tag's list: its figures, its trend as a drawing, who looks after it, what is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from tickets import permissions, tag_joining, tag_lists
from tickets.answer_templates import standing_texts
from tickets.models import Tag, User
from tickets.tag_lists import DAYS, WEEK, TagFigures

BAR, GAP, HEIGHT = 5, 2, 24
WIDTH = DAYS * (BAR + GAP) - GAP


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of the trend, as the drawing has it."""

    x: int
    y: int
    height: int
    is_before: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """The bars of two weeks; the reader of the page has the numbers as words."""

    figures: TagFigures
    bars: list[Bar]
    width: int = WIDTH
    height: int = HEIGHT


def trend_of(figures: TagFigures) -> Trend:
    """The highest day is as high as the drawing; a day with anything at all can be seen."""
    most = max(*figures.days, 1)
    bars = []
    for place, count in enumerate(figures.days):
        height = max(2, round(HEIGHT * count / most)) if count else 1
        bars.append(Bar(place * (BAR + GAP), HEIGHT - height, height, place < DAYS - WEEK))
    return Trend(figures, bars)


def tag_panel(tag: Tag, user: User) -> dict[str, Any]:
    """The context of `_tag_panel.html`."""
    figures = tag_lists.figures_of(tag, user)
    words = tag_joining.words_of(tag)
    texts = standing_texts(tag)
    names = dict(settings.LANGUAGES)
    return {
        "tag": tag,
        "figures": figures,
        "trend": trend_of(figures),
        "oldest": tag_lists.oldest_of(tag, user) if figures.open else None,
        "words_for_it": [name for name, _is_waited_for in words],
        "answers": [(language, names.get(language, language), text) for language, text in texts.items()],
        "still_moving": tag_joining.waiting_to_move(tag) if any(waited for _name, waited in words) else 0,
        "may_set_up": permissions.can_set_up(user),
    }
