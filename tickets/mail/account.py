"""The account of mail: all that came in is a ticket, a follow-up, quarantined or ignored, and the sum is right."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from tickets.models import InboundMail, Message


@dataclass(frozen=True, slots=True)
class Account:
    """How many mails came in, and what became of them. `astray` counts filed mails without a message; always 0."""

    total: int
    waiting: int
    new_tickets: int
    follow_ups: int
    quarantined: int
    ignored: int
    astray: int

    @property
    def adds_up(self) -> bool:
        """Nothing is missing: each mail is somewhere, and each that was filed is really on its ticket."""
        parts = self.waiting + self.new_tickets + self.follow_ups + self.quarantined + self.ignored
        return self.total == parts and self.astray == 0


def mail_account() -> Account:
    """The account as it stands, read at one moment."""
    state = InboundMail.State
    filed = Q(state__in=[state.NEW_TICKET, state.FOLLOW_UP])
    on_ticket = Exists(Message.objects.filter(inbound=OuterRef("pk"), ticket=OuterRef("ticket")))
    counts = InboundMail.objects.aggregate(
        total=Count("pk"),
        waiting=Count("pk", filter=Q(state=state.WAITING)),
        new_tickets=Count("pk", filter=Q(state=state.NEW_TICKET)),
        follow_ups=Count("pk", filter=Q(state=state.FOLLOW_UP)),
        quarantined=Count("pk", filter=Q(state=state.QUARANTINED)),
        ignored=Count("pk", filter=Q(state=state.IGNORED)),
        astray=Count("pk", filter=filed & ~Q(on_ticket)),
    )
    return Account(**counts)
