"""Absences: who is away until when, who stands in, and where an absent owner's tickets go when the customer writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets import permissions
from tickets.errors import Refused
from tickets.lifecycle import assign_ticket, unassign_ticket
from tickets.models import Absence, Event, Message, Promise, Right, Team, Ticket, User, Verb

LONGEST_CHAIN = 3  # deputies' deputies followed
OWNER_AWAY = "owner_away"
MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class Handed:
    """A ticket that went to others while its owner was away."""

    ticket: Ticket
    event: Event


# --- setting and calling off -----------------------------------------------------------------------------------------


def set_absence(
    person: User, *, starts_at: datetime, ends_at: datetime, deputy: User | None, by: User
) -> tuple[Absence, list[Team]]:
    """The person is away then. Also returns the teams whose tickets the deputy could not take over."""
    if not (person.is_active and person.is_agent):
        raise Refused(_("%(name)s doesn't work here.") % {"name": person})
    if ends_at <= timezone.now():
        raise Refused(_("The absence would be over already."), field="ends_at")
    if ends_at <= starts_at:
        raise Refused(_("An absence ends after it starts."), field="ends_at")
    with transaction.atomic():
        # One at a time for each person, so that two deputies can't be set in a circle side by side.
        people = [person.pk, deputy.pk] if deputy is not None else [person.pk]
        list(User.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk"))
        if deputy is not None:
            _require_fit(deputy, person=person, starts_at=starts_at, ends_at=ends_at)
        try:
            with transaction.atomic():
                absence = Absence.objects.create(
                    user=person, starts_at=starts_at, ends_at=ends_at, deputy=deputy, made_by=by
                )
        except IntegrityError as error:
            if "absence_no_overlap" not in str(error):
                raise
            raise Refused(
                _("%(name)s already has an absence at that time. Call that off first.") % {"name": person},
                field="starts_at",
            ) from error
    return absence, uncovered_teams(person, deputy) if deputy else []


def end_absence(absence: Absence, *, by: User) -> Absence:
    """Calls off an absence that is to come; one that runs ends now."""
    with transaction.atomic():
        absence = Absence.objects.select_for_update(no_key=True).get(pk=absence.pk)
        now = timezone.now()
        if absence.cancelled_at is not None or absence.ends_at <= now:
            raise Refused(_("This absence is over already."))
        if absence.starts_at < now:
            absence.ends_at = now
            absence.save(update_fields=["ends_at"])
        else:
            absence.cancelled_at = now
            absence.save(update_fields=["cancelled_at"])
    return absence


def uncovered_teams(person: User, deputy: User) -> list[Team]:
    """The teams in which the person owns tickets and the deputy may not."""
    if deputy.is_admin:
        return []
    return [
        team
        for team in permissions.teams_with(person, Right.OWN)
        if not permissions.has_right(deputy, team.pk, Right.OWN)
    ]


def _require_fit(deputy: User, *, person: User, starts_at: datetime, ends_at: datetime) -> None:
    """A deputy works here, and is here himself, or has somebody who is: never in a circle."""
    if deputy.pk == person.pk:
        raise Refused(_("Somebody else has to stand in."), field="deputy")
    if not (deputy.is_active and deputy.is_agent):
        raise Refused(_("%(name)s doesn't work here, so can't stand in.") % {"name": deputy}, field="deputy")
    if not _is_covered(deputy, max(starts_at, timezone.now()), ends_at, met={person.pk}):
        raise Refused(
            _("%(name)s is away then too, and nobody stands in for both. Choose someone else.") % {"name": deputy},
            field="deputy",
        )


def _is_covered(deputy: User, starts_at: datetime, ends_at: datetime, *, met: set[int]) -> bool:
    """Whether the deputy is here all that time, or has somebody who is while he is not."""
    if not deputy.is_active or deputy.pk in met or len(met) > LONGEST_CHAIN:
        return False
    overlapping = (
        Absence.objects.valid()
        .select_related("deputy")
        .filter(user=deputy, starts_at__lt=ends_at, ends_at__gt=starts_at)
    )
    return all(
        each.deputy is not None
        and _is_covered(each.deputy, max(starts_at, each.starts_at), min(ends_at, each.ends_at), met=met | {deputy.pk})
        for each in overlapping
    )


# --- who is away -----------------------------------------------------------------------------------------------------


def mark_away(people: Iterable[User | None]) -> None:
    """Gives each of these people `away`: the absence that runs now, or None. One query for all."""
    found = [person for person in people if person is not None]
    running = {
        absence.user_id: absence
        for absence in Absence.objects.now().select_related("deputy").filter(user__in={person.pk for person in found})
    }
    for person in found:
        person.away = running.get(person.pk)  # type: ignore[attr-defined]  # for the templates


def absence_at(person: User, moment: datetime) -> Absence | None:
    """The absence of this person at that moment."""
    return Absence.objects.at(moment).select_related("deputy").filter(user=person).first()


def stand_in(person: User, *, team: Team | None = None, at: datetime | None = None) -> User | None:
    """Who stands in: the deputy, or the deputy's deputy where he is away too, three steps at most.

    With a team, only one who may own its tickets.
    """
    moment = at or timezone.now()
    met = {person.pk}
    absence = absence_at(person, moment)
    for _step in range(LONGEST_CHAIN):
        deputy = absence.deputy if absence is not None else None
        if deputy is None or not deputy.is_active or deputy.pk in met:
            return None
        met.add(deputy.pk)
        absence = absence_at(deputy, moment)
        if absence is None:
            fits = team is None or permissions.has_right(deputy, team.pk, Right.OWN)
            return deputy if fits else None
    return None


def absences_of(person: User) -> list[Absence]:
    """What runs and what is to come, in order of time."""
    found = Absence.objects.valid().select_related("deputy", "made_by").filter(user=person, ends_at__gt=timezone.now())
    return list(found.order_by("starts_at"))


def colleagues_away() -> list[Absence]:
    """Everybody's absences that run, or begin within the next weeks."""
    found = Absence.objects.valid().select_related("user", "deputy").filter(ends_at__gt=timezone.now())
    return list(found.order_by("starts_at")[:MOST_LISTED])


# --- what follows ----------------------------------------------------------------------------------------------------


def hand_over_if_owner_is_away(event: Event, ticket: Ticket) -> None:
    """The customer wrote on a ticket whose owner is away: it goes where the team's rule says, in the same transaction.

    The caller holds the lock. `ticket` gets its new owner too, since the caller goes on with it.
    """
    message = event.message
    if ticket.owner_id is None or message is None or message.sender != Message.Sender.CUSTOMER:
        return
    if message.is_automatic or message.is_unconfirmed:
        return
    rule = ticket.team.absent_owner
    if rule == Team.AbsentOwner.KEEP:
        return
    owner = ticket.owner
    assert owner is not None
    if owner.pk == event.by_id or absence_at(owner, timezone.now()) is None:
        return
    deputy = stand_in(owner, team=ticket.team) if rule == Team.AbsentOwner.DEPUTY else None
    if deputy is not None:
        fresh = assign_ticket(ticket, to=deputy, by=None, reason=OWNER_AWAY)
    else:
        fresh = unassign_ticket(ticket, by=None, reason=OWNER_AWAY)
    ticket.owner = fresh.owner
    ticket.responsible = fresh.responsible
    ticket.changed_at = fresh.changed_at


def handed_over(person: User) -> list[Handed]:
    """The tickets that went to others while the person was away, as long as he has not said that he has seen them."""
    absence = last_absence_to_catch_up(person)
    if absence is None:
        return []
    events = (
        Event.objects.filter(
            data__reason=OWNER_AWAY,
            data__before=person.pk,
            verb__in=[Verb.ASSIGNED, Verb.UNASSIGNED],
            recorded_at__gte=absence.starts_at,
            ticket__in=Ticket.objects.worked_by(person),
        )
        .select_related("ticket__owner", "ticket__status", "ticket__team", "ticket__customer")
        .order_by("-recorded_at")[:MOST_LISTED]
    )
    newest: dict[int, Handed] = {}
    for event in events:
        newest.setdefault(event.ticket_id, Handed(event.ticket, event))
    return list(newest.values())


def last_absence_to_catch_up(person: User) -> Absence | None:
    """The first absence that is over, or runs, and whose losses the person has not acknowledged yet."""
    return (
        Absence.objects.valid()
        .filter(user=person, starts_at__lte=timezone.now(), caught_up_at__isnull=True)
        .order_by("starts_at")
        .first()
    )


def catch_up(person: User) -> None:
    """The person has seen what went to others; nothing moves back by this."""
    with transaction.atomic():
        over = Absence.objects.valid().filter(user=person, ends_at__lte=timezone.now(), caught_up_at__isnull=True)
        over.update(caught_up_at=timezone.now())


def promises_of_absent(reader: User) -> list[Promise]:
    """Open promises of colleagues who are away, in the teams that the reader leads (the right all there)."""
    teams = permissions.teams_with(reader, Right.ALL)
    if not teams:
        return []
    away = Absence.objects.now().exclude(user=reader).values("user")
    found = (
        Promise.objects.open()
        .select_related("who", "asked_by", "ticket__customer", "ticket__team")
        .filter(who__in=away, ticket__team__in=teams)
    )
    return list(found.order_by("by_when")[:MOST_LISTED])
