"""The questions to the index, in SQL: the latest candidates first, in steps; a common word costs what a rare one does.

GIN finds rows but not their order. Each row therefore carries marks of the time it speaks of, and the question is put
to the latest few thousand rows, then to more and more, until there are enough: a common word is full in the first step,
a rare one passes all steps at no cost. What the reader may not see is left out within each step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connection, transaction
from django.db.models.expressions import RawSQL
from psycopg.errors import QueryCanceled

from tickets.models.messages import MessageQuerySet
from tickets.models.tickets import TicketQuerySet
from tickets.search.parsing import Term

MOST_TITLES = 150  # candidates by a title
MOST_ROWS = 350  # candidates by anything
PATIENCE = 4_000  # ms
LOOKED_AT = 1_000  # titles that a beginning fits
WEIGHTS = "{0.15, 0.4, 0.5, 1.0}"  # D notes, tags; C what was said; B people; A titles
# How many bits of a row's number are left out in the marks of lots of time, as `search_marks` makes them; a number is
# the second that a row speaks of, shifted by 24. From 4.5 hours to 2 years.
LOTS = {38: "~e", 42: "~f", 46: "~g", 50: "~h"}
FIRST_ROWS = 4_096  # rows of the first step, or somewhat more
FIRST_LOTS = 12
LARGEST = 1_000_000  # rows that a step may hold, as far as one can tell
BY_TIME = 1 << 40  # smaller numbers are from before rows were numbered by time
MOST_MONTHS = 24


class TooBroad(Exception):
    """The question would take too long to answer."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that was found."""

    kind: str
    ticket_id: int
    message_id: int | None
    attachment_id: int | None
    second: float  # since 1970; of hundreds few are shown, and reading moments costs
    rank: float
    team_id: int
    status_id: int

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.second, UTC)


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL with its parameters."""

    text: str
    params: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the rows: marks of which one must be there, and below which row it ends. The last has no marks."""

    marks: tuple[str, ...]
    below: int


def steps(newest: int, near: int | None, oldest: int, rows: int = 0) -> list[Step]:
    """Ever larger parts of the rows, the latest first; together they are all rows numbered by time, each once.

    The first goes down to `near`, which is None when there are few rows in all; each later one is four times as long as
    all before, but none is expected to hold more than LARGEST of the `rows`: nothing is asked for without an end.
    """
    width = newest - (oldest if near is None else near) + 1
    bits = next((bits for bits in LOTS if width >> bits < FIRST_LOTS), None)
    if near is None or bits is None:  # few in all, or few a year
        return [Step((), newest + 1)]
    top = begin = ((newest >> bits) + 1) << bits
    length = top - ((near >> bits) << bits)
    longest = max(length, (newest - oldest) * LARGEST // max(rows, LARGEST))
    found: list[Step] = []
    while begin > oldest:
        end = begin
        bits = max((bits for bits in LOTS if 1 << bits <= length), default=bits)
        begin = (max(end - length, 0) >> bits) << bits
        found.append(Step(tuple(_lots(begin, end)), end))
        length = min(4 * (top - begin), longest)
    return found


def _lots(begin: int, end: int) -> Iterator[str]:
    """The marks of the fewest lots that are all from here to there."""
    while end > begin:
        bits = max(bits for bits in LOTS if end % (1 << bits) == 0 and end - (1 << bits) >= begin)
        end -= 1 << bits
        yield f"{LOTS[bits]}{end >> bits}"


# --- the question --------------------------------------------------------------------------------------------------


def ask_words(clauses: Sequence[Sequence[Term]], weights: str = "") -> Sql:
    """The clauses as one tsquery. Words that say nothing alone are left out while others say something."""
    lean = _all_of(clauses, weights, drop_small=True)
    full = _all_of(clauses, weights, drop_small=False)
    return Sql(f"coalesce(nullif({lean.text}, ''::tsquery), {full.text})", lean.params + full.params)


def _all_of(clauses: Sequence[Sequence[Term]], weights: str, *, drop_small: bool) -> Sql:
    parts = [_any_of(clause, weights, drop_small=drop_small) for clause in clauses]
    return Sql("(" + " && ".join(part.text for part in parts) + ")", tuple(p for part in parts for p in part.params))


def _any_of(clause: Sequence[Term], weights: str, *, drop_small: bool) -> Sql:
    parts = [_ask(term, weights, drop_small=drop_small) for term in clause]
    return Sql("(" + " || ".join(part.text for part in parts) + ")", tuple(p for part in parts for p in part.params))


def _ask(term: Term, weights: str, *, drop_small: bool) -> Sql:
    if term.field == "to":
        asked = Sql("search_ask_receiver(%s)", (term.value,))
    elif term.field == "from":
        asked = Sql("search_ask_each(%s, 'B')", (term.value,))
    else:
        asked = Sql("search_ask(%s, %s, %s)", (term.value, "A" if term.field else weights, term.is_beginning))
        if drop_small and not (term.field or term.is_phrase or term.is_beginning or term.is_excluded):
            asked = Sql(
                f"(CASE WHEN search_is_small(lower(%s)) THEN ''::tsquery ELSE {asked.text} END)",
                (term.value, *asked.params),
            )
    return Sql(f"(!! {asked.text})", asked.params) if term.is_excluded else asked


def ask_marks(*, teams: Collection[int] | None, since: datetime | None, until: datetime | None) -> list[list[str]]:
    """What must be marked on a row: one of each list."""
    lists: list[list[str]] = []
    if teams is not None:
        lists.append([f"~t{team}" for team in sorted(teams)] or ["~t0"])
    if months := _months(since, until):
        lists.append(months)
    return lists


def _months(since: datetime | None, until: datetime | None) -> list[str]:
    """The marks of a span of time, in months if it is short, in years if not; nothing without a beginning."""
    if since is None and until is None:
        return []
    start = since.date() - timedelta(days=1) if since else date(1990, 1, 1)  # marks are in UTC
    end = (until.date() if until else date.today()) + timedelta(days=2)  # noqa: DTZ011  (a day more or less is enough)
    if start > end:
        return ["~y0"]
    months = (end.year - start.year) * 12 + end.month - start.month + 1
    if months > MOST_MONTHS:
        return [f"~y{year}" for year in range(start.year, end.year + 1)]
    first = start.year * 12 + start.month - 1
    return [f"~m{n // 12:04}{n % 12 + 1:02}" for n in range(first, first + months)]


def _one_of(marks: Sequence[str]) -> str:
    """A tsquery's text. A mark holds no sign that would have to be escaped within the quotation marks."""
    return " | ".join(f"'{mark}'" for mark in marks)


# --- the search ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows may be found: those of these tickets; of their messages all, or only these."""

    tickets: TicketQuerySet
    messages: MessageQuerySet | None = None
    marks: tuple[tuple[str, ...], ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    ticket_ids: tuple[int, ...] | None = None  # the only tickets it can be, when these are few


def candidates(question: Sql, *scopes: Scope, only_kind: str = "") -> list[Candidate]:
    """The latest rows that answer the question, titles before the rest. Raises TooBroad instead of taking for ever."""
    found = [sql for sql in (_found(scope, only_kind) for scope in scopes) if sql is not None]
    if not found:
        return []
    sql = f"""
        WITH asked AS MATERIALIZED (SELECT {question.text} AS q),
        found AS ({" UNION ".join(f"({each.text})" for each in found)})
        SELECT r.kind, r.ticket_id, r.message_id, r.attachment_id, extract(epoch FROM r.at)::float8,
            ts_rank('{WEIGHTS}', r.vector, asked.q, 1), t.team_id, t.status_id
        FROM found JOIN tickets_searchrow r ON r.id = found.id JOIN tickets_ticket t ON t.id = r.ticket_id, asked
    """  # noqa: S608  (pieces of ours; what was typed are parameters)
    params = [*question.params, *(value for each in found for value in each.params)]
    return [Candidate(*values) for values in _patiently(sql, params)]


def _found(scope: Scope, only_kind: str) -> Sql | None:
    """The numbers of the rows in this scope; None when there can be none."""
    try:
        visible = _visible(scope)
    except EmptyResultSet:  # Django knows without asking that he sees nothing
        return None
    if scope.ticket_ids is not None:
        return _among(scope.ticket_ids, visible, MOST_TITLES + MOST_ROWS, only_kind) if scope.ticket_ids else None
    parts = _parts()
    return _in_steps(parts, scope, visible, only_kind) if parts else None


def _parts() -> list[Step]:
    """The steps of the index as it is now; none when it is empty. Rows from before there were such marks come last."""
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, {"first": FIRST_ROWS, "by_time": BY_TIME})
        newest, near, oldest, lowest, rows = cursor.fetchone()
    found = steps(newest, near, oldest, rows) if newest is not None and newest >= BY_TIME else []
    if lowest is not None and lowest < BY_TIME and (not found or found[-1].marks):
        found.append(Step((), BY_TIME))
    return found


_NUMBERS = """
    SELECT max(id),
        (SELECT id FROM tickets_searchrow WHERE id >= %(by_time)s ORDER BY id DESC OFFSET %(first)s LIMIT 1),
        (SELECT min(id) FROM tickets_searchrow WHERE id >= %(by_time)s), min(id),
        (SELECT reltuples::bigint FROM pg_class WHERE oid = 'tickets_searchrow'::regclass)
    FROM tickets_searchrow
"""


def _in_steps(parts: Sequence[Step], scope: Scope, visible: Sql, only_kind: str) -> Sql:
    """Titles and then all rows, each step by step until there are enough."""
    if only_kind:
        return _stepwise(parts, scope, visible, MOST_TITLES + MOST_ROWS, only_kind)
    titles = _stepwise(parts, scope, visible, MOST_TITLES, "t")
    rows = _stepwise(parts, scope, visible, MOST_ROWS, "")
    return Sql(f"({titles.text}) UNION ({rows.text})", titles.params + rows.params)


def _stepwise(parts: Sequence[Step], scope: Scope, visible: Sql, most: int, only_kind: str) -> Sql:
    """Sorted before it is asked what may be seen, so that only as many are asked as are needed.

    The marks of a step are asked for by themselves, which is quicker than as a part of the question; the last step has
    none. Titles have an index of their own.
    """
    narrow = [_one_of(marks) for marks in scope.marks]
    kind = {"": "", "t": " AND r.kind = 't'"}.get(only_kind)
    if kind is None:
        kind, narrow = "", [*narrow, f"'~k{only_kind}'"]
    asked = " && ".join(["asked.q", *["%s::tsquery"] * len(narrow)])
    times, time_params = _times(scope)

    def part(steps: Sequence[Step], near: str) -> Sql:
        return Sql(
            f"""SELECT s.id FROM asked, unnest(%s::tsquery[], %s::bigint[]) AS step(near, below), LATERAL (
                SELECT each.id FROM (
                    SELECT r.id, r.ticket_id, r.message_id FROM tickets_searchrow r
                    WHERE r.vector @@ ({asked}){near}{kind} AND r.id + 0 < step.below{times}
                    ORDER BY r.id DESC OFFSET 0
                ) AS each WHERE {visible.text} LIMIT %s
            ) AS s""",  # noqa: S608
            (
                [_one_of(step.marks) for step in steps],
                [step.below for step in steps],
                *narrow,
                *time_params,
                *visible.params,
                most,
            ),
        )

    marked, rest = [step for step in parts if step.marks], [step for step in parts if not step.marks]
    found = [part(marked, " AND r.vector @@ step.near")] if marked else []
    found += [part(rest, "")] if rest else []
    text = " UNION ALL ".join(f"({each.text})" for each in found)
    return Sql(
        f"SELECT id FROM ({text}) AS each_step LIMIT %s",  # noqa: S608
        (*(value for each in found for value in each.params), most),
    )


def _among(ids: tuple[int, ...], visible: Sql, most: int, only_kind: str) -> Sql:
    """Among few tickets every row is looked at: by the index of words a common one would be read whole."""
    kind = " && %s::tsquery" if only_kind else ""
    return Sql(
        f"""SELECT each.id FROM (
                SELECT r.id, r.ticket_id, r.message_id FROM tickets_searchrow r, asked
                WHERE r.ticket_id = ANY(%s) AND coalesce(r.vector @@ (asked.q{kind}), false)
                ORDER BY r.id DESC OFFSET 0
            ) AS each WHERE {visible.text} LIMIT %s""",  # noqa: S608
        (list(ids), *([f"'~k{only_kind}'"] if only_kind else []), *visible.params, most),
    )


def _times(scope: Scope) -> tuple[str, list[datetime]]:
    text = ""
    params: list[datetime] = []
    if scope.since is not None:
        text, params = text + " AND r.at >= %s", [*params, scope.since]
    if scope.until is not None:
        text, params = text + " AND r.at < %s", [*params, scope.until]
    return text, params


def _visible(scope: Scope) -> Sql:
    """Asked row by row (OFFSET 0 keeps it so): a list of all that a reader may see would be long."""
    tickets = scope.tickets.filter(pk=RawSQL("each.ticket_id", ())).order_by().values("pk")
    text, params = tickets.query.sql_with_params()
    found = Sql(f"EXISTS ({text} OFFSET 0)", tuple(params))
    if scope.messages is None:
        return found
    shown = scope.messages.filter(pk=RawSQL("each.message_id", ())).order_by().values("pk")
    text, params = shown.query.sql_with_params()
    also = f"{found.text} AND (each.message_id IS NULL OR EXISTS ({text} OFFSET 0))"
    return Sql(also, found.params + tuple(params))


def _patiently(sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    """The rows, or TooBroad when the database has worked on it for too long."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE)])
            cursor.execute(sql, params)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            if connection.savepoint_ids:  # else it ends with the transaction
                cursor.execute("SELECT set_config('statement_timeout', '0', true)")
            return found
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooBroad from error
        raise


def titles(question: Sql, scope: Scope, *, most: int) -> list[int]:
    """The latest tickets whose own row answers the question; for what is being typed, so it may hold beginnings.

    Raises TooBroad.
    """
    try:
        visible = _visible(scope)
    except EmptyResultSet:
        return []
    marks = "".join(" && %s::tsquery" for _each in scope.marks)
    sql = f"""
        SELECT each.ticket_id FROM (
            SELECT r.id, r.ticket_id, r.message_id FROM tickets_searchrow r
            WHERE r.kind = 't' AND r.vector @@ ({question.text}{marks}) ORDER BY r.id DESC LIMIT {LOOKED_AT}
        ) AS each WHERE {visible.text} LIMIT %s
    """  # noqa: S608
    params = [*question.params, *(_one_of(marks) for marks in scope.marks), *visible.params, most]
    return [values[0] for values in _patiently(sql, params)]
