"""What somebody wants by mail and when, as he chose it on his page of notices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tickets import permissions
from tickets.errors import Refused
from tickets.models import Notice, NoticeChoices, Right, Team, User
from tickets.telling.times import DEFAULTS, URGENT, When, when_of

Kind = Notice.Kind

BUNDLE_MINUTES = (5, 15, 30, 60)


def choices_of(person: User) -> NoticeChoices:
    """The person's choices; the defaults, unsaved, for whoever never chose."""
    return NoticeChoices.objects.filter(user=person).first() or NoticeChoices(user=person)


def teams_of(person: User) -> list[int]:
    """The teams of whose new tickets the person wants to hear."""
    return list(NoticeChoices.teams.through.objects.filter(noticechoices=person.pk).values_list("team", flat=True))


def choices_of_all(people: Iterable[User]) -> dict[int, NoticeChoices]:
    """Those of several people in one query."""
    people = list(people)
    known = NoticeChoices.objects.in_bulk([person.pk for person in people])
    return {person.pk: known.get(person.pk) or NoticeChoices(user=person) for person in people}


def when_for(person: User, kind: Kind) -> When:
    """When the person gets this kind by mail."""
    return when_of(kind, choices_of(person))


def offered(kind: str) -> tuple[When, ...]:
    """What may be chosen: what is urgent never waits, but nobody has to have it by mail."""
    return (When.NOW, When.NEVER) if kind in URGENT else tuple(When)


def save_choices(
    person: User,
    *,
    by_kind: Mapping[str, str],
    bundle_minutes: int,
    daily_at: time,
    quiet: tuple[time, time] | None,
    is_quiet_for_urgent: bool,
    when_away: str,
    is_mail_off: bool,
    teams: Collection[Team],
) -> NoticeChoices:
    """The person's own choices, all of them. Kinds left out, and those chosen like the default, follow the default."""
    for kind, when in by_kind.items():
        if kind not in Kind.values or when not in offered(kind):
            raise Refused(_("Choose one of the times offered."), field="by_kind")
    if bundle_minutes not in BUNDLE_MINUTES:
        raise Refused(_("Choose one of the times offered."), field="bundle_minutes")
    if when_away not in NoticeChoices.WhenAway.values:
        raise Refused(_("Choose one of the ways offered."), field="when_away")
    if quiet is not None and quiet[0] == quiet[1]:
        raise Refused(_("Quiet hours have a beginning and another time as their end."), field="quiet_until")
    for team in teams:
        if not permissions.has_right(person, team.pk, Right.READ):
            raise Refused(_("You don't see the tickets of %(team)s.") % {"team": team}, field="teams")
    with transaction.atomic():
        choices = _locked(person)
        choices.by_kind = {
            kind: str(when) for kind, when in by_kind.items() if when != DEFAULTS.get(kind, When.BUNDLED)
        }
        choices.bundle_minutes = bundle_minutes
        choices.daily_at = daily_at
        choices.quiet_from, choices.quiet_until = quiet or (None, None)
        choices.is_quiet_for_urgent = is_quiet_for_urgent
        choices.when_away = when_away
        choices.is_mail_off = is_mail_off
        choices.save()
        choices.teams.set(teams)
    return choices


def switch_off(person: User, *, kinds: Collection[str] | None = None) -> NoticeChoices:
    """No more mails of these kinds; without any, none at all. The bell goes on. Twice is once."""
    with transaction.atomic():
        choices = _locked(person)
        if kinds is None:
            choices.is_mail_off = True
        else:
            never: dict[str, Any] = {kind: str(When.NEVER) for kind in kinds if kind in Kind.values}
            choices.by_kind = {**choices.by_kind, **never}
        choices.save()
    return choices


def _locked(person: User) -> NoticeChoices:
    """The person's row, made if there was none and held until the transaction ends."""
    NoticeChoices.objects.bulk_create([NoticeChoices(user=person)], ignore_conflicts=True)
    return NoticeChoices.objects.select_for_update(no_key=True).get(user=person)
