"""The calls of a simulated day: by chance from a plan, or those of a real day out of a file."""

from __future__ import annotations

import csv
import math
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contactcenter.simulation.scenario import BadScenario, Rate, Scenario, Shift


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it comes: seconds of the day, and what would become of it."""

    at: float
    handling: float
    patience: float
    credit: float = 0.0


def by_chance(scenario: Scenario, dice: random.Random) -> Iterator[Call]:
    """Poisson arrivals by the scenario's rates, with exponential handling times and patience."""
    ends = [*(rate.start for rate in scenario.rates[1:]), scenario.length]
    for rate, end in zip(scenario.rates, ends, strict=True):
        at, pace = rate.start, rate.calls_per_hour / 3600
        while pace and (at := at + dice.expovariate(pace)) < min(end, scenario.length):
            patience = dice.expovariate(1 / scenario.patience) if scenario.patience else math.inf
            yield Call(at, dice.expovariate(1 / scenario.handling), patience)


@dataclass(frozen=True, slots=True)
class RealDay:
    """One day of recorded calls; what was not recorded (patience, some handling times) is drawn by chance."""

    date: str
    calls: tuple[tuple[float, float | None, float], ...]
    """(entry into the queue, seconds of service or None, credit)."""
    shifts: tuple[Shift, ...]
    start: float
    end: float
    services: tuple[float, ...]
    """All recorded seconds of service, to draw from for callers who gave up."""


def read_days(calls: Path, shifts: Path, *, credit: float = 90.0) -> list[RealDay]:
    """The days of two CSV files: calls (date, entry_s, priority, vru_s, queued, outcome, service_s, agent) and
    shifts (date, agent, start_s, end_s).

    Callers who left before the queue, phantoms and served calls without an agent are left out, and
    so are days with less than half of the calls of the fullest: the ends of weeks.
    Raises OSError when a file cannot be read, and BadScenario when a column is missing.
    """
    taken: dict[str, list[tuple[float, float | None, float]]] = defaultdict(list)
    services: list[float] = []
    at_work: dict[str, list[Shift]] = defaultdict(list)
    try:
        with calls.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                served = row["outcome"] == "AGENT"
                if (served and not row["agent"]) or not (served or (row["outcome"] == "HANG" and row["queued"] == "1")):
                    continue
                seconds = float(row["service_s"])
                service = seconds if served and seconds > 0 else None
                if service is not None:
                    services.append(service)
                entered = float(row["entry_s"]) + max(0.0, float(row["vru_s"]))
                taken[row["date"]].append((entered, service, credit if row["priority"] == "2" else 0.0))
        with shifts.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file)):
                at_work[row["date"]].append(Shift(number, float(row["start_s"]), float(row["end_s"])))
    except (KeyError, ValueError) as wrong:
        raise BadScenario(f"{calls}, {shifts}: {wrong}") from wrong
    days = []
    full = max(map(len, taken.values()), default=0)
    for date in sorted(taken):
        ones, works = sorted(taken[date], key=lambda one: one[0]), tuple(at_work[date])
        if not works or len(ones) < full / 2:
            continue
        start = min(ones[0][0], *(one.start for one in works))
        end = max(ones[-1][0], *(one.end for one in works)) + 1
        days.append(RealDay(date, tuple(ones), works, start, end, tuple(services)))
    return days


def as_scenario(day: RealDay, plan: Scenario, *, wrap_up: float = 30.0) -> Scenario:
    """The day's scenario with the rules, helpers and patience of `plan`; its clock starts with the day's first event.

    Each shift ends `wrap_up` later: it was inferred from calls, whose wrap-up is not recorded.
    """
    shifts = tuple(Shift(one.agent, one.start - day.start, one.end - day.start + wrap_up) for one in day.shifts)
    length = day.end - day.start
    handling = sum(day.services) / len(day.services) + wrap_up
    return Scenario(
        (Rate(0, len(day.calls) / length * 3600),),
        shifts,
        length,
        handling=handling,
        patience=plan.patience,
        helpers=plan.helpers,
        set_up=plan.set_up,
        pulling=plan.pulling,
        blending=plan.blending,
        window=plan.window,
        ticket=plan.ticket,
        resume_cost=plan.resume_cost,
        thresholds=plan.thresholds,
        name=day.date,
    )


def recorded(day: RealDay, scenario: Scenario, dice: random.Random, *, wrap_up: float = 30.0) -> Iterator[Call]:
    """The day's calls at their times; patience and unknown handling times by chance."""
    for entered, service, credit in day.calls:
        seconds = dice.choice(day.services) if service is None else service
        patience = dice.expovariate(1 / scenario.patience) if scenario.patience else math.inf
        yield Call(entered - day.start, seconds + wrap_up, patience, credit)
