"""Large tables are filled without their indexes, which are made afterwards, several at once; and by many hands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue

import psycopg
from psycopg import sql

Connection = psycopg.Connection[tuple[object, ...]]
Connect = Callable[[], Connection]

HANDS = 2  # as many connections work at once
SESSION = """
SET session_replication_role = replica;  -- no trigger speaks, no reference is looked up
SET synchronous_commit = off;
SET work_mem = '192MB';
SET temp_buffers = '64MB';
SET maintenance_work_mem = '1GB';
SET max_parallel_maintenance_workers = 1;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
"""
# While a house is filled a crash may cost the house: it would be made again.
HASTY = {
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "'4GB'",
    "checkpoint_timeout": "'30min'",
}
# Keys that references of other tables stand on stay.
KEYS = """
SELECT c.conname, c.contype = 'p', pg_get_indexdef(c.conindid), c.condeferrable, c.condeferred
FROM pg_constraint c WHERE c.conrelid = %(table)s::regclass AND c.contype IN ('p', 'u')
AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = c.conindid)
"""
INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
WHERE i.indrelid = %(table)s::regclass AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""


@dataclass(frozen=True, slots=True)
class Key:
    """A primary key or a unique constraint, and the index that holds it."""

    table: str
    name: str
    index: str
    kind: str


def run_all(connect: Connect, statements: Sequence[str]) -> None:
    """Each as it stands, the first ones first, HANDS at once. Raises whatever the first to fail raised."""
    waiting: SimpleQueue[str] = SimpleQueue()
    for statement in statements:
        waiting.put(statement)

    def work() -> None:
        with connect() as connection:
            connection.execute(SESSION)
            while not waiting.empty():
                connection.execute(waiting.get())

    by_hands(work)


def by_hands(work: Callable[[], None]) -> None:
    """HANDS threads, each of which does this."""
    with ThreadPoolExecutor(HANDS) as pool:
        for each in [pool.submit(work) for _hand in range(HANDS)]:
            each.result()


@contextmanager
def without_indexes(connect: Connect, tables: Sequence[str]) -> Iterator[None]:
    """The tables have no index within but those that references need. The largest comes first in `tables`.

    Afterwards every index and every key is there again under its name; they belong to the table's owner as before.
    """
    indexes, keys = [], []
    with connect() as connection:
        for table in tables:
            found = connection.execute(KEYS, {"table": table}).fetchall()
            for name, is_primary, definition, is_deferrable, is_deferred in found:
                kind = "PRIMARY KEY" if is_primary else "UNIQUE"
                when = (
                    f"{'NOT ' * (not is_deferrable)}DEFERRABLE INITIALLY {'DEFERRED' if is_deferred else 'IMMEDIATE'}"
                )
                keys.append(Key(table, str(name), str(definition), f"{kind} USING INDEX {name} {when}"))
                connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            for name, definition in connection.execute(INDEXES, {"table": table}).fetchall():
                indexes.append(str(definition))
                connection.execute(f"DROP INDEX {name}")
    yield
    # Words first: they take the longest.
    indexes.sort(key=lambda definition: " USING gin " not in definition)
    words = sum(" USING gin " in definition for definition in indexes)
    run_all(connect, [*indexes[:words], *(key.index for key in keys), *indexes[words:]])
    run_all(connect, [f"ALTER TABLE {key.table} ADD CONSTRAINT {key.name} {key.kind}" for key in keys])


@contextmanager
def hasty_server(connect: Connect) -> Iterator[None]:
    """The whole server waits for no disk within."""
    with connect() as connection:
        for name, value in HASTY.items():
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = " + value).format(sql.Identifier(name)))
        connection.execute("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        with connect() as connection:
            for name in HASTY:
                connection.execute(sql.SQL("ALTER SYSTEM RESET {}").format(sql.Identifier(name)))
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CHECKPOINT")
