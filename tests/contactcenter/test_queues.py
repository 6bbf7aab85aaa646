"""Opening hours with holidays and moved working days, who serves what, and setting queues up."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from contactcenter import activities, loans, memberships, queues, states
from contactcenter.models import Activity, CentreEvent, Contact, OpeningHours, OpeningSpan, QueueMembership, SpecialDay
from contactcenter.queues import Week, is_open_at, next_opening, opened_at
from tests.contactcenter import centre
from tickets.errors import Refused
from tickets.models import Team

WEEK = Week(
    time_zone="Europe/Budapest",
    spans={**{day: [(8 * 60, 17 * 60)] for day in range(4)}, 4: [(8 * 60, 15 * 60)]},
    special={date(2026, 12, 24): (8 * 60, 12 * 60), date(2026, 11, 26): None},
    holidays_of="HU",
)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (datetime(2026, 11, 25, 7, 0, tzinfo=UTC), True),  # 8:00 in winter
        (datetime(2026, 11, 25, 6, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 25, 15, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 25, 16, 0, tzinfo=UTC), False),
        (datetime(2026, 6, 24, 6, 0, tzinfo=UTC), True),  # 8:00 in summer
        (datetime(2026, 11, 28, 10, 0, tzinfo=UTC), False),  # Saturday
        (datetime(2026, 3, 15, 10, 0, tzinfo=UTC), False),  # a holiday (and Sunday)
        (datetime(2026, 10, 23, 10, 0, tzinfo=UTC), False),  # a holiday on a Friday
        (datetime(2026, 12, 24, 10, 59, tzinfo=UTC), True),  # its own hours
        (datetime(2026, 12, 24, 11, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 26, 10, 0, tzinfo=UTC), False),  # closed for once
    ],
)
def test_when_a_queue_is_open(moment: datetime, is_open: bool) -> None:
    assert is_open_at(WEEK, moment) is is_open


def test_when_an_opening_began_and_that_a_closed_queue_has_none() -> None:
    assert opened_at(WEEK, datetime(2026, 11, 25, 9, 40, 7, tzinfo=UTC)) == datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
    assert opened_at(WEEK, datetime(2026, 11, 25, 16, 0, tzinfo=UTC)) is None


def test_a_saturday_that_is_worked_has_a_fridays_hours() -> None:
    # 2 January 2026 was free; Saturday 10 January was worked instead.
    worked = datetime(2026, 1, 10, 10, 0, tzinfo=UTC)
    free = datetime(2026, 1, 2, 10, 0, tzinfo=UTC)
    assert (is_open_at(WEEK, worked), is_open_at(WEEK, free)) == (True, False)
    assert is_open_at(WEEK, datetime(2026, 1, 10, 14, 30, tzinfo=UTC)) is False


def test_the_next_opening_skips_what_is_closed() -> None:
    evening = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)  # Thursday is closed for once
    assert next_opening(WEEK, evening) == datetime(2026, 11, 27, 7, 0, tzinfo=UTC)
    assert next_opening(Week("UTC", {}, {}), evening) is None


@pytest.mark.django_db
def test_hours_are_read_from_their_rows_and_never_overlap(helpdesk: Team) -> None:
    hours = OpeningHours.objects.create(name="Hétköznap", holidays_of="HU")
    OpeningSpan.objects.create(hours=hours, weekday=2, opens=480, closes=1020)
    SpecialDay.objects.create(hours=hours, day=date(2026, 11, 26))
    with pytest.raises(IntegrityError, match="opening_span_no_overlap"), transaction.atomic():
        OpeningSpan.objects.create(hours=hours, weekday=2, opens=1000, closes=1100)
    queue = centre.queue(team=helpdesk, hours=hours)
    assert queues.is_open(queue, centre.NOON)
    assert not queues.is_open(queue, centre.NOON.replace(day=26))


@pytest.mark.django_db
def test_a_closed_queue_takes_a_message(helpdesk: Team) -> None:
    hours = OpeningHours.objects.create(name="Soha")
    queue = centre.queue(team=helpdesk, hours=hours, when_closed="voicemail")
    assert centre.call(queue).outcome == "to_voicemail"


@pytest.mark.django_db
def test_who_is_lent_elsewhere_is_nobody_at_home(helpdesk: Team, network: Team) -> None:
    home = centre.queue("Otthon", team=helpdesk, when_nobody="voicemail")
    agent = centre.agent(team=helpdesk, serves=home)
    assert centre.call(home).outcome == ""
    activities.set_activity(agent, to=states.activity(Activity.BACKGROUND), by=None)
    loan = loans.ask_loan(centre.fresh(agent), into=centre.queue("Másutt", team=network), by=None)
    loans.activate_loan(loans.accept_loan(loan, by=None), by=None)
    assert centre.call(home).outcome == "to_voicemail"


@pytest.mark.django_db
def test_a_queue_with_somebody_in_it_does_not_close_for_good(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk)
    centre.call(queue)
    with pytest.raises(Refused, match="még van valaki"):
        queues.change_queue(queue, by=None, is_active=False)
    changed = queues.change_queue(queue, by=None, wrap_up_seconds=10)
    assert changed.wrap_up_seconds == 10
    assert CentreEvent.objects.filter(queue=queue, verb="queue_changed").get().data == {"fields": ["wrap_up_seconds"]}
    assert Contact.objects.get().state == "queued"


@pytest.mark.django_db
def test_two_queues_have_two_names(helpdesk: Team) -> None:
    centre.queue("Hiba", team=helpdesk)
    with pytest.raises(Refused):
        centre.queue("HIBA ", team=helpdesk)


@pytest.mark.django_db
def test_an_agent_moves_for_good_and_his_past_is_kept(helpdesk: Team) -> None:
    first, second = centre.queue("Egy", team=helpdesk), centre.queue("Kettő", team=helpdesk)
    agent = centre.agent(team=helpdesk, serves=first)
    memberships.move_agent(agent, out_of=first, into=second, by=None, level=2)
    assert list(QueueMembership.objects.current().values_list("queue", "level")) == [(second.pk, 2)]
    assert QueueMembership.objects.filter(left_at__isnull=False).get().queue == first
