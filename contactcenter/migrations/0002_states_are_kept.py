"""What agents did, contacts, offers, loans and the log are never removed; intervals follow one another without a gap.

Three ideas: refuse removal and rewriting; an interval is only ever closed, once, and the next begins at that very
moment; an outcome stays what it was.
"""

from __future__ import annotations

from django.db import migrations

KEPT = (
    "contactcenter_activityinterval",
    "contactcenter_workinterval",
    "contactcenter_contact",
    "contactcenter_contactsegment",
    "contactcenter_offer",
    "contactcenter_loan",
    "contactcenter_backgroundwork",
    "contactcenter_centreevent",
)
REFUSE_REMOVAL = """
CREATE TRIGGER refuse_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
"""
REFUSE_REWRITING = """
CREATE TRIGGER refuse_rewriting BEFORE UPDATE ON contactcenter_centreevent
    FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
"""
INTERVALS = ("contactcenter_activityinterval", "contactcenter_workinterval")
FUNCTIONS = """
CREATE FUNCTION follow_without_gap() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last_end timestamptz; found_any boolean;
BEGIN
    EXECUTE format('SELECT max(upper(during)), count(*) > 0 FROM %I WHERE agent_id = $1', TG_TABLE_NAME)
        INTO last_end, found_any USING NEW.agent_id;
    IF found_any AND last_end IS DISTINCT FROM lower(NEW.during) THEN
        RAISE EXCEPTION 'the interval of agent % does not begin where the one before it ended', NEW.agent_id
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_no_gap';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION close_interval_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT upper_inf(OLD.during) OR upper_inf(NEW.during) OR lower(NEW.during) <> lower(OLD.during)
       OR to_jsonb(NEW) - 'during' <> to_jsonb(OLD) - 'during' THEN
        RAISE EXCEPTION 'an interval is only ever closed, and once'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION keep_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.outcome <> '' AND NEW.outcome <> OLD.outcome THEN
        RAISE EXCEPTION 'the outcome % of % % does not change', OLD.outcome, TG_TABLE_NAME, OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
DROP_FUNCTIONS = (
    "DROP FUNCTION follow_without_gap(); DROP FUNCTION close_interval_only(); DROP FUNCTION keep_outcome();"
)
INTERVAL_TRIGGERS = """
CREATE TRIGGER follow_without_gap BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION follow_without_gap();
CREATE TRIGGER close_interval_only BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION close_interval_only();
"""
OUTCOMES = ("contactcenter_contact", "contactcenter_contactsegment")
OUTCOME_TRIGGER = "CREATE TRIGGER keep_outcome BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION keep_outcome();"

KEEP = (
    "".join(REFUSE_REMOVAL.format(table=table) for table in KEPT)
    + REFUSE_REWRITING
    + FUNCTIONS
    + "".join(INTERVAL_TRIGGERS.format(table=table) for table in INTERVALS)
    + "".join(OUTCOME_TRIGGER.format(table=table) for table in OUTCOMES)
)
DROP = (
    "".join(f"DROP TRIGGER refuse_delete ON {table}; DROP TRIGGER refuse_truncate ON {table};" for table in KEPT)
    + "DROP TRIGGER refuse_rewriting ON contactcenter_centreevent;"
    + "".join(
        f"DROP TRIGGER follow_without_gap ON {table}; DROP TRIGGER close_interval_only ON {table};"
        for table in INTERVALS
    )
    + "".join(f"DROP TRIGGER keep_outcome ON {table};" for table in OUTCOMES)
    + DROP_FUNCTIONS
)


class Migration(migrations.Migration):
    dependencies = [("contactcenter", "0001_initial"), ("tickets", "0012_note_erasures")]

    operations = [migrations.RunSQL(KEEP, DROP)]
