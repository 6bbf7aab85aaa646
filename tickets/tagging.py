"""Labels on tickets: typed, found by other words too, put on and taken off."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from tickets.conditions.folding import fold, pattern_of
from tickets.errors import Refused
from tickets.history import record
from tickets.lifecycle import lock_ticket, write_changes
from tickets.models import Tag, Ticket, TicketTag, User, Verb

MOST_TAGS = 30
MOST_OFFERED = 7
MOST_LOOKED_AT = 400  # tags that hold what was typed, among which the best are chosen


@dataclass(frozen=True, slots=True)
class Offer:
    """A tag that fits what was typed; `word` is the other word for it that did, if one did."""

    tag: Tag
    word: str = ""


def tag_ticket(ticket: Ticket, what: str | Tag, *, by: User | None, **because: Any) -> Tag:
    """Puts a label on the ticket; one of that name is made if there is none (case aside), another word gives its tag.

    `because` goes into the history, such as the rule that did it.
    """
    name = clean_tag(what) if isinstance(what, str) else ""
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        while True:
            tag = find_or_add_tag(name) if name else real_tag(Tag.objects.get(pk=what.pk))  # type: ignore[union-attr]
            if TicketTag.objects.filter(ticket=ticket, tag=tag).exists():
                return tag
            if ticket.tags.count() >= MOST_TAGS:
                raise Refused(_("A ticket has at most %(count)s tags.") % {"count": MOST_TAGS}, field="tag")
            if _put(ticket, tag, by):
                break
        write_changes(ticket)
        record(ticket, Verb.TAGGED, by=by, tag=tag.pk, **because)
    return tag


def _put(ticket: Ticket, tag: Tag, by: User | None) -> bool:
    """False when the tag has just become another word for some other one: the caller asks anew which."""
    try:
        with transaction.atomic():
            TicketTag.objects.create(ticket=ticket, tag=tag, by=by)
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") != "ticket_tag_is_no_synonym":
            raise
        return False
    return True


def untag_ticket(ticket: Ticket, tag: Tag, *, by: User | None) -> Ticket:
    """Takes the label off; the history keeps that it was there."""
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        removed, _rows = TicketTag.objects.filter(ticket=ticket, tag=tag).delete()
        if removed:
            write_changes(ticket)
            record(ticket, Verb.UNTAGGED, by=by, tag=tag.pk)
    return ticket


def tag_on(ticket: Ticket, name: str) -> Tag | None:
    """The tag of this name, or of this other word, if the ticket has it."""
    tag = find_tag(name)
    return tag if tag is not None and TicketTag.objects.filter(ticket=ticket, tag=tag).exists() else None


def find_or_add_tag(name: str) -> Tag:
    """The tag of this name, case aside. Two people inventing it at once end with one."""
    found = find_tag(name)
    if found is not None:
        return found
    Tag.objects.bulk_create([Tag(name=name)], ignore_conflicts=True)
    tag = find_tag(name)
    assert tag is not None  # nobody can remove it
    return tag


def find_tag(name: str) -> Tag | None:
    """The tag that a name or another word stands for, case aside."""
    tag = named(name)
    return real_tag(tag) if tag is not None else None


def the_tag(name: str) -> Tag:
    """The same, of what was typed. Raises Refused when there is none."""
    tag = find_tag(clean_tag(name))
    if tag is None:
        raise Refused(_("There is no tag “%(name)s”.") % {"name": name.strip()}, field="into")
    return tag


def named(name: str) -> Tag | None:
    """The row of exactly this name, case aside; perhaps another word for a tag."""
    # By lower(), as the constraint does: iexact compares upper case, which is another question for some letters.
    same = Tag.objects.alias(lower_name=Lower("name")).filter(lower_name=Lower(Value(name)))
    return same.select_related("synonym_of").first()


def real_tag(tag: Tag) -> Tag:
    """The tag itself, or the one that it is another word for; never more than one step."""
    return tag.synonym_of or tag


def offer_tags(words: str, *, limit: int = MOST_OFFERED) -> list[Offer]:
    """The tags that fit what is being typed, the best first, by name or another word, without regard to accents."""
    words = fold(" ".join(words.replace("\x00", "").split()).lstrip("#"))
    rows = Tag.objects.select_related("synonym_of", "synonym_of__team", "team").filter(
        Q(is_active=True, synonym_of__isnull=True) | Q(synonym_of__is_active=True)
    )
    if words:
        rows = rows.filter(name__regex=pattern_of(words))
    best: dict[int, tuple[tuple[int, bool, str], Offer]] = {}
    for row in rows.order_by("name")[:MOST_LOOKED_AT]:
        tag = real_tag(row)
        is_word = tag is not row
        place = (_how_well(fold(row.name), words), is_word, fold(tag.name))
        if tag.pk not in best or place < best[tag.pk][0]:
            best[tag.pk] = place, Offer(tag, row.name if is_word else "")
    return [offer for _place, offer in sorted(best.values(), key=lambda one: one[0])][:limit]


def _how_well(name: str, words: str) -> int:
    if name == words:
        return 0
    if name.startswith(words):
        return 1
    return 2 if re.search(rf"\W{re.escape(words)}", name) else 3


def clean_tag(name: str) -> str:
    """Trimmed, without a leading # and commas. Raises Refused when nothing is left or it is too long."""
    name = re.sub(r"\s+", " ", name.replace("\x00", "")).strip().strip("#,").strip()
    if not name:
        raise Refused(_("Type a tag."), field="tag")
    if len(name) > 60 or "," in name:
        raise Refused(_("A tag is one label of at most 60 characters."), field="tag")
    return name
