"""What advice is made of: the rate of arrivals, estimated waits and their error, handling time and patience."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contactcenter import advising, contacts, estimates, reporting
from contactcenter.models import ContactSegment, OpeningHours, OpeningSpan, QueueWatch
from tests.contactcenter import centre
from tests.contactcenter.centre import clock_at
from tests.contactcenter.test_advising import crowd, look, overloaded
from tickets.models import Team

pytestmark = pytest.mark.django_db


def test_the_rate_counts_from_when_the_queue_opened(helpdesk: Team) -> None:
    hours = OpeningHours.objects.create(name="Nappal")
    OpeningSpan.objects.create(hours=hours, weekday=2, opens=12 * 60, closes=1440)  # noon in Budapest
    with clock_at() as time:
        queue = centre.queue(team=helpdesk, created_at=time.moment - timedelta(days=1), hours=hours, when_closed="wait")
        time.on(seconds=-60)
        centre.call(queue)  # waits for the opening: no sign of how many come in an hour
        time.on(seconds=180)
        crowd(queue)
        time.on(seconds=180)
        look(time)
        assert QueueWatch.objects.get(queue=queue).calls_per_hour == pytest.approx(3 / 305 * 3600)


def test_the_wait_is_estimated_when_a_contact_joins_and_its_error_is_counted(helpdesk: Team) -> None:
    with clock_at() as time:
        queue, _asked = overloaded(helpdesk, time)
        assert set(ContactSegment.objects.values_list("expected_wait", flat=True)) == {None}  # nothing was seen before
        look(time)
        joined = centre.call(queue).segments.get()
        told = estimates.estimate(queue.pk, 3)
        assert told is not None
        assert (joined.expected_wait, joined.expected_spread) == (told.mean, told.spread)
        assert told.mean > 100  # three before him, one agent, three minutes each
        ContactSegment.objects.filter(pk=joined.pk).update(
            answered_at=time.moment + timedelta(seconds=told.mean + 10), outcome="answered"
        )
        (slot,) = reporting.counts([queue.pk], time.moment, time.moment + timedelta(hours=1))[queue.pk]
        assert (slot.tally.estimates, slot.tally.in_range) == (1, 1)
        assert slot.tally.error == pytest.approx(-10, abs=0.01)


def test_handling_and_patience_are_measured_from_what_ended(helpdesk: Team) -> None:
    with clock_at() as time:
        queue = centre.queue(team=helpdesk, wrap_up_seconds=0)
        centre.agent("Otto", team=helpdesk, serves=queue)
        look(time)
        for _number in range(3):
            contact = centre.answered(centre.call(queue))
            time.on(seconds=600)
            contacts.hang_up(contact, by=None)
        time.on(seconds=61)
        advising.advise_queues()
        watch = QueueWatch.objects.get(queue=queue)
        assert watch.handling == pytest.approx(180 + 420 * (1 - 0.98**3))
        advising.advise_queues()
        time.on(seconds=5)
        advising.advise_queues()
        assert QueueWatch.objects.get(queue=queue).handling == watch.handling  # each once
