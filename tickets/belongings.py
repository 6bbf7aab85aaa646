"""What a ticket has of the rarer things, asked in one question, so that its page asks only for what there is.

Most tickets have no participant, no link, no draft and no file: ten questions whose answer is "none" become one.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from tickets.models import Ticket, User


@dataclass(frozen=True, slots=True)
class Belongings:
    """Whether there is any of each. `followers`: who watches it, or whether the reader muted it."""

    participants: bool = True
    followers: bool = True
    promise: bool = True
    tags: bool = True
    groups: bool = True
    drafts: bool = True  # the reader's own
    links: bool = True
    notes: bool = True  # on its customer
    notices: bool = True  # that the reader has not seen
    files: bool = True


EVERYTHING = Belongings()

QUESTION = """
SELECT
    EXISTS (SELECT FROM tickets_participant WHERE ticket_id = %(ticket)s),
    EXISTS (SELECT FROM tickets_watch WHERE ticket_id = %(ticket)s)
        OR EXISTS (SELECT FROM tickets_mute WHERE ticket_id = %(ticket)s AND user_id = %(reader)s),
    EXISTS (SELECT FROM tickets_promise WHERE ticket_id = %(ticket)s AND state IN ('asked', 'accepted')),
    EXISTS (SELECT FROM tickets_tickettag WHERE ticket_id = %(ticket)s),
    EXISTS (SELECT FROM tickets_groupmembership WHERE ticket_id = %(ticket)s AND left_at IS NULL),
    EXISTS (SELECT FROM tickets_draft WHERE ticket_id = %(ticket)s AND user_id = %(reader)s),
    EXISTS (SELECT FROM tickets_ticketlink WHERE source_id = %(ticket)s)
        OR EXISTS (SELECT FROM tickets_ticketlink WHERE target_id = %(ticket)s),
    EXISTS (SELECT FROM tickets_personnote WHERE person_id = %(customer)s),
    EXISTS (SELECT FROM tickets_notice WHERE ticket_id = %(ticket)s AND user_id = %(reader)s AND seen_at IS NULL),
    EXISTS (SELECT FROM tickets_message m JOIN tickets_attachment a ON a.message_id = m.id
        WHERE m.ticket_id = %(ticket)s)
"""


def belongings_of(ticket: Ticket, *, reader: User) -> Belongings:
    """One query. The reader's right to see the ticket has been asked before."""
    with connection.cursor() as cursor:
        cursor.execute(QUESTION, {"ticket": ticket.pk, "reader": reader.pk, "customer": ticket.customer_id})
        row = cursor.fetchone()
    assert row is not None  # a SELECT without FROM gives one row
    return Belongings(*row)
