"""Doors of the radar: what is alike to a ticket or to what is being typed, and bursts of alike reports."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tickets import permissions, similar
from tickets.access import load_ticket
from tickets.errors import Refused
from tickets.groups import group_of
from tickets.models import Burst, Ticket, TicketGroup, User
from tickets.similar import acts, bursts
from tickets.similar.outages import outages_alike
from tickets.similar.weighing import Grade
from tickets.web.responses import AgentRequest, for_agents, fragments, go_back, is_htmx

MOST_BURSTS = 3
MOST_REPORTS = 8
MOST_OUTAGES = 3
LONGEST_TYPED = 2_000


@dataclass(frozen=True, slots=True)
class Line:
    """A proposal as the panel shows it: `level` of three, in words and in bars."""

    alike: similar.Alike
    words: str
    level: int
    label: str
    url: str
    is_ticked: bool = False


@dataclass(frozen=True, slots=True)
class BurstShown:
    """A burst with those of its reports that the reader works on."""

    burst: Burst
    said: str
    reports: list[Ticket]
    others: int
    may_settle: bool


# --- on the ticket's page --------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@for_agents
def alike(request: AgentRequest, number: str) -> HttpResponse:
    """The panel, or a page of its own without script; and what is made of a proposal."""
    if request.method == "POST":
        return _act(request, load_ticket(request.user, number, to="group"))
    ticket = load_ticket(request.user, number, to="see_internal")
    context = alike_context(request.user, ticket, ticked=request.GET.getlist("ticket"))
    return render(request, "tickets/_alike.html" if is_htmx(request) else "tickets/alike.html", context)


def _act(request: AgentRequest, ticket: Ticket) -> HttpResponse:
    """One of the panel's buttons. What was refused is said above the list; ticks stay."""
    ticked = request.POST.getlist("ticket")
    try:
        said = _make_of_it(request, ticket, ticked)
    except Refused as refusal:
        context = alike_context(request.user, ticket, ticked=ticked) | {"error": str(refusal)}
        if is_htmx(request):
            return fragments(request, context, "tickets/_alike.html", status=422)
        return render(request, "tickets/alike.html", context, status=422)
    if is_htmx(request):
        return fragments(request, alike_context(request.user, ticket), "tickets/_alike.html", said=said)
    return go_back(request, reverse("tickets:ticket", args=[ticket.number]), said=said)


def _make_of_it(request: AgentRequest, ticket: Ticket, ticked: Collection[str]) -> str:
    user = request.user
    if "join" in request.POST:
        group = _load_group(user, request.POST["join"])
        acts.join_alike_group(ticket, group, by=user)
        return _("It is in the group “%(group)s” now.") % {"group": group.title}
    if "reject" in request.POST:
        acts.reject_alike(ticket, load_others(user, [request.POST["reject"]])[0], by=user)
        return _("It is not proposed here any more.")
    others = load_others(user, ticked) if ticked else []
    for each in others:
        permissions.require(permissions.can_group(user, each))
    group = acts.group_alike(ticket, others, by=user)
    count = len(others) + 1
    said = ngettext(
        "%(count)s ticket is in the group “%(group)s” now.",
        "%(count)s tickets are in the group “%(group)s” now.",
        count,
    )
    return said % {"count": count, "group": group.title}


def alike_context(user: User, ticket: Ticket, *, ticked: Collection[str] = ()) -> dict[str, Any]:
    """The group that it is in, the burst that it belongs to, and what is alike."""
    found = similar.find_alike(ticket, by=user)
    own = group_of(ticket)
    burst = Burst.objects.proposed().worked_by(user).filter(reports__ticket=ticket).select_related("team").first()
    lines = [line_of(each, ticked) for each in found]
    return {
        "ticket": ticket,
        "own_group": own if own and TicketGroup.objects.worked_by(user).filter(pk=own.pk).exists() else None,
        "own_group_url": address_of_group(own.pk) if own else "",
        "is_grouped": own is not None,
        "groups": [line for line in lines if line.alike.group],
        "lines": [line for line in lines if line.alike.ticket],
        "has_ticked": any(line.is_ticked for line in lines),
        "burst": show_burst(burst, user) if burst else None,
        "may_group": permissions.can_group(user, ticket),
        "error": "",
    }


def line_of(each: similar.Alike, ticked: Collection[str] = ()) -> Line:
    words = {Grade.HIGH: _("Very alike"), Grade.FAIR: _("Alike"), Grade.LOW: _("A little alike")}
    level = {Grade.HIGH: 3, Grade.FAIR: 2, Grade.LOW: 1}
    if each.ticket is not None:
        url, label = reverse("tickets:ticket", args=[each.ticket.number]), each.ticket.title
    else:
        assert each.group is not None  # one of the two
        url, label = address_of_group(each.group.pk), each.group.title
    is_ticked = each.ticket is not None and each.ticket.number in ticked
    return Line(each, words[each.grade], level[each.grade], label, url, is_ticked)


def address_of_group(group_id: int) -> str:
    return reverse("tickets:group", args=[group_id])


def load_others(user: User, numbers: Collection[str]) -> list[Ticket]:
    """Tickets that the agent works on, by their numbers; one that is none of his is 404."""
    wanted = {number for number in numbers if number.isascii() and len(number) <= 30}
    found = list(Ticket.objects.worked_by(user).filter(number__in=wanted).select_related("team"))
    if not wanted or len(found) != len(set(numbers)):
        raise Http404(_("There is no such ticket."))
    return found


def _load_group(user: User, pk: str) -> TicketGroup:
    number = int(pk) if pk.isascii() and pk.isdigit() and len(pk) < 16 else 0
    group = TicketGroup.objects.worked_by(user).filter(pk=number).first()
    if group is None:
        raise Http404(_("There is no such group."))
    return group


# --- bursts ----------------------------------------------------------------------------------------------------------


@require_GET
@for_agents
def burst_list(request: AgentRequest) -> HttpResponse:
    """The bursts that wait for a decision, above the inbox's list."""
    return render(request, "tickets/_bursts.html", bursts_context(request.user))


@require_POST
@for_agents
def accept_burst(request: AgentRequest, burst_id: int) -> HttpResponse:
    """Makes a group of all its reports."""
    burst = _load_burst(request.user, burst_id)
    return _settle(request, burst, is_accepted=True)


@require_POST
@for_agents
def dismiss_burst(request: AgentRequest, burst_id: int) -> HttpResponse:
    """It is no fault of many."""
    burst = _load_burst(request.user, burst_id)
    return _settle(request, burst, is_accepted=False)


def _settle(request: AgentRequest, burst: Burst, *, is_accepted: bool) -> HttpResponse:
    """The group's page follows its making; whatever is refused is said in the strip."""
    where = reverse("tickets:inbox")
    link_url = ""
    try:
        if is_accepted:
            group = bursts.accept_burst(burst, by=request.user, title=request.POST.get("title", "")[:200])
            said = _("The group “%(group)s” was made.") % {"group": group.title}
            where = link_url = reverse("tickets:group", args=[group.pk])
        else:
            bursts.dismiss_burst(burst, by=request.user)
            said = _("The proposal was dismissed.")
    except Refused as refusal:
        if is_htmx(request):
            context, template = _where_it_stood(request)
            return fragments(request, context | {"error": str(refusal)}, template, status=422)
        return go_back(request, where, said=str(refusal), tone="bad")
    if is_htmx(request):
        return fragments(request, *_where_it_stood(request), said=said, link_url=link_url)
    return go_back(request, where, said=said)


def _where_it_stood(request: AgentRequest) -> tuple[dict[str, Any], str]:
    """The part of the page in which the button was: a ticket's panel, or the strip above the inbox."""
    number = request.POST.get("on", "")
    if not number:
        return bursts_context(request.user), "tickets/_bursts.html"
    return alike_context(request.user, load_ticket(request.user, number, to="see_internal")), "tickets/_alike.html"


def bursts_context(user: User) -> dict[str, Any]:
    """One query while nothing is proposed."""
    proposed = Burst.objects.proposed().worked_by(user).select_related("team").order_by("-raised_at", "-pk")
    return {"bursts": [show_burst(burst, user) for burst in proposed[:MOST_BURSTS]], "error": ""}


def show_burst(burst: Burst, user: User) -> BurstShown:
    times = list(burst.reports.values_list("ticket__opened_at", flat=True))
    reports = Ticket.objects.worked_by(user).filter(burst_report__burst=burst).select_related("status", "customer")
    shown = list(reports.order_by("-opened_at", "-pk")[:MOST_REPORTS])
    span = max(times) - min(times)
    return BurstShown(
        burst,
        _("%(count)s alike reports within %(span)s") % {"count": len(times), "span": span_in_words(span)},
        shown,
        len(times) - len(shown),
        permissions.can_open_group(user, burst.team),
    )


def span_in_words(span: timedelta) -> str:
    minutes = max(1, round(span.total_seconds() / 60))
    if minutes < 100:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    hours = round(minutes / 60)
    if hours < 48:
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    days = round(hours / 24)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


def _load_burst(user: User, burst_id: int) -> Burst:
    burst = Burst.objects.worked_by(user).filter(pk=burst_id).select_related("team").first()
    if burst is None:
        raise Http404(_("There is no such proposal."))
    if not permissions.can_open_group(user, burst.team):
        raise PermissionDenied(_("You don't have the right to do this. Ask the team's leader or an administrator."))
    return burst


# --- while it is being typed -----------------------------------------------------------------------------------------


@require_GET
@for_agents
def alike_to_typed(request: AgentRequest) -> HttpResponse:
    """Beside the form of a new ticket: known outages, and what is alike to the title and text so far."""
    words = (typed(request.GET.get(name, "")) for name in ("title", "text"))
    return render(request, "tickets/_alike_typed.html", typed_context(request.user, *words))


def typed_context(user: User, title: str, body: str) -> dict[str, Any]:
    found = similar.find_alike_to_words(title, body, by=user) if has_substance(title) else []
    outages = outages_alike(user, title, body, most=MOST_OUTAGES)
    return {"outages": outages, "lines": [line_of(each) for each in found]}


def typed(text: str) -> str:
    return text.replace("\x00", "")[:LONGEST_TYPED]


def has_substance(title: str) -> bool:
    """A few letters say nothing yet."""
    return len(title.strip()) >= 4
