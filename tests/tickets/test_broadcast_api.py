"""Broadcasts over REST."""

from __future__ import annotations

from typing import Any

from tests import make
from tests.calling import Caller
from tickets import groups
from tickets.broadcasts import drain
from tickets.models import Broadcast, Mailbox, Team, User


def test_a_broadcast_over_the_api(helpdesk: Team, mailbox: Mailbox, anna: User, ben: User, carla: User) -> None:
    tickets = [make.ticket(team=helpdesk, customer=carla), make.ticket(team=helpdesk)]
    group = groups.open_group("VPN", team=helpdesk, by=anna, tickets=tickets)
    call, path = Caller(anna), f"/groups/{group.pk}/broadcasts"
    body: dict[str, Any] = {"kind": "reply", "texts": {"hu": "Áll a VPN. {number}"}}
    plan = call("POST", f"{path}/plan", **body)
    assert plan["gets"] == 1
    assert not plan["needs_release"]
    assert {each["reason"] for each in plan["recipients"]} == {"", "no_person"}
    call("POST", path, 422, kind="reply", texts={"hu": "{nothing}"})
    sent = call("POST", path, 201, **body)
    assert sent["state"] == "held"
    call("POST", path, 422, **body)
    call("POST", f"/broadcasts/{sent['id']}/now")
    drain.deliver_broadcasts()
    seen = call("GET", f"/broadcasts/{sent['id']}")
    assert (seen["state"], seen["told"], seen["left_out"]) == ("done", 1, {"no_person": 1})
    ledger = call("GET", f"/broadcasts/{sent['id']}/deliveries?state=queued")
    assert [row["name"] for row in ledger["deliveries"]] == [carla.name]
    call("POST", f"/broadcasts/{sent['id']}/stop", 422)
    call("POST", f"/broadcasts/{sent['id']}/nonsense", 404)
    assert len(call("GET", path)) == Broadcast.objects.count() == 1
    Caller(ben)("GET", path, 404)
