"""The rows of the search and of the radar for a house of a given size.

Texts are put together of a few thousand sentences. What the product would make of a text (its vector, the forms of its
words) is therefore asked for once a sentence and put together likewise; a test compares both.
"""

from __future__ import annotations

import re
from collections import Counter

from tests.benchmarks.bulk_tables import SESSION, Connect, Connection, run_all
from tickets.search.words import fold

REACH_DAYS = 365  # of the radar
LOT = 20_000  # tickets whose postings are written at once

SENTENCES = """
ALTER TABLE bench_sentence ADD body_vector tsvector, ADD title_vector tsvector;
UPDATE bench_sentence SET body_vector = search_vector(body, 'C'), title_vector = search_vector(title, 'A');
ANALYZE bench_sentence;
"""
# A number of digits has one form in every language; that a row's words stand one behind the other is kept by ||.
ROWS = (
    """
    INSERT INTO tickets_searchrow (id, kind, ticket_id, at, vector)
    SELECT r.id, 't', r.ticket_id, r.at, r.words || search_marks(r.id, 't', r.team_id, r.at) FROM (
        SELECT (greatest(floor(extract(epoch FROM k.opened_at))::bigint, 0) << 24)
                | (nextval('tickets_searchrow_id_seq') & 16777215) AS id,
            k.id AS ticket_id, k.opened_at AS at, k.team_id,
            s.title_vector || (k.id || ':1A ' || k.number || ':2A')::tsvector || c.people || c.labels
                || coalesce(g.labels, ''::tsvector) AS words
        FROM tickets_ticket k JOIN bench_drawn d ON d.n = k.id JOIN bench_sentence s ON s.n = d.title
        JOIN bench_customer c ON c.id = k.customer_id
        LEFT JOIN (
            SELECT tt.ticket_id, (array_agg(t.vector ORDER BY tt.tag_id))[1]
                || coalesce((array_agg(t.vector ORDER BY tt.tag_id))[2], ''::tsvector) AS labels
            FROM tickets_tickettag tt JOIN bench_tag t ON t.id = tt.tag_id
            WHERE tt.ticket_id > {after} AND tt.ticket_id <= {last} GROUP BY tt.ticket_id
        ) g ON g.ticket_id = k.id
        WHERE k.id > {after} AND k.id <= {last} ORDER BY k.id OFFSET 0
    ) r
    """,
    """
    INSERT INTO tickets_searchrow (id, kind, ticket_id, message_id, at, vector)
    SELECT r.id, r.kind, r.ticket_id, r.message_id, r.at, r.words || search_marks(r.id, r.kind, r.team, r.at) FROM (
        SELECT (greatest(floor(extract(epoch FROM m.created_at))::bigint, 0) << 24)
                | (nextval('tickets_searchrow_id_seq') & 16777215) AS id,
            CASE m.kind WHEN 'note' THEN 'n' ELSE 'm' END AS kind, m.ticket_id, m.id AS message_id,
            m.created_at AS at, m.team,
            s.title_vector || (m.ticket_id || ':1A')::tsvector || setweight(
                s1.body_vector || s2.body_vector || s3.body_vector
                || CASE m.code WHEN '' THEN ''::tsvector ELSE search_vector(m.code, 'C') END,
                (CASE m.kind WHEN 'note' THEN 'D' ELSE 'C' END)::"char") AS words
        FROM said m JOIN bench_sentence s ON s.n = m.title JOIN bench_sentence s1 ON s1.n = m.s1
        JOIN bench_sentence s2 ON s2.n = m.s2 JOIN bench_sentence s3 ON s3.n = m.s3
        ORDER BY m.created_at, m.id OFFSET 0
    ) r
    """,
    """
    INSERT INTO bench_report (ticket_id, title, s1, s2, s3, code)
    SELECT d.n, d.title, m.s1, m.s2, m.s3, m.code FROM bench_drawn d JOIN (
        SELECT DISTINCT ON (ticket_id) * FROM said WHERE kind <> 'note' ORDER BY ticket_id, created_at, id
    ) m ON m.ticket_id = d.n WHERE d.opened_at >= now() - interval '365 days'
    """,
)

FORMS = """
SELECT w, ts_lexize('pg_catalog.english_stem', f), ts_lexize('pg_catalog.hungarian_stem', w)
FROM unnest(%s::text[], %s::text[]) AS each(w, f)
"""
# The words' numbers: those of the sentences first, then of each report its own two, by which it is known.
TERMS = """
ALTER TABLE bench_report ADD PRIMARY KEY (ticket_id);
CREATE UNLOGGED TABLE bench_numbered AS
    SELECT r.ticket_id, w.words + 2 * (row_number() OVER (ORDER BY r.ticket_id)) - 1 AS own,
        sum(t.words + 2) OVER before AS title_words, sum(b1.words + b2.words + b3.words
            + CASE r.code WHEN '' THEN 0 ELSE 2 END) OVER before AS body_words,
        t.words + 2 AS own_title, b1.words + b2.words + b3.words + CASE r.code WHEN '' THEN 0 ELSE 2 END AS own_body,
        row_number() OVER before AS tickets
    FROM bench_report r
    JOIN bench_length t ON t.n = r.title AND t.is_title
    JOIN bench_length b1 ON b1.n = r.s1 AND NOT b1.is_title
    JOIN bench_length b2 ON b2.n = r.s2 AND NOT b2.is_title
    JOIN bench_length b3 ON b3.n = r.s3 AND NOT b3.is_title
    CROSS JOIN (SELECT max(word_id) AS words FROM bench_form) w
    WINDOW before AS (ORDER BY r.ticket_id);
ALTER TABLE bench_numbered ADD PRIMARY KEY (ticket_id);
INSERT INTO tickets_radartotals (id, tickets, title_words, body_words)
    SELECT 1, tickets, title_words, body_words FROM bench_numbered ORDER BY ticket_id DESC LIMIT 1;
INSERT INTO tickets_radarterm (id, word, tickets) SELECT own, ticket_id::text, 1 FROM bench_numbered;
INSERT INTO tickets_radarterm (id, word, tickets)
    SELECT own + 1, 'hx' || ticket_id, 1 FROM bench_numbered JOIN bench_report r USING (ticket_id) WHERE r.code <> '';
ANALYZE bench_report, bench_numbered;
"""
# The formula of tickets/similar/weighing.py, with the means as they were when the ticket came.
POSTINGS = """
WITH said AS (
    SELECT r.ticket_id, f.word_id, f.word, f.times AS in_title, 0 AS in_body
        FROM bench_report r JOIN bench_form f ON f.n = r.title AND f.is_title
        WHERE r.ticket_id > {after} AND r.ticket_id <= {last}
    UNION ALL
    SELECT r.ticket_id, f.word_id, f.word, 0, f.times
        FROM bench_report r CROSS JOIN unnest(ARRAY[r.s1, r.s2, r.s3]) AS s
        JOIN bench_form f ON f.n = s AND NOT f.is_title
        WHERE r.ticket_id > {after} AND r.ticket_id <= {last}
    UNION ALL
    SELECT ticket_id, own, ticket_id::text, 2, 0 FROM bench_numbered WHERE ticket_id > {after} AND ticket_id <= {last}
    UNION ALL
    SELECT ticket_id, own + 1, 'hx' || ticket_id, 0, 2 FROM bench_numbered JOIN bench_report USING (ticket_id)
        WHERE ticket_id > {after} AND ticket_id <= {last} AND code <> ''
), counted AS MATERIALIZED (
    SELECT ticket_id, word_id, word, sum(in_title) AS in_title, sum(in_body) AS in_body
    FROM said GROUP BY ticket_id, word_id, word
), weighed AS (
    SELECT c.ticket_id, c.word_id, 3.0::float8 * c.in_title::float8
            / (0.1::float8 + 0.9::float8 * t.own_title::float8
                / greatest(1, t.title_words::float8 / t.tickets::float8))
        + CASE WHEN c.in_body > 0 THEN 0.15::float8 * c.in_body::float8
            / (0.1::float8 + 0.9::float8 * t.own_body::float8
                / greatest(1, t.body_words::float8 / t.tickets::float8)) ELSE 0 END AS weight
    FROM counted c JOIN bench_numbered t USING (ticket_id)
), posted AS (
    INSERT INTO tickets_radarposting (term_id, ticket_id, weight)
    SELECT word_id, ticket_id, weight / (2.0::float8 + weight) FROM weighed
)
INSERT INTO tickets_radartext (ticket_id, terms, in_title, in_body)
SELECT ticket_id, array_agg(word_id ORDER BY word COLLATE "C"), array_agg(in_title ORDER BY word COLLATE "C"),
    array_agg(in_body ORDER BY word COLLATE "C") FROM counted GROUP BY ticket_id
"""
# Of the words of sentences only those that were used.
USED = """
INSERT INTO tickets_radarterm (id, word, tickets)
    SELECT f.word_id, f.word, p.tickets FROM (SELECT DISTINCT word_id, word FROM bench_form) f
    JOIN (SELECT term_id, count(*) AS tickets FROM tickets_radarposting
        WHERE term_id <= (SELECT max(word_id) FROM bench_form) GROUP BY term_id) p ON p.term_id = f.word_id;
SELECT setval('tickets_radarterm_id_seq', (SELECT max(id) FROM tickets_radarterm));
DROP TABLE bench_length, bench_numbered;
"""


def prepare_reports(connection: Connection) -> None:
    """The forms of each sentence's words, and room for what was reported."""
    connection.execute(
        "CREATE UNLOGGED TABLE bench_report (ticket_id bigint, title int, s1 int, s2 int, s3 int, code text);"
        "CREATE UNLOGGED TABLE bench_form (n int, is_title boolean, word_id int, word text, times int);"
        "CREATE UNLOGGED TABLE bench_length (n int, is_title boolean, words int)"
    )
    texts = [
        (int(str(n)), is_title, re.findall(r"\w+", str(text).lower()))
        for n, is_title, text in connection.execute(
            "SELECT n, true, title FROM bench_sentence UNION ALL SELECT n, false, body FROM bench_sentence"
        ).fetchall()
    ]
    forms = _forms(connection, sorted({word for _n, _is_title, words in texts for word in words}))
    ids: dict[str, int] = {}
    lengths = []
    with connection.cursor() as cursor, cursor.copy("COPY bench_form FROM STDIN") as copy:
        for n, is_title, words in texts:
            counted = Counter(form for word in words for form in forms.get(word, ()) if form)
            lengths.append((n, is_title, counted.total()))
            for form, times in counted.items():
                copy.write_row((n, is_title, ids.setdefault(form, len(ids) + 1), form, times))
    with connection.cursor() as cursor, cursor.copy("COPY bench_length FROM STDIN") as copy:
        for row in lengths:
            copy.write_row(row)
    connection.execute("CREATE INDEX ON bench_form (n); ANALYZE bench_form, bench_length")


def _forms(connection: Connection, words: list[str]) -> dict[str, tuple[str, str]]:
    """As `tickets.similar.words` knows them: words that say nothing have none."""
    found = connection.execute(FORMS, [words, [fold(word) for word in words]]).fetchall()
    return {
        str(word): (str(english[0]) if english else fold(str(word)), fold(str((hungarian or [word])[0])))  # type: ignore[index]
        for word, english, hungarian in found
        if english != [] and hungarian != []
    }


def write_reports(connect: Connect) -> None:
    """The radar's words of all tickets within its reach, as if they had been read in the order in which they came."""
    with connect() as connection:
        connection.execute(SESSION)
        connection.execute(TERMS)
        first, last = connection.execute(
            "SELECT coalesce(min(ticket_id), 1), coalesce(max(ticket_id), 0) FROM bench_report"
        ).fetchall()[0]
    lots = range(int(str(first)) - 1, int(str(last)), LOT)
    run_all(connect, [POSTINGS.format(after=after, last=after + LOT) for after in lots])
    with connect() as connection:
        connection.execute(SESSION)
        connection.execute(USED)
