"""Product, Postfix, Dovecot and back: real reports and real out-of-office replies find their ticket."""

from __future__ import annotations

import smtplib
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import close_old_connections
from imap_tools import MailBoxUnencrypted

from tests import make
from tests.tickets.mail.peers.postfix import SMALL_SERVER_TAKES, WHY_NOT, Postfix, postfix
from tests.tickets.mail.servers import DOVECOT, Lmtp, dovecot, free_port
from tests.tickets.mail.test_doors import RunningDoor
from ticketdesk.env import SmtpServer
from tickets import conversation
from tickets.mail import intake, sending
from tickets.mail.account import mail_account
from tickets.mail.line import line
from tickets.models import AddressState, InboundMail, Mailbox, Message, OutboundMail, Ticket, User
from tickets.writing import NewFile

SIEVE = Path("/usr/lib/dovecot/modules/lib90_sieve_plugin.so")
LMTP = Path("/usr/lib/dovecot/lmtp")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "-"),
    pytest.mark.skipif(
        DOVECOT is None or not SIEVE.exists() or not LMTP.exists(),
        reason="dovecot with LMTP and Sieve is not on this machine",
    ),
]
VACATION = """
require ["vacation"];
vacation :days 1 :subject "Házon kívül" :addresses ["carla@duna.example"] "Hétfőig nem vagyok itt.";
keep;
"""
PATIENCE = 30.0  # seconds to wait for a mail that has to come


@dataclass(frozen=True)
class World:
    """The servers, and the port at which our door has to listen."""

    postfix: Postfix
    door: int
    imap: int

    def inbox(self, user: str) -> list[str]:
        """The subjects of the mails that a customer has."""
        with MailBoxUnencrypted("127.0.0.1", self.imap).login(user, "titok") as box:
            return [str(mail.subject) for mail in box.fetch(mark_seen=False)]


@pytest.fixture(scope="module")
def peers() -> Iterator[World]:
    port, door, customers = free_port(), free_port(), free_port()
    users = {"carla@duna.example": "titok", "karl@duna.example": "titok"}
    lmtp = Lmtp(customers, submission=port, filters={"carla@duna.example": VACATION})
    # Not pytest's own folder, which the servers' unprivileged parts may not enter.
    with (
        tempfile.TemporaryDirectory(prefix="dovecot-") as dovecot_folder,
        tempfile.TemporaryDirectory(prefix="postfix-") as postfix_folder,
        dovecot(Path(dovecot_folder), users, lmtp=lmtp) as imap,
        postfix(Path(postfix_folder), port=port, door=door, customers=customers) as running,
    ):
        yield World(running, door, imap)


@pytest.fixture
def outside(peers: World, mailbox: Mailbox, settings: Any) -> Iterator[World]:
    """Our door listens, and our mail leaves by Postfix."""
    settings.OUTGOING_SMTP = SmtpServer(
        host="127.0.0.1", port=peers.postfix.port, user="", password="", use_tls=False, use_ssl=False
    )
    running = RunningDoor(peers.door)
    yield peers
    line.close()
    running.stop()


def wait_for(what: Callable[[], bool], servers: World) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, servers.postfix.log[-3000:]
        time.sleep(0.05)
    close_old_connections()


def wait_for_mails(number: int, servers: World) -> None:
    """Until so many have come in, and files them."""
    wait_for(lambda: InboundMail.objects.count() >= number, servers)
    intake.process_inbound_mail()


def written_to(address: str, by: User, *, team: Any, files: list[NewFile] | None = None) -> OutboundMail:
    """An answer of an agent to somebody, handed to Postfix."""
    ticket = make.ticket("Kérdés", team=team, customer=make.person("Valaki", address))
    message = conversation.reply_to_customer(ticket, text="Kérem, próbálja újra.", by=by, files=files or [])
    sending.send_due_mail()
    row = OutboundMail.objects.get(message=message)
    assert row.state == OutboundMail.State.SENT, row.last_error
    return row


def test_a_mail_goes_out_reaches_the_customer_and_his_answer_comes_back(
    outside: World, mailbox: Mailbox, anna: User
) -> None:
    row = written_to("karl@duna.example", anna, team=mailbox.team)
    wait_for(lambda: row.subject in outside.inbox("karl@duna.example"), outside)
    with MailBoxUnencrypted("127.0.0.1", outside.imap).login("karl@duna.example", "titok") as box:
        (got,) = [mail for mail in box.fetch() if mail.subject == row.subject]
    # He answers to where the mail asks for, through his own server.
    answer = make.mail(
        "Működik, köszönöm!\n",
        sender="karl@duna.example",
        to=got.reply_to[0],
        subject=f"Re: {row.subject}",
    )
    _send_by(outside.postfix.port, "karl@duna.example", got.reply_to[0], answer)
    wait_for_mails(1, outside)
    inbound = InboundMail.objects.get()
    assert (inbound.state, inbound.ticket_id) == (InboundMail.State.FOLLOW_UP, row.ticket_id)
    assert "Received: from" in bytes(inbound.raw).decode()


def test_an_unknown_recipient_comes_back_as_a_report_and_his_address_is_marked(
    outside: World, mailbox: Mailbox, anna: User
) -> None:
    row = written_to("nobody@duna.example", anna, team=mailbox.team)
    wait_for_mails(1, outside)
    inbound = InboundMail.objects.get()
    assert (inbound.envelope_from, inbound.state, inbound.ticket_id) == (
        "<>",
        InboundMail.State.FOLLOW_UP,
        row.ticket_id,
    )
    row.refresh_from_db()
    assert row.state == OutboundMail.State.BOUNCED
    assert AddressState.objects.get(email="nobody@duna.example").bounce_status == "5.1.1"
    report = Message.objects.get(inbound=inbound)
    assert not report.visible_to_customer
    assert OutboundMail.objects.count() == 1  # nobody answers a report


def test_a_mail_that_is_too_large_for_its_server_comes_back(outside: World, mailbox: Mailbox, anna: User) -> None:
    big = NewFile("nagy.bin", b"x" * (2 * SMALL_SERVER_TAKES))
    row = written_to("eva@small.example", anna, team=mailbox.team, files=[big])
    wait_for_mails(1, outside)
    row.refresh_from_db()
    assert row.state == OutboundMail.State.BOUNCED
    assert InboundMail.objects.get().ticket_id == row.ticket_id
    assert "5.3.4" in row.last_error


def test_a_delay_is_told_and_is_no_bounce(outside: World, mailbox: Mailbox, anna: User) -> None:
    row = written_to("pista@slow.example", anna, team=mailbox.team)
    wait_for_mails(1, outside)
    row.refresh_from_db()
    assert row.state == OutboundMail.State.SENT
    assert not AddressState.objects.filter(email="pista@slow.example", bounced_at__isnull=False).exists()
    message = Message.objects.get(inbound=InboundMail.objects.get())
    assert message.ticket_id == row.ticket_id
    assert "delay" in message.traits


def test_an_out_of_office_reply_stays_on_the_ticket_and_nobody_answers_it(
    outside: World, mailbox: Mailbox, anna: User
) -> None:
    # Her mail opens a ticket; its acknowledgement has no return path, so that her server does not answer it.
    _send_by(outside.postfix.port, "carla@duna.example", make.SUPPORT, make.mail())
    wait_for_mails(1, outside)
    ticket = Ticket.objects.get()
    sending.send_due_mail()
    acknowledgement = OutboundMail.objects.get()
    wait_for(lambda: acknowledgement.subject in outside.inbox("carla@duna.example"), outside)
    conversation.reply_to_customer(ticket, text="Már nézzük.", by=anna)
    sending.send_due_mail()
    wait_for_mails(2, outside)
    answers = list(Message.objects.filter(ticket=ticket, inbound__isnull=False).order_by("pk"))
    assert [message.is_automatic for message in answers] == [False, True]
    assert "vacation" in answers[1].traits
    # Two mails out, two in: no machine has answered another.
    assert sending.send_due_mail() == 0
    assert (OutboundMail.objects.count(), InboundMail.objects.count()) == (2, 2)
    assert mail_account().adds_up


def _send_by(port: int, sender: str, recipient: str, raw: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as client:
        assert client.sendmail(sender, [recipient], raw) == {}
