"""What an agent does in one go: an answer with a promise, a ticket by phone with its customer, tags and promise.

Each is one transaction over the rooms above: either all of it happens or none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tickets import promises
from tickets.conversation import add_note, add_participant, open_request, reply_to_customer
from tickets.errors import Refused
from tickets.lifecycle import lock_ticket
from tickets.models import Channel, Kind, Message, Priority, Promise, Status, Team, Ticket, User
from tickets.people import add_person, find_or_add_person, find_person
from tickets.promises import promise_answer
from tickets.tagging import tag_ticket
from tickets.writing import PARTY, NewFile


@dataclass(frozen=True, slots=True)
class NewPromise:
    """Who answers by when."""

    who: User
    by_when: datetime


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A customer typed in on the phone; the address may be unknown."""

    name: str
    email: str = ""
    phone: str = ""


def send_reply(
    ticket: Ticket,
    *,
    text: str,
    by: User,
    to: Sequence[PARTY] | None = None,
    cc: Sequence[PARTY] = (),
    files: Sequence[NewFile] = (),
    then: Status | None = None,
    pending_until: datetime | None = None,
    promise: NewPromise | None = None,
) -> Message:
    """Answers the customer; the promise given with it is a new one, since the answer keeps the old."""
    with transaction.atomic():
        message = reply_to_customer(
            ticket, text=text, by=by, to=to, cc=cc, files=files, then=then, pending_until=pending_until
        )
        if promise is not None:
            promise_answer(ticket, who=promise.who, by_when=promise.by_when, by=by)
    return message


def save_note(
    ticket: Ticket, *, text: str, by: User, files: Sequence[NewFile] = (), promise: NewPromise | None = None
) -> Message:
    """Writes an internal note, with a promise if one is given: first, so that a mention finds whom it lets in."""
    with transaction.atomic():
        if promise is not None:
            promise_answer(ticket, who=promise.who, by_when=promise.by_when, by=by)
        return add_note(ticket, text=text, by=by, files=files)


def decline_promise(promise: Promise, *, by: User, reason: str = "") -> None:
    """The asked colleague can't; why is an internal note, since the history holds no free text."""
    with transaction.atomic():
        ticket = lock_ticket(promise.ticket)
        promises.decline_promise(promise, by=by)
        if reason.strip():
            add_note(ticket, text=reason, by=by)


def open_by_phone(
    *,
    title: str,
    text: str,
    team: Team,
    by: User,
    customer: User | None,
    new_person: NewPerson | None = None,
    channel: Channel = Channel.PHONE,
    kind: Kind | None = None,
    priority: Priority | None = None,
    owner: User | None = None,
    promise: NewPromise | None = None,
    tags: Sequence[str] = (),
    files: Sequence[NewFile] = (),
) -> Ticket:
    """A ticket that an agent writes down for somebody, who may be new to us."""
    with transaction.atomic():
        if customer is None and new_person is not None:
            customer = add_customer(new_person)
        ticket = open_request(
            title=title,
            text=text,
            team=team,
            channel=channel,
            by=by,
            customer=customer,
            kind=kind,
            priority=priority,
            owner=owner,
            files=files,
        )
        for tag in tags:
            tag_ticket(ticket, tag, by=by)
        if promise is not None:
            promise_answer(ticket, who=promise.who, by_when=promise.by_when, by=by)
    return ticket


def add_customer(new: NewPerson) -> User:
    """The person typed in. Raises Refused when the address already has an owner: choose him instead."""
    if new.email:
        known = find_person(new.email)
        if known is not None:
            raise Refused(
                _("%(email)s already belongs to %(name)s. Choose that person.")
                % {"email": new.email, "name": known.name},
                field="new_email",
            )
    try:
        with transaction.atomic():
            return add_person(name=new.name, email=new.email or None, phone=new.phone)
    except IntegrityError as error:
        raise Refused(_("Someone has just added this address. Choose that person."), field="new_email") from error


def invite_participant(ticket: Ticket, email: str, *, by: User) -> User:
    """Somebody takes part from now on, known to us or not."""
    with transaction.atomic():
        person = find_or_add_person(email)
        add_participant(ticket, person, by=by)
    return person
