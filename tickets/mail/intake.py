"""The drain of mail that came in: each raw mail becomes a ticket, a follow-up, a quarantined item, or is set aside.

One transaction a mail; any number of workers side by side. An attempt is committed before the mail is read, so that
one which kills its worker is quarantined in the end and never holds up the others.
"""

from __future__ import annotations

import hashlib
import logging
import traceback
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from tickets.mail.filing import Outcome, file_mail
from tickets.mail.mailbox import own_addresses
from tickets.mail.parsed import Limits, ParsedMail, Unparseable
from tickets.mail.parsing import parse_mail
from tickets.models import InboundMail

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
LEASE = timedelta(minutes=2)  # a worker that has not finished by then is taken for dead
PAUSES = (10, 60, 300, 900)  # seconds after the first, second ... failure
MOST_LOCKED_IDS = 30


def process_inbound_mail(limit: int = 200) -> int:
    """Works off what waits, oldest first, until nothing is due or `limit` is reached. Returns how many it took up."""
    taken = 0
    while taken < limit:
        row = _claim()
        if row is None:
            break
        taken += 1
        try:
            _process(row)
        except Exception as error:  # noqa: BLE001  (one bad mail must not hold up the others; it is kept and shown)
            _put_off(row, error)
    return taken


def read_mail(row: InboundMail) -> ParsedMail:
    """The parsed mail of a row. Raises Unparseable past the limits."""
    return parse_mail(bytes(row.raw), limits=Limits(max_bytes=settings.MAIL_MAX_BYTES), own_addresses=own_addresses())


def settle(row: InboundMail, outcome: Outcome) -> None:
    """Writes what became of the mail. The caller holds the row's lock."""
    row.state = outcome.state
    row.ticket = outcome.ticket
    row.reason = outcome.reason[:60]
    row.detail = outcome.detail.replace("\x00", "")[:500]
    row.handled_at = timezone.now()
    row.save(update_fields=["state", "ticket", "reason", "detail", "handled_at"])


def _claim() -> InboundMail | None:
    """The next mail that is due, with one attempt more; nobody else takes it before its lease is over."""
    while True:
        with transaction.atomic():
            row = (
                InboundMail.objects.select_for_update(no_key=True, skip_locked=True)
                .filter(state=InboundMail.State.WAITING, next_try_at__lte=timezone.now())
                .order_by("next_try_at", "id")
                .first()
            )
            if row is None:
                return None
            if row.attempts < MOST_ATTEMPTS:
                row.attempts += 1
                row.next_try_at = timezone.now() + LEASE
                row.save(update_fields=["attempts", "next_try_at"])
                return row
            settle(row, Outcome.quarantined("error", row.detail or "the worker ended while reading it"))


def _process(row: InboundMail) -> None:
    try:
        mail = read_mail(row)  # outside the transaction: reading may take long and needs no lock
    except Unparseable as error:
        with transaction.atomic():
            if _still_ours(row) is not None:
                settle(row, Outcome.quarantined(error.code, error.detail))
        return
    with transaction.atomic():
        fresh = _still_ours(row)
        if fresh is None:
            return
        earlier = _earlier_offers(fresh)
        waiting = [other for other in earlier if other.state == InboundMail.State.WAITING]
        if waiting:  # the same mail to another address of ours goes first
            fresh.attempts -= 1
            fresh.next_try_at = max(waiting[0].next_try_at, timezone.now() + timedelta(seconds=1))
            fresh.save(update_fields=["attempts", "next_try_at"])
            return
        _lock_conversation(mail)
        filed = next((other for other in reversed(earlier) if other.ticket_id is not None), None)
        settle(fresh, file_mail(fresh, mail, already_in=filed.ticket if filed else None))


def _still_ours(row: InboundMail) -> InboundMail | None:
    """The row, locked, unless its lease ran out and somebody else took it up."""
    fresh = (
        InboundMail.objects.select_for_update(no_key=True, of=("self",))
        .select_related("mailbox__team")
        .defer("raw")
        .get(pk=row.pk)
    )
    return fresh if fresh.state == InboundMail.State.WAITING and fresh.attempts == row.attempts else None


def _earlier_offers(row: InboundMail) -> list[InboundMail]:
    """The same mail to other mailboxes, taken before this one; locked downwards, so that no two workers deadlock."""
    same = InboundMail.objects.filter(fingerprint=row.fingerprint, pk__lt=row.pk)
    return list(same.select_for_update(no_key=True).defer("raw").order_by("-pk"))


def _lock_conversation(mail: ParsedMail) -> None:
    """Mails that name one another are filed one after the other, so that an answer finds what it answers."""
    ids = [mail.message_id, *mail.in_reply_to, *reversed(mail.references)]
    named = dict.fromkeys(mail_id for mail_id in ids if mail_id)
    keys = sorted(
        int.from_bytes(hashlib.sha256(mail_id.encode()).digest()[:8], signed=True)
        for mail_id in list(named)[:MOST_LOCKED_IDS]
    )
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def _put_off(row: InboundMail, error: Exception) -> None:
    """Tries again later; after the last attempt the mail is quarantined. Nothing of its content is noted."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {last.name}, {last.filename.rsplit('/', 1)[-1]}:{last.lineno}"
    log.error("mail not filed", extra={"inbound": row.pk, "attempt": row.attempts, "where": where})
    with transaction.atomic():
        fresh = _still_ours(row)
        if fresh is None:
            return
        if fresh.attempts >= MOST_ATTEMPTS:
            settle(fresh, Outcome.quarantined("error", where))
            return
        fresh.detail = where[:500]
        fresh.next_try_at = timezone.now() + timedelta(seconds=PAUSES[fresh.attempts - 1])
        fresh.save(update_fields=["detail", "next_try_at"])
