"""Notices for programs: `GET /api/v1/notices` and `POST /api/v1/notices/seen`, of the token's person."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from tickets import notices
from tickets.api import person
from tickets.api_shapes import Taken
from tickets.telling.lines import NoticeLine

router = Router(tags=["notices"])


class NoticesAsked(Taken):
    unseen: bool = Field(False, description="Only those with something unseen.")
    before: int = Field(0, ge=0, le=10**15, description="`older` of the page read last.")


class KindOut(Schema):
    kind: str = Field(description="A code, such as assigned, mentioned, new_in_group.")
    count: int


class LineOut(Schema):
    about: str = Field(description="ticket, group or team.")
    id: int = Field(description="The ticket's, group's or team's id.")
    number: str = Field(description="The ticket's number; empty for groups and teams.")
    title: str
    kinds: list[KindOut]
    texts: list[str] = Field(description="The newest notices in words, in your language.")
    newest: int = Field(description="Id of the newest notice.")
    newest_at: datetime
    is_unseen: bool


class NoticesPage(Schema):
    lines: list[LineOut] = Field(description="One for each ticket, group or team; the newest first.")
    older: int | None = Field(description="Pass it as `before` for the next page; null on the last.")


class SeenIn(Taken):
    about: str | None = Field(None, pattern="^(ticket|group|team)$", description="Left out: everything.")
    id: int | None = Field(None, ge=1, le=10**15)


class SeenOut(Schema):
    seen: int = Field(description="How many notices were unseen until now.")


@router.get("/notices", response=NoticesPage)
def list_notices(request: HttpRequest, asked: Query[NoticesAsked]) -> NoticesPage:
    """What is behind your bell, a line for each thing. Empty for customers."""
    found = notices.read_page(person(request), before=asked.before, only_unseen=asked.unseen)
    return NoticesPage(lines=[_out(line) for line in found.lines], older=found.older or None)


@router.post("/notices/seen", response=SeenOut)
def see_notices(request: HttpRequest, body: SeenIn) -> SeenOut:
    """You have seen them: those about one thing, or all."""
    thing = (body.about, body.id) if body.about and body.id else None
    return SeenOut(seen=notices.mark_seen(person(request), thing=thing))


def _out(line: NoticeLine) -> LineOut:
    return LineOut(
        about=line.thing[0],
        id=line.thing[1],
        number=line.number,
        title=line.title,
        kinds=[KindOut(kind=kind, count=count) for kind, count in line.counts.items()],
        texts=line.told,
        newest=line.newest.pk,
        newest_at=line.newest.created_at,
        is_unseen=line.is_unseen,
    )
