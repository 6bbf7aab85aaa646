"""Why somebody sees a ticket or does not, and what he may do with it, ground by ground.

It knows no rule of its own: grounds are the very conditions of `visible_to` and `worked_by`, asked one by one; which
rights would allow an act is found by asking `permissions` for a stand-in who has this one right and nothing else.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils.functional import Promise as LazyText
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tickets.access import TO
from tickets.configuration import line_of_right
from tickets.models import ConfigurationChange, Right, Role, Ticket, User
from tickets.models.tickets import grounds_of_agent, grounds_of_customer

# A ground, said when it applies and when it does not.
GROUNDS: dict[str, tuple[str | LazyText, str | LazyText]] = {
    "admin": (gettext_lazy("Is an administrator"), gettext_lazy("Is no administrator")),
    "team": (
        gettext_lazy("May read in the team %(team)s"),
        gettext_lazy("Has no right to read in the team %(team)s"),
    ),
    "owner": (gettext_lazy("Owns the ticket"), gettext_lazy("Does not own the ticket")),
    "responsible": (gettext_lazy("Is responsible for the ticket"), gettext_lazy("Is not responsible for the ticket")),
    "promise": (gettext_lazy("Promised the answer, or was asked to"), gettext_lazy("Has promised no answer on it")),
    "customer": (gettext_lazy("Is the ticket's customer"), gettext_lazy("Is not the ticket's customer")),
    "participant": (gettext_lazy("Takes part in the ticket"), gettext_lazy("Does not take part in the ticket")),
    "organisation": (
        gettext_lazy("Belongs to %(organisation)s, whose members see one another's tickets"),
        gettext_lazy("Belongs to no organisation that shares this ticket"),
    ),
}
# The acts in the order of the page; what `access` comes to know besides is listed behind them.
ACTS: dict[str, str | LazyText] = {
    "reply": gettext_lazy("Reply to the customer"),
    "note": gettext_lazy("Write an internal note"),
    "change_status": gettext_lazy("Change status, title, customer and participants"),
    "assign": gettext_lazy("Assign"),
    "change_priority": gettext_lazy("Change the priority"),
    "tag": pgettext_lazy("verb", "Tag"),
    "move": gettext_lazy("Move to another team"),
    "accept": gettext_lazy("Accept a stranger's message"),
    "explain": gettext_lazy("Ask why somebody sees it"),
}
SIGHTS = frozenset({"see", "see_internal", "write_as_customer", "close_as_customer"})


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason to see the ticket: whether it applies, in words, and the line of the set-up's history behind it."""

    key: str
    applies: bool
    words: str
    line: ConfigurationChange | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do with the ticket: whether he may, and why or why not."""

    verb: str
    words: str
    allowed: bool
    why: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole tree. `stop` is a sentence when a ground before all others decides: deactivated."""

    person: User
    ticket: Ticket
    sees: bool
    sees_inside: bool
    stop: str
    inside: list[Ground]
    outside: list[Ground]
    acts: list[Act]


def explain(person: User, ticket: Ticket) -> Explanation:
    """Every ground to see the ticket, whether it applies or not, and every act."""
    person = User.objects.select_related("organisation").get(pk=person.pk)
    return Explanation(
        person=person,
        ticket=ticket,
        sees=Ticket.objects.visible_to(person).filter(pk=ticket.pk).exists(),
        sees_inside=TO["see_internal"](person, ticket),
        stop="" if person.is_active else _("%(name)s is deactivated and sees nothing.") % {"name": person},
        inside=_grounds(person, ticket, _inside(person)),
        outside=_grounds(person, ticket, _outside(person)),
        acts=[_act(verb, person, ticket) for verb in _verbs()],
    )


def _inside(person: User) -> dict[str, Q | bool]:
    """The grounds of an agent; none of them counts for somebody who is no agent."""
    grounds: dict[str, Q | bool] = {"admin": person.is_admin}
    for key, ground in grounds_of_agent(person).items():
        grounds[key] = ground if person.is_agent else False
    return grounds


def _outside(person: User) -> dict[str, Q | bool]:
    """The grounds of a customer."""
    return {"organisation": False, **grounds_of_customer(person)}


def _grounds(person: User, ticket: Ticket, grounds: dict[str, Q | bool]) -> list[Ground]:
    asked = {key: ground for key, ground in grounds.items() if isinstance(ground, Q)}
    row = (
        Ticket.objects.filter(pk=ticket.pk)
        .annotate(
            **{f"by_{key}": ExpressionWrapper(ground, output_field=BooleanField()) for key, ground in asked.items()}
        )
        .values(*(f"by_{key}" for key in asked))
        .get()
    )
    found = []
    for key in GROUNDS:
        if key in grounds:
            ground = grounds[key]
            applies = ground if isinstance(ground, bool) else bool(row[f"by_{key}"])
            found.append(_ground(key, applies, person, ticket))
    return found


def _ground(key: str, applies: bool, person: User, ticket: Ticket) -> Ground:
    yes, no = GROUNDS[key]
    words = str(yes if applies else no) % {"team": ticket.team, "organisation": person.organisation or ""}
    line = None
    if applies and key == "team":
        membership = person.memberships.filter(team=ticket.team_id).first()
        line = line_of_right(membership, frozenset({Right.READ, Right.ALL})) if membership else None
    return Ground(key, applies, words, line)


def _verbs() -> list[str]:
    return [*ACTS, *(verb for verb in TO if verb not in ACTS and verb not in SIGHTS)]


def _act(verb: str, person: User, ticket: Ticket) -> Act:
    allowed = TO[verb](person, ticket)
    words = str(ACTS.get(verb, verb.replace("_", " ")))
    return Act(verb, words, allowed, _why(verb, person, ticket, allowed=allowed))


def _why(verb: str, person: User, ticket: Ticket, *, allowed: bool) -> str:
    if not person.is_active:
        return _("is deactivated")
    if not person.is_agent:
        return _("is no agent")
    if allowed and person.is_admin:
        return _("administrators may do everything")
    rights = enough_rights(verb, ticket)
    had = person.rights_by_team.get(ticket.team_id, frozenset())
    if allowed:
        own = [str(right.label) for right in rights if right in had]
        if own:
            return _("has the right %(right)s") % {"right": ", ".join(own)}
        return _("the ticket is his own, or he promised the answer")
    return _("needs the right %(rights)s") % {"rights": get_text_list([str(right.label) for right in rights], _("or"))}


def enough_rights(verb: str, ticket: Ticket) -> list[Right]:
    """The rights each of which alone allows the act, found by asking the rule for somebody with only this one."""
    return [right for right in Right if TO[verb](_stand_in(ticket, right), ticket)]


def _stand_in(ticket: Ticket, right: Right) -> User:
    """An agent who is nobody on the ticket and has one right in its team. He is never stored."""
    person = copy.copy(NOBODY)
    person.rights_by_team = {ticket.team_id: frozenset({str(right)})}
    return person


NOBODY = User(pk=0, name="", roles=[Role.AGENT], is_active=True)
