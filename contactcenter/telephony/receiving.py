"""Every event is kept first, as it came, and applied afterwards: whatever fails in between, nothing is lost."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from contactcenter import clock
from contactcenter.models import CallEvent, Contact, Exchange
from contactcenter.telephony import exchanges, following
from contactcenter.telephony.events import Cause, Event, Kind, Picture, event_of, picture_of

log = logging.getLogger(__name__)

Verdict = CallEvent.Verdict
LONGEST_RAW = 8000  # characters
SKEW_WORTH_A_WORD = 60.0  # seconds
GRACE = timedelta(seconds=5)  # an end waits so long for what its number says is missing before it
SILENT_WAIT = timedelta(hours=2)  # a call that waits so long without a word has lost its end
SILENT_TALK = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an event. `reason` is a code, "" when there is nothing to say."""

    verdict: str
    reason: str = ""
    contact: Contact | None = None


def refuse(exchange: Exchange, raw: str, *, reason: str) -> Receipt:
    """What is no event is kept and shown, too."""
    CallEvent.objects.create(
        exchange=exchange,
        received_at=clock.now(),
        raw=_clean(raw),
        verdict=Verdict.REFUSED,
        reason=reason[:40],
    )
    log.warning("an exchange sent what is no event", extra={"exchange": exchange.code, "reason": reason})
    return Receipt(Verdict.REFUSED, reason)


def receive(exchange: Exchange, event: Event, *, raw: str = "") -> Receipt:
    """Keeps the event and applies it. Repeated, it changes nothing."""
    at = clock.now()
    exchanges.note_heard(exchange, at=at, ts=event.ts)
    row, is_new = _keep(exchange, event, raw, at)
    if not is_new:
        return Receipt(Verdict.DUPLICATE, row.reason, following.contact_of(exchange, event.call_id))
    if event.kind == Kind.HANGUP and event.seq is not None and _picture(exchange, event.call_id).misses_some:
        return Receipt(Verdict.WAITING, "waits_for_earlier")
    return _apply(exchange, row, event)


def _keep(exchange: Exchange, event: Event, raw: str, at: datetime) -> tuple[CallEvent, bool]:
    values = {
        "exchange": exchange,
        "call_id": event.call_id,
        "kind": event.kind,
        "seq": event.seq,
        "happened_at": event.ts,
        "received_at": at,
        "key": event.key,
        "said": event.said(),
        "raw": _clean(raw),
    }
    try:
        with transaction.atomic():
            return CallEvent.objects.create(**values), True
    except IntegrityError:
        return CallEvent.objects.create(**values, verdict=Verdict.DUPLICATE), False


def _clean(raw: str) -> str:
    return raw.replace("\x00", "")[:LONGEST_RAW]


def _picture(exchange: Exchange, call_id: str) -> Picture:
    rows = CallEvent.objects.filter(exchange=exchange, call_id=call_id).exclude(verdict=Verdict.DUPLICATE)
    return picture_of([_event(row) for row in rows.order_by("id")])


def _event(row: CallEvent) -> Event:
    return event_of(row.said, call_id=row.call_id, ts=row.happened_at, seq=row.seq)


def _apply(exchange: Exchange, row: CallEvent, event: Event) -> Receipt:
    before = following.contact_of(exchange, event.call_id)
    if before is not None and before.is_over:
        # The end stands; what it did not wait for is kept beside it.
        return _settle(row, Verdict.LATE, "after_the_end", before)
    contact, why = following.follow(exchange, event.call_id, _picture(exchange, event.call_id))
    if why:
        log.warning(
            "an event could not be followed", extra={"exchange": exchange.code, "call": event.call_id, "reason": why}
        )
        return _settle(row, Verdict.REFUSED, why, contact)
    return _settle(row, Verdict.APPLIED, _remark(row, event), contact)


def _remark(row: CallEvent, event: Event) -> str:
    """What is worth a word although it was applied."""
    if event.user and exchanges.agent_of(event.user) is None:
        return "unknown_agent"
    if event.ts is not None and abs((event.ts - row.received_at).total_seconds()) > SKEW_WORTH_A_WORD:
        return "clock_differs"
    return ""


def action_for(contact: Contact | None) -> dict[str, str]:
    """What an exchange that leaves the choice to us is to do with the call now; asked again by repeating an event."""
    if contact is None:
        return {"action": "none"}
    if contact.state in (Contact.State.OFFERED, Contact.State.CONNECTED) and not contact.is_routed_outside:
        offer = contact.offers.select_related("agent").filter(state="pending").first()
        agent = offer.agent if offer is not None else contact.agent
        if agent is not None and agent.extension:
            return {"action": "ring" if offer is not None else "connect", "extension": agent.extension}
    if contact.outcome in ("rejected", "no_agents"):
        return {"action": "reject"}
    if contact.outcome == "to_voicemail":
        return {"action": "voicemail"}
    return {"action": "hangup" if contact.is_over else "wait"}


def _settle(row: CallEvent, verdict: CallEvent.Verdict, reason: str, contact: Contact | None) -> Receipt:
    # Whoever applied the same event at the same time has settled it: the verdict is written once.
    settled = CallEvent.objects.filter(pk=row.pk, verdict=Verdict.WAITING)
    settled.update(verdict=verdict, reason=reason[:40], contact=contact)
    return Receipt(verdict, reason, contact)


# --- by the clock ----------------------------------------------------------------------------------------------------


def apply_waiting(limit: int = 200) -> int:
    """Events that wait for earlier ones, or whose applying broke off. Returns how many were applied."""
    before = clock.now() - GRACE
    rows = CallEvent.objects.select_related("exchange").filter(verdict=Verdict.WAITING, received_at__lte=before)
    applied = 0
    for row in list(rows.order_by("id")[:limit]):
        _apply(row.exchange, row, _event(row))
        applied += 1
    return applied


def end_silent_calls(limit: int = 100) -> int:
    """Calls whose end got lost: not a word for hours. They end as hung up. Returns how many."""
    now, ended = clock.now(), 0
    for states, silent in (
        ((Contact.State.NEW, Contact.State.QUEUED), SILENT_WAIT),
        ((Contact.State.CONNECTED, Contact.State.HELD), SILENT_TALK),
    ):
        for contact in _silent(states, now - silent)[:limit]:
            exchange = Exchange.objects.filter(code=contact.provider).first()
            if exchange is not None:
                lose(exchange, contact.provider_call_id)
                ended += 1
    return ended


def _silent(states: Iterable[str], before: datetime) -> QuerySet[Contact]:
    calls = Contact.objects.filter(state__in=states).exclude(provider_call_id="")
    return calls.filter(opened_at__lt=before).exclude(call_events__received_at__gte=before)


def lose(exchange: Exchange, call_id: str) -> Receipt:
    """The call is gone, and nobody said so."""
    return receive(exchange, Event(kind=Kind.HANGUP, call_id=call_id, cause=Cause.LOST), raw="(made up for)")


def open_calls(exchange: Exchange) -> QuerySet[Contact]:
    """Calls of this exchange that are not over as far as we know."""
    calls = Contact.objects.filter(provider=exchange.code).exclude(provider_call_id="")
    return calls.exclude(state__in=Contact.OVER)
