"""The doors of acts on many tickets, with and without script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests import make
from tickets import tagging
from tickets.bulk import runs
from tickets.models import BulkRun, Team, Ticket, User

AsUser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def planned(client: Client, **post: Any) -> BulkRun:
    """The run that a dry run leaves."""
    answer = client.post("/inbox/bulk/", {"view": "teams"} | post)
    assert answer.status_code == 200, answer.content.decode()
    return BulkRun.objects.latest("pk")


def test_an_act_is_tried_first_and_then_done(
    as_user: AsUser, anna: User, carla: User, helpdesk: Team, network: Team
) -> None:
    ours, theirs = make.ticket(team=helpdesk, customer=carla), make.ticket(team=network, customer=carla)
    client = as_user(anna)
    post = {"view": "teams", "ticket": [ours.number, theirs.number], "do": "take"}
    dialog = client.post("/inbox/bulk/", post, headers=HTMX).content.decode()
    run = BulkRun.objects.get()
    assert f'hx-post="/inbox/bulk/{run.pk}/start/"' in dialog
    assert "2 jegyből 1 változik." in dialog
    assert "A jegy már nem látható." in dialog
    ours.refresh_from_db()
    assert ours.owner is None

    result = client.post(f"/inbox/bulk/{run.pk}/start/", headers=HTMX)
    assert "list-changed" in result["HX-Trigger"]
    assert ours.number in result.content.decode()
    ours.refresh_from_db()
    assert ours.owner == anna
    again = client.get(f"/inbox/bulk/{run.pk}/")  # type: ignore[unreachable]
    assert ours.number in again.content.decode()
    assert f"/inbox/bulk/{run.pk}/" in client.get("/inbox/bulk/").content.decode()
    undone = client.post(f"/inbox/bulk/{run.pk}/undo/")
    assert undone["Location"] == f"/inbox/bulk/{BulkRun.objects.latest('pk').pk}/"
    ours.refresh_from_db()
    assert ours.owner is None


@pytest.mark.parametrize(
    ("post", "check"),
    [
        ({"do": "take"}, lambda ticket: ticket.owner is not None),
        ({"status": "solved"}, lambda ticket: ticket.status.code == "solved"),
        ({"status": "waiting", "pending_until": "2090-01-01T09:00"}, lambda ticket: ticket.pending_until is not None),
        ({"priority": "urgent"}, lambda ticket: ticket.priority.code == "urgent"),
        ({"do": "tag", "tag": "vpn"}, lambda ticket: ticket.tags.get().name == "vpn"),
        ({"do": "watch"}, lambda ticket: ticket.watches.exists()),
        ({"do": "note", "note": "Look here."}, lambda ticket: ticket.messages.filter(body="Look here.").exists()),
    ],
)
def test_each_act_without_script(
    post: dict[str, str],
    check: Callable[[Ticket], bool],
    as_user: AsUser,
    anna: User,
    carla: User,
    helpdesk: Team,
) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    client = as_user(anna)
    run = planned(client, ticket=ticket.number, **post)
    assert client.post(f"/inbox/bulk/{run.pk}/start/")["Location"] == f"/inbox/bulk/{run.pk}/"
    assert check(Ticket.objects.get(pk=ticket.pk))


def test_a_whole_view_is_what_its_filters_let_through(
    as_user: AsUser, anna: User, carla: User, helpdesk: Team, network: Team
) -> None:
    urgent = [make.ticket(team=helpdesk, customer=carla, priority="urgent") for _n in range(3)]
    make.ticket(team=helpdesk, customer=carla)
    make.ticket(team=network, customer=carla, priority="urgent")
    run = planned(as_user(anna), whole="1", narrowing="priority=urgent", do="take")
    assert set(run.ticket_ids) == {ticket.pk for ticket in urgent}


def test_whole_groups_and_single_tickets_go_together(as_user: AsUser, anna: User, carla: User, helpdesk: Team) -> None:
    tagged = [make.ticket(team=helpdesk, customer=carla) for _n in range(2)]
    tags = [tagging.tag_ticket(ticket, "vpn", by=anna) for ticket in tagged]
    single, other = (make.ticket(team=helpdesk, customer=carla) for _n in range(2))
    client = as_user(anna)
    run = planned(client, in_group=str(tags[0].pk), ticket=[single.number, tagged[0].number], do="take")
    assert set(run.ticket_ids) == {single.pk, *(ticket.pk for ticket in tagged)}
    run = planned(client, in_group="none", do="take")
    assert set(run.ticket_ids) == {single.pk, other.pk}
    run = planned(client, group=str(tags[0].pk), whole="1", do="take")
    assert set(run.ticket_ids) == {ticket.pk for ticket in tagged}


@pytest.mark.parametrize(
    "post",
    [
        {},
        {"view": "teams"},
        {"view": "nowhere", "whole": "1", "do": "take"},
        {"view": "teams", "ticket": "1", "do": "tag"},
        {"view": "teams", "ticket": "1", "owner": "x"},
        {"view": "teams", "ticket": "1", "do": "?"},
        {"view": "teams", "whole": "1", "do": "take", "narrowing": "f=nonsense:is:1"},
        {"view": "teams", "in_group": "'; drop", "do": "take"},
    ],
)
def test_an_act_that_makes_no_sense_is_explained(
    post: dict[str, str], as_user: AsUser, anna: User, helpdesk: Team
) -> None:
    make.ticket(team=helpdesk)
    answer = as_user(anna).post("/inbox/bulk/", post, headers=HTMX)
    assert answer.status_code == 422
    assert "data-toast" in answer.content.decode()
    assert not BulkRun.objects.exists()


def test_others_runs_are_not_there(as_user: AsUser, anna: User, root: User, helpdesk: Team) -> None:
    run = planned(as_user(anna), ticket=make.ticket(team=helpdesk).number, do="take")
    stranger = as_user(root)
    assert stranger.post(f"/inbox/bulk/{run.pk}/start/").status_code == 404
    as_user(anna).post(f"/inbox/bulk/{run.pk}/start/")
    assert stranger.get(f"/inbox/bulk/{run.pk}/").status_code == 404
    assert stranger.post(f"/inbox/bulk/{run.pk}/undo/").status_code == 404


def test_a_dry_run_leads_back_to_no_other_site(as_user: AsUser, anna: User, helpdesk: Team) -> None:
    ticket = make.ticket(team=helpdesk)
    post = {"view": "teams", "ticket": ticket.number, "do": "take", "next": "https://evil.example/"}
    assert "evil.example" not in as_user(anna).post("/inbox/bulk/", post).content.decode()


def test_a_large_run_shows_how_far_it_is(
    as_user: AsUser, anna: User, helpdesk: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "MOST_AT_ONCE", 1)
    tickets = [make.ticket(team=helpdesk) for _n in range(3)]
    client = as_user(anna)
    run = planned(client, ticket=[ticket.number for ticket in tickets], do="take")
    going = client.post(f"/inbox/bulk/{run.pk}/start/", headers=HTMX).content.decode()
    assert 'hx-trigger="every 1s"' in going
    assert 'max="3" value="0"' in going
    runs.drain_bulk_runs()
    done = client.get(f"/inbox/bulk/{run.pk}/", headers=HTMX)
    assert done["HX-Trigger"] == "list-changed"
    assert "every 1s" not in done.content.decode()
