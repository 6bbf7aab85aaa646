"""Ways to customer service that other apps bring to the portal's home, such as a chat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise as LazyText

from tickets.models import User


@dataclass(frozen=True, slots=True)
class Way:
    """A tile: where it leads, its icon, its name and what it is good for."""

    url: str
    icon: str
    title: str | LazyText
    text: str | LazyText


Ways = Callable[[User], list[Way]]
_brought: list[Ways] = []


def register_ways(ways: Ways) -> None:
    """Once, while the app gets ready: asked for each drawing of the home, so a query or two at most."""
    _brought.append(ways)


def ways_for(user: User) -> list[Way]:
    """All that this person has now."""
    return [way for ways in _brought for way in ways(user)]
