"""A broadcast to very many: the click, the deliveries of one worker, its memory, and the inbox meanwhile.

make bench-broadcast          (MANY=1000 for a try; ten thousand unless it says otherwise)

Prints a table and one line of JSON. Nothing is asserted of time. Floor: the same rows, written bare, one transaction
per reporter, without reading anything.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection, transaction
from django.test import Client

from tests import make
from tickets import groups
from tickets.broadcasts import drain
from tickets.models import Broadcast, Delivery, OutboundMail, Team, User

pytestmark = pytest.mark.django_db(transaction=True)

MANY = int(os.environ.get("MANY", "10000"))
FLOOR_ROWS = min(MANY, 1000)
ROOT = Path(__file__).resolve().parents[2]
TEXT = "Kedves {first_name}! A hálózat áll, dolgozunk rajta. A jegy száma: {number}"

FILL = """
INSERT INTO tickets_user (password, name, email, phone, job_title, place, roles, language, time_zone, single_keys,
    undo_seconds, is_active, created_at)
SELECT '', 'Minta Ügyfél ' || n, 'minta' || n || '@reporters.example', '', '', '', '{customer}',
    CASE WHEN mod(n, 5) = 0 THEN 'en' ELSE 'hu' END, 'Europe/Budapest', true, 8, true, now()
FROM generate_series(1, %(many)s) n;
INSERT INTO tickets_address (user_id, email, created_at)
SELECT id, email, now() FROM tickets_user WHERE email LIKE '%%@reporters.example';
INSERT INTO tickets_ticket (number, title, kind_id, team_id, status_id, priority_id, channel, customer_id, opened_at,
    changed_at)
SELECT '77' || u.id, 'Áll a hálózat', k.id, %(team)s, s.id, p.id, 'mail', u.id, now(), now()
FROM tickets_user u, tickets_kind k, tickets_status s, tickets_priority p
WHERE u.email LIKE '%%@reporters.example' AND k.code = 'incident' AND s.code = 'open' AND p.code = 'normal';
INSERT INTO tickets_event (ticket_id, seq, verb, by_id, data, recorded_at, tag_ids, title_hash, prev_hash, hash)
SELECT id, 0, 'opened', customer_id, jsonb_build_object('number', number, 'channel', channel), now(), '{}', '', '', ''
FROM tickets_ticket WHERE title = 'Áll a hálózat';
INSERT INTO tickets_message (ticket_id, kind, sender, author_id, channel, visible_to_customer, is_automatic,
    is_unconfirmed, from_address, from_name, "to", cc, subject, body, fresh, html, mail_id, traits, created_at,
    content_hash)
SELECT t.id, 'mail', 'customer', u.id, 'mail', true, false, false, u.email, u.name, '[]', '[]', t.title,
    repeat('Nem megy a hálózat. ', 20), '', '', 'm' || t.id || '@reporters.example', '{}', now(), ''
FROM tickets_ticket t JOIN tickets_user u ON u.id = t.customer_id WHERE t.title = 'Áll a hálózat';
INSERT INTO tickets_event (ticket_id, seq, verb, by_id, message_id, data, recorded_at, tag_ids, title_hash, prev_hash,
    hash)
SELECT m.ticket_id, 0, 'message_received', m.author_id, m.id, '{"first": true}', now(), '{}', '', '', ''
FROM tickets_message m WHERE m.mail_id LIKE '%%@reporters.example';
INSERT INTO tickets_groupmembership (group_id, ticket_id, how, joined_at)
SELECT %(group)s, id, 'selection', now() FROM tickets_ticket WHERE title = 'Áll a hálózat';
ANALYZE;
"""
FLOOR = (
    """INSERT INTO tickets_message (ticket_id, kind, sender, author_id, channel, visible_to_customer, is_automatic,
    is_unconfirmed, from_address, from_name, "to", cc, subject, body, fresh, html, mail_id, traits, created_at,
    content_hash)
    SELECT ticket_id, kind, sender, author_id, channel, visible_to_customer, is_automatic, is_unconfirmed, from_address,
    from_name, "to", cc, subject, body, fresh, html, mail_id, traits, now(), '' FROM tickets_message WHERE id = %s""",
    """INSERT INTO tickets_outboundmail (purpose, ticket_id, sender_name, sender_address, "to", cc, subject, body, html,
    headers, mail_id, is_automatic, state, is_captured, attempts, next_try_at, last_error, created_at)
    SELECT purpose, ticket_id, sender_name, sender_address, "to", cc, subject, body, html, headers, 'floor.' || mail_id,
    is_automatic, 'failed', is_captured, attempts, now(), last_error, now()
    FROM tickets_outboundmail WHERE message_id = %s""",
    """INSERT INTO tickets_event (ticket_id, seq, verb, by_id, message_id, data, recorded_at, tag_ids, title_hash,
    prev_hash, hash)
    SELECT ticket_id, 0, verb, by_id, message_id, data, now(), '{}', '', '', '' FROM tickets_event
    WHERE message_id = %s AND verb = 'replied'""",
    "UPDATE tickets_ticket t SET answered_at = now() FROM tickets_message m WHERE m.ticket_id = t.id AND m.id = %s",
    "UPDATE tickets_delivery SET delivered_at = now() WHERE message_id = %s",
)
WORKER = """
import sys
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
import django
django.setup()
from tickets.broadcasts.drain import deliver_broadcasts
while deliver_broadcasts():
    pass
"""


def test_a_broadcast_to_very_many(helpdesk: Team, anna: User, as_user: Any, settings: Any) -> None:
    settings.BROADCAST_HOLD_SECONDS = 0
    settings.BROADCAST_RELEASE_ABOVE = MANY
    make.mailbox(team=helpdesk, is_default=True)
    group = groups.open_group("Áll a hálózat", team=helpdesk, by=anna)
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"many": MANY, "team": helpdesk.pk, "group": group.pk})
    client: Client = as_user(anna)
    found: dict[str, Any] = {"recipients": MANY}
    before = visits(client, lambda: True, most=40)
    found["inbox before, ms"] = spread(before)
    form = {"kind": "reply", "text_hu": TEXT, "text_en": TEXT, "known": 0, "tells_late_joiners": "on"}
    address = f"/groups/{group.pk}/broadcasts/new/"
    found["dry run, ms"] = timed(lambda: client.post(address, form | {"do": "check"}))
    found["click on send, ms"] = timed(lambda: client.post(address, form | {"do": "send"}))
    broadcast = Broadcast.objects.get()
    found["rows frozen by the worker, ms"] = timed(drain._freeze_waiting)
    assert broadcast.deliveries.count() == MANY

    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "ticketdesk.settings"}
    begun = time.perf_counter()
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(configured.DATABASES["default"]["NAME"])], cwd=ROOT, env=environment
    )
    memory: list[int] = []
    watcher = threading.Thread(target=watch_memory, args=(worker, memory))
    watcher.start()
    while not Delivery.objects.filter(delivered_at__isnull=False).exists():
        assert worker.poll() is None
        time.sleep(0.05)
    first = time.perf_counter()
    during = visits(client, lambda: worker.poll() is None, most=100_000)
    worker.wait()
    seconds = time.perf_counter() - first
    watcher.join()
    assert Delivery.objects.filter(delivered_at__isnull=False).count() == OutboundMail.objects.count() == MANY
    found["inbox during, ms"] = spread(during)
    found["start of the worker, s"] = round(first - begun, 1)
    found["deliveries a second, one worker"] = round(MANY / seconds, 1)
    found["floor: bare rows a second"] = round(FLOOR_ROWS / write_floor(), 1)
    tenth = max(1, len(memory) // 10)
    found["worker's memory, MB"] = {
        "first tenth": round(statistics.mean(memory[tenth : 2 * tenth] or memory) / 1024, 1),
        "last tenth": round(statistics.mean(memory[-tenth:]) / 1024, 1),
    }
    print()
    for name, figure in found.items():
        print(f"{name:36} {figure}")
    print(json.dumps({"broadcast": found}, ensure_ascii=False))


def visits(client: Client, goes_on: Callable[[], bool], *, most: int) -> list[float]:
    """Milliseconds of each visit to the inbox."""
    took: list[float] = []
    while goes_on() and len(took) < most:
        took.append(timed(lambda: client.get("/inbox/all/")))
    return took


def spread(took: list[float]) -> dict[str, float]:
    ordered = sorted(took)
    return {
        "p50": ordered[len(ordered) // 2],
        "p95": ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))],
        "visits": len(ordered),
    }


def timed(act: Callable[[], object]) -> float:
    """Milliseconds."""
    begun = time.perf_counter()
    act()
    return round((time.perf_counter() - begun) * 1000, 1)


def write_floor() -> float:
    """Seconds for the rows of so many deliveries, written again without any question."""
    ids = list(Delivery.objects.filter(message__isnull=False).values_list("message", flat=True)[:FLOOR_ROWS])
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        for pk in ids:
            with transaction.atomic():
                for statement in FLOOR:
                    cursor.execute(statement, [pk])
    return time.perf_counter() - begun


def watch_memory(worker: subprocess.Popen[bytes], seen: list[int]) -> None:
    """Kilobytes that the worker holds, twice a second."""
    status = Path(f"/proc/{worker.pid}/status")
    while worker.poll() is None:
        try:
            lines = status.read_text().splitlines()
        except FileNotFoundError:
            return
        seen += [int(line.split()[1]) for line in lines if line.startswith("VmRSS:")]
        time.sleep(0.5)


if __name__ == "__main__":
    pytest.main(["-n0", "-s", "-q", __file__])
