"""The dry run: who gets a broadcast, in which language, who is left out and why. Nothing is written here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from tickets.broadcasts import wording
from tickets.errors import Refused
from tickets.models import (
    Address,
    AddressState,
    Broadcast,
    BroadcastOptOut,
    Delivery,
    GroupMembership,
    Message,
    Status,
    Ticket,
    TicketGroup,
    User,
)
from tickets.workflow import workflow_of

Kind = Broadcast.Kind
Reason = Delivery.Reason
# A delivery that reached, or is about to reach, its person.
TOLD = (Delivery.State.QUEUED, Delivery.State.SENT, Delivery.State.REPLIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What an agent wants to say or do. A note's text stands under any language."""

    kind: Broadcast.Kind
    texts: Mapping[str, str] = field(default_factory=dict)
    status: Status | None = None
    pending_until: datetime | None = None
    tells_late_joiners: bool = True

    @property
    def is_to_reporters(self) -> bool:
        return self.kind in Broadcast.TO_REPORTERS


@dataclass(frozen=True, slots=True)
class Recipient:
    """One row to be: a person with his tickets, or, for notes and statuses, a ticket. `reason`: why he is left out."""

    ticket_id: int
    number: str
    ticket_ids: tuple[int, ...]
    numbers: tuple[str, ...]
    person_id: int | None = None
    name: str = ""
    language: str = ""
    text_language: str = ""
    address: str = ""
    reason: str = ""

    @property
    def is_fallback(self) -> bool:
        """He gets it in another language than his own, since it is not written in his."""
        return bool(self.text_language) and self.text_language != self.language


@dataclass(frozen=True, slots=True)
class Plan:
    """The dry run's result."""

    recipients: list[Recipient]

    @property
    def gets(self) -> list[Recipient]:
        return [each for each in self.recipients if not each.reason]

    @property
    def by_language(self) -> Counter[str]:
        """How many get which text."""
        return Counter(each.text_language for each in self.gets if each.text_language)

    @property
    def fallbacks(self) -> Counter[tuple[str, str]]:
        """How many who read one language get another: (theirs, what they get)."""
        return Counter((each.language, each.text_language) for each in self.gets if each.is_fallback)

    @property
    def skipped(self) -> dict[str, list[Recipient]]:
        """Those who are left out, by reason."""
        found: defaultdict[str, list[Recipient]] = defaultdict(list)
        for each in self.recipients:
            if each.reason:
                found[each.reason].append(each)
        return dict(found)


def clean_order(order: Order) -> Order:
    """Checked as far as it can be without looking at anybody. Raises Refused."""
    texts: dict[str, str] = {}
    if order.is_to_reporters:
        texts = wording.clean_texts(order.texts)
    elif order.kind == Kind.NOTE:
        words = [text for text in order.texts.values() if text.strip()]
        if not words:
            raise Refused(_("Write something first."), field="note")
        texts = {"": words[0].strip()}
    elif order.status is None:
        raise Refused(_("Choose the status."), field="status")
    status = None if order.kind == Kind.NOTE else order.status
    if status is not None and status.is_pending and order.pending_until is None:
        raise Refused(_("Say until when it is pending."), field="pending_until")
    return Order(
        kind=order.kind,
        texts=texts,
        status=status,
        pending_until=order.pending_until if status is not None and status.is_pending else None,
        tells_late_joiners=order.tells_late_joiners and order.is_to_reporters,
    )


def plan_broadcast(group: TicketGroup, order: Order, *, by: User) -> Plan:
    """Who would get it now, and who would not. A fixed number of queries."""
    order = clean_order(order)
    return Plan(find_recipients(group, order, by=by))


def find_recipients(
    group: TicketGroup, order: Order, *, by: User, last_member: int | None = None, but: int = 0
) -> list[Recipient]:
    """The members up to `last_member` as rows to be. `but`: the broadcast itself, which nobody has been told before."""
    if not order.is_to_reporters:
        return _tickets(group, order, by=by, last_member=last_member)
    members = _read_members(group, last_member)
    facts = _read_facts(group, order, but=but)
    tickets_of: defaultdict[int | None, list[_Member]] = defaultdict(list)
    for member in members:
        tickets_of[member.person_id].append(member)
    nobodys = [_left_out(each, Reason.NO_PERSON) for each in tickets_of.pop(None, [])]
    found = [_judge(each, order, facts, by=by) for each in tickets_of.values()]
    if order.kind == Kind.SOLVED:
        found += _gone(group, facts.told - tickets_of.keys())
    return found + nobodys


# --- what is read ----------------------------------------------------------------------------------------------------


class _Member(NamedTuple):
    ticket_id: int
    number: str
    person_id: int | None
    name: str
    email: str | None
    language: str
    is_active: bool
    closed_at: datetime | None
    merged_into: int | None
    organisation_id: int | None
    wrote_at: datetime | None
    last_address: str | None
    last_author: int | None


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of all members at once."""

    own_addresses: dict[int, set[str]]
    bounced: set[str]
    opted_out: set[int]
    told: set[int]
    told_the_same: set[int]


def _read_members(group: TicketGroup, last_member: int | None) -> list[_Member]:
    held = GroupMembership.objects.members().filter(group=group)
    if last_member is not None:
        held = held.filter(pk__lte=last_member)
    last_mail = (
        Message.objects.filter(
            ticket=OuterRef("ticket"), kind=Message.Kind.MAIL, sender=Message.Sender.CUSTOMER, is_automatic=False
        )
        .shown_to_customer()
        .order_by("-created_at", "-id")
    )
    rows = held.annotate(
        last_address=Subquery(last_mail.values("from_address")[:1]),
        last_author=Subquery(last_mail.values("author")[:1]),
    ).values_list(
        "ticket",
        "ticket__number",
        "ticket__customer",
        "ticket__customer__name",
        "ticket__customer__email",
        "ticket__customer__language",
        "ticket__customer__is_active",
        "ticket__closed_at",
        "ticket__merged_into",
        "ticket__organisation",
        "ticket__customer_wrote_at",
        "last_address",
        "last_author",
    )
    return [_Member(*row) for row in rows.order_by("pk")]


def _read_facts(group: TicketGroup, order: Order, *, but: int) -> _Facts:
    reporters = GroupMembership.objects.members().filter(group=group, ticket__customer__isnull=False)
    addresses = Address.objects.filter(user__in=reporters.values("ticket__customer"))
    own: defaultdict[int, set[str]] = defaultdict(set)
    for user_id, email in addresses.values_list("user", "email"):
        own[user_id].add(email)
    bounced = AddressState.objects.filter(bounced_at__isnull=False, email__in=addresses.values("email"))
    out = BroadcastOptOut.objects.filter(came_back_at__isnull=True, person__in=reporters.values("ticket__customer"))
    told = Delivery.objects.filter(broadcast__group=group, person__isnull=False, state__in=TOLD).exclude(broadcast=but)
    told = told.filter(delivered_at__isnull=False)
    same = told.filter(broadcast__texts=order.texts, broadcast__kind=order.kind)
    return _Facts(
        own_addresses=dict(own),
        bounced=set(bounced.values_list("email", flat=True)),
        opted_out=set(out.values_list("person", flat=True)),
        told=set(told.values_list("person", flat=True)),
        told_the_same=set(same.values_list("person", flat=True)),
    )


# --- what is judged --------------------------------------------------------------------------------------------------


def _judge(members: list[_Member], order: Order, facts: _Facts, *, by: User) -> Recipient:
    """One person: which of his tickets it goes into, or why he is left out."""
    person_id = members[0].person_id
    assert person_id is not None
    standing = [each for each in members if each.merged_into is None]
    if not standing:
        return _left_out(members[0], Reason.MERGED)
    was_told = order.kind == Kind.SOLVED and person_id in facts.told
    wanted = standing if was_told else [each for each in standing if each.closed_at is None]
    if not wanted:
        return _left_out(_main(standing), Reason.CLOSED)
    main = _main(wanted)
    own = facts.own_addresses.get(person_id, set())
    address = main.email or ""
    if main.last_address and main.last_author == person_id and main.last_address.lower() in own:
        address = main.last_address.lower()
    reason = ""
    if not main.is_active:
        reason = Reason.INACTIVE
    elif not address:
        reason = Reason.NO_ADDRESS
    elif address in facts.bounced:
        reason = Reason.BAD_ADDRESS
    elif person_id in facts.opted_out:
        reason = Reason.OPTED_OUT
    elif person_id in facts.told_the_same:
        reason = Reason.TOLD
    elif wording.unfilled(
        order.texts,
        person=User(name=main.name, language=main.language),
        organisation_id=main.organisation_id,
        by=by,
    ):
        reason = Reason.UNFILLED
    others = [each for each in wanted if each.ticket_id != main.ticket_id]
    return Recipient(
        ticket_id=main.ticket_id,
        number=main.number,
        ticket_ids=(main.ticket_id, *(each.ticket_id for each in others)),
        numbers=(main.number, *(each.number for each in others)),
        person_id=person_id,
        name=main.name,
        language=main.language,
        text_language=wording.language_in(order.texts, main.language),
        address=address,
        reason=reason,
    )


def _main(members: Iterable[_Member]) -> _Member:
    """The ticket in whose thread the person finds it: where he wrote last."""
    return max(members, key=lambda each: (each.wrote_at.timestamp() if each.wrote_at else 0.0, each.ticket_id))


def _left_out(member: _Member, reason: Reason) -> Recipient:
    return Recipient(
        ticket_id=member.ticket_id,
        number=member.number,
        ticket_ids=(member.ticket_id,),
        numbers=(member.number,),
        person_id=member.person_id,
        name=member.name or "",
        language=member.language or "",
        reason=reason,
    )


def _gone(group: TicketGroup, person_ids: set[int]) -> list[Recipient]:
    """Those who were told and whose tickets left the group since: another fault, so they hear no more of this one."""
    rows = (
        Delivery.objects.filter(broadcast__group=group, person__in=person_ids)
        .order_by("person", "-pk")
        .distinct("person")
        .values_list("ticket", "ticket__number", "person", "person__name", "language")
    )
    return [
        Recipient(
            ticket_id=ticket_id,
            number=number,
            ticket_ids=(ticket_id,),
            numbers=(number,),
            person_id=person_id,
            name=name,
            language=language,
            reason=Reason.LEFT,
        )
        for ticket_id, number, person_id, name, language in rows
    ]


def _tickets(group: TicketGroup, order: Order, *, by: User, last_member: int | None) -> list[Recipient]:
    """For notes and statuses: every member, whoever reported it."""
    held = GroupMembership.objects.members().filter(group=group)
    if last_member is not None:
        held = held.filter(pk__lte=last_member)
    tickets = Ticket.objects.filter(pk__in=held.values("ticket")).select_related("kind", "status", "customer")
    return [
        Recipient(
            ticket_id=ticket.pk,
            number=ticket.number,
            ticket_ids=(ticket.pk,),
            numbers=(ticket.number,),
            name=ticket.customer.name if ticket.customer else "",
            reason=_why_not(ticket, order, by=by),
        )
        for ticket in tickets.order_by("pk").iterator(chunk_size=2000)
    ]


def _why_not(ticket: Ticket, order: Order, *, by: User) -> str:
    if ticket.merged_into_id is not None:
        return Reason.MERGED
    if order.status is None:
        return ""
    if ticket.status_id == order.status.pk and ticket.pending_until == order.pending_until:
        return Reason.ALREADY
    if ticket.closed_at is not None and not order.status.is_closed:
        return Reason.CLOSED
    try:
        workflow_of(ticket).check_status(ticket, order.status, by=by)
    except Refused:
        return Reason.REFUSED
    return ""
