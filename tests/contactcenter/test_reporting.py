"""History in raw counts: they equal the definitions, add up, and are the same wherever they are shown."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contactcenter import activities, adherence, contacts, loans, reporting, routing, states, wrap_ups
from contactcenter.models import Activity, Agent, Contact, ContactSegment, Loan, Queue, Shift
from contactcenter.reporting import Step
from contactcenter.service_levels import (
    Counts,
    Ending,
    Formula,
    Thresholds,
    Work,
    count,
    count_live,
    handling_time,
    occupancy,
    service_level,
)
from tests.contactcenter import centre
from tests.contactcenter.centre import NOON, clock_at
from tickets.errors import NotAllowed, Refused
from tickets.models import Team, User

MIDNIGHT = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)  # of the 25th, in Budapest


def segment(queue: Queue, at: datetime, wait: float, outcome: str) -> None:
    """A contact's time in the queue that ended so many seconds after it came; without an outcome it still waits."""
    ended = at + timedelta(seconds=wait)
    contact = Contact.objects.create(channel="call", queue=queue, queued_at=at, state="queued", opened_at=at)
    is_answered = outcome == "answered"
    ContactSegment.objects.create(
        contact=contact,
        queue=queue,
        entered_at=at,
        answered_at=ended if is_answered else None,
        left_at=(ended + timedelta(seconds=100 if is_answered else 0)) if outcome else None,
        outcome=outcome,
    )


def test_the_counts_equal_the_definitions_on_random_waits(helpdesk: Team) -> None:
    dice = random.Random(5)
    queue = centre.queue(team=helpdesk, answer_within=30, short_abandon=8)
    thresholds = Thresholds(30, 8)
    now = NOON + timedelta(hours=3)
    ended: dict[datetime, list[tuple[Ending, float]]] = {}
    waiting: dict[datetime, list[float]] = {}
    for _number in range(300):
        offset = dice.randrange(3 * 3600 - 200)
        at = NOON + timedelta(seconds=offset)
        slot = NOON + timedelta(minutes=15) * (offset // 900)
        wait = float(dice.choice([0, 3, 7, 8, 29, 30, 31, 90]))
        kind = dice.choice(["answered", "abandoned", "timed_out", "to_callback", ""])
        if kind == "abandoned" and wait < 8:
            kind = "short_abandoned"
        segment(queue, at, wait, kind)
        if kind:
            ending = {"answered": Ending.ANSWERED, "abandoned": Ending.ABANDONED, "short_abandoned": Ending.ABANDONED}
            ended.setdefault(slot, []).append((ending.get(kind, Ending.OTHER), wait))
        else:
            waiting.setdefault(slot, []).append((now - at).total_seconds())
    slots = {one.start: one for one in reporting.counts([queue.pk], NOON, now, Step.QUARTER, now=now)[queue.pk]}
    assert set(slots) == {*ended, *waiting}
    for at, found in slots.items():
        assert found.counts == count_live(count(ended.get(at, []), thresholds), waiting.get(at, []), thresholds)
    for step in (Step.HALF, Step.HOUR, Step.DAY, None):
        parts = reporting.counts([queue.pk], NOON, now, step, now=now)[queue.pk]
        assert sum((one.counts for one in parts), Counts()) == sum((one.counts for one in slots.values()), Counts())
    assert reporting.total(queue.pk, NOON, now).offered == sum(one.counts.offered for one in slots.values())


def test_days_are_the_houses_days(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk)
    segment(queue, MIDNIGHT - timedelta(seconds=1), 5, "answered")
    segment(queue, MIDNIGHT, 5, "answered")
    segment(queue, MIDNIGHT + timedelta(hours=23, minutes=59), 5, "answered")
    slots = reporting.counts([queue.pk], MIDNIGHT - timedelta(days=1), MIDNIGHT + timedelta(days=1), Step.DAY)
    assert [(one.start, one.counts.offered) for one in slots[queue.pk]] == [
        (MIDNIGHT - timedelta(days=1), 1),
        (MIDNIGHT, 2),
    ]


def test_the_day_of_the_changing_clock_is_25_hours_long(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk)
    start = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)  # midnight of the 25th, still summer time
    segment(queue, start + timedelta(hours=24, minutes=30), 5, "answered")  # half past eleven at night, the same day
    (slot,) = reporting.counts([queue.pk], start, start + timedelta(hours=25), Step.DAY)[queue.pk]
    assert slot.start == start


def test_each_queue_counts_by_its_own_thresholds_and_formula(helpdesk: Team) -> None:
    patient = centre.queue("Patient", team=helpdesk, answer_within=60)
    strict = centre.queue("Strict", team=helpdesk, answer_within=10, formula=Formula.ABANDON_NEGATIVE)
    for queue in (patient, strict):
        segment(queue, NOON, 30, "answered")
        segment(queue, NOON, 3, "short_abandoned")
    found = reporting.counts([patient.pk, strict.pk], NOON, NOON + timedelta(hours=1))
    assert service_level(found[patient.pk][0].counts, reporting.formula_of(patient)) == 1
    assert service_level(found[strict.pk][0].counts, reporting.formula_of(strict)) == 0
    assert found[patient.pk][0].longest == 30


def test_the_time_of_agents_at_contacts_and_idle(helpdesk: Team) -> None:
    with clock_at() as time:
        queue = centre.queue(team=helpdesk, wrap_up_seconds=30)
        agent = centre.agent("Otto", team=helpdesk, serves=queue)
        time.on(seconds=60)  # idle
        contact = centre.call(queue)
        offer = centre.offered(contact)
        time.on(seconds=10)  # ringing
        routing.accept_offer(offer, by=None)
        time.on(seconds=200)
        contacts.hang_up(contact, by=None)
        time.on(seconds=20)
        wrap_ups.finish_wrap_up(centre.fresh(agent), by=None)
        time.on(seconds=40)  # idle
        activities.set_activity(centre.fresh(agent), to=states.activity(Activity.BACKGROUND), by=None)
        time.on(seconds=500)  # not idle: at tickets
        found = reporting.work([queue.pk], NOON, time.moment + timedelta(seconds=1), now=time.moment)
        work = sum(found.values(), Work())
        assert (work.handled, work.talk, work.wrap_up, work.offered) == (1, 200, 20, 10)
        assert work.idle == pytest.approx(100, abs=0.001)
        assert handling_time(work) == 220
        assert occupancy(work) == pytest.approx(230 / 330)


def test_a_report_of_many_queues_is_one_statement(helpdesk: Team, django_assert_num_queries: Any) -> None:
    pks = [centre.queue(f"Sor {number}", team=helpdesk).pk for number in range(12)]
    with django_assert_num_queries(1):
        assert set(reporting.counts(pks, NOON, NOON + timedelta(days=31), Step.QUARTER)) == set(pks)


# --- planned and actual ----------------------------------------------------------------------------------------------


@pytest.fixture
def otto(helpdesk: Team) -> Agent:
    return centre.agent("Otto", team=helpdesk, signed_in=False)


def test_adherence_is_the_planned_time_spent_as_planned(helpdesk: Team) -> None:
    with clock_at() as time:
        otto = centre.agent("Otto", team=helpdesk, signed_in=False)
        ready = states.activity(Activity.READY)
        Shift.objects.create(agent=otto, activity=ready, starts_at=NOON, ends_at=NOON + timedelta(hours=2))
        time.on(minutes=30)  # late
        activities.sign_in(otto, by=None)
        time.on(minutes=90)
        (kept,) = adherence.adherences([otto], NOON, NOON + timedelta(days=1))
        assert (kept.planned, kept.kept, kept.share) == (7200, 5400, 0.75)


def test_a_loan_does_not_count_against_the_helper(helpdesk: Team) -> None:
    with clock_at() as time:
        queue = centre.queue(team=helpdesk)
        helper = centre.agent("Hanna", team=helpdesk)
        background = states.activity(Activity.BACKGROUND)
        activities.set_activity(helper, to=background, by=None)
        Shift.objects.create(agent=helper, activity=background, starts_at=NOON, ends_at=NOON + timedelta(hours=1))
        time.on(minutes=10)
        loan = loans.ask_loan(centre.fresh(helper), into=queue, by=None, consent=Loan.Consent.NONE)
        loans.activate_loan(loan, by=None)
        time.on(minutes=20)
        loans.return_agent(centre.fresh(helper), by=None)
        time.on(minutes=30)
        (kept,) = adherence.adherences([helper], NOON, NOON + timedelta(days=1))
        assert kept.share == pytest.approx(1, abs=0.001)
        lent = reporting.loans_into([queue.pk], NOON, NOON + timedelta(days=1))[queue.pk]
        assert (lent.asked, lent.served, lent.declined) == (1, 1, 0)
        assert lent.seconds == pytest.approx(1200)


def test_shifts_come_from_a_file_all_or_none(otto: Agent, root: User) -> None:
    address = otto.user.email
    good = f"agent;from;to;activity\n{address};2026-11-26 08:00;2026-11-26 16:00;ready\n"
    bad = good + f"{address};2026-11-27 08:00;2026-11-27 07:00;\n"
    with pytest.raises(Refused, match="3"):
        adherence.plan_shifts(bad, by=root)
    assert Shift.objects.count() == 0
    assert adherence.plan_shifts("\ufeff" + good, by=root) == 1
    shift = Shift.objects.get()
    assert shift.starts_at == datetime(2026, 11, 26, 7, 0, tzinfo=UTC)  # the house is in Budapest
    with pytest.raises(Refused):
        adherence.plan_shifts(good, by=root)  # overlaps with itself of before
    assert Shift.objects.count() == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "agent,from,to",
        "who,from,to\nx,y,z",
        "agent,from,to\nnobody@example.com,2026-11-26T08:00,2026-11-26T16:00",
        "agent,from,to\n{address},yesterday,2026-11-26T16:00",
        "agent,from,to\n{address},2026-11-26T08:00",
        "agent,from,to,activity\n{address},2026-11-26T08:00,2026-11-26T16:00,flying",
        "agent,from,to\n{address},2026-13-26T08:00,2026-11-26T16:00",
        'agent,from,to\n"{address}',
        "\x00\x01",
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(otto: Agent, root: User, text: str) -> None:
    with pytest.raises(Refused) as refused:
        adherence.plan_shifts(text.replace("{address}", otto.user.email or ""), by=root)
    assert refused.value.field == "file"
    assert Shift.objects.count() == 0


def test_only_who_runs_the_centre_plans(otto: Agent, anna: User) -> None:
    with pytest.raises(NotAllowed):
        adherence.plan_shifts("agent,from,to\n", by=anna)
