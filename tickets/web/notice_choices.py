"""What an agent wants by mail and when; and the page behind the link in each mail that stops them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tickets import permissions, telling
from tickets.errors import Refused
from tickets.models import Notice, NoticeChoices, Right, Team, User
from tickets.telling.choices import BUNDLE_MINUTES, offered
from tickets.telling.letters import describe_kinds, read_stop_token
from tickets.telling.times import URGENT, When, when_of
from tickets.web.responses import AgentRequest, for_agents

Kind = Notice.Kind

SECTIONS: tuple[tuple[LazyText, tuple[Kind, ...]], ...] = (
    (
        gettext_lazy("Meant for me"),
        (Kind.ASSIGNED, Kind.MENTIONED, Kind.PROMISE_DUE, Kind.PROMISE_LATE, Kind.PROMISE_ASKED,
         Kind.PROMISE_PROPOSED, Kind.PROMISE_DECLINED, Kind.RELEASE_ASKED, Kind.SEND_REFUSED),
    ),
    (gettext_lazy("On tickets"), (Kind.CUSTOMER_WROTE, Kind.WATCHED_CHANGED, Kind.NEW_IN_TEAM, Kind.ALIKE)),
    (
        gettext_lazy("In groups"),
        (Kind.NEW_IN_GROUP, Kind.GROUP_CHANGED, Kind.BROADCAST_DONE, Kind.GROUP_CLOSED, Kind.FOLLOWED_UP),
    ),
)  # fmt: skip


class ClockInput(forms.TimeInput):
    """The browser's own picker of a time of day."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%H:%M")


class ChoicesForm(forms.Form):
    """The whole page; a field `kind_...` for each kind of notice."""

    by_mail = forms.BooleanField(label=gettext_lazy("Notices come by mail as well"), required=False)
    bundle_minutes = forms.TypedChoiceField(
        label=gettext_lazy("A bundle is sent after"),
        help_text=gettext_lazy("Counted from the first notice in it. What is news of one thing comes in one mail."),
        choices=[(n, ngettext_lazy("%d minute", "%d minutes", n) % n) for n in BUNDLE_MINUTES],
        coerce=int,
    )
    daily_at = forms.TimeField(label=gettext_lazy("Once a day, at"), widget=ClockInput)
    quiet_from = forms.TimeField(label=gettext_lazy("Quiet from"), widget=ClockInput, required=False)
    quiet_until = forms.TimeField(label=gettext_lazy("Quiet until"), widget=ClockInput, required=False)
    is_quiet_for_urgent = forms.BooleanField(
        label=gettext_lazy("Also for what never waits"),
        help_text=gettext_lazy("What is given to you, mentions you, or is your promise and due."),
        required=False,
    )
    when_away = forms.ChoiceField(
        label=gettext_lazy("Mails while I am away"), choices=NoticeChoices.WhenAway.choices, widget=forms.RadioSelect
    )
    teams = forms.ModelMultipleChoiceField(
        label=gettext_lazy("News of teams"),
        help_text=gettext_lazy("You hear of each new ticket of these."),
        queryset=Team.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, user: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        teams = permissions.teams_with(user, Right.READ)
        field = self.fields["teams"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = Team.objects.filter(pk__in=[team.pk for team in teams])
        for _section, kinds in SECTIONS:
            for kind in kinds:
                choices = [(when.value, when.label) for when in offered(kind)]
                self.fields[f"kind_{kind}"] = forms.ChoiceField(label=kind.label, choices=choices)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        begin, end = cleaned.get("quiet_from"), cleaned.get("quiet_until")
        if (begin is None) != (end is None) and not {"quiet_from", "quiet_until"} & self.errors.keys():
            self.add_error("quiet_until" if end is None else "quiet_from", _("Quiet hours need both times."))
        return cleaned

    @property
    def chosen(self) -> dict[str, str]:
        return {kind: self.cleaned_data[f"kind_{kind}"] for _section, kinds in SECTIONS for kind in kinds}


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of notice and, for each time, whether it is chosen; None where it is not offered."""

    name: str
    label: str
    is_urgent: bool
    cells: list[tuple[str, str, bool] | None]


def rows_of(form: ChoicesForm) -> list[tuple[str, list[Row]]]:
    """The table of kinds and times, in its sections."""
    return [(str(words), [_row(form, kind) for kind in kinds]) for words, kinds in SECTIONS]


def _row(form: ChoicesForm, kind: Kind) -> Row:
    name = f"kind_{kind}"
    chosen = form[name].value()
    cells = [(when.value, str(when.label), chosen == when) if when in offered(kind) else None for when in When]
    return Row(name, str(kind.label), kind in URGENT, cells)


@require_http_methods(["GET", "HEAD", "POST"])
@for_agents
def notice_choices(request: AgentRequest) -> HttpResponse:
    """Shows the choices and takes them."""
    user = request.user
    if request.method != "POST":
        return _show(request, ChoicesForm(user, initial=_initial(user)))
    form = ChoicesForm(user, request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    chosen = form.cleaned_data
    try:
        telling.save_choices(
            user,
            by_kind=form.chosen,
            bundle_minutes=chosen["bundle_minutes"],
            daily_at=chosen["daily_at"],
            quiet=(chosen["quiet_from"], chosen["quiet_until"]) if chosen["quiet_from"] is not None else None,
            is_quiet_for_urgent=chosen["is_quiet_for_urgent"],
            when_away=chosen["when_away"],
            is_mail_off=not chosen["by_mail"],
            teams=chosen["teams"],
        )
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _show(request, form, status=422)
    messages.success(request, _("Saved."))
    return redirect("tickets:notice_choices")


def _initial(user: User) -> dict[str, Any]:
    choices = telling.choices_of(user)
    # What is chosen stays to be seen while all mails are off.
    asked = NoticeChoices(by_kind=choices.by_kind)
    kinds = {f"kind_{kind}": when_of(kind, asked) for _section, kinds in SECTIONS for kind in kinds}
    return kinds | {
        "by_mail": not choices.is_mail_off,
        "bundle_minutes": choices.bundle_minutes,
        "daily_at": choices.daily_at,
        "quiet_from": choices.quiet_from,
        "quiet_until": choices.quiet_until,
        "is_quiet_for_urgent": choices.is_quiet_for_urgent,
        "when_away": choices.when_away,
        "teams": telling.teams_of(user),
    }


def _show(request: AgentRequest, form: ChoicesForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "sections": rows_of(form), "times": list(When)}
    return render(request, "tickets/notice_choices.html", context, status=status)


# --- the link in the mails -------------------------------------------------------------------------------------------


@csrf_exempt  # a mail program posts here (RFC 8058); the signed link is the proof, and posting twice does no more
@require_http_methods(["GET", "HEAD", "POST"])
def stop_notices(request: HttpRequest, token: str) -> HttpResponse:
    """Stops the mails to whoever the link was written for, signed in or not: those of its kinds, or all."""
    stop = read_stop_token(token)
    if stop is None:
        raise Http404(_("This link is not one of ours."))
    person = get_object_or_404(User, pk=stop.user_id)
    done = ""
    if request.method == "POST":
        done = "kinds" if request.POST.get("what") == "kinds" and stop.kinds else "all"
        telling.switch_off(person, kinds=stop.kinds if done == "kinds" else None)
    with translation.override(person.language):
        context = {"kinds": describe_kinds(stop.kinds) if stop.kinds else "", "done": done}
        return render(request, "tickets/stop_notices.html", context)
