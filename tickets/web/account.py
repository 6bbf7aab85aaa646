"""Everybody's own page: language, time zone, keys, addresses, and the keys to the API."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_http_methods, require_POST
from django.views.i18n import set_language as set_language_of_browser

from tickets import api_tokens, people
from tickets.errors import Refused
from tickets.models import ApiToken, User
from tickets.web.away import absence_context
from tickets.web.locale import activate_for
from tickets.web.portal import PersonRequest, for_people


def time_zones() -> list[tuple[str, str]]:
    """Those with a continent and a city, which is all that people look for."""
    continents = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
    names = sorted(name for name in available_timezones() if name.startswith(continents) and "/" in name)
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class ProfileForm(forms.Form):
    """What a person chooses for himself."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=time_zones)
    place = forms.CharField(
        label=gettext_lazy("Place"),
        help_text=gettext_lazy("Where you work: site, floor, room."),
        max_length=120,
        required=False,
    )
    single_keys = forms.BooleanField(
        label=gettext_lazy("Single letters are shortcuts"),
        help_text=gettext_lazy("Off: Ctrl K and Ctrl Enter still work."),
        required=False,
    )


class SendingForm(forms.Form):
    """For how many seconds an agent can take a reply back."""

    undo_seconds = forms.TypedChoiceField(
        label=gettext_lazy("A reply can be taken back for"),
        help_text=gettext_lazy("Until then it has not left. Internal notes are saved at once."),
        choices=[
            (0, gettext_lazy("not at all: it is sent at once")),
            *((n, ngettext_lazy("%d second", "%d seconds", n) % n) for n in people.UNDO_SECONDS if n),
        ],
        coerce=int,
    )


class TokenForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("What is it for?"),
        help_text=gettext_lazy("So that you know it when you see it: “Monitoring”, “My script”."),
        max_length=100,
        error_messages={"required": gettext_lazy("Give the token a name.")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def profile(request: PersonRequest) -> HttpResponse:
    """Shows the page and takes the person's choices."""
    if request.method != "POST":
        return _show(request, _profile_form(request))
    form = _profile_form(request, request.POST)
    sending = SendingForm(request.POST) if "undo_seconds" in request.POST and request.user.is_agent else None
    if not form.is_valid() or (sending and not sending.is_valid()):
        return _show(request, form, status=422)
    chosen = form.cleaned_data
    try:
        person = people.change_preferences(
            request.user,
            language=chosen["language"],
            time_zone=chosen["time_zone"],
            single_keys=chosen.get("single_keys"),
        )
        person = people.change_place(person, place=chosen["place"], by=person)
        if sending:
            person = people.change_undo_seconds(person, sending.cleaned_data["undo_seconds"])
    except Refused as refusal:
        form.add_error(refusal.field or None, str(refusal))
        return _show(request, form, status=422)
    activate_for(person)  # the message is already in the new language
    messages.success(request, _("Saved."))
    return redirect("tickets:profile")


@require_POST
@for_people
def add_token(request: PersonRequest) -> HttpResponse:
    """Makes a token and shows it this once."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _show(request, _profile_form(request), token_form=form, status=422)
    try:
        token, secret = api_tokens.create_token(request.user, name=form.cleaned_data["name"])
    except Refused as refusal:
        form.add_error("name", str(refusal))
        return _show(request, _profile_form(request), token_form=form, status=422)
    answer = _show(request, _profile_form(request), new_token=token, secret=secret)
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@for_people
def revoke_token(request: PersonRequest, token_id: int) -> HttpResponse:
    """The token works no more; its row stays for the record."""
    token = get_object_or_404(ApiToken, pk=token_id, user=request.user)
    api_tokens.revoke_token(token)
    messages.success(request, _("The token “%(name)s” no longer works.") % {"name": token.name})
    return redirect("tickets:profile")


@require_POST
def set_language(request: HttpRequest) -> HttpResponseBase:
    """The language button: for strangers a cookie, for signed-in people their own setting too."""
    language = request.POST.get("language", "")
    if isinstance(request.user, User) and translation.check_for_language(language):
        try:
            people.change_preferences(request.user, language=language, time_zone=request.user.time_zone)
        except Refused as refusal:
            messages.error(request, str(refusal))
    return set_language_of_browser(request)


def _profile_form(request: PersonRequest, data: QueryDict | None = None) -> ProfileForm:
    user = request.user
    form = ProfileForm(data, initial={name: getattr(user, name) for name in ProfileForm.base_fields})
    if not user.is_agent:
        del form.fields["single_keys"]
    return form


def _show(request: PersonRequest, form: ProfileForm, status: int = 200, **extra: Any) -> HttpResponse:
    user = request.user
    tokens = ApiToken.objects.filter(user=user, revoked_at__isnull=True) if user.is_agent else ApiToken.objects.none()
    context = {
        "base": "base.html" if user.is_agent else "base_portal.html",
        "form": form,
        "sending_form": SendingForm(initial={"undo_seconds": user.undo_seconds}) if user.is_agent else None,
        "token_form": TokenForm(),
        "tokens": tokens,
        "addresses": user.addresses.all(),
        "has_password": user.has_usable_password(),
    } | (absence_context(user, user) if user.is_agent else {})
    return render(request, "tickets/portal/profile.html", context | extra, status=status)
