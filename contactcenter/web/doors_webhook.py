"""Where exchanges tell of calls: by a token in the address, signed where they can, as a form or as JSON."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from redis.exceptions import RedisError

from contactcenter.models import CallEvent, Exchange
from contactcenter.telephony import exchanges, receiving, voicemail
from contactcenter.telephony.webhook import Junk, read_event
from tickets.errors import Refused
from tickets.writing import NewFile

log = logging.getLogger(__name__)

EVENTS_PER_MINUTE = 3000  # of one exchange; 20 contacts a second with their events have room
STRANGERS_PER_MINUTE = 60  # of one address without a good token
LARGEST_EVENT = 65_536  # bytes

REASONS = {
    "unknown_event": gettext_lazy("This event is not known."),
    "no_call_id": gettext_lazy("The id of the call is missing."),
    "unknown_direction": gettext_lazy("The direction is “in” or “out”."),
    "no_text": gettext_lazy("This value has to be a text."),
    "too_long": gettext_lazy("This value is too long."),
    "no_number": gettext_lazy("This has to be a whole number from 1 on."),
    "no_time": gettext_lazy("This is no time: seconds since 1970, or ISO 8601."),
    "not_json": gettext_lazy("The body is neither a form nor a JSON object."),
    "too_large": gettext_lazy("This is too large to be an event."),
    "bad_signature": gettext_lazy("The signature is missing or wrong."),
    "unknown_queue": gettext_lazy("No queue is known by this name."),
    "unknown_agent": gettext_lazy("Nobody of ours is known by this name or extension."),
    "agent_busy": gettext_lazy("The agent is with another contact here."),
    "conflict": gettext_lazy("The contact went another way meanwhile."),
    "no_queue": gettext_lazy("The call came through no queue, so it can't be handed on."),
    "after_the_end": gettext_lazy("The call was over before it came."),
    "clock_differs": gettext_lazy("The exchange's clock differs from ours."),
    "waits_for_earlier": gettext_lazy("It waits for what came before it."),
}

View = Callable[..., HttpResponse]


def for_exchanges(view: View) -> View:
    """Only a good token passes, and not too often; where the exchange signs, the signature must be right."""

    @wraps(view)
    def guarded(request: HttpRequest, token: str) -> HttpResponse:
        exchange = exchanges.find_exchange(token)
        who, most = (exchange.pk, EVENTS_PER_MINUTE) if exchange else (_address(request), STRANGERS_PER_MINUTE)
        if _too_many(f"telephony-brake:{who}", most):
            answer = _problem(429, _("Too many requests"), _("Wait a little, then try again."))
            answer["Retry-After"] = str(int(60 - time.time() % 60) + 1)
            return answer
        if exchange is None:
            log.warning("telephony with an unknown token", extra={"address": _address(request)})
            return _problem(404, _("Not found"), _("No exchange is known by this address."))
        try:
            refused = _signature_problem(request, exchange)
            return refused or view(request, exchange)
        except (RequestDataTooBig, MultiPartParserError):
            return _refuse(exchange, "too_large", "", status=413)

    return guarded


def _signature_problem(request: HttpRequest, exchange: Exchange) -> HttpResponse | None:
    signature = request.headers.get("X-Signature", "")
    if not signature and not exchange.must_sign:
        return None
    if not exchanges.is_signed(exchange, request.body, signature):
        return _refuse(exchange, "bad_signature", "", status=403)
    return None


@csrf_exempt  # a machine with a token, without a session
@require_POST
@for_exchanges
def hook(request: HttpRequest, exchange: Exchange) -> HttpResponse:
    """One event of a call."""
    if len(request.body) > LARGEST_EVENT:
        return _refuse(exchange, "too_large", "", status=413)
    raw = request.body.decode("utf-8", "replace")
    try:
        event = read_event(_fields(request))
    except Junk as junk:
        return _refuse(exchange, junk.code, raw, field=junk.field)
    receipt = receiving.receive(exchange, event, raw=raw)
    said: dict[str, Any] = {"verdict": receipt.verdict or "waiting"}
    if receipt.reason:
        said |= {"reason": receipt.reason, "detail": str(REASONS.get(receipt.reason, receipt.reason))}
    if receipt.contact is not None:
        said["contact"] = receipt.contact.pk
    if not exchange.distributes:
        said |= receiving.action_for(receipt.contact)
    if receipt.verdict == CallEvent.Verdict.REFUSED:
        return _problem(422, _("Not applied"), said.pop("detail", ""), **said)
    return JsonResponse(said, status=202 if not receipt.verdict else 200)


@csrf_exempt  # a machine with a token, without a session
@require_POST
@for_exchanges
def leave_voicemail(request: HttpRequest, exchange: Exchange) -> HttpResponse:
    """A message that somebody left: `id`, `from`, `queue`, `callId`, `text`, and the recording as `audio`."""
    try:
        fields = _fields(request)
    except Junk as junk:
        return _refuse(exchange, junk.code, request.body.decode("utf-8", "replace"))
    sent = request.FILES.get("audio")
    audio = None
    if sent is not None:
        if (sent.size or 0) > voicemail.MOST_AUDIO:
            return _problem(413, _("Too large"), _("The recording is larger than 20 MB."), field="audio")
        audio = NewFile(name=sent.name or "voicemail", content=sent.read(), media_type=sent.content_type or "")

    def text(name: str, longest: int = 200) -> str:
        value = fields.get(name)
        return value.replace("\x00", "").strip()[:longest] if isinstance(value, str) else ""

    try:
        ticket = voicemail.leave_voicemail(
            exchange,
            key=text("id"),
            number=text("from", 40),
            queue_name=text("queue"),
            call_id=text("callId"),
            text=text("text", voicemail.LONGEST_TEXT),
            audio=audio,
        )
    except Refused as refusal:
        return _problem(422, _("Refused"), str(refusal), **({"field": refusal.field} if refusal.field else {}))
    return JsonResponse({"ticket": ticket.number}, status=201)


def _fields(request: HttpRequest) -> Mapping[str, Any]:
    """The form's, or those of the JSON object. Raises Junk."""
    if "json" not in (request.content_type or ""):
        if request.content_type not in ("application/x-www-form-urlencoded", "multipart/form-data"):
            raise Junk("not_json")
        return {name.removesuffix("[]"): request.POST.getlist(name)[-1] for name in request.POST}
    try:
        said = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Junk("not_json") from None
    if not isinstance(said, dict):
        raise Junk("not_json")
    return said


def _refuse(exchange: Exchange, code: str, raw: str, *, field: str = "", status: int = 422) -> HttpResponse:
    receiving.refuse(exchange, raw, reason=code)
    more = {"reason": code} | ({"field": field} if field else {})
    return _problem(status, _("Wrong event"), str(REASONS.get(code, code)), **more)


def _problem(status: int, title: str, detail: str, **more: Any) -> HttpResponse:
    """An error as RFC 9457 wants it."""
    body = {"type": "about:blank", "status": status, "title": title, "detail": detail, **more}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _too_many(key: str, most: int) -> bool:
    """So many in this minute. Without Redis there is no brake, rather than no calls."""
    key = f"{key}:{int(time.time()) // 60}"
    try:
        cache.add(key, 0, timeout=120)
        return int(cache.incr(key)) > most
    except (RedisError, OSError, ValueError) as error:
        log.warning("no brake on telephony", extra={"error": type(error).__name__})
        return False
