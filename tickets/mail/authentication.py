"""What a relay of ours says of a mail's sender: DMARC, DKIM and SPF out of Authentication-Results (RFC 8601).

Anybody can write that header, so only the topmost ones with the id of a relay that is trusted count.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tickets.mail.parsed import ParsedMail

LONGEST_HEADER = 16_384
METHODS = ("dmarc", "dkim", "spf")
FAILURES = frozenset({"fail", "hardfail", "permerror"})
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
STATEMENT = re.compile(r"\s*([a-z][a-z0-9-]*)(?:\s*/\s*\d+)?\s*=\s*([a-z]+)\b", re.IGNORECASE)
PROPERTY = re.compile(r"\b(header|smtp)\s*\.\s*([a-z-]+)\s*=\s*([^\s;]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One result of a relay: the method, its result, and what it was found of ({"header.d": "example.hu"})."""

    method: str
    result: str
    properties: dict[str, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the domain in From really sent the mail, and the methods that say so."""

    is_verified: bool
    methods: tuple[str, ...]

    @property
    def traits(self) -> frozenset[str]:
        """As codes that are kept with a message."""
        word = "verified" if self.is_verified else "unverified"
        return frozenset(f"{word}_{method}" for method in self.methods)


def read_verdict(mail: ParsedMail, *, trusted: Collection[str]) -> Verdict | None:
    """What the trusted relays say of the address in From; None when they say nothing of it.

    DMARC speaks of From itself. Where it says neither yes nor no, a DKIM signature or an SPF pass of the same domain
    verifies the sender, and a failure of either counts against him.
    """
    domain = mail.sender.address.rpartition("@")[2]
    if not domain or not trusted:
        return None
    statements = trusted_statements(mail.headers, trusted=trusted)
    dmarc = next((one for one in statements if one.method == "dmarc"), None)
    if dmarc is not None and dmarc.result in {"pass", *FAILURES}:
        of = dmarc.properties.get("header.from", domain).rpartition("@")[2]
        # What was found of another From than the one that is shown proves nothing.
        return Verdict(dmarc.result == "pass", ("dmarc",)) if of == domain else None
    passed = [one.method for one in statements if one.result == "pass" and _is_of(one, domain)]
    if passed:
        return Verdict(True, tuple(dict.fromkeys(passed)))
    failed = [one.method for one in statements if one.result in FAILURES]
    return Verdict(False, tuple(dict.fromkeys(failed))) if failed else None


def trusted_statements(headers: Iterable[tuple[str, str]], *, trusted: Collection[str]) -> list[Statement]:
    """The results that the trusted relays wrote, of DMARC and SPF the topmost one each.

    A relay writes its headers next to one another. Behind them, from the next Received line on, stands what the mail
    brought along, so a header with a trusted id further down is a forgery.
    """
    wanted = {name.lower() for name in trusted}
    found: list[Statement] = []
    told: set[str] = set()
    has_begun = False
    for name, value in headers:
        kind = name.lower()
        if has_begun and kind == "received":
            break
        if kind != "authentication-results":
            continue
        authority, *parts = _without_comments(value[:LONGEST_HEADER]).split(";")
        if not authority.split() or authority.split()[0].lower() not in wanted:
            continue
        has_begun = True
        here = [one for one in map(_statement, parts) if one is not None and one.method not in told]
        found += here
        told |= {one.method for one in here}
    return found


def _statement(text: str) -> Statement | None:
    head = STATEMENT.match(text)
    if head is None or head[1].lower() not in METHODS:
        return None
    properties: dict[str, str] = {}
    for kind, name, value in PROPERTY.findall(text[head.end() :]):
        properties.setdefault(f"{kind}.{name}".lower(), value.lower())
    return Statement(head[1].lower(), head[2].lower(), properties)


def _is_of(one: Statement, domain: str) -> bool:
    """Whether a DKIM signature or SPF speaks of the domain in From, or of one above it."""
    names = ("header.d", "header.i") if one.method == "dkim" else ("smtp.mailfrom",)
    for name in names:
        of = one.properties.get(name, "").rpartition("@")[2].strip(".")
        if "." in of and (domain == of or domain.endswith(f".{of}")):
            return True
    return False


def _without_comments(value: str) -> str:
    """Comments (they may be nested) become blanks; what is quoted loses its quotes and whatever has a meaning."""
    kept: list[str] = []
    depth = position = 0
    while position < len(value):
        char = value[position]
        if char == "\\" and depth:
            position += 1
        elif char == "(":
            depth += 1
        elif char == ")" and depth:
            depth -= 1
            kept.append(" ")
        elif depth == 0 and char == '"' and (quoted := QUOTED.match(value, position)):
            kept.append(re.sub(r"[;=\\\s(]", "_", quoted[1]))
            position = quoted.end()
            continue
        elif depth == 0:
            kept.append(char)
        position += 1
    return "".join(kept)
