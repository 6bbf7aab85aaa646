"""A stopped clock for the demo alone: rows carry past times, so that the inbox looks lived in.

The history's own `recorded_at` comes from the database's clock and stays honest.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from unittest import mock


class _IsDatetime(type):
    """Ordinary datetimes still pass `isinstance` while the class is replaced."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


@contextmanager
def stopped_at(moment: datetime) -> Iterator[None]:
    """Within it, `django.utils.timezone.now()` says `moment`, also where a model's default refers to it."""

    class Stopped(datetime, metaclass=_IsDatetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return moment.astimezone(tz) if tz else moment.replace(tzinfo=None)

    with mock.patch("django.utils.timezone.datetime", Stopped):
        yield
