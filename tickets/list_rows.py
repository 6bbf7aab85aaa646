"""The rows of a list, read in one question and without a model for each ticket, person and organisation.

A page of a list is forty rows of six tables. The words of that question never change, and what it answers is only
shown: rows know nothing that a list does not show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from tickets.at_hand import AtHand
from tickets.models import Absence, Priority, Status, Team, User


@dataclass(slots=True)
class Owner:
    """Whoever owns a ticket, with the absence that runs now."""

    name: str
    away: Absence | None


@dataclass(slots=True)
class Row:
    """What one row shows. `group_pk` and `group_title`: the open group of reports that the ticket is in."""

    pk: int
    number: str
    title: str
    team: Team
    status: Status
    priority: Priority
    owner: Owner | None
    customer_name: str | None
    organisation_name: str | None
    pending_until: datetime | None
    due_at: datetime | None
    opened_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    customer_wrote_at: datetime | None
    seen_at: datetime | None
    promised_at: datetime | None
    group_pk: int | None
    group_title: str | None
    tags: list[str]
    is_fresh: bool = False

    @property
    def is_unread(self) -> bool:
        """The customer wrote since the reader last looked, or the reader has never looked."""
        if self.seen_at is None:
            return self.closed_at is None
        return self.customer_wrote_at is not None and self.customer_wrote_at > self.seen_at


# At most one promise is open on a ticket, and at most one open group holds it; the database sees to both. What is in
# other tables is asked for by the row: as joins of nine tables, finding their order took longer than reading them.
ROWS = """
SELECT t.id, t.number, t.title, t.team_id, t.status_id, t.priority_id, t.owner_id,
    (SELECT coalesce(nullif(name, ''), email) FROM tickets_user WHERE id = t.owner_id),
    (SELECT name FROM tickets_user WHERE id = t.customer_id),
    (SELECT name FROM tickets_organisation WHERE id = t.organisation_id),
    t.pending_until, t.due_at, t.opened_at, t.changed_at, t.closed_at, t.customer_wrote_at,
    (SELECT seen_at FROM tickets_seenmark WHERE ticket_id = t.id AND user_id = %s),
    (SELECT created_at FROM tickets_promise WHERE ticket_id = t.id AND state IN ('asked', 'accepted')),
    h.group_id, (SELECT title FROM tickets_ticketgroup WHERE id = h.group_id),
    ARRAY(SELECT x.name FROM tickets_tickettag tt JOIN tickets_tag x ON x.id = tt.tag_id
        WHERE tt.ticket_id = t.id ORDER BY x.name)
FROM unnest(%s::bigint[]) WITH ORDINALITY AS wanted (id, place)
JOIN tickets_ticket t ON t.id = wanted.id
LEFT JOIN tickets_groupmembership h ON h.ticket_id = t.id AND h.left_at IS NULL AND h.group_closed_at IS NULL
ORDER BY wanted.place
"""


def read_rows(ids: Sequence[int], *, reader: User, at_hand: AtHand) -> list[Row]:
    """The rows of these tickets, in the order of the ids. Who may see them has been asked when the ids were read."""
    if not ids:
        return []
    statuses = {status.pk: status for status in at_hand.vocabulary.statuses}
    priorities = {priority.pk: priority for priority in at_hand.vocabulary.priorities}
    teams = {team.pk: team for team in at_hand.teams}
    with connection.cursor() as cursor:
        cursor.execute(ROWS, [reader.pk, list(ids)])
        found = cursor.fetchall()
    return [
        Row(
            pk,
            number,
            title,
            teams[team],
            statuses[status],
            priorities[priority],
            Owner(owner_name, at_hand.absence_of(owner)) if owner is not None else None,
            *rest,
        )
        for pk, number, title, team, status, priority, owner, owner_name, *rest in found
    ]
