"""What the API takes and gives. Agents see a ticket from the inside, customers as the portal shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.urls import reverse
from ninja import Field, Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, field_validator

from tickets import linking, merging
from tickets.linking import Relation
from tickets.models import Attachment, Event, Message, Ticket, TicketLink, User
from tickets.proof import seal_of

MOST_ON_A_PAGE = 100


def _within_reach(moment: datetime) -> datetime:
    if not 1970 <= moment.year <= 2199:
        raise ValueError("out of reach")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_within_reach)]


class Taken(Schema):
    """What comes in; unknown fields are refused, since a misspelt one would be lost in silence."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @field_validator("*", mode="after")
    @classmethod
    def no_nul(cls, value: Any) -> Any:
        """NUL fits no text column."""
        if isinstance(value, str) and "\x00" in value:
            raise ValueError("NUL")
        return value


class TicketFilters(Taken):
    status: str = Field("", description="Code.")
    is_open: bool | None = None
    priority: str = Field("", description="Code.")
    kind: str = Field("", description="Code.")
    team: int | None = Field(None, description="Id.")
    owner: str = Field("", description='E-mail of the agent, "me" or "none".')
    customer: str = Field("", description="E-mail.")
    tag: str = ""
    changed_since: Moment | None = None
    limit: int = Field(50, ge=1, le=MOST_ON_A_PAGE)
    cursor: str = Field("", description="`next` of the page before.")


class NewTicket(Taken):
    title: str = Field(min_length=1, max_length=1000)
    text: str = Field(min_length=1)
    team: int | None = Field(None, description="Id; agents only. Customers' requests go to the default team.")
    customer: str | None = Field(None, description="E-mail of the person who asks; agents only.")
    customer_name: str = Field("", max_length=200, description="For a customer who is new.")
    kind: str | None = Field(None, description="Code, see /vocabulary.")
    priority: str | None = Field(None, description="Code, see /vocabulary; agents only.")
    tags: list[str] = Field(default_factory=list, description="Agents only.")


class NewReply(Taken):
    text: str = Field(min_length=1)
    status: str | None = Field(None, description="Code of the status that the ticket takes; agents only.")
    pending_until: Moment | None = None
    anyway: bool = Field(False, description="Close it although open tickets block it; agents only.")


class NewNote(Taken):
    text: str = Field(min_length=1)


class NewOwner(Taken):
    owner: str | None = Field(description='E-mail of the agent, "me", or null for nobody.')


class NewStatus(Taken):
    status: str
    pending_until: Moment | None = None
    anyway: bool = Field(False, description="Close it although open tickets block it.")


class NewMerge(Taken):
    into: str = Field(description="Number of the ticket of the same customer that goes on.")


class NewLink(Taken):
    to: str = Field(description="Number of the other ticket.")
    relation: Relation = Field(Relation.RELATES, description="How this ticket stands to the other one.")


class NewPriority(Taken):
    priority: str


class NewTeam(Taken):
    team: int


class NewTag(Taken):
    name: str = Field(min_length=1)


class NewPromise(Taken):
    who: str = Field("me", description='E-mail of the colleague, or "me".')
    by_when: Moment


class PersonOut(Schema):
    id: int
    name: str
    email: str | None = Field(default=None, description="Given to agents.")
    place: str = Field(default="", description="Where the person works; given to agents.")


class NamedOut(Schema):
    id: int
    name: str


class TermOut(Schema):
    code: str
    name: str


class StatusOut(TermOut):
    type: str


class VocabularyOut(Schema):
    statuses: list[StatusOut]
    priorities: list[TermOut]
    kinds: list[TermOut]
    teams: list[NamedOut] = Field(description="Teams in which you may open tickets.")


class TicketOut(Schema):
    number: str
    title: str
    kind: str
    status: str
    status_type: str
    priority: str
    team: NamedOut
    owner: PersonOut | None
    customer: PersonOut | None
    organisation: NamedOut | None
    channel: str
    opened_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    awaits_answer: bool
    merged_into: str | None = Field(None, description="Number of the ticket that goes on in its place, if you see it.")
    inside: bool = Field(description="Whether you see it from the inside; else the fields below are empty.")
    responsible: PersonOut | None = None
    tags: list[str] = Field(default_factory=list)
    pending_until: datetime | None = None
    due_at: datetime | None = None
    url: str


class TicketPage(Schema):
    tickets: list[TicketOut]
    next: str | None = Field(description="Pass it as `cursor` for the next page; null on the last.")


class AttachmentOut(Schema):
    id: int
    name: str
    media_type: str
    size: int
    is_inline: bool
    url: str


class MessageOut(Schema):
    id: int
    number: str = Field(description="Of the ticket that it is on: this one, or one merged into it.")
    kind: str
    sender: str
    author: PersonOut | None
    from_name: str
    visible_to_customer: bool
    is_automatic: bool
    is_unconfirmed: bool
    is_erased: bool
    subject: str
    text: str = Field(description="All of the readable text, quotations included.")
    fresh: str = Field(description="What was written anew.")
    created_at: datetime
    attachments: list[AttachmentOut]


class EventOut(Schema):
    seq: int
    verb: str
    by: PersonOut | None = Field(description="null: the system.")
    recorded_at: datetime
    message: int | None
    hash: str


class SealOut(Schema):
    seq: int
    hash: str
    sealed_seq: int
    seal: str
    sealed_at: datetime | None


class LinkOut(Schema):
    id: int
    number: str = Field(description="Of the other ticket.")
    words: str = Field(description="How the other ticket stands to this one.")


class TicketDetail(TicketOut):
    merged: list[str] = Field(description="Numbers of the tickets that were merged into it.")
    links: list[LinkOut] = Field(description="From the inside only.")
    messages: list[MessageOut]
    events: list[EventOut] = Field(description="The history; from the inside only.")
    seal: SealOut | None


class Me(Schema):
    id: int
    name: str
    email: str | None
    roles: list[str]
    language: str
    time_zone: str


def person_out(person: User | None, *, inside: bool) -> PersonOut | None:
    if person is None:
        return None
    if not inside:
        return PersonOut(id=person.pk, name=person.name)
    return PersonOut(id=person.pk, name=person.name, email=person.email, place=person.place)


def ticket_fields(ticket: Ticket, *, inside: bool) -> dict[str, Any]:
    """A ticket read with `for_lists()`, as this person may see it."""
    page = reverse("tickets:ticket" if inside else "tickets:portal_ticket", args=[ticket.number])
    fields: dict[str, Any] = {
        "number": ticket.number,
        "title": ticket.title,
        "kind": ticket.kind.code,
        "status": ticket.status.code,
        "status_type": ticket.status.type,
        "priority": ticket.priority.code,
        "team": NamedOut(id=ticket.team_id, name=ticket.team.name),
        "owner": person_out(ticket.owner, inside=inside),
        "customer": person_out(ticket.customer, inside=inside),
        "organisation": NamedOut(id=ticket.organisation.pk, name=ticket.organisation.name)
        if ticket.organisation
        else None,
        "channel": ticket.channel,
        "opened_at": ticket.opened_at,
        "changed_at": ticket.changed_at,
        "closed_at": ticket.closed_at,
        "awaits_answer": ticket.awaits_answer,
        "inside": inside,
        "url": settings.SITE_URL + page,
    }
    if inside:
        fields |= {
            "responsible": person_out(ticket.responsible, inside=True),
            "tags": sorted(tag.name for tag in ticket.tags.all()),
            "pending_until": ticket.pending_until,
            "due_at": ticket.due_at,
        }
    return fields


def message_out(message: Message, *, number: str, inside: bool) -> MessageOut:
    return MessageOut(
        id=message.pk,
        number=number,
        kind=message.kind,
        sender=message.sender,
        author=person_out(message.author, inside=inside),
        from_name=message.from_name,
        visible_to_customer=message.visible_to_customer,
        is_automatic=message.is_automatic,
        is_unconfirmed=message.is_unconfirmed,
        is_erased=message.erasure_id is not None,
        subject=message.subject,
        text=message.body,
        fresh=message.shown_text,
        created_at=message.created_at,
        attachments=[attachment_out(attachment, number=number) for attachment in message.attachments.all()],
    )


def attachment_out(attachment: Attachment, *, number: str) -> AttachmentOut:
    return AttachmentOut(
        id=attachment.pk,
        name=attachment.name,
        media_type=attachment.media_type,
        size=attachment.blob.size,
        is_inline=attachment.is_inline,
        url=settings.SITE_URL + reverse("api-1:download_attachment", args=[number, attachment.pk]),
    )


def event_out(event: Event) -> EventOut:
    return EventOut(
        seq=event.seq,
        verb=event.verb,
        by=person_out(event.by, inside=True),
        recorded_at=event.recorded_at,
        message=event.message_id,
        hash=bytes(event.hash).hex(),
    )


def link_out(link: TicketLink, ticket: Ticket) -> LinkOut:
    is_source = link.source_id == ticket.pk
    other = link.target if is_source else link.source
    return LinkOut(id=link.pk, number=other.number, words=linking.words_of_link(link, is_source=is_source))


def ticket_detail(ticket: Ticket, user: User, *, inside: bool) -> TicketDetail:
    """The ticket with what was said on it and, from the inside, its history."""
    leading = list(merging.tickets_leading_to(ticket).visible_to(user))
    end = merging.target_of(ticket)
    sees_end = end.pk != ticket.pk and Ticket.objects.visible_to(user).filter(pk=end.pk).exists()
    messages = (
        Message.objects.visible_to(user)
        .filter(ticket__in=[ticket, *leading])
        .select_related("author", "ticket")
        .prefetch_related("attachments__blob")
        .order_by("created_at", "id")
    )
    events = Event.objects.filter(ticket=ticket).select_related("by").order_by("seq") if inside else []
    seal = seal_of(ticket)
    return TicketDetail(
        **ticket_fields(ticket, inside=inside),
        merged_into=end.number if sees_end else None,
        merged=sorted(each.number for each in leading),
        links=[link_out(link, ticket) for link in linking.links_of(ticket, by=user)] if inside else [],
        messages=[message_out(message, number=message.ticket.number, inside=inside) for message in messages],
        events=[event_out(event) for event in events],
        seal=SealOut(
            seq=seal.seq, hash=seal.hash, sealed_seq=seal.sealed_seq, seal=seal.seal_hash, sealed_at=seal.sealed_at
        )
        if inside
        else None,
    )
