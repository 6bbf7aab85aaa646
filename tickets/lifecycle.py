"""A ticket's acts: open, assign, move, change status, priority, kind, title, customer; wake the pending.

Every function takes the ticket's lock, checks, writes and records in one transaction, and returns the
ticket as it then stands. Raises Refused with a sentence when a rule says no. `by=None` is the system.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets import permissions
from tickets.errors import Refused
from tickets.history import record
from tickets.merge_paths import refuse_change_of_merged, target_of, tickets_leading_to
from tickets.models import Channel, Kind, Priority, Right, Status, Team, Ticket, TicketLink, User, Verb
from tickets.numbering import next_number
from tickets.workflow import workflow_of

TITLE_LENGTH = 250


def lock_ticket(ticket: Ticket) -> Ticket:
    """The ticket's fresh row, locked until the transaction ends.

    NO KEY: rows that merely point at the ticket can still be inserted meanwhile. The lock comes first and alone: a
    statement that waits for it keeps the joined rows it began with, so the ticket would come back with the owner and
    the status that it had before, or not at all.
    """
    Ticket.objects.select_for_update(no_key=True).values_list("pk").get(pk=ticket.pk)
    return Ticket.objects.select_related(
        "kind", "team", "status", "priority", "owner", "responsible", "customer", "organisation"
    ).get(pk=ticket.pk)


class _MovedOn(Exception):
    """What was the end of the pointers is none any more; gives its lock back."""


def lock_target(ticket: Ticket) -> Ticket:
    """The end of the ticket's pointers, fresh and locked until the transaction ends; no ticket before it is locked.

    A merge that came in between is followed, and the lock on what was the end is given back: whoever locks a merged
    ticket as well does so after the one that goes on.
    """
    end = ticket
    while True:
        try:
            with transaction.atomic():
                return _lock_end(end, of=ticket)
        except _MovedOn:
            end = target_of(Ticket.objects.get(pk=ticket.pk))


def _lock_end(end: Ticket, *, of: Ticket) -> Ticket:
    locked = lock_ticket(end)
    if locked.merged_into_id is not None:
        raise _MovedOn
    if locked.pk != of.pk and target_of(Ticket.objects.get(pk=of.pk)).pk != locked.pk:
        raise _MovedOn
    return locked


def open_ticket(
    *,
    title: str,
    team: Team,
    channel: Channel,
    by: User | None,
    customer: User | None = None,
    kind: Kind | None = None,
    priority: Priority | None = None,
    owner: User | None = None,
    responsible: User | None = None,
) -> Ticket:
    """A new ticket with its number. The first message is written by `conversation`, in the same transaction."""
    for person, field in ((owner, "owner"), (responsible, "responsible")):
        if person is not None and not permissions.has_right(person, team.pk, Right.OWN):
            raise Refused(
                _("%(name)s can't own tickets of the team %(team)s.") % {"name": person, "team": team}, field=field
            )
    now = timezone.now()
    with transaction.atomic():
        ticket = Ticket.objects.create(
            number=next_number(now),
            title=clean_title(title),
            kind=kind or Kind.objects.get(code="question"),
            team=team,
            status=Status.objects.get(code="open" if owner else "new"),
            priority=priority or Priority.objects.get(code="normal"),
            owner=owner,
            responsible=responsible or owner,
            customer=customer,
            organisation=customer.organisation if customer else None,
            channel=channel,
            opened_at=now,
            changed_at=now,
        )
        record(ticket, Verb.OPENED, by=by, number=ticket.number, channel=channel)
    return ticket


def clean_title(title: str) -> str:
    """One line, cut to what fits; a ticket without a subject is called so."""
    title = " ".join(title.replace("\x00", "").split())
    if len(title) > TITLE_LENGTH:
        title = title[: TITLE_LENGTH - 1].rstrip() + "…"
    return title or _("(no subject)")


def assign_ticket(ticket: Ticket, *, to: User, by: User | None, reason: str = "") -> Ticket:
    """Makes `to` the owner, who works on it. The first owner also answers for it; a new ticket becomes open.

    `reason` is a code for the history, such as "owner_away".
    """
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        if ticket.owner_id == to.pk:
            return ticket
        refuse_change_of_merged(ticket, field="owner")
        if not permissions.can_own(to, ticket):
            raise Refused(
                _("%(name)s can't own tickets of the team %(team)s.") % {"name": to, "team": ticket.team}, field="owner"
            )
        before = ticket.owner_id
        ticket.owner = to
        changes = ["owner"]
        if ticket.responsible_id is None:
            ticket.responsible = to
            changes.append("responsible")
        if ticket.status.type == Status.Type.NEW:
            ticket.status = Status.objects.get(code="open")
            changes.append("status")
        write_changes(ticket, *changes)
        record(ticket, Verb.ASSIGNED, by=by, before=before, after=to.pk, **_because(reason))
    return ticket


def unassign_ticket(ticket: Ticket, *, by: User | None, reason: str = "") -> Ticket:
    """Leaves the ticket without an owner, for the team to take. `reason` as in `assign_ticket`."""
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        if ticket.owner_id is None:
            return ticket
        before = ticket.owner_id
        ticket.owner = None
        write_changes(ticket, "owner")
        record(ticket, Verb.UNASSIGNED, by=by, before=before, **_because(reason))
    return ticket


def change_responsible(ticket: Ticket, *, to: User | None, by: User | None) -> Ticket:
    """Who answers for the ticket, whoever works on it."""
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        before = ticket.responsible_id
        if before == (to.pk if to else None):
            return ticket
        refuse_change_of_merged(ticket, field="responsible")
        if to is not None and not permissions.can_own(to, ticket):
            raise Refused(
                _("%(name)s can't answer for tickets of the team %(team)s.") % {"name": to, "team": ticket.team},
                field="responsible",
            )
        ticket.responsible = to
        write_changes(ticket, "responsible")
        record(ticket, Verb.RESPONSIBLE_CHANGED, by=by, before=before, after=to.pk if to else None)
    return ticket


def move_ticket(ticket: Ticket, *, to: Team, by: User | None) -> Ticket:
    """Gives the ticket to another team. An owner who can't own there is taken off; the responsible stays."""
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        if ticket.team_id == to.pk:
            return ticket
        refuse_change_of_merged(ticket, field="team")
        if not to.is_active:
            raise Refused(_("The team %(team)s no longer works.") % {"team": to}, field="team")
        before = ticket.team_id
        ticket.team = to
        changes = ["team"]
        if ticket.owner is not None and not permissions.can_own(ticket.owner, ticket):
            ticket.owner = None
            changes.append("owner")
        write_changes(ticket, *changes)
        record(ticket, Verb.MOVED, by=by, before=before, after=to.pk)
    return ticket


def change_status(
    ticket: Ticket, *, to: Status, by: User | None, pending_until: datetime | None = None, reason: str = ""
) -> Ticket:
    """Any status that the kind's workflow lets through. Pending ones need a time that is still to come.

    `reason` is a code for the history, such as "follow_up" or "time_up".
    """
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        if ticket.status_id == to.pk and ticket.pending_until == (pending_until if to.is_pending else None):
            return ticket
        workflow_of(ticket).check_status(ticket, to, by=by)
        if to.is_pending:
            if pending_until is None:
                raise Refused(_("Say until when it is pending."), field="pending_until")
            if pending_until <= timezone.now():
                raise Refused(_("The pending time has to be in the future."), field="pending_until")
        set_status(ticket, to=to, by=by, pending_until=pending_until, reason=reason)
    return ticket


def set_status(
    ticket: Ticket, *, to: Status, by: User | None, pending_until: datetime | None = None, reason: str = ""
) -> None:
    """Writes and records a status that is already judged. The caller holds the ticket's lock."""
    before = ticket.status_id
    ticket.status = to
    ticket.pending_until = pending_until if to.is_pending else None
    was_closed = ticket.closed_at is not None
    if to.is_closed and not was_closed:
        ticket.closed_at = timezone.now()
    elif not to.is_closed:
        ticket.closed_at = None
    write_changes(ticket, "status", "pending_until", "closed_at")
    data: dict[str, Any] = {"before": before, "after": to.pk}
    if ticket.pending_until:
        data["until"] = ticket.pending_until.isoformat()
    if reason:
        data["reason"] = reason
    record(ticket, Verb.STATUS_CHANGED, by=by, **data)


def change_priority(ticket: Ticket, *, to: Priority, by: User | None) -> Ticket:
    return _change_term(ticket, "priority", to, Verb.PRIORITY_CHANGED, by)


def change_kind(ticket: Ticket, *, to: Kind, by: User | None) -> Ticket:
    return _change_term(ticket, "kind", to, Verb.KIND_CHANGED, by)


def _change_term(ticket: Ticket, field: str, to: Priority | Kind, verb: Verb, by: User | None) -> Ticket:
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        before: int = getattr(ticket, f"{field}_id")
        if before == to.pk:
            return ticket
        refuse_change_of_merged(ticket, field=field)
        if not to.is_active:
            raise Refused(_("“%(name)s” is no longer used.") % {"name": to.label}, field=field)
        setattr(ticket, field, to)
        write_changes(ticket, field)
        record(ticket, verb, by=by, before=before, after=to.pk)
    return ticket


def rename_ticket(ticket: Ticket, *, title: str, by: User | None) -> Ticket:
    """A better title. The history says that it changed, not the words: titles may hold personal data."""
    if not title.strip():
        raise Refused(_("Give the ticket a title."), field="title")
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        title = clean_title(title)
        if ticket.title == title:
            return ticket
        refuse_change_of_merged(ticket, field="title")
        ticket.title = title
        write_changes(ticket, "title")
        record(ticket, Verb.TITLE_CHANGED, by=by)
    return ticket


def change_customer(ticket: Ticket, *, to: User, by: User | None) -> Ticket:
    """Another person is the one who asked; from now on answers go to him."""
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        before = ticket.customer_id
        if before == to.pk:
            return ticket
        refuse_change_of_merged(ticket, field="customer")
        if not to.is_active:
            raise Refused(_("%(name)s is no longer active.") % {"name": to}, field="customer")
        leading = tickets_leading_to(ticket).first()
        if leading is not None:
            sentence = _("%(number)s of the same customer was merged into it; undo that first.")
            raise Refused(sentence % {"number": leading.number}, field="customer")
        ticket.customer = to
        ticket.organisation = to.organisation
        write_changes(ticket, "customer", "organisation")
        record(ticket, Verb.CUSTOMER_CHANGED, by=by, before=before, after=to.pk)
    return ticket


def link_tickets(source: Ticket, *, to: Ticket, relation: TicketLink.Type, by: User | None) -> TicketLink:
    """Ties two tickets together; both histories say so. Locks in order of id."""
    if source.pk == to.pk:
        raise Refused(_("A ticket can't be linked to itself."))
    with transaction.atomic():
        first, second = sorted((source, to), key=lambda ticket: ticket.pk)
        lock_ticket(first)
        lock_ticket(second)
        link, created = TicketLink.objects.get_or_create(source=source, target=to, type=relation, defaults={"by": by})
        if created:
            record(source, Verb.LINKED, by=by, other=to.pk, relation=relation)
            record(to, Verb.LINKED, by=by, other=source.pk, relation=relation, inverse=True)
    return link


def continue_in_new_ticket(ticket: Ticket, *, channel: Channel, by: User | None, customer: User | None) -> Ticket:
    """A new ticket that follows from a closed one, with its title, team, kind and priority."""
    successor = open_ticket(
        title=ticket.title,
        team=ticket.team,
        channel=channel,
        by=by,
        customer=customer or ticket.customer,
        kind=ticket.kind,
        priority=ticket.priority,
    )
    link_tickets(successor, to=ticket, relation=TicketLink.Type.FOLLOWS, by=by)
    return lock_ticket(successor)


def wake_pending_tickets(limit: int = 200) -> int:
    """Tickets whose pending time is up: reminders become open, auto closes close. Returns how many.

    Safe to run twice and side by side: rows are claimed with SKIP LOCKED.
    """
    woken = 0
    while woken < limit:
        with transaction.atomic():
            ticket = (
                Ticket.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
                .select_related("status__closes_to", "kind")
                .filter(closed_at__isnull=True, pending_until__lte=timezone.now())
                .order_by("pending_until")
                .first()
            )
            if ticket is None:
                return woken
            target = ticket.status.closes_to if ticket.status.type == Status.Type.PENDING_CLOSE else None
            set_status(ticket, to=target or Status.objects.get(code="open"), by=None, reason="time_up")
            record(ticket, Verb.REMINDED, by=None)
        woken += 1
    return woken


def mark_seen(ticket: Ticket, *, by: User) -> datetime | None:
    """Remembers up to when the person has read the ticket. Returns until when he had read it before.

    One statement, so that two open pages of one person can't trip over each other.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH before AS (SELECT seen_at FROM tickets_seenmark WHERE ticket_id = %(ticket)s AND user_id = %(user)s)
            INSERT INTO tickets_seenmark (ticket_id, user_id, seen_at) VALUES (%(ticket)s, %(user)s, %(now)s)
            ON CONFLICT (user_id, ticket_id)
            DO UPDATE SET seen_at = greatest(tickets_seenmark.seen_at, excluded.seen_at)
            RETURNING (SELECT seen_at FROM before)
            """,
            {"ticket": ticket.pk, "user": by.pk, "now": timezone.now()},
        )
        row = cursor.fetchone()
    assert row is not None  # an upsert returns its row
    before: datetime | None = row[0]
    return before


def write_changes(ticket: Ticket, *fields: str) -> None:
    """Saves the named fields and when it was. The caller holds the lock and records afterwards."""
    ticket.changed_at = timezone.now()
    ticket.save(update_fields=[*fields, "changed_at"])


def _because(reason: str) -> dict[str, Any]:
    return {"reason": reason} if reason else {}
