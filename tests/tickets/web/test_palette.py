"""The palette on Ctrl K: everything that one may go to is offered, and nothing that one may not."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from tests import make
from tests.contactcenter import centre
from tickets import groups, saved_views
from tickets.models import Role, SeenMark, Team, Ticket, User
from tickets.models.groups import TicketGroup

AsUser = Callable[[User], Client]
Ask = Callable[[User, str], dict[str, str]]

OWN_PAGES = {
    "New ticket": "/new/",
    "Inbox": "/inbox/",
    "Groups": "/groups/",
    "Tags": "/tags/",
    "Quarantined mail": "/setup/quarantine/",
    "Notices": "/notices/",
    "My drafts": "/drafts/",
    "My acts on many tickets": "/inbox/bulk/",
    "Saved views": "/inbox/saved/",
    "Away": "/away/",
    "Notices by mail": "/account/notices/",
    "Your profile": "/profile/",
    "My own requests": "/portal/",
}
SETUP_PAGES = {
    "Set-up": "/setup/",
    "Teams": "/setup/teams/",
    "Rights": "/setup/rights/",
    "Who sees what": "/setup/why/",
    "People": "/setup/people/",
    "Organisations": "/setup/organisations/",
    "Statuses": "/setup/vocabulary/status/",
    "Priorities": "/setup/vocabulary/priority/",
    "Kinds": "/setup/vocabulary/kind/",
    "Tags": "/setup/tags/",
    "Rules on arrival": "/setup/arrival/",
    "Answer templates": "/setup/templates/",
    "Mailboxes": "/setup/mailboxes/",
    "IMAP sources": "/setup/imap/",
    "Account of mail": "/setup/mail/",
    "Outbox": "/setup/outbox/",
    "History of the set-up": "/setup/history/",
    "System": "/setup/system/",
    "Erasures": "/setup/erasures/",
    "Style guide": "/setup/styleguide/",
}
CENTRE_PAGES = {
    "My desk": "/centre/desk/",
    "Wallboard": "/centre/board/",
    "Advice": "/centre/advice/",
    "Reports": "/centre/reports/",
}
VIEWS = {
    "My tickets": "/inbox/mine/",
    "My teams": "/inbox/teams/",
    "Unassigned": "/inbox/unassigned/",
    "Due today": "/inbox/due/",
    "My promises": "/promises/",
    "Pending": "/inbox/pending/",
    "Watched": "/inbox/watched/",
    "By tag": "/inbox/tags/",
    "Closed": "/inbox/closed/",
    "All tickets": "/inbox/all/",
}


@pytest.fixture
def ask(as_user: AsUser) -> Ask:
    """What is offered to somebody who reads English and has typed this: the words of each choice, by its address."""

    def offered(user: User, text: str) -> dict[str, str]:
        User.objects.filter(pk=user.pk).update(language="en")
        page = as_user(user).get("/palette/", {"pq": text}).content.decode()
        lines = re.findall(r'<a class="choice-line"[^>]* href="([^"]*)">(.*?)</a>', page, re.DOTALL)
        return {url: " ".join(re.sub(r"<[^>]+>", " ", words).split()) for url, words in lines}

    return offered


@pytest.fixture
def worked(helpdesk: Team, carla: User) -> str:
    """The address of a ticket that anna works on."""
    return f"/ticket/{make.ticket('Pingvin a raktárban', team=helpdesk, customer=carla).number}/"


@pytest.fixture
def foreign(network: Team, karl: User) -> str:
    """The address of one of another team."""
    return f"/ticket/{make.ticket('Pingvin a tetőn', team=network, customer=karl).number}/"


def number_of(address: str) -> str:
    return address.split("/")[2]


# --- tickets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["pingvin", "PINGV", "pingvinek", "raktarban"])
def test_a_ticket_is_found_by_the_words_of_its_title(anna: User, worked: str, ask: Ask, text: str) -> None:
    assert "Pingvin a raktárban" in ask(anna, text)[worked]


def test_a_ticket_is_found_by_its_number_and_by_a_part_of_it(anna: User, worked: str, ask: Ask) -> None:
    number = number_of(worked)
    assert next(iter(ask(anna, number))) == worked, "the number stands first"
    assert worked in ask(anna, number[-5:])


def test_no_word_and_no_number_leads_to_a_ticket_of_others(
    anna: User, ben: User, carla: User, worked: str, foreign: str, ask: Ask
) -> None:
    for text in ("pingvin", number_of(foreign), number_of(foreign)[-5:], "tető", "from:karl"):
        offered = ask(anna, text)
        assert foreign not in offered, text
        assert "tetőn" not in " ".join(offered.values()), text
    assert foreign in ask(ben, "pingvin")
    assert worked not in ask(ben, "pingvin")


def test_with_nothing_typed_there_is_what_was_opened_lately_and_may_still_be_seen(
    anna: User, ben: User, worked: str, foreign: str, ask: Ask
) -> None:
    for ticket in Ticket.objects.all():  # that of others was moved away since
        SeenMark.objects.create(user=anna, ticket=ticket, seen_at=timezone.now())
    offered = ask(anna, "")
    assert worked in offered
    assert foreign not in offered
    assert worked not in ask(ben, "")


# --- people, organisations, groups -----------------------------------------------------------------------------------


def test_people_and_organisations_are_found_by_their_beginnings(anna: User, carla: User, ask: Ask) -> None:
    for text in ("szucs", "Carla", "carla@duna"):
        assert any(carla.name in words for words in ask(anna, text).values()), text
    offered = ask(anna, "duna")
    assert any("Duna Könyvelő" in words for words in offered.values())
    assert not any("Duna" in words for words in ask(anna, "tisza").values())


def test_who_left_is_not_offered(anna: User, carla: User, ask: Ask) -> None:
    User.objects.filter(pk=carla.pk).update(is_active=False)
    assert not any(carla.name in words for words in ask(anna, "szucs").values())


@pytest.fixture
def vpn(helpdesk: Team, anna: User) -> TicketGroup:
    return groups.open_group("VPN leállás", team=helpdesk, by=anna)


def test_a_group_is_found_by_its_title_by_who_may_open_it(
    anna: User, ben: User, root: User, vpn: TicketGroup, ask: Ask
) -> None:
    address = f"/groups/{vpn.pk}/"
    for user in (anna, root):
        assert "VPN leállás" in ask(user, "leállás vpn")[address]
        assert address not in ask(user, "nyomtató")
    assert address not in ask(ben, "VPN")


# --- views and pages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("label", "address"), VIEWS.items())
def test_each_view_is_found_by_its_name(anna: User, ask: Ask, label: str, address: str) -> None:
    assert ask(anna, label)[address] == label


def test_saved_views_are_ones_own_and_those_of_ones_teams(
    anna: User, ben: User, cora: User, helpdesk: Team, ask: Ask
) -> None:
    condition = {"field": "owner", "op": "empty"}
    own = saved_views.save_view(name="Zebra mine", condition=condition, by=anna)
    shared = saved_views.save_view(name="Zebra shared", condition=condition, by=anna, team=helpdesk)
    own_url, shared_url = (f"/inbox/saved/{view.pk}/" for view in (own, shared))
    assert ask(anna, "zeb")[own_url] == "Zebra mine"
    assert helpdesk.name in ask(anna, "zebra")[shared_url]
    assert own_url not in ask(cora, "zebra")
    assert shared_url in ask(cora, "zebra")
    for text in ("zebra", ""):
        assert not {own_url, shared_url} & set(ask(ben, text))


@pytest.mark.parametrize(("label", "address"), OWN_PAGES.items())
def test_each_page_of_an_agent_is_found_by_its_name(anna: User, ask: Ask, label: str, address: str) -> None:
    assert ask(anna, label)[address] == label
    assert address in ask(anna, "")


def test_each_page_of_the_set_up_is_found_by_administrators_alone(anna: User, root: User, ask: Ask) -> None:
    for label, address in SETUP_PAGES.items():
        assert ask(root, label)[address].startswith(label), label
        assert address not in ask(anna, label), label
    assert not any(url.startswith("/setup/") for url in ask(anna, "") if url != "/setup/quarantine/")


def test_no_page_of_the_set_up_is_forgotten(root: User, as_user: AsUser) -> None:
    """What the first page leads to is what the palette offers."""
    cards = re.findall(r'<li><a href="(/[^"]*)">', as_user(root).get("/setup/").content.decode())
    known = {*SETUP_PAGES.values(), *OWN_PAGES.values()}
    assert set(cards) <= known
    assert set(SETUP_PAGES.values()) - {"/setup/"} <= set(cards)


def test_the_pages_of_another_app_are_for_who_belongs_to_it(
    anna: User, root: User, helpdesk: Team, carla: User, ask: Ask
) -> None:
    caller = centre.agent("Nagy Ottó", team=helpdesk).user
    for label, address in CENTRE_PAGES.items():
        assert ask(caller, label)[address] == label
        assert ask(root, label)[address] == label
        assert address not in ask(anna, label)
    assert "/centre/setup/" in ask(root, "queues")
    assert "/centre/setup/" not in ask(caller, "queues")


# --- what can be done ------------------------------------------------------------------------------------------------


def test_what_was_typed_can_be_searched_for_and_made_a_ticket(anna: User, ask: Ask) -> None:
    offered = ask(anna, "kék elefánt")
    assert "Search everywhere" in offered["/search/?q=k%C3%A9k+elef%C3%A1nt"]
    assert "New ticket" in offered["/new/?title=k%C3%A9k+elef%C3%A1nt"]


def test_it_is_for_agents(carla: User, root: User, as_user: AsUser, worked: str) -> None:
    assert as_user(carla).get("/palette/", {"pq": "pingvin"}).status_code == 403
    no_agent = make.person("Csak vezető", roles=[Role.CUSTOMER])
    assert as_user(no_agent).get("/palette/", {"pq": number_of(worked)}).status_code == 403
