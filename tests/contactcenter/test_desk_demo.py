"""The demo's contact centre: a day that the database lets pass, and a floor that stands still at its end."""

from __future__ import annotations

from django.core.management import call_command

from contactcenter import routing
from contactcenter.models import Agent, Contact, Loan, Queue, Work
from tickets import demo


def test_the_demo_has_a_busy_centre(db: None) -> None:
    call_command("demo", verbosity=0)
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


def test_other_apps_add_to_the_demo() -> None:
    assert demo.parts()
