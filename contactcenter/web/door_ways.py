"""What the contact centre brings to the portal's home: chat and call back, where a queue offers them."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from contactcenter.models import Queue
from tickets.models import User
from tickets.web.portal_ways import Way


def ways(user: User) -> list[Way]:
    """One query."""
    offered = list(Queue.objects.filter(is_active=True).values_list("is_chat_offered", "is_callback_offered"))
    found = []
    if any(chat for chat, _callback in offered):
        found.append(
            Way(reverse("contactcenter:portal_chat_door"), "reply", _("Chat"), _("Write with somebody right now."))
        )
    if any(callback for _chat, callback in offered):
        found.append(
            Way(
                reverse("contactcenter:portal_callback"),
                "phone",
                _("Call me back"),
                _("You keep your place in the line without waiting at the phone."),
            )
        )
    return found
