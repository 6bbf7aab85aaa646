"""The wallboard: the load of all queues in one sight, who is where, who is on loan, and the help desk's backlog."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from contactcenter import advising, backlog, permissions
from contactcenter.load import AgentSight, Load, LoanSight, QueueLoad, read_load
from contactcenter.models import Queue
from contactcenter.web import advice_words, board_words
from contactcenter.web.entry import for_watchers
from tickets.models import User
from tickets.web.responses import AgentRequest

FIRST = 8  # agents of a queue that show at once
ORDER = ("ring", "call", "wrap", "ready", "back", "away", "off")
KEPT = 5  # seconds that the rows of one shape are handed out again

# (shape, may run, language): when they were made, and the rows; this process's own, for some seconds.
_made: dict[tuple[str, bool, str], tuple[float, str]] = {}


@dataclass(frozen=True, slots=True)
class Row:
    """An agent in a column."""

    agent: AgentSight
    state: str
    level: int
    is_on_loan: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A queue with who serves it; `queue` is None for those outside the queues."""

    queue: QueueLoad | None
    first: list[Row]
    rest: list[Row]

    @property
    def count(self) -> int:
        return len(self.first) + len(self.rest)


@dataclass(frozen=True, slots=True)
class LoanLine:
    """An open loan with its names. `minutes` and `planned` are for its bar; `can_return`: he serves already."""

    loan: LoanSight
    agent: AgentSight
    queue: str
    minutes: int
    planned: int | None


@require_safe
@for_watchers
def board(request: AgentRequest) -> HttpResponse:
    """The whole page; from then on the socket tells what changes."""
    load = read_load()
    return render(
        request,
        "contactcenter/board.html",
        {
            "cards": [(queue, board_words.TENSIONS[queue.tension]) for queue in load.queues],
            "words": board_words.words_of_states(),
            "backlog": backlog.read_backlog(request.user),
            "suggestions": _suggestions([queue.id for queue in load.queues]),
        }
        | _rows(request.user, load),
    )


@require_safe
@for_watchers
def board_rows(request: AgentRequest) -> HttpResponse:
    """The part of the page with rows, read anew when rows came, went or moved.

    All pages read it when the socket names a new `shape`: they get the same rows, made once.
    """
    shape = request.GET.get("shape", "")[:40]
    can_run = permissions.can_run_centre(request.user)
    key, now = (shape, can_run, get_language() or ""), time.monotonic()
    made_at, found = _made.get(key, (0.0, ""))
    if not shape or not found or now - made_at > KEPT:
        found = render_to_string("contactcenter/_board_rows.html", _rows(request.user, read_load()), request)
        for old in [each for each, (at, _rows_) in list(_made.items()) if now - at > KEPT]:
            _made.pop(old, None)
        if shape:
            _made[key] = (now, found)
    return HttpResponse(found)


@require_safe
@for_watchers
def board_advice(request: AgentRequest) -> HttpResponse:
    """What is advised now, read anew when advice came or was settled."""
    queue_ids = list(Queue.objects.filter(is_active=True).order_by("name").values_list("pk", flat=True))
    context = {"suggestions": _suggestions(queue_ids), "can_run": permissions.can_run_centre(request.user)}
    return render(request, "contactcenter/_board_advice.html", context)


@require_safe
@for_watchers
def board_backlog(request: AgentRequest) -> HttpResponse:
    """The help desk's part, read anew when tickets changed."""
    return render(request, "contactcenter/_board_backlog.html", {"backlog": backlog.read_backlog(request.user)})


def _rows(user: User, load: Load) -> dict[str, Any]:
    names = {queue.id: queue.name for queue in load.queues}
    agents = {agent.id: agent for agent in load.agents}
    return {
        "load": load,
        "can_run": permissions.can_run_centre(user),
        "odd": board_words.odd_lines(load),
        "odd_count": sum(len(agent.contradictions) for agent in load.agents),
        "columns": _columns(load),
        "loans": [
            LoanLine(
                loan,
                agents[loan.agent_id],
                names.get(loan.queue_id, ""),
                int((load.at - (loan.active_at or loan.asked_at)).total_seconds() // 60),
                int((loan.planned_until - (loan.active_at or loan.asked_at)).total_seconds() // 60)
                if loan.planned_until
                else None,
            )
            for loan in load.loans
            if loan.agent_id in agents
        ],
    }


def _columns(load: Load) -> list[Column]:
    served: dict[int, list[Row]] = {queue.id: [] for queue in load.queues}
    outside: list[Row] = []
    for agent in load.agents:
        if agent.look == "off" and not agent.activity.is_present:
            continue
        state = board_words.state_of(agent)
        seats = [seat for seat in agent.seats if seat.queue_id in served]
        for seat in seats:
            served[seat.queue_id].append(Row(agent, state, seat.level, seat.is_on_loan))
        if not seats:
            outside.append(Row(agent, state, 1, is_on_loan=False))
    columns = [_column(queue, served[queue.id]) for queue in load.queues]
    return [*columns, _column(None, outside)]


def _column(queue: QueueLoad | None, rows: Iterable[Row]) -> Column:
    ordered = sorted(rows, key=lambda row: (row.level, ORDER.index(row.agent.look), row.agent.name))
    return Column(queue, ordered[:FIRST], ordered[FIRST:])


def _suggestions(queue_ids: list[int]) -> list[advice_words.Suggestion]:
    """What is advised for these queues, in their order."""
    found = advising.standing_advice(queue_ids)
    return advice_words.describe_all(found[key] for key in queue_ids if key in found)
