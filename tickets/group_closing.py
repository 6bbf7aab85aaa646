"""Closing a group: the plan with its exceptions, the start, and the drain that does one member per transaction.

The group closes at once; what becomes of its members are rows, worked off one ticket at a time. An item's outcome is
written in the transaction of its act, so a crash leaves it waiting and undone. Members that were closed on their own,
or opened again since the group was last written to, or that an open ticket outside the group blocks, are left alone
unless somebody chooses otherwise.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tickets import conversation, live, permissions
from tickets.errors import Refused
from tickets.groups import lock_group, record_in_group
from tickets.history import record
from tickets.lifecycle import change_status, lock_ticket
from tickets.models import (
    Event,
    GroupClosing,
    GroupClosingItem,
    GroupEvent,
    GroupMembership,
    Message,
    Status,
    Ticket,
    TicketGroup,
    TicketLink,
    User,
    Verb,
)
from tickets.models.tickets import TicketQuerySet
from tickets.waking import DRAIN_GROUP_CLOSINGS, wake

log = logging.getLogger(__name__)

Choice = GroupClosing.Choice
State = GroupClosingItem.State

MOST_AT_ONCE = 50  # in the request itself; more wait for a worker
FRESH_RIGHTS = 100  # items after which the agent's rights are read again
LINK = "{link}"

# --- the plan --------------------------------------------------------------------------------------------------------


def plan_closing(group: TicketGroup, *, by: User) -> GroupClosing:
    """The agent's plan to close this group, as he left it. Raises Refused when it is closed already."""
    if not group.is_open:
        raise Refused(_("The group “%(group)s” is closed already.") % {"group": group.title})
    texts = {language: default_text(language) for language, _name in settings.LANGUAGES}
    plan, _created = GroupClosing.objects.get_or_create(
        group=group, by=by, state=GroupClosing.State.PLANNED, defaults={"texts": texts}
    )
    return plan


def default_text(language: str) -> str:
    """What a reporter is asked, unless the agent words it otherwise."""
    with translation.override(language):
        return _(
            "Good day,\n\nas far as we can see, what you reported is solved. Please tell us whether it works for you "
            "as well:\n%(link)s\n\nIf it does not, say so there or answer this mail, and we go on."
        ) % {"link": LINK}


def choose_for_all(plan: GroupClosing, *, choice: str, by: User, texts: Mapping[str, str] | None = None) -> None:
    """What becomes of every member that is no exception, and the words with which reporters are asked."""
    known = {language for language, _name in settings.LANGUAGES}
    with transaction.atomic():
        plan = _lock_plan(plan, by=by)
        plan.choice = Choice(choice)
        if texts is not None:
            given = {language: text.strip() for language, text in texts.items() if language in known and text.strip()}
            plan.texts = plan.texts | given
        plan.save(update_fields=["choice", "texts"])


def choose_for_some(plan: GroupClosing, tickets: TicketQuerySet, *, choice: str, by: User) -> int:
    """Makes exceptions of these members; returns of how many."""
    with transaction.atomic():
        plan = _lock_plan(plan, by=by)
        chosen = members_of(plan.group, by=by).filter(pk__in=tickets.values("pk"))
        rows = [
            GroupClosingItem(closing=plan, ticket_id=pk, choice=Choice(choice))
            for pk in chosen.values_list("pk", flat=True)
        ]
        GroupClosingItem.objects.bulk_create(
            rows,
            batch_size=2000,
            update_conflicts=True,
            unique_fields=["closing", "ticket"],
            update_fields=["choice"],
        )
    return len(rows)


def members_of(group: TicketGroup, *, by: User) -> TicketQuerySet:
    """The tickets in the group that this agent works on: in an open group the current ones."""
    inside = GroupMembership.objects.members().filter(group=group)
    if group.is_open:
        inside = inside.current()
    return Ticket.objects.worked_by(by).filter(pk__in=inside.values("ticket"))


def with_choices(tickets: TicketQuerySet, plan: GroupClosing) -> QuerySet[Any]:
    """Adds `is_reopened` (since the last broadcast), `is_blocked` (by an open one outside), `exception`, `planned`."""
    closed = list(Status.objects.filter(type__in=Status.CLOSED).values_list("pk", flat=True))
    reopened = Event.objects.filter(
        ticket=OuterRef("pk"),
        verb=Verb.STATUS_CHANGED,
        recorded_at__gt=_last_told(plan.group),
        data__reason="follow_up",
        data__before__in=closed,
    )
    inside = GroupMembership.objects.members().filter(group=plan.group).values("ticket")
    blockers = TicketLink.objects.filter(
        type=TicketLink.Type.BLOCKS, target=OuterRef("pk"), source__closed_at__isnull=True
    ).exclude(source__in=inside)
    exception = GroupClosingItem.objects.filter(closing=plan, ticket=OuterRef("pk")).values("choice")
    own_way = Q(closed_at__isnull=False) | Q(is_reopened=True) | Q(is_blocked=True)
    return tickets.annotate(
        is_reopened=Exists(reopened), is_blocked=Exists(blockers), exception=Subquery(exception)
    ).annotate(
        planned=Case(
            When(exception__isnull=False, then=F("exception")),
            When(own_way, then=Value(str(Choice.LEAVE))),
            default=Value(str(plan.choice)),
            output_field=CharField(),
        )
    )


def count_choices(plan: GroupClosing, *, by: User) -> Counter[str]:
    """How many members would be closed, asked and left; under "others" those that the agent does not work on."""
    counted: Counter[str] = Counter()
    for row in with_choices(members_of(plan.group, by=by), plan).order_by().values("planned").annotate(n=Count("pk")):
        counted[row["planned"]] = row["n"]
    everyone = GroupMembership.objects.current().filter(group=plan.group).count()
    counted["others"] = max(0, everyone - sum(counted.values()))
    return counted


def _last_told(group: TicketGroup) -> datetime:
    """When the group was last written to, else when it was opened."""
    verbs = (GroupEvent.Verb.BROADCAST_PLANNED, GroupEvent.Verb.BROADCAST_RELEASED, GroupEvent.Verb.BROADCAST_DONE)
    told = GroupEvent.objects.filter(group=group, verb__in=verbs).order_by("-pk").values_list("recorded_at", flat=True)
    return told.first() or group.opened_at


def _lock_plan(plan: GroupClosing, *, by: User) -> GroupClosing:
    GroupClosing.objects.select_for_update(no_key=True).values_list("pk").get(pk=plan.pk, by=by)
    plan = GroupClosing.objects.select_related("group").get(pk=plan.pk)
    if plan.state != GroupClosing.State.PLANNED:
        raise Refused(_("This closing has been started already."))
    return plan


# --- the act ---------------------------------------------------------------------------------------------------------


def close_group(plan: GroupClosing, *, by: User) -> GroupClosing:
    """Closes the group and says what shall become of each member; the members follow one by one.

    A ticket that joins in this moment is either a member of the closing or refused, since both take the group's lock.
    """
    with transaction.atomic():
        plan = _lock_plan(plan, by=by)
        group = lock_group(plan.group)
        if not group.is_open:
            raise Refused(_("The group “%(group)s” is closed already.") % {"group": group.title})
        chosen = with_choices(members_of(group, by=by), plan).values_list("pk", "planned")
        planned = dict.fromkeys(
            GroupMembership.objects.current().filter(group=group).values_list("ticket", flat=True), str(Choice.LEAVE)
        ) | dict(chosen.order_by())
        now = timezone.now()
        rows = [
            GroupClosingItem(closing=plan, ticket_id=pk, choice=choice, state=State.WAITING)
            for pk, choice in sorted(planned.items())
        ]
        GroupClosingItem.objects.bulk_create(
            rows,
            batch_size=2000,
            update_conflicts=True,
            unique_fields=["closing", "ticket"],
            update_fields=["choice", "state"],
        )
        GroupClosingItem.objects.filter(closing=plan, state=State.PLANNED).update(state=State.UNCHANGED)  # has left
        GroupMembership.objects.current().filter(group=group).update(group_closed_at=now)
        was_shown = group.is_outage_shown
        group.status, group.closed_at, group.closed_by = TicketGroup.Status.CLOSED, now, by
        group.is_outage_shown, group.changed_at = False, now
        group.save(update_fields=["status", "closed_at", "closed_by", "is_outage_shown", "changed_at"])
        plan.state, plan.started_at = GroupClosing.State.RUNNING, now
        plan.save(update_fields=["state", "started_at"])
        if was_shown:
            record_in_group(group, GroupEvent.Verb.OUTAGE_HIDDEN, by=by)
        counts: dict[str, Any] = dict(Counter(planned.values()))
        record_in_group(group, GroupEvent.Verb.CLOSED, by=by, closing=plan.pk, **counts)
        if len(rows) > MOST_AT_ONCE:
            wake(DRAIN_GROUP_CLOSINGS)
    if len(rows) <= MOST_AT_ONCE:
        work_off(plan, limit=MOST_AT_ONCE)
    return GroupClosing.objects.select_related("group").get(pk=plan.pk)


def reopen_group(group: TicketGroup, *, by: User) -> TicketGroup:
    """Opens a closed group again with its members, except those that are in another open group by now."""
    try:
        with transaction.atomic():
            group = lock_group(group)
            if group.is_open:
                return group
            elsewhere = GroupMembership.objects.current().filter(ticket=OuterRef("ticket"))
            back = GroupMembership.objects.members().filter(group=group).exclude(Exists(elsewhere))
            returned = back.update(group_closed_at=None)
            group.status, group.closed_at, group.closed_by = TicketGroup.Status.OPEN, None, None
            group.changed_at = timezone.now()
            group.save(update_fields=["status", "closed_at", "closed_by", "changed_at"])
            record_in_group(group, GroupEvent.Verb.REOPENED, by=by, tickets=returned)
    except IntegrityError as error:  # a member was put into another group in this moment
        raise Refused(_("A ticket of the group has just come into another one. Try it again.")) from error
    return group


# --- the drain -------------------------------------------------------------------------------------------------------


def drain_group_closings(limit: int = 500) -> int:
    """Goes on with every closing that runs, the oldest first. Returns how many members were handled; may run twice."""
    handled = 0
    for closing in GroupClosing.objects.filter(state=GroupClosing.State.RUNNING).order_by("pk"):
        while handled < limit:
            did = work_off(closing, limit=min(FRESH_RIGHTS, limit - handled))
            handled += did
            if did == 0:
                break
    if handled >= limit:
        wake(DRAIN_GROUP_CLOSINGS)
    return handled


def work_off(closing: GroupClosing, *, limit: int) -> int:
    """Up to so many members, each in a transaction of its own. Finishes the closing after the last."""
    closing = GroupClosing.objects.select_related("group").get(pk=closing.pk)
    by = User.objects.get(pk=closing.by_id)
    handled = 0
    with translation.override(by.language):
        while handled < limit and _do_next(closing, by):
            handled += 1
    with transaction.atomic():
        if not closing.items.filter(state=State.WAITING).exists():
            running = GroupClosing.objects.filter(pk=closing.pk, state=GroupClosing.State.RUNNING)
            running.update(state=GroupClosing.State.FINISHED, finished_at=timezone.now())
        live.tell_group(closing.group_id)
    return handled


def _do_next(closing: GroupClosing, by: User) -> bool:
    with transaction.atomic():
        item = (
            GroupClosingItem.objects.select_for_update(skip_locked=True)
            .filter(closing=closing, state=State.WAITING)
            .order_by("pk")
            .first()
        )
        if item is None:
            return False
        try:
            with transaction.atomic():
                item.state = _do_item(item, closing, by)
        except Refused as refusal:
            item.state, item.sentence = State.REFUSED, str(refusal)[:300]
        except Exception:  # one bad ticket stops no other; the log has what happened
            log.exception("closing of a member failed", extra={"closing": closing.pk, "ticket": item.ticket_id})
            item.state = State.FAILED
            item.sentence = _("The server could not do it. The administrators find the reason in the log.")[:300]
        item.save(update_fields=["state", "sentence"])
    return True


def _do_item(item: GroupClosingItem, closing: GroupClosing, by: User) -> State:
    """The member's own history says that its group closed; then what was chosen for it, if the agent may."""
    ticket = lock_ticket(item.ticket)
    if not GroupMembership.objects.members().filter(group=closing.group, ticket=ticket).exists():
        raise Refused(_("The ticket has left the group meanwhile."))
    record(ticket, Verb.GROUP_CLOSED, by=by, group=closing.group_id, choice=item.choice)
    if item.choice == Choice.LEAVE:
        return State.UNCHANGED
    if item.choice == Choice.CLOSE:
        if not ticket.is_open:
            return State.UNCHANGED
        permissions.require(permissions.can_change_status(by, ticket))
        change_status(ticket, to=Status.objects.get(code="solved"), by=by, reason="group")
        return State.DONE
    permissions.require(permissions.can_reply(by, ticket))
    ask_reporter(ticket, closing, by=by)
    return State.DONE


def ask_reporter(ticket: Ticket, closing: GroupClosing, *, by: User) -> Message:
    """A reply that asks whether it is solved. An open ticket then waits for the answer, and closes without one."""
    language = ticket.customer.language if ticket.customer else settings.LANGUAGE_CODE
    text = closing.texts.get(language) or default_text(language)
    link = f"{settings.SITE_URL}{reverse('tickets:portal_ticket', args=[ticket.number])}#confirm"
    text = text.replace(LINK, link) if LINK in text else f"{text}\n\n{link}"
    then = Status.objects.get(code="solves") if ticket.is_open else None
    until = timezone.now() + timedelta(days=settings.GROUP_CONFIRM_DAYS) if then else None
    return conversation.reply_to_customer(ticket, text=text, by=by, then=then, pending_until=until)


def refusals(closing: GroupClosing, *, by: User) -> dict[str, str]:
    """Why nothing became of a member, by its number: of those that this agent works on."""
    told = closing.items.filter(state__in=(State.REFUSED, State.FAILED), ticket__in=Ticket.objects.worked_by(by))
    return dict(told.order_by("pk").values_list("ticket__number", "sentence"))


# --- what reporters say afterwards -----------------------------------------------------------------------------------


def open_question(ticket: Ticket, *, to: User) -> GroupClosingItem | None:
    """The question whether it is solved that this customer has not answered yet."""
    if ticket.customer_id != to.pk:
        return None
    asked = GroupClosingItem.objects.filter(ticket=ticket, choice=Choice.ASK, state=State.DONE)
    last = asked.order_by("-pk").first()
    return last if last is not None and not last.answer else None


def answer_question(ticket: Ticket, *, is_solved: bool, by: User, text: str = "") -> Ticket:
    """The reporter confirms that it is solved, or says that it is not. Raises Refused when nothing was asked."""
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        item = open_question(ticket, to=by)
        if item is None:
            raise Refused(_("This has been answered already."))
        item.answer = GroupClosingItem.Answer.SOLVED if is_solved else GroupClosingItem.Answer.NOT_SOLVED
        item.answered_at = timezone.now()
        item.save(update_fields=["answer", "answered_at"])
        if is_solved:
            ticket = conversation.say_solved(ticket, by=by, text=text)
        else:
            said = conversation.answer_from_portal(ticket, text=text.strip() or _("It is not solved yet."), by=by)
            ticket = said.ticket
        live.tell_group(GroupClosing.objects.values_list("group_id", flat=True).get(pk=item.closing_id))
    return ticket


def note_follow_up(event: Event, ticket: Ticket) -> None:
    """What a reporter writes after his group was closed stands in the group as well; nothing else is done there."""
    message = event.message
    if message is None or message.sender != Message.Sender.CUSTOMER or event.data.get("first"):
        return
    if message.is_automatic or message.is_unconfirmed:
        return
    before = TicketLink.objects.filter(source=ticket, type=TicketLink.Type.FOLLOWS).values("target")
    held = GroupMembership.objects.members().filter(Q(ticket=ticket) | Q(ticket__in=before))
    if held.filter(group_closed_at__isnull=True).exists():
        return
    last = held.select_related("group", "ticket").order_by("-group_closed_at").first()
    if last is not None:
        record_in_group(last.group, GroupEvent.Verb.FOLLOWED_UP, by=event.by, ticket=last.ticket, message=message.pk)


def count_items(closing: GroupClosing) -> dict[str, Any]:
    """How many members are in which state."""
    rows = closing.items.order_by().values("state").annotate(n=Count("pk"))
    return dict.fromkeys(State.values, 0) | {row["state"]: row["n"] for row in rows}
