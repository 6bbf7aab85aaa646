"""Acts on many tickets: the dry run tells the truth, each is judged by itself, a crash repeats nothing."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone, translation

from tests import make
from tickets import groups, lifecycle, promises, tagging, tasks, watching
from tickets.bulk import acts, runs
from tickets.errors import Refused
from tickets.models import BulkItem, BulkRun, Priority, Right, Status, Team, Ticket, TicketGroup, User, Verb

STATE = BulkItem.State


def do(act: acts.Act, *tickets: Ticket, by: User) -> BulkRun:
    """Planned and started at once."""
    run = runs.plan_run(act, Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets]), by=by)
    return runs.start_run(run, by=by)


def outcome(run: BulkRun) -> dict[int, str]:
    return dict(run.items.values_list("ticket", "state"))


def status(code: str) -> Status:
    return Status.objects.get(code=code)


def test_a_dry_run_changes_nothing_and_groups_its_reasons(
    anna: User, ben: User, carla: User, helpdesk: Team, network: Team
) -> None:
    fresh = [make.ticket(team=helpdesk, customer=carla) for _n in range(2)]
    mine = make.ticket(team=helpdesk, customer=carla, owner=anna)
    shown = [make.ticket(team=network, customer=carla) for _n in range(2)]
    for ticket in shown:  # she answers for it, so she sees it, but has no right in its team
        Ticket.objects.filter(pk=ticket.pk).update(responsible=anna)
    unseen = make.ticket(team=network, customer=carla)
    everything = Ticket.objects.filter(pk__in=[t.pk for t in (*fresh, mine, *shown, unseen)])
    run = runs.plan_run(acts.Assign(anna), everything, by=anna, missing=1)
    found = runs.judge_run(run)
    assert (found.will_change, found.already, found.refused) == (2, 1, 4)
    no_right, not_seen = found.reasons.values()
    assert (no_right.count, set(no_right.numbers)) == (2, {ticket.number for ticket in shown})
    assert (not_seen.count, not_seen.numbers) == (2, [])
    assert Ticket.objects.filter(owner=anna).count() == 1
    assert run.items.count() == 0


def matrix(anna: User, helpdesk: Team, network: Team) -> list[acts.Act]:
    later = timezone.now() + timedelta(days=1)
    return [
        acts.Assign(anna),
        acts.Assign(None),
        acts.ChangeStatus(status("solved"), None),
        acts.ChangeStatus(status("waiting"), later),
        acts.ChangeStatus(status("waiting"), None),
        acts.ChangePriority(Priority.objects.get(code="urgent")),
        acts.Move(network),
        acts.Move(helpdesk),
        acts.AddTag("vpn"),
        acts.RemoveTag("VPN"),
        acts.StartWatching(),
        acts.WriteNote("Look here."),
    ]


@pytest.mark.parametrize("n", range(12))
@pytest.mark.parametrize("rights", [[Right.ALL], [Right.READ, Right.NOTE], [Right.READ, Right.PRIORITY, Right.REPLY]])
def test_the_act_does_what_its_dry_run_said(
    n: int, rights: list[Right], carla: User, helpdesk: Team, network: Team
) -> None:
    agent = make.agent("Agent", team=helpdesk, rights=rights)
    other = make.agent("Other", team=helpdesk)
    tickets = [
        make.ticket(team=helpdesk, customer=carla),
        make.ticket(team=helpdesk, customer=carla, owner=other, priority="urgent"),
        make.ticket(team=helpdesk, customer=carla, status="solved"),
        make.ticket(team=helpdesk, customer=carla, status="waiting"),
        make.ticket(team=network, customer=carla),
    ]
    tagging.tag_ticket(tickets[1], "vpn", by=other)
    Ticket.objects.filter(pk=tickets[4].pk).update(responsible=agent)
    act = matrix(agent, helpdesk, network)[n]
    run = runs.plan_run(act, Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets]), by=agent)
    found = runs.judge_run(run)
    counts = runs.count_items(runs.start_run(run, by=agent))
    assert (counts[STATE.DONE], counts[STATE.UNCHANGED], counts[STATE.REFUSED]) == (
        found.will_change,
        found.already,
        found.refused,
    )
    assert sum(counts.values()) == len(tickets)


def test_one_bad_ticket_stops_no_other(
    anna: User, carla: User, helpdesk: Team, network: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad, foreign = (make.ticket(team=team, customer=carla) for team in (helpdesk, helpdesk, network))
    genuine: Callable[..., Ticket] = lifecycle.assign_ticket

    def assign(ticket: Ticket, **options: Any) -> Ticket:
        if ticket.pk == bad.pk:
            genuine(ticket, **options)
            raise ZeroDivisionError
        return genuine(ticket, **options)

    monkeypatch.setattr(lifecycle, "assign_ticket", assign)
    run = do(acts.Assign(anna), good, bad, foreign, by=anna)
    assert outcome(run) == {good.pk: STATE.DONE, bad.pk: STATE.FAILED, foreign.pk: STATE.REFUSED}
    assert run.state == BulkRun.State.FINISHED
    bad.refresh_from_db()
    assert bad.owner is None, "what the bad one had done is undone"
    assert run.items.get(ticket=foreign).sentence
    with translation.override("en"):
        assert runs.summary_of(runs.count_items(run)) == "1 ticket done, 2 refused"


def test_a_second_press_does_nothing(anna: User, carla: User, helpdesk: Team) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    run = runs.plan_run(acts.WriteNote("Once."), Ticket.objects.filter(pk=ticket.pk), by=anna)
    runs.start_run(run, by=anna)
    runs.start_run(run, by=anna)
    assert ticket.events.filter(verb=Verb.NOTED).count() == 1


def test_a_notes_text_is_kept_by_the_ticket_alone(anna: User, carla: User, helpdesk: Team) -> None:
    run = do(acts.WriteNote("Secret of the house"), make.ticket(team=helpdesk, customer=carla), by=anna)
    assert run.values == {}
    assert runs.title_of(run)


def test_nobody_else_can_start_or_undo_a_run(anna: User, root: User, carla: User, helpdesk: Team) -> None:
    run = runs.plan_run(acts.Assign(anna), Ticket.objects.filter(pk=make.ticket(team=helpdesk).pk), by=anna)
    with pytest.raises(BulkRun.DoesNotExist):
        runs.start_run(run, by=root)


def test_nothing_and_too_much_are_refused(anna: User, helpdesk: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused):
        runs.plan_run(acts.Assign(anna), Ticket.objects.none(), by=anna)
    make.ticket(team=helpdesk), make.ticket(team=helpdesk)
    monkeypatch.setattr(runs, "MOST_IN_RUN", 1)
    with pytest.raises(Refused):
        runs.plan_run(acts.Assign(anna), Ticket.objects.all(), by=anna)


# --- in the background -----------------------------------------------------------------------------------------------


def test_a_large_run_waits_for_a_worker_who_finishes_it(
    anna: User, carla: User, helpdesk: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "MOST_AT_ONCE", 2)
    tickets = [make.ticket(team=helpdesk, customer=carla, text=None) for _n in range(5)]
    run = do(acts.Assign(anna), *tickets, by=anna)
    assert run.state == BulkRun.State.RUNNING
    assert Counter(outcome(run).values()) == {STATE.WAITING: 5}
    assert runs.drain_bulk_runs(limit=3) == 3
    assert runs.count_items(run) == {STATE.DONE: 3, STATE.WAITING: 2}
    assert tasks.drain_bulk_runs() == 2
    run.refresh_from_db()
    assert run.state == BulkRun.State.FINISHED
    assert tasks.drain_bulk_runs() == 0
    assert all(ticket.events.filter(verb=Verb.ASSIGNED).count() == 1 for ticket in tickets)


@pytest.mark.django_db(transaction=True)
def test_after_a_crash_the_rest_is_done_and_nothing_twice(
    anna: User, carla: User, helpdesk: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [make.ticket(team=helpdesk, customer=carla, text=None) for _n in range(3)]
    save = BulkItem.save
    saved = []

    def crash(item: BulkItem, **options: Any) -> None:
        save(item, **options)
        saved.append(item.ticket_id)
        if len(saved) == 2:
            raise KeyboardInterrupt  # the process ends before the second commit

    monkeypatch.setattr(BulkItem, "save", crash)
    with pytest.raises(KeyboardInterrupt):
        do(acts.WriteNote("Once."), *tickets, by=anna)
    monkeypatch.setattr(BulkItem, "save", save)
    run = BulkRun.objects.get()
    assert runs.count_items(run) == {STATE.DONE: 1, STATE.WAITING: 2}
    runs.drain_bulk_runs()
    assert runs.count_items(run) == {STATE.DONE: 3}
    assert [ticket.events.filter(verb=Verb.NOTED).count() for ticket in tickets] == [1, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_a_run(anna: User, carla: User, helpdesk: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_AT_ONCE", 0)
    tickets = [make.ticket(team=helpdesk, customer=carla, text=None) for _n in range(12)]
    run = do(acts.WriteNote("Once."), *tickets, by=anna)
    done: list[int] = []

    def work() -> None:
        try:
            done.append(runs.drain_bulk_runs())
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _n in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    run.refresh_from_db()
    if run.state == BulkRun.State.RUNNING:  # each saw the other's last ticket under way
        runs.drain_bulk_runs()
        run.refresh_from_db()
    assert run.state == BulkRun.State.FINISHED
    assert sum(done) == 12
    assert [ticket.events.filter(verb=Verb.NOTED).count() for ticket in tickets] == [1] * 12


def test_a_dry_run_that_nobody_started_is_dropped_after_a_day(anna: User, helpdesk: Team) -> None:
    make.ticket(team=helpdesk)
    old, new = (runs.plan_run(acts.Assign(anna), Ticket.objects.all(), by=anna) for _n in range(2))
    BulkRun.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=2))
    runs.drain_bulk_runs()
    assert list(BulkRun.objects.values_list("pk", flat=True)) == [new.pk]


# --- undo ------------------------------------------------------------------------------------------------------------


def facts(ticket: Ticket) -> tuple[Any, ...]:
    ticket = Ticket.objects.get(pk=ticket.pk)
    return (
        ticket.owner_id, ticket.responsible_id, ticket.status_id, ticket.pending_until, ticket.priority_id,
        ticket.team_id, sorted(ticket.tags.values_list("name", flat=True)), ticket.watches.count(),
    )  # fmt: skip


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 6, 8, 9, 10])
def test_an_undo_puts_everything_back(
    n: int, root: User, anna: User, carla: User, helpdesk: Team, network: Team
) -> None:
    tickets = [
        make.ticket(team=helpdesk, customer=carla),
        make.ticket(team=helpdesk, customer=carla, owner=root, status="waiting"),
    ]
    tagging.tag_ticket(tickets[1], "VPN", by=root)
    act = matrix(anna, helpdesk, network)[n]
    before = [facts(ticket) for ticket in tickets]
    run = do(act, *tickets, by=root)
    assert [facts(ticket) for ticket in tickets] != before
    undo = runs.undo_run(run, by=root)
    assert [facts(ticket) for ticket in tickets] == before
    assert set(outcome(undo).values()) == {STATE.DONE}
    with pytest.raises(Refused):
        runs.undo_run(run, by=root)
    assert not runs.can_undo(undo)


def test_undoing_a_new_group_leaves_no_empty_one_open(anna: User, carla: User, helpdesk: Team) -> None:
    tickets = [make.ticket(team=helpdesk, customer=carla) for _n in range(2)]
    run = do(acts.PutInGroup(title="VPN", team=helpdesk), *tickets, by=anna)
    runs.undo_run(run, by=anna)
    assert not TicketGroup.objects.get().is_open
    standing = groups.open_group("Printer", team=helpdesk, by=anna)
    runs.undo_run(do(acts.PutInGroup(standing), *tickets, by=anna), by=anna)
    assert TicketGroup.objects.get(pk=standing.pk).is_open, "one that was there before stays"
    run = do(acts.PutInGroup(title="Mail", team=helpdesk), *tickets, by=anna)
    made = TicketGroup.objects.get(title="Mail")
    groups.join_group(made, ticket=make.ticket(team=helpdesk), by=anna, how=groups.How.TYPED)
    runs.undo_run(run, by=anna)
    assert TicketGroup.objects.get(pk=made.pk).is_open, "somebody has put another ticket into it"


def test_an_undo_leaves_alone_what_happened_since(anna: User, carla: User, helpdesk: Team) -> None:
    touched, quiet = (make.ticket(team=helpdesk, customer=carla) for _n in range(2))
    run = do(acts.ChangePriority(Priority.objects.get(code="urgent")), touched, quiet, by=anna)
    make.note(touched)
    undo = runs.undo_run(run, by=anna)
    assert outcome(undo) == {touched.pk: STATE.REFUSED, quiet.pk: STATE.DONE}
    touched.refresh_from_db()
    assert touched.priority.code == "urgent"


def test_closing_that_kept_a_promise_is_not_taken_back(anna: User, carla: User, helpdesk: Team) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    promises.promise_answer(ticket, who=anna, by_when=timezone.now() + timedelta(hours=1), by=anna)
    run = do(acts.ChangeStatus(status("solved"), None), ticket, by=anna)
    assert not runs.can_undo(run)


def test_a_note_stays(anna: User, helpdesk: Team) -> None:
    run = do(acts.WriteNote("Here."), make.ticket(team=helpdesk), by=anna)
    assert not runs.can_undo(run)


def test_judging_costs_the_same_for_few_and_for_many(
    anna: User, carla: User, helpdesk: Team, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    tickets = [make.ticket(team=helpdesk, customer=carla, text=None) for _n in range(25)]
    for ticket in tickets[:9]:
        tagging.tag_ticket(ticket, "vpn", by=anna)
        watching.watch_ticket(ticket, by=anna)
    fresh = User.objects.get(pk=anna.pk)
    for act in (acts.AddTag("vpn"), acts.StartWatching(), acts.Move(helpdesk)):
        run = runs.plan_run(act, Ticket.objects.all(), by=fresh)
        with django_assert_max_num_queries(6):
            runs.judge_run(run)


def test_what_the_act_names_may_be_gone_when_it_starts(anna: User, carla: User, helpdesk: Team) -> None:
    ticket, colleague = make.ticket(team=helpdesk, customer=carla), make.agent("Colleague", team=helpdesk)
    run = runs.plan_run(acts.Assign(colleague), Ticket.objects.all(), by=anna)
    User.objects.filter(pk=colleague.pk).update(is_active=False)
    run = runs.start_run(run, by=anna)
    assert outcome(run) == {ticket.pk: STATE.REFUSED}
    assert run.items.get().sentence
    assert runs.title_of(run)


def test_each_ticket_costs_few_queries(
    anna: User, carla: User, helpdesk: Team, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    few = [make.ticket(team=helpdesk, customer=carla, text=None) for _n in range(10)]
    run = runs.plan_run(acts.ChangePriority(Priority.objects.get(code="urgent")), Ticket.objects.all(), by=anna)
    with django_assert_max_num_queries(15 * len(few) + 15):
        runs.start_run(run, by=anna)
