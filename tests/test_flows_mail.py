"""Walks a mail through the house: in by LMTP, acknowledged, answered, out by SMTP, and the customer's answer back in.

On real servers, with the tasks that the worker runs.
"""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest

from tests import make
from tests.tickets.mail.servers import World, world
from tests.tickets.mail.test_doors import RunningDoor
from tickets import conversation, tasks
from tickets.mail.account import mail_account
from tickets.mail.line import line
from tickets.models import InboundMail, JobRun, Mailbox, Message, OutboundMail, Ticket, User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def outside(settings: Any) -> Iterator[World]:
    with world() as server:
        settings.OUTGOING_SMTP = server.settings
        yield server
        line.close()


@pytest.fixture
def running(mailbox: Mailbox) -> Iterator[RunningDoor]:
    running = RunningDoor()
    yield running
    running.stop()


def deliver(running: RunningDoor, raw: bytes, to: str) -> None:
    """As the mail server beside us hands over what came for us."""
    with smtplib.LMTP("127.0.0.1", running.port, local_hostname="localhost") as client:
        client.ehlo()
        client.mail("carla@duna.example")
        assert client.rcpt(to)[0] == 250
        assert client.data(raw)[0] == 250


def answer_to(mail: EmailMessage, text: str) -> bytes:
    """What a mail program makes of "reply"."""
    return make.mail(
        text,
        sender=str(mail["To"]),
        to=str(mail["Reply-To"] or mail["From"]),
        subject=f"Re: {mail['Subject']}",
        in_reply_to=mail["Message-ID"].strip("<>"),
        references=[part.strip("<>") for part in f"{mail['References'] or ''} {mail['Message-ID']}".split()],
    )


def test_a_conversation_by_mail(running: RunningDoor, outside: World, carla: User, anna: User) -> None:
    # 1. Carla writes.
    deliver(running, make.mail("A nyomtató füstöl.", subject="Nyomtató", message_id="first@duna.example"), make.SUPPORT)
    assert tasks.process_inbound_mail() == 1
    ticket = Ticket.objects.get()
    assert (ticket.customer, ticket.status.code) == (carla, "new")

    # 2. She is told the number.
    assert tasks.send_due_mail() == 1
    acknowledgement = outside.taken[0]
    assert acknowledgement.sender == ""
    assert ticket.number in acknowledgement.mail["Subject"]

    # 3. Anna answers.
    conversation.reply_to_customer(ticket, text="Húzza ki a dugót!", by=anna)
    tasks.send_due_mail()
    reply = outside.taken[1].mail
    assert reply["In-Reply-To"] == "<first@duna.example>"
    assert reply["Auto-Submitted"] is None

    # 4. Carla answers by mail, to the address her program took from Reply-To; it threads in.
    deliver(running, answer_to(reply, "Kihúztam, már nem füstöl."), str(reply["Reply-To"].addresses[0].addr_spec))
    tasks.process_inbound_mail()
    ticket.refresh_from_db()
    assert ticket.awaits_answer
    shown = Message.objects.visible_to(carla).filter(ticket=ticket).order_by("id")
    assert [message.sender for message in shown] == ["customer", "system", "agent", "customer"]
    assert shown[3].body.strip() == "Kihúztam, már nem füstöl."

    # 5. The mail system beside us offers the last one again; nothing is added, and the account adds up.
    raw = bytes(InboundMail.objects.order_by("-id")[0].raw)
    deliver(running, raw, make.SUPPORT)
    account = mail_account()
    assert (account.total, account.new_tickets, account.follow_ups, account.adds_up) == (2, 1, 1, True)
    assert OutboundMail.objects.count() == 2
    assert {run.name for run in JobRun.objects.filter(failed_at=None)} == {"process_inbound_mail", "send_due_mail"}


def test_two_houses_that_acknowledge_each_other_stop_at_once(running: RunningDoor, outside: World, carla: User) -> None:
    """The other side answers our acknowledgement by machine, as if it were a house like ours."""
    deliver(running, make.mail(subject="Kérdés"), make.SUPPORT)
    for _round in range(3):
        tasks.process_inbound_mail()
        tasks.send_due_mail()
        ours = outside.taken[-1].mail
        back = make.mail(
            "Automatic: we got your message.",
            sender="carla@duna.example",
            subject=f"Re: {ours['Subject']}",
            in_reply_to=ours["Message-ID"].strip("<>"),
            headers={"Auto-Submitted": "auto-replied"},
        )
        deliver(running, back, make.SUPPORT)
    tasks.process_inbound_mail()
    assert len(outside.taken) == 1
    assert Ticket.objects.count() == 1
    assert mail_account().follow_ups == 3
