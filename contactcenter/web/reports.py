"""Reports of queues: by interval and queue, with what is asked in the address; the same counts as a file."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from contactcenter import clock, permissions, reporting
from contactcenter.models import FORMULAS, Queue
from contactcenter.reporting import Lent, Step, Tally
from contactcenter.service_levels import (
    Counts,
    Formula,
    Work,
    handling_time,
    level_parts,
    mean_wait_answered,
    occupancy,
    service_level,
    share,
)
from contactcenter.web.advice_words import percent, seconds
from contactcenter.web.entry import for_watchers
from tickets.web.responses import AgentRequest

STEPS: dict[Step, str | LazyText] = {
    Step.QUARTER: gettext_lazy("15 minutes"),
    Step.HALF: gettext_lazy("30 minutes"),
    Step.HOUR: gettext_lazy("an hour"),
    Step.DAY: gettext_lazy("a day"),
}
MOST_DAYS = 366
MOST_SHOWN = 400  # intervals on the page; the file has all
CHART_WIDTH, CHART_HEIGHT = 684, 68


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is about. `first` and `last` are days of the house, both included."""

    queues: list[Queue]
    first: date
    last: date
    step: Step
    all_queues: list[Queue]
    is_narrowed: bool = False

    @property
    def start(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.first, time.min))

    @property
    def end(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.last + timedelta(days=1), time.min))

    @property
    def query(self) -> str:
        """The same report's address."""
        named = [("queue", queue.pk) for queue in self.queues] if self.is_narrowed else []
        return urlencode([*named, ("from", self.first), ("to", self.last), ("step", self.step.value)])


def read_asked(request: HttpRequest) -> Asked:
    """What the address asks for; what makes no sense in it falls back to today, by the hour, of all queues."""
    everything = list(Queue.objects.all())
    wanted = set(request.GET.getlist("queue"))
    chosen = [queue for queue in everything if str(queue.pk) in wanted]
    today = timezone.localdate(clock.now())
    first, last = read_days(request, today)
    try:
        step = Step(request.GET.get("step", ""))
    except ValueError:
        step = Step.HOUR if (last - first).days < 3 else Step.DAY
    return Asked(chosen or everything, first, last, step, everything, is_narrowed=bool(chosen))


def read_days(request: HttpRequest, today: date) -> tuple[date, date]:
    """The days `from` and `to` of the address, in order and a year apart at most."""
    first = _day(request.GET.get("from", ""), today)
    last = _day(request.GET.get("to", ""), max(first, today) if "from" in request.GET else first)
    if last < first:
        first, last = last, first
    return max(first, last - timedelta(days=MOST_DAYS - 1)), last


def _day(text: str, fallback: date) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return fallback
    return found if 2000 <= found.year <= 2200 else fallback


# --- rows ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a report: an interval, a queue, or all together. `level` is by each queue's own formula."""

    name: str
    at: datetime | None
    tally: Tally
    work: Work
    longest: float
    good: int
    of: int

    @property
    def counts(self) -> Counts:
        return self.tally.counts

    @property
    def level(self) -> float | None:
        return share(self.good, self.of)

    def __add__(self, other: Row) -> Row:
        return replace(
            self,
            tally=self.tally + other.tally,
            work=self.work + other.work,
            longest=max(self.longest, other.longest),
            good=self.good + other.good,
            of=self.of + other.of,
        )

    @property
    def cells(self) -> list[str]:
        """Every figure in words, in the order of HEADS."""
        counts = self.counts
        return [
            str(counts.offered),
            str(counts.answered),
            str(counts.abandoned - counts.abandoned_short),
            str(counts.abandoned_short),
            str(self.tally.callbacks),
            percent(self.level),
            seconds(mean_wait_answered(counts)),
            seconds(self.longest if counts.answered + counts.abandoned else None),
            seconds(handling_time(self.work)),
            percent(occupancy(self.work)),
        ]


HEADS: tuple[str | LazyText, ...] = (
    gettext_lazy("Offered"),
    gettext_lazy("Answered"),
    gettext_lazy("Gave up"),
    gettext_lazy("Gave up at once"),
    gettext_lazy("Call backs"),
    gettext_lazy("Service level"),
    gettext_lazy("Mean wait"),
    gettext_lazy("Longest wait"),
    gettext_lazy("Handling time"),
    gettext_lazy("Occupancy"),
)


@dataclass(frozen=True, slots=True)
class Report:
    """A report's rows: by interval, by queue, and the total. None where nothing came."""

    by_interval: list[Row]
    by_queue: list[Row]
    total: Row | None


def make_report(asked: Asked) -> Report:
    """Two statements for the counts and one for agents' time, however many queues and intervals there are."""
    pks = [queue.pk for queue in asked.queues]
    now = clock.now()
    counted = reporting.counts(pks, asked.start, asked.end, asked.step, now=now)
    worked = reporting.work(pks, asked.start, asked.end, asked.step, now=now)
    by_interval: dict[datetime, Row] = {}
    by_queue: list[Row] = []
    for queue in asked.queues:
        formula = reporting.formula_of(queue)
        slots = {slot.start: slot for slot in counted[queue.pk]}
        whole: Row | None = None
        for at in sorted(slots.keys() | {at for pk, at in worked if pk == queue.pk}):
            slot = slots.get(at)
            tally = slot.tally if slot else Tally()
            good, of = level_parts(tally.counts, formula)
            work = worked.get((queue.pk, at), Work())
            row = Row("", at, tally, work, slot.longest if slot else 0.0, good, of)
            by_interval[at] = by_interval[at] + row if at in by_interval else row
            whole = whole + row if whole else row
        if whole:
            by_queue.append(replace(whole, name=queue.name, at=None))
    total = None
    for row in by_queue:
        total = total + row if total else replace(row, name=_("Together"))
    return Report([by_interval[at] for at in sorted(by_interval)], by_queue, total)


@dataclass(frozen=True, slots=True)
class Bar:
    """One interval of the chart: offered behind, answered before it. Numbers as SVG writes them in any language."""

    x: str
    offered: str
    offered_y: str
    answered: str
    answered_y: str


def chart(rows: list[Row]) -> dict[str, Any] | None:
    """Offered and answered by interval, and the line of the service level; None with fewer than two intervals."""
    if len(rows) < 2:
        return None
    peak = max(row.counts.offered for row in rows) or 1
    width, floor = CHART_WIDTH / len(rows), CHART_HEIGHT + 16
    bars = []
    for at, row in enumerate(rows):
        offered = CHART_HEIGHT * row.counts.offered / peak
        answered = CHART_HEIGHT * row.counts.answered / peak
        parts = (at * width, offered, floor - offered, answered, floor - answered)
        bars.append(Bar(*(f"{part:.2f}" for part in parts)))
    points = [
        f"{(at + 0.5) * width:.1f},{floor - CHART_HEIGHT * row.level:.1f}"
        for at, row in enumerate(rows)
        if row.level is not None
    ]
    return {
        "bars": bars,
        "width": f"{max(width - 1, 0.5):.2f}",
        "line": " ".join(points),
        "peak": peak,
        "first": rows[0].at,
        "last": rows[-1].at,
    }


# --- pages -----------------------------------------------------------------------------------------------------------


@require_GET
@for_watchers
def page(request: AgentRequest) -> HttpResponse:
    """The report that the address asks for."""
    asked = read_asked(request)
    report = make_report(asked)
    lent = reporting.loans_into([queue.pk for queue in asked.queues], asked.start, asked.end)
    names = {queue.pk: queue.name for queue in asked.queues}
    context = {
        "asked": asked,
        "chosen": {queue.pk for queue in asked.queues} if asked.is_narrowed else set(),
        "steps": [(step.value, words, step == asked.step) for step, words in STEPS.items()],
        "heads": HEADS,
        "report": report,
        "intervals": report.by_interval[-MOST_SHOWN:],
        "is_cut": len(report.by_interval) > MOST_SHOWN,
        "chart": chart(report.by_interval[-MOST_SHOWN:]),
        "with_time": asked.step is not Step.DAY,
        "formulas": sorted({str(FORMULAS[Formula(queue.formula)]) for queue in asked.queues}),
        "estimates": _estimates(report.total),
        "lent": [_lent(names[pk], one) for pk, one in lent.items()],
        "can_run": permissions.can_run_centre(request.user),
    }
    return render(request, "contactcenter/reports.html", context)


def _estimates(total: Row | None) -> dict[str, str] | None:
    """How far the estimated waits were from the real ones."""
    tally = total.tally if total else Tally()
    if not tally.estimates:
        return None
    return {
        "count": str(tally.estimates),
        "size": seconds(tally.error_absolute / tally.estimates),
        "sign": "+" if tally.error >= 0 else "−",
        "bias": seconds(abs(tally.error) / tally.estimates),
        "in_range": percent(tally.in_range / tally.estimates),
    }


def _lent(name: str, one: Lent) -> list[str]:
    return [
        name,
        str(one.asked),
        str(one.served),
        str(one.declined),
        str(one.expired),
        seconds(one.seconds),
        str(one.answered),
    ]


RAW = (
    "queue",
    "from",
    "offered",
    "answered",
    "answered_in_time",
    "abandoned",
    "abandoned_in_time",
    "abandoned_short",
    "seconds_waited_answered",
    "seconds_waited_abandoned",
    "callbacks",
    "other",
    "waiting",
    "longest_wait",
    "handled",
    "seconds_talk",
    "seconds_hold",
    "seconds_wrap_up",
    "seconds_ringing",
    "seconds_idle",
    "formula",
    "service_level",
)


@require_GET
@for_watchers
def file(request: AgentRequest) -> HttpResponse:
    """The report as CSV: raw counts by queue and interval, so that every figure can be made of them again."""
    asked = read_asked(request)
    answer = csv_answer(f"queues-{asked.first}-{asked.last}.csv")
    writer = csv.writer(answer)
    writer.writerow(RAW)
    writer.writerows(_raw_rows(asked))
    return answer


def _raw_rows(asked: Asked) -> Iterable[list[Any]]:
    pks = [queue.pk for queue in asked.queues]
    now = clock.now()
    counted = reporting.counts(pks, asked.start, asked.end, asked.step, now=now)
    worked = reporting.work(pks, asked.start, asked.end, asked.step, now=now)
    for queue in asked.queues:
        slots = {slot.start: slot for slot in counted[queue.pk]}
        for at in sorted(slots.keys() | {at for pk, at in worked if pk == queue.pk}):
            slot = slots.get(at, reporting.Slot(at, Tally()))
            counts, tally, work = slot.counts, slot.tally, worked.get((queue.pk, at), Work())
            level = service_level(counts, reporting.formula_of(queue))
            yield [
                safe_cell(queue.name),
                timezone.localtime(at).isoformat(),
                counts.offered,
                counts.answered,
                counts.answered_in_time,
                counts.abandoned,
                counts.abandoned_in_time,
                counts.abandoned_short,
                round(counts.waited_answered, 3),
                round(counts.waited_abandoned, 3),
                tally.callbacks,
                tally.other,
                tally.waiting,
                round(slot.longest, 3),
                work.handled,
                *(round(one, 3) for one in (work.talk, work.hold, work.wrap_up, work.offered, work.idle)),
                queue.formula,
                "" if level is None else round(level, 4),
            ]


def csv_answer(name: str) -> HttpResponse:
    """An empty file to save. It begins with a mark by which spreadsheets know its letters."""
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def safe_cell(text: str) -> str:
    """Words of people never begin a formula in somebody's spreadsheet."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
