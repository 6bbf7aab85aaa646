"""Broadcasts under hard conditions: two senders at once, two drains at once, a worker that is killed in the middle.

MANY recipients: 200 unless the environment says otherwise (MANY=1000 for the whole of it).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection

from tests import make
from tests.tickets.mail.servers import world
from tests.tickets.test_people_races import at_once, refusals
from tickets import groups
from tickets.broadcasts import drain, plan, sending
from tickets.mail.sending import send_due_mail
from tickets.models import Broadcast, Delivery, Event, GroupMembership, Message, OutboundMail, Team, TicketGroup, User

pytestmark = pytest.mark.django_db(transaction=True)

MANY = int(os.environ.get("MANY", "200"))
ORDER = plan.Order(kind=Broadcast.Kind.REPLY, texts={"hu": "{number}: áll a VPN.", "en": "{number}: VPN is down."})
PATIENCE = 600  # seconds; a limit for what has gone wrong, not a measure
ROOT = Path(__file__).resolve().parents[2]
WORKER = """
import sys
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.OUTGOING_SMTP = None
import django
django.setup()
from tickets.broadcasts.drain import deliver_broadcasts
while deliver_broadcasts(limit=100_000):
    pass
"""


@pytest.fixture(autouse=True)
def at_once_and_alone(settings: Any) -> None:
    settings.BROADCAST_HOLD_SECONDS = 0
    settings.BROADCAST_RELEASE_ABOVE = 1_000_000


def outage(helpdesk: Team, anna: User, many: int) -> TicketGroup:
    make.mailbox(team=helpdesk, is_default=True)
    tickets = [
        make.ticket("VPN", team=helpdesk, customer=make.person(language="hu" if n % 2 else "en", password=None))
        for n in range(many)
    ]
    return groups.open_group("VPN", team=helpdesk, by=anna, tickets=tickets)


def test_of_two_broadcasts_at_once_one_goes_and_the_other_is_told(helpdesk: Team, anna: User, root: User) -> None:
    for _round in range(3):
        group = groups.open_group("VPN", team=helpdesk, by=anna, tickets=[make.ticket(customer=make.person())])
        outcomes = at_once(*(partial(sending.send_broadcast, group, ORDER, by=who) for who in (anna, root)))
        assert refusals(outcomes) == 1
        assert Broadcast.objects.filter(group=group).count() == 1
        drain.deliver_broadcasts()


def test_joining_while_it_is_sent_tells_everybody_once(helpdesk: Team, anna: User) -> None:
    for _round in range(5):
        group = groups.open_group("VPN", team=helpdesk, by=anna, tickets=[make.ticket(customer=make.person())])
        late = make.ticket(customer=make.person())
        at_once(
            partial(sending.send_broadcast, group, ORDER, by=anna),
            partial(groups.join_group, group, ticket=late, by=anna, how=GroupMembership.How.TYPED),
            drain.deliver_broadcasts,
        )
        drain.deliver_broadcasts()
        assert Delivery.objects.filter(broadcast__group=group, delivered_at__isnull=False).count() == 2
        assert OutboundMail.objects.filter(ticket=late).count() == 1


def test_drains_side_by_side_tell_each_once(helpdesk: Team, anna: User) -> None:
    group = outage(helpdesk, anna, 30)
    sending.send_broadcast(group, ORDER, by=anna)
    at_once(*[drain.deliver_broadcasts] * 3)
    drain.deliver_broadcasts()
    assert_each_was_told_once(30)
    assert list(group.events.filter(verb="broadcast_done").values_list("by", flat=True)) == [None]


def test_stopping_in_the_middle_leaves_no_half_told(helpdesk: Team, anna: User) -> None:
    group = outage(helpdesk, anna, 20)
    broadcast = sending.send_broadcast(group, ORDER, by=anna)
    at_once(drain.deliver_broadcasts, partial(sending.stop_broadcast, broadcast, by=anna))
    drain.deliver_broadcasts()
    told = Delivery.objects.filter(delivered_at__isnull=False).count()
    assert told == OutboundMail.objects.count() == Message.objects.filter(kind="mail").count()
    states = Counter(Delivery.objects.filter(delivered_at__isnull=True).values_list("state", "reason"))
    assert states in ({}, {("skipped", "stopped"): 20 - told})


def test_a_worker_killed_in_the_middle_doubles_and_loses_nothing(helpdesk: Team, anna: User, settings: Any) -> None:
    group = outage(helpdesk, anna, MANY)
    broadcast = sending.send_broadcast(group, ORDER, by=anna)
    name = str(configured.DATABASES["default"]["NAME"])
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "ticketdesk.settings"}
    killed = subprocess.Popen([sys.executable, "-c", WORKER, name], cwd=ROOT, env=environment)
    try:
        until = time.monotonic() + PATIENCE
        while told() < MANY // 3:
            assert killed.poll() is None, "the worker ended before it could be killed"
            assert time.monotonic() < until
            time.sleep(0.01)
        os.kill(killed.pid, signal.SIGKILL)
        assert killed.wait(PATIENCE) == -signal.SIGKILL
    finally:
        killed.kill()
    assert told() < MANY
    # The one that was in its hands may still be locked for a moment, until the server has seen that it is gone.
    until = time.monotonic() + PATIENCE
    while Broadcast.objects.get(pk=broadcast.pk).state != Broadcast.State.DONE:
        assert time.monotonic() < until
        drain.deliver_broadcasts(limit=MANY)
    assert_each_was_told_once(MANY)
    with world() as server:
        settings.OUTGOING_SMTP = server.settings
        while send_due_mail():
            pass
    arrived = Counter(recipient for mail in server.taken for recipient in mail.recipients)
    assert arrived == dict.fromkeys(Delivery.objects.values_list("address", flat=True), 1)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def told() -> int:
    return Delivery.objects.filter(delivered_at__isnull=False).count()


def assert_each_was_told_once(many: int) -> None:
    assert told() == many
    assert OutboundMail.objects.count() == many
    assert Message.objects.filter(kind=Message.Kind.MAIL).count() == many
    assert Event.objects.filter(verb="replied").values("ticket").distinct().count() == many
    assert Event.objects.filter(verb="replied").count() == many
    with connection.cursor() as cursor:
        cursor.execute('SELECT count(*) FROM tickets_outboundmail GROUP BY "to" HAVING count(*) > 1')
        assert cursor.fetchall() == []
