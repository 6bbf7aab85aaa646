"""How agents' doors answer: partials and a passing word for HTMX, a redirect with a message without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.functional import Promise as LazyText
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from tickets.at_hand import AtHand, read_at_hand
from tickets.models import User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class AgentRequest(HttpRequest):
    """A request that `for_agents` has let through. `current_view` is the inbox view to mark in the navigation.

    `at_hand`: the small tables as they stood when the request came; its agent's rights are of the same moment.
    """

    user: User
    at_hand: AtHand
    htmx: Any
    current_view: str


def for_agents(
    view: Callable[Concatenate[AgentRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Only agents pass: strangers are asked to sign in, customers are told that it is not for them."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return ask_to_sign_in(request)
        if not request.user.is_agent:
            raise PermissionDenied(_("This page is for agents."))
        request.at_hand = read_at_hand()  # type: ignore[attr-defined]  # of an AgentRequest
        request.user.rights_by_team = request.at_hand.rights.get(request.user.pk, {})  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)  # type: ignore[arg-type]  # its user is known now

    return guarded  # type: ignore[return-value]  # `wraps` hides the parameters' order


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page. HTMX gets a plain 401: the page stays with all that was typed, and asks (sign_in.js).

    Afterwards the page comes back; of a form that was sent that is the page it stood on, which has what was typed.
    """
    if is_htmx(request):
        return HttpResponse(status=401)
    if request.method in ("GET", "HEAD"):
        return redirect_to_login(request.get_full_path())
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}):
        return redirect_to_login(settings.LOGIN_REDIRECT_URL)
    parts = urlsplit(page)
    return redirect_to_login(urlunsplit(("", "", parts.path, parts.query, "")))


def is_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def toast(
    request: HttpRequest, text: str | LazyText, tone: str = "ok", *, undo_url: str = "", link_url: str = ""
) -> str:
    """A passing word, out of band; with `undo_url`, where its undo is posted; with `link_url`, what it speaks of."""
    context = {"text": text, "tone": tone, "oob": True, "undo_url": undo_url, "link_url": link_url}
    return render_to_string("components/_toast.html", context, request)


def fragments(
    request: HttpRequest,
    context: dict[str, Any],
    *templates: str,
    said: str | LazyText = "",
    tone: str = "ok",
    undo_url: str = "",
    link_url: str = "",
    status: int = 200,
) -> HttpResponse:
    """Several partials in one answer, the first for the target, the rest out of band."""
    parts: list[str] = [
        render_to_string(template, context | {"oob": n > 0}, request) for n, template in enumerate(templates)
    ]
    if said:
        parts.append(toast(request, said, tone, undo_url=undo_url, link_url=link_url))
    return HttpResponse("\n".join(parts), status=status)


def go_back(request: HttpRequest, fallback: str, *, said: str | LazyText = "", tone: str = "ok") -> HttpResponse:
    """To the page that `next` names, if it is ours, with a message."""
    if said:
        {"ok": messages.success, "warn": messages.warning, "bad": messages.error}[tone](request, str(said))
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = fallback
    return redirect(target)


def first_error(errors: Any) -> str:
    """The first sentence a form has to say."""
    said: Sequence[str] = [str(error) for problems in errors.values() for error in problems]
    return said[0] if said else ""
