"""A tag as a list to be worked: how many tickets are open, the oldest, whether there are more or fewer than before.

Each figure is read from one index of the tags on tickets, which knows the ticket's team, when it was opened and whether
it is open: the count reads the open entries alone, the trend those of two weeks. Closed tickets of years cost nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from tickets.conditions.folding import fold, pattern_of
from tickets.models import Promise, Right, Tag, Ticket, TicketTag, User
from tickets.models.tickets import TicketQuerySet

DAYS = 14  # of the trend: the last seven, and the seven before
WEEK = 7
PAGE = 50
MOST_TAGS = 5000  # tags without open tickets that are put in order


@dataclass(slots=True)
class TagFigures:
    """What the reader works on of a tag. `days`: how many tickets came on each of the last days, today last."""

    tag: Tag
    open: int = 0
    oldest: datetime | None = None
    days: list[int] = field(default_factory=lambda: [0] * DAYS)

    @property
    def week(self) -> int:
        return sum(self.days[-WEEK:])

    @property
    def week_before(self) -> int:
        return sum(self.days[:-WEEK])

    @property
    def change(self) -> int:
        return self.week - self.week_before


@dataclass(frozen=True, slots=True)
class TagPage:
    """Some of the tags in their order; `after` is the place from which the next page goes on, "" at the end."""

    rows: list[TagFigures]
    after: str
    total: int


def list_tags(user: User, *, words: str = "", by_name: bool = False, after: str = "") -> TagPage:
    """The tags that are offered or still have open tickets: those with the most first, or by name."""
    open_ones = _count_open(_worked_rows(user).filter(is_open=True))
    tags = Tag.objects.filter(synonym_of__isnull=True).filter(Q(is_active=True) | Q(pk__in=list(open_ones)))
    if words := fold(" ".join(words.replace("\x00", "").split()).lstrip("#")):
        fits = pattern_of(words)
        other = Tag.objects.filter(synonym_of__isnull=False, name__regex=fits).values("synonym_of")
        tags = tags.filter(Q(name__regex=fits) | Q(description__regex=fits) | Q(pk__in=other))
    named = tags.order_by("name").values_list("pk", "name")
    worked, rest = named.filter(pk__in=list(open_ones)), named.exclude(pk__in=list(open_ones))[:MOST_TAGS]
    names = {pk: fold(name) for rows in (worked, rest) for pk, name in rows}
    order = sorted(names, key=lambda pk: (0 if by_name else -open_ones.get(pk, (0, None))[0], names[pk], pk))
    start = order.index(int(after)) + 1 if after.isascii() and after.isdigit() and int(after) in names else 0
    shown = order[start : start + PAGE]
    found = Tag.objects.select_related("team", "owner").prefetch_related("synonyms").in_bulk(shown)
    rows = [TagFigures(found[pk], *open_ones.get(pk, (0, None))) for pk in shown]
    _add_days(rows, user)
    return TagPage(rows, str(shown[-1]) if len(order) > start + PAGE else "", len(order))


def figures_of(tag: Tag, user: User) -> TagFigures:
    """One tag alone."""
    counted = _count_open(_worked_rows(user).filter(is_open=True, tag=tag))
    row = TagFigures(tag, *counted.get(tag.pk, (0, None)))
    _add_days([row], user)
    return row


def oldest_of(tag: Tag, user: User) -> Ticket | None:
    """The open ticket that has had it longest."""
    rows = _worked_rows(user).filter(is_open=True, tag=tag).order_by("opened_at")
    return Ticket.objects.filter(pk__in=rows.values("ticket")[:1]).first()


def _count_open(rows: QuerySet[TicketTag]) -> dict[int, tuple[int, datetime | None]]:
    counted = rows.order_by().values_list("tag").annotate(n=Count("pk"), oldest=Min("opened_at"))
    return {tag: (n, oldest) for tag, n, oldest in counted}


def _add_days(rows: Sequence[TagFigures], user: User) -> None:
    today = timezone.localdate()
    first = today - timedelta(days=DAYS - 1)
    since = timezone.make_aware(datetime.combine(first, time.min))
    by_tag = {row.tag.pk: row for row in rows}
    counted = (
        _worked_rows(user, since)
        .filter(tag__in=list(by_tag), opened_at__gte=since)
        .order_by()
        .values_list("tag", TruncDate("opened_at"))
        .annotate(n=Count("pk"))
    )
    for tag, day, n in counted:
        place = _place(day, first)
        if 0 <= place < DAYS:
            by_tag[tag].days[place] += n


def _place(day: date, first: date) -> int:
    return (day - first).days


def _worked_rows(user: User, since: datetime | None = None) -> QuerySet[TicketTag]:
    """The tags on tickets that the agent works on, as `TicketQuerySet.worked_by` has it; of the index where it can be.

    `since`: those opened from then on, else the open ones, so that an agent's own of many years need not be read.
    """
    rows = TicketTag.objects.all()
    if not user.is_active or not user.is_agent:
        return rows.none()
    if user.is_admin:
        return rows
    teams = [team for team, rights in user.rights_by_team.items() if rights & {Right.READ, Right.ALL}]
    return rows.filter(Q(team__in=teams) | Q(ticket__in=_own_elsewhere(user, teams, since).values("pk")))


def _own_elsewhere(user: User, teams: Collection[int], since: datetime | None) -> TicketQuerySet:
    promised = Promise.objects.open().filter(who=user).values("ticket")
    own = Ticket.objects.exclude(team__in=teams).filter(Q(owner=user) | Q(responsible=user) | Q(pk__in=promised))
    return own.filter(opened_at__gte=since) if since else own.open()
