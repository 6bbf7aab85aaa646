"""What the portal's pages show, read in a fixed number of queries and told in the customer's words.

Nothing internal passes through here: only messages meant for the customer, and no names but of those who wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _

from tickets.merge_paths import may_be_led_to, target_of, tickets_leading_to
from tickets.models import Attachment, Message, Promise, SealedHead, Status, Ticket, User
from tickets.search.finding import find_ids

SHOWN_AT_HOME = 6
PAGE_SIZE = 30


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is: `tone` us, you or done, the icon and the words."""

    tone: str
    icon: str
    words: str | LazyText


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A row of a list of requests."""

    ticket: Ticket
    turn: Turn
    promise: Promise | None
    by_someone_else: bool


@dataclass(frozen=True, slots=True)
class RequestList:
    """A page of requests with the switches that led to it."""

    lines: list[RequestLine]
    state: str
    whose: str
    words: str
    shares: bool
    next_url: str
    previous_url: str = ""
    first: None = None
    last: None = None
    total: None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One of the steps of a request's way."""

    words: str
    is_done: bool = False
    is_current: bool = False
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FileLink:
    url: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the customer reads it."""

    message: Message
    is_mine: bool
    name: str
    frame_url: str
    files: list[FileLink]
    origin: str = ""  # the number that it was said on, if another one


@dataclass(frozen=True, slots=True)
class RequestPage:
    """One request."""

    turn: Turn
    steps: list[Step]
    promise: Promise | None
    is_late: bool
    said: list[Said]
    last_answer_by: str
    sealed_at: datetime | None
    merged: list[str]
    goes_on_in: str


def turn_of(ticket: Ticket) -> Turn:
    """The status said as whose turn it is."""
    status = ticket.status
    if status.type == Status.Type.MERGED:
        return Turn("done", "merge", _("Goes on under another number"))
    if status.is_closed:
        if status.type == Status.Type.CLOSED_SUCCESSFUL:
            return Turn("done", "check", _("Solved"))
        return Turn("done", "s-closed", _("Closed"))
    if status.waits_for == Status.WaitsFor.CUSTOMER:
        return Turn("you", "reply", _("Waiting for you"))
    return Turn("us", "clock", _("With us"))


def list_requests(
    user: User, *, state: str, whose: str = "all", words: str = "", before: str = "", size: int = PAGE_SIZE
) -> RequestList:
    """Newest change first. `before` is the id and time of the last row of the page before, for keyset paging."""
    open_promises = Prefetch("promises", Promise.objects.open().select_related("who"), to_attr="open_promises")
    tickets = Ticket.objects.asked_by(user).select_related("status", "customer").prefetch_related(open_promises)
    tickets = tickets.filter(closed_at__isnull=state == "open", merged_into__isnull=True)
    shares = bool(user.organisation and user.organisation.shares_tickets)
    if whose == "mine":
        tickets = tickets.filter(customer=user)
    if words.strip():
        tickets = tickets.filter(pk__in=_with_targets(find_ids(user, words)))
    if (key := _read_key(before)) is not None:
        changed_at, pk = key
        tickets = tickets.filter(Q(changed_at__lt=changed_at) | Q(changed_at=changed_at, pk__lt=pk))
    rows = list(tickets.order_by("-changed_at", "-pk")[: size + 1])
    next_url = ""
    if len(rows) > size:
        rows.pop()
        last = rows[-1]
        query = {"state": state, "whose": whose, "q": words, "before": f"{last.changed_at.isoformat()}_{last.pk}"}
        next_url = f"{reverse('tickets:portal_requests')}?{urlencode(query)}"
    return RequestList([_line(row, user) for row in rows], state, whose, words, shares, next_url)


def _with_targets(found: list[int]) -> set[int]:
    """What was found on a merged request is found where it goes on."""
    merged = Ticket.objects.filter(pk__in=found, merged_into__isnull=False)
    return {*found, *(target_of(each).pk for each in merged)}


def merged_requests(ticket: Ticket, user: User) -> list[Ticket]:
    """The person's requests that go on in this one."""
    if not may_be_led_to(ticket):
        return []
    return list(tickets_leading_to(ticket).asked_by(user).order_by("pk"))


def read_request(ticket: Ticket, user: User) -> RequestPage:
    """Everything the page of one request shows; with what was said on those that were merged into it."""
    merged = merged_requests(ticket, user)
    end = target_of(ticket)
    sees_end = end.pk != ticket.pk and Ticket.objects.asked_by(user).filter(pk=end.pk).exists()
    promise = Promise.objects.open().select_related("who").filter(ticket=ticket).first()
    said = [_said(message, ticket, user) for message in _messages([ticket, *merged])]
    answers = [each.message for each in said if each.message.sender == Message.Sender.AGENT]
    seal = SealedHead.objects.select_related("seal").filter(ticket=ticket).order_by("-seal").first()
    return RequestPage(
        turn=turn_of(ticket),
        steps=_steps(ticket, promise, answers),
        promise=promise,
        is_late=promise is not None and promise.is_late,
        said=said,
        last_answer_by=answers[-1].from_name if answers else "",
        sealed_at=seal.seal.made_at if seal else None,
        merged=[each.number for each in merged],
        goes_on_in=end.number if sees_end else "",
    )


def _messages(tickets: list[Ticket]) -> list[Message]:
    files = Prefetch("attachments", Attachment.objects.filter(erasure__isnull=True).select_related("blob"))
    shown = Message.objects.filter(ticket__in=tickets).shown_to_customer()
    return list(shown.select_related("author", "ticket").prefetch_related(files).order_by("created_at", "pk"))


def _said(message: Message, ticket: Ticket, user: User) -> Said:
    number = message.ticket.number
    files = [
        FileLink(reverse("tickets:file", args=[number, file.pk, file.name]), file.name, file.blob.size)
        for file in message.attachments.all()
        if not (file.is_inline and message.html)
    ]
    frame = reverse("tickets:message_html", args=[number, message.pk]) if message.html else ""
    is_mine = message.author_id == user.pk and message.sender == Message.Sender.CUSTOMER
    name = message.from_name or message.from_address
    return Said(message, is_mine, name, frame, files, origin=number if message.ticket_id != ticket.pk else "")


def _steps(ticket: Ticket, promise: Promise | None, answers: list[Message]) -> list[Step]:
    """Received, working on it, an answer (ours or the customer's), done. A merged one is not solved: it goes on."""
    if ticket.status.type == Status.Type.MERGED:
        elsewhere = Step(_("Goes on under another number"), is_done=True, at=ticket.closed_at)
        return [Step(_("Received"), is_done=True, at=ticket.opened_at), elsewhere]
    is_closed = not ticket.is_open
    waits = ticket.status.waits_for == Status.WaitsFor.CUSTOMER
    is_new = ticket.status.type == Status.Type.NEW
    answering = Step(
        _("Waiting for you") if waits else _("We answer"),
        is_done=is_closed,
        is_current=not is_closed and (waits or (promise is not None and not is_new) or bool(answers)),
        at=promise.by_when if promise and not waits and not is_closed and not promise.is_late else None,
    )
    done_words = _("Solved") if ticket.status.type != Status.Type.CLOSED_UNSUCCESSFUL else _("Closed")
    return [
        Step(_("Received"), is_done=True, is_current=is_new, at=ticket.opened_at),
        Step(
            _("Working on it"),
            is_done=is_closed or answering.is_current,
            is_current=not (is_closed or is_new or answering.is_current),
        ),
        answering,
        Step(done_words, is_done=is_closed, at=ticket.closed_at),
    ]


def _line(ticket: Ticket, user: User) -> RequestLine:
    promises: list[Promise] = getattr(ticket, "open_promises", [])
    on_time = [promise for promise in promises if promise.by_when >= timezone.now()]
    return RequestLine(ticket, turn_of(ticket), on_time[0] if on_time else None, ticket.customer_id != user.pk)


def _read_key(before: str) -> tuple[datetime, int] | None:
    """The keyset of `before`; None when there is none or it is not ours."""
    moment, _separator, pk = before.rpartition("_")
    try:
        changed_at = datetime.fromisoformat(moment)
        return (changed_at, int(pk)) if changed_at.tzinfo else None
    except ValueError:
        return None
