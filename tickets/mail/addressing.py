"""Where a ticket's number stands in a mail: the plus address that answers go to, and the subject's hook."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.conf import settings

from tickets.mail.signing import make_plus_tag, read_plus_tag
from tickets.numbering import is_well_formed

LOCAL_PART_LIMIT = 64  # characters, RFC 5321 section 4.5.3.1.1
SUBJECT_LIMIT = 480

HOOK = re.compile(r"Ticket\s?#\s?:?\s?(\d{6,30})", re.IGNORECASE)
OWN_HOOK = re.compile(r"\[\s*Ticket\s?#\s?:?\s?(\d{6,30})\s*\]", re.IGNORECASE)
# Prefixes that say "an answer", in the languages of common mail programs. A forward says something and stays.
ANSWER = re.compile(r"^\s*(?:re|aw|vá|sv|antw|odp|res|rif|ynt|vs)(?:\[\d+\]|\(\d+\))?\s*[:：]\s*", re.IGNORECASE)


def plus_address(address: str, number: str) -> str:
    """The address of ours that leads to this ticket; the plain one when plus addresses are off or it grows too long."""
    local, _at, domain = address.rpartition("@")
    tagged = f"{local}+{make_plus_tag(number)}"
    if not settings.MAIL_PLUS_ADDRESSES or len(tagged) > LOCAL_PART_LIMIT:
        return address
    return f"{tagged}@{domain}"


def plain_address(address: str) -> str:
    """Lower case, without brackets and without what stands behind a plus sign."""
    local, _at, domain = address.strip().strip("<>").lower().rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def number_in_addresses(addresses: Iterable[str]) -> str | None:
    """The ticket number in the first plus address with a tag that we made."""
    for address in addresses:
        local = address.strip().strip("<>").rpartition("@")[0]
        number = read_plus_tag(local.partition("+")[2])
        if number is not None:
            return number
    return None


def numbers_in_subject(subject: str) -> list[str]:
    """The numbers behind a hook that we could have given, by shape, system id and check digit."""
    return [number for number in HOOK.findall(subject) if is_well_formed(number)]


def subject_for(number: str, title: str) -> str:
    """`[Ticket#number] title`: one hook, no heap of Re: before it."""
    title = bare_subject(title)
    return f"[Ticket#{number}] {title}"[:SUBJECT_LIMIT].rstrip()


def bare_subject(subject: str) -> str:
    """Without our hooks and without prefixes of answers."""
    subject = " ".join(OWN_HOOK.sub(lambda hook: "" if is_well_formed(hook[1]) else hook[0], subject).split())
    while (shorter := ANSWER.sub("", subject, count=1)) != subject:
        subject = shorter
    return subject
