"""Who else is on a ticket: a part of its page, read again whenever somebody comes, goes or begins to write."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from tickets.access import load_ticket
from tickets.models import User
from tickets.presence import Colleague, Doing, colleagues_on
from tickets.web.responses import AgentRequest, for_agents


@require_GET
@for_agents
def presence(request: AgentRequest, number: str) -> HttpResponse:
    """The avatars of the head, and the line above the composer out of band."""
    ticket = load_ticket(request.user, number, to="see_internal")
    colleagues = colleagues_on(ticket, besides=request.user)
    writers = [each for each in colleagues if each.doing != Doing.VIEWING]
    context = {
        "ticket": ticket,
        "colleagues": colleagues,
        "viewing": say_viewing(colleagues),
        "writers": writers,
        "writing": say_writing(writers),
    }
    return render(request, "tickets/_presence.html", context)


def say_viewing(colleagues: list[Colleague]) -> str:
    if not colleagues:
        return ""
    name = short_name(colleagues[0].user)
    if len(colleagues) == 1:
        return _("%(name)s is viewing too") % {"name": name}
    others = len(colleagues) - 1
    return ngettext(
        "%(name)s and %(count)s other are viewing too", "%(name)s and %(count)s others are viewing too", others
    ) % {"name": name, "count": others}


def say_writing(writers: list[Colleague]) -> str:
    if not writers:
        return ""
    if len(writers) > 1:
        names = get_text_list([each.user.name for each in writers[:3]], _("and"))
        return _("%(names)s are writing") % {"names": names}
    name = {"name": writers[0].user.name}
    if writers[0].doing == Doing.NOTING:
        return _("%(name)s is writing a note") % name
    return _("%(name)s is writing a reply") % name


def short_name(user: User) -> str:
    """The given name: Hungarians write it last, others first."""
    words = user.name.split()
    return (words[-1] if user.language == "hu" else words[0]) if words else str(user)
