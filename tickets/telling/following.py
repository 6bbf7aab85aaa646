"""Following a group, and muting: hearing no more of one ticket or group, save what is meant for oneself alone."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Value
from django.utils.translation import gettext as _

from tickets.errors import Refused
from tickets.models import GroupWatch, Mute, Ticket, TicketGroup, User, Watch


def watch_group(group: TicketGroup, *, by: User) -> GroupWatch:
    """From now on every report and change of it is behind the person's bell. Twice is once; it ends a muting."""
    if not TicketGroup.objects.worked_by(by).filter(pk=group.pk).exists():
        raise Refused(_("Only who sees the group can watch it."))
    with transaction.atomic():
        watch, _created = GroupWatch.objects.get_or_create(group=group, user=by)
        Mute.objects.filter(user=by, group=group).delete()
    return watch


def unwatch_group(group: TicketGroup, *, by: User) -> None:
    GroupWatch.objects.filter(group=group, user=by).delete()


def is_watching_group(group: TicketGroup, user: User) -> bool:
    return GroupWatch.objects.filter(group=group, user=user).exists()


def mute(*, by: User, ticket: Ticket | None = None, group: TicketGroup | None = None) -> Mute:
    """The person hears no more of this ticket or group, neither behind the bell nor by mail; twice is once.

    What is urgent still comes: it was given to him, he is mentioned, his promise is due.
    """
    if ticket is not None:
        seen = Ticket.objects.worked_by(by).filter(pk=ticket.pk).exists()
    else:
        assert group is not None, "mute needs a ticket or a group"
        seen = TicketGroup.objects.worked_by(by).filter(pk=group.pk).exists()
    if not seen:
        raise Refused(_("Only who sees it can mute it."))
    made, _created = Mute.objects.get_or_create(user=by, ticket=ticket, group=group if ticket is None else None)
    return made


def unmute(*, by: User, ticket: Ticket | None = None, group: TicketGroup | None = None) -> None:
    mutes = Mute.objects.filter(user=by)
    (mutes.filter(ticket=ticket) if ticket is not None else mutes.filter(group=group)).delete()


def followers_of(ticket: Ticket, *, reader: User) -> tuple[list[User], bool]:
    """Who watches the ticket, by name, and whether the reader muted it. One query while nobody watches, else two."""
    watching = Watch.objects.filter(ticket=ticket, user__is_active=True).values_list("user", Value(value=False))
    muting = Mute.objects.filter(ticket=ticket, user=reader).values_list("user", Value(value=True))
    rows = list(watching.union(muting, all=True))
    people = {user_id for user_id, is_mute in rows if not is_mute}
    watchers = list(User.objects.filter(pk__in=people).order_by("name")) if people else []
    return watchers, any(is_mute for _user, is_mute in rows)


def is_muted(user: User, *, ticket: Ticket | None = None, group: TicketGroup | None = None) -> bool:
    mutes = Mute.objects.filter(user=user)
    return (mutes.filter(ticket=ticket) if ticket is not None else mutes.filter(group=group)).exists()
