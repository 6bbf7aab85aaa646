"""Somebody who calls the REST API."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from tickets import api_tokens
from tickets.models import User


class Caller:
    """Somebody with a token."""

    def __init__(self, user: User) -> None:
        self.token, secret = api_tokens.create_token(user, name="test")
        self.client = Client(headers={"authorization": f"Bearer {secret}"})

    def __call__(self, method: str, path: str, expect: int = 200, **body: Any) -> Any:
        answer = self.client.generic(
            method, f"/api/v1{path}", json.dumps(body) if body else "", content_type="application/json"
        )
        assert answer.status_code == expect, answer.content.decode()
        return answer.json()
