"""Simulates a day of a queue with the product's own rules, in seconds.

    manage.py simulate_day docs/scenarios/overload.toml                  the day of a scenario, ten times by chance
    manage.py simulate_day docs/scenarios/overload.toml --min-stay 10    what if helpers stayed ten minutes at least
    manage.py simulate_day docs/scenarios/overload.toml --no-help        what if nobody was pulled in
    manage.py simulate_day plan.toml --calls calls.csv --shifts shifts.csv    real days, under the rules of a plan
    manage.py simulate_day docs/scenarios/overload.toml --plot day.svg   draws the first day

Same seed, same day: two runs with other rules see the same calls.
"""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import override

from contactcenter.service_levels import Formula
from contactcenter.simulation.arrivals import as_scenario, read_days, recorded
from contactcenter.simulation.centre import Centre
from contactcenter.simulation.figures import Day, Figures, sum_up
from contactcenter.simulation.plot import draw
from contactcenter.simulation.scenario import BadScenario, Scenario, read_scenario


class Command(BaseCommand):
    help = "Simulate a day of a queue with the product's own rules: figures and a drawing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("scenario", type=Path, help="a scenario (TOML; its form is in docs/staffing.md)")
        parser.add_argument("--days", type=int, default=10, help="how many days by chance (default 10)")
        parser.add_argument("--seed", type=int, default=1, help="the first day's seed (default 1)")
        parser.add_argument("--calls", type=Path, help="recorded calls (CSV) instead of the scenario's rates")
        parser.add_argument("--shifts", type=Path, help="the agents' times of those days (CSV)")
        parser.add_argument("--date", default="", help="of the recorded days only this one, e.g. 1999-02-03")
        parser.add_argument("--min-stay", type=float, metavar="MINUTES", help="what if helpers stayed so long at least")
        parser.add_argument("--hold", type=float, metavar="SECONDS", help="what if a spare agent was watched so long")
        parser.add_argument("--set-up", type=float, metavar="SECONDS", help="what if helpers took so long to be ready")
        parser.add_argument("--helpers", type=int, help="what if there were so many helpers")
        parser.add_argument("--no-help", action="store_true", help="what if nobody was pulled in")
        parser.add_argument("--keep-ready", type=int, help="what if so many agents were kept from background work")
        parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the first day as SVG")
        parser.add_argument("--json", action="store_true", help="figures for machines")
        parser.add_argument("--language", default="en", help="hu or en (default en)")

    def handle(self, *args: Any, **options: Any) -> None:
        with override(options["language"]):
            try:
                scenario = what_if(read_scenario(options["scenario"]), options)
                days = self._days(scenario, options)
            except BadScenario as bad:
                raise CommandError(str(bad)) from bad
            except FileNotFoundError as missing:
                raise CommandError(_("There is no file %(name)s.") % {"name": missing.filename}) from missing
            figures = sum_up(days, resume_cost=scenario.resume_cost)
            if options["json"]:
                self.stdout.write(json.dumps(dataclasses.asdict(figures), indent=2))
            else:
                for line in sentences(figures, scenario):
                    self.stdout.write(line)
            if options["plot"]:
                options["plot"].write_text(drawing(days[0], scenario), encoding="utf-8")

    def _days(self, scenario: Scenario, options: dict[str, Any]) -> list[Day]:
        seed = options["seed"]
        if not options["calls"]:
            return [Centre(scenario, seed=seed + number).run() for number in range(max(1, options["days"]))]
        if not options["shifts"]:
            raise CommandError(_("Recorded calls need the agents' times as well: --shifts."))
        recordings = read_days(options["calls"], options["shifts"])
        chosen = [day for day in recordings if options["date"] in ("", day.date)]
        if not chosen:
            raise CommandError(_("These files hold no full day of that date."))
        result = []
        for number, day in enumerate(chosen):
            that = as_scenario(day, scenario)
            dice = random.Random(seed + number)  # noqa: S311
            result.append(Centre(that, seed=seed + number, calls=recorded(day, that, dice)).run())
        return result


def what_if(scenario: Scenario, options: dict[str, Any]) -> Scenario:
    """The scenario with what the options change in it. Raises BadScenario when there is nothing to change."""
    pulling, blending = scenario.pulling, scenario.blending
    if options["no_help"]:
        pulling = None
    for name, option, unit in (("least_stay", "min_stay", 60.0), ("release_hold", "hold", 1.0)):
        if options[option] is not None:
            if pulling is None:
                raise BadScenario(_("Nobody is pulled in in this scenario."))
            pulling = dataclasses.replace(pulling, **{name: options[option] * unit})
    if options["helpers"] is not None and pulling is not None:
        pulling = dataclasses.replace(pulling, most_helpers=options["helpers"])
    if options["keep_ready"] is not None:
        if blending is None:
            raise BadScenario(_("There is no background work in this scenario."))
        blending = dataclasses.replace(blending, keep_ready=options["keep_ready"], reserve=options["keep_ready"])
    return dataclasses.replace(
        scenario,
        pulling=pulling,
        blending=blending,
        helpers=scenario.helpers if options["helpers"] is None else options["helpers"],
        set_up=scenario.set_up if options["set_up"] is None else options["set_up"],
    )


def sentences(figures: Figures, scenario: Scenario) -> list[str]:
    """The figures in words, a line each; what has no value is left out."""
    within = round(scenario.thresholds.answer_within)
    lines = [
        _("Days: %(days)d, calls a day: %(calls).0f") % {"days": figures.days, "calls": figures.offered},
        _("Answered within %(seconds)d s, by formula:") % {"seconds": within},
    ]
    names = {
        Formula.EXCLUDE_SHORT: _("without short abandons"),
        Formula.ABANDON_NEGATIVE: _("of all offered"),
        Formula.ABANDON_IGNORED: _("early abandons ignored"),
        Formula.ABANDON_POSITIVE: _("early abandons count as good"),
    }
    lines += [
        f"  {share:6.1%}  {names[Formula(name)]}" for name, share in figures.service_level.items() if share is not None
    ]
    if figures.abandoned is not None:
        lines.append(_("Gave up: %(share).1f %%") % {"share": figures.abandoned * 100})
    if figures.mean_wait_answered is not None:
        lines.append(_("Mean wait until the answer: %(seconds).1f s") % {"seconds": figures.mean_wait_answered})
    if figures.estimate_error is not None:
        lines.append(
            _("Estimated waits err by %(seconds).0f s (root mean square)") % {"seconds": figures.estimate_error}
        )
    if scenario.pulling is not None:
        lines.append(
            _("Helpers: %(moves).1f pulled in a day, %(minutes).0f minutes")
            % {"moves": figures.moves, "minutes": figures.helper_minutes}
        )
    if scenario.blending is not None:
        lines.append(
            _("Background work: %(agents).2f agents, %(recalls).1f recalls an hour, %(loss).2f agents lost to resuming")
            % {
                "agents": figures.background_agents,
                "recalls": figures.recalls_per_hour,
                "loss": figures.resume_loss,
            }
        )
    return lines


def drawing(day: Day, scenario: Scenario) -> str:
    """The day's drawing, its words in the language in force."""
    names = (
        _("Calls a quarter of an hour; answered dark"),
        _("Service level of all offered"),
        _("Agents on duty; helpers in orange"),
    )
    return draw(day, title=scenario.name or _("Simulated day"), names=names, formula=Formula.ABANDON_NEGATIVE)
