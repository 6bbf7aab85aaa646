"""The drain of the outbox: claims a row, speaks SMTP outside any transaction, then writes what came of it.

A worker that dies between sending and writing sends the mail once more, under the same Message-ID.
"""

from __future__ import annotations

import logging
import re
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from tickets.history import record
from tickets.lifecycle import lock_ticket
from tickets.mail.addressing import plus_address
from tickets.mail.domain_keys import CannotSign, sign_mail
from tickets.mail.line import Handover, LineDown, line
from tickets.mail.mime import BadAddress, build_mail, needs_utf8, recipients_of, wire_address
from tickets.mail.undelivered import mark_address
from tickets.models import OutboundMail, Verb

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
FIRST_PAUSES = (1, 2, 5, 15)  # minutes after the first, second ... failure; from then on an hour
LATER_PAUSE = 60
MOST_ATTEMPTS = len(FIRST_PAUSES) + 72  # three days of it

# Refusals that speak of the address, not of us: RFC 3463 X.1.1 to X.1.3, X.1.6, X.1.10 and X.2.1.
DEAD_ADDRESS = re.compile(r"\b5\.(?:1\.(?:1|2|3|6|10)|2\.1)\b")
ANY_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
OUR_FAULT = re.compile(r"relay|spam|block|denied|policy|reputation|blacklist|authenticat|sender", re.IGNORECASE)

# Names in `headers` that are notes of the drain, never headers.
TAKEN = "_taken"  # recipients for whom the server took the mail already


def send_due_mail(limit: int = 200) -> int:
    """Sends what is due, oldest first, until nothing is left, `limit` is reached or the server is away.

    Returns how many rows it took up.
    """
    taken = 0
    while taken < limit:
        outbound = _claim()
        if outbound is None:
            break
        taken += 1
        if not _send(outbound):
            break
    return taken


def _claim() -> OutboundMail | None:
    """The next row that is due, ours until its lease ends."""
    now = timezone.now()
    with transaction.atomic():
        outbound = (
            OutboundMail.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
            .select_related("message", "ticket", "original")
            .filter(
                Q(claimed_until__isnull=True) | Q(claimed_until__lt=now),
                state__in=[OutboundMail.State.QUEUED, OutboundMail.State.DEFERRED],
                next_try_at__lte=now,
            )
            .order_by("next_try_at", "id")
            .first()
        )
        if outbound is not None:
            outbound.attempts += 1
            outbound.claimed_until = now + LEASE
            outbound.save(update_fields=["attempts", "claimed_until"])
    return outbound


def _send(outbound: OutboundMail) -> bool:
    """Sends one claimed row. False when the server is away, so that the others are not tried now."""
    original = outbound.original
    if outbound.erasure_id is not None or (original is not None and original.erasure_id is not None):
        _mark_failed(outbound, "its text was erased")
        return True
    if settings.OUTGOING_SMTP is None:
        _mark_sent(outbound, is_captured=True)
        return True
    done = set(outbound.headers.get(TAKEN, []))
    try:
        mail = sign_mail(outbound, build_mail(outbound))
        left = {wire_address(address): address for address in recipients_of(outbound) if address not in done}
    except BadAddress as error:
        _mark_failed(outbound, str(error))
        return True
    except CannotSign as error:  # never unsigned: it waits until the key is mended
        _mark_deferred(outbound, str(error))
        return True
    except FileNotFoundError:
        _mark_deferred(outbound, "an attachment can't be read from the storage")
        return True
    try:
        result = line.hand_over(_return_path(outbound), list(left), mail, utf8=needs_utf8(outbound))
    except LineDown as error:
        log.warning("mail server away", extra={"outbound": outbound.pk})
        _mark_deferred(outbound, str(error))
        return False
    _write_result(outbound, result, left)
    return True


def _return_path(outbound: OutboundMail) -> str:
    """Where it comes back to: nowhere for automatic mail, else to the ticket's own address."""
    if outbound.is_automatic:
        return ""
    number = outbound.ticket.number if outbound.ticket else ""
    return plus_address(outbound.sender_address, number) if number else outbound.sender_address


def _write_result(outbound: OutboundMail, result: Handover, names: dict[str, str]) -> None:
    """`names` leads from an address on the wire to the one in the row."""
    taken = sorted({*outbound.headers.get(TAKEN, []), *(names[address] for address in result.taken)})
    outbound.headers = {**outbound.headers, TAKEN: taken} if result.refused else outbound.headers
    for_good = {names[address]: said for address, said in result.refused.items() if 500 <= said[0] < 600}
    for address, (code, text) in for_good.items():
        if _is_dead_address(code, text):
            found = ANY_STATUS.search(text)
            mark_address(address, status=found.group() if found else str(code), detail=text)
    refusals = "; ".join(f"{names[address]}: {code} {text}" for address, (code, text) in result.refused.items())
    if len(for_good) < len(result.refused):
        _mark_deferred(outbound, refusals)
    elif any(row[1] in for_good for row in outbound.to) or not taken:
        _mark_failed(outbound, refusals)
    else:
        _mark_sent(outbound, error=refusals)


def _is_dead_address(code: int, text: str) -> bool:
    if DEAD_ADDRESS.search(text):
        return True
    return code in (550, 551, 553) and not ANY_STATUS.search(text) and not OUR_FAULT.search(text)


def _mark_sent(outbound: OutboundMail, *, is_captured: bool = False, error: str = "") -> None:
    # A sign-in code is a secret: once it is really on its way nobody needs to read it here.
    is_secret = outbound.purpose == OutboundMail.Purpose.ACCOUNT and not is_captured
    _mark(
        outbound,
        Verb.MAIL_SENT,
        state=OutboundMail.State.SENT,
        is_captured=is_captured,
        sent_at=timezone.now(),
        last_error=error[:500],
        **({"body": ""} if is_secret else {}),
    )


def _mark_failed(outbound: OutboundMail, error: str) -> None:
    _mark(outbound, Verb.MAIL_FAILED, state=OutboundMail.State.FAILED, last_error=error[:500])


def _mark_deferred(outbound: OutboundMail, error: str) -> None:
    if outbound.attempts >= MOST_ATTEMPTS:
        _mark_failed(outbound, error)
        return
    minutes = FIRST_PAUSES[outbound.attempts - 1] if outbound.attempts <= len(FIRST_PAUSES) else LATER_PAUSE
    _mark(
        outbound,
        None,
        state=OutboundMail.State.DEFERRED,
        last_error=error[:500],
        next_try_at=timezone.now() + timedelta(minutes=minutes),
    )


def _mark(outbound: OutboundMail, verb: Verb | None, **changes: object) -> None:
    """Writes the result and records it, unless somebody else took the row over meanwhile. Lock order: ticket, row."""
    with transaction.atomic():
        ticket = lock_ticket(outbound.ticket) if outbound.ticket is not None else None
        row = OutboundMail.objects.filter(
            pk=outbound.pk, state__in=[OutboundMail.State.QUEUED, OutboundMail.State.DEFERRED]
        )
        changes["headers"] = outbound.headers
        if outbound.erasure_id is None and row.filter(erasure__isnull=False).exists():  # while it was on its way
            changes |= {"headers": {}, "last_error": ""}
        if not row.update(claimed_until=None, **changes):
            return
        if ticket is not None and verb is not None:
            data = {"mail": outbound.pk, "captured": True} if changes.get("is_captured") else {"mail": outbound.pk}
            record(ticket, verb, by=None, message=outbound.message, **data)
