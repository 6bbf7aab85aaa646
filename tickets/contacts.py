"""What an agent may know of a person: his tickets, his organisation's, and what was said with him, newest first.

Everything is narrowed to the tickets that the agent works on, so no card or page tells more than the tickets do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Max, OuterRef, Q, Subquery

from tickets.lists import count_capped
from tickets.models import AddressState, Message, Ticket, User
from tickets.models.tickets import TicketQuerySet

PAGE_SIZE = 25
LATEST_READ = 50  # tickets in which the last contact is looked for


@dataclass(frozen=True, slots=True)
class Standing:
    """A person in numbers. Counts stop at `lists.MOST_COUNTED`."""

    open: int
    past: int
    organisation_open: int
    last_contact: datetime | None

    @property
    def all(self) -> int:
        return self.open + self.past


@dataclass(frozen=True, slots=True)
class TicketPage:
    """Some of a person's tickets; `older` is the id to go on from, 0 at the end."""

    tickets: list[Ticket]
    older: int


@dataclass(frozen=True, slots=True)
class WordPage:
    """Some of what was said with a person; `older` is the id to go on from, 0 at the end."""

    messages: list[Message]
    older: int


def standing_of(person: User, *, by: User) -> Standing:
    """How many tickets he has, and when he was last heard of. Two queries.

    A merged ticket is one with its target, where the agent works on that.
    """
    seen = _one_for_each(Ticket.objects.worked_by(by))
    own = seen.filter(customer=person)
    lists = {"open": own.open(), "past": own.filter(closed_at__isnull=False)}
    if person.organisation_id is not None:
        lists["organisation"] = seen.filter(organisation=person.organisation_id).exclude(customer=person).open()
    counts = count_capped(lists)
    latest = (
        Ticket.objects.worked_by(by)
        .filter(customer=person)
        .order_by("-opened_at")[:LATEST_READ]
        .aggregate(last=Max("customer_wrote_at"))
    )
    return Standing(counts["open"], counts["past"], counts.get("organisation", 0), latest["last"])


def tickets_of(person: User, *, by: User, state: str = "", whose: str = "") -> TicketQuerySet:
    """His tickets, or with `whose="organisation"` those of his organisation; `state` is open, closed or neither.

    What goes on in another ticket that the agent works on is found there.
    """
    tickets = _one_for_each(Ticket.objects.worked_by(by))
    if whose == "organisation" and person.organisation_id is not None:
        tickets = tickets.filter(organisation=person.organisation_id)
    else:
        tickets = tickets.filter(customer=person)
    if state in ("open", "closed"):
        tickets = tickets.filter(closed_at__isnull=state == "open")
    return tickets


def _one_for_each(tickets: TicketQuerySet) -> TicketQuerySet:
    """Without those that go on in one that is among them.

    Asked for each merged one by its key: as a list, "those among them" would be every ticket that the agent works on.
    """
    among = tickets.filter(pk=OuterRef("merged_into")).values("pk")
    return tickets.alias(goes_on_in=Subquery(among)).filter(goes_on_in__isnull=True)


def read_tickets(tickets: TicketQuerySet, *, before: int = 0) -> TicketPage:
    """A page of them, the newest first; `before` is the id of the last one of the page before."""
    if before:
        last = tickets.filter(pk=before).values_list("opened_at", flat=True).first()
        if last is not None:
            tickets = tickets.filter(Q(opened_at__lt=last) | Q(opened_at=last, pk__lt=before))
    rows = list(
        tickets.select_related("status", "team", "owner", "customer").order_by("-opened_at", "-pk")[: PAGE_SIZE + 1]
    )
    return TicketPage(rows[:PAGE_SIZE], rows[PAGE_SIZE - 1].pk if len(rows) > PAGE_SIZE else 0)


def read_words(person: User, *, by: User, before: int = 0) -> WordPage:
    """What he and we said to each other on his tickets: no notes, nothing that machines wrote."""
    said = Message.objects.filter(
        ticket__in=Ticket.objects.worked_by(by).filter(customer=person), is_automatic=False
    ).shown_to_customer()
    if before:
        last = said.filter(pk=before).values_list("created_at", flat=True).first()
        if last is not None:
            said = said.filter(Q(created_at__lt=last) | Q(created_at=last, pk__lt=before))
    rows = list(said.select_related("ticket", "author").order_by("-created_at", "-pk")[: PAGE_SIZE + 1])
    return WordPage(rows[:PAGE_SIZE], rows[PAGE_SIZE - 1].pk if len(rows) > PAGE_SIZE else 0)


@dataclass(frozen=True, slots=True)
class KnownAddress:
    """One of a person's addresses, and whether mail to it came back for good."""

    email: str
    has_bounced: bool


def addresses_of(person: User) -> list[KnownAddress]:
    """The primary one first. One query."""
    bounced = AddressState.objects.filter(email=OuterRef("email"), bounced_at__isnull=False)
    rows = person.addresses.annotate(has_bounced=Exists(bounced)).values_list("email", "has_bounced")
    return [KnownAddress(*row) for row in sorted(rows, key=lambda row: (row[0] != person.email, row[0]))]
