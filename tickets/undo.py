"""A reply can be taken back for some seconds: until then it is a draft on its way, and nothing has happened yet.

When its time comes a drain says it through `desk.send_reply` and removes the draft in the same transaction: it is said
exactly once, even when a worker dies or two run. Whatever speaks against it then brings the draft back.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from tickets import desk, live, permissions, telling, waking
from tickets.answer_templates import refuse_placeholders
from tickets.drafts import (
    Fields,
    Page,
    bring_back,
    clean_fields,
    draft_on,
    lock_person,
    read_files,
    set_aside_unseen,
    settle,
    take_draft_along,
    use_key,
)
from tickets.errors import Refused
from tickets.files import store_blob
from tickets.lifecycle import lock_ticket
from tickets.mail.outgoing import default_recipients
from tickets.meanwhile import HeldBack, look_around, matters_since, newest_line
from tickets.merge_paths import target_of
from tickets.models import Draft, DraftFile, Message, Status, Ticket, User, Verb
from tickets.writing import PARTY, NewFile, check_files, clean_text

log = logging.getLogger(__name__)

PAUSE = timedelta(seconds=20)  # after a fault of ours
MOST_FAULTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A reply as its writer decided it."""

    text: str
    to: Sequence[PARTY] | None = None
    cc: Sequence[PARTY] = ()
    then: Status | None = None
    pending_until: datetime | None = None
    promise: desk.NewPromise | None = None


def send_answer(
    ticket: Ticket,
    answer: Answer,
    *,
    by: User,
    fields: Fields,
    files: Collection[NewFile] = (),
    key: UUID | None = None,
    page: Page | None = None,
    based_on: int | None = None,
    anyway: bool = False,
) -> Draft | Message | None:
    """Sends the reply: on its way for the person's seconds, or at once when these are 0. With the draft's files.

    Everything that would refuse it refuses it now. Raises HeldBack when something came in since `based_on`, unless
    `anyway`. None when this very form (`key`) was sent before.
    """
    with transaction.atomic():
        lock_person(by)
        if not use_key(by, key):
            return None
        ticket = lock_ticket(ticket)
        if not anyway:
            refuse_placeholders(answer.text)
            if based_on is not None:
                look_around(ticket, by=by, since=based_on)
            _warn_of_twice(ticket, answer.text, by=by)
        draft = draft_on(ticket, Draft.Kind.REPLY, by=by)
        if draft is not None:
            set_aside_unseen(draft, page)
        all_files = [*read_files(draft), *files]
        if not by.undo_seconds:
            message = _say(ticket, answer, by=by, files=all_files)
            if draft is not None:
                settle(draft)
            return message
        check_files(all_files)
        with contextlib.suppress(_Rehearsed), transaction.atomic():  # every rule is asked now, not in some seconds
            _say(ticket, answer, by=by, files=())
            raise _Rehearsed
        return _hold(ticket, answer, draft, by=by, fields=fields, files=files)


def _warn_of_twice(ticket: Ticket, text: str, *, by: User) -> None:
    """Raises HeldBack when this very text was sent already, or is on its way: from another tab, as a rule."""
    waiting = Draft.objects.filter(ticket=ticket, user=by, kind=Draft.Kind.REPLY, send_at__isnull=False)
    on_its_way = any(telling.is_same_text(text, draft.fields.get("text", "")) for draft in waiting)
    if on_its_way or telling.was_told(ticket, text):
        raise HeldBack(_("This very text was sent already. Send it only if it is to arrive twice."))


def undo_send(draft: Draft | None, *, by: User) -> Draft:
    """The reply comes back into the composer. Raises Refused when it has left the house already: its draft is gone."""
    with transaction.atomic():
        row = (
            Draft.objects.select_for_update()
            .filter(pk=draft.pk if draft and draft.pk else 0, user=by, send_at__isnull=False)
            .first()
        )
        if row is None:
            raise Refused(_("It was too late: the answer has been sent."))
        row = bring_back(row)
        row.orders = {}
        row.save(update_fields=["orders"])
        _hint(row)
    return row


def send_due_drafts(limit: int = 200) -> int:
    """Says what is due, oldest first. Returns how many drafts it took up; may run twice and side by side."""
    taken = 0
    while taken < limit and _send_next():
        taken += 1
    return taken


def _send_next() -> bool:
    with transaction.atomic():
        draft = (
            Draft.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("user", "ticket")
            .filter(send_at__lte=timezone.now())
            .order_by("send_at", "pk")
            .first()
        )
        if draft is None:
            return False
        with translation.override(draft.user.language):  # a refusal is for its writer to read
            _send(draft)
    return True


def _send(draft: Draft) -> None:
    try:
        with transaction.atomic():
            assert draft.ticket is not None
            _say_as_ordered(draft, draft.ticket)
            draft.delete()
    except Refused as refusal:
        _return(draft, str(refusal))
    except Exception as error:
        log.exception("draft not sent", extra={"draft": draft.pk, "error": type(error).__name__})
        _put_off(draft)


def _put_off(draft: Draft) -> None:
    """A fault of ours: try again soon, and after some tries give it back."""
    faults = int(draft.orders.get("faults", 0)) + 1
    if faults >= MOST_FAULTS:
        _return(draft, _("A fault of ours kept it from being sent. Send it again, or tell an administrator."))
        return
    draft.orders = draft.orders | {"faults": faults}
    draft.send_at = timezone.now() + PAUSE
    draft.save(update_fields=["orders", "send_at"])


def _return(draft: Draft, sentence: str) -> None:
    """The writer finds it in the composer again, with the sentence, and behind his bell."""
    ticket = draft.ticket
    assert ticket is not None
    draft.orders = {}
    draft = bring_back(draft, refusal=sentence)
    end = target_of(ticket)
    if end.pk != ticket.pk:
        draft, ticket = take_draft_along(draft, to=end, seen=newest_line(end)), end
    telling.tell([draft.user], telling.Kind.SEND_REFUSED, ticket=ticket)
    _hint(draft)


# --- what is decided on sending, and what is done when its time comes ------------------------------------------------


class _Rehearsed(Exception):
    """Ends a rehearsal, whose doings are undone."""


def _hold(
    ticket: Ticket, answer: Answer, draft: Draft | None, *, by: User, fields: Fields, files: Collection[NewFile]
) -> Draft:
    """Puts the draft on its way. Texts of other pages that were set aside stay behind as a draft."""
    if draft is None:
        draft = Draft(user=by, ticket=ticket, kind=Draft.Kind.REPLY)
    others, draft.others = draft.others, {}
    draft.fields = clean_fields(fields)
    draft.orders = _orders_of(ticket, answer, seconds=by.undo_seconds)
    draft.based_on = newest_line(ticket)
    draft.refusal = ""
    draft.saved_at = timezone.now()
    draft.send_at = timezone.now() + timedelta(seconds=by.undo_seconds)
    draft.save()
    for file in files:
        DraftFile.objects.create(
            draft=draft, blob=store_blob(file.content), name=file.name, media_type=file.media_type[:150]
        )
    if others:
        Draft.objects.create(user=by, ticket=ticket, kind=draft.kind, others=others, version=draft.version + 1)
    waking.wake_in(waking.SEND_DUE_DRAFTS, by.undo_seconds)
    _hint(draft)
    return draft


def _orders_of(ticket: Ticket, answer: Answer, *, seconds: int) -> dict[str, Any]:
    return {
        "seconds": seconds,
        "to": [list(party) for party in (answer.to or default_recipients(ticket))],
        "cc": [list(party) for party in answer.cc],
        "customer": ticket.customer_id,
        "then": answer.then.code if answer.then else "",
        "pending_until": answer.pending_until.isoformat() if answer.pending_until else "",
        "who": answer.promise.who.pk if answer.promise else None,
        "by_when": answer.promise.by_when.isoformat() if answer.promise else "",
    }


def _say_as_ordered(draft: Draft, ticket: Ticket) -> None:
    by, orders = draft.user, draft.orders
    ticket = lock_ticket(ticket)
    then = Status.objects.get(code=orders["then"]) if orders["then"] else None
    promise = None
    if orders["who"]:
        by_when = parse_datetime(orders["by_when"])
        assert by_when is not None
        promise = desk.NewPromise(User.objects.get(pk=orders["who"]), max(by_when, timezone.now() + PAUSE))
    answer = Answer(
        text=str(draft.fields.get("text", "")),
        to=[(str(name), str(address)) for name, address in orders["to"]],
        cc=[(str(name), str(address)) for name, address in orders["cc"]],
        then=then,
        pending_until=parse_datetime(orders["pending_until"]) if orders["pending_until"] else None,
        promise=promise,
    )
    _check_readers(ticket, orders)
    answered = [each for each in matters_since(ticket, by=by, since=draft.based_on) if each.verb == Verb.REPLIED]
    if answered and answered[-1].by is not None:
        raise Refused(_("%(name)s answered meanwhile. Read it first.") % {"name": answered[-1].by})
    _say(ticket, answer, by=by, files=read_files(draft))


def _check_readers(ticket: Ticket, orders: dict[str, Any]) -> None:
    """The customer named on the button is still the customer, and the address is still his."""
    if orders["customer"] != ticket.customer_id:
        raise Refused(_("The customer was changed meanwhile. Check whom the answer goes to."), field="to")
    if ticket.customer is None:
        return
    known = {address for _name, address in default_recipients(ticket)}
    known |= set(ticket.customer.addresses.values_list("email", flat=True))
    own = [str(address).lower() for name, address in orders["to"] if name == ticket.customer.name]
    if any(address not in known for address in own):
        raise Refused(_("The customer's address was changed meanwhile. Check whom the answer goes to."), field="to")


def _say(ticket: Ticket, answer: Answer, *, by: User, files: Sequence[NewFile]) -> Message:
    """Checks the rights as they are now, and says it."""
    permissions.require(permissions.can_reply(by, ticket))
    permissions.require(answer.then is None or permissions.can_change_status(by, ticket))
    promise = answer.promise
    permissions.require(promise is None or promise.who.pk == by.pk or permissions.can_assign(by, ticket))
    return desk.send_reply(
        ticket,
        text=clean_text(answer.text, field="text"),
        by=by,
        to=answer.to,
        cc=answer.cc,
        files=files,
        then=answer.then,
        pending_until=answer.pending_until if answer.then is not None and answer.then.is_pending else None,
        promise=promise,
    )


def _hint(draft: Draft) -> None:
    """The person's open pages read again what is on its way; nobody else's concern."""
    ticket = draft.ticket
    assert ticket is not None
    live.tell_writer(draft.user_id, ticket)
