"""Mentions: @Name in an internal note names a colleague, who hears of it if he may see the ticket."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from tickets import permissions
from tickets.history import record
from tickets.lifecycle import lock_ticket
from tickets.models import Address, Event, Mention, Message, Role, Ticket, User, Verb

SHORTEST_PREFIX = 2  # letters
LONGEST_NAME = 6  # words
MOST_MENTIONS = 30  # of one note
COLLEAGUES_FOUND = 8
MOST_COLLEAGUES = 2000

AT = re.compile(r"(?<![\w.@+-])@(?=\w)")
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
ENDING = re.compile(r"['’-]")  # before what is hung on a name: "@Ben-nek", "@Ben's"


@dataclass(frozen=True, slots=True)
class Span:
    """Where a text names somebody: from the @ to the end of the name."""

    start: int
    end: int
    user: User


def fold(text: str) -> str:
    """Without case and accents, for comparing names as people type them."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def agents() -> list[User]:
    """Everybody who works here, by name: whom a note may name."""
    found = User.objects.filter(is_active=True).filter(
        Q(roles__contains=[Role.AGENT]) | Q(roles__contains=[Role.ADMIN])
    )
    return list(found.order_by("name")[:MOST_COLLEAGUES])


def find_mentions(text: str, people: Sequence[User], addresses: dict[str, User] | None = None) -> list[Span]:
    """Whom the text names, in its order. The longest name wins; what fits several people names nobody."""
    names = _Names(people)
    spans: list[Span] = []
    for at in AT.finditer(text):
        mail = EMAIL.match(text, at.end())
        owner = (addresses or {}).get(mail.group().lower().rstrip(".")) if mail else None
        if mail is not None and owner is not None:
            spans.append(Span(at.start(), mail.end(), owner))
        elif found := names.longest_at(text, at.end()):
            spans.append(Span(at.start(), found[1], found[0]))
        if len(spans) >= MOST_MENTIONS:
            break
    return spans


class _Names:
    """The names of some people, each also from its second, third ... word on: "Szalai Ben" is "Ben" as well."""

    def __init__(self, people: Sequence[User]) -> None:
        self.full: dict[str, set[User]] = {}
        self.parts: dict[str, set[User]] = {}
        for user in people:
            words = [fold(word) for word in WORD.findall(user.name)]
            for first in range(len(words)):
                name = " ".join(words[first:])
                self.parts.setdefault(name, set()).add(user)
                if first == 0:
                    self.full.setdefault(name, set()).add(user)

    def longest_at(self, text: str, start: int) -> tuple[User, int] | None:
        """Who is named from here on, and where the name ends."""
        words = self._words(text, start)
        for count in range(len(words), 0, -1):
            typed = " ".join(fold(word.group()) for word in words[:count])
            user = self._only(typed)
            if user is not None:
                return user, words[count - 1].end()
        first = words[0].group() if words else ""
        stem = ENDING.split(first)[0]
        user = self._only(fold(stem)) if stem != first else None
        return (user, start + len(stem)) if user is not None else None

    def _words(self, text: str, start: int) -> list[re.Match[str]]:
        """The words that stand there in one line, with one space between each."""
        found: list[re.Match[str]] = []
        at = start
        while len(found) < LONGEST_NAME and (word := WORD.match(text, at)):
            found.append(word)
            if text[word.end() : word.end() + 1] not in (" ", "\u00a0"):
                break
            at = word.end() + 1
        return found

    def _only(self, typed: str) -> User | None:
        """The one person of this name: whole, part by part, or as the beginning of one; None for none or several."""
        if len(typed) < SHORTEST_PREFIX:
            return None
        for known in (self.full, self.parts):
            users = known.get(typed, set())
            if users:
                return next(iter(users)) if len(users) == 1 else None
        starting: set[User] = set().union(*(users for name, users in self.parts.items() if name.startswith(typed)))
        return next(iter(starting)) if len(starting) == 1 else None


# --- of a note -------------------------------------------------------------------------------------------------------


def take_mentions(event: Event, ticket: Ticket) -> list[Mention]:
    """A note was written: whom it names is kept and recorded, once each. The caller holds the ticket's lock.

    Whoever can't see the ticket is recorded as not told; his name stays a name.
    """
    message = event.message
    if message is None or "@" not in message.body:
        return []
    named: dict[int, User] = {}
    for span in find_mentions(message.body, agents(), _addresses_in(message.body)):
        if span.user.pk != event.by_id:
            named.setdefault(span.user.pk, span.user)
    if not named:
        return []
    ticket = lock_ticket(ticket)
    seeing = set(permissions.who_works_on(ticket).filter(pk__in=named).values_list("pk", flat=True))
    made = []
    for user in named.values():
        mention, created = Mention.objects.get_or_create(message=message, user=user)
        if created:
            untold = {} if user.pk in seeing else {"untold": True}
            record(ticket, Verb.MENTIONED, by=event.by, message=message, person=user.pk, **untold)
            made.append(mention)
    return made


def _addresses_in(text: str) -> dict[str, User]:
    found = {match.group().lower().rstrip(".") for at in AT.finditer(text) if (match := EMAIL.match(text, at.end()))}
    if not found:
        return {}
    rows = Address.objects.select_related("user").filter(email__in=found, user__is_active=True)
    return {row.email: row.user for row in rows if row.user.is_agent}


def attach_mentions(messages: Iterable[Message], events: Iterable[Event]) -> None:
    """Gives notes `mentioned` (whom they name) and `untold` (who of them can't see the ticket) for the templates.

    Asks the database only when the history speaks of any.
    """
    notes = {message.pk: message for message in messages}
    named = [event for event in events if event.verb == Verb.MENTIONED and event.message_id in notes]
    if not named:
        return
    people = User.objects.in_bulk({event.data["person"] for event in named})
    for event in named:
        note = notes[event.message_id or 0]
        user = people.get(event.data["person"])
        if user is not None:
            note.__dict__.setdefault("mentioned", []).append(user)
            if event.data.get("untold"):
                note.__dict__.setdefault("untold", []).append(user)


# --- while typing ----------------------------------------------------------------------------------------------------


def find_colleagues(typed: str, *, sooner: Collection[int] = (), but: User | None = None) -> list[User]:
    """Active agents whose name has a word, or whose address begins, like this; the best first.

    Among equals those come `sooner` whose ids are given; `but` is left out.
    """
    words = fold(typed).split()

    def rank(user: User) -> int | None:
        if not words:
            return 0
        name = fold(user.name)
        own = re.split(r"[\s-]+", name)
        if name.startswith(" ".join(words)):
            return 0
        if all(any(part.startswith(word) for part in own) for word in words):
            return 1
        return 2 if (user.email or "").startswith(typed.strip().lower()) else None

    everybody = [user for user in agents() if but is None or user.pk != but.pk]
    ranked = [(place, user.pk not in sooner, user) for user in everybody if (place := rank(user)) is not None]
    return [user for _place, _later, user in sorted(ranked, key=lambda row: row[:2])[:COLLEAGUES_FOUND]]
