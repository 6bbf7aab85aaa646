"""Yes or no: fields whose answer takes more than one column, or the reader, or the time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q

from tickets.models import Promise, SeenMark, Ticket, User

NEVER = Q(pk__in=[])


class UnreadAnswers:
    """The customer wrote since the reader last looked, or the reader has never looked at the open ticket."""

    def read(self, ticket: Ticket) -> tuple[bool, datetime | None, dict[int, datetime]]:
        seen = dict(SeenMark.objects.filter(ticket=ticket).values_list("user_id", "seen_at"))
        return ticket.is_open, ticket.customer_wrote_at, seen

    def q(self, test: object, reader: User | None, now: datetime) -> Q:
        if reader is None:
            return NEVER
        marks = SeenMark.objects.filter(user=reader, ticket=OuterRef("pk"))
        wrote_since = Exists(marks.filter(seen_at__lt=OuterRef("customer_wrote_at")))
        return (Q(closed_at__isnull=True) & ~Q(Exists(marks))) | Q(wrote_since)

    def holds(self, fact: Any, test: object, reader: User | None, now: datetime) -> bool:
        if reader is None:
            return False
        is_open, wrote_at, seen = fact
        if reader.pk not in seen:
            return bool(is_open)
        return wrote_at is not None and wrote_at > seen[reader.pk]


class AwaitsAnswers:
    """As `Ticket.awaits_answer`: the customer wrote after our last answer."""

    def q(self, test: object, reader: User | None, now: datetime) -> Q:
        unanswered = Q(answered_at__isnull=True) | Q(answered_at__lt=F("customer_wrote_at"))
        return Q(closed_at__isnull=True, customer_wrote_at__isnull=False) & unanswered

    def holds(self, fact: Any, test: object, reader: User | None, now: datetime) -> bool:
        return bool(fact)


class OpenAnswers:
    def q(self, test: object, reader: User | None, now: datetime) -> Q:
        return Q(closed_at__isnull=True)

    def holds(self, fact: Any, test: object, reader: User | None, now: datetime) -> bool:
        return bool(fact)


class LateAnswers:
    """The time by which an answer was promised is over."""

    def q(self, test: object, reader: User | None, now: datetime) -> Q:
        return Q(Exists(Promise.objects.open().filter(ticket=OuterRef("pk"), by_when__lt=now)))

    def holds(self, fact: Any, test: object, reader: User | None, now: datetime) -> bool:
        return fact is not None and fact < now
