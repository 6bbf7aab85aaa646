"""Tags at their doors: lists to be worked, completion, answering all, set-up with joining and rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import make
from tickets import api_tokens, arrival_rules, groups, lifecycle, promises, tag_lists, tag_setup, tagging
from tickets.bulk import runs
from tickets.demo.clock import stopped_at
from tickets.models import ArrivalRule, BulkRun, Message, Status, Tag, Team, Ticket, User

Enter = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def tagged(name: str, team: Team, **more: Any) -> Ticket:
    ticket = make.ticket(team=team, **more)
    tagging.tag_ticket(ticket, name, by=None)
    return ticket


# --- figures ---------------------------------------------------------------------------------------------------------


def test_a_tag_counts_what_the_agent_works_on(helpdesk: Team, network: Team, anna: User, ben: User, root: User) -> None:
    now = timezone.now()
    with stopped_at(now - timedelta(days=9)):
        oldest = tagged("vpn", helpdesk)
        tagged("vpn", helpdesk, status="solved")
    elsewhere = tagged("vpn", network)
    tagged("vpn", network)
    promises.promise_answer(elsewhere, who=make.agent(team=network), by_when=now + timedelta(hours=2), by=ben)
    tag = Tag.objects.get(name="vpn")
    assert [(tag_lists.figures_of(tag, user).open) for user in (anna, ben, root)] == [1, 2, 3]
    figures = tag_lists.figures_of(tag, root)
    assert (figures.week, figures.week_before, figures.change) == (2, 2, 0)
    assert figures.oldest == oldest.opened_at
    assert tag_lists.oldest_of(tag, anna) == oldest
    responsible = tagged("vpn", network)
    Ticket.objects.filter(pk=responsible.pk).update(responsible=anna)
    assert tag_lists.figures_of(tag, anna).open == 2 == Ticket.objects.worked_by(anna).open().filter(tags=tag).count()
    assert tag_lists.figures_of(tag, anna).week == 1


def test_tags_stand_by_open_tickets_or_by_name_a_page_at_a_time(
    helpdesk: Team, root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, count in (("b", 1), ("a", 0), ("c", 2), ("d", 0)):
        tag_setup.add_tag(name=name, synonyms=[f"{name} más"])
        for _n in range(count):
            tagged(name, helpdesk)
    Tag.objects.filter(name__in=["c", "d"]).update(is_active=False)  # c still has open tickets
    monkeypatch.setattr(tag_lists, "PAGE", 2)
    first = tag_lists.list_tags(root)
    second = tag_lists.list_tags(root, after=first.after)
    assert [row.tag.name for row in (*first.rows, *second.rows)] == ["c", "b", "a"]
    assert (first.total, second.after) == (3, "")
    assert [row.tag.name for row in tag_lists.list_tags(root, by_name=True).rows] == ["a", "b"]
    assert [row.tag.name for row in tag_lists.list_tags(root, words="B MAS").rows] == ["b"]


def test_the_pages_ask_the_same_however_many_tags_and_tickets(
    helpdesk: Team, anna: User, as_user: Enter, django_assert_max_num_queries: Any
) -> None:
    client = as_user(anna)

    def grow(count: int) -> None:
        for _tag in range(count):
            tag = tag_setup.add_tag(name=f"t{Tag.objects.count()}", owner=anna, synonyms=[f"w{Tag.objects.count()}"])
            for _n in range(2):
                tagging.tag_ticket(make.ticket(team=helpdesk, text=None), tag, by=anna)

    grow(1)
    tag = Tag.objects.order_by("pk").first()
    assert tag is not None
    for url in ("/tags/", f"/tags/{tag.pk}/"):
        client.get(url)
        with CaptureQueriesContext(
            connection,
        ) as few:
            client.get(url)
        grow(3)
        for ticket in Ticket.objects.all():
            tagging.tag_ticket(ticket, tag, by=anna)
        with django_assert_max_num_queries(len(few)):
            client.get(url)


def test_open_tickets_are_read_from_the_index_alone(helpdesk: Team, root: User) -> None:
    tag = tag_setup.add_tag(name="vpn")
    rows = tag_lists._worked_rows(root).filter(is_open=True, tag=tag).values("tag")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    assert "ticket_tag_open" in rows.explain()


# --- pages -----------------------------------------------------------------------------------------------------------


def test_the_list_of_a_tag_has_its_figures_answer_and_tickets(
    helpdesk: Team, network: Team, anna: User, as_user: Enter
) -> None:
    tag = tag_setup.add_tag(name="vpn", owner=anna, synonyms=["alagút"], answer={"hu": "Dolgozunk rajta.", "en": ""})
    mine, foreign = tagged("vpn", helpdesk), tagged("vpn", network)
    closed = tagged("vpn", helpdesk, status="solved")
    page = text_of(as_user(anna).get(f"/tags/{tag.pk}/"))
    assert mine.number in page
    assert foreign.number not in page
    assert closed.number not in page
    assert "alagút" in page
    assert "Dolgozunk rajta." in page
    assert as_user(anna).get(f"/tags/{tag.pk}/?q=zzzz").context["tickets"] == []
    word = Tag.objects.get(name="alagút")
    assert as_user(anna).get(f"/tags/{word.pk}/").url == f"/tags/{tag.pk}/"  # type: ignore[attr-defined]
    assert as_user(anna).get("/tags/999999/").status_code == 404
    assert mine.number in text_of(as_user(anna).get(f"/inbox/tag-{tag.pk}/", headers=HTMX))


def test_typing_offers_tags(anna: User, as_user: Enter) -> None:
    tag_setup.add_tag(name="nyomtató", description="Papír", synonyms=["printer"])
    assert as_user(anna).get("/tags/find/?q=PRINT").json() == {
        "tags": [{"name": "nyomtató", "word": "printer", "note": "Papír"}]
    }


def pks(answer: Any) -> list[int]:
    return [row.pk for row in answer.context["tickets"]]


def test_a_filter_and_a_bulk_act_know_other_words(helpdesk: Team, anna: User, as_user: Enter) -> None:
    tag = tag_setup.add_tag(name="nyomtató", synonyms=["printer"])
    have, want = tagged("printer", helpdesk), make.ticket(team=helpdesk)
    client = as_user(anna)
    assert pks(client.get("/inbox/all/?tag=PRINTER")) == [have.pk]
    assert pks(client.get(f"/inbox/all/?f=tag:is:{Tag.objects.get(name='printer').pk}")) == [have.pk]
    client.post("/inbox/bulk/", {"do": "tag", "tag": "Printer", "view": "all", "ticket": [have.number, want.number]})
    run = BulkRun.objects.get()
    assert runs.judge_run(run).already == 1
    client.post(f"/inbox/bulk/{run.pk}/start/")
    assert list(want.tags.all()) == [tag]
    client.post("/inbox/bulk/", {"do": "untag", "tag": "printer", "view": "all", "ticket": [have.number, want.number]})
    client.post(f"/inbox/bulk/{BulkRun.objects.latest('pk').pk}/start/")
    assert not tag.tickets.exists()


# --- one answer to all -----------------------------------------------------------------------------------------------


def test_the_standing_answer_goes_to_each_customer_once(
    helpdesk: Team, anna: User, carla: User, karl: User, as_user: Enter
) -> None:
    tag = tag_setup.add_tag(name="vpn", answer={"hu": "Kedves {customer}! {number}", "en": "Dear {customer}"})
    hers, his = tagged("vpn", helpdesk, customer=carla), tagged("vpn", helpdesk, customer=karl)
    nobodys = tagged("vpn", helpdesk)
    client = as_user(anna)
    values = {"do": "answer", "answer_of": tag.pk, "view": f"tag-{tag.pk}", "whole": "1"}
    plan = text_of(client.post("/inbox/bulk/", values))
    assert "Kedves {customer}!" in plan
    assert nobodys.number in plan
    client.post(f"/inbox/bulk/{BulkRun.objects.get().pk}/start/")
    said = {message.ticket: message.body for message in Message.objects.filter(sender="agent")}
    assert said == {hers: f"Kedves {carla.name}! {hers.number}", his: f"Dear {karl.name}"}
    client.post("/inbox/bulk/", values)
    again = runs.judge_run(BulkRun.objects.latest("pk"))
    assert (again.will_change, again.already) == (0, 2)
    client.post(f"/inbox/bulk/{BulkRun.objects.latest('pk').pk}/start/")
    assert Message.objects.filter(sender="agent").count() == 2
    Ticket.objects.filter(pk=his.pk).update(customer_wrote_at=timezone.now())
    client.post("/inbox/bulk/", values)
    assert runs.judge_run(BulkRun.objects.latest("pk")).will_change == 1


def test_too_many_are_not_answered_at_once(
    helpdesk: Team, anna: User, carla: User, as_user: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tickets.bulk.answering.AnswerAll.most", 1)
    tag, silent = tag_setup.add_tag(name="vpn", answer={"hu": "Szia"}), tag_setup.add_tag(name="wifi")
    for _n in range(2):
        tagged("vpn", helpdesk, customer=carla)
    for each in (tag, silent):
        values = {"do": "answer", "answer_of": each.pk, "view": f"tag-{tag.pk}", "whole": "1"}
        assert as_user(anna).post("/inbox/bulk/", values, headers=HTMX).status_code == 422
    assert not BulkRun.objects.exists()


# --- set-up ----------------------------------------------------------------------------------------------------------


def test_a_tag_is_set_up_with_care_and_joined(helpdesk: Team, anna: User, root: User, as_user: Enter) -> None:
    client, tag = as_user(root), tag_setup.add_tag(name="vpn")
    values = {"name": "vpn", "owner": anna.pk, "synonyms": "alagút, távmunka", "text_hu": "Szia", "is_active": "on"}
    assert client.post(f"/setup/tags/{tag.pk}/", values).status_code == 302
    tag.refresh_from_db()
    assert (tag.owner, tag.answer) == (anna, {"hu": "Szia"})
    assert {word.name for word in tag.synonyms.all()} == {"alagút", "távmunka"}
    page = text_of(client.get(f"/setup/tags/{tag.pk}/"))
    assert "alagút, távmunka" in page
    bad = client.post(f"/setup/tags/{tag.pk}/", values | {"text_hu": "{nothing}"})
    assert bad.status_code == 422
    other = tag_setup.add_tag(name="otthoni belépés")
    ticket = tagged("otthoni belépés", helpdesk)
    assert client.post(f"/setup/tags/{other.pk}/join/", {"into": "nincs"}).status_code == 422
    assert client.post(f"/setup/tags/{other.pk}/join/", {"into": "Alagút"}).url == f"/setup/tags/{tag.pk}/"  # type: ignore[attr-defined]
    assert list(ticket.tags.all()) == [tag]
    assert client.get(f"/setup/tags/{other.pk}/").url == f"/setup/tags/{tag.pk}/"  # type: ignore[attr-defined]


RULE = {
    "name": "VPN", "tags": "vpn, távmunka", "is_active": "on", "how.0": "all", "node": "0.0", "field.0.0": "title",
    "op.0.0": "contains", "value.0.0": "vpn",
}  # fmt: skip


def test_a_rule_is_tried_saved_changed_and_shown(helpdesk: Team, root: User, as_user: Enter) -> None:
    client = as_user(root)
    past = make.ticket("VPN hiba", team=helpdesk)
    tried = text_of(client.post("/setup/arrival/add/", RULE | {"do": "try"}, headers=HTMX))
    assert past.number in tried
    assert past.number in text_of(client.post("/setup/arrival/add/", RULE | {"do": "try"}))
    assert "távmunka" in text_of(client.post("/setup/arrival/add/", RULE | {"do": "add.0"}))
    half = {name: value for name, value in RULE.items() if name != "value.0.0"}
    assert client.post("/setup/arrival/add/", half | {"do": "save"}).status_code == 422
    assert client.post("/setup/arrival/add/", half | {"do": "try"}, headers=HTMX).status_code == 200
    assert client.post("/setup/arrival/add/", RULE | {"do": "save", "tags": ""}).status_code == 422
    assert not ArrivalRule.objects.exists()
    assert client.post("/setup/arrival/add/", RULE | {"do": "save"}).status_code == 302
    rule = ArrivalRule.objects.get()
    assert rule.condition == {"all": [{"field": "title", "op": "contains", "value": "vpn"}]}
    ticket = make.ticket("vpn megint", team=helpdesk)
    assert {tag.name for tag in ticket.tags.all()} == {"vpn", "távmunka"}
    assert "távmunka" in text_of(client.get("/setup/arrival/"))
    assert client.post(f"/setup/arrival/{rule.pk}/", RULE | {"do": "save", "tags": "vpn"}).status_code == 302
    assert text_of(client.get(f"/setup/arrival/{rule.pk}/")).count("vpn") > 2


def test_what_is_wrong_with_a_rule_stands_on_its_pages(helpdesk: Team, anna: User, root: User, as_user: Enter) -> None:
    group = groups.open_group("Leállás", team=helpdesk, by=anna)
    condition = {"all": [{"field": "title", "op": "contains", "value": "vpn"}]}
    rule = arrival_rules.add_rule(name="VPN", condition=condition, tags=["vpn"], group=group)
    type(group).objects.filter(pk=group.pk).update(status="closed", closed_at=timezone.now())
    ticket = make.ticket("vpn", team=helpdesk)
    ArrivalRule.objects.filter(pk=rule.pk).update(
        condition={"any": [condition, {"field": "owner", "op": "is", "value": 987654}]}
    )
    pages = [text_of(as_user(root).get(url)) for url in ("/setup/arrival/", f"/setup/arrival/{rule.pk}/")]
    for page in pages:
        assert "Leállás" in page
        assert page.count("#alert") >= 2
    assert ticket.number in pages[1]


# --- API -------------------------------------------------------------------------------------------------------------


def test_tags_over_the_api(helpdesk: Team, anna: User, root: User, client: Client) -> None:
    tag, other = tag_setup.add_tag(name="vpn", owner=anna), tag_setup.add_tag(name="alagút")
    tagged("vpn", helpdesk)

    def call(user: User, method: str, path: str, body: Any = None) -> Any:
        key = api_tokens.create_token(user, name="x")[1]
        headers = {"Authorization": f"Bearer {key}"}
        return getattr(client, method)(f"/api/v1{path}", body, content_type="application/json", headers=headers)

    assert call(anna, "post", f"/tags/{tag.pk}/words", {"word": "csatorna"}).status_code == 403
    assert call(root, "post", f"/tags/{tag.pk}/words", {"word": "csatorna"}).json()["words"] == ["csatorna"]
    assert call(root, "post", f"/tags/{other.pk}/join", {"into": "VPN"}).json()["words"] == ["alagút", "csatorna"]
    listed = client.get(
        "/api/v1/tags", headers={"Authorization": f"Bearer {api_tokens.create_token(anna, name='y')[1]}"}
    ).json()
    assert [(row["name"], row["open"], row["owner"]) for row in listed["tags"]] == [("vpn", 1, anna.name)]
    found = client.get(
        f"/api/v1/tags/{other.pk}", headers={"Authorization": f"Bearer {api_tokens.create_token(anna, name='z')[1]}"}
    ).json()
    assert found["id"] == tag.pk


def test_closing_takes_a_ticket_out_of_the_count(helpdesk: Team, anna: User) -> None:
    ticket = tagged("vpn", helpdesk)
    tag = Tag.objects.get(name="vpn")
    assert tag_lists.figures_of(tag, anna).open == 1
    lifecycle.change_status(ticket, to=Status.objects.get(code="solved"), by=anna)
    assert tag_lists.figures_of(tag, anna).open == 0
