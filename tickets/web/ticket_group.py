"""A ticket comes into a group of reports, or out of it: by typing on its page, and by undo."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tickets import group_lists, groups, permissions
from tickets.access import load_group, load_ticket
from tickets.errors import Refused
from tickets.models import Team, Ticket, TicketGroup
from tickets.web.responses import AgentRequest, first_error, for_agents
from tickets.web.ticket_actions import done, refused


class JoinGroupForm(forms.Form):
    """A typed group: one there is, or the title of a new one, which a team looks after."""

    group = forms.CharField(max_length=240, required=False)
    team = forms.ModelChoiceField(Team.objects.filter(is_active=True), required=False)


@require_GET
@for_agents
def find_group(request: AgentRequest) -> HttpResponse:
    """Open groups that fit the letters typed so far, for a field's list of choices."""
    words = request.GET.get("group") or request.GET.get("into", "")
    found = group_lists.find_groups(words, by=request.user)
    list_id = "bulk-group-choices" if request.GET.get("for") == "bulk" else "group-choices"
    return render(request, "tickets/_group_choices.html", {"found": found, "list_id": list_id})


@require_POST
@for_agents
def join_group(request: AgentRequest, number: str) -> HttpResponse:
    """Into the typed group, or into a new one with that title; out of the one where it was."""
    ticket = load_ticket(request.user, number, to="group")
    form = JoinGroupForm(request.POST)
    if not form.is_valid():
        return refused(request, ticket, first_error(form.errors), at="join_group")
    was = groups.group_of(ticket)
    try:
        if request.POST.get("do") == "open":
            group = open_with(ticket, form, request)
        else:
            group = typed_group(form, request)
            groups.join_group(group, ticket=ticket, by=request.user, how=groups.How.TYPED, is_moving=True)
    except Refused as refusal:
        return refused(request, ticket, str(refusal), at="join_group")
    said = _("Put into the group “%(group)s”.") % {"group": group.title}
    return done(request, ticket, said, undo_url=undo_of(ticket, was))


def typed_group(form: JoinGroupForm, request: AgentRequest) -> TicketGroup:
    """The open group that was typed. Raises Refused when there is none."""
    text = form.cleaned_data["group"]
    if not text.strip():
        raise Refused(_("Type which group."))
    group = group_lists.group_of_text(text, by=request.user)
    if group is None:
        sentence = _("There is no open group “%(text)s”. Choose one of the list, or open a new one.")
        raise Refused(sentence % {"text": text})
    return group


def open_with(ticket: Ticket, form: JoinGroupForm, request: AgentRequest) -> TicketGroup:
    """A new group with this ticket in it."""
    team = form.cleaned_data["team"] or ticket.team
    permissions.require(permissions.can_open_group(request.user, team))
    return groups.open_group_around(
        ticket, title=form.cleaned_data["group"] or ticket.title, team=team, by=request.user
    )


def undo_of(ticket: Ticket, was: TicketGroup | None) -> str:
    """Where the undo is posted: back into the group where it was, or out."""
    if was is None:
        return reverse("tickets:leave_group", args=[ticket.number])
    return reverse("tickets:rejoin_group", args=[ticket.number, was.pk])


@require_POST
@for_agents
def leave_group(request: AgentRequest, number: str) -> HttpResponse:
    """Out of its open group."""
    ticket = load_ticket(request.user, number, to="group")
    try:
        group = groups.leave_group(ticket, by=request.user)
    except Refused as refusal:
        return refused(request, ticket, str(refusal), at="join_group")
    said = _("Taken out of the group “%(group)s”.") % {"group": group.title}
    return done(request, ticket, said, undo_url=undo_of(ticket, group))


@require_POST
@for_agents
def rejoin_group(request: AgentRequest, number: str, group_id: int) -> HttpResponse:
    """Back into a group where it has been, which the agent may have lost sight of when the ticket left."""
    ticket = load_ticket(request.user, number, to="group")
    group = get_object_or_404(TicketGroup.objects.filter(memberships__ticket=ticket).distinct(), pk=group_id)
    was = groups.group_of(ticket)
    try:
        groups.join_group(group, ticket=ticket, by=request.user, how=groups.How.TYPED, is_moving=True)
    except Refused as refusal:
        return refused(request, ticket, str(refusal), at="join_group")
    load_group(request.user, group.pk)
    return done(
        request,
        ticket,
        _("Put into the group “%(group)s”.") % {"group": group.title},
        undo_url=undo_of(ticket, was) if was is None or was.pk != group.pk else "",
    )
