"""What a webhook sends, read into the vocabulary. Pure.

The words are those in use in the field (newCall, answer, hangup with from, to, direction, callId, user, queue, cause),
and ours beside them: queued, ringing, hold, resumed, transfer, ts, seq.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from contactcenter.telephony.events import Cause, Event, Kind

KINDS = {
    "newcall": Kind.NEW, "new": Kind.NEW, "queued": Kind.QUEUED, "queue": Kind.QUEUED, "ringing": Kind.RINGING,
    "ring": Kind.RINGING, "answer": Kind.ANSWERED, "answered": Kind.ANSWERED, "hold": Kind.HOLD, "held": Kind.HOLD,
    "resume": Kind.RESUMED, "resumed": Kind.RESUMED, "unhold": Kind.RESUMED, "transfer": Kind.TRANSFER,
    "transferred": Kind.TRANSFER, "hangup": Kind.HANGUP,
}  # fmt: skip
CAUSES = {
    "normalclearing": Cause.NORMAL, "normal": Cause.NORMAL, "busy": Cause.BUSY, "cancel": Cause.CANCEL,
    "noanswer": Cause.NO_ANSWER, "congestion": Cause.CONGESTION, "notfound": Cause.NOT_FOUND,
    "forwarded": Cause.FORWARDED, "timeout": Cause.TIMEOUT, "noagents": Cause.NO_AGENTS, "full": Cause.FULL,
    "withdrawn": Cause.WITHDRAWN, "exitkey": Cause.EXIT_KEY, "voicemail": Cause.VOICEMAIL, "lost": Cause.LOST,
}  # fmt: skip
LONGEST = 200  # characters of an id, a number or a name
MOST_SEQ = 2**31 - 1


class Junk(ValueError):
    """What came is no event; `code` says why, `field` where."""

    def __init__(self, code: str, field: str = "") -> None:
        super().__init__(f"{code} {field}".strip())
        self.code, self.field = code, field


def read_event(fields: Mapping[str, Any]) -> Event:
    """Raises Junk: an unknown event, no call id, a value that is no text, too long or not of its shape."""
    given = {str(name).replace("_", "").lower(): value for name, value in fields.items()}
    kind = KINDS.get(_text(given, "event").lower())
    if kind is None:
        raise Junk("unknown_event", "event")
    call_id = _text(given, "callid")
    if not call_id:
        raise Junk("no_call_id", "callId")
    cause_said = _text(given, "cause")
    cause = CAUSES.get(cause_said.replace("_", "").replace(" ", "").lower())
    direction = _text(given, "direction").lower()
    if direction not in ("", "in", "inbound", "out", "outbound"):
        raise Junk("unknown_direction", "direction")
    return Event(
        kind=kind,
        call_id=call_id,
        ts=_time(given.get("ts")),
        seq=_seq(given.get("seq")),
        caller=_text(given, "from"),
        callee=_text(given, "to"),
        is_outgoing=direction.startswith("out"),
        user=_text(given, "answeringnumber") or _text(given, "user"),
        queue=_text(given, "queue"),
        cause=(cause or Cause.NORMAL) if kind == Kind.HANGUP else None,
        linked_id=_text(given, "linkedid"),
    )


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if isinstance(value, list | tuple):  # user[] may name several; the last one counts
        value = value[-1] if value else ""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Junk("no_text", name)
    text = str(value).replace("\x00", "").strip()
    if len(text) > LONGEST:
        raise Junk("too_long", name)
    return text


def _seq(value: Any) -> int | None:
    if value in (None, ""):
        return None
    try:
        number = int(str(value))
    except ValueError:
        raise Junk("no_number", "seq") from None
    if not 1 <= number <= MOST_SEQ:
        raise Junk("no_number", "seq")
    return number


def _time(value: Any) -> datetime | None:
    """Seconds or milliseconds since 1970, or ISO 8601; without an offset it is taken as UTC."""
    if value in (None, ""):
        return None
    text = str(value).strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise Junk("no_time", "ts") from None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, tz=UTC)
    except (OverflowError, OSError, ValueError):
        raise Junk("no_time", "ts") from None
