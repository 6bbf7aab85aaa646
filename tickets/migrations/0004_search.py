"""The search index, kept by the database: no writer can forget it, and what is erased leaves it in the same commit.

Words: `search_clean` leaves letters and digits, `search_fold` takes accents away, `search_vector` keeps each word at its
place in up to three forms (Hungarian stem as written, Hungarian and English stem without accents), so that a question
finds it with or without accents. `search_ask` makes the question of the same forms. Rows: `search_write_*` write one
row each; the triggers call them, and so does `rebuild_search`.
"""

from __future__ import annotations

from django.db import migrations

WORDS = r"""
CREATE TEXT SEARCH DICTIONARY ticketdesk_hungarian (TEMPLATE = snowball, LANGUAGE = hungarian);
CREATE TEXT SEARCH DICTIONARY ticketdesk_english (TEMPLATE = snowball, LANGUAGE = english);

-- Small letters and digits; everything between them is one space. The same signs as in tickets/search/words.py.
CREATE FUNCTION search_clean(t text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(
        translate(
            lower(CASE WHEN t ~ '[\u0300-\u036f]' THEN normalize(t, NFC) ELSE t END),
            E'ÁÉÍÓÖŐÚÜŰ\u00ad\u200b\u200c\u200d\ufeff', 'áéíóöőúüű'
        ),
        '[^0-9a-z\u00aa\u00b2\u00b3\u00b5\u00b9\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02c1\u0300-\u1fff\u2c00-\u2dff'
        '\u3040-\ud7ff\uf900-\ufdff\ufe70-\ufefe\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uffdc]+',
        ' ', 'g'
    )
$$;

-- Without accents. Hungarian ones by a quick table, all others by taking the letters apart.
CREATE FUNCTION search_fold(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    folded text := translate(t, 'áéíóöőúüű', 'aeiooouuu');
BEGIN
    IF folded ~ '[\u00c0-\u024f\u0300-\u036f\u1e00-\u1fff]' THEN
        RETURN regexp_replace(normalize(folded, NFD), '[\u0300-\u036f]+', '', 'g');
    END IF;
    RETURN folded;
END $$;

-- The forms of one clean word.
CREATE FUNCTION search_forms(w text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT AS $$
    SELECT array_agg(DISTINCT form) FROM unnest(ARRAY[
        search_fold((ts_lexize('ticketdesk_hungarian', w))[1]),
        (ts_lexize('ticketdesk_hungarian', search_fold(w)))[1],
        (ts_lexize('ticketdesk_english', search_fold(w)))[1]
    ]) AS form
$$;

CREATE FUNCTION search_forms_at(t text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    words text[];
    places text[];
    folded text[];
    as_written text;
    as_folded text;
BEGIN
    SELECT array_agg(lexeme), array_agg(array_to_string(positions, ',')) INTO words, places
        FROM unnest(to_tsvector('pg_catalog.simple', search_clean(t)));
    IF words IS NULL THEN
        RETURN ''::tsvector;
    END IF;
    folded := string_to_array(search_fold(array_to_string(words, ' ')), ' ');
    SELECT string_agg((ts_lexize('ticketdesk_hungarian', w))[1] || ':' || p, ' '),
           string_agg(CASE WHEN f <> w THEN (ts_lexize('ticketdesk_hungarian', f))[1] || ':' || p || ' ' ELSE '' END
                      || (ts_lexize('ticketdesk_english', f))[1] || ':' || p, ' ')
        INTO as_written, as_folded FROM unnest(words, folded, places) AS each(w, f, p);
    RETURN (search_fold(as_written) || ' ' || as_folded)::tsvector;
END $$;

-- A text's words. Of a monstrous one the beginning: a message must not be refused because it is long to search.
CREATE FUNCTION search_vector(t text, weight "char") RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT AS $$
BEGIN
    RETURN setweight(search_forms_at(left(t, 100000)), weight);
EXCEPTION WHEN program_limit_exceeded THEN
    RETURN setweight(search_forms_at(left(t, 10000)), weight);
END $$;

-- A word that says nothing alone, in either language.
CREATE FUNCTION search_is_small(w text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT ts_lexize('hungarian_stem', w) = '{}' OR ts_lexize('english_stem', w) = '{}'
$$;

-- The forms under which a word that is asked for may be kept. A Hungarian ending typed without its accent is tried with
-- it as well: nyomtatorol, nyomtatóról.
CREATE FUNCTION search_forms_asked(w text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT AS $$
    SELECT array_agg(DISTINCT form) FROM unnest(
        search_forms(w) || search_forms(regexp_replace(w, '(?<=..)(r|b|t)ol$', '\1ól'))
        || search_forms(regexp_replace(w, '(?<=..)nal$', 'nál'))
    ) AS form WHERE form <> ''
$$;

-- The question for one word or phrase. `weights` limits where it may stand; `begins`: the last word is a beginning.
CREATE FUNCTION search_ask(t text, weights text, begins boolean) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE STRICT
PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE
    words text[] := string_to_array(trim(search_clean(t)), ' ');
    w text;
    alternatives tsquery;
    phrase tsquery;
    n integer := 0;
BEGIN
    FOREACH w IN ARRAY words LOOP
        n := n + 1;
        CONTINUE WHEN w = '';
        IF begins AND n = cardinality(words) THEN
            alternatives := (search_fold(w) || ':*' || weights)::tsquery;
        ELSE
            alternatives := array_to_string(search_forms_asked(w), ':' || weights || ' | ') || ':' || weights;
        END IF;
        phrase := CASE WHEN phrase IS NULL THEN alternatives ELSE phrase <-> alternatives END;
    END LOOP;
    RETURN coalesce(phrase, ''::tsquery);
END $$;

-- All the words of a name or an address, in any order.
CREATE FUNCTION search_ask_each(t text, weights text) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT AS $$
DECLARE
    w text;
    asked tsquery := '';
BEGIN
    FOREACH w IN ARRAY string_to_array(trim(search_clean(t)), ' ') LOOP
        asked := asked && search_ask(w, weights, false);
    END LOOP;
    RETURN asked;
END $$;

-- The same among the receivers of a message, which are marked by a sign that no word holds.
CREATE FUNCTION search_ask_receiver(t text) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT AS $$
BEGIN
    RETURN coalesce((SELECT string_agg(format('''>%s''', w), ' & ')::tsquery
        FROM unnest(string_to_array(search_fold(search_clean(t)), ' ')) AS w WHERE w <> ''), ''::tsquery);
END $$;
"""

ROWS = r"""
-- The marks by which the index narrows; no cleaned word holds a tilde.
CREATE FUNCTION search_marks(row_id bigint, kind text, team bigint, at timestamptz) RETURNS tsvector
LANGUAGE sql STABLE AS $$
    SELECT array_to_tsvector(ARRAY[
        '~k' || kind, '~t' || team, '~e' || (row_id >> 12), '~f' || (row_id >> 16),
        '~y' || to_char(at AT TIME ZONE 'UTC', 'YYYY'), '~m' || to_char(at AT TIME ZONE 'UTC', 'YYYYMM')
    ])
$$;

CREATE FUNCTION search_write_ticket(t tickets_ticket) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    row_id bigint;
    people text;
    labels text;
    words tsvector;
BEGIN
    SELECT concat_ws(' ', u.name, u.email) INTO people FROM tickets_user u WHERE u.id = t.customer_id;
    SELECT concat_ws(' ', (SELECT name FROM tickets_organisation WHERE id = t.organisation_id),
        (SELECT string_agg(g.name, ' ') FROM tickets_tickettag tt JOIN tickets_tag g ON g.id = tt.tag_id
            WHERE tt.ticket_id = t.id)) INTO labels;
    words := search_vector(t.title || ' ' || t.number, 'A') || search_vector(coalesce(people, ''), 'B')
        || search_vector(labels, 'D');
    SELECT id INTO row_id FROM tickets_searchrow
        WHERE ticket_id = t.id AND message_id IS NULL AND attachment_id IS NULL;
    IF FOUND THEN
        UPDATE tickets_searchrow SET vector = words || search_marks(row_id, 't', t.team_id, t.opened_at)
            WHERE id = row_id;
    ELSE
        row_id := nextval('tickets_searchrow_id_seq');
        INSERT INTO tickets_searchrow (id, kind, ticket_id, at, vector) VALUES
            (row_id, 't', t.id, t.opened_at, words || search_marks(row_id, 't', t.team_id, t.opened_at));
    END IF;
END $$;

CREATE FUNCTION search_write_message(m tickets_message) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    row_id bigint := nextval('tickets_searchrow_id_seq');
    kind "char" := CASE m.kind WHEN 'note' THEN 'n' ELSE 'm' END;
    receivers tsvector;
BEGIN
    IF m.erasure_id IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT array_to_tsvector(coalesce(array_agg(DISTINCT '>' || w), '{}')) INTO receivers
        FROM unnest(string_to_array(search_fold(search_clean(m."to"::text || m.cc::text)), ' ')) AS w WHERE w <> '';
    INSERT INTO tickets_searchrow (id, kind, ticket_id, message_id, at, vector)
    SELECT row_id, kind, m.ticket_id, m.id, m.created_at,
        search_vector(m.subject, 'A') || search_vector(m.from_name || ' ' || m.from_address, 'B')
        || search_vector(coalesce(nullif(m.fresh, ''), m.body), (CASE kind WHEN 'n' THEN 'D' ELSE 'C' END)::"char")
        || receivers || search_marks(row_id, kind::text, t.team_id, m.created_at)
    FROM tickets_ticket t WHERE t.id = m.ticket_id;
END $$;

CREATE FUNCTION search_write_file(a tickets_attachment) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    row_id bigint := nextval('tickets_searchrow_id_seq');
BEGIN
    IF a.is_inline OR a.erasure_id IS NOT NULL THEN
        RETURN;
    END IF;
    INSERT INTO tickets_searchrow (id, kind, ticket_id, message_id, attachment_id, at, vector)
    SELECT row_id, 'f', m.ticket_id, m.id, a.id, m.created_at,
        search_vector(a.name, 'C') || search_marks(row_id, 'f', t.team_id, m.created_at)
    FROM tickets_message m JOIN tickets_ticket t ON t.id = m.ticket_id WHERE m.id = a.message_id;
END $$;
"""

KEEPING = r"""
CREATE FUNCTION search_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE TG_TABLE_NAME
    WHEN 'tickets_message' THEN
        IF TG_OP = 'UPDATE' THEN  -- written once: the only change there is, is an erasure
            DELETE FROM tickets_searchrow WHERE ticket_id = NEW.ticket_id AND message_id = NEW.id;
        ELSE
            PERFORM search_write_message(NEW);
        END IF;
    WHEN 'tickets_attachment' THEN
        IF TG_OP = 'UPDATE' THEN
            DELETE FROM tickets_searchrow WHERE attachment_id = NEW.id AND message_id = NEW.message_id
                AND ticket_id = (SELECT ticket_id FROM tickets_message WHERE id = NEW.message_id);
        ELSE
            PERFORM search_write_file(NEW);
        END IF;
    WHEN 'tickets_ticket' THEN
        IF TG_OP = 'UPDATE' AND NEW.team_id <> OLD.team_id THEN
            UPDATE tickets_searchrow SET vector = ts_delete(vector, '~t' || OLD.team_id)
                || array_to_tsvector(ARRAY['~t' || NEW.team_id]) WHERE ticket_id = NEW.id;
        END IF;
        IF TG_OP = 'INSERT' OR (NEW.title, NEW.customer_id, NEW.organisation_id)
            IS DISTINCT FROM (OLD.title, OLD.customer_id, OLD.organisation_id) THEN
            PERFORM search_write_ticket(NEW);
        END IF;
    WHEN 'tickets_tickettag' THEN
        PERFORM search_write_ticket(t) FROM tickets_ticket t
            WHERE t.id = CASE TG_OP WHEN 'DELETE' THEN OLD.ticket_id ELSE NEW.ticket_id END;
    -- names that stand on many tickets; renaming is rare
    WHEN 'tickets_user' THEN
        PERFORM search_write_ticket(t) FROM tickets_ticket t WHERE t.customer_id = NEW.id;
    WHEN 'tickets_organisation' THEN
        PERFORM search_write_ticket(t) FROM tickets_ticket t WHERE t.organisation_id = NEW.id;
    WHEN 'tickets_tag' THEN
        PERFORM search_write_ticket(t) FROM tickets_ticket t JOIN tickets_tickettag tt ON tt.ticket_id = t.id
            WHERE tt.tag_id = NEW.id;
    END CASE;
    RETURN NULL;
END $$;

CREATE TRIGGER search_message AFTER INSERT OR UPDATE ON tickets_message
    FOR EACH ROW EXECUTE FUNCTION search_keep();
CREATE TRIGGER search_file AFTER INSERT OR UPDATE ON tickets_attachment
    FOR EACH ROW EXECUTE FUNCTION search_keep();
CREATE TRIGGER search_ticket AFTER INSERT OR UPDATE OF title, team_id, customer_id, organisation_id ON tickets_ticket
    FOR EACH ROW EXECUTE FUNCTION search_keep();
CREATE TRIGGER search_tag AFTER INSERT OR DELETE ON tickets_tickettag
    FOR EACH ROW EXECUTE FUNCTION search_keep();
CREATE TRIGGER search_person_name AFTER UPDATE OF name, email ON tickets_user FOR EACH ROW
    WHEN ((OLD.name, OLD.email) IS DISTINCT FROM (NEW.name, NEW.email)) EXECUTE FUNCTION search_keep();
CREATE TRIGGER search_organisation_name AFTER UPDATE OF name ON tickets_organisation FOR EACH ROW
    WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION search_keep();
CREATE TRIGGER search_tag_name AFTER UPDATE OF name ON tickets_tag FOR EACH ROW
    WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION search_keep();
"""

DROP_WORDS = """
DROP FUNCTION search_ask_receiver(text), search_ask_each(text, text), search_ask(text, text, boolean), search_is_small(text), search_vector(text, "char"),
    search_forms_at(text), search_forms_asked(text), search_forms(text), search_fold(text), search_clean(text);
DROP TEXT SEARCH DICTIONARY ticketdesk_english;
DROP TEXT SEARCH DICTIONARY ticketdesk_hungarian;
"""
DROP_ROWS = """
DROP FUNCTION search_write_file(tickets_attachment), search_write_message(tickets_message),
    search_write_ticket(tickets_ticket), search_marks(bigint, text, bigint, timestamptz);
"""
DROP_KEEPING = """
DROP TRIGGER search_tag_name ON tickets_tag;
DROP TRIGGER search_organisation_name ON tickets_organisation;
DROP TRIGGER search_person_name ON tickets_user;
DROP TRIGGER search_tag ON tickets_tickettag;
DROP TRIGGER search_ticket ON tickets_ticket;
DROP TRIGGER search_file ON tickets_attachment;
DROP TRIGGER search_message ON tickets_message;
DROP FUNCTION search_keep();
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0003_first_vocabulary")]

    operations = [
        migrations.RunSQL(WORDS, DROP_WORDS),
        migrations.RunSQL(ROWS, DROP_ROWS),
        migrations.RunSQL(KEEPING, DROP_KEEPING),
    ]
