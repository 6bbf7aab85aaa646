"""The doors of merging: the page of two tickets as one, the dialog, the redirect, the portal, bulk and the API."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests import make
from tickets import contacts, conversation, groups, lifecycle, linking, merging, promises
from tickets.bulk import acts, runs
from tickets.bulk.merge_act import MergeInto, merge_selection
from tickets.errors import Refused
from tickets.models import BulkItem, Mailbox, Status, Team, Ticket, User
from tickets.web.entries import MessageEntry
from tickets.web.span import MESSAGES_SHOWN, span_of
from tickets.web.timeline import Gap, read_gap, read_tail, read_timeline

AsUser = Callable[[User], Client]


@pytest.fixture
def older(mailbox: Mailbox, helpdesk: Team, carla: User) -> Ticket:
    return make.ticket("VPN", team=helpdesk, customer=carla, text="Error 619.")


@pytest.fixture
def newer(older: Ticket, helpdesk: Team, carla: User) -> Ticket:
    return make.ticket("VPN again", team=helpdesk, customer=carla, text="Still that error.")


def shown(entries: Sequence[object]) -> list[str]:
    return [entry.message.body for entry in entries if isinstance(entry, MessageEntry)]


def page_of(client: Client, ticket: Ticket, **query: str | int) -> str:
    answer = client.get(f"/ticket/{ticket.number}/", query)
    assert answer.status_code == 200
    return answer.content.decode()


# --- one timeline ----------------------------------------------------------------------------------------------------


def test_both_read_as_one_in_the_order_of_time_each_with_its_number(
    as_user: AsUser, older: Ticket, newer: Ticket, anna: User, carla: User
) -> None:
    make.message(older, "Restarted.", author=anna)
    make.message(newer, "No change.", author=carla)
    merging.merge_ticket(newer, into=older, by=anna)
    make.message(older, "Afterwards.", author=carla)
    entries = read_timeline(span_of(older, anna)).entries
    assert shown(entries) == ["Error 619.", "Still that error.", "Restarted.", "No change.", "Afterwards."]
    origins = [entry.origin for entry in entries if isinstance(entry, MessageEntry)]
    assert origins == ["", newer.number, "", newer.number, ""]
    page = page_of(as_user(anna), older)
    assert page.count('class="badge origin"') == 2
    assert f"/ticket/{newer.number}/message/" in page, "its acts are on the ticket that it is on"


def test_a_long_pair_is_read_in_parts_and_nothing_is_lost(
    as_user: AsUser,
    older: Ticket,
    newer: Ticket,
    anna: User,
    carla: User,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    said = ["Error 619.", "Still that error."]
    for n in range(100):
        said.append(f"Message {n}.")
        make.message((older, newer)[n % 2], said[-1], author=carla)
    merging.merge_ticket(newer, into=older, by=anna)
    client = as_user(anna)
    page_of(client, older)
    with django_assert_max_num_queries(44):  # type: ignore[attr-defined]
        page = page_of(client, older)
    assert page.count('class="entry"') == 1 + MESSAGES_SHOWN
    span = span_of(older, anna)

    def read(entries: Sequence[object]) -> list[str]:
        found: list[str] = []
        for entry in entries:
            if isinstance(entry, Gap):
                found += read(read_gap(span, low=entry.low, high=entry.high, from_above=len(found) % 2 == 0))
            elif isinstance(entry, MessageEntry):
                found.append(entry.message.body)
        return found

    assert read(read_timeline(span).entries) == said
    last = read_timeline(span).last_seq
    make.message(older, "The newest.", author=carla)
    assert shown(read_tail(span, after=last).entries) == ["The newest."]


def test_a_page_from_before_the_merge_reads_the_whole_conversation_anew(
    as_user: AsUser, older: Ticket, newer: Ticket, anna: User
) -> None:
    client = as_user(anna)
    tail = re.search(r'hx-get="(/ticket/\d+/timeline/\?after=[^"]*)"', page_of(client, older))
    assert tail is not None
    address = tail[1].replace("&amp;", "&")
    assert "Still that error." not in client.get(address).content.decode()
    merging.merge_ticket(newer, into=older, by=anna)
    fresh = client.get(address).content.decode()
    assert f'id="_timeline_{older.number}"' in fresh
    assert 'hx-swap-oob="true"' in fresh
    assert "Still that error." in fresh
    gap = client.get(f"/ticket/{older.number}/timeline/gap/?low=1&high=9&span=")
    assert gap.status_code == 204


def test_who_may_not_see_the_merged_one_reads_the_target_alone(
    older: Ticket, network: Team, carla: User, anna: User, root: User
) -> None:
    elsewhere = make.ticket("VPN", team=network, customer=carla, text="For the other team.")
    merging.merge_ticket(elsewhere, into=older, by=root)
    assert "For the other team." not in shown(read_timeline(span_of(older, anna)).entries)
    assert "For the other team." in shown(read_timeline(span_of(older, root)).entries)


# --- the old number --------------------------------------------------------------------------------------------------


def test_the_old_number_leads_on_with_a_line_that_says_so(
    as_user: AsUser, older: Ticket, newer: Ticket, anna: User
) -> None:
    merging.merge_ticket(newer, into=older, by=anna)
    client = as_user(anna)
    answer = client.get(f"/ticket/{newer.number}/?in=all")
    assert answer.status_code == 302
    assert answer["Location"] == f"/ticket/{older.number}/?in=all&from={newer.number}"
    page = client.get(answer["Location"]).content.decode()
    assert 'role="status"' in page
    assert newer.number in page
    alone = page_of(client, newer, alone="")
    assert older.number in alone
    assert 'class="composer"' not in alone
    assert f"/ticket/{newer.number}/unmerge/" in alone


def test_whoever_works_on_the_old_one_alone_is_told_where_it_went(
    as_user: AsUser, older: Ticket, network: Team, carla: User, ben: User, root: User
) -> None:
    elsewhere = make.ticket("VPN", team=network, customer=carla)
    merging.merge_ticket(elsewhere, into=older, by=root)
    page = page_of(as_user(ben), elsewhere)
    assert older.number in page
    assert f'href="/ticket/{older.number}/' not in page
    assert f"/ticket/{elsewhere.number}/unmerge/" not in page


def test_writing_to_the_old_number_is_refused_with_the_new_one_and_the_text_stays(
    as_user: AsUser, older: Ticket, newer: Ticket, anna: User
) -> None:
    client = as_user(anna)
    page_of(client, newer)
    merging.merge_ticket(newer, into=older, by=anna)
    for kind, name in (("reply", "text"), ("note", "note")):
        answer = client.post(f"/ticket/{newer.number}/write/", {"kind": kind, name: "Typed."}, HTTP_HX_REQUEST="true")
        assert answer.status_code == 422
        assert older.number in answer.content.decode()
        assert "Typed." in answer.content.decode()
    call = client.post(f"/ticket/{newer.number}/call/", {"direction": "in", "text": "x"}, HTTP_HX_REQUEST="true")
    assert (call.status_code, older.number in call.content.decode()) == (422, True)


# --- the dialog ------------------------------------------------------------------------------------------------------


def test_the_dialog_offers_the_customers_open_tickets_first_and_merges(
    as_user: AsUser, older: Ticket, newer: Ticket, anna: User, karl: User, helpdesk: Team
) -> None:
    closed = make.ticket("Old", team=helpdesk, customer=older.customer, status="solved")
    make.ticket("Karl's", team=helpdesk, customer=karl)
    client, url = as_user(anna), f"/ticket/{newer.number}/merge/"
    page = client.get(url, HTTP_HX_REQUEST="true").content.decode()
    assert re.findall(r'name="into" value="(\d+)"', page) == [older.number, closed.number]
    preview = client.get(f"{url}preview/", {"into": older.number, "goes_on": "other"}).content.decode()
    assert "Error 619." in preview
    assert "Still that error." in preview
    assert client.post(url, {"goes_on": "other"}, HTTP_HX_REQUEST="true").status_code == 422
    answer = client.post(url, {"into": older.number, "goes_on": "other"}, HTTP_HX_REQUEST="true")
    assert answer["HX-Redirect"] == f"/ticket/{older.number}/"
    newer.refresh_from_db()
    assert newer.merged_into == older
    page = client.get(answer["HX-Redirect"]).content.decode()
    toast = page[page.index('id="toasts"') :]
    assert f'action="/ticket/{newer.number}/unmerge/"' in toast
    undone = client.post(f"/ticket/{newer.number}/unmerge/", HTTP_HX_REQUEST="true")
    assert undone["HX-Redirect"] == f"/ticket/{newer.number}/"
    newer.refresh_from_db()
    assert newer.merged_into is None


def test_the_chosen_one_can_point_at_this_one(as_user: AsUser, older: Ticket, newer: Ticket, anna: User) -> None:
    client = as_user(anna)
    form = {"number": f" {newer.number[:6]} {newer.number[6:]}", "goes_on": "this"}
    answer = client.post(f"/ticket/{older.number}/merge/", form)
    assert answer.status_code == 302
    newer.refresh_from_db()
    assert newer.merged_into == older


def test_the_dialog_says_why_not(as_user: AsUser, older: Ticket, anna: User, karl: User, helpdesk: Team) -> None:
    other = make.ticket("Karl's", team=helpdesk, customer=karl)
    client, url = as_user(anna), f"/ticket/{older.number}/merge/"
    form = {"number": other.number, "goes_on": "other"}
    assert other.number in client.get(f"{url}preview/", form).content.decode()
    answer = client.post(url, form, HTTP_HX_REQUEST="true")
    assert answer.status_code == 422
    assert other.number in answer.content.decode()


# --- the customer ----------------------------------------------------------------------------------------------------


def test_the_portal_shows_one_request_and_the_pointer(
    as_user: AsUser, older: Ticket, newer: Ticket, anna: User, carla: User
) -> None:
    merging.merge_ticket(newer, into=older, by=anna)
    client = as_user(carla)
    for address in ("/portal/", "/portal/requests/", "/portal/requests/?state=closed"):
        assert f"/portal/requests/{newer.number}/" not in client.get(address).content.decode()
    found = client.get("/portal/requests/", {"q": newer.number}).content.decode()
    assert f"/portal/requests/{older.number}/" in found
    old = client.get(f"/portal/requests/{newer.number}/").content.decode()
    assert f'href="/portal/requests/{older.number}/"' in old
    assert "<textarea" not in old
    assert "Megoldva" not in old, "it was not solved"
    assert "Megoldva" in client.get(f"/portal/requests/{older.number}/").content.decode()
    goes_on = client.get(f"/portal/requests/{older.number}/").content.decode()
    assert "Still that error." in goes_on
    assert newer.number in goes_on
    answer = client.post(f"/portal/requests/{newer.number}/answer/", {"text": "From an old page."})
    assert answer["Location"] == f"/portal/requests/{older.number}/"
    assert older.messages.filter(body="From an old page.").exists()
    client.post(f"/portal/requests/{newer.number}/answer/", {"text": "", "solved": "1"})
    older.refresh_from_db()
    assert older.status.code == "solved"


def test_a_participant_of_the_target_alone_does_not_read_the_merged_request(
    as_user: AsUser, older: Ticket, newer: Ticket, anna: User, karl: User
) -> None:
    conversation.add_participant(older, karl, by=anna)
    merging.merge_ticket(newer, into=older, by=anna)
    page = as_user(karl).get(f"/portal/requests/{older.number}/").content.decode()
    assert "Error 619." in page
    assert "Still that error." not in page


# --- lists, search, bulk ---------------------------------------------------------------------------------------------


def test_search_finds_it_by_its_number_and_shows_where_it_leads(
    as_user: AsUser, older: Ticket, newer: Ticket, anna: User
) -> None:
    merging.merge_ticket(newer, into=older, by=anna)
    client = as_user(anna)
    answer = client.get("/search/", {"q": newer.number}, follow=True)
    assert answer.redirect_chain[-1][0].startswith(f"/ticket/{older.number}/")
    found = client.get("/search/", {"q": newer.number[-6:]}).content.decode()
    assert f'<a class="link num" href="/ticket/{older.number}/">' in found


def test_a_selection_of_one_customer_goes_into_the_oldest_and_can_be_undone(
    as_user: AsUser, older: Ticket, newer: Ticket, anna: User, karl: User, helpdesk: Team
) -> None:
    third = make.ticket("VPN third", team=helpdesk, customer=older.customer)
    other = make.ticket("Karl's", team=helpdesk, customer=karl)
    client = as_user(anna)
    chosen = {"view": "all", "do": "merge", "ticket": [older.number, newer.number, third.number, other.number]}
    plan = client.post("/inbox/bulk/", chosen).content.decode()
    assert older.number in plan
    assert other.number in plan
    run = anna.bulk_runs.get()
    run = runs.start_run(run, by=anna)
    assert runs.count_items(run) == {BulkItem.State.DONE: 2, BulkItem.State.REFUSED: 1}
    assert set(older.merged_tickets.all()) == {newer, third}
    undo = runs.undo_run(run, by=anna)
    assert runs.count_items(undo) == {BulkItem.State.DONE: 2}
    assert not older.merged_tickets.exists()


def test_a_bulk_merge_needs_two_and_takes_a_number(older: Ticket, newer: Ticket, anna: User) -> None:
    with pytest.raises(Refused):
        merge_selection(Ticket.objects.filter(pk=older.pk), "", by=anna)
    act, others = merge_selection(Ticket.objects.filter(pk=older.pk), newer.number, by=anna)
    assert isinstance(act, MergeInto)
    assert (act.target, list(others)) == (newer, [older])


def test_bulk_acts_leave_a_merged_ticket_alone(older: Ticket, newer: Ticket, anna: User) -> None:
    merging.merge_ticket(newer, into=older, by=anna)
    for act in (acts.ACTS["assign"].read({"to": anna.pk}), acts.ACTS["note"].read({"text": "x"})):
        run = runs.start_run(runs.plan_run(act, Ticket.objects.filter(pk=newer.pk), by=anna), by=anna)
        item = run.items.get()
        assert item.state == BulkItem.State.REFUSED
        assert older.number in item.sentence


def test_the_promise_and_the_group_show_on_the_target(
    as_user: AsUser, older: Ticket, newer: Ticket, anna: User, helpdesk: Team
) -> None:
    groups.open_group("VPN down", team=helpdesk, by=anna, tickets=[newer])
    promises.promise_answer(newer, who=anna, by_when=timezone.now() + timedelta(hours=3), by=anna)
    merging.merge_ticket(newer, into=older, by=anna)
    assert Status.objects.get(code="merged").tickets.get() == newer
    client = as_user(anna)
    assert f'href="/ticket/{older.number}/' in client.get("/promises/").content.decode()
    listed = client.get("/inbox/all/?f=closed:empty").content.decode()
    assert f'id="t{newer.number}"' not in listed


def test_what_was_linked_to_the_merged_one_is_linked_to_the_target(
    as_user: AsUser, older: Ticket, newer: Ticket, anna: User, helpdesk: Team
) -> None:
    third = make.ticket("Áramszünet", team=helpdesk)
    linking.relate_tickets(newer, to=third, by=anna, relation=linking.Relation.CAUSED_BY)
    linking.relate_tickets(newer, to=older, by=anna)
    merging.merge_ticket(newer, into=older, by=anna)
    client = as_user(anna)
    for panel in (client.get(f"/ticket/{older.number}/links/"), client.get(f"/ticket/{older.number}/")):
        (line,) = panel.context["links"]
        assert (line.other, line.of, line.may_go) == (third, newer, False)
    assert newer.number in client.get(f"/ticket/{older.number}/links/").content.decode()
    assert len(client.get(f"/ticket/{newer.number}/links/").context["links"]) == 2, "alone it keeps its own"


def test_the_customers_card_counts_a_merged_ticket_as_one_with_its_target(
    as_user: AsUser, older: Ticket, newer: Ticket, anna: User, ben: User, carla: User
) -> None:
    before = contacts.standing_of(carla, by=anna)
    assert (before.open, before.past) == (2, 0)
    merging.merge_ticket(newer, into=older, by=anna)
    after = contacts.standing_of(carla, by=anna)
    assert (after.open, after.past, after.all) == (1, 0, 1)
    assert list(contacts.tickets_of(carla, by=anna)) == [older]
    assert list(contacts.tickets_of(carla, by=anna, state="closed")) == []
    assert as_user(anna).get(f"/ticket/{older.number}/").context["others"] == []


def test_who_works_on_the_merged_one_alone_still_counts_it(
    older: Ticket, newer: Ticket, anna: User, ben: User, network: Team, carla: User
) -> None:
    lifecycle.move_ticket(newer, to=network, by=anna)
    merging.merge_ticket(newer, into=older, by=make.person(roles=["agent", "admin"]))
    assert list(contacts.tickets_of(carla, by=ben)) == [newer]
    assert contacts.standing_of(carla, by=ben).past == 1
