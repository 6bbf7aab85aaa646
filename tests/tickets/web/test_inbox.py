"""The inbox: what its views hold, how it pages, what it costs, and acts on many tickets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests import make
from tickets import lifecycle, lists, paging, promises, tagging, watching
from tickets.models import Team, Ticket, User

AsUser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def shown(page: str) -> list[str]:
    """The numbers of the rows, in order."""
    return [part.split('"')[0] for part in page.split('<tr id="t')[1:]]


def test_agents_land_in_their_inbox_and_customers_in_the_portal(as_user: AsUser, anna: User, carla: User) -> None:
    assert as_user(anna).get("/")["Location"] == "/inbox/"
    assert as_user(carla).get("/")["Location"] == "/portal/"
    assert Client().get("/")["Location"].startswith("/account/login/")


def test_a_customer_has_no_inbox(as_user: AsUser, carla: User) -> None:
    assert as_user(carla).get("/inbox/").status_code == 403


def test_each_view_holds_its_tickets(as_user: AsUser, anna: User, carla: User, helpdesk: Team, network: Team) -> None:
    mine = make.ticket("Mine", team=helpdesk, customer=carla, owner=anna)
    free = make.ticket("Free", team=helpdesk, customer=carla)
    waiting = make.ticket("Waiting", team=helpdesk, customer=carla, status="waiting")
    solved = make.ticket("Solved", team=helpdesk, customer=carla, status="solved")
    make.ticket("Another team's", team=network, customer=carla)
    promises.promise_answer(free, who=anna, by_when=timezone.now() + timedelta(minutes=1), by=anna)
    watching.watch_ticket(free, by=anna)
    tag = tagging.tag_ticket(mine, "vpn", by=anna)

    def held(view: str) -> set[str]:
        return set(shown(as_user(anna).get(f"/inbox/{view}/?sort=-opened").content.decode()))

    assert held("mine") == {mine.number}
    assert held("teams") == {mine.number, free.number, waiting.number}
    assert held("unassigned") == {free.number, waiting.number}
    assert held("pending") == {waiting.number}
    assert held("promised") == {free.number}
    assert held("closed") == {solved.number}
    assert held("watched") == {free.number}
    assert held(f"tag-{tag.pk}") == {mine.number}
    assert held("all") == {mine.number, free.number, waiting.number, solved.number}


def test_unread_rows_are_marked_until_the_ticket_is_opened(
    as_user: AsUser, anna: User, carla: User, helpdesk: Team
) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla, owner=anna)
    client = as_user(anna)
    assert "data-unread" in client.get("/inbox/").content.decode()
    client.get(f"/ticket/{ticket.number}/")
    assert "data-unread" not in client.get("/inbox/").content.decode()
    ticket.customer_wrote_at = timezone.now() + timedelta(seconds=1)
    lifecycle.write_changes(ticket, "customer_wrote_at")
    assert "data-unread" in client.get("/inbox/").content.decode()


def test_the_neighbours_are_those_of_the_list(anna: User, carla: User, helpdesk: Team) -> None:
    tickets = [make.ticket(team=helpdesk, customer=carla, text=None) for _n in range(3)]
    held = lists.tickets_in(lists.VIEWS["teams"], anna)
    before, after = paging.neighbours(held, tickets[1], sort="-opened")
    assert (before, after) == (tickets[2].number, tickets[0].number)
    assert paging.neighbours(held, tickets[2], sort="-opened")[0] == ""


@pytest.mark.parametrize("cursor", ["x", "bm9wZQ", "W10", "WzEsMl0", "W251bGwsbnVsbF0", "é" * 9, "WyIyMDI2IiwtMV0"])
def test_a_mistyped_page_shows_the_first(cursor: str, as_user: AsUser, anna: User, carla: User, helpdesk: Team) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla, owner=anna)
    assert shown(as_user(anna).get("/inbox/", {"after": cursor}).content.decode()) == [ticket.number]


def test_filters_narrow_the_list_and_can_be_dropped(as_user: AsUser, anna: User, carla: User, helpdesk: Team) -> None:
    printer = make.ticket("Printer jams", team=helpdesk, customer=carla, priority="urgent")
    mail = make.ticket("Mail is slow", team=helpdesk, customer=carla, owner=anna)
    tagging.tag_ticket(printer, "nyomtató", by=anna)
    client = as_user(anna)

    def held(**query: str) -> list[str]:
        return shown(client.get("/inbox/teams/", query).content.decode())

    assert held(priority="urgent") == [printer.number]
    assert held(tag="Nyomtató") == [printer.number]
    assert held(owner="none") == [printer.number]
    assert held(owner="me") == [mail.number]
    assert held(q="slow") == [mail.number]
    assert held(q="carla@duna.example", sort="-opened") == [mail.number, printer.number]
    assert held(q=printer.number[-7:]) == [printer.number]
    assert held(status="new") == [printer.number]
    assert held(turn="customer") == []
    assert held(team=str(helpdesk.pk), sort="-opened") == [mail.number, printer.number]
    assert held(sort="y") == held()
    assert held(team="nonsense") == held(owner="x") == held(status="?") == []
    page = client.get("/inbox/teams/", {"q": "zzz"}).content.decode()
    assert 'href="/inbox/teams/"' in page


def test_an_empty_view_says_so(as_user: AsUser, anna: User) -> None:
    page = as_user(anna).get("/inbox/", headers={"accept-language": "en"}).content.decode()
    assert 'class="empty"' in page


def test_a_full_number_in_the_search_opens_its_ticket(
    as_user: AsUser, anna: User, carla: User, helpdesk: Team, network: Team
) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    foreign = make.ticket(team=network, customer=carla)
    client = as_user(anna)
    spaced = f"{ticket.number[:8]} {ticket.number[8:]}"
    assert client.get("/search/", {"q": spaced})["Location"] == f"/ticket/{ticket.number}/"
    assert foreign.number not in shown(client.get("/search/", {"q": foreign.number}).content.decode())


# session, person, the stamp of what is at hand, layout, saved views, the tag or group, all counts, ids, rows;
# by tag the counts of the tags, whether the list is longer than what is grouped
QUERIES = 9
QUERIES_BY_TAG = QUERIES + 3
QUERIES_OF_TAG = 4  # its count, its trend, its oldest ticket, its other words


@pytest.mark.parametrize("view", [*lists.VIEWS, "tag"])
@pytest.mark.parametrize("query", ["", "?by=tag", "?by=list", "?group=none", "?sort=-customer"])
def test_a_list_costs_the_same_however_long(
    view: str,
    query: str,
    as_user: AsUser,
    anna: User,
    carla: User,
    helpdesk: Team,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    tag = tagging.find_or_add_tag("tag 0")
    for n in range(12):
        ticket = make.ticket(f"No {n}", team=helpdesk, customer=carla, owner=anna if n % 2 else None, text=None)
        tagging.tag_ticket(ticket, f"tag {n % 3}", by=anna)
        if n > 6:
            watching.watch_ticket(ticket, by=anna)
    client = as_user(anna)
    client.get("/tags/")  # the small tables are at hand
    is_by_tag = query == "?by=tag" or (view == "tags" and query in ("", "?sort=-customer"))
    most = (QUERIES_BY_TAG if is_by_tag else QUERIES) + (QUERIES_OF_TAG if view == "tag" else 0)
    with django_assert_max_num_queries(most):  # type: ignore[attr-defined]
        client.get(f"/inbox/{view if view in lists.VIEWS else f'tag-{tag.pk}'}/{query}")


def test_every_view_that_asks_only_once_shows_nothing_from_outside(
    root: User, anna: User, ben: User, carla: User, helpdesk: Team, network: Team
) -> None:
    tickets = [
        make.ticket(team=team, customer=carla, owner=owner) for team in (helpdesk, network) for owner in (None, root)
    ]
    promises.promise_answer(tickets[-1], who=root, by_when=timezone.now() + timedelta(minutes=1), by=root)
    gone = make.person("Gone", roles=["agent"])
    User.objects.filter(pk=gone.pk).update(is_active=False)
    for who in (root, anna, ben, carla, User.objects.get(pk=gone.pk)):
        for view in lists.VIEWS.values():
            inside = set(Ticket.objects.worked_by(who).filter(view.narrow(who)))
            assert set(lists.tickets_in(view, who)) == inside, (who, view.key)


def test_heads_sort_and_say_how_the_list_stands(as_user: AsUser, anna: User, carla: User, helpdesk: Team) -> None:
    for title in ("Beta", "Alfa"):
        make.ticket(title, team=helpdesk, customer=carla, owner=anna)
    client = as_user(anna)
    page = client.get("/inbox/mine/?sort=title").content.decode()
    assert page.index("Alfa") < page.index("Beta")
    assert 'aria-sort="ascending"' in page
    assert 'href="/inbox/mine/?sort=-title"' in page
    turned = client.get("/inbox/mine/?sort=-title").content.decode()
    assert turned.index("Beta") < turned.index("Alfa")
    assert 'aria-sort="descending"' in turned


def test_by_tag_a_ticket_stands_under_each_of_its_tags(as_user: AsUser, anna: User, helpdesk: Team) -> None:
    ticket = make.ticket(team=helpdesk, owner=anna)
    tags = [tagging.tag_ticket(ticket, name, by=anna) for name in ("vpn", "toner")]
    page = as_user(anna).get("/inbox/mine/?by=tag").content.decode()
    assert set(shown(page)) == {f"{tag.pk}-{ticket.number}" for tag in tags}
    alone = as_user(anna).get(f"/inbox/mine/?group={tags[0].pk}").content.decode()
    assert shown(alone) == [ticket.number]
    assert f"/inbox/tag-{tags[0].pk}/" in alone


def test_the_navigation_counts_the_quarantine(as_user: AsUser, anna: User) -> None:
    make.inbound(state="quarantined", reason="test")
    assert 'id="nav-count-quarantine" data-tone="bad">1<' in as_user(anna).get("/inbox/").content.decode()


def test_htmx_gets_the_list_with_the_counts_alone(as_user: AsUser, anna: User, carla: User, helpdesk: Team) -> None:
    make.ticket(team=helpdesk, customer=carla, owner=anna)
    page = as_user(anna).get("/inbox/", headers=HTMX).content.decode()
    assert page.lstrip().startswith('<div class="stack" id="_ticket_list"')
    assert 'id="nav-count-mine"' in page
    assert "<html" not in page
