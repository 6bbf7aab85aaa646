"""The live load: after commit, tell whoever watches a queue or an agent that it changed. Ids only; readers re-read."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from contactcenter.models import QueueMembership
from tickets.live import person_group, send, tell_people

CENTRE = "load"
DESK = "desk"  # what an agent's own pages hear: something of his state, his contact, his loan or his ticket in hand
QUEUES = "queues"  # what those who serve a queue hear: its line changed


def load_group(queue_id: int) -> str:
    """Whoever watches this queue."""
    return f"load.{queue_id}"


def announce_load(queue_ids: Iterable[int], *, agent_id: int | None = None, user_id: int | None = None) -> None:
    """Tells the pages of these queues, the wallboard and the agent's own desktop, once committed.

    Whoever passes it on to a browser does so once a second and queue at most.
    """
    queues = sorted(set(queue_ids))
    groups = [CENTRE, *map(load_group, queues)]
    message = {"type": "load.changed", "queues": queues, "agent": agent_id or 0}
    transaction.on_commit(lambda: send(groups, message))
    if user_id is not None:
        tell_people([user_id], DESK)
    if queues:
        # Asked after the commit, so that no lock is held over it; a hint that is lost is read by the clock.
        transaction.on_commit(lambda: _tell_servers(queues), robust=True)


def _tell_servers(queue_ids: list[int]) -> None:
    """Tells the pages of whoever serves these queues."""
    serving = QueueMembership.objects.current().filter(queue__in=queue_ids)
    groups = sorted({person_group(pk) for pk in serving.values_list("agent__user", flat=True)})
    if groups:
        send(groups, {"type": "plain.hint", "hint": QUEUES})
