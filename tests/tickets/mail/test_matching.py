"""Which ticket a mail belongs to."""

from __future__ import annotations

import pytest

from tests import make
from tickets import conversation
from tickets.mail import outgoing
from tickets.mail.addressing import plus_address, subject_for
from tickets.mail.matching import How, find_copy, find_ticket
from tickets.mail.parsed import ParsedMail
from tickets.mail.parsing import parse_mail
from tickets.models import Mailbox, OutboundMail, Ticket, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(mailbox: Mailbox, carla: User) -> Ticket:
    return make.ticket(team=mailbox.team, customer=carla)


@pytest.fixture
def sent(ticket: Ticket, anna: User) -> OutboundMail:
    message = conversation.reply_to_customer(ticket, text="Már nézzük.", by=anna)
    return OutboundMail.objects.get(message=message)


def parsed(**fields: object) -> ParsedMail:
    return parse_mail(make.mail(**fields))  # type: ignore[arg-type]


def test_an_answer_to_our_mail_finds_its_ticket(ticket: Ticket, sent: OutboundMail) -> None:
    match = find_ticket(parsed(in_reply_to=sent.mail_id))
    assert match is not None
    assert (match.ticket, match.how, match.outbound) == (ticket, How.MAIL_ID, sent)


def test_a_signed_id_is_believed_even_when_the_outbox_does_not_know_it(ticket: Ticket) -> None:
    from tickets.mail.signing import make_mail_id

    match = find_ticket(parsed(references=["foreign@x.example", make_mail_id(ticket.number, "desk.example")]))
    assert match is not None
    assert match.ticket == ticket


def test_the_latest_reference_decides(ticket: Ticket, sent: OutboundMail, karl: User) -> None:
    from tickets.mail.signing import make_mail_id

    other = make.ticket("Another", team=ticket.team, customer=karl)
    match = find_ticket(parsed(references=[make_mail_id(other.number, "d.example"), sent.mail_id]))
    assert match is not None
    assert match.ticket == ticket


def test_a_signed_id_goes_before_the_subject(ticket: Ticket, sent: OutboundMail, karl: User) -> None:
    other = make.ticket("Another", team=ticket.team, customer=karl)
    match = find_ticket(parsed(in_reply_to=sent.mail_id, subject=subject_for(other.number, "x")))
    assert match is not None
    assert match.ticket == ticket


@pytest.mark.parametrize("where", ["to", "cc", "envelope"])
def test_a_plus_address_finds_its_ticket(ticket: Ticket, where: str) -> None:
    address = plus_address(make.SUPPORT, ticket.number)
    if where == "envelope":
        match = find_ticket(parsed(), envelope_to=[address])
    else:
        match = find_ticket(parsed(**({"to": address} if where == "to" else {"cc": [address]})))
    assert match is not None
    assert (match.ticket, match.how) == (ticket, How.PLUS_ADDRESS)


def test_the_hook_in_the_subject_finds_its_ticket(ticket: Ticket) -> None:
    match = find_ticket(parsed(subject=f"Re: {subject_for(ticket.number, 'x')}"))
    assert match is not None
    assert (match.ticket, match.how) == (ticket, How.SUBJECT)


def test_a_number_in_the_body_finds_nothing(ticket: Ticket) -> None:
    assert find_ticket(parsed(text=f"See [Ticket#{ticket.number}]")) is None


def test_an_answer_to_somebody_elses_mail_on_the_ticket_finds_it(ticket: Ticket, carla: User) -> None:
    make.message(ticket, "Kérdés", author=carla, mail_id="carlas-own@duna.example")
    match = find_ticket(parsed(in_reply_to="carlas-own@duna.example"))
    assert match is not None
    assert (match.ticket, match.how) == (ticket, How.KNOWN_MAIL)


def test_a_bounce_finds_the_mail_that_came_back(ticket: Ticket, sent: OutboundMail) -> None:
    match = find_ticket(parse_mail(bounce_of(sent)))
    assert match is not None
    assert (match.ticket, match.how, match.outbound) == (ticket, How.BOUNCE, sent)


def test_a_very_long_foreign_id_is_still_found(ticket: Ticket, carla: User) -> None:
    from tickets.mail.matching import stored_id

    long = "ű" * 700 + "@duna.example"
    make.message(ticket, "Kérdés", author=carla, mail_id=stored_id(long))
    assert stored_id(long) == stored_id(stored_id(long))
    assert len(stored_id(long).encode()) <= 900


def test_the_same_mail_over_another_way_is_a_copy_and_another_one_with_its_id_is_not(
    ticket: Ticket, carla: User
) -> None:
    same = {"message_id": "twice@duna.example", "sender": "carla@duna.example", "subject": ticket.title}
    mail = parsed(**same, text="Ugyanaz.")
    make.message(ticket, mail.text, author=carla, mail_id="twice@duna.example")
    assert find_copy(mail) is not None
    assert find_copy(parsed(**same, text="Más.")) is None
    assert find_copy(parsed(**same, text="Ugyanaz.", attachments={"a": b"b"})) is None
    assert find_copy(parsed(**(same | {"sender": "x@y.example"}), text="Ugyanaz.")) is None
    assert find_copy(parsed(**(same | {"subject": "Más"}), text="Ugyanaz.")) is None


def test_default_recipients_are_where_the_customer_last_wrote_from(ticket: Ticket, carla: User) -> None:
    from tickets import people

    people.add_address(carla, "carla.private@mail.example")
    assert outgoing.default_recipients(ticket) == [(carla.name, "carla@duna.example")]
    from django.db import transaction

    with transaction.atomic():
        conversation.receive_message(
            ticket,
            conversation.IncomingMail(subject="x", text="y", from_address="carla.private@mail.example"),
            author=carla,
            inbound=None,
        )
    assert outgoing.default_recipients(ticket) == [(carla.name, "carla.private@mail.example")]


def bounce_of(sent: OutboundMail, *, status: str = "5.1.1", action: str = "failed") -> bytes:
    """A standard delivery report about a mail of ours."""
    recipient = sent.to[0][1]
    return f"""From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: {sent.sender_address}
Subject: Undelivered Mail Returned to Sender
Message-ID: <report-{sent.pk}-{action}@mx.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I could not deliver your message.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such user

--b
Content-Type: text/rfc822-headers

From: <{sent.sender_address}>
To: <{recipient}>
Subject: {sent.subject.encode("ascii", "replace").decode()}
Message-ID: <{sent.mail_id}>

--b--
""".replace("\n", "\r\n").encode()
