"""Two tags for one problem become one: the first stays as another word for the second, its tickets move over.

The rows of the tickets are the work itself: what has a tag that is another word is still to be moved. So a crash in
between loses nothing, and whoever tags meanwhile is either seen by the drain or gets the second tag at once.
"""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets.configuration import Act, record_change, save_setting, snapshot
from tickets.errors import Refused
from tickets.groups import follow_joined_tag
from tickets.history import record
from tickets.models import Tag, Ticket, TicketTag, User, Verb
from tickets.tagging import clean_tag, named
from tickets.waking import MOVE_JOINED_TAGS, wake

MOST_AT_ONCE = 200  # tickets moved in the request itself; more wait for a worker


def join_tag(tag: Tag, *, into: Tag, by: User | None) -> Tag:
    """Everything tagged with the first is tagged with the second from now on. Returns the second.

    Its groups follow at once, its tickets in transactions of their own; each has a line in its history. Raises
    Refused when one of the two is another word itself, or the second is no longer offered.
    """
    with transaction.atomic():
        if tag.pk == into.pk:
            raise Refused(_("A tag can't be joined into itself."), field="into")
        tag, into = _lock_both(tag, into)
        if tag.synonym_of_id is not None:
            raise Refused(_("“%(tag)s” is another word for a tag already.") % {"tag": tag}, field="into")
        if into.synonym_of_id is not None or not into.is_active:
            raise Refused(_("“%(tag)s” is not offered: choose a tag that is.") % {"tag": into}, field="into")
        _make_word(tag, into, by=by)
        for word in Tag.objects.select_for_update(no_key=True, of=("self",)).filter(synonym_of=tag).order_by("pk"):
            _make_word(word, into, by=by)
        follow_joined_tag(tag, into=into, by=by)
        wake(MOVE_JOINED_TAGS)
    move_joined_tags(limit=MOST_AT_ONCE)
    return into


def add_word(tag: Tag, name: str, *, by: User | None) -> Tag:
    """Another word for the tag. Raises Refused when it is a tag of its own, or another word for another one."""
    name = clean_tag(name)
    with transaction.atomic():
        tag = _lock(tag)
        if tag.synonym_of_id is not None:
            raise Refused(_("“%(tag)s” is another word for a tag already.") % {"tag": tag}, field="synonyms")
        row = named(name)
        if row is None:
            word = Tag(name=name, synonym_of=tag, is_active=False)
            return save_setting(word, before={}, by=by)
        row = _lock(row)
        if row.synonym_of_id == tag.pk:
            return row
        if row.synonym_of is not None:
            said = _("“%(word)s” is another word for “%(tag)s” already.") % {"word": row, "tag": row.synonym_of}
            raise Refused(said, field="synonyms")
        if row.is_active or row.pk == tag.pk or TicketTag.objects.filter(tag=row).exists():
            raise Refused(_("“%(word)s” is a tag of its own: join it into this one.") % {"word": row}, field="synonyms")
        _make_word(row, tag, by=by)
    return row


def remove_word(word: Tag, *, by: User | None) -> Tag:
    """No longer another word: a tag of its own that is not offered. The tickets that moved stay where they are."""
    with transaction.atomic():
        word = _lock(word)
        if word.synonym_of_id is None:
            return word
        if TicketTag.objects.filter(tag=word).exists():
            raise Refused(
                _("Tickets are still being moved from “%(word)s”; try again in a minute.") % {"word": word},
                field="synonyms",
            )
        before = snapshot(word)
        word.synonym_of, word.joined_at, word.joined_by, word.is_active = None, None, None, False
        word.save(update_fields=["synonym_of", "joined_at", "joined_by", "is_active"])
        record_change(word, act=Act.CHANGED, before=before, after=snapshot(word), by=by)
    return word


def move_joined_tags(limit: int = 1000) -> int:
    """Moves tickets from tags that became other words, one transaction each. Returns how many; may run twice."""
    waiting = TicketTag.objects.filter(tag__synonym_of__isnull=False).order_by("pk")
    ids = list(dict.fromkeys(waiting.values_list("ticket_id", flat=True)[:limit]))
    moved = sum(_move(ticket_id) for ticket_id in ids)
    if len(ids) >= limit:
        wake(MOVE_JOINED_TAGS)
    return moved


def words_of(tag: Tag) -> list[tuple[str, bool]]:
    """The other words for the tag, each with whether tickets have yet to follow from it."""
    left = Exists(TicketTag.objects.filter(tag=OuterRef("pk")))
    return list(tag.synonyms.annotate(is_waited_for=left).order_by("name").values_list("name", "is_waited_for"))


def waiting_to_move(tag: Tag) -> int:
    """How many tickets have yet to follow to this tag, at most a thousand are counted."""
    return TicketTag.objects.filter(tag__synonym_of=tag)[:1000].count()


def _move(ticket_id: int) -> bool:
    """One ticket, unless somebody works on it this moment: then the next sweep takes it."""
    with transaction.atomic():
        ticket = Ticket.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=ticket_id).first()
        if ticket is None:
            return False
        rows = TicketTag.objects.filter(ticket=ticket, tag__synonym_of__isnull=False).select_related("tag")
        for row in rows.order_by("pk"):
            old, new = row.tag, row.tag.synonym_of_id
            has_both = TicketTag.objects.filter(ticket=ticket, tag=new).exists()
            if has_both:
                row.delete()
                record(ticket, Verb.UNTAGGED, by=old.joined_by, tag=old.pk, joined=new)
            else:
                TicketTag.objects.filter(pk=row.pk).update(tag=new)  # by whom and when it was put on stays
                record(ticket, Verb.TAGGED, by=old.joined_by, tag=new, joined=old.pk)
    return True


def _make_word(word: Tag, tag: Tag, *, by: User | None) -> None:
    before = snapshot(word)
    word.synonym_of, word.joined_at, word.joined_by, word.is_active = tag, timezone.now(), by, False
    word.save(update_fields=["synonym_of", "joined_at", "joined_by", "is_active"])
    record_change(word, act=Act.CHANGED, before=before, after=snapshot(word), by=by)


def _lock(tag: Tag) -> Tag:
    """The fresh row, locked until the transaction ends: nobody puts it on a ticket meanwhile."""
    Tag.objects.select_for_update(no_key=True).values_list("pk").get(pk=tag.pk)
    return Tag.objects.select_related("synonym_of", "team").get(pk=tag.pk)


def _lock_both(tag: Tag, into: Tag) -> tuple[Tag, Tag]:
    """In one order. The second is only held as it is, so that whoever tags with both at once waits for nobody."""
    for each in sorted((tag, into), key=lambda one: one.pk):
        if each.pk == tag.pk:
            _lock(each)
        else:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM tickets_tag WHERE id = %s FOR SHARE", [each.pk])
    rows = Tag.objects.select_related("synonym_of", "team").in_bulk([tag.pk, into.pk])
    return rows[tag.pk], rows[into.pk]
