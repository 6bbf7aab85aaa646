"""Advice on staff is kept as it was given."""

from __future__ import annotations

from django.db import migrations

KEEP = """
CREATE FUNCTION settle_advice_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ending text[] := ARRAY['state', 'settled_at', 'settled_by_id', 'reason', 'loan_id'];
BEGIN
    IF to_jsonb(NEW) - ending - 'effect' <> to_jsonb(OLD) - ending - 'effect'
       OR (OLD.state <> 'standing' AND to_jsonb(NEW) - 'effect' <> to_jsonb(OLD) - 'effect')
       OR (OLD.effect IS NOT NULL AND NEW.effect IS DISTINCT FROM OLD.effect) THEN
        RAISE EXCEPTION 'advice % is only ever settled and measured, once each', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settle_advice_only BEFORE UPDATE ON contactcenter_advice
    FOR EACH ROW EXECUTE FUNCTION settle_advice_only();
CREATE TRIGGER refuse_delete BEFORE DELETE ON contactcenter_advice
    FOR EACH ROW EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON contactcenter_advice
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
"""
DROP = """
DROP TRIGGER settle_advice_only ON contactcenter_advice;
DROP TRIGGER refuse_delete ON contactcenter_advice;
DROP TRIGGER refuse_truncate ON contactcenter_advice;
DROP FUNCTION settle_advice_only();
"""


class Migration(migrations.Migration):
    dependencies = [("contactcenter", "0003_first_activities")]

    operations = [
        migrations.RunSQL(KEEP, DROP),
    ]
