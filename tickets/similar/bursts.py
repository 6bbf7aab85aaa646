"""Many alike reports in a short time: proposed to the team as a group, accepted or dismissed, never raised twice.

A burst is raised when enough different people report within the window what is alike to at least two other reports of
it, and that is more than the days before let expect. A report belongs to one burst for good (the database sees to it):
what was dismissed is not proposed again, while new reports may be.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets import live, permissions, telling
from tickets.errors import Refused
from tickets.groups import group_of, open_group
from tickets.models import Burst, BurstReport, GroupMembership, Likeness, Ticket, TicketGroup, User
from tickets.similar.titles import title_of

BASELINE = timedelta(days=6)  # before the window: how often such reports come anyway
SURPRISE = 0.01  # the chance that as many come by accident
MOST_NAMED = 12  # titles that a group's title is made of


def watch_for_burst(ticket: Ticket, words: Sequence[str] = ()) -> Burst | None:
    """The burst that the ticket belongs to, raised now or before. The caller holds the drain's lock."""
    if BurstReport.objects.filter(ticket=ticket).exists():
        return None
    alike = _alike_in_team(ticket)
    since = ticket.opened_at - window()
    near = {pk: opened for pk, opened in alike.items() if opened >= since}
    running = _running_burst(ticket, near)
    if running is not None:
        return _add_report(running, ticket)
    if len(near) < 2 or GroupMembership.objects.current().filter(ticket__in=[*near, ticket.pk]).exists():
        return None  # what is grouped already is proposed there
    told = set(BurstReport.objects.filter(ticket__in=near).values_list("ticket", flat=True))
    core = _core({pk for pk in near if pk not in told} | {ticket.pk})
    if ticket.pk not in core:
        return None
    reporters = _reporters(core)
    if reporters < settings.RADAR_BURST_REPORTERS or not is_surprising(
        reporters, earlier=len(alike) - len(near), window=window()
    ):
        return None
    return _raise_burst(ticket, core, words)


def window() -> timedelta:
    return timedelta(minutes=settings.RADAR_BURST_MINUTES)


def is_surprising(reports: int, *, earlier: int, window: timedelta) -> bool:
    """Whether so many in the window are more than chance, if they come as they came in the days before (Poisson)."""
    expected = max(earlier, 0.5) * (window / BASELINE)
    fewer = sum(math.exp(-expected + n * math.log(expected) - math.lgamma(n + 1)) for n in range(reports))
    return 1 - fewer < SURPRISE


def accept_burst(burst: Burst, *, by: User, title: str = "") -> TicketGroup:
    """Makes a group of all its reports that are in none. Whoever comes second gets the group that the first made.

    Raises Refused when it was dismissed, or no report is left to group.
    """
    with transaction.atomic():
        burst = lock_burst(burst)
        if burst.group is not None:
            return burst.group
        if not burst.is_proposed:
            raise Refused(_("This proposal was dismissed already."))
        reports = Ticket.objects.filter(burst_report__burst=burst, merged_into__isnull=True).select_related("team")
        tickets = [one for one in reports.order_by("pk") if permissions.can_group(by, one) and group_of(one) is None]
        if not tickets:
            raise Refused(_("None of these reports can be put into a group any more."))
        group = open_group(title.strip() or burst.title, team=burst.team, by=by, tickets=tickets, how=RADAR)
        _settle(burst, Burst.State.ACCEPTED, by=by, group=group)
    return group


def dismiss_burst(burst: Burst, *, by: User) -> Burst:
    """It is no fault of many. Raises Refused when a group was made of it meanwhile."""
    with transaction.atomic():
        burst = lock_burst(burst)
        if burst.group is not None:
            raise Refused(_("A group was made of it meanwhile: “%(group)s”.") % {"group": burst.group.title})
        if burst.is_proposed:
            _settle(burst, Burst.State.DISMISSED, by=by)
    return burst


def lock_burst(burst: Burst) -> Burst:
    """Its fresh row, locked until the transaction ends. Taken before tickets and groups."""
    Burst.objects.select_for_update(no_key=True).values_list("pk").get(pk=burst.pk)
    return Burst.objects.select_related("team", "group", "settled_by").get(pk=burst.pk)


RADAR = GroupMembership.How.RADAR


def _alike_in_team(ticket: Ticket) -> dict[int, datetime]:
    """The team's earlier tickets within window and baseline that are alike to it, with when they came."""
    pairs = Likeness.objects.filter(ticket=ticket, rejected_at__isnull=True, score__gte=least_likeness())
    others = Ticket.objects.filter(pk__in=pairs.values("other"), team=ticket.team_id, merged_into__isnull=True)
    since = ticket.opened_at - window() - BASELINE
    return dict(others.filter(opened_at__gte=since, opened_at__lte=ticket.opened_at).values_list("pk", "opened_at"))


def least_likeness() -> float:
    return float(settings.RADAR_BURST_LIKENESS) / 100


def _running_burst(ticket: Ticket, near: Mapping[int, datetime]) -> Burst | None:
    """The proposed burst with at least two reports alike to this one, the latest."""
    reports = BurstReport.objects.filter(ticket__in=near, burst__state=Burst.State.PROPOSED, burst__team=ticket.team_id)
    counts: dict[int, int] = {}
    for burst_id in reports.values_list("burst", flat=True):
        counts[burst_id] = counts.get(burst_id, 0) + 1
    fitting = [burst_id for burst_id, count in counts.items() if count >= 2]
    return Burst.objects.filter(pk__in=fitting).order_by("-raised_at").first()


def _core(ids: set[int]) -> set[int]:
    """Those that are alike to at least two others of the core."""
    pairs = Likeness.objects.filter(
        ticket__in=ids, other__in=ids, rejected_at__isnull=True, score__gte=least_likeness()
    ).values_list("ticket", "other")
    beside: dict[int, set[int]] = {pk: set() for pk in ids}
    for one, other in pairs:
        beside[one].add(other)
        beside[other].add(one)
    core = set(ids)
    while weak := {pk for pk in core if len(beside[pk] & core) < 2}:
        core -= weak
    return core


def _reporters(ids: Iterable[int]) -> int:
    """Different people; a ticket without a customer is somebody's too."""
    people = Ticket.objects.filter(pk__in=ids).values_list("pk", "customer")
    return len({("person", customer) if customer else ("ticket", pk) for pk, customer in people})


def _raise_burst(ticket: Ticket, core: set[int], words: Sequence[str]) -> Burst:
    reports = list(Ticket.objects.filter(pk__in=core).order_by("opened_at", "pk"))
    burst = Burst.objects.create(
        team_id=ticket.team_id,
        title=title_of([one.title for one in reports[:MOST_NAMED]])[:200],
        words=list(words),
        last_report_at=ticket.opened_at,
    )
    BurstReport.objects.bulk_create([BurstReport(burst=burst, ticket=one) for one in reports])
    telling.tell_team(ticket.team, telling.Kind.ALIKE, ticket=ticket, count=len(reports))
    live.tell_house("bursts")
    return burst


def _add_report(burst: Burst, ticket: Ticket) -> Burst | None:
    """A later report of the same; None when the burst was settled meanwhile."""
    burst = lock_burst(burst)
    if not burst.is_proposed:
        return None
    BurstReport.objects.create(burst=burst, ticket=ticket)
    burst.last_report_at = max(burst.last_report_at, ticket.opened_at)
    burst.save(update_fields=["last_report_at"])
    live.tell_house("bursts")
    return burst


def _settle(burst: Burst, state: Burst.State, *, by: User, group: TicketGroup | None = None) -> None:
    burst.state, burst.group, burst.settled_at, burst.settled_by = state, group, timezone.now(), by
    burst.save(update_fields=["state", "group", "settled_at", "settled_by"])
    live.tell_house("bursts")
