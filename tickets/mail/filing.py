"""Where a mail that was read goes: guards, the ticket it belongs to, the sender's standing, then the rooms."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils import translation

from tickets import permissions
from tickets.conversation import IncomingMail, receive_message
from tickets.history import record
from tickets.lifecycle import continue_in_new_ticket, lock_target, lock_ticket, open_ticket
from tickets.mail import undelivered
from tickets.mail.addressing import bare_subject
from tickets.mail.authentication import read_verdict
from tickets.mail.language import guess_language
from tickets.mail.loops import is_nobody, is_own_mail
from tickets.mail.mailbox import is_own_address
from tickets.mail.matching import TOLD_OF, Match, find_copy, find_notice, find_ticket, stored_id
from tickets.mail.orders import Orders, read_orders
from tickets.mail.outgoing import acknowledge
from tickets.mail.parsed import Automatic, ParsedMail, Party
from tickets.mail.signing import read_mail_id
from tickets.mail.trust import Standing, answers_internal, standing_of
from tickets.models import Channel, InboundMail, OutboundMail, Team, Ticket, User, Verb
from tickets.people import find_or_add_person, find_person
from tickets.tagging import tag_ticket
from tickets.writing import NewFile

LONGEST_ADDRESS = 254
MOST_PARTIES = 500
# A list only passes on what a person wrote; what all others send was written by a machine.
WRITTEN_BY_PEOPLE = frozenset({Automatic.NONE, Automatic.LIST})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mail. `reason` is a code, given for what is quarantined or ignored."""

    state: InboundMail.State
    ticket: Ticket | None = None
    reason: str = ""
    detail: str = ""

    @classmethod
    def quarantined(cls, reason: str, detail: str = "") -> Outcome:
        return cls(InboundMail.State.QUARANTINED, None, reason, detail)

    @classmethod
    def ignored(cls, reason: str, *, ticket: Ticket | None = None, detail: str = "") -> Outcome:
        return cls(InboundMail.State.IGNORED, ticket, reason, detail)


def file_mail(row: InboundMail, mail: ParsedMail, *, already_in: Ticket | None = None) -> Outcome:
    """Files one mail, within the caller's transaction, which holds the row's lock.

    `already_in` is the ticket that the same mail to another address of ours went to.
    """
    if already_in is not None:
        return _repeated(row, already_in, "other_mailbox")
    if is_own_mail(mail):
        number = read_mail_id(mail.message_id)
        ticket = Ticket.objects.filter(number=number).first() if number else None
        return Outcome.ignored("own_mail", ticket=ticket, detail=mail.message_id.lower())  # see `trial.returned`
    copy = find_copy(mail)
    if copy is not None:
        return _repeated(row, copy.ticket, "copy")
    match = find_ticket(mail, envelope_to=[row.envelope_to])
    if mail.automatic in undelivered.REPORTS:
        if match is not None:
            return _report(row, mail, match)
        if _is_from_mail_system(row, mail):
            return Outcome.ignored(undelivered.UNMATCHED[mail.automatic])
    sender = author_of(mail)
    if problem := _problem_with(sender):
        return Outcome.quarantined(problem)
    if mail.automatic in WRITTEN_BY_PEOPLE:
        undelivered.clear_address(sender.address)
    notice = find_notice(mail)
    if notice is not None:
        return _answer_to_notice(row, mail, notice, sender)
    if match is not None:
        return _follow_up(row, mail, match, sender)
    if row.mailbox is None:
        return Outcome.quarantined("no_mailbox")
    return Outcome(InboundMail.State.NEW_TICKET, open_from_mail(row, mail, sender=sender, team=row.mailbox.team))


def author_of(mail: ParsedMail) -> Party:
    """Who is to be answered: From, unless that is an address of ours or nobody's and Reply-To names somebody.

    So the form on a web site, which sends in its own name, opens tickets for the people who fill it in.
    """
    sender = mail.sender
    if sender.address and not is_nobody(sender.address) and not is_own_address(sender.address):
        return sender
    for party in mail.reply_to:
        if party.address and not is_nobody(party.address) and not is_own_address(party.address):
            return Party(party.address, party.name or sender.name)
    return sender


def _problem_with(sender: Party) -> str:
    """The code of what keeps him from being taken for somebody who writes to us; "" for nothing."""
    if not sender.address or len(sender.address) > LONGEST_ADDRESS:
        return "no_sender"
    return "own_sender" if is_own_address(sender.address) else ""


def open_from_mail(
    row: InboundMail, mail: ParsedMail, *, sender: Party, team: Team, by: User | None = None, hold: str = ""
) -> Ticket:
    """A new ticket of the sender with the mail as its first message, acknowledged if the guards allow.

    `hold` is the code of a reason not to acknowledge it. Headers are obeyed only when nobody opens it by hand.
    """
    person = find_or_add_person(
        sender.address, name=sender.name, language=guess_language(mail.subject, mail.reply or mail.text)
    )
    orders = read_orders(mail, row.mailbox) if by is None else Orders()
    with translation.override(person.language):
        ticket = open_ticket(
            title=bare_subject(mail.subject),
            team=orders.team or team,
            channel=Channel.MAIL,
            by=by or person,
            customer=person,
            priority=orders.priority,
            kind=orders.kind,
        )
    for tag in orders.tags:
        tag_ticket(ticket, tag, by=None)
    message = receive_message(ticket, _incoming(mail, sender), author=person, inbound=row, is_first=True)
    acknowledge(ticket, message, hold=hold or _machine(mail))
    return ticket


def _follow_up(row: InboundMail, mail: ParsedMail, match: Match, sender: Party) -> Outcome:
    """A further mail on a ticket, or on the one it was merged into."""
    ticket = lock_target(match.ticket)
    person = find_person(sender.address)
    standing = standing_of(sender.address, person, ticket)
    if standing is Standing.STRANGER and ticket.pk != match.ticket.pk:
        standing = standing_of(sender.address, person, match.ticket)
    if standing is Standing.STRANGER and _answers_what_was_passed_on(match):
        standing = Standing.THIRD_PARTY  # a colleague of the one we wrote to: only from there can he have our id
    is_persons = mail.automatic in WRITTEN_BY_PEOPLE
    if person is None and is_persons:
        person = find_or_add_person(
            sender.address, name=sender.name, language=guess_language(mail.subject, mail.reply or mail.text)
        )
    is_internal = standing.stays_inside or answers_internal(match.message, standing)
    starts_anew = (
        is_persons
        and standing.is_trusted
        and not is_internal
        and not ticket.is_open
        and ticket.team.closed_follow_up == Team.ClosedFollowUp.NEW_TICKET
    )
    if starts_anew:
        ticket = continue_in_new_ticket(ticket, channel=Channel.MAIL, by=person, customer=person)
    message = receive_message(
        ticket,
        _incoming(mail, sender),
        author=person,
        inbound=row,
        is_first=starts_anew,
        is_unconfirmed=standing is Standing.STRANGER,
        is_internal=is_internal,
        is_answer_of_third_party=is_persons and is_internal and standing is not Standing.AGENT,
    )
    if not starts_anew:
        return Outcome(InboundMail.State.FOLLOW_UP, ticket)
    acknowledge(ticket, message, hold=_machine(mail))
    return Outcome(InboundMail.State.NEW_TICKET, ticket)


def _answer_to_notice(row: InboundMail, mail: ParsedMail, notice: OutboundMail, sender: Party) -> Outcome:
    """What an agent answers to his news is kept inside, on the one ticket that they were of.

    It quotes what only agents read, so it is never a ticket of its own and never the customer's to see, even where the
    agent is the customer. Whatever can't be put so waits for a person.
    """
    if mail.automatic not in WRITTEN_BY_PEOPLE:
        return Outcome.ignored("notice_answered_by_machine")
    person = find_person(sender.address)
    if person is None or not person.is_active or not person.is_agent:
        return Outcome.quarantined("notice_stranger")
    told_of = Ticket.objects.filter(number=notice.headers.get(TOLD_OF, "")).first()
    if told_of is None:
        return Outcome.quarantined("notice_of_many")
    ticket = lock_target(told_of)
    if not permissions.can_note(person, ticket):
        return Outcome.quarantined("notice_no_right")
    receive_message(ticket, _incoming(mail, sender), author=person, inbound=row, is_internal=True)
    return Outcome(InboundMail.State.FOLLOW_UP, ticket)


def _answers_what_was_passed_on(match: Match) -> bool:
    return match.outbound is not None and match.outbound.purpose in OutboundMail.TO_THIRD_PARTIES


def _report(row: InboundMail, mail: ParsedMail, match: Match) -> Outcome:
    """A report about our mail stays on the ticket, inside; what came back is marked."""
    ticket = lock_target(match.ticket)
    receive_message(ticket, _incoming(mail, mail.sender), author=None, inbound=row, is_internal=True)
    undelivered.mark_undelivered(ticket, mail, match)
    return Outcome(InboundMail.State.FOLLOW_UP, ticket)


def _repeated(row: InboundMail, ticket: Ticket, reason: str) -> Outcome:
    """The mail is on its ticket already; the history says that it came once more."""
    ticket = lock_ticket(ticket)
    record(ticket, Verb.MAIL_REPEATED, by=None, mailbox=row.mailbox_id, inbound=row.pk)
    return Outcome.ignored(reason, ticket=ticket)


def _is_from_mail_system(row: InboundMail, mail: ParsedMail) -> bool:
    """Whether no person can have sent it: a report that somebody forwards to us is a request like any other."""
    return row.envelope_from == "<>" or not mail.sender.address or is_nobody(mail.sender.address)


def _incoming(mail: ParsedMail, sender: Party) -> IncomingMail:
    traits = set(mail.traits)
    if mail.automatic:
        traits.add(mail.automatic.value)
    if sender.address == mail.sender.address:  # relays speak of From, not of whom Reply-To names
        verdict = read_verdict(mail, trusted=settings.MAIL_AUTHSERV_IDS)
        traits |= verdict.traits if verdict else set()
    return IncomingMail(
        subject=mail.subject,
        text=mail.text,
        fresh=mail.reply,
        html=mail.html,
        from_name=sender.name,
        from_address=sender.address,
        to=_parties(mail.to),
        cc=_parties(mail.cc),
        mail_id=stored_id(mail.message_id),
        traits=sorted(trait[:40] for trait in traits),
        sent_at=mail.sent_at,
        is_automatic=mail.automatic not in WRITTEN_BY_PEOPLE,
        files=[
            NewFile(file.name, file.content, file.media_type, file.content_id, file.is_inline)
            for file in mail.attachments
        ],
    )


def _machine(mail: ParsedMail) -> str:
    """The code of the machine that wrote, "" for a person."""
    return str(mail.automatic.value) if mail.automatic else ""


def _parties(parties: tuple[Party, ...]) -> list[tuple[str, str]]:
    return [(party.name, party.address) for party in parties[:MOST_PARTIES]]
