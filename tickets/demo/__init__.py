"""The demo: Hungarian and English people, organisations, teams and lifelike tickets, for trying the product out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tickets.demo.play import Stage

_parts: list[Callable[[Stage], None]] = []


def register_part(plant_part: Callable[[Stage], None]) -> None:
    """Once, while an app gets ready: what it adds to the demo, after the tickets and in their transaction."""
    _parts.append(plant_part)


def parts() -> list[Callable[[Stage], None]]:
    """What other apps add."""
    return list(_parts)


def plant() -> int:
    """Fills an empty database; returns how many tickets were made. Raises Refused where there are tickets."""
    from tickets.demo.planting import plant_demo

    return plant_demo()


def logins() -> list[tuple[str, str, str]]:
    """Role, e-mail and password of those with whom to look around; empty unless the demo was planted here."""
    from tickets.demo.people import LOGINS, PASSWORD, email_of
    from tickets.models import User

    there = set(User.objects.filter(is_active=True).values_list("email", flat=True))
    return [(role, email, PASSWORD) for role, key in LOGINS if (email := email_of(key)) in there and email]
