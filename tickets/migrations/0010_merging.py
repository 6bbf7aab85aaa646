"""A merged ticket is closed, and pointers lead to an end."""

from __future__ import annotations

from django.db import migrations

REFUSE_RING = """
CREATE FUNCTION refuse_merge_ring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        WITH RECURSIVE leads(id, merged_into_id) AS (
            SELECT id, merged_into_id FROM tickets_ticket WHERE id = NEW.merged_into_id
            UNION SELECT t.id, t.merged_into_id FROM tickets_ticket t JOIN leads l ON t.id = l.merged_into_id
        ) SELECT 1 FROM leads WHERE id = NEW.id
    ) THEN
        RAISE EXCEPTION 'ticket % would lead back to itself', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ticket_merge_ring';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_merge_ring BEFORE UPDATE OF merged_into_id ON tickets_ticket FOR EACH ROW
    WHEN (NEW.merged_into_id IS NOT NULL) EXECUTE FUNCTION refuse_merge_ring();
"""
DROP = "DROP TRIGGER refuse_merge_ring ON tickets_ticket; DROP FUNCTION refuse_merge_ring();"


class Migration(migrations.Migration):
    dependencies = [("tickets", "0009_stamp")]

    operations = [
        migrations.RunSQL(REFUSE_RING, DROP),
    ]
