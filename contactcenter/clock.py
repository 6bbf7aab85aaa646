"""One clock for all hosts: the database's. Tests, the demo and replays may stop it or move it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.db import connection
from django.db.models import DateTimeField, FloatField, Func

_set: ContextVar[datetime | None] = ContextVar("contact_centre_clock", default=None)


def now() -> datetime:
    """This moment by the database, not the beginning of the transaction: a lock may have been waited for since."""
    if (fixed := _set.get()) is not None:
        return fixed
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    assert row is not None  # a SELECT without FROM has one row
    moment: datetime = row[0]
    return moment


def at_writing() -> datetime | Func:
    """The moment at which a row is written, as a value for it: it need not be asked for before."""
    return _set.get() or Func(function="clock_timestamp", output_field=DateTimeField())


class Seconds(Func):
    """A moment as seconds since 1970: hundreds of agents have thousands, and reading those as dates takes longest."""

    template = "EXTRACT(EPOCH FROM %(expressions)s)::float8"
    output_field = FloatField()


@contextmanager
def stopped_at(moment: datetime) -> Iterator[None]:
    """Within it, it is that moment. For what is told of other times; never in a room."""
    token = _set.set(moment)
    try:
        yield
    finally:
        _set.reset(token)
