"""The search index: rows that the database itself writes beside each ticket, message and file."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q

from tickets.models.messages import Attachment, Message
from tickets.models.tickets import Ticket

# Large, and made last when the table is filled.
WORD_INDEXES = (
    GinIndex(fields=["vector"], name="search_row_vector"),
    # What is typed is looked for by its beginning, in titles alone: among all words that would read too much.
    GinIndex(fields=["vector"], name="search_row_title", condition=Q(kind="t")),
)


class SearchRow(models.Model):
    """What can be found of one ticket, message or file. Written by triggers (migration `search`), never by Python.

    `vector` holds the words in every form in which they may be asked for, with their weight: A title and subject,
    B people, C what was said and the names of files, D notes, tags and organisations; and a few marks that no word
    can be, by which the index narrows: ~t team, ~k kind, ~y year, ~m month, ~e to ~h lots of time. Rows are
    numbered by time.
    """

    class Kind(models.TextChoices):
        TICKET = "t"
        MESSAGE = "m"
        NOTE = "n"
        FILE = "f"

    kind = models.CharField(max_length=1, choices=Kind.choices)
    # Without constraints: the triggers read the rows they name, and those are never removed.
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    message = models.ForeignKey(
        Message, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    attachment = models.ForeignKey(
        Attachment, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    at = models.DateTimeField()
    vector: Any = SearchVectorField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["ticket", "message", "attachment"], nulls_distinct=False, name="search_row_unique"
            ),
        )
        indexes = WORD_INDEXES

    def __str__(self) -> str:
        return f"{self.kind} #{self.ticket_id}"
