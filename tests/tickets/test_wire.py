"""The wire: one hint for one commit, none lost while Redis is away."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisIsAway

from tickets import live, wire
from tickets.wire import Wire


@pytest.fixture
def own_wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    made = Wire()
    monkeypatch.setattr(wire, "_wire", lambda: made)
    monkeypatch.setattr(wire, "RETRY_SECONDS", 0.02)
    yield made
    made.stop()


class Redis:
    """Takes batches, or is away for the first tries."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, away: int = 0) -> None:
        self.away, self.batches = away, []
        monkeypatch.setattr(wire, "_publish", self.publish)

    batches: list[list[tuple[set[str], dict[str, Any]]]]
    dropped = False

    async def publish(self, batch: list[tuple[set[str], dict[str, Any]]], *, dropped: bool) -> None:
        if self.away:
            self.away -= 1
            raise RedisIsAway
        self.dropped |= dropped
        self.batches.append(batch)


def hint(ticket: int, *verbs: str) -> dict[str, Any]:
    return {"type": "ticket.changed", "ticket": ticket, "verbs": list(verbs)}


def wait_until_quiet(made: Wire) -> None:
    async def quiet() -> None:
        while made.is_draining:  # noqa: ASYNC110 (another thread ends it)
            await asyncio.sleep(0.005)

    asyncio.run_coroutine_threadsafe(quiet(), made.loop).result(5)


def test_what_is_said_of_one_ticket_leaves_as_one_hint(own_wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    redis = Redis(monkeypatch)
    live.send(["team.1", "ticket.7"], hint(7, "replied"))
    live.send(["person.3", "ticket.7"], hint(7, "status_changed"))
    live.send(["ticket.8"], hint(8, "noted"))
    wait_until_quiet(own_wire)
    assert redis.batches == [
        [({"team.1", "ticket.7", "person.3"}, hint(7, "replied", "status_changed")), ({"ticket.8"}, hint(8, "noted"))]
    ]


def test_while_redis_is_away_hints_wait_in_their_order(own_wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    redis = Redis(monkeypatch, away=3)
    live.send(["ticket.7"], hint(7, "replied"))
    live.send(["ticket.8"], hint(8, "noted"))
    live.send(["team.1"], hint(7, "tagged"))
    wait_until_quiet(own_wire)
    assert redis.batches == [[({"ticket.7", "team.1"}, hint(7, "replied", "tagged")), ({"ticket.8"}, hint(8, "noted"))]]
    assert not redis.dropped


def test_too_many_kept_hints_become_the_word_that_something_was_missed(
    own_wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MOST_KEPT", 2)
    redis = Redis(monkeypatch)
    for ticket in range(5):
        live.send([f"ticket.{ticket}"], hint(ticket, "noted"))
    wait_until_quiet(own_wire)
    assert len(redis.batches[0]) == 2
    assert redis.dropped
