"""Two hosts look at the same moment; two people click at the same moment. One decision each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from contactcenter import activities, advising, clock, states
from contactcenter.models import Activity, Advice, Contact, Loan, QueueWatch
from tests.contactcenter import centre
from tickets.errors import Refused
from tickets.models import Team, User

pytestmark = pytest.mark.django_db(transaction=True)


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Each act in a thread and a connection of its own, begun at one moment; what came of them, refusals included."""
    gate = threading.Barrier(len(acts))
    found: list[Any] = [None] * len(acts)

    def run(at: int, act: Callable[[], Any]) -> None:
        try:
            gate.wait(10)
            found[at] = act()
        except Exception as error:  # noqa: BLE001  # told to the test, which looks at each
            found[at] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


def make_busy(team: Team) -> None:
    queue = centre.queue(team=team)
    centre.agent("Otto", team=team, serves=queue)
    helper = centre.agent("Hanna", team=team)
    activities.set_activity(helper, to=states.activity(Activity.BACKGROUND), by=None)
    centre.answered(centre.call(queue))
    for _number in range(3):
        centre.call(queue)
    Contact.objects.filter(state="queued").update(queued_at=clock.now() - timedelta(seconds=90))


def test_two_hosts_that_look_at_once_make_one_decision(helpdesk: Team) -> None:
    make_busy(helpdesk)
    for _round in range(5):
        QueueWatch.objects.update(looked_at=None, memory={})
        before = Advice.objects.count()
        made = together(*[advising.advise_queues] * 4)
        assert sorted(made, key=str) == [0, 0, 0, 1]
        assert Advice.objects.count() == before + 1
        Advice.objects.standing().update(state="expired", settled_at=clock.now())


def test_two_clicks_ask_one_helper(helpdesk: Team, root: User) -> None:
    make_busy(helpdesk)
    assert advising.advise_queues() == 1
    advice = Advice.objects.get()
    found = together(*[lambda: advising.take_advice(Advice.objects.get(pk=advice.pk), by=root)] * 2)
    assert sum(isinstance(one, Refused) for one in found) == 1
    assert sum(isinstance(one, Advice) for one in found) == 1
    assert Loan.objects.count() == 1


def test_taking_and_dismissing_at_once_leaves_one_word(helpdesk: Team, root: User) -> None:
    make_busy(helpdesk)
    assert advising.advise_queues() == 1
    advice = Advice.objects.get()
    found = together(
        lambda: advising.take_advice(Advice.objects.get(pk=advice.pk), by=root),
        lambda: advising.dismiss_advice(Advice.objects.get(pk=advice.pk), by=root),
    )
    assert sum(isinstance(one, Refused) for one in found) == 1
    assert Loan.objects.count() == (Advice.objects.get().state == Advice.State.TAKEN)
