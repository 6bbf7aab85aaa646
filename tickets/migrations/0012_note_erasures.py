"""Notes on people can be erased where the law demands it: by two people, in all versions, and their hashes stay."""

from django.db import migrations

GUARD = """
CREATE FUNCTION person_note_hash(n tickets_personnote) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(convert_to(jsonb_build_array(
        n.person_id, n.author_id, n.replaces_id, n.text, extract(epoch FROM n.written_at)
    )::text, 'UTF8'))
$$;

CREATE FUNCTION hash_person_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.erasure_id IS NOT NULL THEN
        RAISE EXCEPTION 'a note is not born erased' USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.content_hash := person_note_hash(NEW);
    RETURN NEW;
END $$;

-- True when an erasure of that note, or of another version of it, was approved by a second person.
CREATE FUNCTION note_erasure_is_approved(p_erasure bigint, p_note bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    WITH RECURSIVE version(id) AS (
        SELECT e.note_id FROM tickets_personnoteerasure e
        WHERE e.id = p_erasure AND e.approved_by_id IS NOT NULL AND e.approved_by_id <> e.asked_by_id
        UNION
        SELECT CASE WHEN n.id = v.id THEN n.replaces_id ELSE n.id END
        FROM version v JOIN tickets_personnote n ON n.replaces_id = v.id OR (n.id = v.id AND n.replaces_id IS NOT NULL)
    )
    SELECT EXISTS (SELECT 1 FROM version WHERE id = p_note)
$$;

-- A note is written once. An approved erasure may blank its words; nothing else.
CREATE FUNCTION guard_person_note() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    blanked text[] := ARRAY['text', 'erasure_id'];
BEGIN
    IF OLD.erasure_id IS NULL AND note_erasure_is_approved(NEW.erasure_id, OLD.id)
       AND NEW.text = '' AND to_jsonb(NEW) - blanked = to_jsonb(OLD) - blanked
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'UPDATE on % refused: rows of this table are never rewritten', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

DROP TRIGGER refuse_rewriting ON tickets_personnote;
UPDATE tickets_personnote n SET content_hash = person_note_hash(n);
CREATE TRIGGER refuse_rewriting BEFORE UPDATE ON tickets_personnote FOR EACH ROW EXECUTE FUNCTION guard_person_note();
CREATE TRIGGER hash_person_note BEFORE INSERT ON tickets_personnote FOR EACH ROW EXECUTE FUNCTION hash_person_note();
CREATE TRIGGER refuse_delete BEFORE DELETE ON tickets_personnoteerasure
    FOR EACH ROW EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON tickets_personnoteerasure
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER refuse_rewriting BEFORE UPDATE ON tickets_personnoteerasure
    FOR EACH ROW EXECUTE FUNCTION guard_erasure();
"""
UNGUARD = """
DROP TRIGGER refuse_rewriting ON tickets_personnoteerasure;
DROP TRIGGER refuse_truncate ON tickets_personnoteerasure;
DROP TRIGGER refuse_delete ON tickets_personnoteerasure;
DROP TRIGGER hash_person_note ON tickets_personnote;
DROP TRIGGER refuse_rewriting ON tickets_personnote;
CREATE TRIGGER refuse_rewriting BEFORE UPDATE ON tickets_personnote FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
DROP FUNCTION guard_person_note(), note_erasure_is_approved(bigint, bigint), hash_person_note(),
    person_note_hash(tickets_personnote);
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0011_more_is_kept")]

    operations = [
        migrations.RunSQL(GUARD, UNGUARD),
    ]
