"""A tag on a ticket knows the ticket's team, opening and whether it is open; a tag that became another word is none.

`FOR SHARE` waits for whoever changes the ticket or joins the tag, and is free for the one who holds the lock already.
"""

from __future__ import annotations

from django.db import migrations

FILL = """
UPDATE tickets_tickettag g SET team_id = t.team_id, is_open = t.closed_at IS NULL, opened_at = t.opened_at
FROM tickets_ticket t WHERE t.id = g.ticket_id;
"""
KEEP = """
CREATE FUNCTION tag_learns_of_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    real_tag bigint;
BEGIN
    SELECT synonym_of_id INTO real_tag FROM tickets_tag WHERE id = NEW.tag_id FOR SHARE;
    IF real_tag IS NOT NULL THEN
        RAISE EXCEPTION 'the tag % is another word for %', NEW.tag_id, real_tag
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ticket_tag_is_no_synonym';
    END IF;
    SELECT team_id, closed_at IS NULL, opened_at INTO NEW.team_id, NEW.is_open, NEW.opened_at
    FROM tickets_ticket WHERE id = NEW.ticket_id FOR SHARE;
    RETURN NEW;
END $$;

CREATE TRIGGER tag_learns_of_ticket BEFORE INSERT ON tickets_tickettag
FOR EACH ROW EXECUTE FUNCTION tag_learns_of_ticket();

CREATE FUNCTION tags_follow_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tickets_tickettag SET team_id = NEW.team_id, is_open = NEW.closed_at IS NULL WHERE ticket_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER tags_follow_ticket AFTER UPDATE OF team_id, closed_at ON tickets_ticket
FOR EACH ROW WHEN (OLD.team_id <> NEW.team_id OR (OLD.closed_at IS NULL) <> (NEW.closed_at IS NULL))
EXECUTE FUNCTION tags_follow_ticket();
"""
DROP = """
DROP TRIGGER tags_follow_ticket ON tickets_ticket;
DROP FUNCTION tags_follow_ticket();
DROP TRIGGER tag_learns_of_ticket ON tickets_tickettag;
DROP FUNCTION tag_learns_of_ticket();
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0007_search_by_time")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop), migrations.RunSQL(KEEP, DROP)]
