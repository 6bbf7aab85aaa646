"""Live pages: after commit, tell whoever watches that something changed. Ids only; readers re-read and re-authorise.

Groups: one for each ticket, team and person, one of a ticket's presence, one for each group of reports of one fault
("problem", since a group is also what Channels calls a line of listeners), and one of the whole house.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from tickets import wire
from tickets.merge_paths import target_of
from tickets.models import Event, Ticket

HOUSE = "house"

flush = wire.flush


def ticket_group(ticket_id: int) -> str:
    return f"ticket.{ticket_id}"


def presence_group(ticket_id: int) -> str:
    """Only those who see the ticket from the inside are in it."""
    return f"presence.{ticket_id}"


def problem_group(group_id: int) -> str:
    """Of a TicketGroup: whoever has its page open."""
    return f"problem.{group_id}"


def team_group(team_id: int) -> str:
    return f"team.{team_id}"


def person_group(user_id: int) -> str:
    return f"person.{user_id}"


def tell_writer(user_id: int, ticket: Ticket) -> None:
    """Tells the person's own pages of the ticket, once committed, that what he is sending changed."""
    message = _changed(ticket, verb="draft", by=user_id)
    transaction.on_commit(lambda: send([person_group(user_id)], message))


def _changed(ticket: Ticket, *, verb: str, by: int) -> dict[str, Any]:
    return {
        "type": "ticket.changed",
        "ticket": ticket.pk,
        "number": ticket.number,
        "verbs": [verb],
        "by": [by],
        # Whose lists it has left: they may not see it any more, but their lists have to be read again.
        "left_teams": [],
        "left_people": [],
    }


def announce_event(event: Event, ticket: Ticket) -> None:
    """Tells the ticket's page, its team's lists and the people it names, once the act is committed."""
    groups = {ticket_group(ticket.pk), team_group(ticket.team_id)}
    groups |= {person_group(pk) for pk in (ticket.owner_id, ticket.responsible_id, ticket.customer_id) if pk}
    left_teams, left_people = [], []
    if event.verb == "moved":
        left_teams.append(event.data["before"])
    if event.verb in ("unassigned", "assigned", "responsible_changed") and event.data.get("before"):
        left_people.append(event.data["before"])
    groups |= {*map(team_group, left_teams), *map(person_group, left_people)}
    message = _changed(ticket, verb=str(event.verb), by=event.by_id or 0)
    message |= {"left_teams": left_teams, "left_people": left_people}
    transaction.on_commit(lambda: send(sorted(groups), message))
    if ticket.merged_into_id is not None and event.verb != "merged":
        _tell_target(event, ticket)


def _tell_target(event: Event, ticket: Ticket) -> None:
    """What still happens to a merged ticket, such as a mail's delivery, shows on the page of the one that goes on."""
    end = target_of(ticket)
    message = _changed(end, verb=str(event.verb), by=event.by_id or 0)
    transaction.on_commit(lambda: send([ticket_group(end.pk)], message))


def tell_group(group_id: int) -> None:
    """Tells the group's page, once committed, that something of the group changed."""
    message = {"type": "problem.changed", "problem": group_id, "hint": problem_hint(group_id)}
    transaction.on_commit(lambda: send([problem_group(group_id)], message))


def tell_progress(group_id: int) -> None:
    """Tells the pages that show the group's broadcasts, once committed, that one has come further."""
    message = {"type": "problem.changed", "problem": group_id, "hint": progress_hint(group_id)}
    transaction.on_commit(lambda: send([problem_group(group_id)], message))


def progress_hint(group_id: int) -> str:
    """What the browser hears of a group's broadcasts: the event "broadcasts-12-changed", at most once a second."""
    return f"broadcasts-{group_id}"


def problem_hint(group_id: int) -> str:
    """What the browser hears of a group: the event "problem-12-changed"."""
    return f"problem-{group_id}"


def tell_people(user_ids: Iterable[int], hint: str) -> None:
    """Tells these people's pages, once committed, that something of their own changed.

    `hint` is a word of the caller's, such as "notices"; in the browser it becomes the event "notices-changed".
    """
    groups = sorted({person_group(user_id) for user_id in user_ids})
    if groups:
        transaction.on_commit(lambda: send(groups, {"type": "plain.hint", "hint": hint}))


def tell_inside(ticket_id: int, hint: str) -> None:
    """Tells whoever has the ticket's page open from the inside, once committed, that something beside it changed."""
    groups = [presence_group(ticket_id)]
    transaction.on_commit(lambda: send(groups, {"type": "plain.hint", "hint": hint}))


def tell_house(hint: str) -> None:
    """Tells every agent's page, once committed, that something changed which is no ticket: "upkeep", "quarantine"."""
    transaction.on_commit(lambda: send([HOUSE], {"type": "plain.hint", "hint": hint}))


def send(groups: list[str], message: dict[str, Any]) -> None:
    """Hands the hint to the wire and returns at once.

    Live is a hint, the database is the truth: while Redis is away hints wait, and pages re-read when it is back.
    """
    wire.send(groups, message)
