"""What a mail asks for its new ticket in X-Ticketdesk headers. Anybody writes them, so only a trusting mailbox reads.

What is unknown or retired is passed over: a mail is never held up by its headers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from tickets.mail.parsed import ParsedMail
from tickets.models import Kind, Mailbox, Priority, Tag, Team
from tickets.tagging import find_tag

MOST_TAGS = 10
Term = TypeVar("Term", Priority, Kind)


@dataclass(frozen=True, slots=True)
class Orders:
    """Nothing, unless a header says otherwise."""

    team: Team | None = None
    priority: Priority | None = None
    kind: Kind | None = None
    tags: list[Tag] = field(default_factory=list)


def read_orders(mail: ParsedMail, mailbox: Mailbox | None) -> Orders:
    """X-Ticketdesk-Team, -Priority, -Kind and -Tag (commas, several times) of a mail to a mailbox that trusts them."""
    if mailbox is None or not mailbox.trusts_headers:
        return Orders()
    team = mail.header("X-Ticketdesk-Team").strip()
    return Orders(
        team=Team.objects.filter(name__iexact=team, is_active=True).first() if team else None,
        priority=_named(Priority.objects.filter(is_active=True), mail.header("X-Ticketdesk-Priority")),
        kind=_named(Kind.objects.filter(is_active=True), mail.header("X-Ticketdesk-Kind")),
        tags=_tags(mail),
    )


def _named(terms: Iterable[Term], wanted: str) -> Term | None:
    """By code or by its name in any language."""
    wanted = wanted.strip().casefold()
    if not wanted:
        return None
    return next((term for term in terms if wanted in _words_for(term)), None)


def _words_for(term: Priority | Kind) -> set[str]:
    return {str(word).casefold() for word in (term.code, *term.names.values())}


def _tags(mail: ParsedMail) -> list[Tag]:
    values = [value for name, value in mail.headers if name.lower() == "x-ticketdesk-tag"]
    names = [name.strip().lstrip("#") for value in values for name in value.split(",")]
    found = [tag for name in names[: 3 * MOST_TAGS] if name and (tag := find_tag(name)) is not None and tag.is_active]
    return list(dict.fromkeys(found))[:MOST_TAGS]
