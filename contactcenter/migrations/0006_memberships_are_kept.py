"""Who served which queue when, and what came of a contact, are never removed."""

from __future__ import annotations

from django.db import migrations

KEPT = ("contactcenter_queuemembership", "contactcenter_wrapup")
KEEP = "".join(
    f"""
    CREATE TRIGGER refuse_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_removal();
    CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
    """
    for table in KEPT
)
DROP = "".join(f"DROP TRIGGER refuse_delete ON {table}; DROP TRIGGER refuse_truncate ON {table};" for table in KEPT)


class Migration(migrations.Migration):
    dependencies = [("contactcenter", "0005_doors_are_kept")]

    operations = [
        migrations.RunSQL(KEEP, DROP),
    ]
