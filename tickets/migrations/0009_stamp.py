"""A stamp that changes with the small tables that pages keep at hand: teams, rights, colleagues, absences, vocabularies.

It is renewed in the transaction of the change, so whoever reads it sees both or neither. Each change gives it a value
that never was before; a counter would come back after a rollback.
"""

from __future__ import annotations

from django.db import migrations

WHOLE_TABLES = (
    "tickets_status",
    "tickets_priority",
    "tickets_kind",
    "tickets_team",
    "tickets_membership",
    "tickets_absence",
)

FIRST = "INSERT INTO tickets_stamp (id, value) VALUES (1, gen_random_uuid());"
RENEW = """
CREATE FUNCTION renew_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tickets_stamp SET value = gen_random_uuid();
    RETURN NULL;
END $$;
"""
# Customers come and go all day and are not at hand.
OF_COLLEAGUES = """
CREATE TRIGGER renew_stamp_of_new AFTER INSERT ON tickets_user
FOR EACH ROW WHEN (NEW.roles && ARRAY['agent', 'admin']::varchar[]) EXECUTE FUNCTION renew_stamp();
CREATE TRIGGER renew_stamp_of_changed AFTER UPDATE OF name, email, roles, is_active ON tickets_user
FOR EACH ROW WHEN (
    (OLD.roles && ARRAY['agent', 'admin']::varchar[] OR NEW.roles && ARRAY['agent', 'admin']::varchar[])
    AND (OLD.name, OLD.email, OLD.roles, OLD.is_active) IS DISTINCT FROM (NEW.name, NEW.email, NEW.roles, NEW.is_active)
) EXECUTE FUNCTION renew_stamp();
CREATE TRIGGER renew_stamp_of_gone AFTER DELETE ON tickets_user
FOR EACH STATEMENT EXECUTE FUNCTION renew_stamp();
"""
UNDO = """
DROP TRIGGER renew_stamp_of_new ON tickets_user;
DROP TRIGGER renew_stamp_of_changed ON tickets_user;
DROP TRIGGER renew_stamp_of_gone ON tickets_user;
"""


def on(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER renew_stamp AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION renew_stamp();",
        f"DROP TRIGGER renew_stamp ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("tickets", "0008_tags_follow_tickets")]

    operations = [
        migrations.RunSQL(FIRST, migrations.RunSQL.noop),
        migrations.RunSQL(RENEW, "DROP FUNCTION renew_stamp();"),
        migrations.RunSQL(OF_COLLEAGUES, UNDO),
        *map(on, WHOLE_TABLES),
    ]
