"""What became of each recipient: how his mail fared, whether he answered, and the sums that pages show."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count, Q, QuerySet

from tickets import live
from tickets.broadcasts.sending import TO_RETRY
from tickets.models import Broadcast, Delivery, Event, OutboundMail, Ticket, TicketGroup, Verb
from tickets.models.broadcasts import SHOWN_STATE

State = Delivery.State
Reason = Delivery.Reason

OF_MAILS = (Verb.MAIL_SENT, Verb.MAIL_FAILED, Verb.MAIL_BOUNCED)
ROWS_SHOWN = 100
SHOWN = 10  # broadcasts of a group


def follow_event(event: Event, ticket: Ticket) -> None:
    """Keeps the deliveries of this ticket in step with its mails and its customer's words. Its lock is held."""
    if event.verb in OF_MAILS:
        _follow_mail(event)
    elif event.verb == Verb.MESSAGE_RECEIVED and ticket.customer_id and event.by_id == ticket.customer_id:
        _note_reply(event, ticket)


def _follow_mail(event: Event) -> None:
    rows = Delivery.objects.filter(delivered_at__isnull=False)
    if event.message_id:
        rows = rows.filter(message=event.message_id)
    else:  # a report that came to another ticket
        rows = rows.filter(message__outbound=event.data.get("mail"))
    if event.verb == Verb.MAIL_SENT:
        if rows.filter(state=State.QUEUED).update(state=State.SENT):
            _tell_progress(rows)
        return
    if event.verb == Verb.MAIL_BOUNCED and not event.data.get("permanent"):
        return
    row = rows.filter(state__in=[State.QUEUED, State.SENT]).first()
    if row is None:
        return
    # What came back after an erasure must not bring his address with it.
    mail = OutboundMail.objects.filter(pk=event.data.get("mail"), erasure__isnull=True)
    said = mail.values_list("last_error", flat=True).first()
    is_bounce = event.verb == Verb.MAIL_BOUNCED
    Delivery.objects.filter(pk=row.pk).update(
        state=State.BOUNCED if is_bounce else State.FAILED,
        reason=Reason.BAD_ADDRESS if is_bounce else Reason.MAIL,
        detail=(said or "")[:500],
    )
    _tell_progress(rows)


def _tell_progress(rows: QuerySet[Delivery]) -> None:
    for group_id in rows.values_list("broadcast__group", flat=True):
        live.tell_progress(group_id)


def _note_reply(event: Event, ticket: Ticket) -> None:
    """The last broadcast that he was told, in this ticket or for it, has his answer. A machine's is none."""
    if any(event.data.get(what) for what in ("automatic", "unconfirmed", "first")):
        return
    row = (
        Delivery.objects.filter(person=ticket.customer_id, ticket_ids__contains=[ticket.pk], delivered_at__isnull=False)
        .select_related("broadcast")
        .order_by("-pk")
        .first()
    )
    if row is not None and row.replied_at is None:
        Delivery.objects.filter(pk=row.pk).update(
            state=State.REPLIED, reason="", detail="", replied_at=event.recorded_at
        )
        live.tell_progress(row.broadcast.group_id)


# --- looking at it ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Account:
    """One broadcast with its sums. `recipients`: all but those who were left out. `to_retry`: can be tried again."""

    broadcast: Broadcast
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    said: int = 0
    late: int = 0
    to_retry: int = 0

    @property
    def skipped(self) -> int:
        return self.counts[State.SKIPPED]

    @property
    def recipients(self) -> int:
        return sum(self.counts.values()) - self.skipped


def accounts_of(group: TicketGroup, *, shown: int = SHOWN) -> list[Account]:
    """The group's last broadcasts with their sums, newest first. Three queries."""
    found = list(
        Broadcast.objects.filter(group=group).select_related("by", "released_by", "stopped_by", "status")[:shown]
    )
    return _count(found)


def account_of(broadcast: Broadcast) -> Account:
    return _count([broadcast])[0]


def _count(broadcasts: list[Broadcast]) -> list[Account]:
    accounts = {each.pk: Account(each) for each in broadcasts}
    sums = (
        Delivery.objects.filter(broadcast__in=accounts)
        .annotate(shown=SHOWN_STATE)
        .order_by()
        .values_list("broadcast", "shown", "reason")
        .annotate(
            n=Count("pk"),
            said=Count("pk", filter=Q(delivered_at__isnull=False)),
            late=Count("pk", filter=Q(is_late=True)),
            again=Count("pk", filter=Q(state__in=TO_RETRY, message__erasure__isnull=True)),
        )
    )
    said: Counter[int] = Counter()
    late: Counter[int] = Counter()
    again: Counter[int] = Counter()
    for broadcast_id, state, reason, n, told, joined, failed in sums:
        account = accounts[broadcast_id]
        account.counts[state] += n
        if state == State.SKIPPED:
            account.reasons[reason] += n
        said[broadcast_id] += told
        late[broadcast_id] += joined
        again[broadcast_id] += failed
    return [
        Account(each.broadcast, each.counts, each.reasons, said[pk], late[pk], again[pk])
        for pk, each in accounts.items()
    ]


def shown_state(row: Delivery) -> str:
    """The state as people read it, of a row of `rows_of`."""
    return str(getattr(row, "shown", row.state))


def rows_of(broadcast: Broadcast, *, state: str = "", after: int = 0) -> QuerySet[Delivery]:
    """The ledger's lines, those of one state or all, as far as a page goes (and one more)."""
    rows = Delivery.objects.filter(broadcast=broadcast).annotate(shown=SHOWN_STATE)
    if state:
        rows = rows.filter(shown=state)
    return (
        rows.select_related("person", "ticket", "ticket__customer")
        .filter(pk__gt=after)
        .order_by("pk")[: ROWS_SHOWN + 1]
    )
