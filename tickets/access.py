"""For every door: fetch a ticket and authorise in one step. Unseen is 404, forbidden is 403."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.utils.translation import gettext as _

from tickets import permissions
from tickets.at_hand import AtHand, read_at_hand
from tickets.models import Attachment, Message, Right, Ticket, TicketGroup, User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


def _works_on(user: User, ticket: Ticket) -> bool:
    """`permissions.can_see_internal` of a ticket that was read just now: the database is asked only of the rest."""
    if permissions.has_right(user, ticket.team_id, Right.READ):
        return True
    is_his = user.is_active and user.is_agent and user.pk in (ticket.owner_id, ticket.responsible_id)
    return is_his or permissions.can_see_internal(user, ticket)


TO: dict[str, Callable[[User, Ticket], bool]] = {
    "see": lambda user, ticket: True,  # visible_to has answered that
    "see_internal": _works_on,
    "reply": permissions.can_reply,
    "note": permissions.can_note,
    "pass_on": permissions.can_pass_on,
    "split": permissions.can_split,
    "assign": permissions.can_assign,
    "group": permissions.can_group,
    "change_status": permissions.can_change_status,
    "change_priority": permissions.can_change_priority,
    "tag": permissions.can_tag,
    "merge": permissions.can_merge,
    "move": permissions.can_move,
    "accept": permissions.can_accept,
    "explain": permissions.can_explain,
    "write_as_customer": permissions.can_write_as_customer,
    "close_as_customer": permissions.can_close_as_customer,
}


def load_ticket(user: User | AnonymousUser, number: str, *, to: str = "see", at_hand: AtHand | None = None) -> Ticket:
    """The ticket of this number, if the person sees it (else Http404) and may do `to` (else PermissionDenied).

    `at_hand`: the small tables, where the door has read them already.
    """
    ticket = (
        Ticket.objects.visible_to(user)
        .select_related("owner", "responsible", "customer", "organisation", "merged_into")
        .annotate(is_led_to=Exists(Ticket.objects.filter(merged_into=OuterRef("pk"))))
        .filter(number=number)
        .first()
    )
    if ticket is None or not isinstance(user, User):
        raise Http404(_("There is no such ticket."))
    # Not as joins: with four more of them the database takes ten times as long to find their order as to read them.
    (at_hand or read_at_hand()).complete(ticket)
    if not TO[to](user, ticket):
        raise PermissionDenied(_("You don't have the right to do this. Ask the team's leader or an administrator."))
    return ticket


def load_request(user: User | AnonymousUser, number: str, *, to: str = "see") -> Ticket:
    """The ticket of this number as its customer sees it in the portal, else Http404; an agent's rights don't count."""
    if not Ticket.objects.asked_by(user).filter(number=number).exists():
        raise Http404(_("There is no such request."))
    return load_ticket(user, number, to=to)


def load_group(user: User, group_id: int, *, to: str = "see") -> TicketGroup:
    """The group of reports, if the agent may open it (else Http404) and may `to` "lead" it (else PermissionDenied)."""
    group = TicketGroup.objects.worked_by(user).select_related("team", "owner").filter(pk=group_id).first()
    if group is None:
        raise Http404(_("There is no such group."))
    if to == "lead" and not permissions.can_lead_group(user, group):
        raise PermissionDenied(_("Who owns the group or leads its team can do this."))
    return group


def load_message(user: User | AnonymousUser, number: str, message_id: int) -> Message:
    """A message of the ticket that the person may read, else Http404."""
    ticket = load_ticket(user, number)
    message = Message.objects.visible_to(user).filter(ticket=ticket, pk=message_id).first()
    if message is None:
        raise Http404(_("There is no such message."))
    return message


def load_attachment(user: User | AnonymousUser, number: str, attachment_id: int) -> Attachment:
    """A file on a message that the person may read, else Http404."""
    ticket = load_ticket(user, number)
    attachment = (
        Attachment.objects.select_related("blob", "message")
        .filter(pk=attachment_id, message__ticket=ticket, message__in=Message.objects.visible_to(user))
        .first()
    )
    if attachment is None:
        raise Http404(_("There is no such file."))
    return attachment
