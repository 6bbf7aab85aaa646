"""Mounts the apps' REST routers as one documented API: personal tokens, a brake, and errors as JSON problems.

Every error is `application/problem+json` (RFC 9457) with a sentence in the language of Accept-Language, else in the
person's own.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.security import HttpBearer
from ninja.throttling import BaseThrottle
from redis.exceptions import RedisError

from tickets import api_tokens
from tickets.api import router as tickets_router
from tickets.api_following import router as following_router
from tickets.api_pairs import router as pairs_router
from tickets.api_people import router as people_router
from tickets.api_tags import router as tags_router
from tickets.errors import NotAllowed, Refused
from tickets.models import ApiToken
from tickets.web.alike_api import router as alike_router
from tickets.web.broadcast_api import router as broadcast_router
from tickets.web.groups_api import router as groups_router
from tickets.web.notices_api import router as notices_router
from tickets.web.search_api import router as search_router

log = logging.getLogger(__name__)

REQUESTS_PER_MINUTE = 600  # of one token


class PersonalToken(HttpBearer):
    """`Authorization: Bearer td_...`: the request acts with the rights of the token's person."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """The token, or None for 401."""
        found = api_tokens.find_token(token)
        if found is None:
            return None
        request.user = found.user
        if "Accept-Language" not in request.headers:
            translation.activate(found.user.language)
        return found


class TokenBrake(BaseThrottle):
    """So many requests a minute for each token. Without Redis there is no brake, rather than no API."""

    def allow_request(self, request: HttpRequest) -> bool:
        """Count the request; False when there were too many in this minute."""
        token = getattr(request, "auth", None)
        if not isinstance(token, ApiToken):
            return True
        key = f"api-brake:{token.pk}:{int(time.time()) // 60}"
        try:
            cache.add(key, 0, timeout=120)
            count = cache.incr(key)
        except (RedisError, OSError) as error:
            log.warning("no brake on the API", extra={"error": type(error).__name__})
            return True
        return int(count) <= REQUESTS_PER_MINUTE

    def wait(self) -> float:
        """Seconds until the next minute begins."""
        return 60 - time.time() % 60


api = NinjaAPI(
    title="Ticketdesk",
    version="1",
    description="Authorise with a personal token from your profile: `Authorization: Bearer td_...`. "
    "Agents see their teams' tickets from the inside; customers see their own requests as in the portal. "
    "Times are ISO 8601 with their offset. Errors are problem documents (RFC 9457).",
    auth=PersonalToken(),
    throttle=[TokenBrake()],
)
api.add_router("", tickets_router)
api.add_router("", groups_router)
api.add_router("", broadcast_router)
api.add_router("", pairs_router)
api.add_router("", notices_router)
api.add_router("", following_router)
api.add_router("", people_router)
api.add_router("", search_router)
api.add_router("", alike_router)
api.add_router("", tags_router)

Handler = Callable[[HttpRequest, Any], HttpResponse]


def problem(status: int, title: str, detail: str, **more: Any) -> JsonResponse:
    """An error as RFC 9457 wants it."""
    body = {"type": "about:blank", "status": status, "title": title, "detail": detail, **more}
    answer = JsonResponse(body, status=status, content_type="application/problem+json")
    answer["Content-Language"] = translation.get_language() or "en"
    return answer


@api.exception_handler(AuthenticationError)
def _unauthorised(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    answer = problem(401, _("Not signed in"), _("The token is missing, wrong, expired or revoked."))
    answer["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(NotAllowed)
@api.exception_handler(PermissionDenied)
def _forbidden(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(403, _("Not allowed"), str(error) or _("You don't have the right to do this."))


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, _("Not found"), str(error) or _("There is no such thing."))


@api.exception_handler(Refused)
def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    more = {"field": error.field} if error.field else {}
    return problem(422, _("Refused"), str(error), **more)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [{"field": _field(entry), "detail": _sentence(entry)} for entry in error.errors]
    fields = ", ".join(dict.fromkeys(entry["field"] for entry in errors))
    return problem(422, _("Wrong input"), _("Missing or wrong: %(fields)s.") % {"fields": fields}, errors=errors)


@api.exception_handler(Throttled)
def _too_fast(request: HttpRequest, error: Throttled) -> HttpResponse:
    answer = problem(429, _("Too many requests"), _("Wait a little, then try again."))
    answer["Retry-After"] = str(int(error.wait or 60) + 1)
    return answer


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    detail = _("The request's body is not valid JSON.") if error.status_code == 400 else str(error)
    return problem(error.status_code, _("Wrong request"), detail)


def _field(entry: Mapping[str, Any]) -> str:
    """The field as the caller wrote it, without where it was read from and the name of our parameter."""
    place = [str(part) for part in entry.get("loc", ())]
    return ".".join(place[2:] if place[:1] == ["body"] and len(place) > 2 else place[1:]) or "body"


def _sentence(entry: Mapping[str, Any]) -> str:
    kind = str(entry.get("type", ""))
    if kind == "missing":
        return _("This field is required.")
    if kind == "extra_forbidden":
        return _("There is no such field.")
    if kind.startswith(("datetime", "timezone")):
        return _("Give a date and time with its offset, such as 2026-11-23T15:00:00+01:00.")
    if kind.startswith("int"):
        return _("Enter a whole number.")
    if kind == "string_too_long":
        return _("At most %(count)s characters fit.") % {"count": entry.get("ctx", {}).get("max_length", "")}
    if kind == "string_too_short":
        return _("This field cannot be blank.")
    return _("This value is not valid.")
