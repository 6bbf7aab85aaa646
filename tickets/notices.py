"""The bell: what is new, a line for each ticket, group or team, and what of it has been seen.

Notices are written by `tickets.telling`; they are shown only while their reader sees what they are about.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Case, F, Q, QuerySet, When
from django.utils import timezone

from tickets import live
from tickets.models import Notice, Ticket, TicketGroup, User
from tickets.telling.lines import Light, NoticeLine, fold, read_light
from tickets.telling.sight import notices_of

__all__ = ["NoticeLine", "Page", "count_unseen", "mark_seen", "newest", "notices_of", "read_page"]

MOST_COUNTED = 100
PAGE_SIZE = 30  # lines
LOOKED_THROUGH = 1000  # notices, for the lines of one page
IN_THE_MENU = 8  # lines
LOOKED_THROUGH_FOR_MENU = 300


@dataclass(frozen=True, slots=True)
class Page:
    """Some of somebody's notices, folded into lines, and the cursor of those before them; 0 at the end."""

    lines: list[NoticeLine]
    older: int


def count_unseen(user: User) -> int:
    """How many tickets, groups and teams have unseen news; at most MOST_COUNTED."""
    return unseen_things(user).count()


def unseen_things(user: User) -> QuerySet[Any]:
    """A row for each of them: for pages that count several things in one query."""
    of_ticket = Case(When(Q(group__isnull=True, team__isnull=True), then=F("ticket")))
    things = notices_of(user).filter(seen_at__isnull=True).order_by().values("group", "team", thing=of_ticket)
    return things.distinct()[:MOST_COUNTED]


def newest(user: User) -> list[NoticeLine]:
    """The lines with the newest notices, for the bell's menu."""
    rows = read_light(notices_of(user).order_by("-pk")[:LOOKED_THROUGH_FOR_MENU])
    return fold(_of_first_things(rows, IN_THE_MENU)[0])


def read_page(user: User, *, before: int = 0, only_unseen: bool = False) -> Page:
    """A page of lines, the newest first; `before` is the cursor of the page read last.

    A line tells of one stretch of time: what came on the same ticket long before is a line of an older page.
    """
    found = notices_of(user)
    if only_unseen:
        found = found.filter(seen_at__isnull=True)
    if before:
        found = found.filter(pk__lt=before)
    rows = read_light(found.order_by("-pk")[: LOOKED_THROUGH + 1])
    kept, is_cut = _of_first_things(rows[:LOOKED_THROUGH], PAGE_SIZE)
    has_more = is_cut or len(rows) > LOOKED_THROUGH
    return Page(fold(kept), older=kept[-1].pk if kept and has_more else 0)


def _of_first_things(rows: list[Light], most: int) -> tuple[list[Light], bool]:
    """The rows before the one that would begin a line too many; and whether there is one."""
    things = set()
    for number, row in enumerate(rows):
        things.add(row.thing)
        if len(things) > most:
            return rows[:number], True
    return rows, False


def mark_seen(
    user: User,
    *,
    ticket: Ticket | None = None,
    group: TicketGroup | None = None,
    only: Iterable[int] | None = None,
    thing: tuple[str, int] | None = None,
    until: datetime | None = None,
) -> int:
    """The person has seen what is new: on one ticket, in one group, these notices, of one line, or all of it.

    `until`: only what came no later.
    """
    unseen = Notice.objects.filter(user=user, seen_at__isnull=True)
    if ticket is not None:
        unseen = unseen.filter(ticket=ticket, group__isnull=True)
    if group is not None:
        unseen = unseen.filter(group=group)
    if only is not None:
        unseen = unseen.filter(pk__in=list(only))
    if thing is not None:
        unseen = _of_thing(unseen, *thing)
    if until is not None:
        unseen = unseen.filter(created_at__lte=until)
    seen = _mark(unseen)
    if seen:
        live.tell_people([user.pk], "notices")
    return seen


def _mark(unseen: QuerySet[Notice]) -> int:
    """Locks the rows in one order, as the drain of the mails does: two who want the same ones wait, never deadlock.

    One statement that is its own transaction; Django would have its lock only inside a longer one.
    """
    rows, params = unseen.order_by("pk").values("pk").query.sql_with_params()
    update = f"UPDATE tickets_notice SET seen_at = %s WHERE id IN ({rows} FOR NO KEY UPDATE)"  # noqa: S608 no words of a user's
    with connection.cursor() as cursor:
        cursor.execute(update, [timezone.now(), *params])
        return int(cursor.rowcount)


def _of_thing(notices: QuerySet[Notice], kind: str, pk: int) -> QuerySet[Notice]:
    if kind == "group":
        return notices.filter(group=pk)
    if kind == "team":
        return notices.filter(group__isnull=True, team=pk)
    return notices.filter(group__isnull=True, team__isnull=True, ticket=pk)
