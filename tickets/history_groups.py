"""What the history says of groups, and of what was said to all in one.

`title` is None for whoever may not open the group.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from tickets.models import Event, GroupMembership

How = GroupMembership.How


def joined(event: Event, title: str | None) -> str:
    how = event.data.get("how")
    if title is None:
        return _("put it into a group by a rule") if how == How.RULE else _("put it into a group")
    if how == How.RULE:
        return _("put it into the group “%(group)s” by a rule") % {"group": title}
    if how == How.PORTAL:
        return _("said that it is the fault “%(group)s”, too") % {"group": title}
    return _("put it into the group “%(group)s”") % {"group": title}


def left(event: Event, title: str | None) -> str:
    return (
        _("took it out of a group") if title is None else _("took it out of the group “%(group)s”") % {"group": title}
    )


def closed(event: Event, title: str | None) -> str:
    return _("closed its group") if title is None else _("closed the group “%(group)s”") % {"group": title}


def replied(event: Event) -> str:
    if not event.data.get("broadcast"):
        return _("replied to the customer")
    if event.data.get("late"):
        return _("told the customer what the group was told before this ticket joined it")
    return _("told the customer with the broadcast of the group")


def told(event: Event, number: str) -> str:
    return _("told the customer in %(number)s, for this ticket too") % {"number": number}
