"""The radar's tables. Postings are made by hand: their primary key's index carries the weight, so that it alone is read.

A word's count changes with each ticket in which it stands; room in its page keeps such a change out of the indexes.
"""

from __future__ import annotations

from django.db import migrations

POSTINGS = """
CREATE TABLE tickets_radarposting (
    term_id integer NOT NULL,
    ticket_id bigint NOT NULL,
    weight real NOT NULL,
    PRIMARY KEY (term_id, ticket_id) INCLUDE (weight)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.02);
ALTER TABLE tickets_radarterm SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
"""
# Of each word the latest postings, backwards along the primary key. The planner takes a word to be rare, and would read
# all of a common one's postings and sort them: so it is left no other way.
HITS = """
CREATE FUNCTION radar_hits(
    terms integer[], worths real[], oldest bigint, most_postings integer, itself bigint, most integer
) RETURNS TABLE (ticket_id bigint, score double precision) LANGUAGE sql STABLE
SET enable_bitmapscan = off SET enable_seqscan = off SET jit = off AS $$
    SELECT p.ticket_id, sum(q.worth::double precision * p.weight) AS score
    FROM unnest(terms, worths) AS q(term, worth), LATERAL (
        SELECT r.ticket_id, r.weight FROM tickets_radarposting r
        WHERE r.term_id = q.term AND r.ticket_id >= oldest ORDER BY r.ticket_id DESC LIMIT most_postings
    ) AS p
    WHERE p.ticket_id <> itself GROUP BY p.ticket_id ORDER BY score DESC, p.ticket_id DESC LIMIT most
$$;
"""
DROP_HITS = "DROP FUNCTION radar_hits(integer[], real[], bigint, integer, bigint, integer)"


class Migration(migrations.Migration):
    dependencies = [("tickets", "0005_search_people")]

    operations = [
        migrations.RunSQL(POSTINGS, "DROP TABLE tickets_radarposting"),
        migrations.RunSQL(HITS, DROP_HITS),
    ]
