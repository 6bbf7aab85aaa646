"""People and organisations are found by name, address and phone, and by names that are nearly right.

Indexes on expressions: nothing is stored that could grow old. A small house is indexed at once; on a large one the
command `rebuild_search` does it in batches while people work.
"""

from __future__ import annotations

from django.db import migrations

MOST_AT_ONCE = 5_000  # tickets

PEOPLE = r"""
-- Names and addresses as they are, without accents; phone numbers by their last nine and seven digits.
CREATE FUNCTION search_person(name text, email text, phone text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE
PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE
    digits text := regexp_replace(coalesce(phone, ''), '\D', '', 'g');
BEGIN
    RETURN to_tsvector('pg_catalog.simple', search_fold(search_clean(coalesce(name, '') || ' ' || coalesce(email, ''))))
        || CASE WHEN length(digits) < 6 THEN ''::tsvector
           ELSE array_to_tsvector(ARRAY['+' || right(digits, 9), '+' || right(digits, 7)]) END;
END $$;

-- The question for a person: every word is a beginning.
CREATE FUNCTION search_ask_person(t text) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT AS $$
DECLARE
    digits text := regexp_replace(t, '\D', '', 'g');
BEGIN
    IF length(digits) >= 6 AND t !~ '[[:alpha:]@]' THEN
        RETURN ('+' || right(digits, 9) || ':*')::tsquery;
    END IF;
    RETURN coalesce((SELECT string_agg(w || ':*', ' & ')::tsquery
        FROM unnest(string_to_array(search_fold(search_clean(t)), ' ')) AS w WHERE w <> ''), ''::tsquery);
END $$;

-- A name cut into threes, for names that are nearly right.
CREATE FUNCTION search_threes(t text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT AS $$
BEGIN
    RETURN coalesce((SELECT array_agg(DISTINCT substr(padded, n, 3))
        FROM unnest(string_to_array(search_fold(search_clean(left(t, 200))), ' ')) AS w,
             LATERAL (SELECT '  ' || w || ' ' AS padded) AS p, generate_series(1, length(padded) - 2) AS n
        WHERE w <> ''), '{}');
END $$;

CREATE INDEX search_people ON tickets_user USING gin (search_person(name, email, phone));
CREATE INDEX search_addresses ON tickets_address USING gin (search_person('', email, ''));
CREATE INDEX search_people_nearly ON tickets_user USING gin (search_threes(name));
CREATE INDEX search_organisations ON tickets_organisation USING gin (search_person(name, '', ''));
CREATE INDEX search_organisations_nearly ON tickets_organisation USING gin (search_threes(name));
-- the last digits of a number are what people remember
CREATE INDEX search_number_end ON tickets_ticket (reverse(number) text_pattern_ops);
-- what somebody looked at last
CREATE INDEX search_seen_lately ON tickets_seenmark (user_id, seen_at DESC);
"""

DROP_PEOPLE = """
DROP INDEX search_seen_lately, search_number_end, search_organisations_nearly, search_organisations,
    search_people_nearly, search_addresses, search_people;
DROP FUNCTION search_threes(text), search_ask_person(text), search_person(text, text, text);
"""

FILL = f"""
DO $$
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM tickets_ticket LIMIT {MOST_AT_ONCE + 1}) AS few) <= {MOST_AT_ONCE} THEN
        PERFORM search_write_ticket(t) FROM tickets_ticket t;
        PERFORM search_write_message(m) FROM (SELECT * FROM tickets_message ORDER BY id) AS m;
        PERFORM search_write_file(a) FROM tickets_attachment a;
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0004_search")]

    operations = [
        migrations.RunSQL(PEOPLE, DROP_PEOPLE),
        migrations.RunSQL(FILL, "DELETE FROM tickets_searchrow;"),
    ]
