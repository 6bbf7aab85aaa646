"""EMAIL_BACKEND: what Django and the sign-in pages send goes through the outbox too."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import getaddresses, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from tickets import waking
from tickets.mail.mime import one_line
from tickets.mail.signing import make_mail_id
from tickets.models import OutboundMail


class OutboxBackend(BaseEmailBackend):
    """Each message becomes a row with the purpose `account`, sent by the same drain as all mail."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Queues the messages; returns how many. Files are not supported: nothing that uses this sends any."""
        with transaction.atomic():
            for message in email_messages:
                _queue(message)
            waking.wake(waking.SEND_DUE_MAIL)
        return len(email_messages)


def _queue(message: EmailMessage) -> None:
    if message.attachments:
        raise NotImplementedError("the outbox takes files from tickets' messages only")
    name, address = parseaddr(message.from_email or settings.DEFAULT_FROM_EMAIL)
    blind = [[(name, address)] for name, address in getaddresses(message.bcc)]
    visible = getaddresses(message.to), getaddresses(message.cc)
    for to, cc in ([visible] if any(visible) else []) + [(each, []) for each in blind]:
        OutboundMail.objects.create(
            purpose=OutboundMail.Purpose.ACCOUNT,
            sender_name=name,
            sender_address=address.lower(),
            to=[[party[0], party[1].lower()] for party in to],
            cc=[[party[0], party[1].lower()] for party in cc],
            subject=one_line(str(message.subject))[:500],
            body=str(message.body),
            headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
            mail_id=make_mail_id("", address.rpartition("@")[2] or "localhost"),
        )
