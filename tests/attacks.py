"""What a superuser with every right might do to the past, and what the proof has to say to it.

In the SQL, {t} is the ticket, {m} a message of it and {o} another ticket. No trigger and no foreign key speaks.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attack:
    """`found`: the code of the break that must be among those reported."""

    sql: str
    found: str


ATTACKS = {
    "an event is edited": Attack(
        "UPDATE tickets_event SET verb = 'noted' WHERE ticket_id = {t} AND seq = 2", "event_changed"
    ),
    "its actor is changed": Attack(
        "UPDATE tickets_event SET by_id = NULL WHERE ticket_id = {t} AND seq = 2", "event_changed"
    ),
    "its time is changed": Attack(
        """
        UPDATE tickets_event SET recorded_at = recorded_at - interval '1 hour' WHERE ticket_id = {t} AND seq =
            3;
        """,
        "event_changed",
    ),
    "a line is taken from the middle": Attack(
        "DELETE FROM tickets_event WHERE ticket_id = {t} AND seq = 3", "event_missing"
    ),
    "a line is taken and the rest renumbered": Attack(
        """
        DELETE FROM tickets_event WHERE ticket_id = {t} AND seq = 3;
        UPDATE tickets_event SET seq = seq + 1000 WHERE ticket_id = {t} AND seq > 3;
        UPDATE tickets_event SET seq = seq - 1001 WHERE ticket_id = {t} AND seq > 1000;
        """,
        "link_broken",
    ),
    "the last line is taken": Attack(
        """
        DELETE FROM tickets_event WHERE ticket_id = {t} AND seq = (SELECT max(seq) FROM tickets_event WHERE
            ticket_id = {t});
        UPDATE tickets_ticket SET owner_id = NULL, responsible_id = NULL, status_id = (SELECT id FROM
            tickets_status WHERE code = 'new') WHERE id = {t};
        """,
        "sealed_event_missing",
    ),
    "a message is edited": Attack(
        "UPDATE tickets_message SET body = 'Minden rendben.' WHERE id = {m}", "message_changed"
    ),
    "a message is edited with its hash": Attack(
        """
        UPDATE tickets_message m SET body = 'Minden rendben.' WHERE id = {m};
        UPDATE tickets_message m SET content_hash = message_content_hash(m) WHERE id = {m};
        """,
        "message_parts_changed",
    ),
    "a note is shown to the customer": Attack(
        """
        UPDATE tickets_message SET visible_to_customer = NOT visible_to_customer WHERE id = {m};
        """,
        "message_changed",
    ),
    "a message is moved": Attack("UPDATE tickets_message SET ticket_id = {o} WHERE id = {m}", "message_moved"),
    "a message is removed": Attack("DELETE FROM tickets_message WHERE id = {m}", "message_missing"),
    "a message is put in": Attack(
        """
        INSERT INTO tickets_message (ticket_id, kind, sender, channel, visible_to_customer, is_automatic,
            is_unconfirmed, from_address, from_name, "to", cc, subject, body, fresh, html, mail_id, traits,
            created_at, content_hash) SELECT ticket_id, kind, sender, channel, visible_to_customer,
            is_automatic, is_unconfirmed, from_address, from_name, "to", cc, subject, 'forged', fresh, html,
            '', traits, created_at, content_hash FROM tickets_message WHERE id = {m};
        """,
        "message_changed",
    ),
    "an attachment is removed": Attack(
        "DELETE FROM tickets_attachment WHERE message_id = {m}", "message_parts_changed"
    ),
    "an attachment is renamed": Attack(
        """
        UPDATE tickets_attachment SET name = 'other.pdf' WHERE message_id = {m};
        """,
        "attachment_changed",
    ),
    "an attachment is renamed with its hash": Attack(
        """
        UPDATE tickets_attachment SET name = 'other.pdf' WHERE message_id = {m};
        UPDATE tickets_attachment a SET content_hash = attachment_content_hash(a) WHERE message_id = {m};
        """,
        "message_parts_changed",
    ),
    "a raw mail is edited": Attack(
        "UPDATE tickets_inboundmail SET raw = 'x' WHERE ticket_id = {t}", "raw_mail_changed"
    ),
    "a raw mail is edited with its hash": Attack(
        """
        UPDATE tickets_inboundmail SET raw = 'x', size = 1, raw_sha256 = encode(sha256('x'), 'hex') WHERE
            ticket_id = {t};
        """,
        "message_parts_changed",
    ),
    "a raw mail is removed": Attack("DELETE FROM tickets_inboundmail WHERE ticket_id = {t}", "message_parts_changed"),
    "an acceptance is removed": Attack("DELETE FROM tickets_acceptance", "acceptance_missing"),
    "the owner is changed": Attack("UPDATE tickets_ticket SET owner_id = NULL WHERE id = {t}", "ticket_changed"),
    "the title is changed": Attack("UPDATE tickets_ticket SET title = 'Kész' WHERE id = {t}", "ticket_changed"),
    "the customer is changed": Attack("UPDATE tickets_ticket SET customer_id = NULL WHERE id = {t}", "ticket_changed"),
    "a tag is put on": Attack(
        """
        INSERT INTO tickets_tag (id, name, description, answer, is_active, created_at)
            VALUES (1, 'x', '', '{{}}', true, now());
        INSERT INTO tickets_tickettag (ticket_id, tag_id, created_at, team_id, is_open, opened_at)
            SELECT id, 1, now(), team_id, true, opened_at FROM tickets_ticket WHERE id = {t};
        """,
        "ticket_changed",
    ),
    "the number is changed": Attack("UPDATE tickets_ticket SET number = '1' WHERE id = {t}", "number_changed"),
    "the ticket is removed, its history left": Attack("DELETE FROM tickets_ticket WHERE id = {t}", "ticket_missing"),
    "its history is removed": Attack("DELETE FROM tickets_event WHERE ticket_id = {t}", "history_missing"),
    "the whole ticket is removed": Attack(
        """
        DELETE FROM tickets_attachment WHERE message_id IN (SELECT id FROM tickets_message WHERE ticket_id =
            {t});
        DELETE FROM tickets_acceptance;
        DELETE FROM tickets_event WHERE ticket_id = {t};
        DELETE FROM tickets_message WHERE ticket_id = {t};
        DELETE FROM tickets_inboundmail WHERE ticket_id = {t};
        DELETE FROM tickets_ticket WHERE id = {t};
        """,
        "ticket_missing",
    ),
    "the whole ticket is removed, and its heads": Attack(
        """
        DELETE FROM tickets_attachment WHERE message_id IN (SELECT id FROM tickets_message WHERE ticket_id =
            {t});
        DELETE FROM tickets_acceptance;
        DELETE FROM tickets_event WHERE ticket_id = {t};
        DELETE FROM tickets_message WHERE ticket_id = {t};
        DELETE FROM tickets_inboundmail WHERE ticket_id = {t};
        DELETE FROM tickets_ticket WHERE id = {t};
        DELETE FROM tickets_sealedhead WHERE ticket_id = {t};
        """,
        "seal_changed",
    ),
    "a seal is removed": Attack(
        "DELETE FROM tickets_seal WHERE id = (SELECT min(id) FROM tickets_seal)", "seal_link_broken"
    ),
    "the last seal is removed": Attack(
        """
        DELETE FROM tickets_sealedhead WHERE seal_id = (SELECT max(id) FROM tickets_seal);
        DELETE FROM tickets_seal WHERE id = (SELECT max(id) FROM tickets_seal);
        """,
        "seal_missing",
    ),
    "a seal's count is edited": Attack("UPDATE tickets_seal SET ticket_count = ticket_count - 1", "seal_changed"),
    "a seal's time is edited": Attack("UPDATE tickets_seal SET made_at = made_at - interval '1 day'", "seal_changed"),
    "a sealed head is edited": Attack(
        "UPDATE tickets_sealedhead SET hash = 'x' WHERE ticket_id = {t}", "sealed_event_changed"
    ),
    "a message is blanked without an erasure": Attack(
        "UPDATE tickets_message SET body = '' WHERE id = {m}", "message_changed"
    ),
    "an erasure is forged by one person": Attack(
        """
        ALTER TABLE tickets_erasure DROP CONSTRAINT erasure_two_people;
        INSERT INTO tickets_erasure (id, message_id, reason, asked_by_id, asked_at, approved_by_id,
            approved_at) SELECT 1, {m}, 'x', min(id), now(), min(id), now() FROM tickets_user;
        UPDATE tickets_message SET body = '', subject = '', from_address = '', from_name = '', erasure_id = 1
            WHERE id = {m};
        """,
        "erasure_unapproved",
    ),
}
