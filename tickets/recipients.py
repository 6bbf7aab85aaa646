"""Whom a reply may go to: people to choose from, everyone of the last mail, and what is odd about an address."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Case, IntegerField, Q, Value, When
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from tickets.mail.addressing import plain_address
from tickets.mail.mailbox import own_addresses
from tickets.models import Address, AddressState, Message, Role, Ticket, User
from tickets.writing import PARTY

MOST_SUGGESTED = 8


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody to whom a reply goes; `warning` says what is odd about the address."""

    name: str
    address: str
    warning: str = ""

    @property
    def written(self) -> str:
        """As it stands in the form."""
        return written((self.name, self.address))


def written(party: PARTY) -> str:
    """A name and an address as people write them; the name in quotation marks where it has a comma or the like."""
    name, address = party
    name = "".join(character for character in name if character.isprintable() and character not in '"\\').strip()
    if not name:
        return address
    return f'"{name}" <{address}>' if set(name) & set("()<>[]:;@,.") else f"{name} <{address}>"


def judge(ticket: Ticket, parties: Iterable[PARTY], *, known: Collection[str] = ()) -> list[Reader]:
    """Each with its warning: mail to it bounced, or it is a stranger's to this ticket.

    One query for addresses that are `known` to belong here, three at most.
    """
    parties = [(name, address.lower()) for name, address in parties if address]
    addresses = {address for _name, address in parties}
    if not addresses:
        return []
    bounced = set(
        AddressState.objects.filter(email__in=addresses, bounced_at__isnull=False).values_list("email", flat=True)
    )
    belong = set(known) | _known(ticket, addresses - set(known))
    readers = []
    for name, address in parties:
        warning = ""
        if address in bounced:
            warning = _("Mail to this address came back.")
        elif address not in belong:
            warning = _("Outside the customer's organisation, and has not written on this ticket before.")
        readers.append(Reader(name, address, warning))
    return readers


def _known(ticket: Ticket, addresses: Collection[str]) -> set[str]:
    """Those that belong here: the customer's, his organisation's, participants', colleagues', and who wrote here."""
    if not addresses:
        return set()
    belongs = Q(user__participations__ticket=ticket) | Q(user__roles__overlap=[Role.AGENT, Role.ADMIN])
    if ticket.customer_id:
        belongs |= Q(user=ticket.customer_id)
    if ticket.organisation_id:
        belongs |= Q(user__organisation=ticket.organisation_id)
    found = set(Address.objects.filter(belongs, email__in=addresses).values_list("email", flat=True))
    left = set(addresses) - found
    if left:
        wrote = Message.objects.filter(ticket=ticket, sender=Message.Sender.CUSTOMER)
        found |= set(wrote.annotate(lower=Lower("from_address")).filter(lower__in=left).values_list("lower", flat=True))
    return found


def everyone_of(last: Message | None, *, but: Collection[str] = ()) -> list[PARTY]:
    """Who else was in To and Cc of the customer's last mail: not we ourselves, nor those who get the reply anyway."""
    if last is None or len(last.to) + len(last.cc) < 2:
        return []
    ours = own_addresses()
    taken = {address.lower() for address in but}
    found: list[PARTY] = []
    for name, address in [(last.from_name, last.from_address), *last.to, *last.cc]:
        address = str(address).strip().lower()
        if "@" in address and address not in taken and not ours & {address, plain_address(address)}:
            taken.add(address)
            found.append((str(name), address))
    return found


def suggest_readers(ticket: Ticket, words: str) -> list[User]:
    """Active people with an address whose name or address has these words: those of this ticket first."""
    words = words.strip()[:100].replace("\x00", "")
    if len(words) < 2:
        return []
    by_address = Address.objects.filter(email__icontains=words.lower()).values("user")
    people = User.objects.filter(
        Q(name__icontains=words) | Q(pk__in=by_address), is_active=True, email__isnull=False
    ).select_related("organisation")
    near = Case(
        When(pk=ticket.customer_id or 0, then=Value(0)),
        When(pk__in=ticket.participants.values("user"), then=Value(1)),
        When(organisation=ticket.organisation_id or 0, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    return list(people.order_by(near, "name")[:MOST_SUGGESTED])
