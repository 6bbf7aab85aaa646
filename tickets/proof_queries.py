"""The questions that prove the history, each one SQL statement that returns what is broken, first link first.

Every hash is spelled out here once more rather than asked of the database's own functions, since whoever
rewrites the past could rewrite those as well. `%(ticket)s` is a ticket's id, or NULL for all of them.

Each row is (ticket id, seq or NULL, what: a code of WORDS, expected, found).
"""

from __future__ import annotations

from dataclasses import dataclass
from string import Template

EVENT_HASH = """sha256(e.prev_hash || convert_to(jsonb_build_array(
    e.ticket_id, e.seq, e.verb, e.by_id, e.message_id, e.data, extract(epoch FROM e.recorded_at),
    e.kind_id, e.team_id, e.status_id, e.priority_id, e.owner_id, e.responsible_id, e.customer_id, e.organisation_id,
    to_jsonb(e.tag_ids), encode(e.title_hash, 'hex'), encode(e.message_hash, 'hex'))::text, 'UTF8'))"""

MESSAGE_HASH = """sha256(convert_to(jsonb_build_array(
    m.ticket_id, m.kind, m.sender, m.author_id, m.visible_to_customer, m.from_address, m.from_name,
    m."to", m.cc, m.subject, m.body, m.fresh, m.html, m.mail_id, m.channel, m.is_automatic, m.is_unconfirmed,
    to_jsonb(m.traits), m.inbound_id, extract(epoch FROM m.sent_at),
    extract(epoch FROM m.created_at))::text, 'UTF8'))"""

ATTACHMENT_HASH = """sha256(convert_to(jsonb_build_array(
    a.message_id, a.blob_id, a.name, a.media_type, a.content_id, a.is_inline,
    extract(epoch FROM a.created_at))::text, 'UTF8'))"""

WHOLE_HASH = """sha256(convert_to(jsonb_build_array(
    encode(m.content_hash, 'hex'),
    (SELECT i.raw_sha256 FROM tickets_inboundmail i WHERE i.id = m.inbound_id),
    (SELECT jsonb_agg(encode(a.content_hash, 'hex') ORDER BY a.id) FROM tickets_attachment a
        WHERE a.message_id = m.id))::text, 'UTF8'))"""

# The seal's hash as tickets.history.seal_hash computes it; the time is Python's isoformat().
SEAL_HASH = """sha256(s.prev_hash || convert_to('|' || to_char(s.made_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
    || CASE WHEN extract(microseconds FROM s.made_at)::int %% 1000000 = 0 THEN ''
            ELSE to_char(s.made_at AT TIME ZONE 'UTC', '.US') END
    || '+00:00|' || s.ticket_count, 'UTF8') || coalesce(h.heads, ''))"""

APPROVED = """SELECT 1 FROM tickets_erasure x WHERE x.id = m.erasure_id AND x.message_id = m.id
    AND x.approved_by_id IS NOT NULL AND x.approved_at IS NOT NULL AND x.approved_by_id <> x.asked_by_id"""


PIECES = {
    "event_hash": EVENT_HASH,
    "message_hash": MESSAGE_HASH,
    "attachment_hash": ATTACHMENT_HASH,
    "whole_hash": WHOLE_HASH,
    "seal_hash": SEAL_HASH,
    "approved": APPROVED,
}


@dataclass(frozen=True, slots=True)
class Check:
    """One question. `$name` in it stands for a piece above. `whole` ones make sense only over all tickets."""

    code: str
    template: str
    whole: bool = False

    @property
    def sql(self) -> str:
        return Template(self.template).substitute(PIECES)


CHAIN = """
SELECT DISTINCT ON (c.ticket_id) c.ticket_id, c.seq,
    CASE WHEN c.seq <> c.place THEN 'event_missing' WHEN c.prev_hash <> c.before THEN 'link_broken'
         ELSE 'event_changed' END,
    CASE WHEN c.seq <> c.place THEN c.place::text WHEN c.prev_hash <> c.before THEN encode(c.before, 'hex')
         ELSE encode(c.hash, 'hex') END,
    CASE WHEN c.seq <> c.place THEN c.seq::text WHEN c.prev_hash <> c.before THEN encode(c.prev_hash, 'hex')
         ELSE encode(c.computed, 'hex') END
FROM (
    SELECT e.ticket_id, e.seq, e.prev_hash, e.hash, $event_hash AS computed,
           row_number() OVER w AS place, coalesce(lag(e.hash) OVER w, '') AS before
    FROM tickets_event e WHERE (%(ticket)s::bigint IS NULL OR e.ticket_id = %(ticket)s::bigint)
    WINDOW w AS (PARTITION BY e.ticket_id ORDER BY e.seq)
) c
WHERE c.seq <> c.place OR c.prev_hash <> c.before OR c.hash <> c.computed
ORDER BY c.ticket_id, c.seq"""

BEGINNING = """
SELECT t.id, e.seq, CASE WHEN e.id IS NULL THEN 'history_missing' ELSE 'number_changed' END,
    coalesce(e.data ->> 'number', ''), t.number
FROM tickets_ticket t LEFT JOIN tickets_event e ON e.ticket_id = t.id AND e.seq = 1
WHERE (%(ticket)s::bigint IS NULL OR t.id = %(ticket)s::bigint)
  AND (e.id IS NULL OR (e.verb, e.data ->> 'number', e.data ->> 'channel') IS DISTINCT FROM
      ('opened', t.number, t.channel))
UNION ALL
SELECT e.ticket_id, e.seq, 'ticket_missing', coalesce(e.data ->> 'number', ''), '' FROM tickets_event e
WHERE (%(ticket)s::bigint IS NULL OR e.ticket_id = %(ticket)s::bigint) AND e.seq = 1
  AND NOT EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.id = e.ticket_id)
ORDER BY 1"""

# What the ticket's row says now against the snapshot of its last event.
SNAPSHOT = """
SELECT t.id, e.seq, 'ticket_changed', d.before, d.found
FROM tickets_ticket t
JOIN LATERAL (SELECT * FROM tickets_event x WHERE x.ticket_id = t.id ORDER BY x.seq DESC LIMIT 1) e ON true
CROSS JOIN LATERAL (
    SELECT string_agg(f.name || '=' || coalesce(f.was, '-'), ' ') AS before,
           string_agg(f.name || '=' || coalesce(f.found, '-'), ' ') AS found
    FROM (VALUES
        ('kind', e.kind_id::text, t.kind_id::text), ('team', e.team_id::text, t.team_id::text),
        ('status', e.status_id::text, t.status_id::text), ('priority', e.priority_id::text, t.priority_id::text),
        ('owner', e.owner_id::text, t.owner_id::text), ('responsible', e.responsible_id::text, t.responsible_id::text),
        ('customer', e.customer_id::text, t.customer_id::text),
        ('organisation', e.organisation_id::text, t.organisation_id::text),
        ('title', encode(e.title_hash, 'hex'), encode(sha256(convert_to(t.title, 'UTF8')), 'hex')),
        ('tags', e.tag_ids::text,
            coalesce((SELECT array_agg(g.tag_id ORDER BY g.tag_id) FROM tickets_tickettag g WHERE g.ticket_id = t.id),
                '{}')::text)
    ) f(name, was, found) WHERE f.was IS DISTINCT FROM f.found
) d
WHERE (%(ticket)s::bigint IS NULL OR t.id = %(ticket)s::bigint) AND d.found IS NOT NULL
ORDER BY t.id"""

# Where a ticket points now against the last line that says so.
MERGES = """
WITH told AS (
    SELECT DISTINCT ON (x.ticket_id) x.ticket_id, x.seq,
        CASE WHEN x.verb = 'merged' THEN (x.data ->> 'other')::bigint END AS target
    FROM tickets_event x
    WHERE (%(ticket)s::bigint IS NULL OR x.ticket_id = %(ticket)s::bigint)
      AND x.verb IN ('merged', 'unmerged') AND NOT x.data ? 'inverse'
    ORDER BY x.ticket_id, x.seq DESC
), pointing AS (
    SELECT t.id, t.merged_into_id FROM tickets_ticket t
    WHERE t.merged_into_id IS NOT NULL AND (%(ticket)s::bigint IS NULL OR t.id = %(ticket)s::bigint)
)
SELECT coalesce(p.id, d.ticket_id), d.seq, 'pointer_changed',
    coalesce(d.target::text, '-'), coalesce(p.merged_into_id::text, '-')
FROM pointing p FULL JOIN told d ON d.ticket_id = p.id
WHERE p.merged_into_id IS DISTINCT FROM d.target
ORDER BY 1"""

MESSAGES = """
SELECT m.ticket_id, (SELECT min(e.seq) FROM tickets_event e WHERE e.message_id = m.id), 'message_changed',
       m.id || ': ' || encode(m.content_hash, 'hex'), m.id || ': ' || encode($message_hash, 'hex')
FROM tickets_message m
WHERE (%(ticket)s::bigint IS NULL OR m.ticket_id = %(ticket)s::bigint)
  AND m.erasure_id IS NULL AND m.content_hash <> $message_hash
ORDER BY m.ticket_id, m.id"""

MESSAGE_EVENTS = """
SELECT e.ticket_id, e.seq,
    CASE WHEN m.id IS NULL THEN 'message_missing' WHEN m.ticket_id <> e.ticket_id THEN 'message_moved'
         ELSE 'message_parts_changed' END,
    e.message_id || ': ' || coalesce(encode(e.message_hash, 'hex'), '-'),
    CASE WHEN m.id IS NULL THEN '-' ELSE e.message_id || ': ' || encode($whole_hash, 'hex') END
FROM tickets_event e LEFT JOIN tickets_message m ON m.id = e.message_id
WHERE (%(ticket)s::bigint IS NULL OR e.ticket_id = %(ticket)s::bigint) AND e.message_id IS NOT NULL
  AND (m.id IS NULL OR m.ticket_id <> e.ticket_id OR e.message_hash IS DISTINCT FROM $whole_hash)
ORDER BY e.ticket_id, e.seq"""

UNRECORDED = """
SELECT m.ticket_id, NULL::int, 'message_unrecorded', m.id::text, '-' FROM tickets_message m
WHERE (%(ticket)s::bigint IS NULL OR m.ticket_id = %(ticket)s::bigint)
  AND NOT EXISTS (SELECT 1 FROM tickets_event e WHERE e.message_id = m.id AND e.ticket_id = m.ticket_id)
UNION ALL
SELECT m.ticket_id, NULL, 'acceptance_unrecorded', m.id::text, '-'
FROM tickets_acceptance a JOIN tickets_message m ON m.id = a.message_id
WHERE (%(ticket)s::bigint IS NULL OR m.ticket_id = %(ticket)s::bigint)
  AND NOT EXISTS (SELECT 1 FROM tickets_event e WHERE e.message_id = m.id AND e.verb = 'message_accepted')
UNION ALL
SELECT e.ticket_id, e.seq, 'acceptance_missing', e.message_id::text, '-' FROM tickets_event e
WHERE (%(ticket)s::bigint IS NULL OR e.ticket_id = %(ticket)s::bigint) AND e.verb = 'message_accepted'
  AND NOT EXISTS (SELECT 1 FROM tickets_acceptance a WHERE a.message_id = e.message_id)
ORDER BY 1, 2"""

ATTACHMENTS = """
SELECT m.ticket_id, NULL::int,
    CASE WHEN b.sha256 IS NULL THEN 'file_missing' WHEN b.erased_at IS NOT NULL AND a.erasure_id IS NULL
         THEN 'file_erased' ELSE 'attachment_changed' END,
    a.id || ': ' || encode(a.content_hash, 'hex'), a.id || ': ' || encode($attachment_hash, 'hex')
FROM tickets_attachment a LEFT JOIN tickets_message m ON m.id = a.message_id
LEFT JOIN tickets_blob b ON b.sha256 = a.blob_id
WHERE (%(ticket)s::bigint IS NULL OR m.ticket_id = %(ticket)s::bigint)
  AND (b.sha256 IS NULL OR (a.erasure_id IS NULL AND (b.erased_at IS NOT NULL
       OR a.content_hash <> $attachment_hash)))
ORDER BY m.ticket_id, a.id"""

# What is blank must have been erased by two people, and the history must say so.
ERASURES = """
SELECT m.ticket_id, NULL::int, 'erasure_unapproved', m.id::text, '-' FROM tickets_message m
WHERE (%(ticket)s::bigint IS NULL OR m.ticket_id = %(ticket)s::bigint) AND m.erasure_id IS NOT NULL
  AND (NOT EXISTS ($approved)
       OR NOT EXISTS (SELECT 1 FROM tickets_event e WHERE e.message_id = m.id AND e.verb = 'erased')
       OR m.body <> '' OR m.html <> '' OR m.fresh <> '' OR m.subject <> '')
UNION ALL
SELECT m.ticket_id, NULL, 'erasure_unapproved', m.id::text, 'attachment ' || a.id
FROM tickets_attachment a JOIN tickets_message m ON m.id = a.message_id
WHERE (%(ticket)s::bigint IS NULL OR m.ticket_id = %(ticket)s::bigint) AND a.erasure_id IS NOT NULL
  AND a.erasure_id IS DISTINCT FROM m.erasure_id
UNION ALL
SELECT m.ticket_id, e.seq, 'erasure_undone', m.id::text, '-'
FROM tickets_event e JOIN tickets_message m ON m.id = e.message_id
WHERE (%(ticket)s::bigint IS NULL OR e.ticket_id = %(ticket)s::bigint) AND e.verb = 'erased' AND m.erasure_id IS NULL
ORDER BY 1, 2"""

RAW_MAILS = """
SELECT i.ticket_id, NULL::int, 'raw_mail_changed', i.id || ': ' || i.raw_sha256,
       i.id || ': ' || encode(sha256(i.raw), 'hex')
FROM tickets_inboundmail i
WHERE (%(ticket)s::bigint IS NULL OR i.ticket_id = %(ticket)s::bigint) AND i.erasure_id IS NULL
  AND (encode(sha256(i.raw), 'hex') <> i.raw_sha256 OR length(i.raw) <> i.size)
UNION ALL
SELECT i.ticket_id, NULL, 'erasure_unapproved', 'raw mail ' || i.id, '-' FROM tickets_inboundmail i
WHERE (%(ticket)s::bigint IS NULL OR i.ticket_id = %(ticket)s::bigint) AND i.erasure_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM tickets_erasure x WHERE x.id = i.erasure_id AND x.approved_by_id <> x.asked_by_id)
UNION ALL
SELECT m.ticket_id, NULL, 'raw_mail_missing', m.inbound_id::text, '-' FROM tickets_message m
WHERE (%(ticket)s::bigint IS NULL OR m.ticket_id = %(ticket)s::bigint) AND m.inbound_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM tickets_inboundmail i WHERE i.id = m.inbound_id)
ORDER BY 1 NULLS LAST"""

# Every sealed head still stands in its chain: this finds what was cut off the end, and whole tickets.
HEADS = """
SELECT h.ticket_id, h.seq, CASE WHEN e.id IS NULL THEN 'sealed_event_missing' ELSE 'sealed_event_changed' END,
       encode(h.hash, 'hex'), coalesce(encode(e.hash, 'hex'), '-')
FROM tickets_sealedhead h LEFT JOIN tickets_event e ON e.ticket_id = h.ticket_id AND e.seq = h.seq
WHERE (%(ticket)s::bigint IS NULL OR h.ticket_id = %(ticket)s::bigint) AND (e.id IS NULL OR e.hash <> h.hash)
UNION ALL
SELECT h.ticket_id, NULL, 'ticket_missing', '', '-' FROM tickets_sealedhead h
WHERE (%(ticket)s::bigint IS NULL OR h.ticket_id = %(ticket)s::bigint)
  AND NOT EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.id = h.ticket_id)
UNION
SELECT p.ticket_id, NULL, 'ticket_missing', '', '-' FROM tickets_sealpending p
WHERE (%(ticket)s::bigint IS NULL OR p.ticket_id = %(ticket)s::bigint)
  AND NOT EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.id = p.ticket_id)
ORDER BY 1, 2"""

# A chain that grew since its last seal waits for the next one; if it does not, a seal was taken away.
UNSEALED = """
SELECT g.ticket_id, max(g.recorded), 'seal_missing', '-', '-'
FROM (
    SELECT ticket_id, seq AS recorded, NULL::int AS sealed, false AS waits FROM tickets_event
    WHERE (%(ticket)s::bigint IS NULL OR ticket_id = %(ticket)s::bigint)
    UNION ALL
    SELECT ticket_id, NULL, seq, false FROM tickets_sealedhead
    WHERE (%(ticket)s::bigint IS NULL OR ticket_id = %(ticket)s::bigint)
    UNION ALL
    SELECT ticket_id, NULL, NULL, true FROM tickets_sealpending
    WHERE (%(ticket)s::bigint IS NULL OR ticket_id = %(ticket)s::bigint)
) g
GROUP BY g.ticket_id
HAVING max(g.recorded) > coalesce(max(g.sealed), 0) AND NOT bool_or(g.waits)
ORDER BY 1"""

SEALS = """
SELECT NULL::bigint, NULL::int, c.what, 'seal ' || c.id || ': ' || c.expected, 'seal ' || c.id || ': ' || c.found
FROM (
    SELECT s.id,
        CASE WHEN s.prev_hash <> s.before THEN 'seal_link_broken' WHEN s.hash <> s.computed THEN 'seal_changed'
             WHEN s.head_count <> s.heads THEN 'seal_changed' ELSE 'seal_count_wrong' END AS what,
        CASE WHEN s.prev_hash <> s.before THEN encode(s.before, 'hex') WHEN s.hash <> s.computed
             THEN encode(s.computed, 'hex') WHEN s.head_count <> s.heads THEN s.heads::text
             ELSE s.counted::text END AS expected,
        CASE WHEN s.prev_hash <> s.before THEN encode(s.prev_hash, 'hex') WHEN s.hash <> s.computed
             THEN encode(s.hash, 'hex') WHEN s.head_count <> s.heads THEN s.head_count::text
             ELSE s.ticket_count::text END AS found
    FROM (
        SELECT s.*, $seal_hash AS computed, coalesce(h.number, 0) AS heads,
               coalesce(lag(s.hash) OVER w, '') AS before, sum(coalesce(h.new, 0)) OVER w AS counted
        FROM tickets_seal s LEFT JOIN (
            SELECT o.seal_id, count(*) AS number, count(*) FILTER (WHERE o.is_first) AS new,
                   string_agg(convert_to('|' || o.ticket_id || ':' || o.seq || ':', 'UTF8') || o.hash, ''::bytea
                              ORDER BY o.ticket_id) AS heads
            FROM (SELECT x.*, row_number() OVER (PARTITION BY x.ticket_id ORDER BY x.seal_id) = 1 AS is_first
                  FROM tickets_sealedhead x) o
            GROUP BY o.seal_id
        ) h ON h.seal_id = s.id
        WINDOW w AS (ORDER BY s.id)
    ) s
    WHERE s.prev_hash <> s.before OR s.hash <> s.computed OR s.head_count <> s.heads OR s.ticket_count <> s.counted
    UNION ALL
    SELECT DISTINCT h.seal_id, 'seal_removed', '', '-' FROM tickets_sealedhead h
    WHERE NOT EXISTS (SELECT 1 FROM tickets_seal s WHERE s.id = h.seal_id)
) c
ORDER BY c.id"""

CHECKS = (
    Check("chain", CHAIN),
    Check("beginning", BEGINNING),
    Check("snapshot", SNAPSHOT),
    Check("merges", MERGES),
    Check("messages", MESSAGES),
    Check("message_events", MESSAGE_EVENTS),
    Check("unrecorded", UNRECORDED),
    Check("attachments", ATTACHMENTS),
    Check("erasures", ERASURES),
    Check("raw_mails", RAW_MAILS),
    Check("heads", HEADS),
    Check("unsealed", UNSEALED),
    Check("seals", SEALS, whole=True),
)

COUNTS = """
SELECT (SELECT count(*) FROM tickets_ticket t WHERE %(ticket)s::bigint IS NULL OR t.id = %(ticket)s::bigint),
       (SELECT count(*) FROM tickets_event e WHERE %(ticket)s::bigint IS NULL OR e.ticket_id = %(ticket)s::bigint),
       (SELECT count(*) FROM tickets_message m WHERE %(ticket)s::bigint IS NULL OR m.ticket_id = %(ticket)s::bigint),
       (SELECT count(*) FROM tickets_message m WHERE m.erasure_id IS NOT NULL
           AND (%(ticket)s::bigint IS NULL OR m.ticket_id = %(ticket)s::bigint)),
       (SELECT count(*) FROM tickets_attachment a WHERE %(ticket)s::bigint IS NULL
           OR a.message_id IN (SELECT m.id FROM tickets_message m WHERE m.ticket_id = %(ticket)s::bigint)),
       (SELECT count(*) FROM tickets_inboundmail i WHERE %(ticket)s::bigint IS NULL
           OR i.ticket_id = %(ticket)s::bigint),
       (SELECT count(DISTINCT h.seal_id) FROM tickets_sealedhead h
           WHERE %(ticket)s::bigint IS NULL OR h.ticket_id = %(ticket)s::bigint),
       (SELECT count(DISTINCT p.ticket_id) FROM tickets_sealpending p
           WHERE %(ticket)s::bigint IS NULL OR p.ticket_id = %(ticket)s::bigint)"""

# Triggers that must stand and speak, and the functions they call with the SHA-256 of their source.
TRIGGERS = """
SELECT c.relname, g.tgname, p.proname, g.tgenabled::text, encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex')
FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_proc p ON p.oid = g.tgfoid
WHERE NOT g.tgisinternal AND c.relnamespace = current_schema()::regnamespace"""

FUNCTIONS = """
SELECT p.proname, encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex') FROM pg_proc p
WHERE p.pronamespace = current_schema()::regnamespace"""
