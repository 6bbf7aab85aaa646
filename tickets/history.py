"""The history: `record` is the single place from which history, notifications and live updates hang.

Events of a ticket form a hash chain, computed in the database (migration `never_disappears`).
`seal_history` commits to the heads of all chains; `tickets.proof` checks the lot.
"""

from __future__ import annotations

import hashlib
import logging
from typing import Any

from django.db import connection, transaction
from django.dispatch import Signal
from django.utils import timezone

from tickets.models import Event, Message, Seal, SealedHead, Ticket, User, Verb

log = logging.getLogger(__name__)

# Sent inside the transaction of the act: sender=Event, event=Event, ticket=Ticket.
event_recorded = Signal()

# What the application's database role may not do; enforced by triggers too (see ticketdesk's migrate command).
PROTECTED_TABLES = (
    "tickets_ticket",
    "tickets_message",
    "tickets_attachment",
    "tickets_event",
    "tickets_inboundmail",
    "tickets_acceptance",
    "tickets_erasure",
    "tickets_seal",
    "tickets_sealedhead",
    "tickets_configurationchange",
    "tickets_ticketgroup",
    "tickets_groupmembership",
    "tickets_groupevent",
    "tickets_groupclosing",
    "tickets_groupclosingitem",
    "tickets_broadcast",
    "tickets_delivery",
    "tickets_burst",
    "tickets_burstreport",
    "tickets_personnote",
    "tickets_personnoteerasure",
    "contactcenter_activityinterval",
    "contactcenter_workinterval",
    "contactcenter_contact",
    "contactcenter_contactsegment",
    "contactcenter_offer",
    "contactcenter_loan",
    "contactcenter_backgroundwork",
    "contactcenter_centreevent",
    "contactcenter_exchange",
    "contactcenter_callevent",
    "contactcenter_chat",
    "contactcenter_chatline",
    "contactcenter_callbackwish",
    "contactcenter_voicemail",
    "contactcenter_advice",
    "contactcenter_queuemembership",
    "contactcenter_wrapup",
)
# Protected from removal only: their rows move on.
CHANGING_TABLES = (
    "tickets_ticketgroup",
    "tickets_groupmembership",
    "tickets_groupclosing",
    "tickets_groupclosingitem",
    "tickets_broadcast",
    "tickets_delivery",
    "tickets_burst",
    "tickets_burstreport",
    "contactcenter_activityinterval",
    "contactcenter_workinterval",
    "contactcenter_contact",
    "contactcenter_contactsegment",
    "contactcenter_offer",
    "contactcenter_loan",
    "contactcenter_backgroundwork",
    "contactcenter_exchange",
    "contactcenter_callevent",
    "contactcenter_chat",
    "contactcenter_callbackwish",
    "contactcenter_voicemail",
    "contactcenter_advice",
    "contactcenter_queuemembership",
    "contactcenter_wrapup",
)
APPEND_ONLY_TABLES = (
    "tickets_event",
    "tickets_acceptance",
    "tickets_seal",
    "tickets_sealedhead",
    "tickets_configurationchange",
    "tickets_groupevent",
    "contactcenter_centreevent",
    "contactcenter_chatline",
)
# Vocabulary that migrations seed.
REFERENCE_TABLES = ("tickets_kind", "tickets_priority", "tickets_status", "contactcenter_activity")

SEAL_LOCK = 7_304_251  # any number, ours alone among advisory locks
SEAL_BATCH = 20_000


def record(ticket: Ticket, verb: Verb, *, by: User | None, message: Message | None = None, **data: Any) -> Event:
    """Writes one line of the ticket's history; to be called last in the act's transaction.

    The caller holds the ticket's lock and has already written its changes, since the database takes the
    snapshot from the ticket's row. `data` holds ids and codes only, never free text or addresses.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("record() belongs inside the transaction of the act it records")
    event = Event.objects.create(ticket=ticket, verb=verb, by=by, message=message, data=data)
    event_recorded.send(Event, event=event, ticket=ticket)
    return event


def seal_history() -> int:
    """Seals the chains that grew since the last seal. Returns how many; 0 when another sealer is at work.

    The seal's hash is logged as well: whoever keeps the log elsewhere holds a witness that
    not even the database's superuser can rewrite.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEAL_LOCK])
        if cursor.fetchone() != (True,):
            return 0
        cursor.execute(
            """
            WITH claimed AS (
                DELETE FROM tickets_sealpending WHERE id IN (
                    SELECT id FROM tickets_sealpending ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
                ) RETURNING ticket_id
            )
            SELECT DISTINCT ticket_id FROM claimed ORDER BY ticket_id
            """,
            [SEAL_BATCH],
        )
        ticket_ids = [row[0] for row in cursor.fetchall()]
        if not ticket_ids:
            return 0
        cursor.execute(
            """
            SELECT DISTINCT ON (e.ticket_id) e.ticket_id, e.seq, e.hash,
                   NOT EXISTS (SELECT 1 FROM tickets_sealedhead h WHERE h.ticket_id = e.ticket_id)
            FROM tickets_event e WHERE e.ticket_id = ANY(%s) ORDER BY e.ticket_id, e.seq DESC
            """,
            [ticket_ids],
        )
        heads = cursor.fetchall()
        last = Seal.objects.order_by("-id").first()
        count = (last.ticket_count if last else 0) + sum(1 for head in heads if head[3])
        made_at = timezone.now()
        previous = bytes(last.hash) if last else b""
        seal = Seal.objects.create(
            made_at=made_at,
            ticket_count=count,
            head_count=len(heads),
            prev_hash=previous,
            hash=seal_hash(previous, made_at.isoformat(), count, [(h[0], h[1], bytes(h[2])) for h in heads]),
        )
        SealedHead.objects.bulk_create(
            [SealedHead(seal=seal, ticket_id=head[0], seq=head[1], hash=head[2]) for head in heads], batch_size=2000
        )
    log.info("history sealed", extra={"seal": seal.pk, "hash": bytes(seal.hash).hex(), "tickets": count})
    return len(heads)


def seal_hash(previous: bytes, made_at: str, ticket_count: int, heads: list[tuple[int, int, bytes]]) -> bytes:
    """SHA-256 over the seal before, the time, the count and every head (ticket, seq, hash) in order of ticket."""
    digest = hashlib.sha256(previous)
    digest.update(f"|{made_at}|{ticket_count}".encode())
    for ticket_id, seq, head in sorted(heads):
        digest.update(f"|{ticket_id}:{seq}:".encode())
        digest.update(head)
    return digest.digest()
