"""The database itself refuses removal and rewriting, and chains every ticket's history.

Four ideas: refuse removal; refuse rewriting (an approved erasure excepted); hash what was said, with its files and
the raw mail it came from; chain an event to the one before it.
"""

from __future__ import annotations

from django.db import migrations

REMOVAL = """
CREATE FUNCTION refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: rows of this table are never removed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""

KEPT_FOR_EVER = (
    "tickets_ticket",
    "tickets_message",
    "tickets_attachment",
    "tickets_event",
    "tickets_inboundmail",
    "tickets_acceptance",
    "tickets_erasure",
    "tickets_seal",
    "tickets_sealedhead",
)

REWRITING = """
CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'UPDATE on % refused: rows of this table are never rewritten', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

-- True when an erasure of that message was approved by a second person.
CREATE FUNCTION erasure_is_approved(p_erasure bigint, p_message bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM tickets_erasure e
        WHERE e.id = p_erasure AND e.message_id = p_message
          AND e.approved_by_id IS NOT NULL AND e.approved_by_id <> e.asked_by_id
    )
$$;

-- A message is written once. An approved erasure may blank what was said and to whom; nothing else.
CREATE FUNCTION guard_message() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    blanked text[] := ARRAY['body', 'fresh', 'html', 'subject', 'from_address', 'from_name', 'to', 'cc', 'erasure_id'];
BEGIN
    IF OLD.erasure_id IS NULL AND erasure_is_approved(NEW.erasure_id, OLD.id)
       AND NEW.body = '' AND NEW.fresh = '' AND NEW.html = '' AND NEW.subject = ''
       AND NEW.from_address = '' AND NEW.from_name = '' AND NEW."to" = '[]'::jsonb AND NEW.cc = '[]'::jsonb
       AND to_jsonb(NEW) - blanked = to_jsonb(OLD) - blanked
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'UPDATE on % refused: a message is never rewritten', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION guard_attachment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    blanked text[] := ARRAY['name', 'content_id', 'erasure_id'];
BEGIN
    IF OLD.erasure_id IS NULL AND erasure_is_approved(NEW.erasure_id, OLD.message_id)
       AND NEW.name = '' AND NEW.content_id = ''
       AND to_jsonb(NEW) - blanked = to_jsonb(OLD) - blanked
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'UPDATE on % refused: an attachment is never rewritten', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

-- The raw mail stays as it came; what became of it (state, ticket, reason) may move on. An approved erasure also
-- reaches the copies that other mailboxes of ours took.
CREATE FUNCTION guard_inbound() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.raw_sha256, NEW.fingerprint, NEW.size, NEW.door, NEW.received_at)
       IS DISTINCT FROM (OLD.id, OLD.raw_sha256, OLD.fingerprint, OLD.size, OLD.door, OLD.received_at)
       OR (NEW.raw, NEW.envelope_from, NEW.envelope_to) IS DISTINCT FROM (OLD.raw, OLD.envelope_from, OLD.envelope_to)
          AND NOT (
              OLD.erasure_id IS NULL AND NEW.raw = ''::bytea AND NEW.envelope_from = '' AND NEW.envelope_to = ''
              AND EXISTS (
                  SELECT 1 FROM tickets_message m JOIN tickets_inboundmail i ON i.id = m.inbound_id
                  WHERE i.fingerprint = OLD.fingerprint AND erasure_is_approved(NEW.erasure_id, m.id)
              )
          )
    THEN
        RAISE EXCEPTION 'UPDATE on % refused: a raw mail is never rewritten', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- A ticket's identity never changes.
CREATE FUNCTION guard_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.number, NEW.opened_at, NEW.channel)
       IS DISTINCT FROM (OLD.id, OLD.number, OLD.opened_at, OLD.channel) THEN
        RAISE EXCEPTION 'UPDATE on % refused: number, opening and channel never change', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- An erasure moves once: from asked to approved.
CREATE FUNCTION guard_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved text[] := ARRAY['approved_by_id', 'approved_at'];
BEGIN
    IF OLD.approved_by_id IS NULL AND NEW.approved_by_id IS NOT NULL AND NEW.approved_at IS NOT NULL
       AND to_jsonb(NEW) - moved = to_jsonb(OLD) - moved
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'UPDATE on % refused: an erasure is approved once and never rewritten', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""

GUARDS = {
    "tickets_message": "guard_message",
    "tickets_attachment": "guard_attachment",
    "tickets_event": "refuse_rewriting",
    "tickets_inboundmail": "guard_inbound",
    "tickets_ticket": "guard_ticket",
    "tickets_acceptance": "refuse_rewriting",
    "tickets_erasure": "guard_erasure",
    "tickets_seal": "refuse_rewriting",
    "tickets_sealedhead": "refuse_rewriting",
}

CHAIN = """
-- What a message's hash commits to. jsonb has one spelling for one value, so the text is canonical.
CREATE FUNCTION message_content_hash(m tickets_message) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(convert_to(jsonb_build_array(
        m.ticket_id, m.kind, m.sender, m.author_id, m.visible_to_customer, m.from_address, m.from_name,
        m."to", m.cc, m.subject, m.body, m.fresh, m.html, m.mail_id, m.channel, m.is_automatic, m.is_unconfirmed,
        to_jsonb(m.traits), m.inbound_id, extract(epoch FROM m.sent_at), extract(epoch FROM m.created_at)
    )::text, 'UTF8'))
$$;

CREATE FUNCTION hash_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.erasure_id IS NOT NULL THEN
        RAISE EXCEPTION 'a message is not born erased' USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.content_hash := message_content_hash(NEW);
    RETURN NEW;
END $$;

-- What a file on a message commits to; the content itself by the hash it is stored under.
CREATE FUNCTION attachment_content_hash(a tickets_attachment) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(convert_to(jsonb_build_array(
        a.message_id, a.blob_id, a.name, a.media_type, a.content_id, a.is_inline, extract(epoch FROM a.created_at)
    )::text, 'UTF8'))
$$;

CREATE FUNCTION hash_attachment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.erasure_id IS NOT NULL THEN
        RAISE EXCEPTION 'an attachment is not born erased' USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.content_hash := attachment_content_hash(NEW);
    RETURN NEW;
END $$;

-- A message with its files, in order, and the raw mail that it was read from. All of it outlives an erasure.
CREATE FUNCTION message_whole_hash(m tickets_message) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(jsonb_build_array(
        encode(m.content_hash, 'hex'),
        (SELECT i.raw_sha256 FROM tickets_inboundmail i WHERE i.id = m.inbound_id),
        (SELECT jsonb_agg(encode(a.content_hash, 'hex') ORDER BY a.id) FROM tickets_attachment a
            WHERE a.message_id = m.id)
    )::text, 'UTF8'))
$$;

-- What an event's hash commits to, besides the hash of the event before it.
CREATE FUNCTION event_hash(e tickets_event) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(e.prev_hash || convert_to(jsonb_build_array(
        e.ticket_id, e.seq, e.verb, e.by_id, e.message_id, e.data,
        extract(epoch FROM e.recorded_at),
        e.kind_id, e.team_id, e.status_id, e.priority_id, e.owner_id, e.responsible_id,
        e.customer_id, e.organisation_id, to_jsonb(e.tag_ids),
        encode(e.title_hash, 'hex'), encode(e.message_hash, 'hex')
    )::text, 'UTF8'))
$$;

-- Takes the ticket's row lock, so two events of one ticket wait for each other and two tickets never do.
CREATE FUNCTION chain_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    t tickets_ticket;
    last_seq integer;
    last_hash bytea;
BEGIN
    SELECT * INTO t FROM tickets_ticket WHERE id = NEW.ticket_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no ticket %', NEW.ticket_id USING ERRCODE = 'foreign_key_violation';
    END IF;
    SELECT seq, hash INTO last_seq, last_hash FROM tickets_event
        WHERE ticket_id = NEW.ticket_id ORDER BY seq DESC LIMIT 1;
    NEW.seq := coalesce(last_seq, 0) + 1;
    NEW.prev_hash := coalesce(last_hash, ''::bytea);
    NEW.recorded_at := clock_timestamp();
    NEW.kind_id := t.kind_id;
    NEW.team_id := t.team_id;
    NEW.status_id := t.status_id;
    NEW.priority_id := t.priority_id;
    NEW.owner_id := t.owner_id;
    NEW.responsible_id := t.responsible_id;
    NEW.customer_id := t.customer_id;
    NEW.organisation_id := t.organisation_id;
    NEW.title_hash := sha256(convert_to(t.title, 'UTF8'));
    NEW.tag_ids := coalesce(
        (SELECT array_agg(tag_id ORDER BY tag_id) FROM tickets_tickettag WHERE ticket_id = NEW.ticket_id), '{}'
    );
    IF NEW.message_id IS NOT NULL THEN
        SELECT message_whole_hash(m) INTO NEW.message_hash FROM tickets_message m
            WHERE m.id = NEW.message_id AND m.ticket_id = NEW.ticket_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'message % is not of ticket %', NEW.message_id, NEW.ticket_id
                USING ERRCODE = 'foreign_key_violation';
        END IF;
    ELSE
        NEW.message_hash := NULL;
    END IF;
    NEW.hash := event_hash(NEW);
    INSERT INTO tickets_sealpending (ticket_id) VALUES (NEW.ticket_id);
    RETURN NEW;
END $$;

CREATE TRIGGER hash_message BEFORE INSERT ON tickets_message FOR EACH ROW EXECUTE FUNCTION hash_message();
CREATE TRIGGER hash_attachment BEFORE INSERT ON tickets_attachment FOR EACH ROW EXECUTE FUNCTION hash_attachment();
CREATE TRIGGER chain_event BEFORE INSERT ON tickets_event FOR EACH ROW EXECUTE FUNCTION chain_event();
"""

NUMBERS = """
CREATE SEQUENCE ticket_number_seq;

-- The next number of a day, 1, 2, 3 ... Sequences never wait, so arrivals do not queue up behind each other;
-- only the day's very first one is waited for, for as long as its own transaction lasts. Numbers of acts that
-- were rolled back stay unused.
CREATE FUNCTION next_ticket_counter(p_day date) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    day_base bigint;
BEGIN
    SELECT base INTO day_base FROM tickets_numberday WHERE day = p_day;
    IF NOT FOUND THEN
        INSERT INTO tickets_numberday (day, base) VALUES (p_day, nextval('ticket_number_seq'))
            ON CONFLICT (day) DO NOTHING;
        SELECT base INTO day_base FROM tickets_numberday WHERE day = p_day;
    END IF;
    RETURN nextval('ticket_number_seq') - day_base;
END $$;
"""


def create_triggers() -> str:
    lines = []
    for table in KEPT_FOR_EVER:
        lines.append(
            f"CREATE TRIGGER refuse_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_removal();"
        )
        lines.append(
            f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();"
        )
    for table, guard in GUARDS.items():
        lines.append(
            f"CREATE TRIGGER refuse_rewriting BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {guard}();"
        )
    return "\n".join(lines)


def drop_triggers() -> str:
    lines = ["DROP TRIGGER hash_message ON tickets_message;", "DROP TRIGGER chain_event ON tickets_event;"]
    lines.append("DROP TRIGGER hash_attachment ON tickets_attachment;")
    for table in KEPT_FOR_EVER:
        lines.append(f"DROP TRIGGER refuse_delete ON {table}; DROP TRIGGER refuse_truncate ON {table};")
    for table in GUARDS:
        lines.append(f"DROP TRIGGER refuse_rewriting ON {table};")
    return "\n".join(lines)


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial")]

    operations = [
        migrations.RunSQL(REMOVAL, "DROP FUNCTION refuse_removal();"),
        migrations.RunSQL(
            REWRITING,
            "DROP FUNCTION guard_erasure(), guard_ticket(), guard_inbound(), guard_attachment(), guard_message(),"
            " erasure_is_approved(bigint, bigint), refuse_rewriting();",
        ),
        migrations.RunSQL(
            CHAIN,
            "DROP FUNCTION chain_event(), event_hash(tickets_event), message_whole_hash(tickets_message),"
            " hash_attachment(), attachment_content_hash(tickets_attachment), hash_message(),"
            " message_content_hash(tickets_message);",
        ),
        migrations.RunSQL(NUMBERS, "DROP FUNCTION next_ticket_counter(date); DROP SEQUENCE ticket_number_seq;"),
        migrations.RunSQL(create_triggers(), drop_triggers()),
    ]
