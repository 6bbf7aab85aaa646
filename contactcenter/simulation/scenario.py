"""What a simulated day is made of, and reading it from a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from contactcenter.blending import Blending
from contactcenter.pulling import Pulling
from contactcenter.service_levels import Thresholds
from contactcenter.staffing import Target

Rules = TypeVar("Rules", Pulling, Blending)


class BadScenario(ValueError):
    """A scenario that cannot be simulated, with the reason."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`calls_per_hour` from `start` seconds on, until the next one."""

    start: float
    calls_per_hour: float


@dataclass(frozen=True, slots=True)
class Shift:
    """An agent's time of work, in seconds of the day."""

    agent: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """A day of one queue. Times are seconds from its start.

    `planned`: the rate that the plan expects, None when it knows the real one. `handling` and
    `patience` are means; the patience None means that nobody gives up. `pulling` and `blending`
    None: no helpers, no background work. `ticket`: mean length of a ticket; `resume_cost`: seconds
    lost when a parked one is taken up again. `warm_up`: seconds at the start that do not count.
    """

    rates: tuple[Rate, ...]
    shifts: tuple[Shift, ...]
    length: float
    handling: float = 180.0
    patience: float | None = 180.0
    planned: float | None = None
    helpers: int = 0
    set_up: float = 60.0
    """The real seconds from asking a helper to his being ready; the rule has its own idea of it."""
    pulling: Pulling | None = None
    blending: Blending | None = None
    window: float = 900.0
    ticket: float = 600.0
    resume_cost: float = 60.0
    warm_up: float = 0.0
    thresholds: Thresholds = field(default_factory=Thresholds)
    name: str = ""

    def __post_init__(self) -> None:
        """Raises BadScenario."""
        if not self.length > 0 or not self.rates or not self.shifts:
            raise BadScenario("a day needs a length, a rate of calls and agents")
        if list(self.rates) != sorted(self.rates, key=lambda one: one.start) or self.rates[0].start != 0:
            raise BadScenario("rates must be in the order of their start, from 0 on")
        if any(rate.calls_per_hour < 0 for rate in self.rates):
            raise BadScenario("a rate cannot be negative")
        if not self.handling > 0 or not self.ticket > 0 or (self.patience is not None and not self.patience > 0):
            raise BadScenario("handling, ticket and patience must be above zero")
        if any(shift.end <= shift.start for shift in self.shifts):
            raise BadScenario("a shift must end after its start")


def steady(agents: int, *, calls_per_hour: float, hours: float, **more: Any) -> Scenario:
    """A day without changes: so many agents all the time, one rate."""
    length = hours * 3600
    shifts = tuple(Shift(number, 0, length) for number in range(agents))
    return Scenario((Rate(0, calls_per_hour),), shifts, length, **more)


def read_scenario(path: Path) -> Scenario:
    """The scenario in a TOML file, whose form docs/staffing.md describes.

    Raises OSError when the file cannot be read, and BadScenario for what is not understood.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise BadScenario(f"{path}: {wrong}") from wrong
    try:
        return _scenario(data)
    except (TypeError, KeyError, ValueError) as wrong:
        raise BadScenario(f"{path}: {wrong}") from wrong


def _scenario(data: dict[str, Any]) -> Scenario:
    hours = float(data.pop("hours"))
    rates = tuple(Rate(float(one["from_hour"]) * 3600, float(one["calls_per_hour"])) for one in data.pop("rates"))
    shifts: list[Shift] = []
    for group in data.pop("shifts"):
        start, end = float(group.get("from_hour", 0)) * 3600, float(group.get("to_hour", hours)) * 3600
        shifts += [Shift(len(shifts) + number, start, end) for number in range(int(group["agents"]))]
    pulling, blending = data.pop("pulling", None), data.pop("blending", None)
    thresholds = Thresholds(**data.pop("thresholds", {}))
    if data.get("patience") == 0:
        data["patience"] = None
    return Scenario(
        rates,
        tuple(shifts),
        hours * 3600,
        pulling=None if pulling is None else rules(Pulling, pulling),
        blending=None if blending is None else rules(Blending, blending),
        thresholds=thresholds,
        **data,
    )


def rules(kind: type[Rules], given: Mapping[str, Any]) -> Rules:
    """Pulling or Blending from plain values; a target is written {share = 0.8, within = 20}.

    Raises ValueError for a name that the rules do not know.
    """
    unknown = set(given) - {one.name for one in fields(kind)}
    if unknown:
        raise ValueError(f"{kind.__name__} knows no {', '.join(sorted(unknown))}")
    values = dict(given)
    if "target" in values:
        values["target"] = Target(**values["target"])
    return kind(**values)
