"""DKIM: mail from a domain of ours leaves with its signature (RFC 6376), when a key is set."""

from __future__ import annotations

import dkim
from django.conf import settings

from tickets.models import OutboundMail


class CannotSign(Exception):
    """A mail that should be signed and can't be; the text is for whoever reads the outbox."""


def signing_domain(address: str) -> str:
    """The domain in whose name mail from this address is signed, "" when it leaves without a signature."""
    domain = address.rpartition("@")[2].lower()
    key = settings.DKIM
    return domain if key is not None and domain in key.domains else ""


def sign_mail(outbound: OutboundMail, mail: bytes) -> bytes:
    """The mail with a DKIM-Signature on top; as it is when its domain has no key. Raises CannotSign.

    A redirect is somebody else's mail and keeps the signatures it came with.
    """
    domain, key = signing_domain(outbound.sender_address), settings.DKIM
    if key is None or not domain or outbound.original is not None:
        return mail
    try:
        # `relaxed` lets mail systems on the way fold lines and blanks anew without harm.
        field = dkim.sign(
            mail,
            key.selector.encode(),
            domain.encode("idna"),
            key.private_key.encode(),
            canonicalize=(b"relaxed", b"relaxed"),
        )
    except (dkim.DKIMException, UnicodeError) as error:
        raise CannotSign(f"the mail can't be signed with the key of {domain}: {error}"[:300]) from error
    return bytes(field) + mail
