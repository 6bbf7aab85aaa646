"""Personal keys to the API. Only a token's hash is kept: whoever reads the database can't use it."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets.errors import Refused
from tickets.models import ApiToken, User

PREFIX = "td_"
MOST_TOKENS = 20
# How exactly `used_at` is kept; a write for each request would cost more than it tells.
USED_EVERY = timedelta(minutes=5)


def create_token(user: User, *, name: str, expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    """A new token and its secret, which is shown this once. Raises Refused for an empty name or a past end."""
    name = " ".join(name.split())[:100]
    if not name:
        raise Refused(_("Give the token a name that says what it is for."), field="name")
    if expires_at is not None and expires_at <= timezone.now():
        raise Refused(_("The end of a token has to be in the future."), field="expires_at")
    if usable_tokens().filter(user=user).count() >= MOST_TOKENS:
        raise Refused(_("There are %(count)s tokens already; revoke one first.") % {"count": MOST_TOKENS})
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user, name=name, digest=digest_of(secret), hint=secret[:8], expires_at=expires_at
    )
    return token, secret


def find_token(secret: str) -> ApiToken | None:
    """The usable token with this secret, of an active person; notes that it was used."""
    token = usable_tokens().select_related("user__organisation").filter(digest=digest_of(secret)).first()
    if token is None:
        return None
    now = timezone.now()
    if token.used_at is None or now - token.used_at > USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(used_at=now)
    return token


def revoke_token(token: ApiToken) -> None:
    """From now on the token opens nothing. The row stays as a witness."""
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())


def usable_tokens() -> QuerySet[ApiToken]:
    """Tokens that still open the API: not revoked, not past their end, of an active person."""
    return ApiToken.objects.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()), revoked_at__isnull=True, user__is_active=True
    )


def digest_of(secret: str) -> str:
    """SHA-256; enough for a random secret of 256 bits, which needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
