"""Following over the API: watch and mute tickets and groups, each on and off, by who sees them from the inside."""

from __future__ import annotations

import pytest

from tests import make
from tests.calling import Caller
from tickets import groups, lifecycle, notices
from tickets.models import Event, GroupWatch, Mute, Notice, Status, Team, Ticket, TicketGroup, User, Watch


@pytest.fixture
def ticket(helpdesk: Team, carla: User, anna: User) -> Ticket:
    return make.ticket(team=helpdesk, customer=carla)


@pytest.fixture
def group(helpdesk: Team, root: User) -> TicketGroup:
    return groups.open_group("VPN", team=helpdesk, by=root)


def test_a_ticket_is_watched_and_unwatched_and_twice_is_once(ticket: Ticket, anna: User, root: User) -> None:
    call, path = Caller(anna), f"/tickets/{ticket.number}"
    assert call("GET", f"{path}/following") == {"is_watched": False, "is_muted": False}
    assert call("PUT", f"{path}/watch") == call("PUT", f"{path}/watch") == {"is_watched": True, "is_muted": False}
    assert Watch.objects.get().user == anna
    lifecycle.change_status(ticket, to=Status.objects.get(code="solved"), by=root)
    (line,) = call("GET", "/notices?unseen=true")["lines"]
    assert (line["about"], line["number"]) == ("ticket", ticket.number)
    assert call("POST", "/notices/seen", about="ticket", id=ticket.pk) == {"seen": line["kinds"][0]["count"]}
    assert notices.count_unseen(anna) == 0
    assert (
        call("DELETE", f"{path}/watch") == call("DELETE", f"{path}/watch") == {"is_watched": False, "is_muted": False}
    )
    verbs = Event.objects.filter(ticket=ticket, verb__in=["watched", "unwatched"]).values_list("verb", flat=True)
    assert sorted(verbs) == ["unwatched", "watched"]


def test_a_ticket_is_muted_and_no_longer_muted(ticket: Ticket, anna: User, root: User) -> None:
    call, path = Caller(anna), f"/tickets/{ticket.number}"
    call("PUT", f"{path}/watch")
    assert call("PUT", f"{path}/mute") == {"is_watched": True, "is_muted": True}
    lifecycle.change_status(ticket, to=Status.objects.get(code="solved"), by=root)
    assert not Notice.objects.filter(user=anna).exists()
    assert call("DELETE", f"{path}/mute") == {"is_watched": True, "is_muted": False}
    assert not Mute.objects.exists()


def test_a_group_is_watched_and_muted(group: TicketGroup, anna: User) -> None:
    call, path = Caller(anna), f"/groups/{group.pk}"
    assert call("PUT", f"{path}/mute") == {"is_watched": False, "is_muted": True}
    assert call("PUT", f"{path}/watch") == {"is_watched": True, "is_muted": False}, "watching ends a muting"
    assert GroupWatch.objects.get().user == anna
    assert call("GET", f"{path}/following") == {"is_watched": True, "is_muted": False}
    assert call("DELETE", f"{path}/watch") == {"is_watched": False, "is_muted": False}
    call("PUT", f"{path}/mute")
    assert call("DELETE", f"{path}/mute") == {"is_watched": False, "is_muted": False}


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("what", ["watch", "mute"])
def test_who_does_not_see_it_from_the_inside_follows_nothing(
    ticket: Ticket, group: TicketGroup, carla: User, ben: User, method: str, what: str
) -> None:
    Caller(carla)(method, f"/tickets/{ticket.number}/{what}", 403)
    Caller(ben)(method, f"/tickets/{ticket.number}/{what}", 404)
    Caller(carla)(method, f"/groups/{group.pk}/{what}", 403)
    Caller(ben)(method, f"/groups/{group.pk}/{what}", 404)
    assert not Watch.objects.exists()
    assert not GroupWatch.objects.exists()
    assert not Mute.objects.exists()
