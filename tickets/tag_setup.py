"""Set-up of tags: names and other words, colours, who looks after them, and what is answered to all they stand for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext as _

from tickets.answer_texts import clean_texts
from tickets.configuration import save_setting, snapshot
from tickets.errors import Refused
from tickets.models import AnswerTemplate, Tag, Team, User
from tickets.tag_joining import add_word, remove_word
from tickets.tagging import clean_tag

MOST_COUNTED = 1000  # of a tag's tickets, closed ones too
COUNTS = """
SELECT tag.id,
       (SELECT count(*) FROM tickets_tickettag o WHERE o.tag_id = tag.id AND o.is_open),
       (SELECT count(*) FROM (SELECT 1 FROM tickets_tickettag a WHERE a.tag_id = tag.id LIMIT %s) counted)
FROM unnest(%s::bigint[]) AS tag(id)"""


@dataclass(frozen=True, slots=True)
class TagCount:
    """On how many tickets a tag is; `all` stops at MOST_COUNTED."""

    open: int = 0
    all: int = 0

    @property
    def all_said(self) -> str:
        """All as people read it: "999+" where counting stopped."""
        return f"{MOST_COUNTED - 1}+" if self.all >= MOST_COUNTED else str(self.all)


def add_tag(
    *,
    name: str,
    description: str = "",
    colour: int | None = None,
    team: Team | None = None,
    owner: User | None = None,
    synonyms: Sequence[str] = (),
    answer_template: AnswerTemplate | None = None,
    answer: Mapping[str, str] | None = None,
    by: User | None = None,
) -> Tag:
    """A tag before anybody types it. Raises Refused when the name is taken, case aside."""
    tag = Tag(name=clean_tag(name), description=description.strip(), colour=colour, team=team)
    _set_care(tag, owner, answer_template, answer or {})
    with transaction.atomic():
        tag = save_setting(tag, before={}, by=by)
        for word in synonyms:
            add_word(tag, word, by=by)
    return tag


def change_tag(
    tag: Tag,
    *,
    name: str,
    description: str,
    colour: int | None,
    team: Team | None,
    owner: User | None,
    synonyms: Sequence[str],
    answer_template: AnswerTemplate | None,
    answer: Mapping[str, str],
    is_active: bool,
    by: User | None = None,
) -> Tag:
    """A new name is on all its tickets at once; their histories name the tag by its id, so nothing is rewritten.

    `synonyms` are all its other words: what is missing is one no longer.
    """
    with transaction.atomic():
        tag = Tag.objects.select_for_update(no_key=True, of=("self",)).get(pk=tag.pk)
        before = snapshot(tag)
        tag.name = tag.name if name == tag.name else clean_tag(name)
        tag.description = description.strip()
        tag.colour = colour
        tag.team = team
        tag.is_active = is_active
        _set_care(tag, owner, answer_template, answer)
        tag = save_setting(tag, before=before, by=by)
        wanted = {clean_tag(word).lower() for word in synonyms}
        for word in tag.synonyms.order_by("pk"):
            if word.name.lower() not in wanted:
                remove_word(word, by=by)
        for each in synonyms:
            add_word(tag, each, by=by)
    return tag


def count_tickets(tags: Collection[Tag]) -> dict[int, TagCount]:
    """How many tickets these tags are on, by the tag's id; one query that reads no more of old tickets than it says."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, [MOST_COUNTED, [tag.pk for tag in tags]])
        return {tag: TagCount(open=open_, all=all_) for tag, open_, all_ in cursor.fetchall()}


def _set_care(tag: Tag, owner: User | None, answer_template: AnswerTemplate | None, answer: Mapping[str, str]) -> None:
    if owner is not None and owner.pk != tag.owner_id and not (owner.is_active and owner.is_agent):
        raise Refused(_("%(name)s does not work here.") % {"name": owner}, field="owner")
    tag.owner = owner
    tag.answer_template = answer_template
    tag.answer = {language: text for language, text in clean_texts(answer).items() if text}
