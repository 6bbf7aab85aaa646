"""The ticket page and its parts, each of which can be read alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from tickets import drafts, lists, notices, paging, permissions, proof, telling
from tickets.access import load_message, load_ticket
from tickets.belongings import Belongings, belongings_of
from tickets.history_words import tell
from tickets.lifecycle import mark_seen
from tickets.linking import REMOVABLE, links_of, words_of_link
from tickets.meanwhile import shown_values
from tickets.merge_paths import target_of
from tickets.models import (
    Event,
    GroupMembership,
    Participant,
    Right,
    Ticket,
    TicketLink,
    User,
)
from tickets.promises import open_promise
from tickets.web import forms
from tickets.web.composer import composer_context, times_to_promise, waiting_context
from tickets.web.customers import customer_context
from tickets.web.merged_panel import merged_context, only_read
from tickets.web.offers import offer
from tickets.web.promise_control import promise_context
from tickets.web.responses import AgentRequest, for_agents
from tickets.web.span import span_of
from tickets.web.timeline import read_around, read_entry, read_gap, read_tail, read_timeline


@dataclass(frozen=True, slots=True)
class May:
    """What this agent may do with this ticket, asked once for the whole page."""

    reply: bool
    note: bool
    assign: bool
    change_status: bool
    change_priority: bool
    tag: bool
    move: bool
    accept: bool
    erase: bool
    explain: bool
    pass_on: bool
    split: bool
    group: bool
    merge: bool

    @classmethod
    def ask(cls, user: User, ticket: Ticket) -> May:
        return cls(
            reply=permissions.can_reply(user, ticket),
            note=permissions.can_note(user, ticket),
            assign=permissions.can_assign(user, ticket),
            change_status=permissions.can_change_status(user, ticket),
            change_priority=permissions.can_change_priority(user, ticket),
            tag=permissions.can_tag(user, ticket),
            move=permissions.can_move(user, ticket),
            accept=permissions.can_accept(user, ticket),
            erase=permissions.can_set_up(user),
            explain=permissions.can_explain(user, ticket),
            pass_on=permissions.can_pass_on(user, ticket),
            split=permissions.has_right_somewhere(user, Right.CREATE),
            group=permissions.can_group(user, ticket),
            merge=permissions.can_merge(user, ticket),
        )


@dataclass(frozen=True, slots=True)
class LinkLine:
    """The other ticket of a link, and how it stands to this one, or to `of`, which was merged into this one."""

    link: TicketLink
    other: Ticket
    words: str
    may_go: bool
    is_in_the_way: bool
    of: Ticket | None = None


# --- the page --------------------------------------------------------------------------------------------------------


@require_GET
@for_agents
def ticket_page(request: AgentRequest, number: str) -> HttpResponse:
    """The whole page; opening it marks the ticket as read. A merged one leads to the one that goes on.

    Unless its reader does not work on that one, or wants the old one `alone`.
    """
    ticket = load_ticket(request.user, number, to="see_internal", at_hand=request.at_hand)
    end = target_of(ticket)
    if end.pk != ticket.pk and "alone" not in request.GET and permissions.can_see_internal(request.user, end):
        notices.mark_seen(request.user, ticket=ticket)  # what is new on it is read there
        query = request.GET.copy()
        query["from"] = ticket.number
        return redirect(f"{reverse('tickets:ticket', args=[end.number])}?{query.urlencode()}")
    context = page_context(request, ticket, seen_at=mark_seen(ticket, by=request.user))
    if context["has"].notices:
        notices.mark_seen(request.user, ticket=ticket)
    return render(request, "tickets/ticket.html", context)


def page_context(request: AgentRequest, ticket: Ticket, *, seen_at: datetime | None = None) -> dict[str, Any]:
    """Everything the page shows; what the customer wrote after `seen_at` is marked as new."""
    view = lists.find_view(request.GET.get("in", ""))
    request.current_view = view.key if view else ""
    has = belongings_of(ticket, reader=request.user)
    span = span_of(ticket, request.user)
    timeline = read_timeline(
        span if span.merged else replace(span, has_files=has.files),
        reader=request.user,
        seen_at=seen_at,
        message=number_in(request, "message"),
        at=number_in(request, "at"),
        vocabulary=request.at_hand.vocabulary,
    )
    previous, following = neighbours(request.user, ticket, view, sort=request.GET.get("sort", ""))
    shown = props_context(request, ticket, has)
    return (
        shown
        | {
            "timeline": timeline,
            "view": view,
            "previous": previous,
            "following": following,
        }
        | composer_context(
            request,
            ticket,
            based_on=None if span.merged else timeline.last_seq,
            participants=shown["participants"],
            has_drafts=has.drafts,
        )
        | customer_context(request.user, ticket, has_notes=has.notes)
        | (links_context(request.user, ticket, span.merged) if has.links or span.merged else {"links": []})
        | merged_context(request, ticket, span)
        | {"seal": proof.seal_of(ticket), "proof": None, "has": has}
    )


def neighbours(user: User, ticket: Ticket, view: lists.View | None, *, sort: str = "") -> tuple[str, str]:
    """The tickets before and after this one in the view the reader came from, in the order it had there."""
    if view is None:
        return "", ""
    return paging.neighbours(lists.tickets_in(view, user), ticket, sort=sort or view.sort)


def props_context(request: AgentRequest, ticket: Ticket, has: Belongings | None = None) -> dict[str, Any]:
    """What the head, the properties and the composer's menus show."""
    has = has or belongings_of(ticket, reader=request.user)
    participants = (
        list(Participant.objects.filter(ticket=ticket).select_related("user").order_by("pk"))
        if has.participants
        else []
    )
    may = only_read(May.ask(request.user, ticket), ticket)
    offered = offer(request.user, ticket, request.at_hand)
    preset = request.GET.get("ask", "")
    watchers, is_muted = telling.followers_of(ticket, reader=request.user) if has.followers else ([], False)
    promise = open_promise(ticket) if has.promise else None
    return promise_context(request, ticket, offered, promise, may_assign=may.assign, preset=preset) | {
        "ticket": ticket,
        "may": may,
        "offer": offered,
        "watchers": watchers,
        "is_muted": is_muted,
        "times": times_to_promise(),
        "tags": list(ticket.tags.all()) if has.tags else [],
        "in_groups": groups_in(ticket) if has.groups else [],
        "group_teams": request.at_hand.teams_with(request.user, Right.NOTE) if may.group else [],
        "participants": participants,
        "was": shown_values(ticket),
        "later": forms.tomorrow_morning().strftime(forms.TIME_FORMAT),
        "solved": "solved",
        "then": (request.POST or request.GET).get("then", ""),
        "error": "",
        "error_at": "",
    }


def groups_in(ticket: Ticket) -> list[GroupMembership]:
    """The groups of reports that it is in: the open one first, then those that were closed with it in them."""
    held = GroupMembership.objects.members().filter(ticket=ticket).select_related("group")
    return list(held.order_by(F("group_closed_at").desc(nulls_first=True), "-pk")[:3])


def links_context(user: User, ticket: Ticket, merged: Sequence[Ticket] = ()) -> dict[str, Any]:
    """The linked tickets that the agent works on, each with the words for its direction.

    What was linked to a ticket that goes on in this one is linked to this one; it is removed on its own page.
    """
    links = links_of(ticket, by=user, merged=merged)
    return {"links": [_end_of(link, ticket, {each.pk: each for each in merged}) for link in links]}


def _end_of(link: TicketLink, ticket: Ticket, merged: Mapping[int, Ticket]) -> LinkLine:
    is_source = link.source_id == ticket.pk or link.source_id in merged
    of = merged.get(link.source_id if is_source else link.target_id)
    other, type_ = link.target if is_source else link.source, TicketLink.Type(link.type)
    is_in_the_way = type_ == TicketLink.Type.BLOCKS and not is_source and other.is_open and ticket.is_open
    may_go = type_ in REMOVABLE and of is None
    return LinkLine(link, other, words_of_link(link, is_source=is_source), may_go, is_in_the_way, of)


def seal_context(ticket: Ticket) -> dict[str, Any]:
    """How long the chain is, and when it was last sealed; nothing is proved before someone asks."""
    return {"seal": proof.seal_of(ticket), "proof": None}


def number_in(request: HttpRequest, name: str) -> int:
    """A number of the address's query; 0 when it is none."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


# --- its parts -------------------------------------------------------------------------------------------------------


@require_GET
@for_agents
def timeline(request: AgentRequest, number: str) -> HttpResponse:
    """What came after an event: appended to the page's timeline, out of band."""
    ticket = load_ticket(request.user, number, to="see_internal", at_hand=request.at_hand)
    span = span_of(ticket, request.user)
    if span.key != request.GET.get("span", ""):  # merged or taken apart since: the whole conversation is another one
        context = {
            "ticket": ticket,
            "timeline": read_timeline(span),
            "may": only_read(May.ask(request.user, ticket), ticket),
        }
        context |= waiting_context(ticket, drafts.drafts_on(ticket, by=request.user))
        return render(request, "tickets/_timeline.html", context | {"is_oob": True})
    found = read_tail(span, after=number_in(request, "after"), reader=request.user)
    if found.entries:
        mark_seen(ticket, by=request.user)
        notices.mark_seen(request.user, ticket=ticket)
    context = {"ticket": ticket, "timeline": found, "may": only_read(May.ask(request.user, ticket), ticket)}
    context |= waiting_context(ticket, drafts.drafts_on(ticket, by=request.user))
    context["shows_waiting"] = context["waiting"] or context["refused_draft"] or bool(request.GET.get("waiting"))
    return render(request, "tickets/_timeline_tail.html", context | {"oob": True})


@require_GET
@for_agents
def timeline_gap(request: AgentRequest, number: str) -> HttpResponse:
    """More of what the page left out, in place of the gap: from its upper edge, its lower one, or around a message."""
    ticket = load_ticket(request.user, number, to="see_internal", at_hand=request.at_hand)
    span = span_of(ticket, request.user)
    if span.key != request.GET.get("span", ""):
        answer = HttpResponse(status=204)  # the page has to be read again first
        answer["HX-Trigger"] = f"ticket-changed-{ticket.number}"
        return answer
    low, high, message = (number_in(request, name) for name in ("low", "high", "message"))
    if message:
        entries = read_around(span, low=low, high=high, message=message)
        if not entries:
            return HttpResponse(status=204)
    else:
        entries = read_gap(span, low=low, high=high, from_above="above" in request.GET)
    context = {"ticket": ticket, "entries": entries, "may": only_read(May.ask(request.user, ticket), ticket)}
    return render(request, "tickets/_timeline_entries.html", context)


@require_GET
@for_agents
def props(request: AgentRequest, number: str) -> HttpResponse:
    """The properties alone, with the head out of band."""
    ticket = load_ticket(request.user, number, to="see_internal", at_hand=request.at_hand)
    return render(request, "tickets/_props_and_head.html", props_context(request, ticket))


@require_GET
@for_agents
def delivery(request: AgentRequest, number: str, message_id: int) -> HttpResponse:
    """The foot of a message that was mailed: how far it got."""
    ticket = load_ticket(request.user, number, to="see_internal", at_hand=request.at_hand)
    message = load_message(request.user, number, message_id)
    context = {"ticket": ticket, "entry": read_entry(message), "may": only_read(May.ask(request.user, ticket), ticket)}
    return render(request, "tickets/_delivery.html", context)


@require_GET
@for_agents
def history(request: AgentRequest, number: str) -> HttpResponse:
    """Every line of the ticket's history, with what ties each to the one before."""
    ticket = load_ticket(request.user, number, to="see_internal", at_hand=request.at_hand)
    lines = tell(Event.objects.filter(ticket=ticket).order_by("seq"), reader=request.user)
    return render(request, "tickets/history.html", {"ticket": ticket, "lines": lines} | seal_context(ticket))
