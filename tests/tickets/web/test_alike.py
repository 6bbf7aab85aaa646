"""The radar's doors: the panel, its buttons, bursts, and what is said while somebody types."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from tests import make
from tests.tickets.similar.test_bursts import report
from tests.tickets.similar.test_finding import fill
from tickets import api_tokens, groups
from tickets.models import Burst, Likeness, Right, Team, Ticket, TicketGroup, User
from tickets.similar.drain import read_radar

AsUser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def vpn(helpdesk: Team) -> list[Ticket]:
    fill(helpdesk)
    made = [report(helpdesk, n) for n in range(3)]
    read_radar()
    return made


def test_the_panel_says_what_is_alike_and_why(as_user: AsUser, anna: User, vpn: list[Ticket]) -> None:
    answer = as_user(anna).get(f"/ticket/{vpn[0].number}/alike/", headers=HTMX)
    text = answer.content.decode()
    assert vpn[1].title in text
    assert "VPN" in text
    assert 'name="ticket"' in text
    page = as_user(anna).get(f"/ticket/{vpn[0].number}/alike/").content.decode()
    assert "<html" in page, "a page of its own without script"
    assert f"/ticket/{vpn[0].number}/alike/" in as_user(anna).get(f"/ticket/{vpn[0].number}/").content.decode()


def test_ticked_ones_become_a_group(as_user: AsUser, anna: User, vpn: list[Ticket]) -> None:
    client = as_user(anna)
    path = f"/ticket/{vpn[0].number}/alike/"
    refused = client.post(path, {"group": "1"}, headers=HTMX)
    assert refused.status_code == 422
    assert not TicketGroup.objects.exists()
    done = client.post(path, {"group": "1", "ticket": [vpn[1].number, vpn[2].number]}, headers=HTMX)
    assert done.status_code == 200
    group = TicketGroup.objects.get()
    assert {groups.group_of(ticket) for ticket in vpn} == {group}
    assert group.title in done.content.decode()


def test_one_press_joins_a_group(as_user: AsUser, anna: User, vpn: list[Ticket], helpdesk: Team) -> None:
    group = groups.open_group("VPN", team=helpdesk, by=anna, tickets=vpn[:2])
    done = as_user(anna).post(f"/ticket/{vpn[2].number}/alike/", {"join": group.pk})
    assert done.status_code == 302
    assert groups.group_of(vpn[2]) == group


def test_what_is_not_one_s_own_is_not_there(
    as_user: AsUser, anna: User, ben: User, vpn: list[Ticket], network: Team
) -> None:
    foreign = make.ticket("VPN", team=network)
    hidden = groups.open_group("Titkos", team=network, by=ben)
    path = f"/ticket/{vpn[0].number}/alike/"
    client = as_user(anna)
    assert client.post(path, {"group": "1", "ticket": [foreign.number]}).status_code == 404
    assert client.post(path, {"join": hidden.pk}).status_code == 404
    assert client.post(path, {"reject": foreign.number}).status_code == 404
    burst = Burst.objects.get()
    assert as_user(ben).post(f"/inbox/bursts/{burst.pk}/accept/").status_code == 404
    assert burst.title not in as_user(ben).get("/inbox/").content.decode()


def test_who_may_only_read_is_offered_nothing(as_user: AsUser, vpn: list[Ticket], helpdesk: Team) -> None:
    reader = make.agent(team=helpdesk, rights=[Right.READ])
    client = as_user(reader)
    text = client.get(f"/ticket/{vpn[0].number}/alike/", headers=HTMX).content.decode()
    assert vpn[1].title in text
    assert "<button" not in text
    assert client.post(f"/ticket/{vpn[0].number}/alike/", {"group": "1"}).status_code == 403
    assert client.post(f"/inbox/bursts/{Burst.objects.get().pk}/accept/").status_code == 403


def test_a_rejected_one_goes_from_the_panel(as_user: AsUser, anna: User, vpn: list[Ticket]) -> None:
    client = as_user(anna)
    done = client.post(f"/ticket/{vpn[0].number}/alike/", {"reject": vpn[1].number}, headers=HTMX)
    assert f'value="{vpn[1].number}"' not in done.content.decode()
    assert f'value="{vpn[2].number}"' in done.content.decode()
    assert Likeness.objects.filter(rejected_by=anna).count() == 1


def test_a_burst_stands_above_the_inbox_and_on_the_ticket(as_user: AsUser, anna: User, vpn: list[Ticket]) -> None:
    client = as_user(anna)
    burst = Burst.objects.get()
    assert burst.title in client.get("/inbox/").content.decode()
    assert "/accept/" in client.get(f"/ticket/{vpn[0].number}/alike/", headers=HTMX).content.decode()
    done = client.post(f"/inbox/bursts/{burst.pk}/accept/", {"title": "A VPN áll"}, headers=HTMX)
    assert "/accept/" not in done.content.decode()
    group = TicketGroup.objects.get()
    assert group.title == "A VPN áll"
    assert f'href="/groups/{group.pk}/"' in done.content.decode().partition('class="toast"')[2], "the word leads there"
    refused = client.post(f"/inbox/bursts/{burst.pk}/dismiss/", headers=HTMX)
    assert refused.status_code == 422
    assert "A VPN áll" in refused.content.decode()


def test_a_dismissed_burst_goes(as_user: AsUser, anna: User, vpn: list[Ticket]) -> None:
    client = as_user(anna)
    burst = Burst.objects.get()
    done = client.post(f"/inbox/bursts/{burst.pk}/dismiss/", {"on": vpn[0].number}, headers=HTMX)
    assert f"_alike_{vpn[0].number}" in done.content.decode()
    assert burst.title not in client.get("/inbox/").content.decode()


def test_alike_ones_and_known_faults_show_while_an_agent_types(
    as_user: AsUser, anna: User, vpn: list[Ticket], helpdesk: Team
) -> None:
    group = groups.open_group("VPN", team=helpdesk, by=anna)
    groups.set_outage(group, by=anna, texts={"hu": "A VPN nem csatlakozik: dolgozunk rajta."}, is_shown=True)
    client = as_user(anna)
    text = client.get("/new/alike/", {"title": "Nem csatlakozik a VPN"}).content.decode()
    assert "A VPN nem csatlakozik:" in text
    assert vpn[0].title in text
    assert "A VPN nem csatlakozik:" in client.get("/new/").content.decode()
    for other in ("Nyomtató", "Telefon", "Levelezés", "Bérprogram"):
        each = groups.open_group(other, team=helpdesk, by=anna)
        groups.set_outage(each, by=anna, texts={"hu": f"{other}: dolgozunk rajta."}, is_shown=True)
    text = client.get("/new/alike/", {"title": "Nem csatlakozik a VPN"}).content.decode()
    assert text.count("dolgozunk rajta") == 3, "a few are enough beside a form"
    assert text.index("A VPN nem csatlakozik:") < text.index("Bérprogram"), "what sounds the same before what is newer"


def test_customers_see_the_house_s_words_in_their_language_and_never_a_ticket(
    as_user: AsUser, anna: User, carla: User, karl: User, vpn: list[Ticket], helpdesk: Team
) -> None:
    group = groups.open_group("Belső név: vpn-gw-02", team=helpdesk, by=anna, tickets=vpn)
    texts = {"hu": "A távoli elérés áll, délig javítjuk.", "en": "Remote access is down until noon."}
    groups.set_outage(group, by=anna, texts=texts, is_shown=True)
    printer = groups.open_group("Nyomtató", team=helpdesk, by=anna)
    groups.set_outage(printer, by=anna, texts={"hu": "A nyomtatás áll."}, is_shown=True)
    asked = {"title": "Nem csatlakozik a VPN", "text": "Hibát ír ki a kliens"}
    hungarian = as_user(carla).get("/portal/new/outages/", asked).content.decode()
    assert hungarian.index("A távoli elérés áll") < hungarian.index("A nyomtatás áll"), (
        "what sounds the same comes first"
    )
    assert hungarian.count('data-tone="bad"') == 1, "by its reports, though no word of the text is the same"
    for secret in (group.title, *(ticket.title for ticket in vpn), *(ticket.number for ticket in vpn)):
        assert secret not in hungarian
    assert "Remote access is down" in as_user(karl).get("/portal/new/outages/", asked).content.decode()
    assert "A távoli elérés áll" in as_user(carla).get("/portal/new/").content.decode()
    assert "A távoli elérés áll" in as_user(carla).get("/portal/").content.decode()
    groups.set_outage(group, by=anna, texts=texts, is_shown=False)
    assert "A távoli elérés áll" not in as_user(carla).get("/portal/new/outages/", asked).content.decode()


def test_the_api_does_the_same(anna: User, carla: User, vpn: list[Ticket], helpdesk: Team) -> None:
    def ask(user: User, method: str, path: str, **body: object) -> tuple[int, Any]:
        token = api_tokens.create_token(user, name="x")[1]
        headers = {"authorization": f"Bearer {token}"}
        kind = {"content_type": "application/json", "data": body} if method == "post" else {}
        answer = getattr(Client(), method)(f"/api/v1{path}", headers=headers, **kind)
        return answer.status_code, answer.json() if answer.content else None

    status, found = ask(anna, "get", f"/tickets/{vpn[0].number}/alike")
    assert status == 200
    assert {each["ticket"] for each in found["alike"]} >= {vpn[1].number, vpn[2].number}
    assert found["alike"][0]["words"]
    assert [each["reports"] for each in ask(anna, "get", "/bursts")[1]] == [3]
    assert ask(carla, "get", "/bursts")[0] == 403
    status, made = ask(anna, "post", f"/tickets/{vpn[0].number}/alike/group", tickets=[vpn[1].number], title="VPN")
    assert (status, made["title"]) == (200, "VPN")
    assert ask(anna, "post", f"/tickets/{vpn[2].number}/alike/join", group=made["group"])[0] == 200
    assert {one.title for one in map(groups.group_of, vpn) if one} == {"VPN"}
    assert ask(carla, "get", "/outages?title=VPN") == (200, [])
    group = groups.open_group("vpn-gw-02", team=helpdesk, by=anna)
    groups.set_outage(group, by=anna, texts={"hu": "A VPN nem csatlakozik."}, is_shown=True)
    group.refresh_from_db()
    status, (outage,) = ask(carla, "get", "/outages?title=Nem csatlakozik a VPN")
    assert (status, outage["text"], outage["is_alike"]) == (200, "A VPN nem csatlakozik.", True)
    assert group.outage_since is not None
    assert abs(datetime.fromisoformat(outage["since"]) - group.outage_since) < timedelta(seconds=1)


def test_a_groups_page_shows_what_came_later_and_takes_it_in(
    as_user: AsUser, anna: User, vpn: list[Ticket], helpdesk: Team
) -> None:
    group = groups.open_group("VPN", team=helpdesk, by=anna, tickets=vpn[:1])
    client = as_user(anna)
    assert f"/groups/{group.pk}/alike/" in client.get(f"/groups/{group.pk}/").content.decode()
    path = f"/groups/{group.pk}/alike/"
    shown = client.get(path, headers=HTMX).content.decode()
    assert all(ticket.number in shown for ticket in vpn[1:])
    assert vpn[0].number not in shown
    assert client.post(path, headers=HTMX).status_code == 422
    done = client.post(path, {"ticket": [vpn[1].number]}, headers=HTMX)
    assert done.status_code == 200
    assert groups.group_of(vpn[1]) == group
    assert vpn[1].number not in done.content.decode()
    assert "<html" in client.get(path).content.decode(), "a page of its own without script"


def test_what_is_something_else_is_not_proposed_to_the_group_again(
    as_user: AsUser, anna: User, vpn: list[Ticket], helpdesk: Team
) -> None:
    group = groups.open_group("VPN", team=helpdesk, by=anna, tickets=vpn[:2])
    done = as_user(anna).post(f"/groups/{group.pk}/alike/", {"reject": vpn[2].number}, headers=HTMX)
    assert vpn[2].number not in done.content.decode()
    assert Likeness.objects.filter(rejected_at__isnull=False).count() == 2


def test_one_that_is_in_another_group_stops_the_others_and_is_named(
    as_user: AsUser, anna: User, vpn: list[Ticket], helpdesk: Team
) -> None:
    group = groups.open_group("VPN", team=helpdesk, by=anna, tickets=vpn[:1])
    groups.open_group("Other", team=helpdesk, by=anna, tickets=vpn[2:])
    numbers = [vpn[1].number, vpn[2].number]
    refused = as_user(anna).post(f"/groups/{group.pk}/alike/", {"ticket": numbers}, headers=HTMX)
    assert refused.status_code == 422
    assert vpn[2].number in refused.content.decode()
    assert f'value="{vpn[1].number}" checked' in refused.content.decode()
    assert groups.group_of(vpn[1]) is None
