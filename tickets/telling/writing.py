"""Notices are written: one row for each who hears, in the transaction of the act, in a bounded number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from tickets import live, permissions, waking
from tickets.absences import LONGEST_CHAIN
from tickets.models import (
    Absence,
    Event,
    GroupEvent,
    Mute,
    Notice,
    NoticeChoices,
    Right,
    Team,
    Ticket,
    TicketGroup,
    User,
)
from tickets.telling.choices import choices_of_all
from tickets.telling.hearing import listeners_in, who_hears, who_hears_of_group
from tickets.telling.times import URGENT, When, first_due, when_of

Kind = Notice.Kind

# What somebody's deputy hears of as well, where he who is away wants it so.
FOR_THE_DEPUTY = frozenset(
    {
        Kind.ASSIGNED, Kind.MENTIONED, Kind.CUSTOMER_WROTE, Kind.RELEASE_ASKED, Kind.FOLLOWED_UP,
        Kind.PROMISE_ASKED, Kind.PROMISE_PROPOSED, Kind.PROMISE_DECLINED, Kind.PROMISE_DUE, Kind.PROMISE_LATE,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class About:
    """What a notice is about, and from which line of which history it comes."""

    ticket: Ticket | None = None
    group: TicketGroup | None = None
    team: Team | None = None
    event: Event | None = None
    group_event: GroupEvent | None = None
    by: User | None = None
    count: int = 1


def tell_event(event: Event) -> list[Notice]:
    """A line of a ticket's history is told to those whom it concerns."""
    return _write(who_hears(event), About(ticket=event.ticket, event=event, by=event.by))


def tell_group_event(event: GroupEvent) -> list[Notice]:
    """A line of a group's history is told to those who lead, follow and work on it."""
    hearers = who_hears_of_group(event)
    return _write(hearers, About(ticket=event.ticket, group=event.group, group_event=event, by=event.by))


def tell(
    people: Iterable[User],
    kind: Kind,
    *,
    ticket: Ticket | None = None,
    group: TicketGroup | None = None,
    by: User | None = None,
    count: int = 1,
) -> list[Notice]:
    """Tells these people what is no line of a history; nobody of what he did himself, nor of what he does not see.

    `count`: how many things the one line speaks of, such as the alike reports of a burst. Belongs inside the act's
    transaction.
    """
    wanted = {person.pk for person in people} - ({by.pk} if by is not None else set())
    return _tell(wanted, kind, About(ticket=ticket, group=group, by=by, count=count))


def tell_team(
    team: Team,
    kind: Kind,
    *,
    ticket: Ticket | None = None,
    group: TicketGroup | None = None,
    by: User | None = None,
    count: int = 1,
) -> list[Notice]:
    """The same to those who may reply in the team's tickets."""
    wanted = listeners_in(team) - ({by.pk} if by is not None else set())
    of_team = team if ticket is None and group is None else None
    return _tell(wanted, kind, About(ticket=ticket, group=group, team=of_team, by=by, count=count))


def _tell(wanted: set[int], kind: Kind, about: About) -> list[Notice]:
    if not wanted:
        return []
    seeing = _who_see(wanted, about)
    return _write([(user, kind) for user in seeing], about)


def _who_see(wanted: set[int], about: About) -> list[User]:
    if about.group is not None:
        found = permissions.who_works_on_group(about.group)
    elif about.ticket is not None:
        found = permissions.who_works_on(about.ticket)
    else:
        assert about.team is not None, "a notice is about a ticket, a group or a team"
        found = User.objects.filter(
            is_active=True, memberships__team=about.team, memberships__rights__overlap=[Right.READ, Right.ALL]
        )
    return list(found.filter(pk__in=wanted).order_by("pk"))


def _write(hearers: list[tuple[User, Kind]], about: About) -> list[Notice]:
    """One query each for choices, mutes, absences and the rows; up to four more where deputies hear as well."""
    if not hearers:
        return []
    if not connection.in_atomic_block:
        raise RuntimeError("notices belong inside the transaction of the act they tell of")
    now = timezone.now()
    muted = _muted({user.pk for user, _kind in hearers}, about)
    hearers = [(user, kind) for user, kind in hearers if kind in URGENT or user.pk not in muted]
    choices = choices_of_all(user for user, _kind in hearers)
    notices = [_notice(user, kind, about, choices[user.pk], now) for user, kind in hearers]
    notices += _for_deputies(hearers, about, choices, now)
    made = Notice.objects.bulk_create(notices)
    live.tell_people({notice.user_id for notice in made}, "notices")
    if any(notice.mail_when == When.NOW for notice in made):
        waking.wake(waking.SEND_DUE_NOTICES)
    return made


def _notice(
    user: User, kind: Kind, about: About, choices: NoticeChoices, now: datetime, *, stands_for: User | None = None
) -> Notice:
    when = when_of(kind, choices)
    return Notice(
        user=user,
        kind=kind,
        ticket=about.ticket,
        group=about.group,
        team=about.ticket.team if kind == Kind.NEW_IN_TEAM and about.ticket is not None else about.team,
        event=about.event,
        group_event=about.group_event,
        by=about.by,
        count=about.count,
        stands_for=stands_for,
        created_at=now,
        mail_when=when,
        mail_due_at=first_due(when, choices, ZoneInfo(user.time_zone), now),
    )


def _muted(people: set[int], about: About) -> set[int]:
    mutes = Mute.objects.filter(user__in=people)
    of_this = mutes.filter(group=about.group) if about.group is not None else mutes.filter(ticket=about.ticket)
    return set(of_this.values_list("user", flat=True)) if about.group or about.ticket else set()


# --- deputies --------------------------------------------------------------------------------------------------------


def _for_deputies(
    hearers: list[tuple[User, Kind]], about: About, choices: dict[int, NoticeChoices], now: datetime
) -> list[Notice]:
    """A second notice, to the deputy of whoever is away and wants it so; by the deputy's own choices."""
    wishing = {
        user.pk: (user, kind)
        for user, kind in hearers
        if kind in FOR_THE_DEPUTY and choices[user.pk].when_away == NoticeChoices.WhenAway.DEPUTY
    }
    deputies = _stand_ins(set(wishing), now) if wishing else {}
    told = {user.pk for user, _kind in hearers} | ({about.by.pk} if about.by is not None else set())
    wanted: dict[int, tuple[User, Kind]] = {}
    for user_id, deputy_id in sorted(deputies.items()):
        if deputy_id not in told:
            wanted.setdefault(deputy_id, wishing[user_id])
    if not wanted:
        return []
    seeing = _who_see(set(wanted), about)
    theirs = choices_of_all(seeing)
    return [
        _notice(deputy, wanted[deputy.pk][1], about, theirs[deputy.pk], now, stands_for=wanted[deputy.pk][0])
        for deputy in seeing
    ]


def _stand_ins(people: set[int], now: datetime) -> dict[int, int]:
    """Who stands in for each of those who are away, over at most three steps; one query a step, for all at once."""
    found: dict[int, int] = {}
    heads = {person: person for person in people}  # where each one's chain has got to
    for step in range(LONGEST_CHAIN + 1):
        away = dict(Absence.objects.at(now).filter(user__in=set(heads.values())).values_list("user", "deputy"))
        here = {person: head for person, head in heads.items() if head not in away}
        if step:
            found |= here
        heads = {person: away[head] for person, head in heads.items() if away.get(head) not in (None, person)}
        if not heads:
            break
    return found
