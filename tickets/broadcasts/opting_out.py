"""Who wants no broadcasts: said by a link in the mail, without signing in, and taken back in the same place."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from tickets.models import BroadcastOptOut, User

SALT = "tickets.broadcasts"


def opt_out(person: User) -> BroadcastOptOut:
    """No broadcasts from now on; answers to his own tickets come as ever. Twice is once."""
    with transaction.atomic():
        row, _created = BroadcastOptOut.objects.select_for_update(no_key=True).get_or_create(person=person)
        if row.came_back_at is not None:
            row.opted_out_at, row.came_back_at = timezone.now(), None
            row.save(update_fields=["opted_out_at", "came_back_at"])
    return row


def come_back(person: User) -> None:
    BroadcastOptOut.objects.filter(person=person, came_back_at__isnull=True).update(came_back_at=timezone.now())


def is_out(person: User) -> bool:
    return BroadcastOptOut.objects.filter(person=person, came_back_at__isnull=True).exists()


def link_for(person_id: int) -> str:
    """The address that stands in the person's mails. It says who he is, so it is signed; it never runs out."""
    token = signing.Signer(salt=SALT).sign(str(person_id))
    return settings.SITE_URL + reverse("tickets:portal_broadcasts", args=[token])


def person_of(token: str) -> User | None:
    """Whose link it is; None when somebody made it up or the person no longer takes part."""
    try:
        person_id = int(signing.Signer(salt=SALT).unsign(token))
    except (signing.BadSignature, ValueError):
        return None
    return User.objects.filter(pk=person_id, is_active=True).first()
