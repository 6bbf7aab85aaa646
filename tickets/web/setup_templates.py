"""Set-up of answer templates: ready texts per team and language, with a preview while typing."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tickets import answer_texts
from tickets.answer_templates import PLACEHOLDERS
from tickets.models import AnswerTemplate, Team
from tickets.web.responses import AgentRequest
from tickets.web.setup import FormPage, for_admins, show_form, take_form
from tickets.web.setup_history import history_panel
from tickets.web.setup_previews import template_previews
from tickets.web.setup_text_forms import ChangeTemplateForm, TemplateForm, by_language, into_fields

MOST_SHOWN = 200


@require_GET
@for_admins
def setup_templates(request: AgentRequest) -> HttpResponse:
    """By team; `q` finds words of the name or the text."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    team = request.GET.get("team", "")
    rows = AnswerTemplate.objects.select_related("team").order_by("-is_active", "team__name", "position", "name")
    if words:
        texts = [Q(**{f"texts__{code}__icontains": words}) for code in by_language({})]
        found = Q(name__icontains=words)
        for text in texts:
            found |= text
        rows = rows.filter(found)
    if team.isascii() and team.isdigit() and len(team) < 19:
        rows = rows.filter(Q(team=int(team)) | Q(team__isnull=True))
    context = {
        "templates": rows[:MOST_SHOWN],
        "words": words,
        "team": team,
        "teams": Team.objects.filter(is_active=True).order_by("name"),
    }
    return render(request, "tickets/setup/templates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_add_template(request: AgentRequest) -> HttpResponse:
    page = _page(_("New template"), _("Add the template"))
    team = request.GET.get("team", "")
    form = TemplateForm(request.POST or None, initial={"team": team if team.isdigit() and len(team) < 19 else None})
    if request.method != "POST":
        return show_form(request, page, form, context=_context(request, None, {}))
    context = _context(request, None, by_language(request.POST))
    return take_form(
        request, page, form, _taking_texts(answer_texts.add_template), said=_("The template is there."), context=context
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_template(request: AgentRequest, template_id: int) -> HttpResponse:
    row = get_object_or_404(AnswerTemplate.objects.select_related("team"), pk=template_id)
    page = _page(row.name, _("Save"))
    if request.method != "POST":
        now = {"name": row.name, "team": row.team_id, "position": row.position, "is_active": row.is_active}
        form = ChangeTemplateForm(initial=now | into_fields(row.texts))
        return show_form(request, page, form, context=_context(request, row.team, row.texts) | history_panel(row))
    form = ChangeTemplateForm(request.POST)
    act = _taking_texts(partial(answer_texts.change_template, row))
    context = _context(request, row.team, by_language(request.POST)) | history_panel(row)
    return take_form(request, page, form, act, to=request.path, context=context)


@require_POST
@for_admins
def setup_template_preview(request: AgentRequest) -> HttpResponse:
    """The text on a ticket of the chosen team, while it is being typed."""
    chosen = request.POST.get("team", "")
    team = Team.objects.filter(pk=int(chosen)).first() if chosen.isdigit() and len(chosen) < 19 else None
    previews = template_previews(team, by_language(request.POST), agent=request.user)
    return render(request, "tickets/setup/_previews.html", {"previews": previews})


def _taking_texts(room: Any) -> Any:
    """The room wants one mapping for the form's fields of all languages."""

    def act(**values: Any) -> object:
        texts = by_language(values)
        return room(texts=texts, **{name: value for name, value in values.items() if not name.startswith("text_")})

    return act


def _page(title: str, submit: str) -> FormPage:
    back = reverse("tickets:setup_templates")
    return FormPage(title, submit, back, _("Answer templates"), "tickets/setup/texts.html")


def _context(request: AgentRequest, team: Team | None, texts: dict[str, str]) -> dict[str, Any]:
    return {
        "placeholders": PLACEHOLDERS.items(),
        "preview_url": reverse("tickets:setup_template_preview"),
        "previews": template_previews(team, texts, agent=request.user),
    }
