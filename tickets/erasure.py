"""The erasure that law demands: one logged act by two people, which blanks a content and keeps its hash.

The ticket, its number and its history stay, and the chain still verifies.
"""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets import files
from tickets.errors import Refused
from tickets.history import record
from tickets.lifecycle import lock_ticket
from tickets.models import Delivery, Erasure, InboundMail, Message, OutboundMail, User, Verb


def ask_erasure(message: Message, *, reason: str, by: User) -> Erasure:
    """The first person asks, with the reason. Nothing is erased yet."""
    reason = " ".join(reason.split())
    if not reason:
        raise Refused(_("Say why the law demands it."), field="reason")
    with transaction.atomic():
        ticket = lock_ticket(message.ticket)
        if Erasure.objects.filter(message=message).exists():
            raise Refused(_("The erasure of this message was already asked for."))
        erasure = Erasure.objects.create(message=message, reason=reason[:300], asked_by=by)
        record(ticket, Verb.ERASURE_ASKED, by=by, message=message, erasure=erasure.pk)
    return erasure


def approve_erasure(erasure: Erasure, *, by: User) -> Erasure:
    """The second person approves, and the content goes: text, sender, recipients, files, the raw mail, the mail sent.

    Of a broadcast goes what it kept of this person: the copy in his ticket, the mail that took it there, his address
    and the mail server's words in the ledger. It is not tried again. What stays is that he was told and when, and the
    broadcast's own text: those are the house's words to everybody, with the placeholders still empty, so they say
    nothing of him; the other reporters have them, and whoever joins later gets them.

    Contents of files are removed from the storage once the transaction is committed.
    """
    with transaction.atomic():
        ticket = lock_ticket(erasure.message.ticket)
        erasure = Erasure.objects.select_for_update(no_key=True).select_related("message").get(pk=erasure.pk)
        if erasure.approved_by_id is not None:
            return erasure
        if erasure.asked_by_id == by.pk:
            raise Refused(_("An erasure takes two people: someone else has to approve it."))
        erasure.approved_by = by
        erasure.approved_at = timezone.now()
        erasure.save(update_fields=["approved_by", "approved_at"])
        message = erasure.message
        attachments = list(message.attachments.select_related("blob"))
        Message.objects.filter(pk=message.pk).update(
            body="", fresh="", html="", subject="", from_address="", from_name="", to=[], cc=[], erasure=erasure
        )
        message.attachments.update(name="", content_id="", erasure=erasure)
        if message.inbound is not None:  # and its copies at our other addresses, which hold the same words
            InboundMail.objects.filter(fingerprint=message.inbound.fingerprint, erasure__isnull=True).update(
                raw=b"", envelope_from="", envelope_to="", detail="", erasure=erasure
            )
        OutboundMail.objects.filter(message=message).update(
            sender_name="", to=[], cc=[], subject="", body="", headers={}, last_error="", erasure=erasure
        )
        _forget_in_broadcast(message)
        record(ticket, Verb.ERASED, by=by, message=message, erasure=erasure.pk)
        for blob in {attachment.blob for attachment in attachments}:
            transaction.on_commit(partial(files.erase_blob, blob))
    return erasure


def _forget_in_broadcast(message: Message) -> None:
    """The lock of the message's ticket is held."""
    his = Delivery.objects.filter(message=message)
    his.filter(delivered_at__isnull=False).update(address="", detail="")
    # Queued again after a bounce. One that the drain has in its hands waits for this ticket, and sees the erasure then.
    queued = his.filter(delivered_at__isnull=True).select_for_update(no_key=True, skip_locked=True)
    for delivery in queued:
        Delivery.objects.filter(pk=delivery.pk).update(
            state=Delivery.State.SKIPPED, reason=Delivery.Reason.ERASED, address="", detail=""
        )
