"""Who may do what in which team: everybody on one page, one team's members, one person's teams."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tickets import configuration, people
from tickets.models import Membership, Right, Role, Team, User
from tickets.web.responses import AgentRequest, first_error
from tickets.web.setup import for_admins, tell_saved
from tickets.web.setup_forms import MemberForm

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a matrix that can be edited: a person, or a team."""

    key: int
    name: str
    url: str
    rights: frozenset[str]
    person: User | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of rights with the address that they are saved at. `by` names what the rows are."""

    by: str | LazyText
    action: str
    rows: list[Row]
    rights: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Cell:
    """What one person may do in one team, in short."""

    words: str
    is_all: bool


@require_GET
@for_admins
def setup_rights(request: AgentRequest) -> HttpResponse:
    """People down, teams across. A name leads to where the rights are changed."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    agents = _agents().order_by("name", "pk").prefetch_related("memberships")
    if words:
        agents = agents.filter(name__icontains=words)
    teams = list(Team.objects.filter(is_active=True).order_by("name"))
    found = list(agents[: MOST_SHOWN + 1])
    rows = [(agent, [_cell(agent, team) for team in teams]) for agent in found[:MOST_SHOWN]]
    context = {"teams": teams, "rows": rows, "words": words, "is_cut": len(found) > MOST_SHOWN}
    return render(request, "tickets/setup/rights.html", context)


@require_POST
@for_admins
def setup_team_rights(request: AgentRequest, team_id: int) -> HttpResponse:
    """The whole matrix of a team at once."""
    team = get_object_or_404(Team, pk=team_id)
    given = _posted(request)
    agents = {agent.pk: agent for agent in User.objects.filter(pk__in=given or (), is_active=True)}
    _save(request, given, [(agents[key], team, rights) for key, rights in (given or {}).items() if key in agents])
    return redirect(reverse("tickets:setup_team", args=[team.pk]) + "#members")


@require_POST
@for_admins
def setup_person_rights(request: AgentRequest, person_id: int) -> HttpResponse:
    """The same for one person in all teams."""
    person = get_object_or_404(User, pk=person_id)
    given = _posted(request)
    teams = {team.pk: team for team in Team.objects.filter(pk__in=given or (), is_active=True)}
    _save(request, given, [(person, teams[key], rights) for key, rights in (given or {}).items() if key in teams])
    return redirect(reverse("tickets:setup_person", args=[person.pk]) + "#rights")


@require_POST
@for_admins
def setup_add_member(request: AgentRequest, team_id: int) -> HttpResponse:
    """An agent joins, to begin with as a reader."""
    team = get_object_or_404(Team, pk=team_id)
    form = MemberForm(request.POST, agents=agents_outside(team))
    if not form.is_valid():
        messages.error(request, first_error(form.errors))
    else:
        agent = form.cleaned_data["agent"]
        people.give_rights(agent, team=team, rights=[Right.READ], by=request.user)
        said = _("%(name)s may read the team's tickets. Choose further rights.")
        messages.success(request, said % {"name": agent})
    return redirect(reverse("tickets:setup_team", args=[team.pk]) + "#members")


def team_matrix(team: Team) -> Matrix:
    """The team's active members."""
    members = Membership.objects.filter(team=team, user__is_active=True).select_related("user").order_by("user__name")
    rows = [
        Row(
            member.user_id,
            member.user.name,
            reverse("tickets:setup_person", args=[member.user_id]),
            frozenset(member.rights),
            person=member.user,
            note=_note(member.user),
        )
        for member in members
    ]
    return Matrix(_("Agent"), reverse("tickets:setup_team_rights", args=[team.pk]), rows, _columns())


def person_matrix(person: User) -> Matrix:
    """Every team that works, with what the person may do there."""
    rights = {member.team_id: frozenset(member.rights) for member in person.memberships.all()}
    rows = [
        Row(team.pk, team.name, reverse("tickets:setup_team", args=[team.pk]), rights.get(team.pk, frozenset()))
        for team in Team.objects.filter(is_active=True).order_by("name")
    ]
    return Matrix(_("Team"), reverse("tickets:setup_person_rights", args=[person.pk]), rows, _columns())


def agents_outside(team: Team) -> list[User]:
    """Agents who could join the team."""
    return list(_agents().exclude(memberships__team=team).order_by("name"))


def _agents() -> QuerySet[User]:
    return User.objects.filter(is_active=True, roles__overlap=[Role.AGENT, Role.ADMIN])


def _columns() -> list[tuple[str, str]]:
    return [(code, str(words)) for code, words in Right.choices]


def _note(person: User) -> str:
    if person.is_admin:
        return _("administrator: may do everything")
    return "" if person.is_agent else _("no agent: these rights do not count")


def _cell(agent: User, team: Team) -> Cell:
    rights = agent.rights_by_team.get(team.pk, frozenset())
    if Right.ALL in rights:
        return Cell(str(Right.ALL.label), is_all=True)
    return Cell(", ".join(str(right.label) for right in Right if right in rights), is_all=False)


def _posted(request: HttpRequest) -> dict[int, list[Right]] | None:
    """The rows of a posted matrix; None when something in it does not exist."""
    given: dict[int, list[Right]] = {}
    for key in request.POST.getlist("row"):
        rights = request.POST.getlist(f"rights-{key}")
        if not (key.isascii() and key.isdigit() and len(key) < 19) or not set(rights) <= set(Right.values):
            return None
        given[int(key)] = [Right(right) for right in rights]
    return given


def _save(
    request: AgentRequest, given: dict[int, list[Right]] | None, rows: Iterable[tuple[User, Team, list[Right]]]
) -> None:
    rows = list(rows)
    if given is None or len(rows) != len(given):
        messages.error(request, _("Nothing was changed: choose active agents, teams and rights that exist."))
        return
    line = configuration.mark()
    people.change_rights(rows, by=request.user)
    changed = configuration.lines_since(line, by=request.user)
    names = ", ".join(change.name for change in changed[:4]) + (" …" if len(changed) > 4 else "")
    tell_saved(request, line, said=_("Rights saved: %(names)s.") % {"names": names} if changed else "")
