"""The list of groups, and finding one by what is typed; two queries for a page of the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, Q

from tickets.models import GroupEvent, GroupMembership, Status, Team, TicketGroup, User
from tickets.models.groups import TicketGroupQuerySet

LIST_SIZE = 40


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A row of the list of groups."""

    group: TicketGroup
    members: int
    waiting: int
    newest_at: datetime | None
    followed_up: int


def list_groups(
    user: User, *, is_open: bool, words: str = "", team: int | None = None, before: str = ""
) -> tuple[list[GroupLine], str]:
    """A page of the groups that the agent may open, the last changed first, and where the next page begins."""
    groups: TicketGroupQuerySet = TicketGroup.objects.worked_by(user)
    status = TicketGroup.Status.OPEN if is_open else TicketGroup.Status.CLOSED
    groups = groups.filter(status=status)
    if words:
        groups = groups.filter(title__icontains=words)
    if team is not None:
        groups = groups.filter(team=team)
    if (key := read_key(before)) is not None:
        moment, pk = key
        groups = groups.filter(Q(changed_at__lt=moment) | Q(changed_at=moment, pk__lt=pk))
    rows = list(groups.select_related("team", "owner").order_by("-changed_at", "-pk")[: LIST_SIZE + 1])
    page = rows[:LIST_SIZE]
    following = write_key(page[-1].changed_at, page[-1].pk) if len(rows) > LIST_SIZE else ""
    return _lines_of(page), following


def _lines_of(groups: Sequence[TicketGroup]) -> list[GroupLine]:
    """With their counts, in two queries."""
    inside = GroupMembership.objects.members().filter(group__in=groups)
    holds = Q(group_closed_at__isnull=True) | Q(group__status=TicketGroup.Status.CLOSED)
    waits = Q(ticket__closed_at__isnull=True, ticket__status__waits_for=Status.WaitsFor.US)
    counted = (
        inside.filter(holds)
        .order_by()
        .values("group")
        .annotate(members=Count("pk"), waiting=Count("pk", filter=waits), newest=Max("ticket__opened_at"))
    )
    counts = {row["group"]: row for row in counted}
    wrote = GroupEvent.objects.filter(
        group__in=groups, verb=GroupEvent.Verb.FOLLOWED_UP, recorded_at__gte=F("group__closed_at")
    )
    followed = dict(wrote.order_by().values_list("group").annotate(n=Count("ticket", distinct=True)))
    nothing: dict[str, Any] = {"members": 0, "waiting": 0, "newest": None}
    lines = []
    for group in groups:
        row: dict[str, Any] = counts.get(group.pk, nothing)  # type: ignore[assignment]  # a row of values()
        lines.append(
            GroupLine(group, row["members"], row["waiting"], row["newest"], followed_up=followed.get(group.pk, 0))
        )
    return lines


def count_open(user: User) -> int:
    """How many open groups the agent may open."""
    return TicketGroup.objects.worked_by(user).filter(status=TicketGroup.Status.OPEN).count()


def find_groups(words: str, *, by: User, most: int = 8) -> list[TicketGroup]:
    """Open groups that the agent may open, by words of their title or by their number; the last changed first."""
    words = words.replace("\x00", "").strip()[:100]
    groups = TicketGroup.objects.worked_by(by).filter(status=TicketGroup.Status.OPEN)
    number = words.lstrip("#")
    if number.isascii() and number.isdigit() and len(number) < 16:
        groups = groups.filter(Q(pk=int(number)) | Q(title__icontains=words))
    else:
        for word in words.split():
            groups = groups.filter(title__icontains=word)
    return list(groups.select_related("team").order_by("-changed_at", "-pk")[:most])


def group_of_text(text: str, *, by: User) -> TicketGroup | None:
    """The open group that a typed text names: by "#12 VPN", by its number, or by its whole title."""
    text = " ".join(text.replace("\x00", "").split())
    groups = TicketGroup.objects.worked_by(by).filter(status=TicketGroup.Status.OPEN)
    number = text.split(" ", 1)[0].removeprefix("#")
    if text.startswith("#") and number.isascii() and number.isdigit() and len(number) < 16:
        return groups.filter(pk=int(number)).first()
    return groups.filter(title__iexact=text).order_by("-changed_at", "-pk").first()


def teams_of(user: User) -> list[Team]:
    """The teams with groups that the agent may open, by name."""
    return list(Team.objects.filter(pk__in=TicketGroup.objects.worked_by(user).values("team")).order_by("name"))


# --- keys of pages ---------------------------------------------------------------------------------------------------


def write_key(moment: datetime, pk: int) -> str:
    return f"{moment.isoformat()}_{pk}"


def read_key(text: str) -> tuple[datetime, int] | None:
    """The keyset of a page; None when there is none or it is not ours."""
    moment, _separator, pk = text.rpartition("_")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 16):
        return None
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (at, int(pk)) if at.tzinfo else None
