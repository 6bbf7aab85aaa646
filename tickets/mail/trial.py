"""Tests of a mailbox: a mail to the administrator, and one to the mailbox itself that has to come back in.

Both go the way of all mail, through the outbox. What comes back is known by its Message-ID, which only we can sign;
intake sets it aside as our own mail.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets import waking
from tickets.errors import Refused
from tickets.mail.addressing import LOCAL_PART_LIMIT, plus_address
from tickets.mail.signing import make_mail_id
from tickets.models import InboundMail, Mailbox, OutboundMail, User

State = OutboundMail.State

SAMPLE_NUMBER = "20300101000000001"
ONE_AT_A_TIME = timedelta(seconds=30)
# A mail that is not back by then will hardly come; the page stops looking.
LONGEST_WAY = timedelta(minutes=10)
SHOWN = 6


@dataclass(frozen=True, slots=True)
class Trial:
    """One test mail and how far it got. `back` is the raw mail by which it came in again."""

    mail: OutboundMail
    is_round_trip: bool
    back: InboundMail | None

    @property
    def is_on_its_way(self) -> bool:
        """Whether it is worth looking again soon."""
        if timezone.now() - self.mail.created_at > LONGEST_WAY:
            return False
        if self.mail.state in (State.QUEUED, State.DEFERRED):
            return True
        return self.is_round_trip and self.back is None and self.mail.state == State.SENT and not self.mail.is_captured

    @property
    def seconds_back(self) -> int:
        """How long the round trip took."""
        return max(0, round((self.back.received_at - self.mail.created_at).total_seconds())) if self.back else 0

    @property
    def kept_plus(self) -> bool:
        """Whether the way back kept what stands behind the plus sign."""
        return self.back is not None and "+" in self.back.envelope_to


def send_trial(mailbox: Mailbox, *, by: User) -> list[OutboundMail]:
    """Queues the two mails. Raises Refused without an address to send to, or while a test has just been sent."""
    if not mailbox.is_active:
        raise Refused(_("The mailbox is not in use: make it active first."))
    if not by.email:
        raise Refused(_("You have no e-mail address that a test could be sent to."))
    with transaction.atomic():
        Mailbox.objects.select_for_update(no_key=True, of=("self",)).get(pk=mailbox.pk)
        if _trials(mailbox).filter(created_at__gt=timezone.now() - ONE_AT_A_TIME).exists():
            raise Refused(_("A test was sent a moment ago: see how it goes."))
        token = secrets.token_hex(4)
        rows = [
            _queue(mailbox, by.name, by.email, token=token),
            _queue(mailbox, mailbox.name, trial_address(mailbox.address, token), token=token),
        ]
        waking.wake(waking.SEND_DUE_MAIL)
    return rows


def trials_of(mailbox: Mailbox) -> list[Trial]:
    """The latest tests, newest first."""
    mails = list(_trials(mailbox).order_by("-pk")[:SHOWN])
    returned = {
        row.detail: row
        for row in InboundMail.objects.defer("raw")
        .filter(reason="own_mail", detail__in=[mail.mail_id for mail in mails])
        .select_related("mailbox")
    }
    return [Trial(mail, _is_round_trip(mail), returned.get(mail.mail_id)) for mail in mails]


def trial_address(address: str, token: str) -> str:
    """The mailbox's address with the test's mark behind a plus sign, where plus addresses are in use."""
    local, _at, domain = address.rpartition("@")
    marked = f"{local}+test.{token}"
    return f"{marked}@{domain}" if settings.MAIL_PLUS_ADDRESSES and len(marked) <= LOCAL_PART_LIMIT else address


def sample_plus_address(address: str) -> str:
    """What the Reply-To of a ticket's mail looks like; the plain address where plus addresses are off."""
    return plus_address(address, SAMPLE_NUMBER)


def _trials(mailbox: Mailbox) -> QuerySet[OutboundMail]:
    return OutboundMail.objects.filter(sender_address=mailbox.address, purpose=OutboundMail.Purpose.TEST)


def _is_round_trip(mail: OutboundMail) -> bool:
    local = mail.sender_address.rpartition("@")[0]
    return any(address == mail.sender_address or address.startswith(f"{local}+test.") for _name, address in mail.to)


def _queue(mailbox: Mailbox, name: str, address: str, *, token: str) -> OutboundMail:
    return OutboundMail.objects.create(
        purpose=OutboundMail.Purpose.TEST,
        sender_name=mailbox.name,
        sender_address=mailbox.address,
        to=[[name, address.lower()]],
        subject=_("Test %(token)s of %(address)s") % {"token": token, "address": mailbox.address},
        body=_("This mail was sent from the set-up page to try the mailbox. Nothing is to be done with it.") + "\n",
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
        mail_id=make_mail_id("", mailbox.address.rpartition("@")[2] or "localhost"),
    )
