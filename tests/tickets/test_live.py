"""Live hints: sent after commit, through one connection, to whoever the change concerns."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.db import transaction

from tickets import live
from tickets.lifecycle import open_ticket
from tickets.models import Channel, Team, Verb


async def _heard(group: str, seconds: float = 5) -> dict[str, Any]:
    layer = get_channel_layer()
    assert layer is not None
    channel = await layer.new_channel()
    await layer.group_add(group, channel)
    live.send([group], {"type": "ticket.changed", "ticket": 7})
    return await asyncio.wait_for(layer.receive(channel), seconds)


def test_a_hint_reaches_who_listens_in_another_loop(servers: None) -> None:
    assert asyncio.run(_heard("ticket.7"))["ticket"] == 7


@pytest.mark.django_db(transaction=True)
def test_nothing_is_announced_of_an_act_that_was_rolled_back(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[list[str]] = []
    monkeypatch.setattr(live, "send", lambda groups, message: sent.append(groups))
    team = Team.objects.create(name="Helpdesk")
    with transaction.atomic():
        open_ticket(title="VPN", team=team, channel=Channel.WEB, by=None)
        transaction.set_rollback(True)
    assert sent == []
    ticket = open_ticket(title="VPN", team=team, channel=Channel.WEB, by=None)
    assert sent == [[f"team.{team.pk}", f"ticket.{ticket.pk}"]]
    assert ticket.events.get().verb == Verb.OPENED
