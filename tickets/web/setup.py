"""The set-up pages' common ground: who enters, and how a form is taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _

from tickets import configuration, permissions
from tickets.configuration_words import summary
from tickets.errors import Refused
from tickets.web.responses import AgentRequest, for_agents

P = ParamSpec("P")


def for_admins(
    view: Callable[Concatenate[AgentRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Only administrators pass; agents are told who can."""

    @wraps(view)
    def guarded(request: AgentRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not permissions.can_set_up(request.user):
            raise PermissionDenied(_("Only an administrator can do this."))
        return view(request, *args, **kwargs)

    return for_agents(guarded)  # type: ignore[arg-type]  # `wraps` hides the parameters' order


@dataclass(frozen=True, slots=True)
class FormPage:
    """What a page with one form says: its title, the button, the list it belongs to."""

    title: str | LazyText
    submit: str | LazyText
    back_url: str
    back: str | LazyText
    template: str = "tickets/setup/form.html"


def show_form(
    request: HttpRequest,
    page: FormPage,
    form: forms.BaseForm,
    *,
    status: int = 200,
    context: Mapping[str, Any] | None = None,
) -> HttpResponse:
    return render(request, page.template, {"page": page, "form": form, **(context or {})}, status=status)


def take_form(
    request: AgentRequest,
    page: FormPage,
    form: forms.BaseForm,
    act: Callable[..., object],
    *,
    said: str | LazyText = "",
    to: str = "",
    context: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Cleans a posted form, calls the room with its values by name, and goes back to the list (or `to`).

    What is wrong stands at its field, with all that was typed still there. `said` is the passing word; without it
    the word names what changed, as the configuration's history has it.
    """
    if form.is_valid():
        line = configuration.mark()
        try:
            act(**form.cleaned_data, by=request.user)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            tell_saved(request, line, said=said)
            return redirect(to or page.back_url)
    return show_form(request, page, form, status=422, context=context)


def tell_saved(request: AgentRequest, line: int, *, said: str | LazyText = "") -> None:
    """The passing word after an act: `said`, else what changed since the history stood at `line`."""
    words = str(said) or summary(configuration.lines_since(line, by=request.user))
    if words:
        messages.success(request, words)
    else:
        messages.info(request, _("Nothing was changed."))
