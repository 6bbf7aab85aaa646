"""Walks one outage through the house: many mails, one group, one answer to all, and its end.

On real servers, with the tasks that the worker runs. MANY=300 takes two minutes.
"""

from __future__ import annotations

import os
import smtplib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from tests import make
from tests.tickets.mail.servers import World, world
from tests.tickets.mail.test_doors import RunningDoor
from tests.tickets.mail.test_matching import bounce_of
from tickets import group_closing, groups, lifecycle, tasks
from tickets.broadcasts import sending
from tickets.broadcasts.ledger import account_of
from tickets.broadcasts.plan import Order, plan_broadcast
from tickets.group_closing import Choice
from tickets.mail import loops
from tickets.mail.account import mail_account
from tickets.mail.line import line
from tickets.models import (
    Broadcast,
    Burst,
    Delivery,
    GroupEvent,
    Mailbox,
    OutboundMail,
    Status,
    Team,
    Ticket,
    TicketGroup,
    User,
)
from tickets.proof import verify_all
from tickets.similar.bursts import accept_burst

pytestmark = pytest.mark.django_db(transaction=True)

MANY = int(os.environ.get("MANY", "60"))
REFUSED, BOUNCED, AWAY, ANSWERED = 3, 5, 7, 4  # recipients whose mail fares so
HU = ("Nem megy a VPN", "A VPN nem kapcsolódik", "VPN hiba: nem tudok csatlakozni", "Megint áll a VPN")
EN = ("VPN is down", "Cannot connect to the VPN", "VPN connection error 619", "The VPN does not connect")


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


def deliver(running: RunningDoor, mails: Iterable[tuple[str, bytes, str]]) -> None:
    """Over one connection, as the mail server beside us does: sender, mail, recipient."""
    with smtplib.LMTP("127.0.0.1", running.port, local_hostname="localhost") as client:
        client.ehlo()
        for sender, raw, to in mails:
            client.mail(sender)
            assert client.rcpt(to)[0] == 250
            assert client.data(raw)[0] == 250


def drain(task: Callable[[], Any]) -> None:
    """Until nothing is left."""
    while task():
        pass


def address_of(n: int) -> str:
    return f"r{n}@reporters.example"


def first_mail(n: int) -> tuple[str, bytes, str]:
    subjects, text = (HU, "Reggel óta nem tudok a VPN-hez csatlakozni, 619-es hiba.")
    if n % 2:
        subjects, text = (EN, "Since this morning I cannot connect to the VPN, error 619.")
    raw = make.mail(text, sender=(f"Reporter {n}", address_of(n)), subject=subjects[n // 2 % len(subjects)])
    return address_of(n), raw, make.SUPPORT


def answer(sent: OutboundMail, text: str, headers: dict[str, str] | None = None) -> tuple[str, bytes, str]:
    """What a recipient's mail program sends back to a mail of ours."""
    sender, to = sent.to[0][1], str(sent.headers.get("Reply-To") or sent.sender_address)
    raw = make.mail(
        text, sender=sender, to=to, subject=f"Re: {sent.subject}", in_reply_to=sent.mail_id, headers=headers
    )
    return sender, raw, make.SUPPORT


def mail_of(broadcast: Broadcast, ticket: Ticket) -> OutboundMail:
    row = Delivery.objects.get(broadcast=broadcast, ticket=ticket)
    return OutboundMail.objects.get(message=row.message)


@pytest.fixture
def no_brake(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many acknowledgements go out in a minute would depend on the machine; the brake has tests of its own."""
    monkeypatch.setattr(loops, "PER_MINUTE", 10 * MANY)


@pytest.fixture
def outage(no_brake: None, running: RunningDoor, outside: World, helpdesk: Team, anna: User) -> TicketGroup:
    """The reports came, the radar proposed, Anna accepted."""
    deliver(running, (first_mail(n) for n in range(MANY)))
    drain(tasks.process_inbound_mail)
    drain(tasks.read_radar)
    assert Ticket.objects.count() == MANY
    proposed = Burst.objects.filter(team=helpdesk).latest("pk")
    assert "VPN" in proposed.title
    group = accept_burst(proposed, by=anna)
    for ticket in Ticket.objects.exclude(group_memberships__group=group).order_by("pk"):
        groups.join_group(group, ticket=ticket, by=anna, how=groups.How.RADAR)
    assert group.memberships.current().count() == MANY
    drain(tasks.send_due_mail)  # the acknowledgements
    return group


def test_one_outage(
    outage: TicketGroup, running: RunningDoor, outside: World, anna: User, root: User, settings: Any
) -> None:
    settings.BROADCAST_HOLD_SECONDS = 0
    settings.BROADCAST_RELEASE_ABOVE = MANY // 2
    tickets = list(Ticket.objects.order_by("customer__email", "pk").select_related("customer"))
    acknowledged = len(outside.taken)

    # 1. One text for all; a second person releases it; nobody sees anybody.
    order = Order(
        kind=Broadcast.Kind.REPLY,
        texts={
            "hu": "Tisztelt {customer}! A {number} számú bejelentést ismerjük, dolgozunk rajta.",
            "en": "Dear {customer}, we know of {number} and work on it.",
        },
    )
    plan = plan_broadcast(outage, order, by=anna)
    assert (len(plan.gets), plan.skipped) == (MANY, {})
    assert plan.by_language.keys() == {"hu", "en"}
    broadcast = sending.send_broadcast(outage, order, by=anna)
    assert broadcast.state == Broadcast.State.WAITING
    tasks.deliver_broadcasts()
    assert len(outside.taken) == acknowledged
    sending.release_broadcast(broadcast, by=root)
    drain(tasks.deliver_broadcasts)
    for ticket in tickets[:REFUSED]:
        outside.answers[str(ticket.customer and ticket.customer.email)] = "550 5.1.1 no such user"
    drain(tasks.send_due_mail)
    said = outside.taken[acknowledged:]
    assert len(said) == MANY - REFUSED
    assert all(len(taken.recipients) == 1 and taken.mail["Cc"] is None for taken in said)
    assert len({taken.recipients[0] for taken in said}) == MANY - REFUSED
    numbers = {str(ticket.customer and ticket.customer.email): ticket.number for ticket in tickets}
    for taken in said:
        assert numbers[taken.recipients[0]] in taken.mail["Subject"]
        assert numbers[taken.recipients[0]] in taken.mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]

    # 2. What comes back: bounces, out-of-office replies, answers.
    bounced = tickets[REFUSED : REFUSED + BOUNCED]
    away = tickets[REFUSED + BOUNCED :][:AWAY]
    answered = tickets[REFUSED + BOUNCED + AWAY :][:ANSWERED]
    back = [("", bounce_of(mail_of(broadcast, one)), mail_of(broadcast, one).sender_address) for one in bounced]
    back += [answer(mail_of(broadcast, one), "Szabadságon vagyok.", {"Auto-Submitted": "auto-replied"}) for one in away]
    back += [answer(mail_of(broadcast, one), "Köszönöm, várom a hírt.") for one in answered]
    deliver(running, back)
    drain(tasks.process_inbound_mail)
    drain(tasks.send_due_mail)
    rows = Counter(Delivery.objects.filter(broadcast=broadcast).values_list("state", flat=True))
    assert rows == {
        "failed": REFUSED,
        "bounced": BOUNCED,
        "replied": ANSWERED,
        "sent": MANY - REFUSED - BOUNCED - ANSWERED,
    }
    assert sum(account_of(broadcast).counts.values()) == MANY

    # 3. A late joiner is told at once, and once.
    deliver(running, [first_mail(MANY)])
    drain(tasks.process_inbound_mail)
    late = Ticket.objects.latest("pk")
    groups.join_group(outage, ticket=late, by=anna, how=groups.How.TYPED)
    drain(tasks.deliver_broadcasts)
    drain(tasks.send_due_mail)
    to_late = [taken for taken in outside.taken if taken.recipients == [address_of(MANY)]]
    assert len(to_late) == 2  # the acknowledgement and the group's message
    assert late.events.filter(verb="replied", data__late=True).count() == 1

    # 4. Closing: one member was closed on its own, one is left, the others are closed.
    own, left = tickets[-1], tickets[-2]
    lifecycle.change_status(own, to=Status.objects.get(code="solved"), by=anna)
    closing = group_closing.plan_closing(TicketGroup.objects.get(pk=outage.pk), by=anna)
    group_closing.choose_for_all(closing, choice=Choice.CLOSE, by=anna)
    group_closing.choose_for_some(closing, Ticket.objects.filter(pk=left.pk), choice=Choice.LEAVE, by=anna)
    group_closing.close_group(closing, by=anna)
    drain(tasks.drain_group_closings)
    assert list(Ticket.objects.open()) == [left]

    # 5. A reporter writes after the closing: it shows in the group and opens his own ticket alone.
    again = tickets[REFUSED + BOUNCED + AWAY]
    deliver(running, [answer(mail_of(broadcast, again), "Sajnos megint nem megy.")])
    drain(tasks.process_inbound_mail)
    assert set(Ticket.objects.open()) == {left, again}
    assert GroupEvent.objects.get(group=outage, verb="followed_up").ticket == again
    assert not TicketGroup.objects.get(pk=outage.pk).is_open

    # Every mail is accounted for, and no chain is broken.
    assert mail_account().adds_up
    assert not verify_all().breaks
