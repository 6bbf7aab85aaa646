"""Planned shifts, read from a file, and how far agents kept to them. A loan rewrites the plan: it was our wish."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from contactcenter import clock, permissions
from contactcenter.log import Verb, record
from contactcenter.models import Activity, ActivityInterval, Agent, Loan, Shift
from contactcenter.service_levels import Span, adherence, replan
from tickets.errors import NotAllowed, Refused
from tickets.models import User

COLUMNS = ("agent", "from", "to", "activity")
MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Kept:
    """An agent's planned seconds in a span, what he did of them, and the share. None without a plan."""

    agent: Agent
    planned: float
    kept: float
    share: float | None


def adherences(agents: Iterable[Agent], start: datetime, end: datetime) -> list[Kept]:
    """How far each of these agents kept to his plan between the two moments, up to now. In four queries."""
    end = min(end, clock.now())
    people = {agent.pk: agent for agent in agents}
    plans: dict[int, list[Span]] = defaultdict(list)
    for shift in Shift.objects.filter(agent__in=people, starts_at__lt=end, ends_at__gt=start).select_related(
        "activity"
    ):
        if span := _cut(shift.starts_at, shift.ends_at, shift.activity.code, start, end):
            plans[shift.agent_id].append(span)
    loans = Loan.objects.filter(agent__in=plans, active_at__lt=end).exclude(ended_at__lte=start)
    for loan in loans.order_by("active_at"):
        assert loan.active_at is not None  # filtered
        if span := _cut(loan.active_at, loan.ended_at or end, Activity.READY, start, end):
            plans[loan.agent_id] = replan(plans[loan.agent_id], span)
    did: dict[int, list[Span]] = defaultdict(list)
    intervals = ActivityInterval.objects.filter(agent__in=plans, during__overlap=(start, end))
    for one in intervals.values_list("agent", "activity__code", "during"):
        agent, code, during = one
        if span := _cut(during.lower, during.upper or end, code, start, end):
            did[agent].append(span)
    found = []
    for pk, plan in plans.items():
        share = adherence(plan, did[pk])
        planned = sum(span.end - span.start for span in plan)
        found.append(Kept(people[pk], planned, planned * (share or 0.0), share))
    return sorted(found, key=lambda one: (one.share if one.share is not None else 2.0, str(one.agent)))


def _cut(lower: datetime, upper: datetime, code: str, start: datetime, end: datetime) -> Span | None:
    first, last = max(lower, start), min(upper, end)
    return Span(first.timestamp(), last.timestamp(), code) if first < last else None


def plan_shifts(text: str, *, by: User) -> int:
    """Plans the shifts of a CSV file: agent (mail address), from, to, activity (a code; ready if empty).

    Times are ISO 8601; without a zone, the house's. All or nothing. Returns how many. Raises NotAllowed for whoever
    does not run the centre, Refused with the line's number for what can't be read or overlaps.
    """
    if not permissions.can_run_centre(by):
        raise NotAllowed(_("Only who runs the contact centre can do this."))
    text = text.replace("\x00", "")
    first_line = text.lstrip("\ufeff").split("\n", 1)[0]
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), delimiter=";" if ";" in first_line else ",")
    missing = [name for name in COLUMNS[:3] if name not in (rows.fieldnames or ())]
    if missing:
        raise Refused(_("The file has no column %(name)s.") % {"name": missing[0]}, field="file")
    working = Agent.objects.working().filter(user__email__isnull=False).select_related("user")
    agents = {(agent.user.email or "").lower(): agent for agent in working}
    activities = {activity.code: activity for activity in Activity.objects.filter(is_active=True)}
    planned: list[Shift] = []
    try:
        for row in rows:
            if len(planned) >= MOST_ROWS:
                raise Refused(_("The file has more than %(count)d lines.") % {"count": MOST_ROWS}, field="file")
            planned.append(_read_row(row, rows.line_num, agents, activities, by))
    except csv.Error as broken:
        raise _wrong(_("Line %(line)d can't be read as a table."), rows.line_num) from broken
    if not planned:
        raise Refused(_("There is no shift in the file."), field="file")
    try:
        with transaction.atomic():
            Shift.objects.bulk_create(planned, batch_size=1000)
            record(Verb.SHIFTS_PLANNED, by=by, count=len(planned))
    except IntegrityError as clash:
        if "shift_no_overlap" not in str(clash):
            raise
        words = _("Two shifts of an agent overlap, in the file or with what is planned already.")
        raise Refused(words, field="file") from clash
    return len(planned)


def _read_row(
    row: dict[str, str], line: int, agents: dict[str, Agent], activities: dict[str, Activity], by: User
) -> Shift:
    address = (row["agent"] or "").strip()
    agent = agents.get(address.lower())
    if agent is None:
        raise _wrong(_("Line %(line)d: nobody has the address %(value)s."), line, address)
    code = (row.get("activity") or "").strip() or Activity.READY
    if code not in activities:
        raise _wrong(_("Line %(line)d: there is no activity %(value)s."), line, code)
    start, end = _moment(row["from"], line), _moment(row["to"], line)
    if end <= start:
        raise _wrong(_("Line %(line)d: it ends before it starts."), line)
    return Shift(
        agent=agent,
        activity=activities[code],
        starts_at=start,
        ends_at=end,
        planned_by=by,
        planned_at=clock.now(),
    )


def _wrong(words: str, line: int, value: str = "") -> Refused:
    return Refused(words % {"line": line, "value": value or "–"}, field="file")


def _moment(value: str | None, line: int) -> datetime:
    try:
        moment = parse_datetime((value or "").strip())
    except ValueError:
        moment = None
    if moment is None:
        raise _wrong(_("Line %(line)d: %(value)s is no time."), line, value or "")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
