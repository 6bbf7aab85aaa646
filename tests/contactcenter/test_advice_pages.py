"""The pages of advice and reports: what stands is taken and dismissed there, and what is counted is shown and saved."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from contactcenter import activities, advising, clock, reporting, states
from contactcenter.models import Activity, Advice, Agent, Loan, Queue, Shift
from contactcenter.reporting import Step
from tests.contactcenter import centre
from tests.contactcenter.test_reporting import segment
from tickets.models import Team, User


@pytest.fixture
def helper(helpdesk: Team) -> Agent:
    made = centre.agent("Helga", team=helpdesk)
    return activities.set_activity(made, to=states.activity(Activity.BACKGROUND), by=None)


@pytest.fixture
def line(helpdesk: Team) -> Queue:
    return centre.queue("Számlázás", team=helpdesk)


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_standing_advice_shows_its_effect_and_is_taken(client: Client, root: User, line: Queue, helper: Agent) -> None:
    advice = centre.advice(line, ask=helper, at_risk=2)
    page = signed_in(client, root).get(reverse("contactcenter:advice")).content.decode()
    for word in ("Számlázás", "Helga", f"{round(advice.expected['level_after'] * 100)}%"):
        assert word in page
    answer = client.post(reverse("contactcenter:take_advice", args=[advice.pk]), headers={"hx-request": "true"})
    assert answer.status_code == 200
    assert f"_suggestion_{line.pk}" not in answer.content.decode()
    assert Loan.objects.get().agent == helper
    again = client.post(reverse("contactcenter:take_advice", args=[advice.pk]), headers={"hx-request": "true"})
    assert again.status_code == 422


def test_dismissing_needs_a_reason(client: Client, root: User, line: Queue, helper: Agent) -> None:
    advice = centre.advice(line, ask=helper)
    address = reverse("contactcenter:dismiss_advice", args=[advice.pk])
    signed_in(client, root)
    assert client.post(address, headers={"hx-request": "true"}).status_code == 422
    assert client.post(address, {"reason": "calm"}, headers={"hx-request": "true"}).status_code == 422
    assert Advice.objects.standing().exists()
    assert client.post(address, {"reason": "person"}).status_code == 302
    assert Advice.objects.get().reason == "person"


def test_an_agent_of_the_centre_looks_but_does_not_decide(client: Client, line: Queue, helper: Agent) -> None:
    advice = centre.advice(line, ask=helper)
    page = signed_in(client, helper.user).get(reverse("contactcenter:advice"))
    assert page.status_code == 200
    assert reverse("contactcenter:take_advice", args=[advice.pk]) not in page.content.decode()
    assert client.post(reverse("contactcenter:take_advice", args=[advice.pk])).status_code == 403
    assert client.post(reverse("contactcenter:dismiss_advice", args=[advice.pk])).status_code == 403
    assert client.get(reverse("contactcenter:adherence")).status_code == 403
    assert client.get(reverse("contactcenter:reports")).status_code == 200


def test_the_inputs_are_told_and_decided_again(client: Client, root: User, line: Queue, helper: Agent) -> None:
    advice = centre.advice(line, ask=helper, at_risk=2)
    page = signed_in(client, root).get(reverse("contactcenter:advice_why", args=[advice.pk]))
    assert page.context["is_same"]
    assert "1. Helga" in page.content.decode()
    assert "1:30" in page.content.decode() or "90" in page.content.decode()


def test_the_past_shows_expected_beside_real_and_pages(
    client: Client, root: User, line: Queue, helper: Agent, django_assert_max_num_queries: Any
) -> None:
    for _number in range(35):
        advising.dismiss_advice(centre.advice(line, ask=helper), by=root)
    Advice.objects.update(effect={"level_before": 0.71, "level_after": 0.84, "wait_before": 48, "wait_after": 19})
    signed_in(client, root)
    with django_assert_max_num_queries(25):
        page = client.get(reverse("contactcenter:advice"))
    assert "71% → 84%" in page.content.decode()
    assert len(page.context["past"]) == 30
    older = client.get(reverse("contactcenter:advice"), {"before": page.context["more"], "queue": line.pk})
    assert len(older.context["past"]) == 5
    assert client.get(reverse("contactcenter:advice"), {"before": "9" * 40, "queue": "x"}).status_code == 200


def test_the_file_and_the_page_have_the_same_counts(client: Client, root: User, line: Queue) -> None:
    at = clock.now() - timedelta(hours=30)
    for wait, outcome in ((5, "answered"), (50, "answered"), (2, "short_abandoned"), (60, "abandoned")):
        segment(line, at, wait, outcome)
    query = {"from": str(at.date() - timedelta(days=1)), "to": str(clock.now().date()), "step": "60"}
    signed_in(client, root)
    saved = client.get(reverse("contactcenter:report_file"), query).content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(saved))
    page = client.get(reverse("contactcenter:reports"), query)
    total = page.context["report"].total
    (slot,) = reporting.counts([line.pk], at - timedelta(days=2), clock.now(), Step.HOUR)[line.pk]
    assert total.counts == slot.counts
    shown = [int(row[name]) for name in ("offered", "answered", "answered_in_time", "abandoned", "abandoned_short")]
    counts = slot.counts
    assert shown == [
        counts.offered,
        counts.answered,
        counts.answered_in_time,
        counts.abandoned,
        counts.abandoned_short,
    ]
    assert float(row["service_level"]) == pytest.approx(1 / 3, abs=0.001)
    assert total.cells[5] == "33%"


@pytest.mark.parametrize(
    "query",
    [
        {"from": "x", "to": "9999-12-31", "step": "7"},
        {"from": "2026-12-01", "to": "2020-01-01"},
        {"queue": "999999"},
        {"queue": "1' OR 1=1", "from": "0001-01-01"},
    ],
)
def test_a_strange_address_still_gives_a_report(client: Client, root: User, query: dict[str, str]) -> None:
    assert signed_in(client, root).get(reverse("contactcenter:reports"), query).status_code == 200
    assert client.get(reverse("contactcenter:report_file"), query).status_code == 200


def test_a_report_costs_few_queries_whatever_its_length(
    client: Client, root: User, helpdesk: Team, django_assert_max_num_queries: Any
) -> None:
    for number in range(10):
        queue = centre.queue(f"Sor {number}", team=helpdesk)
        for day in range(5):
            segment(queue, clock.now() - timedelta(days=day, minutes=number), 10, "answered")
    signed_in(client, root)
    with django_assert_max_num_queries(25):
        first = str((clock.now() - timedelta(days=300)).date())
        client.get(reverse("contactcenter:reports"), {"from": first, "step": "15"})


def test_shifts_are_planned_from_the_page(client: Client, root: User, helper: Agent) -> None:
    address = reverse("contactcenter:adherence")
    signed_in(client, root)
    text = f"agent,from,to,activity\n{helper.user.email},2026-11-20 08:00,2026-11-20 16:00,background\n"
    bad = client.post(address, {"file": SimpleUploadedFile("shifts.csv", b"\xff\xfe\x00")})
    assert bad.status_code == 422
    wrong = client.post(address, {"file": SimpleUploadedFile("shifts.csv", b"agent,from,to\nx,y,z\n")})
    assert wrong.status_code == 422
    good = client.post(address, {"file": SimpleUploadedFile("shifts.csv", text.encode())})
    assert good.status_code == 302
    assert Shift.objects.count() == 1
    page = client.get(address, {"from": "2026-11-20", "to": "2026-11-20"})
    assert page.context["rows"] == [("Helga", "8:00:00", "0 mp", "0%")]  # in Hungarian, as root reads
    saved = client.get(reverse("contactcenter:adherence_file"), {"from": "2026-11-20", "to": "2026-11-20"})
    assert b"Helga,28800.0,0.0,0.0" in saved.content


def test_words_of_people_never_begin_a_formula(client: Client, root: User, helpdesk: Team) -> None:
    queue = centre.queue("=HYPERLINK(1)", team=helpdesk)
    segment(queue, clock.now() - timedelta(minutes=5), 5, "answered")
    saved = signed_in(client, root).get(reverse("contactcenter:report_file")).content.decode()
    assert "'=HYPERLINK(1)" in saved
