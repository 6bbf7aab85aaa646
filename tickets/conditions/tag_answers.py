"""The question for tags: a tag that became another word for one is still asked for, and finds that one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q

from tickets.conditions.questions import Anything, OneOf
from tickets.models import Tag, Ticket, TicketTag, User


class TagAnswers:
    """The ticket has one of the tags, or any at all."""

    def read(self, ticket: Ticket) -> frozenset[int]:
        on_it = set(TicketTag.objects.filter(ticket=ticket).values_list("tag", flat=True))
        words = Tag.objects.filter(synonym_of__in=on_it).values_list("pk", flat=True) if on_it else ()
        return frozenset(on_it.union(words))

    def q(self, test: Any, reader: User | None, now: datetime) -> Q:
        rows = TicketTag.objects.filter(ticket=OuterRef("pk"))
        if isinstance(test, Anything):
            return Q(Exists(rows))
        assert isinstance(test, OneOf)
        # Looked up beforehand: of a tag that is named by its number the planner knows how many tickets have it.
        words = Tag.objects.filter(pk__in=test.values, synonym_of__isnull=False)
        joined: dict[Any, Any] = dict(words.values_list("pk", "synonym_of"))
        return Q(Exists(rows.filter(tag__in={joined.get(value, value) for value in test.values})))

    def holds(self, fact: Any, test: Any, reader: User | None, now: datetime) -> bool:
        return bool(fact) if isinstance(test, Anything) else bool(fact & test.values)
