"""The demo: there as a whole, lifelike, in both languages, and never over real tickets."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from contactcenter import routing
from contactcenter.models import Agent, Contact, Loan, Queue, Work
from tests import make
from tickets import demo, proof
from tickets.demo.clock import stopped_at
from tickets.errors import Refused
from tickets.mail.account import mail_account
from tickets.models import (
    AnswerTemplate,
    ArrivalMatch,
    Broadcast,
    Burst,
    ConfigurationChange,
    Delivery,
    InboundMail,
    Message,
    OutboundMail,
    Promise,
    Tag,
    Team,
    Ticket,
    User,
)


def test_the_demo_is_planted_once_and_proves_itself(db: None) -> None:
    out = StringIO()
    call_command("demo", stdout=out)
    made = Ticket.objects.count()
    assert made >= 60
    assert demo.logins()[0][1] in out.getvalue()
    for _role, email, password in demo.logins():
        assert User.objects.get(email=email).check_password(password)
    assert proof.verify_all().is_intact
    assert mail_account().adds_up

    now = timezone.now()
    assert Ticket.objects.filter(opened_at__gt=now).count() == 0
    assert Ticket.objects.filter(opened_at__lt=now - timedelta(days=10)).exists()
    assert Message.objects.filter(created_at__gt=now).count() == 0
    assert Promise.objects.open().filter(by_when__lt=now).exists()
    assert Promise.objects.open().filter(by_when__gt=now).exists()
    assert Message.objects.filter(is_unconfirmed=True).count() == 1
    assert InboundMail.objects.filter(state=InboundMail.State.QUARANTINED).count() == 1
    assert OutboundMail.objects.filter(state=OutboundMail.State.BOUNCED).count() == 2
    assert {"hu", "en"} == set(User.objects.values_list("language", flat=True))
    assert Message.objects.exclude(html="").exists()

    waiting = OutboundMail.objects.filter(state__in=[OutboundMail.State.QUEUED, OutboundMail.State.DEFERRED])
    assert not waiting.exists(), "the demo's mails must never reach a mail server"

    assert AnswerTemplate.objects.count() >= 6
    assert OutboundMail.objects.filter(is_automatic=True, body__contains="két órán belül").exists()
    assert Tag.objects.exclude(colour=None).filter(tickets__isnull=False).exists()
    assert Tag.objects.filter(owner__isnull=False, synonyms__isnull=False, tickets__isnull=False).exists()
    assert ArrivalMatch.objects.filter(problem="").exists()
    assert ConfigurationChange.objects.filter(by__name="Gazda Róbert", at__lt=now - timedelta(days=30)).exists()

    burst = Burst.objects.get(state=Burst.State.PROPOSED)
    assert burst.reports.count() == 4, "a wave that waits for somebody's decision"
    ledger = Counter(Delivery.objects.values_list("state", "is_late"))
    assert ledger == {("sent", False): 2, ("bounced", False): 1, ("replied", False): 1, ("sent", True): 1}
    started = Broadcast.objects.get().started_at
    assert started is not None
    assert started < now - timedelta(minutes=55)

    _the_centre_is_busy()

    call_command("demo", stdout=out)
    call_command("demo", "--again", stdout=out)
    assert Ticket.objects.count() == made


def _the_centre_is_busy() -> None:
    """A day that the database lets pass, and a floor that stands still at its end."""
    assert demo.parts(), "other apps add to the demo"
    assert Queue.objects.count() == 3
    assert Agent.objects.present().count() >= 8
    assert Loan.objects.get().state == Loan.State.ACTIVE
    assert Contact.objects.filter(state=Contact.State.QUEUED).count() >= 5
    assert Contact.objects.filter(state=Contact.State.CONNECTED).count() >= 5
    assert Contact.objects.filter(state=Contact.State.CLOSED).count() > 25
    anna = Agent.objects.get(user__email__startswith="anna@")
    assert anna.work == Work.CONNECTED
    assert not Agent.objects.exclude(heartbeat_at=None).exists(), "nobody has a page open, so nobody's page is lost"
    assert routing.dispatch() == 0, "nobody is free: what waits goes on waiting until somebody looks"


def test_the_demo_leaves_a_real_help_desk_alone(helpdesk: Team) -> None:
    make.ticket(team=helpdesk)
    with pytest.raises(Refused):
        demo.plant()
    assert Ticket.objects.count() == 1
    assert demo.logins() == []


def test_the_stopped_clock_reaches_model_defaults_and_stops_nothing_else(helpdesk: Team) -> None:
    moment = timezone.now() - timedelta(days=3)
    with stopped_at(moment):
        ticket = make.ticket(team=helpdesk)
        assert timezone.now() == moment
    assert (ticket.opened_at, ticket.messages.get().created_at) == (moment, moment)
    assert timezone.now() > moment
    assert ticket.events.latest("seq").recorded_at > moment, "the history keeps the database's own time"
