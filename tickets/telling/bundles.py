"""The drain of notices by mail, and the tidying of old ones.

A person at a time: his row is locked (SKIP LOCKED), what is due is read again, one mail is put into the outbox and the
notices are marked in the same transaction. So a crash loses nothing and doubles nothing, and two workers never write to
one person side by side. The outbox then sends the mail by its own row.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tickets import waking
from tickets.models import Absence, Mute, Notice, NoticeChoices, OutboundMail, User
from tickets.people import bounced_addresses
from tickets.telling import letters
from tickets.telling.lines import Light, Thing, read_light, thing_of
from tickets.telling.sight import notices_of
from tickets.telling.times import BREATH, URGENT, When, held_until, when_of

MOST_AT_ONCE = 5000  # notices of one person in one mail; the rest go with the next

# Nobody looks for older ones: what happened stays in the history of tickets and groups.
SEEN_ARE_KEPT = timedelta(days=90)
UNSEEN_ARE_KEPT = timedelta(days=365)
TIDIED_AT_ONCE = 5000


def send_due_notices(limit: int = 500, *, now: datetime | None = None) -> int:
    """Writes the mails that are due, at most one for each person. Returns to how many people it wrote."""
    now = now or timezone.now()
    written = 0
    due = _pending().filter(mail_due_at__lte=now).order_by("user").values_list("user", flat=True).distinct()
    for user_id in list(due[:limit]):
        with transaction.atomic():
            people = User.objects.select_for_update(no_key=True, skip_locked=True)
            person = people.filter(pk=user_id).first()
            if person is not None and _write_to(person, now) is not None:
                written += 1
    return written


def _pending() -> QuerySet[Notice]:
    return Notice.objects.filter(mail_due_at__isnull=False, mail_done_at__isnull=True)


def _write_to(person: User, now: datetime) -> OutboundMail | None:
    """The caller holds the person's lock. None when there was nothing to tell after all."""
    choices = NoticeChoices.objects.filter(user=person).first() or NoticeChoices(user=person)
    # Locked in one order, since their reader may be marking them as seen at this moment.
    waiting = list(
        _pending()
        .filter(user=person)
        .order_by("pk")
        .select_for_update(no_key=True, of=("self",))
        .values_list("pk", "kind", "group", "team", "ticket", "seen_at", "mail_due_at", "mail_when")[:MOST_AT_ONCE]
    )
    due = [row for row in waiting if row[6] is not None and row[6] <= now]
    if not due:
        return None
    held = _hold(person, choices, ((row[0], row[1]) for row in due), now)
    ready = {row[0] for row in due} - held
    if not ready:
        return None
    # What waits in the same bundle goes along: news of one thing never come in two mails a minute apart.
    things = {thing_of(*row[2:5]) for row in due if row[0] in ready}
    ready |= {row[0] for row in waiting if row[7] == When.BUNDLED and thing_of(*row[2:5]) in things} - held
    rows = _still_told(person, choices, ready)
    mail = None
    if rows and person.email and not bounced_addresses([person.email]):
        mail = letters.write_letter(person, rows, now=now)
        NoticeChoices.objects.bulk_create([NoticeChoices(user=person)], ignore_conflicts=True)
        NoticeChoices.objects.filter(user=person).update(last_mail_at=now)
        waking.wake(waking.SEND_DUE_MAIL)
    told = {row.pk for row in rows} if mail is not None else set()
    _pending().filter(pk__in=ready - told).update(mail_done_at=now)
    marked = _pending().filter(pk__in=told).update(mail_done_at=now, mailed_in=mail)
    if marked != len(told):
        raise RuntimeError("notices were told by somebody else under the lock of their person")
    return mail


def _hold(person: User, choices: NoticeChoices, due: Iterable[tuple[int, str]], now: datetime) -> set[int]:
    """Puts off what has to wait for the person's rest; returns their ids."""
    zone = ZoneInfo(person.time_zone)
    absence = Absence.objects.at(now).filter(user=person).first()
    away_until = absence.ends_at if absence is not None else None
    breath = choices.last_mail_at + BREATH if choices.last_mail_at is not None else now
    later: dict[datetime, set[int]] = {}
    for pk, kind in due:
        until = held_until(kind, choices, zone, now=now, away_until=away_until)
        if until is None and breath > now:
            until = breath
        if until is not None:
            later.setdefault(until, set()).add(pk)
    for until, pks in later.items():
        _pending().filter(pk__in=pks).update(mail_due_at=until)
    return {pk for pks in later.values() for pk in pks}


def _still_told(person: User, choices: NoticeChoices, ready: set[int]) -> list[Light]:
    """Without what was seen meanwhile, what he no longer sees, no longer wants, or has muted since."""
    unseen = notices_of(person).filter(pk__in=ready, seen_at__isnull=True).order_by("-pk")
    muted: set[Thing] = set()
    for ticket, group in Mute.objects.filter(user=person).values_list("ticket", "group"):
        muted.add(thing_of(group, None, ticket))
    return [
        row
        for row in read_light(unseen)
        if when_of(row.kind, choices) != When.NEVER and (row.kind in URGENT or row.thing not in muted)
    ]


def tidy_notices(*, now: datetime | None = None) -> int:
    """Removes old notices, a few thousand at a time: seen ones after 90 days, unseen ones after a year."""
    now = now or timezone.now()
    seen = Notice.objects.filter(created_at__lt=now - SEEN_ARE_KEPT, seen_at__isnull=False)
    unseen = Notice.objects.filter(created_at__lt=now - UNSEEN_ARE_KEPT)
    removed = 0
    for old in (seen, unseen):
        with transaction.atomic():
            rows = old.order_by("created_at").select_for_update(skip_locked=True)
            pks = list(rows.values_list("pk", flat=True)[:TIDIED_AT_ONCE])
            removed += Notice.objects.filter(pk__in=pks).delete()[0]
    return removed
