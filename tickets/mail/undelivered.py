"""Reports about mail of ours: it came back, it is delayed, it was read. They mark the mail and stay on its ticket."""

from __future__ import annotations

from django.utils import timezone

from tickets.history import record
from tickets.mail.matching import Match
from tickets.mail.parsed import Automatic, Bounce, ParsedMail
from tickets.models import AddressState, OutboundMail, Ticket, Verb
from tickets.people import find_person

REPORTS = frozenset({Automatic.BOUNCE, Automatic.DELAY, Automatic.RECEIPT})
UNMATCHED = {
    Automatic.BOUNCE: "unmatched_bounce",
    Automatic.DELAY: "unmatched_delay",
    Automatic.RECEIPT: "unmatched_receipt",
}


def mark_undelivered(ticket: Ticket, mail: ParsedMail, match: Match) -> OutboundMail | None:
    """Marks the mail that came back, and the addresses that are gone for good. The caller holds the ticket's lock.

    Only addresses that the mail really went to are marked: whoever can forge a report must not silence others.
    """
    bounce = mail.bounce
    if bounce is None or mail.automatic is not Automatic.BOUNCE:
        return None
    outbound = match.outbound or _latest_to(match.ticket, bounce)
    if outbound is None:
        return None
    outbound = OutboundMail.objects.select_for_update(no_key=True).get(pk=outbound.pk)
    gone = _recipients_of_ours(outbound, bounce)
    if bounce.is_permanent:
        outbound.state = OutboundMail.State.BOUNCED
        outbound.last_error = "" if outbound.erasure_id is not None else _in_short(bounce)
        outbound.claimed_until = None
        outbound.save(update_fields=["state", "last_error", "claimed_until"])
        for address in gone:
            mark_address(address, status=bounce.status, detail=bounce.reason)
    own_message = outbound.message if outbound.ticket_id == ticket.pk else None
    record(
        ticket,
        Verb.MAIL_BOUNCED,
        by=None,
        message=own_message,
        mail=outbound.pk,
        status=bounce.status,
        permanent=bounce.is_permanent,
        people=sorted({person.pk for person in map(find_person, gone) if person is not None}),
    )
    return outbound


def mark_address(address: str, *, status: str, detail: str) -> None:
    """Remembers that mail to this address comes back for good."""
    AddressState.objects.update_or_create(
        email=address.lower()[:254],
        defaults={"bounced_at": timezone.now(), "bounce_status": status[:20], "bounce_detail": detail[:300]},
    )


def clear_address(address: str) -> None:
    """Somebody writes from it, so it lives."""
    AddressState.objects.filter(email=address.lower(), bounced_at__isnull=False).update(
        bounced_at=None, bounce_status="", bounce_detail=""
    )


def _latest_to(ticket: Ticket, bounce: Bounce) -> OutboundMail | None:
    """The ticket's latest mail to a recipient of the report, for reports that do not name the mail itself."""
    wanted = {address.lower() for address in bounce.recipients}
    for outbound in ticket.outbound.order_by("-id")[:50]:
        if wanted & set(_addresses(outbound)):
            return outbound
    return None


def _recipients_of_ours(outbound: OutboundMail, bounce: Bounce) -> list[str]:
    ours = _addresses(outbound)
    named = [address.lower() for address in bounce.recipients]
    if not named and len(ours) == 1:
        return ours
    return [address for address in ours if address in named]


def _addresses(outbound: OutboundMail) -> list[str]:
    return [str(row[1]).lower() for row in (*outbound.to, *outbound.cc)]


def _in_short(bounce: Bounce) -> str:
    return f"{bounce.status} {bounce.reason}".strip()[:500] or "bounced"
