"""What a timeline runs over: one ticket, or one with all that were merged into it; which of their events are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Q
from django.db.models.expressions import CombinedExpression, OrderBy
from django.db.models.query import QuerySet

from tickets import merging
from tickets.models import Event, Ticket, User, Verb

MESSAGES_SHOWN = 30  # the latest, when the page opens
MESSAGES_AROUND = 12  # on either side of a wanted one
EVENTS_READ = 400  # at most at a time, however few of them are messages
EVENTS_AT_FIRST = 60  # of the beginning

# The event that brought a message is the message itself; that a mail went out, or whom it names, is said there.
BIRTHS = (
    Verb.MESSAGE_RECEIVED,
    Verb.REPLIED,
    Verb.NOTED,
    Verb.CALL_RECORDED,
    Verb.AUTO_REPLIED,
    Verb.FORWARDED,
    Verb.REDIRECTED,
)
IS_BIRTH = Q(verb__in=BIRTHS, message__isnull=False)


def is_birth(event: Event) -> bool:
    return event.message_id is not None and event.verb in BIRTHS


def span_of(ticket: Ticket, reader: User) -> Span:
    """The ticket with those merged into it that the reader works on."""
    if not merging.may_be_led_to(ticket):
        return Span(ticket, reader=reader)
    return Span(ticket, tuple(merging.tickets_leading_to(ticket).worked_by(reader).order_by("pk")), reader)


@dataclass(frozen=True, slots=True)
class Span:
    """Several tickets read as one conversation.

    The place of an event is its number in the ticket's history; over several tickets, where each counts for itself,
    it is the event's id. Both grow with time.
    """

    ticket: Ticket
    merged: Sequence[Ticket] = ()
    reader: User | None = None  # to whom groups are named
    has_files: bool = True  # False: no message of it has any, so none are looked for

    @property
    def key(self) -> str:
        """Names the tickets merged into it; a page that was made with others has to be read again."""
        return "-".join(str(each.pk) for each in self.merged)

    @property
    def ids(self) -> list[int]:
        return [self.ticket.pk, *(each.pk for each in self.merged)]

    def place_of(self, event: Event) -> int:
        return event.pk if self.merged else event.seq

    def origin_of(self, ticket_id: int) -> str:
        """The number that a line or message came from, if it is another one's."""
        return next((each.number for each in self.merged if each.pk == ticket_id), "")

    def events(self, low: int = 0, high: int | None = None) -> QuerySet[Event]:
        """Those between two places; both bounds are outside."""
        place = "pk" if self.merged else "seq"
        events = Event.objects.filter(ticket__in=self.ids) if self.merged else Event.objects.filter(ticket=self.ticket)
        events = events.filter(**{f"{place}__gt": low})
        return events if high is None else events.filter(**{f"{place}__lt": high})

    def forwards(self) -> OrderBy:
        return self._order().asc()

    def backwards(self) -> OrderBy:
        return self._order().desc()

    def _order(self) -> CombinedExpression | F:
        # A sum, so that the database reads these tickets' events and sorts them, rather than walking all events by id.
        return F("pk") + 0 if self.merged else F("seq")

    def place_of_message(self, message: int) -> int:
        """Where a message stands in the history; 0 when it is not here."""
        birth = self.events().filter(IS_BIRTH, message=message).order_by(self.forwards()).first()
        return self.place_of(birth) if birth is not None else 0

    # --- runs of events ---

    def runs(self, place: int) -> list[list[Event]]:
        """The beginning of the history, what is around the wanted place, and the end, each a run of events."""
        tail = self.back(0, None, MESSAGES_SHOWN)
        if not tail:
            return []
        if tail[0].seq == 1 and not self.merged:
            return [tail]
        first = self.place_of(tail[0])
        head = self.forth(0, first, 1, events=EVENTS_AT_FIRST)
        if not head:
            return [tail]
        runs = [head, tail]
        low = self.place_of(head[-1])
        if low < place < first:
            runs.insert(1, self.around(place, low, first))
        return runs

    def around(self, place: int, low: int, high: int) -> list[Event]:
        before = self.back(low, place, MESSAGES_AROUND)
        return [*before, *self.forth(place - 1, high, MESSAGES_AROUND)]

    def back(self, low: int, high: int | None, most: int) -> list[Event]:
        """What comes before `high`, from a message on, with at most that many messages."""
        run: list[Event] = []
        for event in self.events(low, high).order_by(self.backwards())[:EVENTS_READ]:
            run.append(event)
            most -= is_birth(event)
            if not most:
                break
        return run[::-1]

    def forth(self, low: int, high: int, most: int, *, events: int = EVENTS_READ) -> list[Event]:
        """What comes after `low`, up to the message after that many."""
        run: list[Event] = []
        for event in self.events(low, high).order_by(self.forwards())[:events]:
            most -= is_birth(event)
            if most < 0:
                break
            run.append(event)
        return run

    def count_between(self, low: int, high: int) -> tuple[int, int]:
        """How many messages and how many other events are between two places."""
        if high - low <= 1:
            return 0, 0
        counts = self.events(low, high).aggregate(messages=Count("pk", filter=IS_BIRTH), all=Count("pk"))
        return counts["messages"], counts["all"] - counts["messages"]
