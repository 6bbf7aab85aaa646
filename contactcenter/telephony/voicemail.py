"""A message left becomes a ticket of the queue's team, with the recording on it. Sent twice, it is one."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from contactcenter import callers, clock
from contactcenter.models import Contact, Exchange, Queue, Voicemail
from contactcenter.telephony import exchanges, following
from tickets import conversation, people, teams
from tickets.errors import Refused
from tickets.models import Channel, Ticket, User
from tickets.writing import NewFile

MOST_AUDIO = 20_000_000  # bytes
AUDIO = ("audio/", "video/ogg", "application/ogg")
LONGEST_TEXT = 20_000


def leave_voicemail(
    exchange: Exchange,
    *,
    key: str,
    number: str,
    queue_name: str = "",
    call_id: str = "",
    text: str = "",
    audio: NewFile | None = None,
) -> Ticket:
    """Opens the ticket, or gives the one that this key opened before. `text`: what was understood, if anything.

    An address of a recording in `text` is shown, never fetched. Raises Refused without a key, and for what is no sound
    or larger than 20 MB.
    """
    if not key:
        raise Refused(_("Give the message an id, so that it is filed once."), field="id")
    if audio is not None and not audio.media_type.startswith(AUDIO):
        raise Refused(_("The recording has to be a sound file."), field="audio")
    if audio is not None and len(audio.content) > MOST_AUDIO:
        raise Refused(_("The recording is larger than 20 MB."), field="audio")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"voicemail {exchange.pk} {key}"])
        known = Voicemail.objects.select_related("ticket").filter(exchange=exchange, key=key[:200]).first()
        if known is not None:
            return known.ticket
        contact = following.contact_of(exchange, call_id) if call_id else None
        queue = contact.queue if contact is not None and contact.queue else exchanges.queue_of(exchange, queue_name)
        ticket = _open_ticket(_person(contact, number), number, queue, text, [audio] if audio is not None else [])
        Voicemail.objects.create(
            exchange=exchange,
            key=key[:200],
            number=number[:80],
            contact=contact,
            ticket=ticket,
            received_at=clock.now(),
        )
        if contact is not None and contact.ticket_id is None:
            contact.ticket = ticket
            contact.save(update_fields=["ticket"])
    return ticket


def _person(contact: Contact | None, number: str) -> User:
    """Whose number it is; a stranger becomes a person known by his number."""
    if contact is not None and contact.customer is not None:
        return contact.customer
    found = callers.find_person(number)
    if found is not None:
        return found
    name = number or _("Withheld number")
    return people.add_person(name=name, email=None, phone=number)


def _open_ticket(person: User, number: str, queue: Queue | None, text: str, files: Sequence[NewFile]) -> Ticket:
    team = queue.team if queue is not None else teams.default_team()
    with translation.override(person.language or None):
        title = _("Voicemail from %(who)s") % {"who": person.name if person.name != number else number}
        said = text.strip()[:LONGEST_TEXT] or _("A message was left; the recording is attached.")
        if not files and not text.strip():
            said = _("A message was left, but the exchange sent no recording.")
    return conversation.open_request(
        title=title, text=said, team=team, channel=Channel.PHONE, by=person, customer=person, files=files
    )
