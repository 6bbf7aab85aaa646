"""Which contact a free agent gets, and which agent a contact: the product's order, as pure functions.

The simulator takes any `Choice`; so the product's own decisions can be put on the virtual clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from contactcenter import deciding

QUEUE = deciding.Line(1)


@dataclass(slots=True)
class Waiting:
    """A contact in the line: `queued_at` its age counts from, `credit` seconds added to it for its priority."""

    number: int
    queued_at: float
    credit: float = 0.0


@dataclass(slots=True)
class Free:
    """An agent without a contact: `idle_since` his last work or his becoming ready; `level` 1 comes first."""

    number: int
    idle_since: float
    level: int = 1


class Choice(Protocol):
    """Answers the two questions of routing. The sequences are never empty."""

    def contact_for(self, agent: Free, waiting: Sequence[Waiting], *, now: float) -> Waiting:
        """The contact for an agent who got free."""
        ...

    def agent_for(self, contact: Waiting, free: Sequence[Free], *, now: float) -> Free:
        """The agent for a contact that came in."""
        ...


class InOrder:
    """The product's own choice, `deciding.choose_offer`, in a house of one queue."""

    def contact_for(self, agent: Free, waiting: Sequence[Waiting], *, now: float) -> Waiting:
        """The highest age plus credit; of equal ones the one that came first."""
        chosen = self._choose([agent], waiting, now)
        return next(one for one in waiting if one.number == chosen.contact)

    def agent_for(self, contact: Waiting, free: Sequence[Free], *, now: float) -> Free:
        """The lowest level number; in it who is idle for longest."""
        chosen = self._choose(free, [contact], now)
        return next(one for one in free if one.number == chosen.agent)

    def _choose(self, free: Sequence[Free], waiting: Sequence[Waiting], now: float) -> deciding.Choice:
        chosen = deciding.choose_offer(
            {QUEUE.id: QUEUE},
            [deciding.Waiting(one.number, QUEUE.id, one.queued_at, one.credit) for one in waiting],
            [deciding.Server(one.number, one.idle_since, {QUEUE.id: deciding.Seat(one.level)}) for one in free],
            now,
        )
        assert chosen is not None  # there is somebody free and somebody waiting, and no level opens late
        return chosen
