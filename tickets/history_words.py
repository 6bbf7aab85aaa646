"""The history in words: an event becomes a sentence in the reader's language.

Events hold ids; `tell` reads the names of all of them in a fixed number of queries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from tickets import history_groups, history_pairs
from tickets.models import (
    ArrivalRule,
    Channel,
    Event,
    Tag,
    Team,
    Ticket,
    TicketGroup,
    User,
    Verb,
)
from tickets.vocabulary import Vocabulary, read_vocabulary


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the history: who, what, when. `who` is None for the system; `origin`: the number it came from.

    `not_after`: the time of what follows it in a conversation, which may be earlier than the record.
    """

    event: Event
    who: User | None
    text: str
    origin: str = ""
    not_after: datetime | None = None

    @property
    def at(self) -> datetime:
        recorded = self.event.recorded_at
        return recorded if self.not_after is None else min(recorded, self.not_after)

    @property
    def name(self) -> str:
        return self.who.name if self.who else pgettext("who did it", "System")

    @property
    def fingerprint(self) -> str:
        """The beginning of the hash that ties the line to all before it."""
        return bytes(self.event.hash).hex()[:16]


@dataclass(slots=True)
class Names:
    """What the ids of some events stand for."""

    users: dict[int, User] = field(default_factory=dict)
    teams: dict[int, str] = field(default_factory=dict)
    statuses: dict[int, str] = field(default_factory=dict)
    priorities: dict[int, str] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    tags: dict[int, str] = field(default_factory=dict)
    tickets: dict[int, str] = field(default_factory=dict)
    groups: dict[int, str] = field(default_factory=dict)
    rules: dict[int, str] = field(default_factory=dict)

    def user(self, pk: Any) -> str:
        return self.users[pk].name if pk in self.users else pgettext("a person", "nobody")


# Which table the ids `before` and `after` of a verb point into.
_TABLES: dict[str, str] = {
    Verb.ASSIGNED: "users",
    Verb.UNASSIGNED: "users",
    Verb.RESPONSIBLE_CHANGED: "users",
    Verb.CUSTOMER_CHANGED: "users",
    Verb.MOVED: "teams",
    Verb.STATUS_CHANGED: "statuses",
    Verb.PRIORITY_CHANGED: "priorities",
    Verb.KIND_CHANGED: "kinds",
}
_KEYS = {
    "who": "users",
    "person": "users",
    "instead_of": "users",
    "tag": "tags",
    "joined": "tags",
    "other": "tickets",
    "group": "groups",
    "rule": "rules",
}


def tell(events: Iterable[Event], vocabulary: Vocabulary | None = None, *, reader: User | None = None) -> list[Line]:
    """The lines of these events, in their order. At most one query for each kind of thing they name.

    Groups are named to a `reader` who may open them, and to nobody else.
    """
    events = list(events)
    names = name_all(events, vocabulary, reader=reader)
    return [Line(event, names.users.get(event.by_id or 0), describe(event, names)) for event in events]


def name_all(events: Iterable[Event], vocabulary: Vocabulary | None = None, *, reader: User | None = None) -> Names:
    """The names behind all ids of the events."""
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for event in events:
        if event.by_id:
            wanted["users"].add(event.by_id)
        for key, value in event.data.items():
            table = _TABLES.get(event.verb, "") if key in ("before", "after") else _KEYS.get(key, "")
            if table and isinstance(value, int):
                wanted[table].add(value)
    names = Names()
    if wanted["users"]:
        names.users = User.objects.in_bulk(wanted["users"])
    if wanted["teams"]:
        names.teams = dict(Team.objects.filter(pk__in=wanted["teams"]).values_list("pk", "name"))
    if wanted["tags"]:
        names.tags = dict(Tag.objects.filter(pk__in=wanted["tags"]).values_list("pk", "name"))
    if wanted["tickets"]:
        names.tickets = dict(Ticket.objects.filter(pk__in=wanted["tickets"]).values_list("pk", "number"))
    if wanted["groups"]:
        opened = TicketGroup.objects.worked_by(reader).filter(pk__in=wanted["groups"])
        names.groups = dict(opened.values_list("pk", "title"))
    if wanted["rules"]:
        names.rules = dict(ArrivalRule.objects.filter(pk__in=wanted["rules"]).values_list("pk", "name"))
    if wanted["statuses"] or wanted["priorities"] or wanted["kinds"]:
        vocabulary = vocabulary or read_vocabulary()
        names.statuses = {status.pk: status.label for status in vocabulary.statuses}
        names.priorities = {priority.pk: priority.label for priority in vocabulary.priorities}
        names.kinds = {kind.pk: kind.label for kind in vocabulary.kinds}
    return names


def describe(event: Event, names: Names) -> str:
    """What happened, as the rest of a sentence that begins with who did it."""
    words = _WORDS.get(event.verb)
    return words(event, names) if words else str(Verb(event.verb).label)


# --- the words of each verb ----------------------------------------------------------------------------------------


def _opened(event: Event, names: Names) -> str:
    return {
        Channel.MAIL: _("opened the ticket from a mail"),
        Channel.WEB: _("opened the ticket in the portal"),
        Channel.PHONE: _("opened the ticket by phone"),
        Channel.API: _("opened the ticket over the API"),
    }.get(event.data.get("channel", ""), _("opened the ticket"))


def _received(event: Event, names: Names) -> str:
    """Told of the writer where he is known, else of the system that received it."""
    is_known = event.by_id is not None
    if event.data.get("unconfirmed"):
        return _("wrote without being known here") if is_known else _("received a message from an unknown sender")
    if event.data.get("automatic"):
        return _("sent an automatic message") if is_known else _("received an automatic message")
    return _("wrote a message") if is_known else _("received a message")


def _called(event: Event, names: Names) -> str:
    return _("recorded a call to the customer") if event.data.get("outgoing") else _("recorded a call")


def _assigned(event: Event, names: Names) -> str:
    if event.by_id is not None and event.by_id == event.data.get("after"):
        return _("took the ticket")
    if event.data.get("reason") == "owner_away":
        return _("owner: %(after)s instead of %(before)s, who is away") % {
            "before": names.user(event.data.get("before")),
            "after": names.user(event.data.get("after")),
        }
    return _("owner: %(name)s") % {"name": names.user(event.data.get("after"))}


def _unassigned(event: Event, names: Names) -> str:
    if event.data.get("reason") == "owner_away":
        return _("gave it back to the team, since %(name)s is away") % {"name": names.user(event.data.get("before"))}
    return _("took %(name)s off the ticket") % {"name": names.user(event.data.get("before"))}


def _responsible(event: Event, names: Names) -> str:
    return _("responsible: %(name)s") % {"name": names.user(event.data.get("after"))}


def _customer(event: Event, names: Names) -> str:
    return _("customer: %(before)s → %(after)s") % {
        "before": names.user(event.data.get("before")),
        "after": names.user(event.data.get("after")),
    }


def _change(table: str, wording: Callable[[], str]) -> Callable[[Event, Names], str]:
    """The words of a change from one named thing to another; the wording is translated when it is read."""

    def words(event: Event, names: Names) -> str:
        known: Mapping[int, str] = getattr(names, table)
        return wording() % {
            "before": known.get(event.data.get("before"), "–"),
            "after": known.get(event.data.get("after"), "–"),
        }

    return words


def _status(event: Event, names: Names) -> str:
    text = _change("statuses", lambda: _("status: %(before)s → %(after)s"))(event, names)
    if until := event.data.get("until"):
        text = _("%(change)s until %(time)s") % {"change": text, "time": moment_words(until)}
    reason = {
        "follow_up": _("the customer wrote again"),
        "time_up": _("its time was up"),
        "third_party": _("the third party answered"),
        "group": _("with its group"),
        "broadcast": _("with the broadcast of the group"),
    }.get(event.data.get("reason", ""))
    return f"{text} ({reason})" if reason else text


def _tagged(event: Event, names: Names) -> str:
    words = {"tag": names.tags.get(event.data.get("tag", 0), "–")}
    if "joined" in event.data:
        words["other"] = names.tags.get(event.data["joined"], "–")
        return _("joined the tag “%(other)s” into “%(tag)s”") % words
    if "rule" in event.data:
        words["rule"] = names.rules.get(event.data["rule"], "–")
        return _("added the tag “%(tag)s” by the rule “%(rule)s”") % words
    return _("added the tag “%(tag)s”") % words


def _untagged(event: Event, names: Names) -> str:
    words = {"tag": names.tags.get(event.data.get("tag", 0), "–")}
    if "joined" in event.data:
        words["other"] = names.tags.get(event.data["joined"], "–")
        return _("joined the tag “%(tag)s” into “%(other)s”, which was there already") % words
    return _("removed the tag “%(tag)s”") % words


def _promised(event: Event, names: Names) -> str:
    who, by_when = event.data.get("who"), moment_words(event.data.get("by_when"))
    before = event.data.get("instead_of")
    words = {"name": names.user(who), "before": names.user(before), "time": by_when}
    if who == event.by_id:
        if before:
            return _("promised an answer by %(time)s, instead of %(before)s") % words
        return _("promised an answer by %(time)s") % {"time": by_when}
    if before:
        return _("asked %(name)s instead of %(before)s to answer by %(time)s") % words
    return _("asked %(name)s to answer by %(time)s") % {"name": names.user(who), "time": by_when}


def _promise_time(wording: Callable[[], str]) -> Callable[[Event, Names], str]:
    return lambda event, names: (
        wording() % {"name": names.user(event.data.get("who")), "time": moment_words(event.data.get("by_when"))}
    )


def _promise_accepted(event: Event, names: Names) -> str:
    """Plainly, or by agreeing to the time that was proposed."""
    if not event.data.get("by_when"):
        return _("accepted the promise")
    words = {"name": names.user(event.data.get("who")), "time": moment_words(event.data.get("by_when"))}
    return _("agreed that %(name)s answers by %(time)s") % words


def _promise_withdrawn(event: Event, names: Names) -> str:
    who = event.data.get("who")
    if not who or who == event.by_id:
        return _("withdrew the promise")
    return _("withdrew the promise of %(name)s") % {"name": names.user(who)}


def _mentioned(event: Event, names: Names) -> str:
    words = {"name": names.user(event.data.get("person"))}
    if event.data.get("untold"):
        return _("mentioned %(name)s, who can't see the ticket and was not told") % words
    return _("mentioned %(name)s") % words


def _promise_kept(event: Event, names: Names) -> str:
    late = event.data.get("late_seconds", 0)
    if late >= 60:
        minutes = late // 60
        return ngettext(
            "kept the promise, %(minutes)s minute late", "kept the promise, %(minutes)s minutes late", minutes
        ) % {"minutes": minutes}
    return _("kept the promise")


def _participant(wording: Callable[[], str]) -> Callable[[Event, Names], str]:
    return lambda event, names: wording() % {"name": names.user(event.data.get("person"))}


def _pair(wording: Callable[[Event, str], str]) -> Callable[[Event, Names], str]:
    """Of two tickets: the other one by its number."""
    return lambda event, names: wording(event, names.tickets.get(event.data.get("other", 0), "–"))


def _merged(event: Event, names: Names) -> str:
    """On the ticket that goes on, with the promise that came along."""
    number = names.tickets.get(event.data.get("other", 0), "–")
    if not event.data.get("inverse") or event.data.get("who") is None:
        return history_pairs.merged(event, number)
    words = {"name": names.user(event.data["who"]), "time": moment_words(event.data.get("by_when")), "number": number}
    return _("merged %(number)s into it, with the promise of %(name)s by %(time)s") % words


def _group(wording: Callable[[Event, str | None], str]) -> Callable[[Event, Names], str]:
    """With the group's title for whoever may open it."""
    return lambda event, names: wording(event, names.groups.get(event.data.get("group", 0)))


def moment_words(text: Any) -> str:
    """A stored time in the reader's zone and language, today's without the date."""
    moment = parse_datetime(text) if isinstance(text, str) else None
    if moment is None:
        return "–"
    local = timezone.localtime(moment)
    if local.date() == timezone.localdate():
        return f"{local:%H:%M}"
    return f"{date_format(local, 'SHORT_DATE_FORMAT')} {local:%H:%M}"


def _plain(wording: Callable[[], str]) -> Callable[[Event, Names], str]:
    return lambda event, names: wording()


_WORDS: dict[str, Callable[[Event, Names], str]] = {
    Verb.OPENED: _opened,
    Verb.MESSAGE_RECEIVED: _received,
    Verb.REPLIED: lambda event, names: history_groups.replied(event),
    Verb.NOTED: _plain(lambda: _("wrote an internal note")),
    Verb.CALL_RECORDED: _called,
    Verb.AUTO_REPLIED: _plain(lambda: _("sent an automatic reply")),
    Verb.AUTO_REPLY_HELD: _plain(lambda: _("held back the automatic reply")),
    Verb.MESSAGE_ACCEPTED: _plain(lambda: _("accepted the unknown sender's message")),
    Verb.MAIL_SENT: _plain(lambda: _("handed the mail to the mail server")),
    Verb.MAIL_FAILED: _plain(lambda: _("could not send the mail")),
    Verb.MAIL_BOUNCED: _plain(lambda: _("got the mail back as undeliverable")),
    Verb.MAIL_RESENT: _plain(lambda: _("queued the mail again")),
    Verb.MAIL_REPEATED: _plain(lambda: _("got the same mail at another of our addresses")),
    Verb.FORWARDED: _plain(lambda: _("forwarded it to somebody outside")),
    Verb.REDIRECTED: _plain(lambda: _("redirected the mail, as it came, to another address")),
    Verb.SPLIT: _pair(history_pairs.split),
    Verb.ASSIGNED: _assigned,
    Verb.UNASSIGNED: _unassigned,
    Verb.RESPONSIBLE_CHANGED: _responsible,
    Verb.MOVED: _change("teams", lambda: _("team: %(before)s → %(after)s")),
    Verb.STATUS_CHANGED: _status,
    Verb.PRIORITY_CHANGED: _change("priorities", lambda: _("priority: %(before)s → %(after)s")),
    Verb.KIND_CHANGED: _change("kinds", lambda: _("kind: %(before)s → %(after)s")),
    Verb.TITLE_CHANGED: _plain(lambda: _("changed the title")),
    Verb.CUSTOMER_CHANGED: _customer,
    Verb.TAGGED: _tagged,
    Verb.UNTAGGED: _untagged,
    Verb.PROMISED: _promised,
    Verb.PROMISE_ACCEPTED: _promise_accepted,
    Verb.PROMISE_PROPOSED: _promise_time(lambda: _("proposed to answer by %(time)s instead")),
    Verb.PROMISE_DECLINED: _plain(lambda: _("declined the promise")),
    Verb.PROMISE_KEPT: _promise_kept,
    Verb.PROMISE_WITHDRAWN: _promise_withdrawn,
    Verb.PROMISE_DUE: _promise_time(lambda: _("reminded %(name)s of the answer promised by %(time)s")),
    Verb.PROMISE_LATE: _promise_time(lambda: _("noticed that the answer of %(name)s, promised by %(time)s, is late")),
    Verb.REMINDED: _plain(lambda: _("pending time is up")),
    Verb.PARTICIPANT_ADDED: _participant(lambda: _("added %(name)s as a participant")),
    Verb.PARTICIPANT_REMOVED: _participant(lambda: _("removed %(name)s from the participants")),
    Verb.WATCHED: _plain(lambda: _("follows the ticket")),
    Verb.UNWATCHED: _plain(lambda: _("no longer follows the ticket")),
    Verb.MENTIONED: _mentioned,
    Verb.LINKED: _pair(history_pairs.linked),
    Verb.UNLINKED: _pair(history_pairs.unlinked),
    Verb.MERGED: _merged,
    Verb.UNMERGED: _pair(history_pairs.unmerged),
    Verb.JOINED_GROUP: _group(history_groups.joined),
    Verb.LEFT_GROUP: _group(history_groups.left),
    Verb.TOLD: _pair(history_groups.told),
    Verb.GROUP_CLOSED: _group(history_groups.closed),
    Verb.ERASURE_ASKED: _plain(lambda: _("asked for the erasure of a message")),
    Verb.ERASED: _plain(lambda: _("approved the erasure; the content is gone, the history stays")),
}
