"""OAuth2 for mail servers: access tokens from a token endpoint, kept until shortly before their end (RFC 6749)."""

from __future__ import annotations

import http.client
import ipaddress
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error

TIMEOUT = 20.0  # seconds for one exchange
LARGEST_ANSWER = 256 * 1024  # bytes
WITHOUT_AN_END = 300.0  # seconds that a token of unknown life is used
LONGEST_MARGIN = 300.0  # seconds before its end from which a token is not used any more


class TokenRefused(Exception):
    """No access token is to be had; the text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """What we sign in to the token endpoint with. Without `refresh_token` the grant is client credentials."""

    token_url: str
    client_id: str
    client_secret: str
    refresh_token: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token, and the refresh token that replaces the one it was got with, "" when that stays."""

    value: str
    until: float  # time.monotonic()
    new_refresh_token: str = ""


_kept: dict[OAuthClient, AccessToken] = {}
_lock = threading.Lock()


def get_token(client: OAuthClient) -> AccessToken:
    """The token that is kept, or a new one. Raises TokenRefused."""
    with _lock:
        kept = _kept.get(client)
    if kept is not None and time.monotonic() < kept.until:
        return kept
    asking = replace(client, refresh_token=kept.new_refresh_token) if kept and kept.new_refresh_token else client
    token = _read(asking, _ask(asking))
    if asking is not client and not token.new_refresh_token:
        token = replace(token, new_refresh_token=asking.refresh_token)
    with _lock:
        _kept[client] = token
        if token.new_refresh_token:  # whoever stores it asks with it from now on
            renewed = replace(client, refresh_token=token.new_refresh_token)
            _kept[renewed] = replace(token, new_refresh_token="")
    return token


def forget_token(client: OAuthClient) -> None:
    """The mail server did not take it: the next one is asked for anew."""
    with _lock:
        _kept.pop(client, None)


def sign_in_words(user: str, token: str) -> str:
    """What XOAUTH2 says first, before it is encoded."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def is_safe_url(url: str) -> bool:
    """Whether secrets may go there: https, or a server on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(host)
    return parts.scheme == "http" and is_this_machine(host)


def is_this_machine(host: str) -> bool:
    """Whether the name or number is a loopback one."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Secrets go where they were meant to go and nowhere else."""

    def redirect_request(self, *args: Any, **more: Any) -> None:
        return None


def _ask(client: OAuthClient) -> str:
    """The endpoint's answer, good or bad."""
    if not is_safe_url(client.token_url):
        raise TokenRefused(_("The token address has to begin with https://."))
    words = BackendApplicationClient(client.client_id)
    secret = {"client_secret": client.client_secret} if client.client_secret else {}
    scope = client.scope.split() or None
    if client.refresh_token:
        body = words.prepare_refresh_body(
            refresh_token=client.refresh_token, scope=scope, client_id=client.client_id, **secret
        )
    else:
        body = words.prepare_request_body(scope=scope, include_client_id=True, **secret)
    request = urllib.request.Request(  # noqa: S310 (the scheme was checked)
        client.token_url,
        data=body.encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
    )
    host = urlsplit(client.token_url).hostname
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=TIMEOUT) as answer:
            return _text(answer.read(LARGEST_ANSWER))
    except urllib.error.HTTPError as error:
        with error:
            return _text(error.read(LARGEST_ANSWER))  # RFC 6749 section 5.2: the reason stands in it
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise TokenRefused(
            _("The token server %(host)s can't be reached: %(words)s") % {"host": host, "words": reason}
        ) from error


def _read(client: OAuthClient, answer: str) -> AccessToken:
    host = urlsplit(client.token_url).hostname
    try:
        found = BackendApplicationClient(client.client_id).parse_request_body_response(answer)
        lives = float(found.get("expires_in") or WITHOUT_AN_END)
    except OAuth2Error as error:
        if "access_token" not in answer and '"error"' not in answer and "error=" not in answer:
            raise _not_as_expected(host, answer) from error
        words = ": ".join(part for part in (str(error.error or ""), str(error.description or "")) if part)
        raise TokenRefused(
            _("The token server %(host)s gives no token: %(words)s") % {"host": host, "words": words[:300]}
        ) from error
    except (ValueError, TypeError, AttributeError) as error:  # neither JSON nor a form
        raise _not_as_expected(host, answer) from error
    renewed = str(found.get("refresh_token") or "")
    return AccessToken(
        value=str(found["access_token"]),
        until=time.monotonic() + lives - min(LONGEST_MARGIN, lives / 5),
        new_refresh_token=renewed if client.refresh_token and renewed != client.refresh_token else "",
    )


def _not_as_expected(host: str | None, answer: str) -> TokenRefused:
    said = _("The token server %(host)s answers, but not as expected: %(words)s")
    return TokenRefused(said % {"host": host, "words": " ".join(answer.split())[:100] or "–"})


def _text(answer: bytes) -> str:
    return answer.decode("utf-8", "replace")
