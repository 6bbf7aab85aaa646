""" "Call me back" in the portal: asked, standing in the line, called off; not reached, it becomes a request."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from contactcenter import callbacks, callers, clock, contacts, queues, routing
from contactcenter.log import Verb, record
from contactcenter.models import CallbackWish, Contact, Outcome, Queue
from tickets import conversation
from tickets.errors import Refused
from tickets.models import Channel, Ticket, User

LONGEST_TEXT = 2000
FARTHEST = timedelta(days=7)
SHOWN_FOR = timedelta(days=1)


def offered_queues() -> QuerySet[Queue]:
    """In which customers may ask to be called back."""
    return Queue.objects.select_related("hours", "team").filter(is_active=True, is_callback_offered=True)


def earliest(queue: Queue) -> datetime | None:
    """When somebody could call at the earliest: now, or when it opens; None when it stays closed for weeks."""
    at = clock.now()
    return queues.next_opening(queues.week_of(queue.hours), at) if queue.hours else at


def ask_for_callback(
    queue: Queue, *, number: str, by: User, text: str = "", wished_at: datetime | None = None
) -> CallbackWish:
    """The person is called at this number, in his turn from now on, but not before `wished_at`.

    Asked again for the same queue, the number, words and time are replaced and the place is kept. Raises Refused.
    """
    number = " ".join(number.replace("\x00", "").split())
    if len(callers.digits_of(number)) < callers.LEAST_FOR_A_PERSON or len(number) > 40:
        raise Refused(_("Give a phone number that we can call, such as +36 30 123 4567."), field="number")
    text = text.replace("\x00", "").strip()
    if len(text) > LONGEST_TEXT:
        raise Refused(_("At most %(count)s characters fit.") % {"count": LONGEST_TEXT}, field="text")
    at = clock.now()
    if wished_at is not None and not at - timedelta(minutes=5) <= wished_at <= at + FARTHEST:
        raise Refused(_("Choose a time within the next seven days."), field="wished_at")
    opens = earliest(queue)
    if opens is None or not queue.is_callback_offered or not queue.is_active:
        raise Refused(_("Nobody can be called back from this queue now."), field="queue")
    begins = max(filter(None, (opens, wished_at)))
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).values_list("pk").get(pk=by.pk)
        known = open_wishes(by).filter(contact__queue=queue).first()
        if known is not None:
            return _change(known, number, text, wished_at, begins)
        contact = contacts.open_contact(
            Contact.Channel.CALLBACK, by=by, customer=by, number=number, direction=Contact.Direction.OUT
        )
        wish = CallbackWish.objects.create(contact=contact, text=text, wished_at=wished_at, asked_at=at)
        _wait(contact, queue, begins, by=by)
    return wish


def instead_of_chat(contact: Contact, *, by: User) -> CallbackWish:
    """Whoever waits for a chat is called at his own number instead, at the same place. Raises Refused without one."""
    if not callers.digits_of(by.phone):
        raise Refused(_("Without a number nobody can be called back."))
    with transaction.atomic():
        callback = routing.lock_contact(callbacks.ask_callback(contact, by=by))
        callback.number = by.phone
        callback.save(update_fields=["number"])
        return CallbackWish.objects.create(contact=callback, asked_at=clock.now())


def _wait(contact: Contact, queue: Queue, begins: datetime, *, by: User) -> None:
    """In the line now, or later with today's age."""
    at = clock.now()
    if begins <= at:
        routing.put_in_line(contact, queue, by=by, at=at, queued_at=at)
        routing.wake()
        return
    contact.state, contact.queue, contact.queued_at, contact.retry_at = Contact.State.RETRY_WAIT, queue, at, begins
    contact.save(update_fields=["state", "queue", "queued_at", "retry_at"])
    record(Verb.QUEUED, by=by, contact=contact, queue=queue, begins=begins.isoformat())


def _change(wish: CallbackWish, number: str, text: str, wished_at: datetime | None, begins: datetime) -> CallbackWish:
    contact = routing.lock_contact(wish.contact_id)
    if contact.state not in (Contact.State.QUEUED, Contact.State.RETRY_WAIT):
        raise Refused(_("We are calling you at this moment."))
    contact.number = number
    fields = ["number"]
    if contact.state == Contact.State.RETRY_WAIT and not contact.tries:
        contact.retry_at = begins
        fields.append("retry_at")
    contact.save(update_fields=fields)
    wish.text, wish.wished_at = text or wish.text, wished_at
    wish.save(update_fields=["text", "wished_at"])
    return wish


def open_wishes(user: User) -> QuerySet[CallbackWish]:
    """What the person still waits for."""
    found = CallbackWish.objects.filter(contact__customer=user).exclude(contact__state__in=Contact.OVER)
    return found.select_related("contact__queue", "contact__agent__user", "contact__ticket")


def recent_wishes(user: User) -> QuerySet[CallbackWish]:
    """What he waits for, and what came of those of the last day."""
    since = clock.now() - SHOWN_FOR
    found = CallbackWish.objects.filter(contact__customer=user).exclude(
        contact__state__in=Contact.OVER, contact__ended_at__lt=since
    )
    return found.select_related("contact__queue", "contact__agent__user", "ticket").order_by("-asked_at")


def call_off(wish: CallbackWish, *, by: User) -> Contact:
    """The person does without. Raises Refused while he is being called."""
    return contacts.leave_line(wish.contact, outcome=Outcome.WITHDRAWN, by=by)


def file_unreached(limit: int = 100) -> int:
    """Whoever could not be reached finds his words as a request of his. Returns how many."""
    missed = CallbackWish.objects.filter(ticket__isnull=True, contact__outcome__in=[Outcome.NO_REPLY, Outcome.FAILED])
    filed = 0
    for key in list(missed.order_by("pk").values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            CallbackWish.objects.select_for_update(no_key=True, of=("self",)).values_list("pk").get(pk=key)
            wish = CallbackWish.objects.select_related("contact__queue__team", "contact__customer").get(pk=key)
            if wish.ticket_id is None:
                wish.ticket = _open_ticket(wish)
                wish.save(update_fields=["ticket"])
                filed += 1
    return filed


def _open_ticket(wish: CallbackWish) -> Ticket:
    contact = wish.contact
    customer, queue = contact.customer, contact.queue
    assert customer is not None  # a wish is a signed-in person's
    assert queue is not None  # it has been tried
    with translation.override(customer.language):
        tried = _("We tried to call you at %(number)s and could not reach you.") % {"number": contact.number}
        text = f"{wish.text}\n\n{tried}".strip()
        title = _("Call back: not reached")
    return conversation.open_request(
        title=title, text=text, team=queue.team, channel=Channel.PHONE, by=customer, customer=customer
    )
