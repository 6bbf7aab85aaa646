"""The pages of groups: what each reader sees, how many questions they cost, and what is done on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import make
from tickets import api_tokens, group_figures, group_lists, groups, tagging
from tickets.demo.clock import stopped_at
from tickets.groups import How
from tickets.models import (
    Broadcast,
    BulkRun,
    Channel,
    GroupMembership,
    Kind,
    Priority,
    Right,
    Status,
    Team,
    Ticket,
    TicketGroup,
    User,
)
from tickets.permissions import who_opens

AsUser = Callable[[User], Client]
MANY = 5000
MOST_QUERIES = 40


def fill(group: TicketGroup, team: Team, count: int, *, customer: User | None = None) -> None:
    """Members by the handful, without their history."""
    now = timezone.now()
    status, kind = Status.objects.get(code="open"), Kind.objects.get(code="question")
    priority = Priority.objects.get(code="normal")
    tickets = Ticket.objects.bulk_create(
        [
            Ticket(
                number=f"9{n:07}",
                title=f"A VPN nem megy {n}",
                team=team,
                status=status,
                kind=kind,
                priority=priority,
                channel=Channel.MAIL,
                customer=customer,
                opened_at=now - timedelta(seconds=20 * n),
            )
            for n in range(count)
        ],
        batch_size=1000,
    )
    GroupMembership.objects.bulk_create(
        [GroupMembership(group=group, ticket=ticket, how=How.RULE) for ticket in tickets], batch_size=1000
    )


@pytest.fixture
def group(helpdesk: Team, anna: User) -> TicketGroup:
    return groups.open_group("VPN leállás", team=helpdesk, by=anna, owner=anna)


# --- reading ---------------------------------------------------------------------------------------------------------


def test_five_thousand_members_cost_what_fifty_do(
    group: TicketGroup, helpdesk: Team, anna: User, carla: User, as_user: AsUser
) -> None:
    fill(group, helpdesk, MANY, customer=carla)
    client = as_user(anna)
    client.get("/groups/")
    for url in (
        f"/groups/{group.pk}/",
        f"/groups/{group.pk}/close/",
        f"/groups/{group.pk}/history/",
        "/groups/",
        "/inbox/all/?by=group",
    ):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = client.get(url)
        assert page.status_code == 200
        assert len(queries) <= MOST_QUERIES, f"{url}: {len(queries)}"
        assert page.content.decode().count("<tr") <= 60, url
    assert group_figures.read_figures(group, reader=anna).members == MANY


def test_pages_of_members_follow_one_another(group: TicketGroup, helpdesk: Team, anna: User) -> None:
    fill(group, helpdesk, 70)
    seen: list[int] = []
    after = ""
    while True:
        page = group_figures.read_members(group, reader=anna, after=after)
        seen += [ticket.pk for ticket in page.tickets]
        if not (after := page.next):
            break
    assert len(seen) == len(set(seen)) == 70


def test_of_other_teams_tickets_there_is_a_number_and_nothing_else(
    group: TicketGroup, helpdesk: Team, network: Team, anna: User, ben: User, karl: User, as_user: AsUser
) -> None:
    mine = make.ticket("Saját jegy", team=helpdesk, text="Saját szavak")
    foreign = make.ticket("Titkos cím", team=network, customer=karl, text="Titkos szavak")
    for ticket in (mine, foreign):
        groups.join_group(group, ticket=ticket, by=None, how=How.RULE)
    page = as_user(anna).get(f"/groups/{group.pk}/").content.decode()
    assert mine.number in page
    assert "Saját szavak" in page
    for secret in (foreign.number, "Titkos cím", "Titkos szavak", karl.name, "Tisza Logisztika"):
        assert secret not in page
    assert group_figures.read_figures(group, reader=anna).others == 1
    theirs = as_user(ben).get(f"/groups/{group.pk}/").content.decode()
    assert foreign.number in theirs
    assert mine.number not in theirs


def test_a_title_does_not_leak_to_who_may_not_open_the_group(
    group: TicketGroup, helpdesk: Team, network: Team, anna: User, ben: User, as_user: AsUser
) -> None:
    ticket = make.ticket(team=network)
    groups.join_group(group, ticket=ticket, by=None, how=How.RULE)
    groups.leave_group(ticket, by=None)
    client = as_user(ben)
    for url in (
        f"/groups/{group.pk}/",
        f"/ticket/{ticket.number}/",
        f"/ticket/{ticket.number}/history/",
        f"/ticket/{ticket.number}/print/?history=1",
        f"/inbox/all/?f=group:is:{group.pk}",
        f"/inbox/all/?by=group&group=g{group.pk}",
        "/groups/",
        "/groups/find/?group=VPN",
        "/inbox/find/?field=group&path=0.0&find.0.0=VPN",
        "/search/?q=VPN",
        "/palette/?pq=VPN",
    ):
        assert "VPN leállás" not in client.get(url).content.decode(), url
    assert client.get(f"/groups/{group.pk}/").status_code == 404
    assert "VPN leállás" in as_user(anna).get("/groups/find/?group=vpn").content.decode()


def test_the_same_people_open_a_group_live_as_on_the_page(
    group: TicketGroup, network: Team, anna: User, ben: User, root: User, carla: User
) -> None:
    people = [anna, ben, root, carla]

    def agrees() -> None:
        opens = who_opens([User.objects.get(pk=each.pk) for each in people], [group.pk])
        for each in people:
            seen = TicketGroup.objects.worked_by(User.objects.get(pk=each.pk)).filter(pk=group.pk).exists()
            assert (group.pk in opens[each.pk]) is seen

    agrees()
    groups.join_group(group, ticket=make.ticket(team=network), by=None, how=How.RULE)
    agrees()


def test_the_list_has_pages_and_a_filter(helpdesk: Team, network: Team, anna: User, as_user: AsUser) -> None:
    for n in range(45):
        groups.open_group(f"Hiba {n}", team=helpdesk, by=anna)
    groups.open_group("Idegen", team=network, by=None)
    client = as_user(anna)
    first = client.get("/groups/")
    assert len(first.context["lines"]) == group_lists.LIST_SIZE
    following = client.get("/groups/" + first.context["page"].next_url)
    assert len(following.context["lines"]) == 5
    assert len(client.get("/groups/?q=hiba+4").context["lines"]) == 6
    assert client.get("/groups/?state=closed").context["lines"] == []
    assert client.get("/groups/?before=nonsense").status_code == 200


def test_reports_by_time_are_counted_in_steps(group: TicketGroup, helpdesk: Team, anna: User) -> None:
    now = timezone.now().replace(minute=2, second=0)  # so that the first two fall into one step of ten minutes
    for minutes in (300, 295, 200, 5):
        with stopped_at(now - timedelta(minutes=minutes)):
            ticket = make.ticket(team=helpdesk)
        groups.join_group(group, ticket=ticket, by=None, how=How.RULE)
    figures = group_figures.read_figures(group, reader=anna)
    arrivals = group_figures.read_arrivals(group, figures, now)
    assert arrivals is not None
    assert sum(bar.count for bar in arrivals.bars) == 4
    assert (arrivals.step, arrivals.peak) == (600, 2)
    assert len(arrivals.bars) <= 3 * group_figures.MOST_BARS


def test_the_chart_says_when_something_was_said_to_all(
    group: TicketGroup, helpdesk: Team, anna: User, as_user: AsUser
) -> None:
    now = timezone.now()
    with stopped_at(now - timedelta(hours=3)):
        ticket = make.ticket(team=helpdesk)
    groups.join_group(group, ticket=ticket, by=None, how=How.RULE)
    said = {"group": group, "by": anna, "last_member": 0, "is_frozen": True, "texts": {"hu": "Dolgozunk rajta."}}
    done = {"state": "done", "done_at": now}
    first = Broadcast.objects.create(**said, **done, kind="reply", started_at=now - timedelta(hours=2))
    second = Broadcast.objects.create(**said, **done, kind="solved", started_at=now - timedelta(hours=1))
    Broadcast.objects.create(**said, **done, kind="note", started_at=now)
    Broadcast.objects.create(**said, kind="reply", state="stopped", stopped_at=now)
    arrivals = group_figures.read_arrivals(group, group_figures.read_figures(group, reader=anna), now)
    assert arrivals is not None
    assert [mark.broadcast for mark in arrivals.marks] == [first, second], "what reached the reporters"
    (one, two) = (mark.x for mark in arrivals.marks)
    assert one is not None
    assert two is not None
    assert 0 < one < two < arrivals.WIDTH
    page = as_user(anna).get(f"/groups/{group.pk}/").content.decode()
    assert page.count('<line class="mark" ') == 3, "two, and the legend"
    assert f"/broadcasts/{second.pk}/" in page


# --- making ----------------------------------------------------------------------------------------------------------


def test_a_selection_becomes_a_group_and_is_taken_apart_again(helpdesk: Team, anna: User, as_user: AsUser) -> None:
    tickets = [make.ticket(team=helpdesk) for _n in range(3)]
    held = groups.open_group("Mail", team=helpdesk, by=anna, tickets=[tickets[2]])
    client = as_user(anna)
    chosen = {"view": "all", "ticket": [ticket.number for ticket in tickets]}
    plan = client.post("/inbox/bulk/", chosen | {"do": "group", "into": "VPN áll", "group_team": helpdesk.pk})
    assert plan.context["found"].will_change == 2
    assert "Mail" in str(plan.context["found"].reasons)
    assert not TicketGroup.objects.filter(title="VPN áll").exists()  # nothing yet
    run = BulkRun.objects.get()
    client.post(f"/inbox/bulk/{run.pk}/start/")
    made = TicketGroup.objects.get(title="VPN áll")
    assert [groups.group_of(ticket) for ticket in tickets] == [made, made, held]
    run.refresh_from_db()
    assert run.values == {"group": made.pk, "how": "selection"}
    client.post(f"/inbox/bulk/{run.pk}/start/")  # twice is once
    assert TicketGroup.objects.filter(title="VPN áll").count() == 1
    client.post(f"/inbox/bulk/{run.pk}/undo/")
    assert [groups.group_of(ticket) for ticket in tickets] == [None, None, held]


def test_a_selection_joins_a_typed_group(helpdesk: Team, group: TicketGroup, anna: User, as_user: AsUser) -> None:
    ticket = make.ticket(team=helpdesk)
    client = as_user(anna)
    chosen = {"view": "all", "ticket": ticket.number, "do": "join"}
    assert client.post("/inbox/bulk/", chosen | {"into": "nincs ilyen"}).status_code == 302  # with a word why
    client.post("/inbox/bulk/", chosen | {"into": f"#{group.pk} VPN"})
    client.post(f"/inbox/bulk/{BulkRun.objects.get().pk}/start/")
    assert groups.group_of(ticket) == group


def test_the_tickets_of_a_tag_become_a_group(helpdesk: Team, network: Team, anna: User, as_user: AsUser) -> None:
    mine, foreign = make.ticket(team=helpdesk), make.ticket(team=network)
    for ticket in (mine, foreign):
        tagging.tag_ticket(ticket, "vpn", by=None)
    tag_id = tagging.find_or_add_tag("vpn").pk
    client = as_user(anna)
    plan = client.post(f"/groups/from-tag/{tag_id}/", {"title": "VPN", "team": helpdesk.pk})
    assert plan.context["found"].will_change == 1
    client.post(f"/inbox/bulk/{BulkRun.objects.get().pk}/start/")
    membership = GroupMembership.objects.get()
    assert (membership.ticket, membership.how) == (mine, "tag")


def test_joining_by_typing_moving_and_undo(helpdesk: Team, group: TicketGroup, anna: User, as_user: AsUser) -> None:
    ticket = make.ticket(team=helpdesk)
    client = as_user(anna)
    url = f"/ticket/{ticket.number}/group/"
    htmx = {"HX-Request": "true"}
    answer = client.post(url, {"group": "vpn LEÁLLÁS", "do": "join"}, headers=htmx)
    assert groups.group_of(ticket) == group
    assert f"{url}leave/" in answer.content.decode()  # the undo
    answer = client.post(url, {"group": "Másik hiba", "do": "open"}, headers=htmx)
    other = TicketGroup.objects.get(title="Másik hiba")
    assert groups.group_of(ticket) == other
    assert f"{url}{group.pk}/" in answer.content.decode()
    client.post(f"{url}{group.pk}/", headers=htmx)
    assert groups.group_of(ticket) == group
    client.post(f"{url}leave/", headers=htmx)
    assert groups.group_of(ticket) is None
    assert client.post(url, {"group": "nincs ilyen", "do": "join"}, headers=htmx).status_code == 422
    assert client.post(f"{url}999999/", headers=htmx).status_code == 404


def test_who_may_only_read_puts_nothing_into_groups(helpdesk: Team, group: TicketGroup, as_user: AsUser) -> None:
    reader = make.agent(team=helpdesk, rights=[Right.READ])
    ticket = make.ticket(team=helpdesk)
    client = as_user(reader)
    assert client.post(f"/ticket/{ticket.number}/group/", {"group": group.title, "do": "join"}).status_code == 403
    assert client.get(f"/groups/{group.pk}/").status_code == 200
    for act in ("edit", "outage", "close"):
        assert client.get(f"/groups/{group.pk}/{act}/").status_code == 403


# --- the portal ------------------------------------------------------------------------------------------------------


def test_a_customer_has_this_too(group: TicketGroup, anna: User, carla: User, karl: User, as_user: AsUser) -> None:
    texts = {"hu": "A VPN nem megy. Dolgozunk rajta.", "en": "The VPN is down."}
    groups.set_outage(group, by=anna, texts=texts, is_shown=True)
    client = as_user(carla)
    for url in ("/portal/", "/portal/new/"):
        assert "A VPN nem megy." in client.get(url).content.decode()
        assert "The VPN is down." in as_user(karl).get(url).content.decode()
    answer = client.post(f"/portal/outages/{group.pk}/")
    ticket = Ticket.objects.get(customer=carla)
    assert answer["Location"].startswith(f"/portal/requests/{ticket.number}/")
    assert ticket.title == "A VPN nem megy"
    assert GroupMembership.objects.get(ticket=ticket).how == "portal"
    client.post(f"/portal/outages/{group.pk}/")
    assert Ticket.objects.filter(customer=carla).count() == 1
    shown = client.get("/portal/").content.decode()
    assert f"/portal/requests/{ticket.number}/" in shown
    assert group.title not in shown
    groups.set_outage(group, by=anna, texts=texts, is_shown=False)
    assert "A VPN nem megy. Dolgozunk" not in client.get("/portal/").content.decode()
    assert client.post(f"/portal/outages/{group.pk}/").status_code == 404


# --- the API ---------------------------------------------------------------------------------------------------------


def test_groups_by_the_api(helpdesk: Team, network: Team, anna: User, ben: User) -> None:
    one, two = make.ticket(team=helpdesk), make.ticket(team=helpdesk)
    token = api_tokens.create_token(anna, name="t")[1]
    client = Client(headers={"authorization": f"Bearer {token}", "accept-language": "en"})
    json = "application/json"
    made = client.post("/api/v1/groups", {"title": "VPN", "team": helpdesk.pk, "tickets": [one.number]}, json)
    assert made.status_code == 201, made.content
    pk = made.json()["id"]
    assert client.put(f"/api/v1/tickets/{two.number}/group", {"group": pk}, json).json()["members"] == 2
    assert client.get("/api/v1/groups").json()["groups"][0]["members"] == 2
    body = {"choice": "close", "exceptions": {two.number: "leave"}}
    unknown = {"choice": "close", "exceptions": {"2020": "leave"}}
    answer = client.post(f"/api/v1/groups/{pk}/close", unknown, json)
    assert answer.status_code == 422
    assert "2020" in answer.content.decode()
    assert client.post(f"/api/v1/groups/{pk}/close", body, json).json() == {
        "state": "finished",
        "counts": {"done": 1, "unchanged": 1},
        "refused": {},
    }
    assert client.post(f"/api/v1/groups/{pk}/close", body, json).status_code == 422
    assert client.post(f"/api/v1/groups/{pk}/reopen").json()["status"] == "open"
    assert client.delete(f"/api/v1/tickets/{one.number}/group").status_code == 204
    assert client.post("/api/v1/groups", {"title": "X", "team": network.pk}, json).status_code == 403
    others = Client(headers={"authorization": f"Bearer {api_tokens.create_token(ben, name='t')[1]}"})
    assert others.get(f"/api/v1/groups/{pk}").status_code == 404
