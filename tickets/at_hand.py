"""The small tables that nearly every page needs, kept by this process while the database says that they stand.

Teams, rights, colleagues, absences and vocabularies change a few times a week and are read by every page. The database
renews a stamp in the transaction of each change (`Stamp`); reading it is one cheap question, so nothing here is ever
older than a query's answer would be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.utils import timezone

from tickets.models import Absence, Membership, Right, Role, Team, Ticket, User
from tickets.vocabulary import Vocabulary, read_vocabulary


@dataclass(frozen=True, slots=True)
class Colleague:
    """An active agent, as menus show one. `away`: the absence that runs now."""

    pk: int
    name: str
    email: str | None
    is_admin: bool
    away: Absence | None = None

    def __str__(self) -> str:
        return self.name or self.email or f"#{self.pk}"


@dataclass(frozen=True, slots=True)
class AtHand:
    """What was read under one stamp. Shared by all threads: nobody changes what is in it."""

    vocabulary: Vocabulary
    teams: list[Team]  # retired ones too, by name
    rights: dict[int, dict[int, frozenset[str]]]  # of each person with any: team to rights
    people: list[tuple[int, str, str | None, bool]]
    absences: dict[int, list[Absence]]  # those that run or are to come, by person

    def absence_of(self, person_id: int | None) -> Absence | None:
        """The absence of this person that runs now."""
        now = timezone.now()
        running = self.absences.get(person_id or 0, ())
        return next((each for each in running if each.starts_at <= now < each.ends_at), None)

    def colleagues(self) -> list[Colleague]:
        """Everybody who works here, by name, with his absence."""
        return [Colleague(*each, away=self.absence_of(each[0])) for each in self.people]

    def teams_with(self, user: User, right: Right) -> list[Team]:
        """The active teams in which the agent has the right, by name; see `permissions.teams_with`."""
        return [team for team in self.teams if team.is_active and self._has(user, team.pk, right)]

    def can_own(self, who: Colleague, team_id: int) -> bool:
        """Whether the colleague may be made the owner of the team's tickets."""
        rights = self.rights.get(who.pk, {}).get(team_id, frozenset())
        return who.is_admin or bool(rights & {Right.OWN, Right.ALL})

    def mark_away(self, people: Iterable[User | None]) -> None:
        """Gives each of these people `away`, as `absences.mark_away` does."""
        for person in people:
            if person is not None:
                person.away = self.absence_of(person.pk)  # type: ignore[attr-defined]  # for the templates

    def complete(self, ticket: Ticket) -> None:
        """Gives the ticket its kind, team, status and priority. One newer than what is at hand is read later."""
        vocabulary = self.vocabulary
        for name, rows in (
            ("kind", vocabulary.kinds),
            ("team", self.teams),
            ("status", vocabulary.statuses),
            ("priority", vocabulary.priorities),
        ):
            wanted = getattr(ticket, f"{name}_id")
            row = next((each for each in rows if each.pk == wanted), None)
            if row is not None:
                setattr(ticket, name, row)

    def _has(self, user: User, team_id: int, right: Right) -> bool:
        if not user.is_agent or user.is_admin:
            return user.is_admin
        return bool(user.rights_by_team.get(team_id, frozenset()) & {right, Right.ALL})


def read_at_hand() -> AtHand:
    """One short query while nothing has changed; a query for each table after a change."""
    global _kept
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM tickets_stamp")
        row = cursor.fetchone()
    stamp: UUID | None = row[0] if row else None
    kept = _kept
    if kept is not None and stamp is not None and kept[0] == stamp:
        return kept[1]
    found = _read()  # after the stamp: what is read may be newer than it, never older
    _kept = (stamp, found) if stamp is not None else None
    return found


_kept: tuple[UUID, AtHand] | None = None


def _read() -> AtHand:
    rights: dict[int, dict[int, frozenset[str]]] = defaultdict(dict)
    for user_id, team_id, held in Membership.objects.order_by().values_list("user", "team", "rights"):
        rights[user_id][team_id] = frozenset(held)
    agents = User.objects.filter(is_active=True, roles__overlap=[Role.AGENT, Role.ADMIN]).order_by("name")
    absences: dict[int, list[Absence]] = defaultdict(list)
    for absence in Absence.objects.valid().select_related("deputy").filter(ends_at__gt=timezone.now()):
        absences[absence.user_id].append(absence)
    return AtHand(
        read_vocabulary(),
        list(Team.objects.order_by("name")),
        dict(rights),
        [
            (pk, name, email, Role.ADMIN in roles)
            for pk, name, email, roles in agents.values_list("pk", "name", "email", "roles")
        ],
        dict(absences),
    )
