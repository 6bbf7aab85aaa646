"""Who may do what. See = `visible_to(user)` on the querysets; do = `can_verb(user, thing)` here.

The same functions serve page, mail, API and socket. Rights are those of OTRS groups, per team.
An administrator may do everything; an agent without any right in a ticket's team may still read a
ticket that he owns, answers for or promised an answer on.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from tickets.errors import NotAllowed
from tickets.models import (
    GroupMembership,
    Membership,
    Message,
    Promise,
    Right,
    Role,
    Team,
    Ticket,
    TicketGroup,
    User,
)


@dataclass(frozen=True, slots=True)
class Sight:
    """The tickets that a person sees, and those of them that he sees from the inside."""

    seen: frozenset[int]
    inside: frozenset[int]


def has_right(user: User | None, team_id: int, right: Right) -> bool:
    """Whether the agent has this right, or all of them, in the team."""
    if user is None or not user.is_active or not user.is_agent:
        return False
    if user.is_admin:
        return True
    rights = user.rights_by_team.get(team_id, frozenset())
    return right in rights or Right.ALL in rights


def has_right_somewhere(user: User, right: Right) -> bool:
    """Whether the agent has the right in some team; asks nothing that was not read for this request anyway."""
    if not user.is_active or not user.is_agent:
        return False
    return user.is_admin or any(rights & {right, Right.ALL} for rights in user.rights_by_team.values())


def teams_with(user: User, right: Right) -> list[Team]:
    """The active teams in which the agent has the right, by name."""
    teams = Team.objects.filter(is_active=True)
    if not user.is_agent:
        return []
    if not user.is_admin:
        teams = teams.filter(memberships__user=user, memberships__rights__overlap=[right, Right.ALL])
    return list(teams.order_by("name").distinct())


def can_see(user: User | None, ticket: Ticket) -> bool:
    return Ticket.objects.visible_to(user).filter(pk=ticket.pk).exists()


def can_reply(user: User | None, ticket: Ticket) -> bool:
    """Answer the customer."""
    return has_right(user, ticket.team_id, Right.REPLY)


def can_pass_on(user: User | None, ticket: Ticket) -> bool:
    """Forward or redirect to somebody outside: it leaves the house like a reply."""
    return has_right(user, ticket.team_id, Right.REPLY)


def can_split(user: User | None, ticket: Ticket) -> bool:
    """Make a ticket of one of its messages: sees it from the inside, and may open tickets in some team."""
    return user is not None and can_see_internal(user, ticket) and has_right_somewhere(user, Right.CREATE)


def can_note(user: User | None, ticket: Ticket) -> bool:
    """Write an internal note; also allowed to whoever the ticket was given to or who promised."""
    return has_right(user, ticket.team_id, Right.NOTE) or _is_involved(user, ticket)


def can_assign(user: User | None, ticket: Ticket) -> bool:
    """Change owner, responsible or promise."""
    return has_right(user, ticket.team_id, Right.OWN)


def can_own(user: User, ticket: Ticket) -> bool:
    """Be made the owner or the responsible of it."""
    return has_right(user, ticket.team_id, Right.OWN)


def can_change_status(user: User | None, ticket: Ticket) -> bool:
    """Change status, kind, title, customer or participants."""
    return has_right(user, ticket.team_id, Right.REPLY) or has_right(user, ticket.team_id, Right.OWN)


def can_change_priority(user: User | None, ticket: Ticket) -> bool:
    return has_right(user, ticket.team_id, Right.PRIORITY)


def can_tag(user: User | None, ticket: Ticket) -> bool:
    return has_right(user, ticket.team_id, Right.NOTE)


def can_group(user: User | None, ticket: Ticket) -> bool:
    """Put it into a group of reports of one fault, and take it out again."""
    return has_right(user, ticket.team_id, Right.NOTE)


def can_open_group(user: User | None, team: Team) -> bool:
    """Open a group that the team looks after."""
    return team.is_active and has_right(user, team.pk, Right.NOTE)


def can_own_group(user: User, team: Team) -> bool:
    """Be made the owner of one of the team's groups."""
    return has_right(user, team.pk, Right.OWN)


def can_lead_group(user: User | None, group: TicketGroup) -> bool:
    """Change it, show its outage, close it and open it again: its owner, and who may own tickets in its team."""
    if user is None or not user.is_active or not user.is_agent:
        return False
    return user.pk == group.owner_id or has_right(user, group.team_id, Right.OWN)


def can_broadcast(user: User | None, group: TicketGroup) -> bool:
    """Write to all its reporters."""
    return has_right(user, group.team_id, Right.REPLY)


def can_merge(user: User | None, ticket: Ticket) -> bool:
    """Say that it is another ticket's twin, and take that back."""
    return can_change_status(user, ticket)


def can_move(user: User | None, ticket: Ticket, team: Team | None = None) -> bool:
    """Give the ticket to another team: the right to work on it here, and the right move-in there."""
    if not can_change_status(user, ticket):
        return False
    return team is None or has_right(user, team.pk, Right.MOVE_IN)


def can_create(user: User | None, team: Team) -> bool:
    return team.is_active and has_right(user, team.pk, Right.CREATE)


def can_accept(user: User | None, ticket: Ticket) -> bool:
    """Accept a stranger's message into the ticket."""
    return has_right(user, ticket.team_id, Right.REPLY)


def can_write_as_customer(user: User | None, ticket: Ticket) -> bool:
    """Add a message from the portal: whoever sees the ticket as a customer does."""
    return user is not None and user.is_active and can_see(user, ticket)


def can_close_as_customer(user: User | None, ticket: Ticket) -> bool:
    """Say in the portal that it is solved: the customer himself, while the ticket is open."""
    return user is not None and user.is_active and user.pk == ticket.customer_id and ticket.is_open


def can_see_internal(user: User | None, ticket: Ticket) -> bool:
    """See the ticket from the inside: notes, history, raw mails."""
    return Ticket.objects.worked_by(user).filter(pk=ticket.pk).exists()


def can_explain(user: User | None, ticket: Ticket) -> bool:
    """Ask why somebody sees the ticket: administrators, and who has all rights in its team."""
    return has_right(user, ticket.team_id, Right.ALL)


def who_works_on(ticket: Ticket) -> QuerySet[User]:
    """Everybody who sees the ticket from the inside: `TicketQuerySet.worked_by`, asked the other way round."""
    members = ticket.team.memberships.filter(rights__overlap=[Right.READ, Right.ALL]).values("user")
    promised = ticket.promises.filter(state__in=["asked", "accepted"]).values("who")
    own = [pk for pk in (ticket.owner_id, ticket.responsible_id) if pk]
    involved = Q(pk__in=members) | Q(pk__in=promised) | Q(pk__in=own)
    admins = Q(roles__contains=[Role.ADMIN])
    return User.objects.filter(is_active=True).filter(admins | (Q(roles__contains=[Role.AGENT]) & involved))


def who_works_on_group(group: TicketGroup) -> QuerySet[User]:
    """Everybody who may open the group: `TicketGroupQuerySet.worked_by`, asked the other way round."""
    reading = [Right.READ, Right.ALL]
    held = GroupMembership.objects.current().filter(group=group).order_by()
    in_team = Membership.objects.filter(
        user=OuterRef("pk"), rights__overlap=reading, team__in=held.values("ticket__team")
    )
    own = held.filter(Q(ticket__owner=OuterRef("pk")) | Q(ticket__responsible=OuterRef("pk")))
    promised = Promise.objects.filter(
        who=OuterRef("pk"), state__in=["asked", "accepted"], ticket__in=held.values("ticket")
    )
    members = group.team.memberships.filter(rights__overlap=reading).values("user")
    involved = Q(pk__in=members) | Q(pk=group.owner_id) | Exists(in_team) | Exists(own) | Exists(promised)
    admins = Q(roles__contains=[Role.ADMIN])
    return User.objects.filter(is_active=True).filter(admins | (Q(roles__contains=[Role.AGENT]) & involved))


def can_set_absence(user: User | None, person: User) -> bool:
    """One's own, and anybody's for an administrator."""
    return user is not None and user.is_active and user.is_agent and (user.pk == person.pk or user.is_admin)


def who_sees(people: Collection[User], ticket_ids: Collection[int]) -> dict[int, Sight]:
    """Which of the tickets each of the people sees, by person; the same answer as `visible_to` and `worked_by`.

    One query for all who may read the ticket's team; only the others are asked for one by one.
    """
    teams = dict(Ticket.objects.filter(pk__in=ticket_ids).values_list("pk", "team_id")) if ticket_ids else {}
    sights = {}
    for user in people:
        inside = {pk for pk, team_id in teams.items() if has_right(user, team_id, Right.READ)}
        seen = set(inside)
        if rest := teams.keys() - inside:
            unsure = Ticket.objects.filter(pk__in=rest)
            if user.is_agent:
                inside |= set(unsure.worked_by(user).values_list("pk", flat=True))
            seen = inside | set(unsure.visible_to(user).values_list("pk", flat=True))
        sights[user.pk] = Sight(frozenset(seen), frozenset(inside))
    return sights


def who_opens(people: Collection[User], group_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Which of the groups each of the people may open, by person; the same answer as `TicketGroup.worked_by`."""
    if not group_ids:
        return {user.pk: frozenset() for user in people}
    asked = TicketGroup.objects.filter(pk__in=group_ids)
    teams = dict(asked.values_list("pk", "team_id"))
    opens = {}
    for user in people:
        own = {pk for pk, team_id in teams.items() if has_right(user, team_id, Right.READ)}
        rest = asked.filter(pk__in=teams.keys() - own) if teams.keys() - own else asked.none()
        opens[user.pk] = frozenset(own | set(rest.worked_by(user).values_list("pk", flat=True)))
    return opens


def can_set_up(user: User | None) -> bool:
    """Set-up pages, account of mails, backlogs, quarantine, erasures."""
    return user is not None and user.is_active and user.is_admin


def can_manage_team_views(user: User | None, team: Team) -> bool:
    """Save, change and remove the views that everybody in the team has over his lists."""
    return has_right(user, team.pk, Right.ALL)


def can_handle_quarantine(user: User | None) -> bool:
    return user is not None and user.is_active and user.is_agent


def can_erase(user: User | None, message: Message) -> bool:
    """Ask for or approve the erasure of a message's content."""
    return can_set_up(user)


def require(allowed: bool) -> None:
    """Raises NotAllowed, with a sentence that says who can, unless `allowed`."""
    if not allowed:
        raise NotAllowed(_("You don't have the right to do this. Ask the team's leader or an administrator."))


def _is_involved(user: User | None, ticket: Ticket) -> bool:
    if user is None or not user.is_active or not user.is_agent:
        return False
    if user.pk in (ticket.owner_id, ticket.responsible_id):
        return True
    return ticket.promises.filter(who=user, state__in=["asked", "accepted"]).exists()
