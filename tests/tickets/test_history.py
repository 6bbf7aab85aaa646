"""Recording and sealing: two tickets never wait for each other, two acts on one ticket land in its chain in order."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from tests import make
from tickets import conversation, history, lifecycle, proof, tagging
from tickets.models import Event, Priority, Seal, SealedHead, SealPending, Team, Ticket, User, Verb


def test_an_event_carries_the_snapshot_of_the_ticket_after_the_act(anna: User, helpdesk: Team) -> None:
    ticket = make.ticket(team=helpdesk)
    tagging.tag_ticket(ticket, "VPN", by=anna)
    lifecycle.assign_ticket(ticket, to=anna, by=anna)
    event = Event.objects.filter(ticket=ticket).latest("seq")
    ticket.refresh_from_db()
    assert event.verb == Verb.ASSIGNED
    assert (event.owner_id, event.team_id, event.status_id) == (anna.pk, helpdesk.pk, ticket.status_id)
    assert event.tag_ids == [tag.pk for tag in ticket.tags.all()]
    assert bytes(event.title_hash) == hashlib.sha256(ticket.title.encode()).digest()


def test_each_event_holds_the_hash_of_the_one_before(helpdesk: Team, anna: User) -> None:
    ticket = make.ticket(team=helpdesk)
    make.note(ticket, author=anna)
    events = list(Event.objects.filter(ticket=ticket).order_by("seq"))
    assert [event.seq for event in events] == [1, 2, 3]
    assert [bytes(event.prev_hash) for event in events] == [b"", *(bytes(event.hash) for event in events[:-1])]


def test_events_hold_no_free_text_and_no_address(helpdesk: Team, carla: User, anna: User, mailbox: object) -> None:
    ticket = make.ticket("Titkos tárgy", team=helpdesk, customer=carla, text="Titkos szöveg")
    conversation.reply_to_customer(ticket, text="Titkos válasz", by=anna)
    lifecycle.rename_ticket(ticket, title="Titkos új tárgy", by=anna)
    tagging.tag_ticket(ticket, "titkos", by=anna)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(lower(e::text), ' ') FROM tickets_event e")
        row = cursor.fetchone()
    assert row is not None
    assert "titkos" not in row[0]
    assert "@" not in row[0]


# --- sealing -------------------------------------------------------------------------------------------------------


def test_a_seal_covers_what_grew_since_the_last_one(helpdesk: Team, anna: User) -> None:
    first, second = make.ticket(team=helpdesk), make.ticket(team=helpdesk)
    assert history.seal_history() == 2
    assert history.seal_history() == 0, "nothing grew"
    make.note(second, author=anna)
    assert history.seal_history() == 1
    seals = list(Seal.objects.order_by("id"))
    assert [(seal.ticket_count, seal.head_count) for seal in seals] == [(2, 2), (2, 1)]
    assert bytes(seals[1].prev_hash) == bytes(seals[0].hash)
    assert proof.seal_of(second).is_sealed
    assert proof.seal_of(second).seal_hash == bytes(seals[1].hash).hex()
    assert proof.seal_of(first).sealed_seq == 2
    make.note(first, author=anna)
    assert not proof.seal_of(first).is_sealed
    assert proof.verify_all().is_intact


def test_the_seal_of_a_ticket_not_sealed_yet_says_so(helpdesk: Team) -> None:
    seal = proof.seal_of(make.ticket(team=helpdesk))
    assert (seal.seq, seal.sealed_seq, seal.sealed_at, seal.is_sealed) == (2, 0, None, False)


def test_more_chains_than_fit_in_one_seal_are_sealed_by_the_next(
    helpdesk: Team, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "SEAL_BATCH", 3)
    for _number in range(4):
        make.ticket(team=helpdesk)
    while history.seal_history():
        pass
    assert SealPending.objects.count() == 0
    assert {head.ticket_id for head in SealedHead.objects.all()} == set(Ticket.objects.values_list("pk", flat=True))
    assert proof.verify_all().is_intact


# --- side by side --------------------------------------------------------------------------------------------------


@contextmanager
def another_connection() -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """The application's role on a connection of its own, in a transaction that is rolled back at the end."""
    found = connection.settings_dict
    with psycopg.connect(host=found["HOST"], dbname=found["NAME"], user=found["USER"]) as other:
        yield other
        other.rollback()


@pytest.fixture
def impatient(transactional_db: None) -> Iterator[None]:
    """This connection waits for no lock longer than a third of a second."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '300ms'")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")


def test_two_tickets_never_wait_for_each_other(impatient: None, helpdesk: Team, anna: User) -> None:
    busy, free = make.ticket(team=helpdesk), make.ticket(team=helpdesk)
    with another_connection() as other:
        other.execute("SELECT 1 FROM tickets_ticket WHERE id = %s FOR NO KEY UPDATE", [busy.pk])
        other.execute(
            "INSERT INTO tickets_event (ticket_id, seq, verb, data, recorded_at, tag_ids, title_hash, prev_hash, hash)"
            " VALUES (%s, 0, 'noted', '{}', now(), '{}', '', '', '')",
            [busy.pk],
        )
        lifecycle.assign_ticket(free, to=anna, by=anna)
        conversation.add_note(free, text="Közben.", by=anna)
        lifecycle.change_priority(free, to=Priority.objects.get(code="urgent"), by=anna)
        tagging.tag_ticket(free, "vpn", by=anna)
        make.ticket("Új", team=helpdesk)
        assert history.seal_history() == 3, "sealing waits for no open act either"
        with pytest.raises(OperationalError, match="lock timeout"):
            conversation.add_note(busy, text="Erre várni kell.", by=anna)
    conversation.add_note(busy, text="Most már szabad.", by=anna)
    history.seal_history()
    assert proof.verify_all().is_intact


def test_a_reader_waits_for_nobody(impatient: None, helpdesk: Team, anna: User) -> None:
    busy = make.ticket(team=helpdesk)
    with another_connection() as other:
        other.execute("SELECT 1 FROM tickets_ticket WHERE id = %s FOR NO KEY UPDATE", [busy.pk])
        assert list(Ticket.objects.visible_to(anna)) == [busy]
        assert proof.verify_all().is_intact


def test_rows_that_point_at_a_ticket_can_be_written_while_an_act_has_it(impatient: None, anna: User) -> None:
    ticket = make.ticket(team=anna.memberships.get().team)
    with another_connection() as other:
        other.execute("SELECT 1 FROM tickets_ticket WHERE id = %s FOR NO KEY UPDATE", [ticket.pk])
        lifecycle.mark_seen(ticket, by=anna)


def test_acts_on_one_ticket_all_land_in_its_chain(transactional_db: None, helpdesk: Team, anna: User) -> None:
    ticket, other = make.ticket(team=helpdesk), make.ticket(team=helpdesk)
    at_once = threading.Barrier(6)

    def act(number: int) -> None:
        at_once.wait()
        try:
            for _round in range(10):
                conversation.add_note(ticket, text=f"{number}", by=anna)
                conversation.add_note(other, text=f"{number}", by=anna)
                history.seal_history()
        finally:
            connection.close()

    def prove() -> int:
        at_once.wait()
        try:
            return sum(len(proof.verify_all().breaks) for _round in range(10))
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        acts = [threads.submit(act, number) for number in range(5)]
        false_alarms = threads.submit(prove)
        for done in acts:
            done.result()
        assert false_alarms.result() == 0, "proving while others act raises no alarm"
    assert list(Event.objects.filter(ticket=ticket).order_by("seq").values_list("seq", flat=True)) == list(range(1, 53))
    history.seal_history()
    assert proof.verify_all().is_intact
    assert Seal.objects.latest("id").ticket_count == 2


def test_an_act_that_fails_leaves_no_line(transactional_db: None, helpdesk: Team, anna: User) -> None:
    ticket = make.ticket(team=helpdesk)
    with transaction.atomic():
        conversation.add_note(ticket, text="Elveszett.", by=anna)
        transaction.set_rollback(True)
    assert Event.objects.filter(ticket=ticket).count() == 2
    assert ticket.messages.count() == 1
    assert proof.verify_all().is_intact
