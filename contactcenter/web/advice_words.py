"""Advice in the reader's words: what is advised, why, what it is expected to bring, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contactcenter.models import Advice
from contactcenter.pulling import Why

WHY: dict[str, str | LazyText] = {
    Why.HEADCOUNT: gettext_lazy("More agents are needed for the target than serve the queue."),
    Why.LONG_WAIT: gettext_lazy("Somebody has waited too long."),
    Why.LONG_LINE: gettext_lazy("The line is long and nobody is free."),
    Why.SPARE: gettext_lazy("Nobody waits, and there are more agents than needed."),
}
NOT_ASKED: dict[str, str | LazyText] = {
    "not_here": gettext_lazy("not at work"),
    "on_loan": gettext_lazy("asked or on loan already"),
    "with_customer": gettext_lazy("with a customer"),
    "focus": gettext_lazy("not to be disturbed"),
    "promise_due": gettext_lazy("an answer is due within half an hour"),
    "end_of_shift": gettext_lazy("goes home soon"),
    "at_risk": gettext_lazy("too many tickets fall due within the hour"),
    "cooling_down": gettext_lazy("came back, or declined, only minutes ago"),
    "fair_share": gettext_lazy("has helped more than the others"),
    "other_way": gettext_lazy("this queue helps out there"),
    "advised": gettext_lazy("advised for another queue"),
    "own_queue": gettext_lazy("needed in the own queue"),
}
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What `contactcenter/_suggestion.html` shows."""

    advice: Advice
    title: str
    why: str
    expected: Expected
    risk: str
    action: str

    @property
    def at_risk(self) -> int:
        return int(self.advice.expected["at_risk"])


@dataclass(frozen=True, slots=True)
class Expected:
    """What `contactcenter/_expected.html` shows: (before, after) in words."""

    levels: tuple[str, str]
    waits: tuple[str, str]


def expected(effect: Mapping[str, Any]) -> Expected:
    """An expected effect, as `advising` tells it, in words."""
    return Expected(
        levels=(percent(effect["level_before"]), percent(effect["level_after"])),
        waits=(seconds(effect["wait_before"]), seconds(effect["wait_after"])),
    )


def describe(advice: Advice) -> Suggestion:
    """The advice in words. `queue` and `agent__user` should be at hand."""
    return Suggestion(
        advice,
        title=title(advice),
        why=str(WHY.get(advice.decision["why"], "")),
        expected=expected(advice.expected),
        risk=risk(int(advice.expected["at_risk"])),
        action=_action(advice),
    )


def describe_all(found: Iterable[Advice]) -> list[Suggestion]:
    return [describe(one) for one in found]


def title(advice: Advice) -> str:
    """Whom to move where."""
    names = {"name": str(advice.agent or ""), "queue": str(advice.queue)}
    if advice.agent is None:
        return _("%(queue)s needs one more, and nobody can be asked") % names
    sentences = {
        Advice.Kind.PULL: _("Pull in %(name)s to %(queue)s"),
        Advice.Kind.RELEASE: _("Send %(name)s back from %(queue)s"),
        Advice.Kind.RESERVE: _("Call %(name)s back from the ticket to %(queue)s"),
    }
    return sentences[Advice.Kind(advice.kind)] % names


def _action(advice: Advice) -> str:
    actions = {
        Advice.Kind.PULL: _("Pull in"),
        Advice.Kind.RELEASE: _("Send back"),
        Advice.Kind.RESERVE: _("Call back"),
    }
    return actions[Advice.Kind(advice.kind)]


def risk(count: int) -> str:
    """What the helper leaves behind; empty for nothing."""
    if not count:
        return ""
    return ngettext("%(count)d ticket at risk meanwhile", "%(count)d tickets at risk meanwhile", count) % {
        "count": count
    }


def percent(share: float | None) -> str:
    """ "84 %", or a dash."""
    return NOTHING if share is None else _("%(number)d%%") % {"number": round(share * 100)}


def seconds(length: float | None) -> str:
    """ "48 s", "4:26", "1:04:26"; a dash for none or without end."""
    if length is None:
        return NOTHING
    whole = round(length)
    if whole < 100:
        return _("%(number)d s") % {"number": whole}
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def decimal(number: float) -> str:
    """One decimal, with the language's mark."""
    return number_format(number, decimal_pos=1, use_l10n=True)


# --- the inputs ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with what was seen, each as (name, value)."""

    title: str
    lines: list[tuple[str, str]] = field(default_factory=list)


def inputs_in_words(advice: Advice, names: dict[int, str]) -> list[Part]:
    """Everything that the decision was made of. `names` are the agents' by id."""
    kept = advice.inputs
    sight, demand, rule, memory = kept["sight"], kept["sight"]["demand"], kept["pulling"], kept["memory"]
    patience = _("nobody gives up") if demand["patience"] is None else seconds(demand["patience"])
    target = _("%(share)s within %(time)s") % {
        "share": percent(rule["target"]["share"]),
        "time": seconds(rule["target"]["within"]),
    }
    parts = [
        Part(
            _("The queue, as seen"),
            [
                (_("Waiting"), str(sight["waiting"])),
                (_("Longest wait"), seconds(sight["longest_wait"])),
                (_("Serve the queue"), str(sight["on_duty"])),
                (_("Free of them"), str(sight["idle"])),
                (_("Helpers there and coming"), str(sight["helpers"])),
                (_("Coming"), str(sight["coming"])),
                (_("Own people at tickets"), str(len(kept["at_tickets"]))),
            ],
        ),
        Part(
            _("As measured"),
            [
                (_("Contacts an hour"), decimal(demand["calls_per_hour"])),
                (_("Handling time"), seconds(demand["handling"])),
                (_("Patience"), patience),
                (_("Agents needed for the target"), str(advice.decision["need"])),
            ],
        ),
        Part(
            _("The rule"),
            [
                (_("Target"), target),
                (_("A need has to last"), seconds(rule["need_hold"])),
                (_("A wait that calls at once"), seconds(rule["longest_wait"])),
                (_("A line that calls at once"), str(rule["long_line"])),
                (_("Until a helper is ready"), seconds(rule["set_up"])),
                (_("Shortest stay"), seconds(rule["least_stay"])),
                (_("Calm has to last"), seconds(rule["release_hold"])),
                (_("Helpers at most"), str(rule["most_helpers"])),
            ],
        ),
        Part(
            _("What it remembered"),
            [
                (_("Need seen for"), _since(memory["needed_since"], kept["now"])),
                (_("Calm seen for"), _since(memory["spare_since"], kept["now"])),
                (_("Last helper asked"), _since(memory["last_pull"], kept["now"])),
            ],
        ),
    ]
    if advice.kind == Advice.Kind.PULL:
        parts.append(_lending(kept["lending"], names))
    return parts


def _since(moment: float | None, now: float) -> str:
    return NOTHING if moment is None else seconds(now - moment)


def _lending(lending: dict[str, Any], names: dict[int, str]) -> Part:
    lines = []
    for at, one in enumerate(lending["lenders"], 1):
        facts = [_("asked today: %(count)d") % {"count": one["disturbed_today"]}]
        facts.append(_("on loan this week: %(minutes)d min") % {"minutes": round(one["minutes_this_week"])})
        if words := risk(one["at_risk"]):
            facts.append(words)
        lines.append((f"{at}. {names.get(one['id'], one['id'])}", ", ".join(facts)))
    lines += [
        (str(NOT_ASKED.get(reason, reason)).capitalize(), str(count))
        for reason, count in sorted(lending["not_asked"].items())
    ]
    return Part(_("Who could be asked, and who could not"), lines)


# --- what came of it -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Past:
    """A settled piece of advice: how it ended, and expected beside real. `came` is False until it was measured."""

    advice: Advice
    title: str
    ending: str
    tone: str
    levels: tuple[str, str]
    waits: tuple[str, str]
    came: bool
    real_levels: tuple[str, str] = (NOTHING, NOTHING)
    real_waits: tuple[str, str] = (NOTHING, NOTHING)


TONES = {Advice.State.TAKEN: "ok", Advice.State.DISMISSED: "warn", Advice.State.STANDING: "accent"}


def past(advice: Advice) -> Past:
    """The end of a piece of advice in words."""
    told, effect = describe(advice), advice.effect or {}
    ending = advice.get_state_display()
    if advice.reason:
        ending = f"{ending}: {advice.get_reason_display()}"
    return Past(
        advice,
        told.title,
        ending,
        TONES.get(Advice.State(advice.state), ""),
        told.expected.levels,
        told.expected.waits,
        came=bool(effect),
        real_levels=(percent(effect.get("level_before")), percent(effect.get("level_after"))),
        real_waits=(seconds(effect.get("wait_before")), seconds(effect.get("wait_after"))),
    )


def describe_past(found: Iterable[Advice]) -> list[Past]:
    return [past(one) for one in found]
