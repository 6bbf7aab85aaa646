"""What is never removed beside tickets and their histories, and which of it is written once and never changed."""

from __future__ import annotations

from django.db import migrations

KEPT = (
    "configurationchange",
    "ticketgroup",
    "groupmembership",
    "groupevent",
    "groupclosing",
    "groupclosingitem",
    "broadcast",
    "delivery",
    "burst",
    "burstreport",
    "personnote",
)
WRITTEN_ONCE = ("configurationchange", "groupevent", "personnote")

REFUSE_REMOVAL = """
CREATE TRIGGER refuse_delete BEFORE DELETE ON tickets_{0} FOR EACH ROW EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON tickets_{0} FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
"""
REFUSE_REWRITING = """
CREATE TRIGGER refuse_rewriting BEFORE UPDATE ON tickets_{0} FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
"""
KEEP = "".join(map(REFUSE_REMOVAL.format, KEPT)) + "".join(map(REFUSE_REWRITING.format, WRITTEN_ONCE))
DROP = "".join(
    f"DROP TRIGGER refuse_delete ON tickets_{table}; DROP TRIGGER refuse_truncate ON tickets_{table};" for table in KEPT
) + "".join(f"DROP TRIGGER refuse_rewriting ON tickets_{table};" for table in WRITTEN_ONCE)


class Migration(migrations.Migration):
    dependencies = [("tickets", "0010_merging")]

    operations = [migrations.RunSQL(KEEP, DROP)]
