"""The load in the reader's words: what the script writes into the page, and what does not fit together."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contactcenter.load import AgentSight, Load
from contactcenter.models import Activity, Work
from contactcenter.tension import Odd, Tension

TENSIONS: dict[Tension, str | LazyText] = {
    Tension.FULL: pgettext_lazy("of a queue", "Full"),
    Tension.TIGHT: pgettext_lazy("of a queue", "Tight"),
    Tension.CALM: pgettext_lazy("of a queue", "All right"),
    Tension.CLOSED: pgettext_lazy("of a queue", "Closed"),
}
ODD: dict[Odd, str | LazyText] = {
    Odd.SILENT: _("says ready, but the page gives no sign of life"),
    Odd.LOST: _("says ready, but the page is lost: gets nothing"),
    Odd.BUSY_SIGNED_OUT: _("is signed out, but with a contact"),
    Odd.NO_QUEUE: _("is ready, but in no queue"),
    Odd.OVERSTAYED: _("is longer at this than allowed"),
    Odd.NO_CONTACT: _("is connected, but no contact is known"),
    Odd.IDLE_WITH_CONTACT: _("counts as free, but a contact is with them"),
    Odd.LOAN_NOT_READY: _("is on loan, but gets no contacts"),
    Odd.WRAP_UP_OVER: _("still wraps up, though the time is over"),
}


MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class OddLine:
    """One kind of contradiction, with all whom it is about, and since when the oldest lasts."""

    words: str | LazyText
    agents: list[AgentSight]
    since: datetime

    @property
    def names(self) -> str:
        return ", ".join(agent.name for agent in self.agents[:MOST_NAMED])

    @property
    def more(self) -> int:
        return max(0, len(self.agents) - MOST_NAMED)


def odd_lines(load: Load) -> list[OddLine]:
    """What does not fit together, by kind, those that last the longest first."""
    found: dict[Odd, list[tuple[float, AgentSight]]] = {}
    for agent in load.agents:
        for one in agent.contradictions:
            found.setdefault(one.odd, []).append((one.since, agent))
    lines = []
    for odd, about in found.items():
        about.sort(key=lambda each: each[0])
        since = datetime.fromtimestamp(about[0][0], UTC)
        lines.append(OddLine(ODD[odd], [agent for _since, agent in about], since))
    return sorted(lines, key=lambda line: line.since)


def words_of_states() -> str:
    """The words that the script puts beside agents and queues, as JSON: work states, activities, tensions."""
    words = {str(work.value): str(work.label) for work in Work}
    words |= {f"a{activity.pk}": activity.label for activity in Activity.objects.all()}
    return json.dumps(words | {f"t-{tension}": str(text) for tension, text in TENSIONS.items()}, ensure_ascii=False)


def state_of(agent: AgentSight) -> str:
    """What he is at, in one word."""
    return str(agent.activity.label if agent.work == Work.IDLE else Work(agent.work).label)
