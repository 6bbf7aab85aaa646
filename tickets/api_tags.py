"""The REST door to tags: what there is of each, other words, joining. Mounted by `ticketdesk.api`."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema

from tickets import permissions, tag_joining, tag_lists, tagging
from tickets.api import person
from tickets.models import Tag, User

router = Router(tags=["tags"])


class TagOut(Schema):
    """A tag with what you work on of it."""

    id: int
    name: str
    description: str
    words: list[str]
    team: str | None
    owner: str | None
    open: int
    oldest: datetime | None
    week: int
    week_before: int


class TagPage(Schema):
    tags: list[TagOut]
    next: str | None


class NewWord(Schema):
    word: str


class JoinInto(Schema):
    into: str


@router.get("/tags", response=TagPage)
def list_tags(request: HttpRequest, q: str = "", sort: str = "open", after: str = "") -> TagPage:
    """The tags that are offered or on open tickets: the most open first, or `sort=name`. For agents."""
    user = _agent(request)
    page = tag_lists.list_tags(user, words=q[:100], by_name=sort == "name", after=after[:15])
    return TagPage(tags=[_out(row) for row in page.rows], next=page.after or None)


@router.get("/tags/{int:tag_id}", response=TagOut)
def show_tag(request: HttpRequest, tag_id: int) -> TagOut:
    """One tag; another word for one shows that one."""
    user = _agent(request)
    return _out(tag_lists.figures_of(tagging.real_tag(_load(tag_id)), user))


@router.post("/tags/{int:tag_id}/words", response=TagOut)
def add_word(request: HttpRequest, tag_id: int, body: NewWord) -> TagOut:
    """Another word for the tag. For administrators."""
    user = _admin(request)
    tag = _load(tag_id)
    tag_joining.add_word(tag, body.word, by=user)
    return _out(tag_lists.figures_of(tag, user))


@router.post("/tags/{int:tag_id}/join", response=TagOut)
def join_tag(request: HttpRequest, tag_id: int, body: JoinInto) -> TagOut:
    """Its tickets go over to the tag of this name; its own name stays as another word. For administrators."""
    user = _admin(request)
    into = tag_joining.join_tag(_load(tag_id), into=tagging.the_tag(body.into), by=user)
    return _out(tag_lists.figures_of(into, user))


def _agent(request: HttpRequest) -> User:
    user = person(request)
    permissions.require(user.is_agent)
    return user


def _admin(request: HttpRequest) -> User:
    user = person(request)
    permissions.require(permissions.can_set_up(user))
    return user


def _load(tag_id: int) -> Tag:
    tag = Tag.objects.select_related("synonym_of", "team", "owner").filter(pk=tag_id).first()
    if tag is None:
        raise Http404(_("There is no such tag."))
    return tag


def _out(row: tag_lists.TagFigures) -> TagOut:
    tag = row.tag
    return TagOut(
        id=tag.pk,
        name=tag.name,
        description=tag.description,
        words=[word.name for word in tag.synonyms.all()],
        team=tag.team.name if tag.team else None,
        owner=tag.owner.name if tag.owner else None,
        open=row.open,
        oldest=row.oldest,
        week=row.week,
        week_before=row.week_before,
    )
