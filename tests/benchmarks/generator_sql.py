"""What the generator writes of tickets, in SQL; braces name the lot: after which ticket, and up to which."""

from __future__ import annotations

# A ticket's luck: drawn once, so that what hangs together stays together. The first open ticket of the first team is
# the long one.
DRAWN = """
CREATE UNLOGGED TABLE bench_drawn AS
    SELECT n, random() AS team, random() AS who, random() AS owner, random() AS status, random() AS kind,
        random() AS priority, random() AS tag, random() AS late, random() AS life,
        n > %(tickets)s * (1 - %(open)s) AS is_open,
        now() - make_interval(secs => %(years)s * 31557600.0 * (1 - n::float / (%(tickets)s + 1))) AS opened_at,
        1 + (n * 2654435761 %% 97 / 20)::int AS messages, 5 AS hours,
        n * 7919 %% 4000 AS title, CASE WHEN n %% 50 = 7 THEN ' HX' || n || '.' ELSE '' END AS code
    FROM generate_series(1::bigint, %(tickets)s) n;
UPDATE bench_drawn SET messages = %(long)s, hours = 1
    WHERE n = (SELECT min(n) FROM bench_drawn WHERE is_open AND floor(power(team, 1.5) * 12) = 0);
ALTER TABLE bench_drawn ADD PRIMARY KEY (n);
ANALYZE bench_drawn;
"""
CHAIN = """
CREATE FUNCTION bench_chain(before bytea, e tickets_event) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    e.prev_hash := before;
    RETURN event_hash(e);
END $$;
CREATE AGGREGATE bench_chained(tickets_event) (sfunc = bench_chain, stype = bytea, initcond = '');
"""

TICKETS = """
INSERT INTO tickets_ticket (id, number, title, kind_id, team_id, status_id, priority_id, owner_id, responsible_id,
        customer_id, organisation_id, channel, pending_until, opened_at, changed_at, closed_at,
        customer_wrote_at, answered_at)
    SELECT d.n, to_char(opened_at, 'YYYYMMDD') || '10' || lpad(d.n::text, 8, '0'), s.title || ' ' || d.n,
        k.id, t.id, st.id, p.id, a.id, a.id, c.id, c.organisation_id,
        CASE WHEN d.kind < 0.7 THEN 'mail' WHEN d.kind < 0.85 THEN 'phone' ELSE 'web' END,
        CASE WHEN st.code LIKE 'pending%' THEN now() + make_interval(hours => (d.late * 200)::int) END,
        opened_at,
        least(now(), opened_at + life * interval '9 days'),
        CASE WHEN NOT is_open THEN least(now(), opened_at + life * interval '9 days') END,
        opened_at + life * interval '1 day',
        CASE WHEN d.status < 0.7 THEN opened_at + life * interval '2 days' END
    FROM bench_drawn d
    JOIN bench_sentence s ON s.n = d.title
    JOIN bench_team t ON t.n = floor(power(d.team, 1.5) * 12)::int
    JOIN bench_customer c ON c.n = floor(power(d.who, 2) * (SELECT count(*) FROM bench_customer))::int
    LEFT JOIN bench_agent a ON d.owner < CASE WHEN is_open THEN 0.7 ELSE 1 END
        AND a.n = floor(d.owner * 599.99)::int % 60
    JOIN bench_vocabulary k ON k.what = 'kind' AND k.n = floor(d.kind * 3)::int
    JOIN bench_vocabulary p ON p.what = 'priority'
        AND p.n = CASE WHEN d.priority < 0.15 THEN 0 WHEN d.priority < 0.8 THEN 1
            WHEN d.priority < 0.95 THEN 2 ELSE 3 END
    JOIN LATERAL (
        SELECT id, code FROM bench_vocabulary v WHERE v.what = 'status' AND v.code = CASE
            WHEN NOT is_open THEN CASE WHEN d.status < 0.9 THEN 'closed_successful' ELSE 'closed_unsuccessful' END
            WHEN d.status < 0.25 THEN 'new' WHEN d.status < 0.75 THEN 'open'
            WHEN d.status < 0.95 THEN 'pending_reminder' ELSE 'pending_close' END
        ORDER BY n LIMIT 1
    ) st ON true
    WHERE d.n > {after} AND d.n <= {last} ORDER BY d.n;
"""
# Tags by Zipf's law: two tickets in three carry one, some two.
TAGS = """
INSERT INTO tickets_tickettag (ticket_id, tag_id, team_id, is_open, opened_at, created_at)
    SELECT k.id, g.id, k.team_id, k.closed_at IS NULL, k.opened_at, k.opened_at FROM tickets_ticket k
    JOIN (
        SELECT n, floor(power(tag / 0.66, 4) * 200)::int AS tag FROM bench_drawn WHERE tag < 0.66
        UNION SELECT n, floor(kind * 200)::int FROM bench_drawn WHERE tag < 0.1
    ) d ON d.n = k.id
    JOIN bench_tag g ON g.n = d.tag
    WHERE d.n > {after} AND d.n <= {last} ORDER BY k.id, g.id;
"""

# One to five messages a ticket, three on average; one long ticket. m counts them.
MESSAGE = {
    "id": "nextval('tickets_message_id_seq')",
    "ticket_id": "k.id",
    "kind": "CASE WHEN m % 5 = 4 THEN 'note' WHEN k.channel = 'phone' AND m = 1 THEN 'phone' ELSE 'mail' END",
    "sender": "CASE WHEN m % 5 = 4 OR m % 2 = 0 THEN 'agent' ELSE 'customer' END",
    "author_id": "CASE WHEN m % 5 = 4 OR m % 2 = 0 THEN coalesce(k.owner_id, a.id) ELSE k.customer_id END",
    "channel": "CASE WHEN m % 2 = 0 THEN 'agent' ELSE 'mail' END",
    "visible_to_customer": "m % 5 <> 4",
    "is_automatic": "false",
    "is_unconfirmed": "false",
    "from_address": "''",
    "from_name": "''",
    '"to"': "'[]'",
    "cc": "'[]'",
    "subject": "k.title",
    "body": "s1.body || ' ' || s2.body || ' ' || s3.body || CASE m WHEN 1 THEN d.code ELSE '' END",
    "fresh": "''",
    "html": "''",
    "mail_id": "'bench.' || k.id || '.' || m || '@world.example'",
    "traits": "'{{}}'",
    "created_at": "least(now(), k.opened_at + (m - 1) * make_interval(hours => d.hours))",
    "content_hash": "''",
}
# What the parts of the text were: the search is made of them.
EXTRAS = "s1, s2, s3, title, code, team"
DRAFTED = """
    s1.n AS s1, s2.n AS s2, s3.n AS s3, d.title, CASE m WHEN 1 THEN d.code ELSE '' END AS code, k.team_id AS team
    FROM tickets_ticket k JOIN bench_drawn d ON d.n = k.id
    CROSS JOIN LATERAL generate_series(1, d.messages) m
    JOIN bench_sentence s1 ON s1.n = (k.id * 31 + m * 17) % 4000
    JOIN bench_sentence s2 ON s2.n = (k.id * 57 + m) % 4000
    JOIN bench_sentence s3 ON s3.n = (k.id * 101 + m * 3) % 4000
    CROSS JOIN (SELECT min(id) AS id FROM bench_agent) a
    WHERE k.id > {after} AND k.id <= {last} ORDER BY k.id, m
"""

# What happened, in order: opened, every message, assigned, closed. The snapshot is the ticket as it stands.
PLANNED = """
    SELECT h.ticket_id, row_number() OVER (PARTITION BY h.ticket_id ORDER BY h.at, h.place, h.message_id) AS seq,
        h.verb, h.by_id, h.message_id, h.data, h.at AS recorded_at, h.message_hash,
        k.kind_id, k.team_id, k.status_id, k.priority_id, k.owner_id, k.responsible_id, k.customer_id,
        k.organisation_id, coalesce(g.tag_ids, '{{}}') AS tag_ids,
        sha256(convert_to(k.title, 'UTF8')) AS title_hash
    FROM (
        SELECT k.id AS ticket_id, 1 AS place, 'opened' AS verb, k.customer_id AS by_id, NULL::bigint AS message_id,
            jsonb_build_object('number', k.number, 'channel', k.channel) AS data, k.opened_at AS at,
            NULL::bytea AS message_hash
            FROM tickets_ticket k WHERE k.id > {after} AND k.id <= {last}
        UNION ALL
        SELECT m.ticket_id, 2, CASE WHEN m.kind = 'note' THEN 'noted' WHEN m.sender = 'agent' THEN 'replied'
                ELSE 'message_received' END, m.author_id, m.id, '{{}}', m.created_at,
            message_whole_hash(ROW(@message)::tickets_message) FROM said m
        UNION ALL
        SELECT k.id, 3, 'assigned', k.owner_id, NULL, jsonb_build_object('before', NULL, 'after', k.owner_id),
            k.opened_at + interval '1 hour', NULL
            FROM tickets_ticket k WHERE k.id > {after} AND k.id <= {last} AND k.owner_id IS NOT NULL
        UNION ALL
        SELECT k.id, 4, 'status_changed', k.owner_id, NULL,
            jsonb_build_object('before', k.status_id, 'after', k.status_id),
            greatest(k.closed_at, k.opened_at + interval '2 days'), NULL
            FROM tickets_ticket k WHERE k.id > {after} AND k.id <= {last} AND k.closed_at IS NOT NULL
    ) h
    JOIN tickets_ticket k ON k.id = h.ticket_id
    LEFT JOIN (
        SELECT ticket_id, array_agg(tag_id ORDER BY tag_id) AS tag_ids FROM tickets_tickettag
        WHERE ticket_id > {after} AND ticket_id <= {last} GROUP BY ticket_id
    ) g ON g.ticket_id = k.id
"""

FINISH = """
SELECT setval('tickets_ticket_id_seq', (SELECT max(id) FROM tickets_ticket));
INSERT INTO tickets_promise (ticket_id, who_id, by_when, state, created_at)
    SELECT id, owner_id, now() + (random() - 0.2) * interval '5 days', 'accepted', opened_at FROM tickets_ticket
    WHERE closed_at IS NULL AND owner_id IS NOT NULL AND id % 3 = 0;
UPDATE tickets_ticket t SET due_at = p.by_when FROM tickets_promise p WHERE p.ticket_id = t.id;
INSERT INTO tickets_seenmark (ticket_id, user_id, seen_at)
    SELECT k.id, k.owner_id, k.changed_at FROM tickets_ticket k WHERE k.owner_id IS NOT NULL AND k.id % 2 = 0
    AND k.closed_at IS NULL;
INSERT INTO tickets_sealpending (ticket_id) SELECT id FROM tickets_ticket;
DROP TABLE bench_drawn, bench_sentence, bench_customer, bench_organisation, bench_agent, bench_team, bench_tag,
    bench_vocabulary, bench_form, bench_report;
DROP AGGREGATE bench_chained(tickets_event);
DROP FUNCTION bench_chain(bytea, tickets_event);
"""
