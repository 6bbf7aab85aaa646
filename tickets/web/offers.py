"""What menus of lists and tickets offer: vocabularies, teams, colleagues. All of it is at hand; nothing is asked."""

from __future__ import annotations

from dataclasses import dataclass

from tickets.at_hand import AtHand, Colleague
from tickets.models import Kind, Priority, Right, Status, Team, Ticket, User


@dataclass(frozen=True, slots=True)
class Offered:
    """What the bulk menus of a list offer."""

    teams_to: list[Team]
    teams_noting: list[Team]  # may open groups of reports
    statuses: list[Status]
    priorities: list[Priority]
    agents: list[Colleague]


@dataclass(frozen=True, slots=True)
class Offer:
    """What the menus of a ticket's properties and its composer offer."""

    statuses: list[Status]
    priorities: list[Priority]
    kinds: list[Kind]
    teams: list[Team]
    agents: list[Colleague]
    colleagues: list[Colleague]  # of other teams: to be asked, not to own


def offered_to(user: User, at_hand: AtHand) -> Offered:
    return Offered(
        teams_to=at_hand.teams_with(user, Right.MOVE_IN),
        teams_noting=at_hand.teams_with(user, Right.NOTE),
        statuses=at_hand.vocabulary.choosable_statuses,
        priorities=at_hand.vocabulary.choosable_priorities,
        agents=at_hand.colleagues(),
    )


def offer(user: User, ticket: Ticket, at_hand: AtHand) -> Offer:
    """The agents are those who can own the ticket."""
    everybody = at_hand.colleagues()
    own = {each.pk for each in everybody if at_hand.can_own(each, ticket.team_id)}
    return Offer(
        statuses=at_hand.vocabulary.choosable_statuses,
        priorities=at_hand.vocabulary.choosable_priorities,
        kinds=at_hand.vocabulary.choosable_kinds,
        teams=at_hand.teams_with(user, Right.MOVE_IN),
        agents=[each for each in everybody if each.pk in own],
        colleagues=[each for each in everybody if each.pk not in own],
    )
