"""The simulator against exact figures, and the product's rules on the reference overload and in blending.

A few seeds here; SIMULATED_DAYS=200 tries as many days of the overload.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from contactcenter.blending import Blending, Reservation
from contactcenter.service_levels import Ending
from contactcenter.simulation.arrivals import Call, as_scenario, read_days, recorded
from contactcenter.simulation.centre import Centre, simulate
from contactcenter.simulation.choosing import Free, InOrder, Waiting
from contactcenter.simulation.figures import sum_up
from contactcenter.simulation.scenario import BadScenario, Rate, Scenario, Shift, read_scenario, steady
from contactcenter.staffing import Demand, outlook

SCENARIOS = Path(__file__).resolve().parents[2] / "docs/scenarios"
DAYS = int(os.environ.get("SIMULATED_DAYS", "12"))
NEGATIVE = "abandon_negative"
CLOSE = 0.015


@pytest.mark.parametrize(("load", "agents", "patience"), [(4, 7, None), (6, 7, 344)])
def test_without_rules_it_is_erlang(load: int, agents: int, patience: float | None) -> None:
    scenario = steady(agents, calls_per_hour=load * 20, hours=500, patience=patience, warm_up=3600)
    figures = sum_up(simulate(scenario, seeds=range(2)))
    exact = outlook(Demand(load * 20, 180, patience), agents)
    assert figures.service_level[NEGATIVE] == pytest.approx(exact.answered_within(20), abs=CLOSE)
    assert figures.abandoned == pytest.approx(exact.abandoned, abs=CLOSE)
    assert figures.mean_wait_answered == pytest.approx(exact.mean_wait_answered, abs=2)


@pytest.mark.parametrize(("load", "agents", "reserve"), [(6, 10, 3), (4, 8, 2)])
def test_with_a_reserve_it_is_the_exact_reservation(load: int, agents: int, reserve: int) -> None:
    rule = Blending(recall=False, reserve=reserve, propose_after=0)
    scenario = steady(
        agents, calls_per_hour=load * 20, hours=200, patience=None, warm_up=3600, ticket=180, blending=rule
    )
    figures = sum_up(simulate(scenario, seeds=range(5, 6)))
    exact = Reservation(Demand(load * 20, 180), agents, reserve)
    assert figures.service_level[NEGATIVE] == pytest.approx(exact.answered_within(20), abs=CLOSE)
    assert figures.background_agents == pytest.approx(exact.background_agents, abs=0.1)


def test_recallable_tickets_meet_their_goals() -> None:
    """6 erlangs on 10 agents, a recall in 30 s."""
    rule = Blending(recall=True, keep_ready=3, propose_after=0, recalls_an_hour=100)
    scenario = steady(10, calls_per_hour=120, hours=120, patience=None, warm_up=3600, blending=rule)
    figures = sum_up(simulate(scenario, seeds=range(7, 9)), resume_cost=60)
    level = figures.service_level[NEGATIVE]
    assert level is not None
    assert level >= 0.82
    assert figures.background_agents >= 2.4
    assert figures.recalls_per_hour <= 20
    assert figures.resume_loss == pytest.approx(figures.recalls_per_hour / 60)


def test_the_default_rules_hold_the_reference_overload() -> None:
    scenario = read_scenario(SCENARIOS / "overload.toml")
    seeds = range(40_000, 40_000 + DAYS)
    figures = sum_up(simulate(scenario, seeds=seeds))
    alone = sum_up(simulate(replace(scenario, pulling=None), seeds=seeds))
    level, level_alone = figures.service_level[NEGATIVE], alone.service_level[NEGATIVE]
    assert level is not None
    assert level_alone == pytest.approx(0.625, abs=0.03)
    assert level >= 0.84
    assert figures.moves <= 20
    assert figures.helper_minutes <= 725


def test_the_same_seed_gives_the_same_day_and_other_rules_see_the_same_calls() -> None:
    scenario = read_scenario(SCENARIOS / "overload.toml")
    first, again = (Centre(scenario, seed=9).run() for _ in range(2))
    assert (first.waits, first.pulls, first.releases) == (again.waits, again.pulls, again.releases)
    alone = Centre(replace(scenario, pulling=None), seed=9).run()
    callers = {entered for entered, _, _ in alone.waits}
    assert len(callers & {entered for entered, _, _ in first.waits}) > 0.99 * len(callers)


def test_every_caller_ends_once_and_no_agent_is_free_while_somebody_waits() -> None:
    class Watching(InOrder):
        def agent_for(self, contact: Waiting, free: Sequence[Free], *, now: float) -> Free:
            assert not centre.waiting
            return super().agent_for(contact, free, now=now)

    scenario = read_scenario(SCENARIOS / "overload.toml")
    centre = Centre(scenario, seed=2, choice=Watching())
    day = centre.run()
    entered = [entry for entry, _, _ in day.waits]
    assert len(entered) == len(set(entered))
    assert day.counts.answered + day.counts.abandoned == day.counts.offered
    assert day.helping > 0
    assert len(day.pulls) - len(day.releases) in range(6)


def one_agent(calls: list[Call], *, agents: int = 1, end: float = 1000) -> list[tuple[float, Ending, float]]:
    shifts = tuple(Shift(number, 0, end) for number in range(agents))
    scenario = Scenario((Rate(0, 1),), shifts, 1000, patience=None)
    return Centre(scenario, calls=iter(calls)).run().waits


def test_credit_goes_ahead_and_age_decides_otherwise() -> None:
    calls = [
        Call(0, 100, math.inf),
        Call(10, 50, math.inf),
        Call(20, 50, math.inf, credit=90),
        Call(30, 50, 25),
    ]
    assert one_agent(calls) == [
        (0, Ending.ANSWERED, 0),
        (30, Ending.ABANDONED, 25),
        (20, Ending.ANSWERED, 80),
        (10, Ending.ANSWERED, 140),
    ]


def test_who_ends_his_shift_ends_his_contact_and_takes_no_other() -> None:
    calls = [Call(0, 100, math.inf), Call(10, 100, 500)]
    assert one_agent(calls, end=50) == [(0, Ending.ANSWERED, 0), (10, Ending.ABANDONED, 500)]


def test_the_longest_idle_is_chosen_within_the_best_level() -> None:
    free = [Free(1, 50, level=1), Free(2, 10, level=1), Free(3, 0, level=2)]
    assert InOrder().agent_for(Waiting(1, 60), free, now=60).number == 2


def test_helpers_who_take_longer_help_less() -> None:
    scenario = read_scenario(SCENARIOS / "overload.toml")
    quick, slow = (
        sum_up(simulate(replace(scenario, set_up=seconds), seeds=range(4))).service_level[NEGATIVE]
        for seconds in (10, 600)
    )
    assert quick is not None
    assert slow is not None
    assert quick > slow


def test_the_estimate_by_the_length_of_the_line_is_unbiased() -> None:
    """Ten agents at 95 % load whose callers never give up: the error is of the size of the wait's own chance."""
    scenario = steady(10, calls_per_hour=190, hours=300, patience=None, warm_up=7200)
    figures = sum_up(simulate(scenario, seeds=range(11, 12)))
    assert figures.estimate_error is not None
    assert figures.estimate_bias is not None
    assert figures.estimates_in_range is not None
    assert abs(figures.estimate_bias) < 15
    assert figures.estimate_error < 113  # what the wait of the head of the line errs by
    assert figures.estimates_in_range > 0.55


# --- scenarios and real days ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.toml")), ids=lambda path: path.name)
def test_the_scenarios_of_the_documentation_are_understood(path: Path) -> None:
    assert read_scenario(path).name


@pytest.mark.parametrize(
    "text",
    [
        "hours = 1",
        "no toml",
        "hours = 0\nrates = [{from_hour = 0, calls_per_hour = 1}]\nshifts = [{agents = 1}]",
        "hours = 1\nrates = [{from_hour = 1, calls_per_hour = 1}]\nshifts = [{agents = 1}]",
        "hours = 1\nrates = [{from_hour = 0, calls_per_hour = -1}]\nshifts = [{agents = 1}]",
        "hours = 1\nrates = [{from_hour = 0, calls_per_hour = 1}]\nshifts = [{agents = 1}]\nhandling = 0",
        "hours = 1\nrates = [{from_hour = 0, calls_per_hour = 1}]\nshifts = [{agents = 1, to_hour = 0}]",
        "hours = 1\nrates = [{from_hour = 0, calls_per_hour = 1}]\nshifts = [{agents = 1}]\npulling = {stay = 3}",
        "hours = 1\nrates = [{from_hour = 0, calls_per_hour = 1}]\nshifts = [{agents = 1}]\nunknown = 3",
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(BadScenario):
        read_scenario(path)


CALLS = """date,entry_s,type,priority,caller,vru_s,queued,queue_s,outcome,service_s,agent
2026-03-02,100,PS,2,1,10,1,20,AGENT,60,A01
2026-03-02,200,PS,0,1,10,1,20,HANG,0,
2026-03-02,300,PS,0,1,10,0,0,HANG,0,
2026-03-02,300,PS,0,1,10,0,0,PHANTOM,0,
2026-03-02,300,PS,0,1,10,0,0,AGENT,50,
2026-03-02,400,PS,0,1,-10,0,0,AGENT,50,A01
2026-03-03,400,PS,0,1,0,0,0,AGENT,50,A01
"""
SHIFTS = "date,agent,start_s,end_s,calls\n2026-03-02,A01,90,900,2\n2026-03-03,A01,90,900,1\n"


def files(folder: Path, calls: str = CALLS, shifts: str = SHIFTS) -> tuple[Path, Path]:
    (folder / "calls.csv").write_text(calls)
    (folder / "shifts.csv").write_text(shifts)
    return folder / "calls.csv", folder / "shifts.csv"


def test_a_recorded_day_is_replayed_with_its_own_calls_and_shifts(tmp_path: Path) -> None:
    days = read_days(*files(tmp_path))
    assert len(days) == 1
    day = days[0]
    assert day.date == "2026-03-02"
    assert day.start == 90
    assert list(day.calls) == [(110, 60, 90), (210, None, 0), (400, 50, 0)]
    scenario = as_scenario(day, steady(1, calls_per_hour=1, hours=1, patience=344))
    assert list(scenario.shifts) == [Shift(0, 0, 840)]
    calls = list(recorded(day, scenario, random.Random(1)))
    assert [(call.at, call.credit) for call in calls] == [(20, 90), (120, 0), (310, 0)]
    assert [call.handling for call in (calls[0], calls[2])] == [90, 80]
    assert Centre(scenario, calls=iter(calls)).run().counts.offered == 3


def test_two_calls_of_one_second_are_read(tmp_path: Path) -> None:
    twice = CALLS + "2026-03-02,200,PS,0,2,10,0,0,AGENT,30,A01\n"
    day = read_days(*files(tmp_path, calls=twice))[0]
    assert list(day.calls[1:3]) == [(210, None, 0), (210, 30, 0)]


def test_a_recording_without_its_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadScenario):
        read_days(*files(tmp_path, calls="date,entry\n2026-03-02,1\n"))


@pytest.mark.skipif("RECORDED_DAYS" not in os.environ, reason="RECORDED_DAYS names no folder with recorded days")
def test_the_recorded_month_comes_out_as_it_was() -> None:
    """As a month of a bank's call centre: 49 % within 20 s, 14 % gave up, 45 s until the answer."""
    folder = Path(os.environ["RECORDED_DAYS"])
    plan = steady(1, calls_per_hour=1, hours=1, patience=344)
    runs = []
    for number, day in enumerate(read_days(folder / "calls_feb1999.csv", folder / "shifts_feb1999_inferred.csv")):
        scenario = as_scenario(day, plan)
        runs.append(Centre(scenario, calls=recorded(day, scenario, random.Random(number))).run())
    figures = sum_up(runs)
    assert figures.service_level[NEGATIVE] == pytest.approx(0.49, abs=0.03)
    assert figures.abandoned == pytest.approx(0.143, abs=0.02)
    assert figures.mean_wait_answered == pytest.approx(45, abs=6)
