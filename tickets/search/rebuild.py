"""Writes the index anew, in batches while people work: after an upgrade, or when it is not trusted.

A batch locks its tickets, so that nobody's act falls between the old rows and the new ones; acts wait for it for an
instant. It may be stopped and run again. Into an empty index the rows are written first and its large parts, of words,
are made of them at the end: that takes a fraction of the time, and till then nothing is found anyway.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import OperationalError, ProgrammingError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from tickets.models import SearchRow
from tickets.models.search import WORD_INDEXES
from tickets.search.rows import BY_TIME

BATCH = 500  # tickets

_WINDOW = "SELECT max(id) FROM (SELECT id FROM tickets_ticket WHERE id > %s ORDER BY id LIMIT %s) AS next"
_LOCK = "SELECT id FROM tickets_ticket t WHERE id > %(after)s AND id <= %(last)s{missing} ORDER BY id FOR NO KEY UPDATE"
# Whatever of a ticket has no row, or one from before rows were numbered by time.
_MISSING = """
    AND (NOT EXISTS (SELECT FROM tickets_searchrow r WHERE r.ticket_id = t.id AND r.message_id IS NULL
            AND r.attachment_id IS NULL AND r.id >= %(by_time)s)
        OR EXISTS (SELECT FROM tickets_message m WHERE m.ticket_id = t.id AND m.erasure_id IS NULL
            AND NOT EXISTS (SELECT FROM tickets_searchrow r WHERE r.ticket_id = t.id AND r.message_id = m.id
                AND r.attachment_id IS NULL AND r.id >= %(by_time)s))
        OR EXISTS (SELECT FROM tickets_message m JOIN tickets_attachment a ON a.message_id = m.id
            WHERE m.ticket_id = t.id AND NOT a.is_inline AND a.erasure_id IS NULL
            AND NOT EXISTS (SELECT FROM tickets_searchrow r WHERE r.ticket_id = t.id AND r.message_id = m.id
                AND r.attachment_id = a.id AND r.id >= %(by_time)s)))
"""
_WRITE = (
    "DELETE FROM tickets_searchrow WHERE ticket_id = ANY(%(ids)s)",
    """INSERT INTO tickets_searchrow
        SELECT r.* FROM tickets_ticket t, search_ticket_row(t) AS r WHERE t.id = ANY(%(ids)s)
        ON CONFLICT ON CONSTRAINT search_row_unique DO NOTHING""",
    """INSERT INTO tickets_searchrow
        SELECT r.* FROM (SELECT m FROM tickets_message m WHERE ticket_id = ANY(%(ids)s) ORDER BY id) AS each,
            search_message_row(each.m) AS r WHERE r.id IS NOT NULL
        ON CONFLICT ON CONSTRAINT search_row_unique DO NOTHING""",
    """INSERT INTO tickets_searchrow
        SELECT r.* FROM tickets_message m JOIN tickets_attachment a ON a.message_id = m.id, search_file_row(a) AS r
        WHERE m.ticket_id = ANY(%(ids)s) AND r.id IS NOT NULL
        ON CONFLICT ON CONSTRAINT search_row_unique DO NOTHING""",
)
_STANDING = """
    SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = 'tickets_searchrow'::regclass
"""
_MEMORY = "256MB"  # for making an index
_LOCK_PATIENCE = "5s"  # searches wait meanwhile


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it has come."""

    tickets: int
    last_id: int


def rebuild(*, only_missing: bool = False, batch: int = BATCH, jobs: int = 1) -> Generator[Progress]:
    """One step after the other, the oldest tickets first; each is a transaction of its own, `jobs` of them at once."""
    owner = _owner()
    try:
        is_fresh = _put_off_words(owner)
        yield from _write_all(only_missing=only_missing, batch=batch, jobs=jobs)
        if is_fresh:
            _index_words(owner)
    finally:
        owner.close()


def _write_all(*, only_missing: bool, batch: int, jobs: int) -> Iterator[Progress]:
    def write(window: tuple[int, int]) -> int:
        return _write_batch(*window, only_missing=only_missing)

    def write_in_thread(window: tuple[int, int]) -> int:
        try:
            return write(window)
        finally:
            connection.close()  # each thread has its own

    done = 0
    with ThreadPoolExecutor(jobs) as pool:
        windows = list(_windows(batch))
        counts = map(write, windows) if jobs == 1 else pool.map(write_in_thread, windows)
        for (_after, last), written in zip(windows, counts, strict=True):
            done += written
            if written:
                yield Progress(done, last)


def _windows(batch: int) -> Iterator[tuple[int, int]]:
    """All tickets in lots: after which one, and up to which."""
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_WINDOW, [after, batch])
            last = cursor.fetchone()[0]
        if last is None:
            return
        yield after, last
        after = last


def _write_batch(after: int, last: int, *, only_missing: bool) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _LOCK.format(missing=_MISSING if only_missing else ""), {"after": after, "last": last, "by_time": BY_TIME}
        )
        ids = [row[0] for row in cursor.fetchall()]
        if ids:
            for statement in _WRITE:
                cursor.execute(statement, {"ids": ids})
    return len(ids)


# --- the indexes of words ------------------------------------------------------------------------------------------


def _owner() -> BaseDatabaseWrapper:
    """A connection of the tables' owner: indexes are his."""
    return ConnectionHandler({"default": {**settings.OWNER_DATABASE}})["default"]


def _word_indexes() -> list[tuple[GinIndex, bool | None]]:
    """Each with whether it is whole; None when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING)
        standing: dict[str, bool] = dict(cursor.fetchall())
    return [(index, standing.get(index.name)) for index in WORD_INDEXES]


def _put_off_words(owner: BaseDatabaseWrapper) -> bool:
    """Drops the indexes of words if the table is empty; whether they are to be made at the end.

    They are, too, when a fill was stopped before.
    """
    if not all(is_whole for _index, is_whole in _word_indexes()):
        return True
    if SearchRow.objects.exists():
        return False
    try:
        with owner.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [_LOCK_PATIENCE])
        with owner.schema_editor(atomic=True) as editor:
            for index in WORD_INDEXES:
                editor.remove_index(SearchRow, index)
    except (OperationalError, ProgrammingError):  # somebody works with it, or this role may not: then the slower way
        return False
    return True


def _index_words(owner: BaseDatabaseWrapper) -> None:
    """Makes those that are missing while people work."""
    with owner.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', '0', false)")
        cursor.execute("SELECT set_config('maintenance_work_mem', %s, false)", [_MEMORY])
    with owner.schema_editor(atomic=False) as editor:
        for index, is_whole in _word_indexes():
            if is_whole is False:
                editor.execute(f"DROP INDEX CONCURRENTLY {index.name}")
            if not is_whole:
                editor.execute(index.create_sql(SearchRow, editor, concurrently=True))
    with owner.cursor() as cursor:
        cursor.execute("ANALYZE tickets_searchrow")
