"""Personal tokens: what opens the API, and how fast it may be called."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests import make
from tests.calling import Caller
from tickets import api_tokens
from tickets.models import User


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic eDp5", "Bearer "])
def test_without_a_token_nothing_is_told(db: None, header: str | None) -> None:
    client = Client(headers={"accept-language": "hu"} | ({"authorization": header} if header else {}))
    answer = client.get("/api/v1/tickets")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer["Content-Type"] == "application/problem+json"
    assert set(answer.json()) == {"type", "status", "title", "detail"}


def test_a_session_is_no_token(as_user: Callable[[User], Client], anna: User) -> None:
    assert as_user(anna).get("/api/v1/tickets").status_code == 401


def test_revoked_expired_and_orphaned_tokens_open_nothing(anna: User) -> None:
    revoked, expired, orphaned = Caller(anna), Caller(anna), Caller(make.agent(team=make.team()))
    api_tokens.revoke_token(revoked.token)
    type(expired.token).objects.filter(pk=expired.token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    User.objects.filter(pk=orphaned.token.user_id).update(is_active=False)
    for caller in (revoked, expired, orphaned):
        caller("GET", "/me", 401)


def test_only_the_hash_of_a_token_is_kept_and_its_use_is_noted_now_and_then(anna: User) -> None:
    token, secret = api_tokens.create_token(anna, name="CRM")
    assert secret not in json.dumps(type(token).objects.filter(pk=token.pk).values().get(), default=str)
    assert secret.startswith(token.hint)
    found = api_tokens.find_token(secret)
    assert found == token
    token.refresh_from_db()
    first = token.used_at
    assert first is not None
    api_tokens.find_token(secret)
    token.refresh_from_db()
    assert token.used_at == first
    type(token).objects.update(used_at=timezone.now() - timedelta(hours=1))
    api_tokens.find_token(secret)
    token.refresh_from_db()
    assert token.used_at is not None
    assert token.used_at >= first


def test_too_many_requests_are_slowed_down_each_token_for_itself(
    anna: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ticketdesk import api

    monkeypatch.setattr(api, "REQUESTS_PER_MINUTE", 3)
    monkeypatch.setattr("ticketdesk.api.time.time", lambda: 1_800_000_000.0)
    annas, bens = Caller(anna), Caller(ben)
    for _request in range(3):
        annas("GET", "/me")
    answer = annas.client.get("/api/v1/me")
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 61
    bens("GET", "/me")


def test_without_redis_there_is_no_brake_rather_than_no_api(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.cache.backends.redis import RedisCache

    monkeypatch.setattr("ticketdesk.api.cache", RedisCache("redis://127.0.0.1:1/0", {}))
    Caller(anna)("GET", "/me")
