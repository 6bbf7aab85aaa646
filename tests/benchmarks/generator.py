"""Makes a house of any size fast: people, tickets, messages, chained histories and the rows of both searches.

The words follow Zipf's law in Hungarian and English; what happened lies over three years, the open tickets in the last
weeks. Lots of tickets are written set by set in SQL, two at once, into tables without indexes, by the database's
superuser, whose role of a replica lets no trigger speak. Every hash is made by the database's own functions, and what
the triggers and drains would have written is made of the parts that recur: `verify_history` finds the result intact,
and the index of the search is the one that `rebuild_search` writes.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue

from tests.benchmarks import generator_words
from tests.benchmarks.bulk_tables import SESSION, Connect, Connection, by_hands, run_all, without_indexes
from tests.benchmarks.generator_sql import (
    CHAIN,
    DRAFTED,
    DRAWN,
    EXTRAS,
    FINISH,
    MESSAGE,
    PLANNED,
    TAGS,
    TICKETS,
)

SENTENCES = 4_000
ORGANISATIONS = 400
TEAMS = 12
AGENTS = 60
OPEN_SHARE = 0.04
CHUNK = 10_000  # tickets a transaction
LONG_MESSAGES = 500  # on one ticket
YEARS = 3

STEMS = {
    "hu": """
        nyomtató jelszó szerver hálózat számla levél fiók telefon monitor billentyűzet mappa program frissítés hiba
        belépés kapcsolat fájl melléklet licenc tanúsítvány router kábel toner papír laptop dokkoló egér projektor
        naptár meghívó csoport jogosultság mentés visszaállítás tűzfal vírus adatbázis riport szállítás raktár
        rendelés ügyfél szerződés árvíztűrő tükörfúrógép
    """,
    "en": """
        printer password server network invoice mail account phone monitor keyboard folder program update error
        login connection file attachment licence certificate router cable toner paper laptop dock mouse projector
        calendar invitation group permission backup restore firewall virus database report delivery warehouse order
        customer contract screen driver
    """,
}
FILLERS = {
    "hu": "a az és nem hogy van egy de is ha már csak mert kérem szeretném azonnal ma holnap tegnap óta ismét",
    "en": "the and not that is a to but it if since please today tomorrow again we our when on",
}
ENDINGS = {
    "hu": ("", "t", "nak", "ban", "hoz", "val", "ok", "okat", "om", "unk"),
    "en": ("", "s", "ing", "ed", "er"),
}


# Those that grow with the house; the largest first.
TABLES = (
    "tickets_searchrow",
    "tickets_radarposting",
    "tickets_event",
    "tickets_message",
    "tickets_ticket",
    "tickets_radarterm",
    "tickets_radartext",
)


def fill(connect: Connect, tickets: int, *, say: Callable[[str], None] = print, seed: int = 7) -> None:
    """Fills a migrated database through the superuser's connections. `say` is told how long each part took, in seconds.

    Raises psycopg.Error when the tables are not as the generator knows them.
    """
    with connect() as connection:
        connection.execute(SESSION)
        connection.execute("SELECT setseed(%s)", [seed / 100])
        with _timed("words and people", say):
            _write_words(connection, random.Random(seed))
            connection.execute(PEOPLE, {"tickets": tickets, "organisations": ORGANISATIONS, "agents": AGENTS})
            connection.execute(DRAWN, {"tickets": tickets, "open": OPEN_SHARE, "years": YEARS, "long": LONG_MESSAGES})
            connection.execute(CHAIN)
            generator_words.prepare_reports(connection)
            statements = [TICKETS, TAGS, *_messages(connection), _histories(connection), *generator_words.ROWS]
    with _indexed(connect, say):
        with _timed("tickets, messages, histories, search", say):
            _write_lots(connect, statements, tickets)
        with _timed("similar words", say):
            generator_words.write_reports(connect)
        with connect() as connection, _timed("promises, marks", say):
            connection.execute(SESSION)
            connection.execute(FINISH)
        with _timed("statistics", say):
            run_all(connect, [f"VACUUM (ANALYZE, PARALLEL 0) {table}" for table in TABLES])
    with connect() as connection, _timed("the rest", say):
        connection.execute("ANALYZE")


@contextmanager
def _indexed(connect: Connect, say: Callable[[str], None]) -> Iterator[None]:
    """Without indexes within; says how long they took."""
    begun = time.perf_counter()
    with without_indexes(connect, TABLES):
        yield
        begun = time.perf_counter()
    say(f"  indexes: {time.perf_counter() - begun:.1f} s")


@contextmanager
def _timed(what: str, say: Callable[[str], None]) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    say(f"  {what}: {time.perf_counter() - begun:.1f} s")


def _write_lots(connect: Connect, statements: list[str], tickets: int) -> None:
    """All statements for one lot of tickets after the other; a lot is a transaction."""
    waiting: SimpleQueue[int] = SimpleQueue()
    for after in range(0, tickets, CHUNK):
        waiting.put(after)

    def work() -> None:
        with connect() as connection:
            connection.execute(SESSION)
            while True:
                try:
                    after = waiting.get_nowait()
                except Empty:
                    return
                with connection.transaction():
                    for statement in statements:
                        connection.execute(statement.format(after=after, last=after + CHUNK))

    by_hands(work)


def _write_words(connection: Connection, chance: random.Random) -> None:
    """A table of sentences, from which bodies and titles are drawn, and the tables that number rows from zero."""
    connection.execute("CREATE UNLOGGED TABLE bench_sentence (n int PRIMARY KEY, language text, body text, title text)")
    connection.execute(VOCABULARY)
    with connection.cursor() as cursor, cursor.copy("COPY bench_sentence FROM STDIN") as copy:
        for number in range(SENTENCES):
            language = "hu" if number % 4 else "en"
            body = " ".join(_word(chance, language) for _ in range(chance.randint(8, 22)))
            title = " ".join(_word(chance, language, filler=0.2) for _ in range(chance.randint(3, 7)))
            copy.write_row((number, language, f"{body.capitalize()}.", title.capitalize()))
    connection.execute(generator_words.SENTENCES)


def _word(chance: random.Random, language: str, filler: float = 0.45) -> str:
    """Fillers often, stems by Zipf's law, in one of their forms; now and then a code that hardly anyone else has."""
    if chance.random() < filler:
        return chance.choice(FILLERS[language].split())
    if chance.random() < 0.004:
        return f"hiba{chance.randint(1000, 99999)}"
    stems = STEMS[language].split()
    place = min(int(chance.paretovariate(0.9)) - 1, len(stems) - 1)
    return stems[place] + chance.choice(ENDINGS[language])


def _columns(connection: Connection, table: str) -> dict[str, str]:
    """Name to type, in the table's order."""
    found = connection.execute(
        "SELECT quote_ident(attname), format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        [table],
    )
    return {str(name): str(kind) for name, kind in found}


def _messages(connection: Connection) -> list[str]:
    """Statements that draft the messages of a lot in a table `said` and write them."""
    columns = _columns(connection, "tickets_message")
    row = ", ".join(f"({MESSAGE.get(name, 'NULL')})::{kind} AS {name}" for name, kind in columns.items())
    names = ", ".join(columns)
    others = ", ".join(name for name in columns if name != "content_hash")
    return [
        f"""
        CREATE TEMP TABLE said ON COMMIT DROP AS
            WITH drafted AS MATERIALIZED (SELECT {row}, {DRAFTED})
            SELECT {others}, message_content_hash(ROW({names})::tickets_message) AS content_hash, {EXTRAS} FROM drafted
        """,
        "ANALYZE said",
        f"INSERT INTO tickets_message ({names}) SELECT {names} FROM said",
    ]


def _histories(connection: Connection) -> str:
    """A statement that writes the histories of a lot: each line's hash stands on the one before."""
    columns = _columns(connection, "tickets_event")
    source = {"id": "0", "prev_hash": "''", "hash": "''"}
    row = ", ".join(f"({source.get(name, f'p.{name}')})::{kind} AS {name}" for name, kind in columns.items())
    names = ", ".join(columns)
    made = {
        "id": "nextval('tickets_event_id_seq')",
        "prev_hash": "coalesce(lag(made) OVER chain, ''::bytea)",
        "hash": "made",
    }
    message = ", ".join(_columns(connection, "tickets_message"))
    return f"""
        WITH p AS ({PLANNED.replace("@message", message)}), e AS MATERIALIZED (SELECT {row} FROM p),
        chained AS (
            SELECT e.*, bench_chained(ROW({names})::tickets_event) OVER (chain ROWS UNBOUNDED PRECEDING) AS made FROM e
            WINDOW chain AS (PARTITION BY ticket_id ORDER BY seq)
        )
        INSERT INTO tickets_event ({names}) SELECT {", ".join(made.get(name, name) for name in columns)} FROM chained
            WINDOW chain AS (PARTITION BY ticket_id ORDER BY seq)
    """


VOCABULARY = """
CREATE UNLOGGED TABLE bench_vocabulary AS
    SELECT 'status' AS what, row_number() OVER (ORDER BY position) - 1 AS n, id, type AS code FROM tickets_status
        WHERE type <> 'merged'
    UNION ALL SELECT 'kind', row_number() OVER (ORDER BY position) - 1, id, code FROM tickets_kind
    UNION ALL SELECT 'priority', row_number() OVER (ORDER BY level) - 1, id, code FROM tickets_priority;
"""

PEOPLE = """
INSERT INTO tickets_organisation (name, shares_tickets, is_active, created_at)
    SELECT 'Szervezet ' || n, n %% 10 = 0, true, now() FROM generate_series(1, %(organisations)s) n;
CREATE UNLOGGED TABLE bench_organisation AS
    SELECT row_number() OVER (ORDER BY id) - 1 AS n, id FROM tickets_organisation;

INSERT INTO tickets_team (name, description, closed_follow_up, absent_owner, is_active, created_at)
    SELECT 'Csapat ' || n, '', 'reopen', 'deputy', true, now() FROM generate_series(1, 12) n;
CREATE UNLOGGED TABLE bench_team AS SELECT row_number() OVER (ORDER BY id) - 1 AS n, id FROM tickets_team;

INSERT INTO tickets_user (password, name, email, phone, job_title, place, roles, language, time_zone, single_keys,
        undo_seconds, is_active, created_at)
    SELECT '!', 'Munkatárs ' || n, 'agent' || n || '@desk.example', '', '', '', '{agent}', 'hu', 'Europe/Budapest',
        true, 8, true, now()
    FROM generate_series(1, %(agents)s) n;
CREATE UNLOGGED TABLE bench_agent AS
    SELECT row_number() OVER (ORDER BY id) - 1 AS n, id FROM tickets_user WHERE roles && '{agent}';
-- Every agent works in four of the twelve teams.
INSERT INTO tickets_membership (team_id, user_id, rights)
    SELECT t.id, a.id, '{all}' FROM bench_agent a, bench_team t WHERE (t.n + a.n) %% 3 = 0;

INSERT INTO tickets_user (password, name, email, phone, job_title, place, organisation_id, roles, language,
        time_zone, single_keys, undo_seconds, is_active, created_at)
    SELECT '!',
        (ARRAY['Kovács','Nagy','Szabó','Tóth','Varga','Horváth','Kiss','Molnár','Németh','Farkas'])[1 + g.n %% 10]
        || ' '
        || (ARRAY['Anna','Béla','Csilla','Dénes','Emese','Ferenc','Gábor','Hanna','Ilona','János'])[1 + g.n / 10 %% 10]
        || ' ' || g.n,
        'customer' || g.n || '@world.example', '', '',
        CASE WHEN g.n %% 3 = 0 THEN '' ELSE (g.n %% 40) || '. telephely, ' || (g.n %% 5) || '. emelet' END,
        o.id, '{customer}',
        CASE WHEN g.n %% 4 = 0 THEN 'en' ELSE 'hu' END,
        'Europe/Budapest', true, 8, true, now()
    FROM generate_series(1, greatest(50, %(tickets)s / 20)) g(n)
    LEFT JOIN bench_organisation o ON o.n = g.n %% (%(organisations)s + 60);
INSERT INTO tickets_address (user_id, email, created_at) SELECT id, email, now() FROM tickets_user;
CREATE UNLOGGED TABLE bench_customer AS
    SELECT row_number() OVER (ORDER BY u.id) - 1 AS n, u.id, u.organisation_id,
        search_vector(concat_ws(' ', u.name, u.email), 'B') AS people,
        search_vector(coalesce(o.name, ''), 'D') AS labels
    FROM tickets_user u LEFT JOIN tickets_organisation o ON o.id = u.organisation_id WHERE roles && '{customer}';
ALTER TABLE bench_customer ADD PRIMARY KEY (n);

INSERT INTO tickets_tag (name, description, is_active, answer, created_at)
    SELECT 'címke' || n, '', true, '{}', now() FROM generate_series(1, 200) n;
CREATE UNLOGGED TABLE bench_tag AS SELECT row_number() OVER (ORDER BY id) - 1 AS n, id,
    search_vector(name, 'D') AS vector FROM tickets_tag;
ANALYZE;
"""
