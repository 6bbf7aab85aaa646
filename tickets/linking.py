"""Links between tickets that an agent draws and removes by hand, what blocks what, and the finding of the other one."""

from __future__ import annotations

from collections.abc import Collection

from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tickets.errors import Refused
from tickets.history import record
from tickets.lifecycle import link_tickets, lock_ticket, write_changes
from tickets.merge_paths import refuse_change_of_merged
from tickets.models import Ticket, TicketLink, User, Verb
from tickets.models.tickets import TicketQuerySet

Type = TicketLink.Type

MOST_FOUND = 8
BLOCKERS_NAMED = 3


class Relation(models.TextChoices):
    """How the ticket at hand stands to the other one, as an agent chooses it."""

    RELATES = "relates", gettext_lazy("is related to it")
    BLOCKS = "blocks", gettext_lazy("blocks it")
    BLOCKED_BY = "blocked_by", gettext_lazy("is blocked by it")
    CAUSED_BY = "caused_by", gettext_lazy("is caused by it")
    CAUSES = "causes", gettext_lazy("is the cause of it")


# What is kept of a relation: the type, and whether the other one is the source.
MEANING: dict[Relation, tuple[Type, bool]] = {
    Relation.RELATES: (Type.RELATES, False),
    Relation.BLOCKS: (Type.BLOCKS, False),
    Relation.BLOCKED_BY: (Type.BLOCKS, True),
    Relation.CAUSED_BY: (Type.CAUSED_BY, False),
    Relation.CAUSES: (Type.CAUSED_BY, True),
}
# Drawn by hand, so removed by hand; the others say where a ticket came from.
REMOVABLE = frozenset({Type.RELATES, Type.BLOCKS, Type.CAUSED_BY})


def relate_tickets(ticket: Ticket, *, to: Ticket, by: User, relation: Relation = Relation.RELATES) -> TicketLink:
    """Ties the two together, each reading the relation from where it stands; both histories say so.

    Raises Refused when they are tied that way already, or one of them only points at another.
    """
    kind, is_inverse = MEANING[relation]
    with transaction.atomic():
        ticket, to = _lock_both(ticket, to)
        for each in (ticket, to):
            refuse_change_of_merged(each, field="number")
        tied = _between(ticket, to)
        if (kind == Type.RELATES and tied.exists()) or tied.filter(type=kind).exists():
            raise Refused(_("These tickets are already linked."), field="number")
        source, target = (to, ticket) if is_inverse else (ticket, to)
        return link_tickets(source, to=target, relation=kind, by=by)


def unlink_tickets(link: TicketLink, *, by: User) -> None:
    """The two no longer belong together; both histories say so, and that they did. Twice is once."""
    if Type(link.type) not in REMOVABLE:
        raise Refused(_("This link says where the ticket came from; it stays."))
    with transaction.atomic():
        source, target = _lock_both(link.source, link.target)
        removed, _rows = TicketLink.objects.filter(pk=link.pk).delete()
        if not removed:
            return
        write_changes(source)
        record(source, Verb.UNLINKED, by=by, other=target.pk, relation=link.type)
        write_changes(target)
        record(target, Verb.UNLINKED, by=by, other=source.pk, relation=link.type, inverse=True)


def links_of(ticket: Ticket, *, by: User, merged: Collection[Ticket] = ()) -> QuerySet[TicketLink]:
    """Those whose other end the agent works on, with both tickets; also those of tickets `merged` into it."""
    own = [ticket.pk, *(each.pk for each in merged)]
    seen = Ticket.objects.worked_by(by)
    links = TicketLink.objects.select_related("source__status", "target__status")
    found = links.filter(Q(source__in=own, target__in=seen) | Q(target__in=own, source__in=seen))
    if merged:
        found = found.exclude(source__in=own, target__in=own)
    return found.order_by("created_at", "pk")


def words_of_link(link: TicketLink, *, is_source: bool) -> str:
    """How the other ticket stands to the one at hand, which is the link's source or its target."""
    words: dict[str, tuple[str, str]] = {
        Type.FOLLOWS: (_("this one continues it"), _("continues this one")),
        Type.SPLIT: (_("this one was split off it"), _("split off this one")),
        Type.BLOCKS: (_("blocked by this one"), _("blocks this one")),
        Type.CAUSED_BY: (_("cause of this one"), _("caused by this one")),
    }
    forth, back = words.get(link.type, (_("related"), _("related")))
    return forth if is_source else back


# --- what blocks what ------------------------------------------------------------------------------------------------


def open_blockers(ticket_ids: Collection[int]) -> dict[int, list[str]]:
    """The numbers of open tickets that block these, by the blocked one's id; one query."""
    links = TicketLink.objects.filter(type=Type.BLOCKS, target__in=ticket_ids, source__closed_at__isnull=True)
    blockers: dict[int, list[str]] = {}
    for target, number in links.order_by("created_at", "pk").values_list("target", "source__number"):
        blockers.setdefault(target, []).append(number)
    return blockers


def warn_of_blockers(ticket: Ticket) -> str:
    """What to know before it is closed: "20261126… blocks it and is still open."; empty when nothing blocks it."""
    numbers = open_blockers([ticket.pk]).get(ticket.pk, [])
    if not numbers:
        return ""
    named = ", ".join(numbers[:BLOCKERS_NAMED]) + (" …" if len(numbers) > BLOCKERS_NAMED else "")
    sentence = ngettext(
        "%(numbers)s blocks this ticket and is still open.",
        "%(numbers)s block this ticket and are still open.",
        len(numbers),
    )
    return sentence % {"numbers": named}


# --- finding ---------------------------------------------------------------------------------------------------------


def find_to_link(words: str, ticket: Ticket, *, by: User) -> list[Ticket]:
    """Other tickets that the agent works on whose number or title has these words; the newest first."""
    others = find_tickets(words, by=by).exclude(pk=ticket.pk)
    return list(others.select_related("status").order_by("-opened_at")[:MOST_FOUND])


def find_tickets(words: str, *, by: User) -> TicketQuerySet:
    """The tickets that the agent works on whose number or title has these words; none for a single letter."""
    words = words.replace("\x00", "").strip()[:100]
    if len(words) < 2:
        return Ticket.objects.none()
    digits = "".join(words.split())
    if digits.isascii() and digits.isdigit():
        found = Q(number__startswith=digits) | Q(number__endswith=digits)
    else:
        found = Q(title__icontains=words)
    return Ticket.objects.worked_by(by).filter(found)


def ticket_of_number(number: str, *, by: User) -> Ticket:
    """The ticket that the agent works on with this number; spaces in it are forgiven. Raises Refused."""
    digits = "".join(number.split()).lstrip("#")
    ticket = Ticket.objects.worked_by(by).filter(number=digits).first() if digits else None
    if ticket is None:
        raise Refused(_("There is no such ticket, or you don't work on it."), field="number")
    return ticket


def _lock_both(one: Ticket, other: Ticket) -> tuple[Ticket, Ticket]:
    """Fresh and locked, in the order of their ids."""
    locked = {each.pk: lock_ticket(each) for each in sorted((one, other), key=lambda ticket: ticket.pk)}
    return locked[one.pk], locked[other.pk]


def _between(one: Ticket, other: Ticket) -> QuerySet[TicketLink]:
    return TicketLink.objects.filter(Q(source=one, target=other) | Q(source=other, target=one))
