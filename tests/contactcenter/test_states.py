"""Activities and work states: kept as intervals that the database lets neither overlap nor leave a gap."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import Error

from contactcenter import activities, contacts, routing, states, wrap_ups
from contactcenter.models import Activity, ActivityInterval, Agent, CentreEvent, Contact, Offer, Work, WorkInterval
from tests import make
from tests.contactcenter import centre
from tickets.errors import Refused
from tickets.models import Team

pytestmark = pytest.mark.django_db


def test_every_contact_centre_starts_with_seven_activities() -> None:
    codes = list(Activity.objects.values_list("code", flat=True))
    assert codes == ["offline", "ready", "background", "break", "meeting", "training", "not-responding"]
    assert Activity.objects.get(code="background").names == {"hu": "Háttérmunka", "en": "Background work"}
    assert list(Activity.objects.filter(is_routable=True).values_list("code", flat=True)) == ["ready"]
    assert list(Activity.objects.filter(is_recallable=True).values_list("code", flat=True)) == ["background"]


def test_each_change_closes_one_interval_and_opens_the_next_at_that_moment(helpdesk: Team) -> None:
    with centre.clock_at() as clock:
        agent = centre.agent(team=helpdesk)
        clock.on(minutes=5)
        activities.set_activity(agent, to=centre.activity("break"), by=agent.user)
        clock.on(minutes=5)
        activities.set_activity(agent, to=centre.activity("ready"), by=agent.user)
    found = list(ActivityInterval.objects.filter(agent=agent).order_by("during"))
    assert [one.activity.code for one in found] == ["offline", "ready", "break", "ready"]
    assert [one.during.upper for one in found[:-1]] == [one.during.lower for one in found[1:]]
    assert found[-1].during.upper is None
    assert centre.fresh(agent).activity_since == found[-1].during.lower


def test_two_changes_in_one_moment_leave_no_empty_interval(helpdesk: Team) -> None:
    with centre.clock_at():
        agent = centre.agent(team=helpdesk)
        activities.set_activity(agent, to=centre.activity("break"), by=None)
        activities.set_activity(agent, to=centre.activity("meeting"), by=None)
    spans = [one.during for one in ActivityInterval.objects.filter(agent=agent).order_by("during")]
    assert len(spans) == 4
    assert all(span.upper is None or span.upper - span.lower >= timedelta(microseconds=1) for span in spans)


@pytest.mark.parametrize(
    "statement",
    [
        (
            "INSERT INTO contactcenter_activityinterval (agent_id, activity_id, during)"
            " SELECT agent_id, activity_id, tstzrange(now(), NULL) FROM contactcenter_activityinterval"
            " WHERE agent_id = %s"
        ),
        (
            "UPDATE contactcenter_activityinterval SET during = tstzrange(lower(during) - interval '1 hour', NULL)"
            " WHERE agent_id = %s"
        ),
        "UPDATE contactcenter_activityinterval SET activity_id = activity_id + 1 WHERE agent_id = %s",
        "DELETE FROM contactcenter_activityinterval WHERE agent_id = %s",
        "DELETE FROM contactcenter_workinterval WHERE agent_id = %s",
    ],
)
def test_the_database_refuses_overlaps_gaps_and_rewriting(statement: str, helpdesk: Team) -> None:
    agent = states.add_agent(make.agent(team=helpdesk), home_team=helpdesk, by=None)
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [agent.pk])


def test_the_database_refuses_a_gap(helpdesk: Team) -> None:
    agent = states.add_agent(make.agent(team=helpdesk), home_team=helpdesk, by=None)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE contactcenter_workinterval SET during = tstzrange(lower(during), lower(during) + interval '1 hour')"
            " WHERE agent_id = %s",
            [agent.pk],
        )
        with pytest.raises(IntegrityError, match="does not begin where"), transaction.atomic():
            cursor.execute(
                "INSERT INTO contactcenter_workinterval (agent_id, work, during)"
                " VALUES (%s, 'idle', tstzrange(now() + interval '2 hours', NULL))",
                [agent.pk],
            )


def test_a_change_asked_during_a_contact_is_kept_shown_and_applied_after_it(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk, wrap_up_seconds=30)
    agent = centre.agent(team=helpdesk, serves=queue)
    contact = centre.answered(centre.call(queue))
    activities.set_activity(agent, to=centre.activity("background"), by=agent.user)
    seen = centre.fresh(agent)
    assert seen.activity.code == "ready"
    assert seen.pending_activity is not None
    assert seen.pending_activity.code == "background"
    contacts.hang_up(contact, by=None)
    assert centre.fresh(agent).activity.code == "ready"
    wrap_ups.finish_wrap_up(agent, by=agent.user)
    done = centre.fresh(agent)
    assert (done.activity.code, done.pending_activity, done.work) == ("background", None, Work.IDLE)


def test_a_kept_change_can_be_called_off(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk)
    agent = centre.agent(team=helpdesk, serves=queue)
    centre.answered(centre.call(queue))
    activities.sign_out(agent, by=agent.user)
    activities.keep_activity(agent, by=agent.user)
    assert centre.fresh(agent).pending_activity is None
    verbs = CentreEvent.objects.filter(agent=agent).values_list("verb", flat=True)
    assert {"activity_asked", "activity_kept"} <= set(verbs)


def test_who_leaves_while_a_contact_is_offered_gives_it_back_at_its_place(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk)
    agent = centre.agent(team=helpdesk, serves=queue)
    contact = centre.call(queue)
    offer = centre.offered(contact)
    activities.set_activity(agent, to=centre.activity("break"), by=agent.user)
    offer.refresh_from_db()
    before = contact.queued_at
    contact.refresh_from_db()
    assert (offer.state, contact.state, contact.queued_at) == (Offer.State.RESCINDED, Contact.State.QUEUED, before)
    assert centre.fresh(agent).work == Work.IDLE


def test_only_the_system_says_that_somebody_does_not_respond(helpdesk: Team) -> None:
    agent = centre.agent(team=helpdesk)
    with pytest.raises(Refused, match="Nem válaszol"):
        activities.set_activity(agent, to=centre.activity("not-responding"), by=agent.user)


def test_nobody_is_added_twice(helpdesk: Team) -> None:
    agent = centre.agent(team=helpdesk)
    with pytest.raises(Refused):
        states.add_agent(agent.user, home_team=helpdesk, by=None)
    assert Agent.objects.count() == 1


def test_the_second_miss_in_a_row_means_that_nobody_sits_there(helpdesk: Team) -> None:
    queue = centre.queue(team=helpdesk, offer_seconds=20)
    with centre.clock_at() as clock:
        agent = centre.agent(team=helpdesk, serves=queue)
        centre.offered(centre.call(queue))
        clock.on(seconds=21)
        assert routing.expire_offers() == 1
        assert centre.fresh(agent).activity.code == "ready"
        clock.on(seconds=61)
        activities_before = WorkInterval.objects.filter(agent=agent).count()
        routing.dispatch()
        clock.on(seconds=21)
        assert routing.expire_offers() == 1
    assert centre.fresh(agent).activity.code == "not-responding"
    assert WorkInterval.objects.filter(agent=agent).count() == activities_before + 2
