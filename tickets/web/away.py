"""Away: one's own absence (for administrators, anybody's), who is away, and what went to others meanwhile."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from tickets import absences, mentions, permissions
from tickets.errors import Refused
from tickets.models import Absence, User
from tickets.web.forms import PersonField
from tickets.web.responses import AgentRequest, for_agents, go_back


class DayInput(forms.DateInput):
    """The browser's own picker of a day."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class AbsenceForm(forms.Form):
    """Whole days; the first may be today, which then counts from now on."""

    first_day = forms.DateField(label=gettext_lazy("First day away"), widget=DayInput, input_formats=["%Y-%m-%d"])
    last_day = forms.DateField(label=gettext_lazy("Last day away"), widget=DayInput, input_formats=["%Y-%m-%d"])
    deputy = PersonField(
        required=False,
        label=gettext_lazy("Deputy"),
        help_text=gettext_lazy("Where the team's rule says so, tickets go to the deputy when their customer writes."),
    )

    def __init__(self, *args: Any, colleagues: list[User] | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [("", _("Nobody"))]
        for colleague in colleagues or []:
            words = (
                _("%(name)s (away)") % {"name": colleague.name} if getattr(colleague, "away", None) else colleague.name
            )
            choices.append((str(colleague.pk), words))
        self.fields["deputy"].widget = forms.Select(choices=choices)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day comes before the first."))
        return cleaned


def begins(day: date) -> datetime:
    """The first moment of a day in the person's zone; of today, now."""
    midnight = timezone.make_aware(datetime.combine(day, time.min))
    return max(midnight, timezone.now()) if day == timezone.localdate() else midnight


def ends(day: date) -> datetime:
    """The moment after a day's last."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def absence_context(user: User, person: User, form: AbsenceForm | None = None) -> dict[str, Any]:
    """For `_absence.html`: what is set for this person, and the form for more."""
    colleagues = [colleague for colleague in mentions.agents() if colleague.pk != person.pk]
    absences.mark_away(colleagues)
    if form is None:
        form = AbsenceForm(colleagues=colleagues, auto_id="absence_%s")
    else:
        form.fields["deputy"].widget = AbsenceForm(colleagues=colleagues).fields["deputy"].widget
    return {
        "absent": person,
        "absences": absences.absences_of(person),
        "absence_form": form,
        "is_own_absence": person.pk == user.pk,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@for_agents
def away(request: AgentRequest, person_id: int | None = None) -> HttpResponse:
    """Shows the page and takes an absence; of somebody else for administrators."""
    person = request.user
    if person_id is not None and person_id != request.user.pk:
        if not permissions.can_set_up(request.user):
            raise PermissionDenied(_("Only an administrator can set the absence of somebody else."))
        person = get_object_or_404(User, pk=person_id)
    if request.method != "POST":
        return _page(request, person)
    form = AbsenceForm(request.POST, auto_id="absence_%s")
    if not form.is_valid():
        return _page(request, person, form)
    chosen = form.cleaned_data
    try:
        _absence, uncovered = absences.set_absence(
            person,
            starts_at=begins(chosen["first_day"]),
            ends_at=ends(chosen["last_day"]),
            deputy=chosen["deputy"],
            by=request.user,
        )
    except Refused as refusal:
        fields = {"starts_at": "first_day", "ends_at": "last_day", "deputy": "deputy"}
        form.add_error(fields.get(refusal.field), str(refusal))
        return _page(request, person, form)
    messages.success(request, _("The absence is set."))
    for team in uncovered:
        words = {"deputy": chosen["deputy"].name, "team": team.name}
        messages.warning(request, _("%(deputy)s can't own tickets of %(team)s: those go back to the team.") % words)
    return _back(request, person)


@require_POST
@for_agents
def end_absence(request: AgentRequest, absence_id: int) -> HttpResponse:
    """Calls it off; one that runs ends now."""
    absence = get_object_or_404(Absence.objects.select_related("user"), pk=absence_id)
    if not permissions.can_set_absence(request.user, absence.user):
        raise PermissionDenied(_("Only an administrator can set the absence of somebody else."))
    try:
        absences.end_absence(absence, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The absence is over."))
    return _back(request, absence.user)


@require_POST
@for_agents
def catch_up(request: AgentRequest) -> HttpResponse:
    """What went to others has been read; nothing moves by this."""
    absences.catch_up(request.user)
    return go_back(request, reverse("tickets:away"), said=_("Welcome back."))


def _page(request: AgentRequest, person: User, form: AbsenceForm | None = None) -> HttpResponse:
    handed = absences.handed_over(request.user) if person.pk == request.user.pk else []
    context = absence_context(request.user, person, form) | {
        "handed": handed,
        "is_back": absences.absence_at(request.user, timezone.now()) is None,
        "facts": ngettext("%(count)s ticket went to others", "%(count)s tickets went to others", len(handed))
        % {"count": len(handed)},
        "colleagues_away": absences.colleagues_away(),
    }
    return render(request, "tickets/away.html", context, status=422 if form is not None and form.errors else 200)


def _back(request: AgentRequest, person: User) -> HttpResponse:
    if person.pk == request.user.pk:
        return redirect("tickets:away")
    return redirect("tickets:away_of", person.pk)
