"""Promises, the bell, watching, absences and colleagues at their doors."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests import make
from tickets import absences, conversation, lifecycle, notices, people, promises, watching
from tickets.models import Absence, Mailbox, Notice, Promise, Right, Team, Ticket, User, Watch

AsUser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
SOON = timedelta(hours=2)


@pytest.fixture
def ticket(mailbox: Mailbox, helpdesk: Team, carla: User, anna: User) -> Ticket:
    return make.ticket("VPN does not connect", team=helpdesk, customer=carla, owner=anna, by=anna)


def typed(moment: Any) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def in_days(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


# --- promises --------------------------------------------------------------------------------------------------------


def test_a_colleague_of_another_team_is_asked_by_an_offered_moment_or_an_exact_one(
    as_user: AsUser, anna: User, ben: User, ticket: Ticket
) -> None:
    url, by_when = f"/ticket/{ticket.number}/promise/", typed(timezone.now() + SOON)
    client = as_user(anna)
    assert client.post(url, {"who": ben.pk, "by_when": by_when, "seen": ""}).status_code == 302
    first = promises.open_promise(ticket)
    assert first is not None
    answer = client.post(url, {"who": anna.pk, "by_when": "other", "exact": by_when, "seen": first.pk}, headers=HTMX)
    assert answer.status_code == 200
    second = promises.open_promise(ticket)
    assert second is not None
    assert second.who == anna
    for missing in ({"by_when": "other"}, {"by_when": ""}, {"by_when": "soon"}):
        assert client.post(url, {"who": anna.pk} | missing, headers=HTMX).status_code == 422


def test_who_asks_without_having_seen_the_promise_there_is_told_of_it(
    as_user: AsUser, anna: User, ben: User, root: User, ticket: Ticket
) -> None:
    promises.promise_answer(ticket, who=root, by_when=timezone.now() + SOON, by=root)
    data = {"who": ben.pk, "by_when": typed(timezone.now() + SOON), "seen": ""}
    answer = as_user(anna).post(f"/ticket/{ticket.number}/promise/", data, headers=HTMX)
    assert answer.status_code == 422
    assert root.name in answer.content.decode()


def test_of_a_colleague_who_is_away_then_it_is_asked_once_more_with_the_deputy_first(
    as_user: AsUser, anna: User, ben: User, ivan: User, ticket: Ticket
) -> None:
    now = timezone.now()
    absences.set_absence(ben, starts_at=now - SOON, ends_at=now + 10 * SOON, deputy=ivan, by=ben)
    client, url = as_user(anna), f"/ticket/{ticket.number}/promise/"
    data = {"who": ben.pk, "by_when": typed(now + SOON), "seen": ""}
    for headers in ({}, HTMX):
        answer = client.post(url, data, headers=headers)
        assert answer.status_code == 422
        assert f'name="who" value="{ivan.pk}"' in answer.content.decode()
    assert promises.open_promise(ticket) is None
    assert client.post(url, data | {"sure": "1"}).status_code == 302
    promise = promises.open_promise(ticket)
    assert promise is not None
    assert promise.who == ben


def test_the_asked_one_proposes_and_the_asker_agrees_by_their_buttons(
    as_user: AsUser, anna: User, ben: User, ticket: Ticket
) -> None:
    promise = promises.promise_answer(ticket, who=ben, by_when=timezone.now() + SOON, by=anna)
    url = f"/ticket/{ticket.number}/promise/{promise.pk}/"
    later = {"by_when": typed(timezone.now() + 3 * SOON)}
    assert as_user(ben).post(f"{url}propose/", later, headers=HTMX).status_code == 200
    assert as_user(ben).post(f"{url}agree/", headers=HTMX).status_code == 422, "not his own proposal"
    assert "agree/" in as_user(anna).get(f"/ticket/{ticket.number}/props/").content.decode()
    assert as_user(anna).post(f"{url}agree/", headers=HTMX).status_code == 200
    promise.refresh_from_db()
    assert promise.state == Promise.State.ACCEPTED


def test_declining_from_the_list_answers_with_the_list_and_keeps_the_reason(
    as_user: AsUser, anna: User, ben: User, ticket: Ticket
) -> None:
    promise = promises.promise_answer(ticket, who=ben, by_when=timezone.now() + SOON, by=anna)
    client = as_user(ben)
    assert ticket.title in client.get("/promises/").content.decode()
    data = {"list": "1", "reason": "Házon kívül leszek."}
    answer = client.post(f"/ticket/{ticket.number}/promise/{promise.pk}/decline/", data, headers=HTMX)
    assert answer.status_code == 200
    assert ticket.title not in answer.content.decode()
    assert ticket.messages.filter(body="Házon kívül leszek.", visible_to_customer=False).exists()
    assert client.post(f"/ticket/{ticket.number}/promise/{promise.pk}/accept/", data).status_code == 404


def test_a_refusal_in_the_list_is_said_there(as_user: AsUser, anna: User, ticket: Ticket) -> None:
    promise = promises.promise_answer(ticket, who=anna, by_when=timezone.now() + SOON, by=anna)
    url = f"/ticket/{ticket.number}/promise/{promise.pk}/decline/"
    for headers in (HTMX, {}):
        answer = as_user(anna).post(url, {"list": "1"}, headers=headers)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()


def test_the_list_has_its_groups_in_order_and_costs_few_queries(
    as_user: AsUser, anna: User, ben: User, root: User, helpdesk: Team, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        each = make.ticket(f"Nr {number:02}", team=helpdesk, text=None)
        who, by = [(anna, root), (anna, anna), (ben, anna)][number % 3]
        promises.promise_answer(each, who=who, by_when=timezone.now() + timedelta(hours=20 - number), by=by)
    client = as_user(anna)
    client.get("/promises/")  # what a process keeps at hand is at hand now
    with django_assert_max_num_queries(12):
        page = client.get("/promises/").content.decode()
    assert [page.index(f'id="promises-{key}"') for key in ("asked", "mine", "others")] == sorted(
        page.index(f'id="promises-{key}"') for key in ("asked", "mine", "others")
    )
    assert page.index("Nr 09") < page.index("Nr 00"), "the next due first"


def test_what_was_asked_of_others_shows_only_tickets_still_seen(
    as_user: AsUser, cora: User, ben: User, helpdesk: Team
) -> None:
    people.give_rights(cora, team=helpdesk, rights=[Right.ALL])
    ticket = make.ticket("Hidden later", team=helpdesk)
    promises.promise_answer(ticket, who=ben, by_when=timezone.now() + SOON, by=User.objects.get(pk=cora.pk))
    assert "Hidden later" in as_user(cora).get("/promises/").content.decode()
    people.give_rights(cora, team=helpdesk, rights=[])
    assert "Hidden later" not in as_user(cora).get("/promises/").content.decode()


# --- the bell --------------------------------------------------------------------------------------------------------


def test_the_bell_counts_the_menu_tells_and_opening_the_ticket_sees(
    as_user: AsUser, anna: User, carla: User, ticket: Ticket
) -> None:
    client = as_user(anna)
    notices.mark_seen(anna)
    conversation.answer_from_portal(ticket, text="Nos?", by=carla)
    conversation.answer_from_portal(ticket, text="Halló?", by=carla)
    assert ">1</span>" in client.get("/notices/bell/").content.decode(), "one ticket has news"
    menu = client.get("/notices/menu/").content.decode()
    assert menu.count("data-unseen") == 1, "one line for the ticket"
    assert "2 új üzenet" in menu
    page = client.get(f"/ticket/{ticket.number}/").content.decode()
    assert ">1</span></span>" not in page
    assert notices.count_unseen(anna) == 0
    assert "data-unseen" not in client.get("/notices/").content.decode()


def test_all_are_seen_by_the_button(as_user: AsUser, anna: User, carla: User, ticket: Ticket) -> None:
    conversation.answer_from_portal(ticket, text="Nos?", by=carla)
    answer = as_user(anna).post("/notices/seen/", headers=HTMX)
    assert 'id="_bell"' in answer.content.decode()
    assert notices.count_unseen(anna) == 0


def test_the_page_of_notices_reads_on_and_survives_bad_addresses(
    as_user: AsUser, anna: User, root: User, helpdesk: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "PAGE_SIZE", 2)
    for number in range(5):
        lifecycle.assign_ticket(make.ticket(f"Nr {number}", team=helpdesk, text=None), to=anna, by=root)
    client = as_user(anna)
    first = client.get("/notices/").content.decode()
    assert "Nr 4" in first
    assert "Nr 2" not in first
    older = Notice.objects.filter(user=anna).order_by("-pk")[1].pk
    assert f"before={older}" in first
    assert "Nr 2" in client.get(f"/notices/?before={older}").content.decode()
    for address in ("?before=x", "?before=99999999999999999999", "?before=-1", "?show=zzz"):
        assert client.get(f"/notices/{address}").status_code == 200


def test_pages_of_customers_have_no_bell(as_user: AsUser, carla: User) -> None:
    assert 'id="_bell"' not in as_user(carla).get("/portal/").content.decode()
    assert as_user(carla).get("/notices/bell/").status_code == 403


def test_notices_of_many_tickets_cost_few_queries(
    as_user: AsUser, anna: User, cora: User, helpdesk: Team, django_assert_max_num_queries: Any
) -> None:
    for number in range(10):
        each = make.ticket(f"Nr {number}", team=helpdesk, text=None)
        watching.watch_ticket(each, by=cora)
        lifecycle.assign_ticket(each, to=anna, by=anna)
        conversation.add_note(each, text="Ránézek.", by=anna)
    client = as_user(cora)
    with django_assert_max_num_queries(12):
        client.get("/notices/")
    with django_assert_max_num_queries(10):
        client.get("/notices/menu/")


# --- watching and colleagues -----------------------------------------------------------------------------------------


def test_watching_and_stopping(as_user: AsUser, cora: User, ticket: Ticket) -> None:
    client = as_user(cora)
    answer = client.post(f"/ticket/{ticket.number}/watch/", headers=HTMX)
    assert "/unwatch/" in answer.content.decode()
    assert Watch.objects.filter(user=cora, ticket=ticket).exists()
    assert client.post(f"/ticket/{ticket.number}/unwatch/").status_code == 302
    assert not Watch.objects.exists()


def test_colleagues_are_found_with_what_a_writer_should_know(
    as_user: AsUser, anna: User, ben: User, ticket: Ticket
) -> None:
    now = timezone.now()
    absences.set_absence(ben, starts_at=now - SOON, ends_at=now + SOON, deputy=None, by=ben)
    client = as_user(anna)
    answer = client.get("/people/colleagues/", {"q": "Sza", "ticket": ticket.number})
    (found,) = json.loads(answer.content)["people"]
    assert (found["id"], found["name"], found["sees"], found["initials"]) == (ben.pk, ben.name, False, "SB")
    assert found["away"]
    everybody = client.get("/people/colleagues/", {"ticket": ticket.number}).json()["people"]
    assert anna.pk not in [each["id"] for each in everybody], "nobody is a colleague of himself"
    assert [each["sees"] for each in everybody] == sorted((each["sees"] for each in everybody), reverse=True)
    assert json.loads(client.get("/people/colleagues/?q=sza").content)["people"][0]["sees"] is None
    assert client.get("/people/colleagues/", {"q": "Sza", "ticket": "1"}).status_code == 404
    assert json.loads(client.get("/people/colleagues/", {"q": "\x00" * 300}).content)["people"] == []


def test_a_note_shows_whom_it_names_and_who_was_not_told(
    as_user: AsUser, anna: User, ben: User, cora: User, ticket: Ticket
) -> None:
    conversation.add_note(ticket, text="@Kende Cora, @Szalai Ben <script>", by=anna)
    page = as_user(anna).get(f"/ticket/{ticket.number}/").content.decode()
    assert page.count('class="mention"') == 2
    assert "&lt;script&gt;" in page
    assert f"?ask={ben.pk}" in page
    asking = as_user(anna).get(f"/ticket/{ticket.number}/?ask={ben.pk}").content.decode()
    assert f'<option value="{ben.pk}" selected>' in asking


# --- away ------------------------------------------------------------------------------------------------------------


def test_one_s_own_absence_is_set_shown_and_ended(as_user: AsUser, anna: User, root: User) -> None:
    client = as_user(anna)
    data = {"first_day": in_days(0), "last_day": in_days(6), "deputy": root.pk}
    assert client.post("/away/", data).status_code == 302
    absence = Absence.objects.get(user=anna)
    assert absence.is_running
    assert timezone.localtime(absence.last_moment).date().isoformat() == in_days(6)
    for address in ("/profile/", "/away/"):
        assert root.name in client.get(address).content.decode()
    assert client.post("/away/", data).status_code == 422
    assert client.post(f"/away/{absence.pk}/end/").status_code == 302
    assert not Absence.objects.now().exists()


@pytest.mark.parametrize(
    ("first", "last"), [("", ""), ("x", "y"), ("2020-01-01", "2020-01-02"), ("2030-02-02", "2030-02-01")]
)
def test_impossible_days_are_refused_at_their_field(as_user: AsUser, anna: User, first: str, last: str) -> None:
    answer = as_user(anna).post("/away/", {"first_day": first, "last_day": last})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not Absence.objects.exists()


def test_only_an_administrator_sets_the_absence_of_somebody_else(
    as_user: AsUser, anna: User, ben: User, root: User
) -> None:
    data = {"first_day": in_days(1), "last_day": in_days(2)}
    assert as_user(anna).post(f"/away/{ben.pk}/", data).status_code == 403
    assert as_user(root).post(f"/away/{ben.pk}/", data).status_code == 302
    absence = Absence.objects.get(user=ben)
    assert absence.made_by == root
    assert as_user(anna).post(f"/away/{absence.pk}/end/").status_code == 403


def test_teams_that_the_deputy_cannot_serve_are_named(as_user: AsUser, anna: User, ben: User, helpdesk: Team) -> None:
    data = {"first_day": in_days(1), "last_day": in_days(2), "deputy": ben.pk}
    answer = as_user(anna).post("/away/", data, follow=True)
    assert helpdesk.name in answer.content.decode().split('id="toasts"')[1]


def test_who_is_back_sees_what_went_to_others_and_takes_it_back(
    as_user: AsUser, anna: User, root: User, carla: User, ticket: Ticket
) -> None:
    now = timezone.now()
    absence, _teams = absences.set_absence(anna, starts_at=now - SOON, ends_at=now + SOON, deputy=root, by=anna)
    conversation.answer_from_portal(ticket, text="Nos?", by=carla)
    client = as_user(anna)
    absences.end_absence(absence, by=anna)
    assert "/away/" in client.get("/notices/menu/").content.decode()
    assert ticket.title in client.get("/away/").content.decode()
    answer = client.post(f"/ticket/{ticket.number}/owner/", {"to": anna.pk, "next": "/away/"})
    assert answer["Location"] == "/away/"
    assert client.post("/away/seen/").status_code == 302
    assert ticket.title not in client.get("/away/").content.decode()
    assert Ticket.objects.get(pk=ticket.pk).owner == anna


def test_an_absence_shows_wherever_a_colleague_is_chosen(
    as_user: AsUser, anna: User, root: User, ticket: Ticket
) -> None:
    now = timezone.now()
    absences.set_absence(root, starts_at=now - SOON, ends_at=now + SOON, deputy=None, by=root)
    page = as_user(anna).get(f"/ticket/{ticket.number}/").content.decode()
    assert page.count("távol") >= 3, "in the owner's menu, the promise and the composer"
