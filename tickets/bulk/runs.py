"""Runs: a dry run that names the tickets, the start, and the drain that does one ticket per transaction.

An item's outcome is written in the transaction of its act, so a crash in between leaves it waiting and undone, and the
next drain goes on; nothing is done twice. Small runs are drained in the request, large ones by a worker.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tickets.bulk.act import Act
from tickets.bulk.answering import ACTS
from tickets.bulk.undoing import before_of, put_back
from tickets.errors import Refused
from tickets.models import BulkItem, BulkRun, Event, Ticket, User
from tickets.models.tickets import TicketQuerySet
from tickets.waking import DRAIN_BULK_RUNS, wake

log = logging.getLogger(__name__)

MOST_AT_ONCE = 200  # in the request itself; more wait for a worker
MOST_IN_RUN = 10_000
NUMBERS_NAMED = 5
PLANS_KEPT = timedelta(days=1)
FRESH_RIGHTS = 100  # items after which the agent's rights are read again

# --- the dry run -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Reason:
    """A sentence, how many tickets it keeps from the act, and the numbers of the first of them."""

    sentence: str
    count: int = 0
    numbers: list[str] = field(default_factory=list)


@dataclass(slots=True)
class DryRun:
    """What would become of it."""

    will_change: int = 0
    already: int = 0
    reasons: dict[str, Reason] = field(default_factory=dict)
    warnings: list[Reason] = field(default_factory=list)

    @property
    def refused(self) -> int:
        return sum(reason.count for reason in self.reasons.values())

    def refuse(self, sentence: str, number: str = "", count: int = 1) -> None:
        reason = self.reasons.setdefault(sentence, Reason(sentence))
        reason.count += count
        if number and len(reason.numbers) < NUMBERS_NAMED:
            reason.numbers.append(number)


def plan_run(act: Act, tickets: TicketQuerySet, *, by: User, missing: int = 0) -> BulkRun:
    """Remembers what shall be done with which tickets; nothing is changed yet.

    `missing`: how many more were asked for that the agent does not see (any more).
    """
    most = min(MOST_IN_RUN, act.most)
    ids = list(tickets.order_by("pk").values_list("pk", flat=True)[: most + 1])
    if not ids:
        raise Refused(_("Select tickets first."))
    if len(ids) > most:
        raise Refused(act.too_many())
    values = act.values | ({"missing": missing} if missing else {})
    return BulkRun.objects.create(by=by, act=act.code, values=values, ticket_ids=ids)


def judge_run(run: BulkRun) -> DryRun:
    """How many would change, how many are already so, and who would be refused, by reason."""
    act, found = act_of(run), DryRun()
    tickets = Ticket.objects.worked_by(run.by).filter(pk__in=run.ticket_ids)
    seen, changing = 0, []
    for ticket in act.for_judging(tickets, run.by).order_by("-pk").iterator(chunk_size=2000):
        seen += 1
        try:
            if _must_change(act, ticket, run.by):
                changing.append(ticket.pk)
            else:
                found.already += 1
        except Refused as refusal:
            found.refuse(str(refusal), ticket.number)
    if seen < len(run.ticket_ids):
        found.refuse(_("You no longer see the ticket."), count=len(run.ticket_ids) - seen)
    found.will_change = len(run.ticket_ids) - found.already - found.refused
    for sentence, numbers in act.warn(changing).items():
        found.warnings.append(Reason(sentence, len(numbers), numbers[:NUMBERS_NAMED]))
    if missing := run.values.get("missing"):
        found.refuse(_("You no longer see the ticket."), count=missing)
    return found


def act_of(run: BulkRun) -> Act:
    return ACTS[run.act].read(run.values)


def _must_change(act: Act, ticket: Ticket, by: User) -> bool:
    """False when the ticket is already so. Raises Refused when the agent may not, or a rule says no."""
    if not act.may(by, ticket):
        raise Refused(_("You don't have the right to do this. Ask the team's leader or an administrator."))
    if act.is_so(ticket, by):
        return False
    act.check(ticket, by)
    return True


# --- start and drain -------------------------------------------------------------------------------------------------


def start_run(run: BulkRun, *, by: User) -> BulkRun:
    """Makes the dry run real. A second press changes nothing: the run goes on as it was started."""
    with transaction.atomic():
        run = BulkRun.objects.select_for_update().get(pk=run.pk, by=by)
        if run.state != BulkRun.State.PLANNED:
            return run
        act = _act_or_refusal(run)
        if not isinstance(act, Refused):
            run.values = act.begin(by) | {name: run.values[name] for name in ("missing",) if name in run.values}
        BulkItem.objects.bulk_create(
            [BulkItem(run=run, ticket_id=ticket_id) for ticket_id in run.ticket_ids], batch_size=2000
        )
        is_small = len(run.ticket_ids) <= MOST_AT_ONCE
        run.state, run.ticket_ids = BulkRun.State.RUNNING, []
        run.save(update_fields=["state", "ticket_ids", "values"])
        if not is_small:
            wake(DRAIN_BULK_RUNS)
    if is_small:
        work_off(run, limit=MOST_AT_ONCE)
    return BulkRun.objects.get(pk=run.pk)


def undo_run(run: BulkRun, *, by: User) -> BulkRun:
    """A run that puts back what this one changed, ticket by ticket, where nothing happened since."""
    with transaction.atomic():
        run = BulkRun.objects.select_for_update().get(pk=run.pk, by=by)
        if not can_undo(run):
            raise Refused(_("This can't be undone."))
        undo = BulkRun.objects.create(by=by, act=run.act, values=run.values, undoes=run, state=BulkRun.State.RUNNING)
        done = run.items.filter(state=BulkItem.State.DONE).order_by("pk").values_list("ticket", flat=True)
        items = BulkItem.objects.bulk_create(
            [BulkItem(run=undo, ticket_id=ticket_id) for ticket_id in done], batch_size=2000
        )
        if len(items) > MOST_AT_ONCE:
            wake(DRAIN_BULK_RUNS)
    if len(items) <= MOST_AT_ONCE:
        work_off(undo, limit=MOST_AT_ONCE)
    return BulkRun.objects.get(pk=undo.pk)


def can_undo(run: BulkRun) -> bool:
    """Once, and only acts that can be taken back at all; an undo is not undone."""
    if run.state != BulkRun.State.FINISHED or run.undoes_id is not None or not ACTS[run.act].restores:
        return False
    if BulkRun.objects.filter(undoes=run).exists():
        return False
    return run.items.filter(state=BulkItem.State.DONE).exclude(before={}).exists()


def drain_bulk_runs(limit: int = 1000) -> int:
    """Goes on with every run that waits, the oldest first. Returns how many tickets were handled; may run twice."""
    handled = 0
    for run in BulkRun.objects.filter(state=BulkRun.State.RUNNING).order_by("pk"):
        while handled < limit:
            did = work_off(run, limit=min(FRESH_RIGHTS, limit - handled))
            handled += did
            if did == 0:
                break
    if handled >= limit:
        wake(DRAIN_BULK_RUNS)
    BulkRun.objects.filter(state=BulkRun.State.PLANNED, created_at__lt=timezone.now() - PLANS_KEPT).delete()
    return handled


def work_off(run: BulkRun, *, limit: int) -> int:
    """Up to so many tickets of the run, each in a transaction of its own. Finishes the run after the last."""
    by = User.objects.get(pk=run.by_id)
    handled = 0
    with translation.override(by.language):
        act = _act_or_refusal(run)
        while handled < limit and _do_next(run, act, by):
            handled += 1
    if _finish(run) and run.undoes is not None and isinstance(act, Act):
        act.end_undo(by, since=run.undoes.created_at)
    return handled


def _act_or_refusal(run: BulkRun) -> Act | Refused:
    """What it names may be gone since the dry run; then every ticket is refused with that sentence."""
    try:
        return act_of(run)
    except Refused as refusal:
        return refusal


def _do_next(run: BulkRun, act: Act | Refused, by: User) -> bool:
    with transaction.atomic():
        item = (
            BulkItem.objects.select_for_update(skip_locked=True)
            .filter(run=run, state=BulkItem.State.WAITING)
            .order_by("pk")
            .first()
        )
        if item is None:
            return False
        try:
            with transaction.atomic():
                _do_item(item, run, act, by)
        except Refused as refusal:
            item.state, item.sentence = BulkItem.State.REFUSED, str(refusal)[:300]
        except Exception:  # one bad ticket stops no other; the log has what happened
            log.exception("bulk item failed", extra={"run": run.pk, "ticket": item.ticket_id})
            item.state = BulkItem.State.FAILED
            item.sentence = _("The server could not do it. The administrators find the reason in the log.")[:300]
        if item.state in (BulkItem.State.REFUSED, BulkItem.State.FAILED):
            item.before, item.seq = {}, None
        item.save(update_fields=["state", "sentence", "before", "seq"])
    return True


def _do_item(item: BulkItem, run: BulkRun, act: Act | Refused, by: User) -> None:
    """Judges the ticket anew under its lock, and does it."""
    # One question for the lock and the sight of it; the room locks again and reads the names it needs.
    ticket = Ticket.objects.worked_by(by).select_for_update(no_key=True).filter(pk=item.ticket_id).first()
    if ticket is None:
        raise Refused(_("You no longer see the ticket."))
    if isinstance(act, Refused):
        raise act
    if run.undoes_id is not None:
        _put_back_item(item, run, act, ticket, by)
        return
    if not _must_change(act, ticket, by):
        item.state = BulkItem.State.UNCHANGED
        return
    before = before_of(act, ticket)
    act.perform(ticket, by)
    item.state, item.before, item.seq = BulkItem.State.DONE, before, _last_seq(ticket)


def _put_back_item(item: BulkItem, run: BulkRun, act: Act, ticket: Ticket, by: User) -> None:
    original = BulkItem.objects.get(run=run.undoes_id, ticket=ticket)
    if not original.before:
        raise Refused(_("Something followed from it that can't be taken back."))
    if original.seq != _last_seq(ticket):
        raise Refused(_("Something happened to the ticket since."))
    if not act.may(by, ticket):
        raise Refused(_("You don't have the right to do this. Ask the team's leader or an administrator."))
    put_back(ticket, original.before, act.restores, by=by)
    item.state = BulkItem.State.DONE


def _last_seq(ticket: Ticket) -> int:
    return Event.objects.filter(ticket=ticket).aggregate(last=Max("seq"))["last"] or 0


def _finish(run: BulkRun) -> bool:
    """After the last item; once. A note's text now stands in the tickets and is kept here no longer."""
    if run.items.filter(state=BulkItem.State.WAITING).exists():
        return False
    values = {name: value for name, value in run.values.items() if name != "text"}
    running = BulkRun.objects.filter(pk=run.pk, state=BulkRun.State.RUNNING)
    return bool(running.update(state=BulkRun.State.FINISHED, finished_at=timezone.now(), values=values))


# --- looking at it ---------------------------------------------------------------------------------------------------


def title_of(run: BulkRun) -> str:
    """What the run does, in words; also when what it names is gone, or its text is no longer kept."""
    try:
        title = ACTS[run.act].read(run.values | ({"text": "-"} if run.act == "note" else {})).title
    except Refused:
        title = _("Act on many tickets")
    return _("Undo: %(act)s") % {"act": title} if run.undoes_id else title


def count_items(run: BulkRun) -> Counter[str]:
    """How many items are in which state."""
    counted: Counter[str] = Counter()
    for row in run.items.order_by().values("state").annotate(count=Count("pk")):
        counted[row["state"]] = row["count"]
    return counted


def summary_of(counts: Counter[str]) -> str:
    """ "3 done, 2 were already so, 1 refused" """
    state = BulkItem.State
    refused = counts[state.REFUSED] + counts[state.FAILED]
    parts: list[Any] = [
        ngettext("%(n)s ticket done", "%(n)s tickets done", counts[state.DONE]) % {"n": counts[state.DONE]}
    ]
    if already := counts[state.UNCHANGED]:
        parts.append(ngettext("%(n)s was already so", "%(n)s were already so", already) % {"n": already})
    if refused:
        parts.append(ngettext("%(n)s refused", "%(n)s refused", refused) % {"n": refused})
    return ", ".join(parts)
