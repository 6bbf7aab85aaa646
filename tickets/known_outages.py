"""Known faults as customers read them: what the portal says, and “I have this too”."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Coalesce
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tickets import conversation
from tickets.errors import Refused
from tickets.groups import How, join_group
from tickets.models import Channel, GroupMembership, Ticket, TicketGroup, User

MOST_SHOWN = 10
TITLE_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Outage:
    """A known fault in the reader's words. `ticket` is his own request about it, if he has one.

    `is_alike`: what he is writing sounds like it. Of the group a customer reads nothing but what is written here.
    """

    group: TicketGroup
    text: str
    ticket: Ticket | None = None
    is_alike: bool = False

    @property
    def pk(self) -> int:
        return self.group.pk

    @property
    def since(self) -> datetime | None:
        return self.group.outage_since


def list_outages(reader: User, *, most: int = MOST_SHOWN) -> list[Outage]:
    """Those that the portal shows now, the newest first, in two queries."""
    shown = TicketGroup.objects.filter(is_outage_shown=True, status=TicketGroup.Status.OPEN)
    groups = list(shown.order_by(Coalesce("outage_since", "opened_at").desc(), "-pk")[:most])
    if not groups:
        return []
    mine = GroupMembership.objects.current().filter(group__in=groups, ticket__customer=reader).select_related("ticket")
    tickets = {membership.group_id: membership.ticket for membership in mine.order_by("pk")}
    return [Outage(group, text_of(group), tickets.get(group.pk)) for group in groups]


def text_of(group: TicketGroup) -> str:
    """What the portal says of it in the reader's language, else in the house's, else in any."""
    texts = group.outage
    for language in ((get_language() or "")[:2], settings.LANGUAGE_CODE[:2]):
        if texts.get(language):
            return str(texts[language])
    return str(next(iter(texts.values()), ""))


def report_outage(group: TicketGroup, *, by: User, text: str = "") -> Ticket:
    """“I have this too”: a request of the customer in the group's team, a member from the start. Twice is once.

    Raises Refused when the outage is no longer shown.
    """
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).values_list("pk").get(pk=by.pk)  # two presses are one request
        group = TicketGroup.objects.select_related("team").get(pk=group.pk)
        if not group.is_outage_shown or not group.is_open:
            raise Refused(_("This is no longer known as a fault. Please send a request of your own."))
        known = GroupMembership.objects.current().filter(group=group, ticket__customer=by).select_related("ticket")
        if (held := known.first()) is not None:
            return held.ticket
        said = text_of(group)
        ticket = conversation.open_request(
            title=_title_of(said),
            text=text.strip() or _("I have this too: %(outage)s") % {"outage": said},
            team=group.team,
            channel=Channel.WEB,
            by=by,
            customer=by,
        )
        join_group(group, ticket=ticket, by=by, how=How.PORTAL)
    return ticket


def _title_of(text: str) -> str:
    """Its first sentence: what the customer has read, never the team's own title of the group."""
    first = next((line for line in text.splitlines() if line.strip()), "").strip()
    sentence = first.split(". ", 1)[0].rstrip(".")
    return sentence if len(sentence) <= TITLE_LENGTH else sentence[: TITLE_LENGTH - 1].rstrip() + "…"
