"""Doors: exchanges and every event they sent, chats, wishes to be called back. What came in is never removed."""

from __future__ import annotations

from django.db import migrations

KEPT = ("exchange", "callevent", "chat", "chatline", "callbackwish", "voicemail")
TABLES = tuple(f"contactcenter_{name}" for name in KEPT)
REFUSE_REMOVAL = """
CREATE TRIGGER refuse_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
"""
VERDICT_ONCE = """
CREATE FUNCTION verdict_only_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.verdict <> '' OR NEW.verdict = ''
       OR to_jsonb(NEW) - 'verdict' - 'reason' - 'contact_id'
          <> to_jsonb(OLD) - 'verdict' - 'reason' - 'contact_id' THEN
        RAISE EXCEPTION 'an event of a call stays as it came; only its verdict is written, once'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER verdict_only_once BEFORE UPDATE ON contactcenter_callevent
    FOR EACH ROW EXECUTE FUNCTION verdict_only_once();
CREATE TRIGGER refuse_rewriting BEFORE UPDATE ON contactcenter_chatline
    FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
"""
# Who calls is looked up by the last nine digits, however the number was written down.
PHONE_INDEX = """
CREATE INDEX person_phone_digits ON tickets_user ((right(regexp_replace(phone, '[^0-9]', '', 'g'), 9)))
    WHERE phone <> '';
"""
KEEP = "".join(REFUSE_REMOVAL.format(table=table) for table in TABLES) + VERDICT_ONCE + PHONE_INDEX
DROP = (
    "".join(f"DROP TRIGGER refuse_delete ON {table}; DROP TRIGGER refuse_truncate ON {table};" for table in TABLES)
    + "DROP TRIGGER verdict_only_once ON contactcenter_callevent; DROP FUNCTION verdict_only_once();"
    + "DROP TRIGGER refuse_rewriting ON contactcenter_chatline; DROP INDEX person_phone_digits;"
)


class Migration(migrations.Migration):
    dependencies = [("contactcenter", "0004_advice_is_kept")]

    operations = [
        migrations.RunSQL(KEEP, DROP),
    ]
