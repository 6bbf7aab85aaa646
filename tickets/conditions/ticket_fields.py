"""The fields of a ticket: the list that the language knows from the start."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.conditions.fields import ME, MINE, Field, register
from tickets.conditions.flag_answers import AwaitsAnswers, LateAnswers, OpenAnswers, UnreadAnswers
from tickets.conditions.folding import fold, pattern_of
from tickets.conditions.operators import Type
from tickets.conditions.questions import Contains
from tickets.conditions.rows import GroupRows, MailboxRows, NamedRows, PeopleRows, TagRows, TeamRows, TermRows
from tickets.conditions.tag_answers import TagAnswers
from tickets.models import (
    Address,
    Channel,
    GroupMembership,
    Kind,
    Message,
    Organisation,
    Participant,
    Priority,
    Promise,
    Status,
    Ticket,
    User,
    Watch,
)

# --- fields that no single column answers --------------------------------------------------------------------------


class AboutAnswers:
    """Number, title, the customer's name or address, the organisation. Spaces in a typed number are forgiven."""

    def read(self, ticket: Ticket) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        texts: list[str] = [ticket.title]
        addresses: tuple[str, ...] = ()
        if ticket.customer is not None:
            texts.append(ticket.customer.name)
            addresses = tuple(ticket.customer.addresses.values_list("email", flat=True))
        if ticket.organisation is not None:
            texts.append(ticket.organisation.name)
        return ticket.number, tuple(texts), addresses

    def q(self, test: Contains, reader: User | None, now: datetime) -> Q:
        pattern = pattern_of(test.text)
        found = Q(title__regex=pattern)
        if digits := _digits(test.text):
            return found | Q(number__contains=digits)
        found |= Q(customer__isnull=False, customer__name__regex=pattern)
        found |= Q(organisation__isnull=False, organisation__name__regex=pattern)
        if "@" in test.text:
            begins = Address.objects.filter(user=OuterRef("customer"), email__startswith=test.text.lower())
            found |= Q(Exists(begins))
        return found

    def holds(self, fact: Any, test: Contains, reader: User | None, now: datetime) -> bool:
        number, texts, addresses = fact
        if digits := _digits(test.text):
            return digits in number or fold(test.text) in fold(texts[0])
        if any(fold(test.text) in fold(text) for text in texts):
            return True
        return "@" in test.text and any(address.startswith(test.text.lower()) for address in addresses)


def _digits(text: str) -> str:
    """The number that was typed, if it is one of three digits at least."""
    digits = "".join(text.split())
    return digits if digits.isascii() and digits.isdigit() and len(digits) > 2 else ""


class WordsAnswers:
    """Every word occurs in one and the same message."""

    def read(self, ticket: Ticket) -> tuple[str, ...]:
        return tuple(ticket.messages.order_by("pk").values_list("body", flat=True))

    def q(self, test: Contains, reader: User | None, now: datetime) -> Q:
        messages = Message.objects.filter(ticket=OuterRef("pk"))
        for word in test.text.split():
            messages = messages.filter(body__regex=pattern_of(word))
        return Q(Exists(messages))

    def holds(self, fact: Any, test: Contains, reader: User | None, now: datetime) -> bool:
        words = fold(test.text).split()
        return any(all(word in text for word in words) for text in map(fold, fact))


def _of_promise(name: str) -> Callable[[Ticket], Any]:
    def read(ticket: Ticket) -> Any:
        return Promise.objects.open().filter(ticket=ticket).values_list(name, flat=True).first()

    return read


def _of_group(ticket: Ticket) -> int | None:
    """The open group that the ticket is in."""
    return GroupMembership.objects.current().filter(ticket=ticket).values_list("group_id", flat=True).first()


def _ids(rows: Callable[[], QuerySet[Any]], column: str) -> Callable[[Ticket], frozenset[int]]:
    def read(ticket: Ticket) -> frozenset[int]:
        return frozenset(rows().filter(ticket=ticket).values_list(f"{column}_id", flat=True))

    return read


def _open_promises() -> QuerySet[Any]:
    return Promise.objects.open()


def _customers_messages() -> QuerySet[Any]:
    return Message.objects.filter(sender=Message.Sender.CUSTOMER).exclude(from_address="")


def _senders(ticket: Ticket) -> frozenset[str]:
    return frozenset(_customers_messages().filter(ticket=ticket).values_list("from_address", flat=True))


def _mails_to_mailboxes() -> QuerySet[Any]:
    return Message.objects.filter(inbound__mailbox__isnull=False)


def _mailboxes(ticket: Ticket) -> frozenset[int]:
    return frozenset(_mails_to_mailboxes().filter(ticket=ticket).values_list("inbound__mailbox", flat=True))


def _people_with_place() -> QuerySet[Any]:
    return User.objects.exclude(place="")


# --- the list ------------------------------------------------------------------------------------------------------

_ME = frozenset({ME})
_about, _words, _unread, _tags = AboutAnswers(), WordsAnswers(), UnreadAnswers(), TagAnswers()


def _person(
    name: str,
    label: Any,
    *,
    column: str = "",
    related: Callable[[], QuerySet[Any]] | None = None,
    read: Callable[[Ticket], Any] | None = None,
    are_agents: bool = True,
) -> Field:
    """One person, or nobody: of the ticket's own row unless it says otherwise."""
    return Field(
        name=name,
        label=label,
        type=Type.ROW,
        column=column or name,
        related=related,
        read=read or attrgetter(f"{name}_id"),
        can_be_empty=True,
        rows=PeopleRows(are_agents=are_agents),
        relative=_ME,
    )


def _people(name: str, label: Any, model: type[Participant] | type[Watch], *, are_agents: bool) -> Field:
    """Any number of people."""
    rows = model.objects.all
    return Field(
        name=name,
        label=label,
        type=Type.ROWS,
        column="user",
        related=rows,
        read=_ids(rows, "user"),
        can_be_empty=True,
        rows=PeopleRows(are_agents=are_agents),
        relative=_ME,
    )


def _time(
    name: str,
    label: Any,
    column: str,
    *,
    can_be_empty: bool = True,
    related: Callable[[], QuerySet[Any]] | None = None,
    read: Callable[[Ticket], Any] | None = None,
) -> Field:
    return Field(
        name=name,
        label=label,
        type=Type.TIME,
        column=column,
        related=related,
        read=read or attrgetter(column),
        can_be_empty=can_be_empty,
    )


register(
    Field(name="about", label=_("Number, title or customer"), type=Type.SEARCH, answers=_about, read=_about.read),
    Field(name="number", label=_("Number"), type=Type.CODE, column="number", read=attrgetter("number")),
    Field(name="title", label=_("Title"), type=Type.TEXT, column="title", read=attrgetter("title")),
    Field(name="text", label=_("Message text"), type=Type.WORDS, answers=_words, read=_words.read, is_slow=True),
    Field(
        name="team",
        label=_("Team"),
        type=Type.ROW,
        column="team",
        read=attrgetter("team_id"),
        rows=TeamRows(),
        relative=frozenset({MINE}),
    ),
    Field(
        name="kind",
        label=_("Kind"),
        type=Type.ROW,
        column="kind__code",
        read=attrgetter("kind.code"),
        rows=TermRows(Kind),
    ),
    Field(
        name="status",
        label=_("Status"),
        type=Type.ROW,
        column="status__code",
        read=attrgetter("status.code"),
        rows=TermRows(Status),
    ),
    Field(
        name="status_type",
        label=_("Type of status"),
        type=Type.CHOICE,
        column="status__type",
        read=attrgetter("status.type"),
        choices=Status.Type.choices,
    ),
    Field(
        name="turn",
        label=_("Whose turn"),
        type=Type.CHOICE,
        column="status__waits_for",
        read=attrgetter("status.waits_for"),
        choices=Status.WaitsFor.choices,
    ),
    Field(
        name="priority",
        label=_("Priority"),
        type=Type.LEVEL,
        column="priority__code",
        level_column="priority__level",
        read=lambda ticket: (ticket.priority.code, ticket.priority.level),
        rows=TermRows(Priority),
    ),
    _person("owner", pgettext_lazy("of a ticket", "Owner")),
    _person("responsible", _("Responsible")),
    _person("customer", _("Customer"), are_agents=False),
    Field(
        name="organisation",
        label=_("Organisation"),
        type=Type.ROW,
        column="organisation",
        read=attrgetter("organisation_id"),
        can_be_empty=True,
        rows=NamedRows(Organisation),
    ),
    Field(
        name="place",
        label=_("Customer's place"),
        type=Type.TEXT,
        column="place",
        related=_people_with_place,
        tie=("pk", "customer"),
        read=lambda ticket: ticket.customer and (ticket.customer.place or None),
        can_be_empty=True,
    ),
    Field(
        name="sender",
        label=_("Sender's address"),
        type=Type.TEXT,
        column="from_address",
        related=_customers_messages,
        read=_senders,
    ),
    Field(
        name="mailbox",
        label=_("Our address it came to"),
        type=Type.ROWS,
        column="inbound__mailbox",
        related=_mails_to_mailboxes,
        read=_mailboxes,
        can_be_empty=True,
        rows=MailboxRows(),
    ),
    Field(
        name="channel",
        label=_("Channel"),
        type=Type.CHOICE,
        column="channel",
        read=attrgetter("channel"),
        choices=Channel.choices,
    ),
    Field(
        name="tag", label=_("Tag"), type=Type.ROWS, answers=_tags, read=_tags.read, can_be_empty=True, rows=TagRows()
    ),
    Field(
        name="group",
        label=_("Group"),
        type=Type.ROW,
        column="group",
        related=GroupMembership.objects.current,
        read=_of_group,
        can_be_empty=True,
        rows=GroupRows(),
    ),
    _people("participant", _("Takes part"), Participant, are_agents=False),
    Field(
        name="open",
        label=pgettext_lazy("state of a ticket", "Open"),
        type=Type.FLAG,
        answers=OpenAnswers(),
        read=attrgetter("is_open"),
    ),
    Field(
        name="awaits_answer",
        label=_("Awaits our answer"),
        type=Type.FLAG,
        answers=AwaitsAnswers(),
        read=attrgetter("awaits_answer"),
    ),
    Field(name="unread", label=_("Unread by me"), type=Type.FLAG, answers=_unread, read=_unread.read),
    _people("watcher", _("Watched by"), Watch, are_agents=True),
    _time("opened", _("Opened"), "opened_at", can_be_empty=False),
    _time("changed", _("Changed"), "changed_at", can_be_empty=False),
    _time("closed", pgettext_lazy("when", "Closed"), "closed_at"),
    _time("due", _("Due"), "due_at"),
    _time("pending", _("Pending until"), "pending_until"),
    _time("customer_wrote", _("Customer's last message"), "customer_wrote_at"),
    _time("answered", _("Our last answer"), "answered_at"),
    _person(
        "promise_who", _("Who promised an answer"), column="who", related=_open_promises, read=_of_promise("who_id")
    ),
    _time("promise_until", _("Answer promised by"), "by_when", related=_open_promises, read=_of_promise("by_when")),
    Field(
        name="promise_late", label=_("Promise late"), type=Type.FLAG, answers=LateAnswers(), read=_of_promise("by_when")
    ),
)
