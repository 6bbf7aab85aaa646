"""Broadcasts over REST: the dry run, sending, the ledger, and what one does with them. Mounted by `ticketdesk.api`."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from tickets import permissions
from tickets.api import person
from tickets.broadcasts import ledger, sending
from tickets.broadcasts.plan import Order, plan_broadcast
from tickets.errors import Refused
from tickets.models import Broadcast, Delivery, TicketGroup, User
from tickets.models import Status as TicketStatus
from tickets.web.group_broadcasts import ACTS, load_broadcast, load_group

router = Router(tags=["broadcasts"])


class NewBroadcast(Schema):
    """`texts`: by language; a note takes the first. `known`: the group's newest broadcast that the writer has seen."""

    kind: Broadcast.Kind = Broadcast.Kind.REPLY
    texts: dict[str, str] = {}
    status: str = ""
    pending_until: datetime | None = None
    tells_late_joiners: bool = True
    known: int | None = None


class RecipientOut(Schema):
    ticket: str
    tickets: list[str]
    name: str
    language: str
    text_language: str
    reason: str


class PlanOut(Schema):
    """The dry run: `reason` is empty for those who get it."""

    gets: int
    needs_release: bool
    recipients: list[RecipientOut]


class BroadcastOut(Schema):
    id: int
    kind: str
    state: str
    texts: dict[str, str]
    by: str
    planned_at: datetime
    held_until: datetime | None
    released_by: str
    done_at: datetime | None
    stopped_at: datetime | None
    tells_late_joiners: bool
    told: int
    counts: dict[str, int]
    left_out: dict[str, int]


class DeliveryOut(Schema):
    id: int
    ticket: str
    name: str
    address: str
    language: str
    state: str
    reason: str
    detail: str
    is_late: bool
    delivered_at: datetime | None
    replied_at: datetime | None


class DeliveryPage(Schema):
    deliveries: list[DeliveryOut]
    next: int | None


@router.post("/groups/{int:group_id}/broadcasts/plan", response=PlanOut)
def plan(request: HttpRequest, group_id: int, body: NewBroadcast) -> PlanOut:
    """Who would get it, in which language, and who would not and why. Nothing is written."""
    user = person(request)
    found = plan_broadcast(_writable(user, group_id), _order(body), by=user)
    gets = len(found.gets)
    return PlanOut(
        gets=gets,
        needs_release=sending.needs_release(body.kind, gets),
        recipients=[
            RecipientOut(
                ticket=each.number,
                tickets=list(each.numbers),
                name=each.name,
                language=each.language,
                text_language=each.text_language,
                reason=each.reason,
            )
            for each in found.recipients
        ],
    )


@router.get("/groups/{int:group_id}/broadcasts", response=list[BroadcastOut])
def list_broadcasts(request: HttpRequest, group_id: int) -> list[BroadcastOut]:
    """The group's last broadcasts, newest first."""
    return [_out(each) for each in ledger.accounts_of(load_group(person(request), group_id))]


@router.post("/groups/{int:group_id}/broadcasts", response={201: BroadcastOut})
def send(request: HttpRequest, group_id: int, body: NewBroadcast) -> Status[BroadcastOut]:
    """Freezes the recipients; it starts when the hold window is over or a second person has released it."""
    user = person(request)
    row = sending.send_broadcast(_writable(user, group_id), _order(body), by=user, known=body.known)
    return Status(201, _out(ledger.account_of(row)))


@router.get("/broadcasts/{int:broadcast_id}", response=BroadcastOut)
def show_broadcast(request: HttpRequest, broadcast_id: int) -> BroadcastOut:
    """How far it is."""
    return _out(ledger.account_of(load_broadcast(person(request), broadcast_id)))


@router.get("/broadcasts/{int:broadcast_id}/deliveries", response=DeliveryPage)
def list_deliveries(request: HttpRequest, broadcast_id: int, state: str = "", after: int = 0) -> DeliveryPage:
    """The ledger, 100 lines at a time; `next` is the next page's `after`."""
    row = load_broadcast(person(request), broadcast_id)
    if state and state not in Delivery.State.values:
        raise Refused(_("There is no such state."), field="state")
    found = list(ledger.rows_of(row, state=state, after=after))
    shown = found[: ledger.ROWS_SHOWN]
    return DeliveryPage(
        deliveries=[
            DeliveryOut(
                id=each.pk,
                ticket=each.ticket.number,
                name=each.person.name if each.person else "",
                address=each.address,
                language=each.language,
                state=ledger.shown_state(each),
                reason=each.reason,
                detail=each.detail,
                is_late=each.is_late,
                delivered_at=each.delivered_at,
                replied_at=each.replied_at,
            )
            for each in shown
        ],
        next=shown[-1].pk if len(found) > len(shown) else None,
    )


@router.post("/broadcasts/{int:broadcast_id}/{act}", response=BroadcastOut)
def act_on_broadcast(request: HttpRequest, broadcast_id: int, act: str) -> BroadcastOut:
    """`stop`, `release`, `now` (ends the hold window), `retry` (the failed), `late-on`, `late-off`."""
    user = person(request)
    row = load_broadcast(user, broadcast_id)
    if act not in ACTS:
        raise Http404(_("There is no such act."))
    ACTS[act](row, user)
    return _out(ledger.account_of(load_broadcast(user, broadcast_id)))


def _writable(user: User, group_id: int) -> TicketGroup:
    group = load_group(user, group_id)
    if not permissions.can_broadcast(user, group):
        raise PermissionDenied(_("You don't have the right to do this. Ask the team's leader or an administrator."))
    return group


def _order(body: NewBroadcast) -> Order:
    status = TicketStatus.objects.filter(code=body.status).first() if body.status else None
    if body.status and status is None:
        raise Refused(_("There is no such status."), field="status")
    return Order(
        kind=body.kind,
        texts=body.texts,
        status=status,
        pending_until=body.pending_until,
        tells_late_joiners=body.tells_late_joiners,
    )


def _out(account: ledger.Account) -> BroadcastOut:
    row = account.broadcast
    return BroadcastOut(
        id=row.pk,
        kind=row.kind,
        state=row.state,
        texts=row.texts,
        by=row.by.name,
        planned_at=row.planned_at,
        held_until=row.held_until,
        released_by=row.released_by.name if row.released_by else "",
        done_at=row.done_at,
        stopped_at=row.stopped_at,
        tells_late_joiners=row.tells_late_joiners,
        told=account.said,
        counts={state: n for state, n in account.counts.items() if n},
        left_out=dict(account.reasons),
    )
