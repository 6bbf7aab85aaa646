"""Exchanges: set up, tokens and signatures, and whom and what they mean by the names they use."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils.encoding import force_bytes
from django.utils.text import slugify
from django.utils.translation import gettext as _

from contactcenter import clock
from contactcenter.models import Agent, Exchange, ExchangeQueue, Queue
from tickets.errors import Refused
from tickets.models import User

Kind = Exchange.Kind
HEARD_EVERY = 5.0  # seconds; a write for each event would cost more than it tells


def add_exchange(
    name: str, *, kind: Kind, by: User | None, password: str = "", **values: Any
) -> tuple[Exchange, str, str]:
    """A new exchange, its token and its signing secret; both are shown this once. Raises Refused."""
    name = " ".join(name.split())[:120]
    code = slugify(name)[:40]
    if not code:
        raise Refused(_("Give the exchange a name."), field="name")
    if kind == Kind.AMI and not (values.get("host") and values.get("user_name")):
        raise Refused(_("Say where the exchange is, and as whom to sign in."), field="host")
    token, secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    with transaction.atomic():
        if Exchange.objects.filter(code=code).exists():
            raise Refused(_("There is already an exchange with this name."), field="name")
        exchange = Exchange.objects.create(
            code=code,
            name=name,
            kind=kind,
            token_digest=digest_of(token) if kind == Kind.WEBHOOK else "",
            signing_secret=_seal(secret) if kind == Kind.WEBHOOK else b"",
            password=_seal(password) if password else b"",
            created_by=by,
            **values,
        )
    return exchange, token if kind == Kind.WEBHOOK else "", secret if kind == Kind.WEBHOOK else ""


def map_queue(exchange: Exchange, *, name: str, queue: Queue) -> ExchangeQueue:
    """From now on this name means that queue. Raises Refused without a name."""
    name = " ".join(name.split())[:120]
    if not name:
        raise Refused(_("Say what the exchange calls the queue."), field="name")
    row = ExchangeQueue.objects.filter(exchange=exchange, name__iexact=name).first()
    if row is None:
        return ExchangeQueue.objects.create(exchange=exchange, name=name, queue=queue)
    row.queue = queue
    row.save(update_fields=["queue"])
    return row


def set_active(exchange: Exchange, *, is_active: bool) -> None:
    """A stopped exchange is not listened to; what it sent stays."""
    Exchange.objects.filter(pk=exchange.pk).update(is_active=is_active)


# --- who may speak ---------------------------------------------------------------------------------------------------


def find_exchange(token: str) -> Exchange | None:
    """The active exchange that this token opens."""
    return Exchange.objects.filter(token_digest=digest_of(token), kind=Kind.WEBHOOK, is_active=True).first()


def is_signed(exchange: Exchange, body: bytes, signature: str) -> bool:
    """Whether the body carries the exchange's HMAC-SHA256 in hex, with or without "sha256=" before it."""
    expected = hmac.new(unseal(exchange.signing_secret).encode(), body, hashlib.sha256).hexdigest()
    given = signature.strip().removeprefix("sha256=").lower()
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


def digest_of(token: str) -> str:
    """SHA-256; enough for a random token of 256 bits, which needs no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _seal(secret: str) -> bytes:
    return _cipher().encrypt(secret.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """What was sealed with this or a former secret key. Raises Refused when it can't be read any more."""
    try:
        return _cipher().decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise Refused(_("The secret of the exchange can't be read: the server's key has changed.")) from None


def _cipher() -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    derived = [
        HKDF(algorithm=SHA256(), length=32, salt=None, info=b"contactcenter.telephony").derive(force_bytes(key))
        for key in keys
    ]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(each)) for each in derived])


# --- what its names mean ---------------------------------------------------------------------------------------------


def queue_of(exchange: Exchange, name: str) -> Queue | None:
    """The queue that the exchange calls so; None when nobody knows it."""
    if not name:
        return None
    row = ExchangeQueue.objects.select_related("queue").filter(exchange=exchange, name__iexact=name).first()
    return row.queue if row is not None else Queue.objects.filter(name__iexact=name, is_active=True).first()


def agent_of(name: str) -> Agent | None:
    """The agent by his extension, by his phone as the exchange names it ("PJSIP/101-0a"), by address or name."""
    if not name:
        return None
    bare = extension_of(name)
    working = Agent.objects.working().select_related("user")
    by_extension = working.exclude(extension="").filter(extension__in={name, bare}).first()
    if by_extension is not None:
        return by_extension
    if "@" in name:
        return working.filter(user__email__iexact=name).first()
    by_name = list(working.filter(user__name__iexact=name)[:2])
    return by_name[0] if len(by_name) == 1 else None


def extension_of(interface: str) -> str:
    """ "PJSIP/101-0000000a" and "Local/101@agents" are 101."""
    found = re.match(r"(?:[A-Za-z0-9]+/)?([^@/]+?)(?:-[0-9a-f]{6,})?(?:[@/].*)?$", interface)
    return found.group(1) if found else interface


# --- signs of life ---------------------------------------------------------------------------------------------------


def note_heard(exchange: Exchange, *, at: datetime, ts: datetime | None) -> None:
    """It has spoken; by how much its clock is ahead of ours, in seconds."""
    skew = (ts - at).total_seconds() if ts is not None else exchange.skew
    is_old = exchange.heard_at is None or (at - exchange.heard_at).total_seconds() >= HEARD_EVERY
    moved = skew is not None and (exchange.skew is None or abs(skew - exchange.skew) > 1)
    if is_old or moved:
        exchange.heard_at, exchange.skew = at, skew
        Exchange.objects.filter(pk=exchange.pk).update(heard_at=at, skew=skew)


def note_connected(exchange: Exchange) -> None:
    """The line to it stands."""
    Exchange.objects.filter(pk=exchange.pk).update(connected_at=clock.now(), lost_at=None, last_error="")


def note_lost(exchange: Exchange, why: str) -> None:
    """The line to it broke, for this reason."""
    Exchange.objects.filter(pk=exchange.pk).update(lost_at=clock.now(), last_error=why[:500])
