"""What is said on a ticket: requests, replies, notes, phone records, customers' messages.

Each function writes the message with its files, moves the ticket as far as the rules say, queues
the mail if one goes out, and records, in one transaction. Raises Refused with a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets.errors import Refused
from tickets.history import record
from tickets.lifecycle import (
    clean_title,
    continue_in_new_ticket,
    lock_target,
    lock_ticket,
    open_ticket,
    set_status,
    write_changes,
)
from tickets.mail import outgoing
from tickets.merge_paths import refuse_merged
from tickets.models import (
    Acceptance,
    Channel,
    InboundMail,
    Kind,
    Message,
    Participant,
    Priority,
    Status,
    Team,
    Ticket,
    User,
    Verb,
)
from tickets.promises import keep_promise
from tickets.workflow import workflow_of
from tickets.writing import PARTY, NewFile, check_files, clean_text, write_message


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMail:
    """What intake hands over of a parsed mail."""

    subject: str
    text: str
    fresh: str = ""
    html: str = ""
    from_name: str = ""
    from_address: str
    to: Sequence[PARTY] = ()
    cc: Sequence[PARTY] = ()
    mail_id: str = ""
    traits: Sequence[str] = ()
    sent_at: datetime | None = None
    is_automatic: bool = False
    files: Sequence[NewFile] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcasting:
    """Says that an answer is somebody's part of a broadcast; `footer` and `headers` are of his mail alone."""

    broadcast: int
    is_late: bool = False
    language: str = ""
    footer: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> dict[str, Any]:
        return {"broadcast": self.broadcast, **({"late": True} if self.is_late else {})}


def open_request(
    *,
    title: str,
    text: str,
    team: Team,
    channel: Channel,
    by: User,
    customer: User | None,
    kind: Kind | None = None,
    priority: Priority | None = None,
    owner: User | None = None,
    files: Sequence[NewFile] = (),
) -> Ticket:
    """A new ticket with its first message, from the portal, a phone call, an agent or the API."""
    if not title.strip():
        raise Refused(_("Say in a few words what it is about."), field="title")
    text = clean_text(text, field="text")
    check_files(files)
    is_customers = customer is not None and by.pk == customer.pk
    with transaction.atomic():
        ticket = open_ticket(
            title=title,
            team=team,
            channel=channel,
            by=by,
            customer=customer,
            kind=kind,
            priority=priority,
            owner=owner,
        )
        message = write_message(
            ticket,
            kind=Message.Kind.PHONE if channel == Channel.PHONE else Message.Kind.WEB,
            sender=Message.Sender.CUSTOMER if is_customers else Message.Sender.AGENT,
            author=by,
            channel=channel,
            visible_to_customer=True,
            from_name=by.name,
            from_address=by.email or "",
            subject=clean_title(title),
            body=text,
            files=files,
        )
        if is_customers or channel == Channel.PHONE:
            ticket.customer_wrote_at = message.created_at
            write_changes(ticket, "customer_wrote_at")
        verb = Verb.CALL_RECORDED if channel == Channel.PHONE else Verb.MESSAGE_RECEIVED
        record(ticket, verb, by=by, message=message, first=True)
        if is_customers:
            outgoing.acknowledge(ticket, message)
    return ticket


def reply_to_customer(
    ticket: Ticket,
    *,
    text: str,
    by: User,
    to: Sequence[PARTY] | None = None,
    cc: Sequence[PARTY] | None = None,
    files: Sequence[NewFile] = (),
    then: Status | None = None,
    pending_until: datetime | None = None,
    channel: Channel = Channel.AGENT,
    part: Broadcasting | None = None,
) -> Message:
    """An answer that leaves the house: shown in the portal and mailed to `to`, by default the customer.

    Copies go to `cc`, by default to the ticket's participants. Keeps the open promise. `then` is the status the ticket
    takes with it.
    """
    text = clean_text(text, field="text")
    check_files(files)
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        refuse_merged(ticket)
        recipients = list(to) if to else outgoing.default_recipients(ticket)
        if not recipients:
            raise Refused(
                _("There is nobody to send this to: the customer has no e-mail address. Add one, or write a note."),
                field="to",
            )
        message = write_message(
            ticket,
            kind=Message.Kind.MAIL,
            sender=Message.Sender.AGENT,
            author=by,
            channel=channel,
            visible_to_customer=True,
            from_name=by.name,
            to=recipients,
            cc=outgoing.default_copies(ticket) if cc is None else cc,
            subject=ticket.title,
            body=text,
            files=files,
        )
        ticket.answered_at = message.created_at
        write_changes(ticket, "answered_at")
        if part is None:
            outgoing.queue_reply(ticket, message)
        else:
            outgoing.queue_reply(ticket, message, language=part.language, footer=part.footer, more_headers=part.headers)
        record(ticket, Verb.REPLIED, by=by, message=message, **(part.data if part else {}))
        keep_promise(ticket, by=by)
        if then is None and ticket.status.type == Status.Type.NEW:
            then = Status.objects.get(code="open")
        if then is not None and (
            then.pk != ticket.status_id or (then.is_pending and pending_until != ticket.pending_until)
        ):
            workflow_of(ticket).check_status(ticket, then, by=by)
            if then.is_pending and (pending_until is None or pending_until <= timezone.now()):
                raise Refused(_("Say until when it is pending: a time in the future."), field="pending_until")
            reason = "broadcast" if part else ""
            set_status(ticket, to=then, by=by, pending_until=pending_until, reason=reason)
    return message


def count_as_answered(ticket: Ticket, *, by: User, inside: Message, part: Broadcasting) -> None:
    """What was said in another ticket of the same person answers this one, too: its history points there."""
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        ticket.answered_at = inside.created_at
        write_changes(ticket, "answered_at")
        record(ticket, Verb.TOLD, by=by, other=inside.ticket_id, **part.data)
        keep_promise(ticket, by=by)


def add_note(
    ticket: Ticket,
    *,
    text: str,
    by: User,
    files: Sequence[NewFile] = (),
    channel: Channel = Channel.AGENT,
    part: Broadcasting | None = None,
) -> Message:
    """An internal note; the customer never sees it."""
    text = clean_text(text, field="note")
    check_files(files)
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        refuse_merged(ticket)
        message = write_message(
            ticket,
            kind=Message.Kind.NOTE,
            sender=Message.Sender.AGENT,
            author=by,
            channel=channel,
            visible_to_customer=False,
            from_name=by.name,
            body=text,
            files=files,
        )
        write_changes(ticket)
        record(ticket, Verb.NOTED, by=by, message=message, **(part.data if part else {}))
    return message


def record_call(
    ticket: Ticket, *, text: str, by: User, outgoing_call: bool = False, minutes: int | None = None
) -> Message:
    """What was said on the phone, as the agent wrote it down, and for how long if he knows."""
    text = clean_text(text, field="text")
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        refuse_merged(ticket)
        message = write_message(
            ticket,
            kind=Message.Kind.PHONE,
            sender=Message.Sender.AGENT,
            author=by,
            channel=Channel.PHONE,
            visible_to_customer=True,
            from_name=by.name,
            body=text,
        )
        changed = "answered_at" if outgoing_call else "customer_wrote_at"
        setattr(ticket, changed, message.created_at)
        write_changes(ticket, changed)
        length = {"minutes": minutes} if minutes else {}
        record(ticket, Verb.CALL_RECORDED, by=by, message=message, outgoing=outgoing_call, **length)
    return message


def answer_from_portal(
    ticket: Ticket, *, text: str, by: User, files: Sequence[NewFile] = (), channel: Channel = Channel.WEB
) -> Message:
    """The customer writes in the portal. On a closed ticket the team's rule says: reopen it, or a new, linked one."""
    text = clean_text(text, field="text")
    check_files(files)
    with transaction.atomic():
        ticket = lock_target(ticket)
        if not ticket.is_open and ticket.team.closed_follow_up == Team.ClosedFollowUp.NEW_TICKET:
            ticket = continue_in_new_ticket(ticket, channel=channel, by=by, customer=by)
        message = write_message(
            ticket,
            kind=Message.Kind.WEB,
            sender=Message.Sender.CUSTOMER,
            author=by,
            channel=channel,
            visible_to_customer=True,
            from_name=by.name,
            from_address=by.email or "",
            body=text,
            files=files,
        )
        _customer_wrote(ticket, message, by=by)
    return message


def say_solved(ticket: Ticket, *, by: User, text: str = "", files: Sequence[NewFile] = ()) -> Ticket:
    """The customer says in the portal that it is solved, perhaps with a last word. An open promise counts as kept."""
    with transaction.atomic():
        ticket = lock_target(ticket)
        if not ticket.is_open:
            return ticket
        solved = Status.objects.get(code="solved")
        workflow_of(ticket).check_status(ticket, solved, by=by)
        if text.strip() or files:
            answer_from_portal(ticket, text=text or _("It is solved."), by=by, files=files)
            ticket = lock_ticket(ticket)
        set_status(ticket, to=solved, by=by, reason="customer")
    return ticket


def receive_message(
    ticket: Ticket,
    mail: IncomingMail,
    *,
    author: User | None,
    inbound: InboundMail | None,
    is_first: bool = False,
    is_unconfirmed: bool = False,
    is_internal: bool = False,
    is_answer_of_third_party: bool = False,
) -> Message:
    """A mail that came in lands on its ticket.

    Unconfirmed (a stranger) and internal ones are not shown to the customer; neither they nor automatic
    mails (vacation replies, bounces) move the ticket's status. But what waits for a third party goes on
    when that one answers.
    """
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        is_agents = author is not None and author.is_agent and (is_internal or author.pk != ticket.customer_id)
        message = write_message(
            ticket,
            kind=Message.Kind.MAIL,
            sender=_sender_of_mail(author, is_agents=is_agents),
            author=author,
            channel=Channel.MAIL,
            visible_to_customer=not (is_unconfirmed or is_internal),
            is_automatic=mail.is_automatic,
            is_unconfirmed=is_unconfirmed,
            from_address=mail.from_address,
            from_name=mail.from_name,
            to=mail.to,
            cc=mail.cc,
            subject=mail.subject,
            body=mail.text,
            fresh=mail.fresh,
            html=mail.html,
            mail_id=mail.mail_id,
            traits=mail.traits,
            sent_at=mail.sent_at,
            inbound=inbound,
            files=mail.files,
        )
        if is_unconfirmed or is_internal or mail.is_automatic or is_agents:
            write_changes(ticket)
            record(
                ticket,
                Verb.MESSAGE_RECEIVED,
                by=author,
                message=message,
                unconfirmed=is_unconfirmed,
                automatic=mail.is_automatic,
            )
            waits = ticket.status.is_pending and ticket.status.waits_for == Status.WaitsFor.THIRD_PARTY
            if is_answer_of_third_party and waits:
                set_status(ticket, to=Status.objects.get(code="open"), by=author, reason="third_party")
        else:
            _customer_wrote(ticket, message, by=author, is_first=is_first)
    return message


def _sender_of_mail(author: User | None, *, is_agents: bool) -> Message.Sender:
    """A mail without an author is a mail system's report."""
    if author is None:
        return Message.Sender.SYSTEM
    return Message.Sender.AGENT if is_agents else Message.Sender.CUSTOMER


def accept_message(message: Message, *, by: User) -> Message:
    """An agent vouches for a stranger's message: the customer sees it, and the stranger takes part from now on.

    On a ticket that was merged, he takes part in the one that goes on, and that one is our turn.
    """
    with transaction.atomic():
        ticket = lock_target(message.ticket)
        if not message.is_unconfirmed:
            raise Refused(_("This message needs no confirmation."))
        _row, created = Acceptance.objects.get_or_create(message=message, defaults={"by": by})
        if not created:
            return message
        record(message.ticket, Verb.MESSAGE_ACCEPTED, by=by, message=message)
        if message.author is not None and message.author_id != ticket.customer_id:
            add_participant(ticket, message.author, by=by)
        ticket.customer_wrote_at = timezone.now()
        write_changes(ticket, "customer_wrote_at")
        _reopen(ticket, by=by)
    return message


def add_participant(ticket: Ticket, person: User, *, by: User | None) -> Participant:
    """Someone besides the customer who sees the ticket and may write to it."""
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        participant, created = Participant.objects.get_or_create(ticket=ticket, user=person, defaults={"added_by": by})
        if created:
            record(ticket, Verb.PARTICIPANT_ADDED, by=by, person=person.pk)
    return participant


def remove_participant(ticket: Ticket, person: User, *, by: User | None) -> None:
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        removed, _rows = Participant.objects.filter(ticket=ticket, user=person).delete()
        if removed:
            record(ticket, Verb.PARTICIPANT_REMOVED, by=by, person=person.pk)


def _customer_wrote(ticket: Ticket, message: Message, *, by: User | None, is_first: bool = False) -> None:
    """The customer's word makes it our turn: pending and closed tickets open again. The caller holds the lock."""
    ticket.customer_wrote_at = message.created_at
    write_changes(ticket, "customer_wrote_at")
    record(ticket, Verb.MESSAGE_RECEIVED, by=by, message=message, first=is_first)
    if not is_first:
        _reopen(ticket, by=by)


def _reopen(ticket: Ticket, *, by: User | None) -> None:
    if ticket.status.type in (Status.Type.NEW, Status.Type.OPEN, Status.Type.MERGED):
        return
    set_status(ticket, to=Status.objects.get(code="open"), by=by, reason="follow_up")
