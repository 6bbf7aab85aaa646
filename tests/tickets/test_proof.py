"""The proof itself: it knows the guards of the migrations and speaks in sentences. Attacks: test_never_disappears."""

from __future__ import annotations

from django.db import connection
from django.utils import translation

from tests import make
from tickets import history, proof
from tickets.models import Team
from tickets.proof_queries import CHECKS, FUNCTIONS, TRIGGERS


def test_the_expected_sources_are_those_of_the_migrations(db: None) -> None:
    """After a migration that changes a guard, put the new values into `proof.SOURCES`."""
    with connection.cursor() as cursor:
        cursor.execute(FUNCTIONS)
        found = dict(cursor.fetchall())
        cursor.execute(TRIGGERS)
        called = {row[2] for row in cursor.fetchall()}
    assert {name: found.get(name) for name in proof.SOURCES} == proof.SOURCES
    assert called - set(proof.SOURCES) == set(), "a guard whose source nobody watches"


def test_every_guarded_table_has_its_triggers(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS)
        standing = {(row[0], row[1]): row[2] for row in cursor.fetchall()}
    assert standing == proof.EXPECTED_TRIGGERS


def test_every_break_has_its_words() -> None:
    said = " ".join(check.sql for check in CHECKS)
    in_sql = {code for code in proof.WORDS if f"'{code}'" in said}
    in_python = {"file_changed", "witness_missing", "trigger_missing", "function_changed"}
    assert in_sql | in_python == set(proof.WORDS)


def test_a_break_is_a_sentence_that_says_where() -> None:
    broken = proof.Break("chain", "event_changed", "2026112310000012", 3, "aa", "bb")
    with translation.override("en"):
        assert str(broken) == (
            "Ticket 2026112310000012, line 3: a line of the history was changed. Expected aa, found bb."
        )
        assert str(proof.Break("guards", "trigger_missing", "", None, "x", "-")).startswith("Installation: a guard")


def test_an_empty_installation_is_intact(db: None) -> None:
    report = proof.verify_all(with_files=True)
    assert report.is_intact
    assert (report.counts.tickets, report.files_checked, report.last_seal) == (0, 0, "")


def test_the_report_counts_what_was_looked_at(helpdesk: Team) -> None:
    ticket = make.ticket(team=helpdesk)
    make.message(ticket, attachments={"a.txt": b"a"})
    make.ticket(team=helpdesk)
    history.seal_history()
    make.note(ticket)
    counts = proof.verify_all().counts
    assert (counts.tickets, counts.events, counts.messages, counts.attachments) == (2, 6, 4, 1)
    assert (counts.seals, counts.unsealed) == (1, 1)
    alone = proof.verify_ticket(ticket).counts
    assert (alone.tickets, alone.events, alone.messages, alone.unsealed) == (1, 4, 3, 1)
