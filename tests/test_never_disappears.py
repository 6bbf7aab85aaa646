"""Attacks on the promise: nothing is removed or rewritten, and what a superuser does all the same is found."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from tests import make
from tests.attacks import ATTACKS
from tickets import erasure, files, history, lifecycle, proof
from tickets.errors import Refused
from tickets.models import (
    Acceptance,
    Attachment,
    Erasure,
    Event,
    InboundMail,
    Mailbox,
    Message,
    Seal,
    SealedHead,
    SealPending,
    Team,
    Ticket,
    User,
    Verb,
)

Cursor = psycopg.Cursor[tuple[Any, ...]]
EDIT = "UPDATE tickets_event SET verb = 'noted' WHERE ticket_id = %s AND seq = 2"
KEPT = [Ticket, Message, Attachment, Event, InboundMail, Acceptance, Erasure, Seal, SealedHead]
WRITTEN_ONCE = [Message, Attachment, Event, Acceptance, Seal, SealedHead]


@dataclass
class Past:
    """Three tickets with a history, sealed; `ticket` has a mail with a file, a stranger's message and two seals."""

    ticket: Ticket
    message: Message
    other: Ticket
    third: Ticket


@pytest.fixture
def past(helpdesk: Team, network: Team, mailbox: Mailbox, carla: User, karl: User, anna: User, ben: User) -> Past:
    ticket = make.ticket(customer=carla, text=None)
    mail = make.inbound(mailbox=mailbox, state="new_ticket", ticket=ticket)
    message = make.message(
        ticket, author=carla, kind=Message.Kind.MAIL, inbound=mail, attachments={"számla.pdf": b"%PDF-1.7 secret"}
    )
    stranger = make.message(ticket, "Én is!", author=karl, kind=Message.Kind.MAIL, visible=False, is_unconfirmed=True)
    Acceptance.objects.create(message=stranger, by=anna)
    with transaction.atomic():
        history.record(lifecycle.lock_ticket(ticket), Verb.MESSAGE_ACCEPTED, by=anna, message=stranger)
    other = make.ticket("A VPN nem kapcsolódik", customer=karl)
    history.seal_history()
    lifecycle.assign_ticket(ticket, to=anna, by=anna)
    third = make.ticket("Új jelszót kérek", customer=carla)
    history.seal_history()
    ticket.refresh_from_db()
    return Past(ticket, message, other, third)


# --- the application's own role ------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", KEPT)
def test_the_orm_cannot_delete(past: Past, root: User, model: type[models.Model]) -> None:
    if model is Erasure:
        erasure.ask_erasure(past.message, reason="GDPR", by=root)
    row = model._default_manager.order_by("pk").first()
    assert row is not None
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        model._default_manager.filter(pk=row.pk).delete()
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        model._base_manager.filter(pk=row.pk)._raw_delete(using="default")
    assert model._default_manager.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", WRITTEN_ONCE)
def test_the_orm_cannot_rewrite(past: Past, model: type[models.Model]) -> None:
    row = model._default_manager.order_by("pk").first()
    assert row is not None
    field = next(
        field for field in model._meta.fields if field.name in ("body", "name", "data", "created_at", "hash", "made_at")
    )
    value = getattr(row, field.attname)
    changed = {"forged": 1} if isinstance(value, dict) else value + value if isinstance(value, str) else value
    setattr(row, field.attname, changed)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.save(update_fields=[field.name])
    with pytest.raises(DatabaseError), transaction.atomic():
        model._default_manager.filter(pk=row.pk).update(**{field.name: changed})
    with pytest.raises(DatabaseError), transaction.atomic():
        model._default_manager.bulk_update([row], [field.name])
    assert proof.verify_all().is_intact


@pytest.mark.parametrize("model", KEPT)
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE", "DROP TABLE {} CASCADE"])
def test_raw_sql_cannot_remove(past: Past, model: type[models.Model], statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(model._meta.db_table))
    assert proof.verify_all().is_intact


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE tickets_ticket SET number = '20261123100000001'",
        "UPDATE tickets_ticket SET opened_at = now()",
        "UPDATE tickets_inboundmail SET raw = 'other'",
        "UPDATE tickets_inboundmail SET raw = '', envelope_from = '', envelope_to = ''",
        "UPDATE tickets_inboundmail SET raw_sha256 = repeat('0', 64)",
        "UPDATE tickets_message SET body = '', fresh = '', html = '', subject = '', from_address = '', from_name = ''",
        "UPDATE tickets_message SET ticket_id = (SELECT max(id) FROM tickets_ticket)",
        "UPDATE tickets_attachment SET blob_id = repeat('0', 64)",
        "ALTER TABLE tickets_event DISABLE TRIGGER chain_event",
        "CREATE OR REPLACE FUNCTION refuse_removal() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
        "SET session_replication_role = replica",
    ],
)
def test_raw_sql_cannot_rewrite_or_disarm(past: Past, change: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert proof.verify_all().is_intact


def test_the_chain_cannot_be_forged_by_whoever_writes_an_event(past: Past, anna: User) -> None:
    with transaction.atomic():
        forged = Event.objects.create(
            ticket=past.ticket, verb="noted", seq=1, prev_hash=b"x", hash=b"y", title_hash=b"z", owner=None, by=anna
        )
    forged.refresh_from_db()
    assert forged.seq == Event.objects.filter(ticket=past.ticket).count()
    assert forged.owner_id == past.ticket.owner_id
    assert proof.verify_all().is_intact


def test_an_event_cannot_name_a_message_of_another_ticket(past: Past) -> None:
    with pytest.raises(IntegrityError, match="is not of ticket"), transaction.atomic():
        history.record(past.other, Verb.NOTED, by=None, message=past.message)


def test_recording_outside_of_a_transaction_is_refused(past: Past, transactional_db: None) -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        history.record(past.ticket, Verb.NOTED, by=None)


@pytest.mark.parametrize("model", KEPT)
def test_even_the_owner_of_the_tables_is_refused(
    past: Past, owner_cursor: Cursor, model: type[models.Model], root: User
) -> None:
    erasure.ask_erasure(past.message, reason="GDPR", by=root)
    for statement in ("DELETE FROM {}", "TRUNCATE {} CASCADE"):
        with pytest.raises(psycopg.errors.RestrictViolation, match="never removed"):
            owner_cursor.execute(statement.format(model._meta.db_table))


# --- the superuser: not stopped, but found -------------------------------------------------------------------------


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_a_superuser_does_is_found(past: Past, superuser_cursor: Cursor, attack: str) -> None:
    code = ATTACKS[attack].found
    assert proof.verify_all().is_intact
    superuser_cursor.execute("SET session_replication_role = replica")
    with superuser_cursor.connection.transaction():
        superuser_cursor.execute(ATTACKS[attack].sql.format(t=past.ticket.pk, m=past.message.pk, o=past.other.pk))
    report = proof.verify_all()
    superuser_cursor.execute(
        "ALTER TABLE tickets_erasure DROP CONSTRAINT IF EXISTS erasure_two_people;"
        "DELETE FROM tickets_erasure;"
        "ALTER TABLE tickets_erasure ADD CONSTRAINT erasure_two_people CHECK"
        " (approved_by_id IS NULL OR approved_by_id <> asked_by_id)"
    )
    assert not report.is_intact
    assert code in {broken.what for broken in report.breaks}
    found = next(broken for broken in report.breaks if broken.what == code)
    if not code.startswith("seal_"):
        assert found.number in (past.ticket.number, "1", f"#{past.ticket.pk}"), found


def test_a_superuser_who_disables_a_trigger_and_edits_a_row_is_found(past: Past, superuser_cursor: Cursor) -> None:
    superuser_cursor.execute("ALTER TABLE tickets_event DISABLE TRIGGER refuse_rewriting")
    superuser_cursor.execute(EDIT, [past.ticket.pk])
    report = proof.verify_all()
    assert report.first is not None
    assert (report.first.what, report.first.number, report.first.seq) == ("event_changed", past.ticket.number, 2)
    assert "trigger_missing" in {broken.what for broken in report.breaks}
    superuser_cursor.execute("ALTER TABLE tickets_event ENABLE TRIGGER refuse_rewriting")
    assert {broken.what for broken in proof.verify_all().breaks} == {"event_changed"}, "covering the tracks is no help"


def test_a_rewritten_guard_is_found(past: Past, superuser_cursor: Cursor) -> None:
    superuser_cursor.execute("SELECT pg_get_functiondef('refuse_removal'::regproc)")
    before = superuser_cursor.fetchone()
    assert before is not None
    superuser_cursor.execute(
        "CREATE OR REPLACE FUNCTION refuse_removal() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'"
    )
    report = proof.verify_all()
    superuser_cursor.execute(before[0])
    assert [broken.what for broken in report.breaks] == ["function_changed"]


def test_a_chain_and_its_seals_forged_from_the_start_are_found_by_the_witness_outside(
    past: Past, superuser_cursor: Cursor
) -> None:
    """The strongest attacker recomputes everything; only a seal's hash that was kept elsewhere tells."""
    witness = proof.verify_all().last_seal
    for table in ("tickets_event", "tickets_sealedhead", "tickets_seal", "tickets_message"):
        superuser_cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER refuse_rewriting")
        superuser_cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER refuse_delete")
    superuser_cursor.execute("UPDATE tickets_event SET by_id = NULL WHERE seq = 1")
    superuser_cursor.execute(
        "DO $$ DECLARE e tickets_event; p bytea; l bigint := 0; BEGIN"
        " FOR e IN SELECT * FROM tickets_event ORDER BY ticket_id, seq LOOP"
        "   IF e.ticket_id <> l THEN p := ''; l := e.ticket_id; END IF;"
        "   e.prev_hash := p; p := event_hash(e);"
        "   UPDATE tickets_event SET prev_hash = e.prev_hash, hash = p WHERE id = e.id;"
        " END LOOP; END $$"
    )
    superuser_cursor.execute("DELETE FROM tickets_sealedhead")
    superuser_cursor.execute("DELETE FROM tickets_seal")
    superuser_cursor.execute("INSERT INTO tickets_sealpending (ticket_id) SELECT id FROM tickets_ticket")
    for table in ("tickets_event", "tickets_sealedhead", "tickets_seal", "tickets_message"):
        superuser_cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
    history.seal_history()
    assert proof.verify_all().is_intact, "without a witness such a forgery can't be told"
    report = proof.verify_all(expect_seal=witness)
    assert [broken.what for broken in report.breaks] == ["witness_missing"]


def test_a_lost_or_changed_file_is_found(past: Past) -> None:
    blob = past.message.attachments.get().blob
    assert proof.verify_all(with_files=True).is_intact
    default_storage.delete(files.blob_path(blob.sha256))
    report = proof.verify_all(with_files=True)
    assert [(broken.what, broken.number) for broken in report.breaks] == [("file_changed", past.ticket.number)]
    assert proof.verify_ticket(past.other, with_files=True).is_intact


# --- the command ---------------------------------------------------------------------------------------------------


def test_the_command_says_that_all_is_intact(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_history", "--files")
    said = capsys.readouterr().out
    assert "3 tickets" in said
    assert "Intact." in said
    call_command("verify_history", past.ticket.number)
    assert "1 tickets" in capsys.readouterr().out


def test_the_command_names_the_broken_link_and_fails(
    past: Past, superuser_cursor: Cursor, capsys: pytest.CaptureFixture[str]
) -> None:
    superuser_cursor.execute("SET session_replication_role = replica")
    superuser_cursor.execute(EDIT, [past.ticket.pk])
    for arguments in ([], [past.ticket.number]):
        with pytest.raises(SystemExit) as ended:
            call_command("verify_history", *arguments)
        assert ended.value.code == 1
        assert f"Ticket {past.ticket.number}, line 2: a line of the history was changed." in capsys.readouterr().out
    call_command("verify_history", past.other.number)
    capsys.readouterr()
    with pytest.raises(SystemExit):
        call_command("verify_history", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert answer["intact"] is False
    assert answer["breaks"][0]["number"] == past.ticket.number


def test_a_witness_is_recognised_by_its_first_digits(past: Past) -> None:
    witness = proof.verify_all().last_seal
    assert proof.verify_all(expect_seal=witness[:16].upper()).is_intact
    assert not proof.verify_all(expect_seal=witness[:15]).is_intact, "too short to mean anything"
    assert not proof.verify_all(expect_seal="0" * 64).is_intact


# --- erasure -------------------------------------------------------------------------------------------------------


def test_an_erasure_by_two_people_leaves_a_chain_that_verifies(past: Past, root: User, anna: User) -> None:
    before = Message.objects.get(pk=past.message.pk).content_hash
    asked = erasure.ask_erasure(past.message, reason="GDPR 17.", by=anna)
    assert proof.verify_all().is_intact
    erasure.approve_erasure(asked, by=root)
    erased = Message.objects.get(pk=past.message.pk)
    assert (erased.body, erased.from_address, erased.subject) == ("", "", "")
    assert bytes(erased.content_hash) == bytes(before)
    assert erased.inbound is not None
    assert bytes(erased.inbound.raw) == b""
    assert erased.attachments.get().name == ""
    report = proof.verify_all(with_files=True)
    assert report.is_intact, [str(broken) for broken in report.breaks]
    assert report.counts.erased == 1


def test_an_erased_file_leaves_the_storage(past: Past, root: User, anna: User, transactional_db: None) -> None:
    path = files.blob_path(past.message.attachments.get().blob_id)
    assert default_storage.exists(path)
    erasure.approve_erasure(erasure.ask_erasure(past.message, reason="GDPR 17.", by=anna), by=root)
    assert not default_storage.exists(path)
    assert proof.verify_all(with_files=True).is_intact


def test_one_person_cannot_erase(past: Past, root: User) -> None:
    asked = erasure.ask_erasure(past.message, reason="GDPR 17.", by=root)
    with pytest.raises(Refused, match=r"két|two"):
        erasure.approve_erasure(asked, by=root)
    with pytest.raises(IntegrityError, match="erasure_two_people"), transaction.atomic():
        Erasure.objects.filter(pk=asked.pk).update(approved_by=root, approved_at=asked.asked_at)
    assert Message.objects.get(pk=past.message.pk).body != ""


def test_an_erasure_that_nobody_approved_blanks_nothing(past: Past, root: User) -> None:
    asked = erasure.ask_erasure(past.message, reason="GDPR 17.", by=root)
    blank = {"body": "", "fresh": "", "html": "", "subject": "", "from_address": "", "from_name": ""}
    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
        Message.objects.filter(pk=past.message.pk).update(**blank, erasure=asked)
    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
        InboundMail.objects.update(raw=b"", envelope_from="", envelope_to="", erasure=asked)


def test_an_approved_erasure_does_not_open_other_messages(past: Past, root: User, anna: User) -> None:
    asked = erasure.ask_erasure(past.message, reason="GDPR 17.", by=anna)
    erasure.approve_erasure(asked, by=root)
    other = past.other.messages.get()
    blank = {"body": "", "fresh": "", "html": "", "subject": "", "from_address": "", "from_name": ""}
    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
        Message.objects.filter(pk=other.pk).update(**blank, to=[], cc=[], erasure=asked)
    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
        Erasure.objects.filter(pk=asked.pk).update(message=other)


def test_nothing_waits_to_be_sealed_after_sealing(past: Past) -> None:
    assert SealPending.objects.count() == 0
    assert proof.verify_all().counts.unsealed == 0
