"""What only we can have written: signatures in our Message-IDs and plus addresses, made with the secret key.

All is lower case, since some mail systems fold the case of what passes through them.
"""

from __future__ import annotations

import base64
import re
import secrets

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

MAIL_ID_BYTES = 12  # of the signature: 96 bits
PLUS_BYTES = 8
NO_TICKET = "0"  # stands for the number in mails that belong to no ticket

MAIL_ID = re.compile(r"^td\.(?P<number>\d{1,30})\.(?P<nonce>[a-z2-7]{16})\.(?P<signature>[a-z2-7]{20})@", re.ASCII)
PLUS_TAG = re.compile(r"^(?P<number>\d{1,30})\.(?P<signature>[a-z2-7]{13})$", re.ASCII)


def make_mail_id(number: str, domain: str) -> str:
    """A new Message-ID, without angle brackets, that says which ticket it belongs to and proves it is ours."""
    number = number or NO_TICKET
    nonce = _letters(secrets.token_bytes(10))
    signature = _sign("mail-id", f"{number}.{nonce}", MAIL_ID_BYTES, settings.SECRET_KEY)
    return f"td.{number}.{nonce}.{signature}@{domain}"


def read_mail_id(mail_id: str) -> str | None:
    """The ticket number in a Message-ID of ours, "" when that mail belonged to no ticket; None when it is not ours."""
    found = MAIL_ID.match(mail_id.lower())
    if found is None:
        return None
    number = found["number"]
    if not _is_signed("mail-id", f"{number}.{found['nonce']}", MAIL_ID_BYTES, found["signature"]):
        return None
    return "" if number == NO_TICKET else number


def make_plus_tag(number: str) -> str:
    """What stands behind the plus sign of an address that leads to this ticket."""
    return f"{number}.{_sign('plus', number, PLUS_BYTES, settings.SECRET_KEY)}"


def read_plus_tag(tag: str) -> str | None:
    """The ticket number of a tag that we made, else None."""
    found = PLUS_TAG.match(tag.lower())
    if found is None or not _is_signed("plus", found["number"], PLUS_BYTES, found["signature"]):
        return None
    return found["number"]


def _is_signed(purpose: str, text: str, length: int, signature: str) -> bool:
    """Whether the signature was made with the present key or one of the former ones; takes the same time either way."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any([constant_time_compare(signature, _sign(purpose, text, length, key)) for key in keys])  # noqa: C419


def _sign(purpose: str, text: str, length: int, key: str | bytes) -> str:
    digest = salted_hmac(f"tickets.mail.{purpose}", text, secret=key, algorithm="sha256").digest()
    return _letters(digest[:length])


def _letters(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()
