"""A ticket's timeline: its messages in the order of the history, with runs of other events folded between them.

Of a long one only the beginning and the end are read, and what is around a wanted place; a `Gap` stands for the rest
and is read by keyset, from its upper or its lower edge.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise

from django.db.models import Prefetch

from tickets import mentions
from tickets.history_words import Line, tell
from tickets.models import Attachment, Channel, Erasure, Event, Message, OutboundMail, Ticket, User, Verb
from tickets.vocabulary import Vocabulary
from tickets.web.entries import MessageEntry, Report, make_entry
from tickets.web.span import BIRTHS, EVENTS_READ, Span, is_birth

MESSAGES_MORE = 40  # at each press of "show more"
MOST_NEW = 1000

SAID_ELSEWHERE = (Verb.MAIL_SENT, Verb.MENTIONED)


@dataclass(slots=True)
class Changes:
    """A run of events between two messages, folded into one line."""

    lines: list[Line] = field(default_factory=list)
    is_message: bool = False
    is_gap: bool = False

    @property
    def first_at(self) -> datetime:
        return self.lines[0].at

    @property
    def last_at(self) -> datetime:
        return self.lines[-1].at

    @property
    def spans_days(self) -> bool:
        return self.first_at.date() != self.last_at.date()

    @property
    def spans_minutes(self) -> bool:
        return self.first_at.replace(second=0, microsecond=0) != self.last_at.replace(second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Gap:
    """What is not shown between two places of the history; both bounds are outside of it."""

    low: int
    high: int
    messages: int
    changes: int
    is_message: bool = False
    is_gap: bool = True
    span: str = ""

    @property
    def following(self) -> int:
        return min(self.messages, MESSAGES_MORE)


Entry = MessageEntry | Changes | Gap


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the page shows of the history. `last_seq`: the place of its newest event; `open_at`: where the page opens.

    `span` names the tickets merged into it: with others, places mean something else.
    """

    entries: list[Entry]
    last_seq: int
    open_at: int = 0
    first_new: int = 0
    new_count: int = 0
    span: str = ""


def read_timeline(
    ticket: Ticket | Span,
    *,
    reader: User | None = None,
    seen_at: datetime | None = None,
    message: int = 0,
    at: int = 0,
    everything: bool = False,
    vocabulary: Vocabulary | None = None,
) -> Timeline:
    """The beginning, the end, and what is around `message` (its id), the place `at`, or what is new since `seen_at`.

    A fixed number of queries, however long the conversation is.
    """
    span = _span(ticket, reader)
    new = _new_messages(span, reader, seen_at)
    if everything:
        runs = [list(span.events().order_by(span.forwards()))]
    else:
        wanted_at = (span.place_of_message(message) if message else at) or (span.place_of_message(new[0]) if new else 0)
        runs = span.runs(wanted_at)
    entries = _with_gaps(span, runs, new=frozenset(new), vocabulary=vocabulary, is_whole=everything)
    messages = [entry for entry in entries if isinstance(entry, MessageEntry)]
    first_new = next((each.seq for each in messages if each.is_new), 0)
    wanted = next((each.seq for each in messages if each.message.pk == message or (at and each.seq >= at)), 0)
    return Timeline(
        _message_first(entries),
        last_seq=span.place_of(runs[-1][-1]) if runs else 0,
        open_at=wanted or first_new or (messages[-1].seq if messages else 0),
        first_new=first_new,
        new_count=len(new),
        span=span.key,
    )


def read_tail(ticket: Ticket | Span, *, after: int, reader: User | None = None) -> Timeline:
    """What came after a place: the page appends it."""
    span = _span(ticket, reader)
    events = list(span.events(after).order_by(span.forwards())[:EVENTS_READ])
    last = span.place_of(events[-1]) if events else after
    return Timeline(_entries(span, events), last_seq=last, span=span.key)


def read_gap(ticket: Ticket | Span, *, low: int, high: int, from_above: bool) -> list[Entry]:
    """More of what a gap stands for, from its upper or its lower edge, and a gap for what is left."""
    span = _span(ticket)
    if from_above:
        run = span.forth(low, high, MESSAGES_MORE)
        left = (span.place_of(run[-1]) if run else high, high)
    else:
        run = span.back(low, high, MESSAGES_MORE)
        left = (low, span.place_of(run[0]) if run else low)
    gap = _gap(span, *left)
    entries = _entries(span, run)
    if gap is None:
        return entries
    return [*entries, gap] if from_above else [gap, *entries]


def read_around(ticket: Ticket | Span, *, low: int, high: int, message: int) -> list[Entry]:
    """A gap with the part around one message of it; empty when the message is not in it."""
    span = _span(ticket)
    place = span.place_of_message(message)
    if not low < place < high:
        return []
    runs = [span.around(place, low, high)]
    return _with_gaps(span, runs, low=low, high=high)


def read_entry(message: Message) -> MessageEntry | None:
    """One message as the timeline shows it."""
    event = Event.objects.filter(message=message, verb__in=BIRTHS).order_by("seq").first()
    if event is None:
        return None
    found = _messages_of([event])
    return make_entry(found[message.pk], event)


def _span(ticket: Ticket | Span, reader: User | None = None) -> Span:
    return ticket if isinstance(ticket, Span) else Span(ticket, reader=reader)


def _new_messages(span: Span, reader: User | None, seen_at: datetime | None) -> list[int]:
    """The messages that others wrote since the reader was here, oldest first."""
    if seen_at is None:
        return []
    new = Message.objects.filter(ticket__in=span.ids, created_at__gt=seen_at).exclude(channel=Channel.SYSTEM)
    if reader is not None:
        new = new.exclude(author=reader)
    return list(new.order_by("created_at", "id").values_list("pk", flat=True)[:MOST_NEW])


# --- events as entries -----------------------------------------------------------------------------------------------


def _gap(span: Span, low: int, high: int) -> Gap | None:
    """What is between two places; None when there is nothing."""
    messages, changes = span.count_between(low, high)
    return Gap(low, high, messages, changes, span=span.key) if messages or changes else None


def _with_gaps(
    span: Span,
    runs: list[list[Event]],
    *,
    low: int = 0,
    high: int | None = None,
    new: Collection[int] = (),
    vocabulary: Vocabulary | None = None,
    is_whole: bool = False,
) -> list[Entry]:
    """The runs with what is left out between them, and towards the bounds."""
    events = [event for run in runs for event in run]
    breaks = {run[0].pk for run in runs if run}
    known = _entries(span, events, new=new, vocabulary=vocabulary, breaks=breaks, is_whole=is_whole)
    edges = [(low, span.place_of(runs[0][0]))] if runs else []
    edges += [(span.place_of(one[-1]), span.place_of(other[0])) for one, other in pairwise(runs)]
    if high is not None and runs:
        edges.append((span.place_of(runs[-1][-1]), high))
    gaps = [gap for edge in edges if (gap := _gap(span, *edge)) is not None]
    for gap in gaps:
        place = next((index for index, entry in enumerate(known) if _first_place(span, entry) >= gap.high), len(known))
        known.insert(place, gap)
    return known


def _first_place(span: Span, entry: Entry) -> int:
    if isinstance(entry, MessageEntry):
        return entry.seq
    return span.place_of(entry.lines[0].event) if isinstance(entry, Changes) else entry.low + 1


def _entries(
    span: Span,
    events: list[Event],
    *,
    new: Collection[int] = (),
    vocabulary: Vocabulary | None = None,
    breaks: Collection[int] = (),
    is_whole: bool = False,
) -> list[Entry]:
    """Messages, and the runs of other events between them; a run ends where a gap begins.

    Unless it is to be whole, what a report says itself is not told again.
    """
    messages, erasures = _messages_of(events, has_files=span.has_files), _erasures_of(events)
    mentions.attach_mentions(messages.values(), events)
    reports = _reports_of(events)
    lines = {
        line.event.pk: line
        for line in tell((event for event in events if not is_birth(event)), vocabulary, reader=span.reader)
    }
    entries: list[Entry] = []
    for event in events:
        origin = span.origin_of(event.ticket_id)
        if is_birth(event) and event.message_id in messages:
            message = messages[event.message_id]
            entry = make_entry(
                message,
                event,
                is_new=message.pk in new,
                erasure=erasures.get(message.pk),
                report=reports.get((event.ticket_id, event.seq)),
            )
            entry.seq, entry.origin = span.place_of(event), origin
            entries.append(entry)
        elif event.pk in lines and (is_whole or not _is_said_elsewhere(event, origin, reports)):
            if not entries or not isinstance(entries[-1], Changes) or event.pk in breaks:
                entries.append(Changes())
            last = entries[-1]
            assert isinstance(last, Changes)
            last.lines.append(replace(lines[event.pk], origin=origin))
    _in_order(entries)
    return entries


def _in_order(entries: list[Entry]) -> None:
    """What stands before a message did not happen after it, even if it was recorded later (a house that was filled from
    elsewhere). The whole history says when it was recorded."""
    latest: datetime | None = None
    for entry in reversed(entries):
        if isinstance(entry, MessageEntry):
            latest = entry.message.created_at
        elif isinstance(entry, Changes) and latest is not None:
            entry.lines = [replace(line, not_after=latest) for line in entry.lines]


def _is_said_elsewhere(event: Event, origin: str, reports: Mapping[tuple[int, int], Report]) -> bool:
    """By the message that it belongs to, by the report before it, or by the ticket that goes on after a merge."""
    if event.verb == Verb.MERGED and origin and not event.data.get("inverse"):
        return True
    return event.verb in SAID_ELSEWHERE or (event.ticket_id, event.seq - 1) in reports


def _messages_of(events: Iterable[Event], *, has_files: bool = True) -> dict[int, Message]:
    ids = [event.message_id for event in events if event.message_id is not None and is_birth(event)]
    if not ids:
        return {}
    messages = Message.objects.filter(pk__in=ids).select_related(
        "ticket", "author", "acceptance", "outbound", "erasure"
    )
    if has_files:
        messages = messages.prefetch_related(Prefetch("attachments", Attachment.objects.select_related("blob")))
    found = {message.pk: message for message in messages}
    if not has_files:
        for message in found.values():
            message.__dict__["_prefetched_objects_cache"] = {"attachments": Attachment.objects.none()}
    return found


def _erasures_of(events: Iterable[Event]) -> dict[int, Erasure]:
    """The erasures asked for, by message; asks the database only when the history speaks of any."""
    ids = [event.message_id for event in events if event.verb == Verb.ERASURE_ASKED]
    if not ids:
        return {}
    erasures = Erasure.objects.filter(message__in=ids).select_related("asked_by")
    return {erasure.message_id: erasure for erasure in erasures}


def _reports_of(events: list[Event]) -> dict[tuple[int, int], Report]:
    """The reports of mail systems, by the event that brought them: the ticket's next one says which mail came back."""
    known = {(event.ticket_id, event.seq): event for event in events}
    found = {
        (event.ticket_id, event.seq - 1): event
        for event in events
        if event.verb == Verb.MAIL_BOUNCED
        and (before := known.get((event.ticket_id, event.seq - 1))) is not None
        and is_birth(before)
    }
    if not found:
        return {}
    mails = OutboundMail.objects.in_bulk([event.data.get("mail", 0) for event in found.values()])
    return {
        place: Report(mails[event.data["mail"]], str(event.data.get("status", "")), bool(event.data.get("permanent")))
        for place, event in found.items()
        if event.data.get("mail") in mails
    }


def _message_first(entries: list[Entry]) -> list[Entry]:
    """A conversation begins with what was said: what the system did when it opened comes after it."""
    if len(entries) < 2 or not isinstance(entries[0], Changes) or not isinstance(entries[1], MessageEntry):
        return entries
    opening, message, rest = entries[0], entries[1], entries[2:]
    if rest and isinstance(rest[0], Changes):
        opening.lines += rest[0].lines
        rest = rest[1:]
    return [message, opening, *rest]
