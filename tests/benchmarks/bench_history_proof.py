"""How long the proof of the history takes, and what recording costs.

pytest -n0 -s tests/benchmarks/bench_history_proof.py          (BENCH_TICKETS=100000 for more than ten thousand)
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest
from django.db import connection

from tests import make
from tickets import conversation, history, proof
from tickets.models import Team, User

TICKETS = int(os.environ.get("BENCH_TICKETS", "10000"))

FILL = """
INSERT INTO tickets_ticket (number, title, kind_id, team_id, status_id, priority_id, channel, customer_id, opened_at,
    changed_at)
SELECT 'B' || n, 'Benchmark ' || n, k.id, %(team)s, s.id, p.id, 'web', %(user)s, now(), now()
FROM generate_series(1, %(tickets)s) n, tickets_kind k, tickets_status s, tickets_priority p
WHERE k.code = 'question' AND s.code = 'new' AND p.code = 'normal';
INSERT INTO tickets_message (ticket_id, kind, sender, author_id, channel, visible_to_customer, is_automatic,
    is_unconfirmed, from_address, from_name, "to", cc, subject, body, fresh, html, mail_id, traits, created_at,
    content_hash)
SELECT id, 'web', 'customer', %(user)s, 'web', true, false, false, 'x@example.org', 'X', '[]', '[]', title,
    repeat('Nem tudok belépni. ', 60), '', '', '', '{}', now(), '' FROM tickets_ticket;
INSERT INTO tickets_event (ticket_id, seq, verb, by_id, data, recorded_at, tag_ids, title_hash, prev_hash, hash)
SELECT id, 0, 'opened', %(user)s, jsonb_build_object('number', number, 'channel', channel), now(), '{}', '', '', ''
FROM tickets_ticket;
INSERT INTO tickets_event (ticket_id, seq, verb, by_id, message_id, data, recorded_at, tag_ids, title_hash, prev_hash,
    hash)
SELECT m.ticket_id, 0, 'message_received', %(user)s, m.id, '{}', now(), '{}', '', '', ''
FROM tickets_message m, generate_series(1, 4) ORDER BY 1;
"""


def test_proof_of_many_tickets(helpdesk: Team, carla: User) -> None:
    with connection.cursor() as cursor:
        seconds = timed(lambda: cursor.execute(FILL, {"team": helpdesk.pk, "user": carla.pk, "tickets": TICKETS}))
        print(f"\n{TICKETS} tickets x 5 events written in SQL: {seconds:.1f} s")
        cursor.execute("ANALYZE")
    print(f"sealed: {timed(lambda: [history.seal_history() for _batch in range(1 + TICKETS // 4000)]):.1f} s")
    report = proof.verify_all()
    assert report.is_intact, report.first
    print(f"verify_all: {report.seconds:.2f} s for {report.counts}")
    ticket = make.ticket(team=helpdesk)
    print(f"verify_ticket: {min(proof.verify_ticket(ticket).seconds for _round in range(5)) * 1000:.1f} ms")


def test_cost_of_recording(helpdesk: Team, anna: User) -> None:
    ticket = make.ticket(team=helpdesk)
    rounds = 200
    seconds = timed(lambda: [conversation.add_note(ticket, text="Egy jegyzet.", by=anna) for _round in range(rounds)])
    print(f"\nadd_note with its event: {seconds / rounds * 1000:.1f} ms")


def timed(act: Callable[[], object]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


if __name__ == "__main__":
    pytest.main(["-n0", "-s", "-q", __file__])
