"""Setting up queues, opening hours, activities and agents: rules, clear errors, nothing typed lost, a history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django import forms
from django.test import Client
from django.urls import URLPattern, reverse

from contactcenter import loans, setting_up, states
from contactcenter.models import Activity, Agent, OpeningHours, Queue, QueueMembership
from contactcenter.queues import is_open_at, week_of
from contactcenter.web import setup_urls
from contactcenter.web.setup_times import read_days, read_spans, write_days, write_spans
from tests.contactcenter import centre
from tickets.errors import Refused
from tickets.models import ConfigurationChange, Team, User

Enter = Callable[[User], Client]

RULES = {
    "name": "Számlázás",
    "priority": 0,
    "age_credit": 0,
    "offer_seconds": 20,
    "wrap_up_seconds": 30,
    "answer_within": 20,
    "target_percent": 80,
    "formula": "excl_short",
    "short_abandon": 5,
    "when_full": "callback",
    "when_closed": "voicemail",
    "when_nobody": "wait",
    "automation": 1,
    "minimum_stay": 900,
    "callback_tries": 3,
    "callback_pause": 900,
    "is_active": "on",
}
WEEK = {"name": "Hétköznap", "time_zone": "Europe/Budapest", "holidays_of": "HU", "day_0": "8-12, 13:00-16:30"}


def page(name: str, *args: object) -> str:
    return reverse(f"contactcenter:{name}", args=args)


def text_of(answer: Any) -> str:
    content: bytes = answer.content
    return content.decode()


def lines(thing: str) -> list[ConfigurationChange]:
    return list(ConfigurationChange.objects.filter(thing=thing).order_by("pk"))


@pytest.mark.parametrize("pattern", setup_urls.urlpatterns, ids=lambda pattern: pattern.name)
def test_only_who_runs_the_centre_enters(
    as_user: Enter, client: Client, carla: User, anna: User, cora: User, helpdesk: Team, pattern: URLPattern
) -> None:
    states.add_agent(anna, home_team=helpdesk, by=None)
    states.add_agent(cora, home_team=helpdesk, by=None, is_supervisor=True)
    kwargs = dict.fromkeys(pattern.pattern.converters, 10**6)
    address = reverse(f"contactcenter:{pattern.name}", kwargs=kwargs)
    for call in ("get", "post"):
        assert getattr(client, call)(address).status_code in (302, 405)
        assert getattr(as_user(carla), call)(address).status_code in (403, 405)
        assert getattr(as_user(anna), call)(address).status_code in (403, 405)
        assert getattr(as_user(cora), call)(address).status_code in (200, 404, 405, 422)


# --- queues ----------------------------------------------------------------------------------------------------------


def test_a_queue_is_added_and_changed_with_its_levels_and_a_history(as_user: Enter, root: User, helpdesk: Team) -> None:
    client = as_user(root)
    answer = client.post(page("setup_add_queue"), RULES | {"team": helpdesk.pk, "level_2": 30})
    assert answer.status_code == 302, text_of(answer)
    queue = Queue.objects.get()
    assert queue.delays == ["2: 30 s"]
    assert client.get(page("setup_queue", queue.pk)).status_code == 200
    changed = RULES | {"team": helpdesk.pk, "answer_within": 30, "level_2": 45, "level_3": 90}
    assert client.post(page("setup_queue", queue.pk), changed).status_code == 302
    queue.refresh_from_db()
    assert (queue.answer_within, queue.delays) == (30, ["2: 45 s", "3: 90 s"])
    added, second = lines("queue")
    assert (added.act, second.by) == ("added", root)
    assert second.changes["answer_within"] == [20, 30]
    assert second.changes["delays"] == [["2: 30 s"], ["2: 45 s", "3: 90 s"]]
    history = text_of(client.get(reverse("tickets:setup_history")))
    assert page("setup_queue", queue.pk) in history
    client.post(page("setup_queue", queue.pk), changed)
    assert len(lines("queue")) == 2  # the same again is no change


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"target_percent": 101}, "1 és 100"),
        ({"when_full": "overflow"}, "sor"),
        ({"offer_seconds": 2}, "5"),
        ({"name": ""}, "név"),
    ],
)
def test_what_is_wrong_stands_at_the_form_and_nothing_typed_is_lost(
    as_user: Enter, root: User, helpdesk: Team, wrong: dict[str, object], said: str
) -> None:
    answer = as_user(root).post(page("setup_add_queue"), RULES | {"team": helpdesk.pk, "most_waiting": 77} | wrong)
    assert answer.status_code == 422
    shown = text_of(answer)
    assert "error-summary" in shown
    assert 'value="77"' in shown
    assert not Queue.objects.exists()


def test_the_room_refuses_what_the_database_would(helpdesk: Team) -> None:
    rules: dict[str, Any] = {"name": "A", "team": helpdesk}
    with pytest.raises(Refused):
        setting_up.add_queue(by=None, delays={}, **rules, when_full="overflow")
    queue = setting_up.add_queue(by=None, delays={}, **rules)
    with pytest.raises(Refused):
        setting_up.add_queue(by=None, delays={}, **rules)
    with pytest.raises(Refused):
        setting_up.change_queue(queue, by=None, delays={}, overflow_to=queue)
    centre.call(queue)
    with pytest.raises(Refused):
        setting_up.change_queue(queue, by=None, delays={}, is_active=False)


# --- opening hours ---------------------------------------------------------------------------------------------------


def test_hours_are_read_as_people_write_them() -> None:
    assert read_spans("8-12, 13:00–16:30") == [(480, 720), (780, 990)]
    assert read_spans("") == []
    assert write_spans([(780, 990), (480, 720)]) == "08:00-12:00, 13:00-16:30"
    days = read_days("2026-12-24\n\n2026-12-12 8-12\n")
    assert days == {date(2026, 12, 24): None, date(2026, 12, 12): (480, 720)}
    assert write_days(days) == "2026-12-12 08:00-12:00\n2026-12-24"
    for wrong in ("8", "16-8", "8:61-9", "8-25", "nyolctól"):
        with pytest.raises(forms.ValidationError):
            read_spans(wrong)
    for wrong in ("24.12.", "2026-12-24\n2026-12-24", "2026-12-24 x"):
        with pytest.raises(forms.ValidationError):
            read_days(wrong)


def test_opening_hours_are_kept_with_closed_days_and_a_history(as_user: Enter, root: User) -> None:
    client = as_user(root)
    answer = client.post(page("setup_add_hours"), WEEK | {"special": "2026-11-30"})
    assert answer.status_code == 302, text_of(answer)
    hours = OpeningHours.objects.get()
    week = week_of(hours)
    assert is_open_at(week, centre.NOON.replace(day=23, hour=9))  # a Monday
    assert not is_open_at(week, centre.NOON.replace(day=30, hour=9))  # another, of its own
    assert not is_open_at(week, centre.NOON)  # Wednesdays are closed
    shown = text_of(client.get(page("setup_hours", hours.pk)))
    assert "08:00-12:00, 13:00-16:30" in shown
    assert client.post(page("setup_hours", hours.pk), WEEK | {"day_2": "8-16"}).status_code == 302
    assert is_open_at(week_of(OpeningHours.objects.get()), centre.NOON)
    changes = lines("openinghours")[1].changes
    assert "3 08:00-16:00" in changes["week"][1]
    assert changes["days"] == [["2026-11-30"], []]


def test_overlapping_hours_are_refused_at_their_day(as_user: Enter, root: User) -> None:
    answer = as_user(root).post(page("setup_add_hours"), WEEK | {"day_0": "8-12, 11-16", "day_3": "x"})
    assert answer.status_code == 422
    assert 'value="8-12, 11-16"' in text_of(answer)
    answer = as_user(root).post(page("setup_add_hours"), WEEK | {"day_0": "8-12, 11-16"})
    assert answer.status_code == 422
    assert not OpeningHours.objects.exists()


# --- activities ------------------------------------------------------------------------------------------------------


def test_activities_are_added_and_the_products_own_are_guarded(as_user: Enter, root: User) -> None:
    client = as_user(root)
    form = {"name_en": "Coaching", "name_hu": "Oktatás", "is_present": "on", "is_paid": "on", "is_chosen": "on"}
    answer = client.post(page("setup_add_activity"), form | {"limit_minutes": 45, "is_active": "on"})
    assert answer.status_code == 302, text_of(answer)
    coaching = Activity.objects.get(code="coaching")
    assert (coaching.limit_minutes, coaching.is_routable) == (45, False)
    wrong = form | {"is_routable": "on", "is_recallable": "on", "is_active": "on"}
    assert client.post(page("setup_activity", coaching.pk), wrong).status_code == 422
    ready = centre.activity("ready")
    renamed = {"name_en": "Ready", "name_hu": "Kész", "is_present": "on", "is_active": "on"}
    assert client.post(page("setup_activity", ready.pk), renamed).status_code == 422
    assert centre.activity("ready").is_routable
    assert [line.act for line in lines("activity")] == ["added"]


# --- agents ----------------------------------------------------------------------------------------------------------


def test_an_agent_is_added_gets_queues_and_leaves(
    as_user: Enter, root: User, anna: User, helpdesk: Team, network: Team
) -> None:
    client, line = as_user(root), centre.queue(team=helpdesk)
    answer = client.post(page("setup_add_agent"), {"user": anna.pk, "home_team": helpdesk.pk, "extension": "101"})
    assert answer.status_code == 302, text_of(answer)
    agent = Agent.objects.get()
    assert (
        client.post(page("setup_join_queue", agent.pk), {"queue": line.pk, "level": 2, "position": 1}).status_code
        == 302
    )
    assert client.post(page("setup_join_queue", agent.pk), {"queue": line.pk, "level": 0}).status_code == 422
    assert "101" in text_of(client.get(page("setup_agent", agent.pk)))
    gone = {"home_team": network.pk, "extension": "101"}
    assert client.post(page("setup_agent", agent.pk), gone).status_code == 302
    agent.refresh_from_db()
    assert (agent.is_active, agent.home_team, agent.activity.code) == (False, network, "offline")
    client.post(page("setup_leave_queue", agent.pk, line.pk))
    assert not agent.queue_memberships.filter(left_at__isnull=True).exists()
    added, changed = lines("agent")
    assert added.changes["extension"] == [None, "101"]
    assert changed.changes["is_active"] == [True, False]


def test_who_is_with_a_customer_or_on_loan_cannot_leave(helpdesk: Team, network: Team) -> None:
    line = centre.queue(team=helpdesk)
    busy, lent = centre.agent(team=helpdesk, serves=line), centre.agent(team=network)
    loans.ask_loan(lent, into=line, by=None)
    centre.answered(centre.call(line))
    for agent in (busy, lent):
        with pytest.raises(Refused):
            setting_up.change_agent(
                agent, home_team=helpdesk, extension="", is_supervisor=False, is_active=False, by=None
            )
    assert QueueMembership.objects.count() == 1
