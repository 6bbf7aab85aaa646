"""Set-up of teams: their rules and signatures; who may do what there is in `setup_rights`."""

from __future__ import annotations

from functools import partial

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tickets import configuration, teams
from tickets.models import Team
from tickets.web.responses import AgentRequest
from tickets.web.setup import FormPage, for_admins, show_form, take_form, tell_saved
from tickets.web.setup_forms import ChangeTeamForm, MemberForm, SignatureForm, TeamForm
from tickets.web.setup_history import history_panel
from tickets.web.setup_previews import signature_previews
from tickets.web.setup_rights import agents_outside, team_matrix


@require_GET
@for_admins
def setup_teams(request: AgentRequest) -> HttpResponse:
    """All teams, the closed ones last."""
    rows = Team.objects.annotate(
        members=Count("memberships", filter=Q(memberships__user__is_active=True), distinct=True),
        open_tickets=Count("tickets", filter=Q(tickets__closed_at__isnull=True), distinct=True),
    ).prefetch_related("mailboxes")
    return render(request, "tickets/setup/teams.html", {"teams": rows.order_by("-is_active", "name")})


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_add_team(request: AgentRequest) -> HttpResponse:
    page = FormPage(_("New team"), _("Add the team"), reverse("tickets:setup_teams"), _("Teams"))
    if request.method != "POST":
        return show_form(request, page, TeamForm())
    return take_form(
        request, page, TeamForm(request.POST), teams.add_team, said=_("The team is there. Now choose who works in it.")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_team(request: AgentRequest, team_id: int) -> HttpResponse:
    """One team: its rules, its members' rights, its signatures."""
    team = get_object_or_404(Team, pk=team_id)
    page = _page(team)
    if request.method != "POST":
        now = {name: getattr(team, name) for name in ChangeTeamForm.base_fields}
        return show_form(request, page, ChangeTeamForm(initial=now), context=_context(team))
    act = partial(teams.change_team, team)
    form = ChangeTeamForm(request.POST)
    return take_form(request, page, form, act, to=request.path, context=_context(team))


@require_POST
@for_admins
def setup_signatures(request: AgentRequest, team_id: int) -> HttpResponse:
    """The signatures in all languages at once."""
    team = get_object_or_404(Team, pk=team_id)
    form = SignatureForm(request.POST)
    if not form.is_valid():
        context = _context(team) | {"signatures": form}
        return show_form(request, _page(team), ChangeTeamForm(initial=vars(team)), status=422, context=context)
    line = configuration.mark()
    teams.write_signatures(team, form.cleaned_data, by=request.user)
    tell_saved(request, line)
    return redirect("tickets:setup_team", team.pk)


@require_POST
@for_admins
def setup_signature_preview(request: AgentRequest, team_id: int) -> HttpResponse:
    """How the end of a mail looks with what is being typed."""
    team = get_object_or_404(Team, pk=team_id)
    return render(request, "tickets/setup/_previews.html", {"previews": signature_previews(team, request.POST)})


def _page(team: Team) -> FormPage:
    return FormPage(team.name, _("Save"), reverse("tickets:setup_teams"), _("Teams"), "tickets/setup/team.html")


def _context(team: Team) -> dict[str, object]:
    texts = dict(team.signatures.values_list("language", "text"))
    return {
        "team": team,
        "matrix": team_matrix(team),
        "mailboxes": team.mailboxes.all(),
        "templates": team.answer_templates.filter(is_active=True).count(),
        "member_form": MemberForm(agents=agents_outside(team)),
        "signatures": SignatureForm(initial=texts),
        "previews": signature_previews(team, texts),
    } | history_panel(team)
