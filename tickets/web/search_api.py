"""Search for programs: `GET /api/v1/search?q=`, with the rights of the token's person."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from tickets.api import person
from tickets.api_shapes import Taken, TicketOut, ticket_fields
from tickets.search.finding import Hit, everything
from tickets.search.snippets import Part

router = Router(tags=["tickets"])
MOST = 50


class SearchAsked(Taken):
    q: str = Field(min_length=1, max_length=500, description="Words and fields, as in the search field of the pages.")
    limit: int = Field(20, ge=1, le=MOST)


class PartOut(Schema):
    text: str
    found: bool = Field(description="Whether this piece answers the question.")


class HitOut(Schema):
    ticket: TicketOut
    message: int | None = Field(description="Id of the message in which it was found, if it was in one.")
    is_note: bool
    file: str | None = Field(description="Name of the file that was found.")
    written_at: datetime | None
    snippet: list[PartOut] = Field(description="Plain text in pieces.")


class SearchPage(Schema):
    hits: list[HitOut] = Field(description="The best first.")


@router.get("/search", response=SearchPage)
def search(request: HttpRequest, asked: Query[SearchAsked]) -> SearchPage:
    """What you may see of what was asked: agents from the inside, and everybody his own requests as in the portal."""
    found = everything(person(request), asked.q, size=asked.limit)
    return SearchPage(hits=[hit_out(hit, inside=inside) for hit, inside in found])


def hit_out(hit: Hit, *, inside: bool) -> HitOut:
    return HitOut(
        ticket=TicketOut(**ticket_fields(hit.ticket, inside=inside)),
        message=hit.message.pk if hit.message else None,
        is_note=hit.is_note,
        file="".join(part.text for part in hit.file_name) or None,
        written_at=hit.at,
        snippet=[part_out(part) for part in hit.snippet],
    )


def part_out(part: Part) -> PartOut:
    return PartOut(text=part.text, found=part.is_marked)
