"""The rows of the search are numbered by the time of what they speak of, and their words are made at a fraction of the cost.

Until now a row's number said when it was written: an old ticket whose row was written late counted as the newest.
Numbers made before are all smaller than those made now: such rows stay valid and count as the oldest. A small house is
written anew at once, a large one by `rebuild_search --missing` while people work.
"""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

before = import_module("tickets.migrations.0004_search")

MOST_AT_ONCE = 5_000  # tickets

WORDS = r"""
-- Two configurations that make every word of a text its stem, in one go.
CREATE TEXT SEARCH CONFIGURATION ticketdesk_hungarian (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION ticketdesk_hungarian ALTER MAPPING REPLACE simple WITH ticketdesk_hungarian;
CREATE TEXT SEARCH CONFIGURATION ticketdesk_english (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION ticketdesk_english ALTER MAPPING REPLACE simple WITH ticketdesk_english;

-- As before, at a quarter of the cost: signs are only looked up where there are any, and a single space is left as it is.
CREATE OR REPLACE FUNCTION search_clean(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    clean text := lower(CASE WHEN t ~ '[\u0300-\u036f]' THEN normalize(t, NFC) ELSE t END);
BEGIN
    IF clean ~ '[ÁÉÍÓÖŐÚÜŰ\u00ad\u200b\u200c\u200d\ufeff]' THEN
        clean := translate(clean, E'ÁÉÍÓÖŐÚÜŰ\u00ad\u200b\u200c\u200d\ufeff', 'áéíóöőúüű');
    END IF;
    RETURN regexp_replace(clean,
        ' *[^0-9a-z\u00aa\u00b2\u00b3\u00b5\u00b9\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02c1\u0300-\u1fff\u2c00-\u2dff'
        '\u3040-\ud7ff\uf900-\ufdff\ufe70-\ufefe\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uffdc ][^0-9a-z\u00aa\u00b2\u00b3\u00b5\u00b9\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02c1\u0300-\u1fff\u2c00-\u2dff'
        '\u3040-\ud7ff\uf900-\ufdff\ufe70-\ufefe\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uffdc]*|  +', ' ', 'g');
END $$;

CREATE OR REPLACE FUNCTION search_fold(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    folded text := t;
BEGIN
    IF octet_length(t) = length(t) THEN
        RETURN t;
    END IF;
    folded := replace(replace(replace(replace(replace(replace(replace(replace(replace(
        t, 'á', 'a'), 'é', 'e'), 'í', 'i'), 'ó', 'o'), 'ö', 'o'), 'ő', 'o'), 'ú', 'u'), 'ü', 'u'), 'ű', 'u');
    -- Whatever its neighbours are, a word has one form: all other letters are taken apart and put together again.
    IF octet_length(folded) > length(folded) THEN
        RETURN normalize(regexp_replace(normalize(folded, NFD), '[\u0300-\u036f]+', '', 'g'), NFC);
    END IF;
    RETURN folded;
END $$;

-- The same forms as before: vectors are joined as texts, since joined as vectors the second would stand behind the first.
CREATE OR REPLACE FUNCTION search_forms_at(t text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    clean text := search_clean(t);
    folded text := search_fold(clean);
    as_written text := '';
BEGIN
    IF folded <> clean THEN
        as_written := search_fold(to_tsvector('ticketdesk_hungarian', clean)::text) || ' ';
        IF strpos(as_written, '''''') > 0 THEN  -- a word of nothing but an accent
            as_written := regexp_replace(as_written, '''''(:[0-9,]+)?', '', 'g');
        END IF;
    END IF;
    RETURN (as_written || to_tsvector('ticketdesk_hungarian', folded)::text || ' '
        || to_tsvector('ticketdesk_english', folded)::text)::tsvector;
END $$;

-- A text's words. Of a monstrous one the beginning: a message must not be refused because it is long to search. Only a
-- long one can be monstrous; to be ready for that costs more than the words of a short one.
CREATE OR REPLACE FUNCTION search_vector(t text, weight "char") RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT
PARALLEL SAFE SET search_path FROM CURRENT AS $$
BEGIN
    IF length(t) < 10000 THEN
        RETURN setweight(search_forms_at(t), weight);
    END IF;
    BEGIN
        RETURN setweight(search_forms_at(left(t, 100000)), weight);
    EXCEPTION WHEN program_limit_exceeded THEN
        RETURN setweight(search_forms_at(left(t, 10000)), weight);
    END;
END $$;
"""

ROWS = r"""
-- The number of a row: the second of what it speaks of, then a running number that makes it the only one. Two rows can
-- only meet if sixteen million others were written between them.
CREATE FUNCTION search_row_id(at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    second bigint := greatest(floor(extract(epoch FROM at))::bigint, 0) << 24;
    found bigint;
BEGIN
    LOOP
        found := second | (nextval('tickets_searchrow_id_seq') & 16777215);
        EXIT WHEN NOT EXISTS (SELECT FROM tickets_searchrow WHERE id = found);
    END LOOP;
    RETURN found;
END $$;

-- ~e, ~f, ~g, ~h: lots of time, each sixteen times as long as the one before (4.5 hours, 3 days, 7 weeks, 2 years).
CREATE OR REPLACE FUNCTION search_marks(row_id bigint, kind text, team bigint, at timestamptz) RETURNS tsvector
LANGUAGE sql STABLE AS $$
    SELECT array_to_tsvector(ARRAY[
        '~k' || kind, '~t' || team,
        '~e' || (row_id >> 38), '~f' || (row_id >> 42), '~g' || (row_id >> 46), '~h' || (row_id >> 50),
        '~y' || to_char(at AT TIME ZONE 'UTC', 'YYYY'), '~m' || to_char(at AT TIME ZONE 'UTC', 'YYYYMM')
    ])
$$;

-- What the row of a ticket, a message or a file holds; null when there is to be none.
CREATE FUNCTION search_ticket_row(t tickets_ticket) RETURNS tickets_searchrow LANGUAGE plpgsql AS $$
DECLARE
    made tickets_searchrow;
    people text;
    labels text;
BEGIN
    SELECT concat_ws(' ', u.name, u.email) INTO people FROM tickets_user u WHERE u.id = t.customer_id;
    SELECT concat_ws(' ', (SELECT name FROM tickets_organisation WHERE id = t.organisation_id),
        (SELECT string_agg(g.name, ' ') FROM tickets_tickettag tt JOIN tickets_tag g ON g.id = tt.tag_id
            WHERE tt.ticket_id = t.id)) INTO labels;
    made.id := search_row_id(t.opened_at);
    made.kind := 't';
    made.ticket_id := t.id;
    made.at := t.opened_at;
    made.vector := search_vector(t.title || ' ' || t.number, 'A') || search_vector(coalesce(people, ''), 'B')
        || search_vector(labels, 'D') || search_marks(made.id, 't', t.team_id, t.opened_at);
    RETURN made;
END $$;

CREATE FUNCTION search_message_row(m tickets_message) RETURNS tickets_searchrow LANGUAGE plpgsql AS $$
DECLARE
    made tickets_searchrow;
    receivers tsvector := '';
    team bigint;
BEGIN
    IF m.erasure_id IS NOT NULL THEN
        RETURN NULL;
    END IF;
    IF m."to" <> '[]' OR m.cc <> '[]' THEN
        SELECT array_to_tsvector(coalesce(array_agg(DISTINCT '>' || w), '{}')) INTO receivers
            FROM unnest(string_to_array(search_fold(search_clean(m."to"::text || m.cc::text)), ' ')) AS w WHERE w <> '';
    END IF;
    SELECT team_id INTO team FROM tickets_ticket WHERE id = m.ticket_id;
    made.id := search_row_id(m.created_at);
    made.kind := CASE m.kind WHEN 'note' THEN 'n' ELSE 'm' END;
    made.ticket_id := m.ticket_id;
    made.message_id := m.id;
    made.at := m.created_at;
    made.vector := search_vector(m.subject, 'A') || search_vector(m.from_name || ' ' || m.from_address, 'B')
        || search_vector(coalesce(nullif(m.fresh, ''), m.body), (CASE made.kind WHEN 'n' THEN 'D' ELSE 'C' END)::"char")
        || receivers || search_marks(made.id, made.kind, team, m.created_at);
    RETURN made;
END $$;

CREATE FUNCTION search_file_row(a tickets_attachment) RETURNS tickets_searchrow LANGUAGE plpgsql AS $$
DECLARE
    made tickets_searchrow;
    team bigint;
BEGIN
    IF a.is_inline OR a.erasure_id IS NOT NULL THEN
        RETURN NULL;
    END IF;
    SELECT m.ticket_id, m.created_at, t.team_id INTO made.ticket_id, made.at, team
        FROM tickets_message m JOIN tickets_ticket t ON t.id = m.ticket_id WHERE m.id = a.message_id;
    made.id := search_row_id(made.at);
    made.kind := 'f';
    made.message_id := a.message_id;
    made.attachment_id := a.id;
    made.vector := search_vector(a.name, 'C') || search_marks(made.id, 'f', team, made.at);
    RETURN made;
END $$;

CREATE OR REPLACE FUNCTION search_write_ticket(t tickets_ticket) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tickets_searchrow SELECT r.* FROM search_ticket_row(t) AS r
        ON CONFLICT ON CONSTRAINT search_row_unique DO UPDATE SET id = excluded.id, vector = excluded.vector;
END $$;

CREATE OR REPLACE FUNCTION search_write_message(m tickets_message) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tickets_searchrow SELECT r.* FROM search_message_row(m) AS r WHERE r.id IS NOT NULL;
END $$;

CREATE OR REPLACE FUNCTION search_write_file(a tickets_attachment) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tickets_searchrow SELECT r.* FROM search_file_row(a) AS r WHERE r.id IS NOT NULL;
END $$;
"""


def restored(sql: str) -> str:
    """Functions of an older migration, in place of the newer ones of the same name."""
    return sql.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


# Backwards: what was written by then stays valid, and is found.
DROP_ROWS = (
    restored(before.ROWS)
    + """
DROP FUNCTION search_file_row(tickets_attachment), search_message_row(tickets_message),
    search_ticket_row(tickets_ticket), search_row_id(timestamptz);
"""
)


def earlier(name: str) -> str:
    """A function of `search` as it was."""
    begin = before.WORDS.index(f"CREATE FUNCTION {name}(")
    return restored(before.WORDS[begin : before.WORDS.index("$$;", begin) + 3] + "\n")


DROP_WORDS = (
    "".join(map(earlier, ("search_clean", "search_fold", "search_forms_at", "search_vector")))
    + """
DROP TEXT SEARCH CONFIGURATION ticketdesk_english;
DROP TEXT SEARCH CONFIGURATION ticketdesk_hungarian;
"""
)

FILL = f"""
DO $$
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM tickets_ticket LIMIT {MOST_AT_ONCE + 1}) AS few) <= {MOST_AT_ONCE} THEN
        DELETE FROM tickets_searchrow;
        INSERT INTO tickets_searchrow SELECT r.* FROM tickets_ticket t, search_ticket_row(t) r;
        INSERT INTO tickets_searchrow
            SELECT r.* FROM tickets_message m, search_message_row(m) r WHERE r.id IS NOT NULL ORDER BY r.id;
        INSERT INTO tickets_searchrow
            SELECT r.* FROM tickets_attachment a, search_file_row(a) r WHERE r.id IS NOT NULL ORDER BY r.id;
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0006_radar")]

    operations = [
        migrations.RunSQL(WORDS, DROP_WORDS),
        migrations.RunSQL(ROWS, DROP_ROWS),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
