"""manage.py simulate_day: figures in both languages, a drawing, and questions of the kind “what if”."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.contactcenter.test_simulation import SCENARIOS, files


def run(*args: Any, **options: Any) -> str:
    out = StringIO()
    call_command("simulate_day", *map(str, args), stdout=out, **options)
    return out.getvalue()


def figures(*args: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run(SCENARIOS / "overload.toml", "--days", "2", "--json", *args))
    return answer


def test_the_figures_come_in_both_languages() -> None:
    english = run(SCENARIOS / "overload.toml", "--days", "1")
    assert "Helpers:" in english
    hungarian = run(SCENARIOS / "blending.toml", "--days", "1", "--language", "hu")
    assert "Háttérmunka" in hungarian
    assert "Answered" not in hungarian


def test_what_if() -> None:
    usual = figures()
    assert figures() == usual
    assert figures("--no-help")["moves"] == 0
    assert figures("--min-stay", "2")["helper_minutes"] < usual["helper_minutes"]
    assert figures("--helpers", "0")["moves"] == 0
    assert figures("--seed", "5") != usual
    assert figures("--hold", "900")["helper_minutes"] > usual["helper_minutes"]


def test_the_day_is_drawn(tmp_path: Path) -> None:
    run(SCENARIOS / "overload.toml", "--days", "1", "--plot", tmp_path / "day.svg")
    drawing = ElementTree.fromstring((tmp_path / "day.svg").read_text())
    assert drawing.tag.endswith("svg")
    assert len(list(drawing.iter("{http://www.w3.org/2000/svg}rect"))) == 1 + 2 * 24
    assert len(list(drawing.iter("{http://www.w3.org/2000/svg}polyline"))) == 3


def test_recorded_days_follow_the_rules_of_the_plan(tmp_path: Path) -> None:
    calls, shifts = files(tmp_path)
    answer = run(SCENARIOS / "overload.toml", "--calls", calls, "--shifts", shifts)
    assert "calls a day: 3" in answer


@pytest.mark.parametrize(
    "args",
    [
        ["no-such-file.toml"],
        [SCENARIOS / "blending.toml", "--min-stay", "10"],
        [SCENARIOS / "overload.toml", "--keep-ready", "1"],
        [SCENARIOS / "overload.toml", "--calls", "calls.csv"],
        [SCENARIOS / "overload.toml", "--calls", "no-such.csv", "--shifts", "no-such.csv"],
    ],
)
def test_a_question_without_an_answer_is_refused(args: list[Any]) -> None:
    with pytest.raises(CommandError):
        run(*args)


def test_a_date_that_was_not_recorded_is_refused(tmp_path: Path) -> None:
    calls, shifts = files(tmp_path)
    with pytest.raises(CommandError, match="date"):
        run(SCENARIOS / "overload.toml", "--calls", calls, "--shifts", shifts, "--date", "2026-03-03")
