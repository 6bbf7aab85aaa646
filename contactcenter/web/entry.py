"""Who enters the pages of the contact centre: whoever sees it, and whoever runs it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from contactcenter import permissions
from tickets.web.responses import AgentRequest, for_agents

P = ParamSpec("P")
AgentView = Callable[Concatenate[AgentRequest, P], HttpResponseBase]


def for_watchers(view: AgentView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Agents of the contact centre and administrators pass; other agents are told so."""

    @wraps(view)
    def guarded(request: AgentRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not permissions.can_see_centre(request.user):
            raise PermissionDenied(_("This page is for agents of the contact centre."))
        return view(request, *args, **kwargs)

    return for_agents(guarded)  # type: ignore[arg-type]  # `wraps` hides the parameters' order


def for_supervisors(view: AgentView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Only who runs the contact centre passes; others are told who does."""

    @wraps(view)
    def guarded(request: AgentRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not permissions.can_run_centre(request.user):
            raise PermissionDenied(_("Only a supervisor of the contact centre can do this."))
        return view(request, *args, **kwargs)

    return for_agents(guarded)  # type: ignore[arg-type]  # `wraps` hides the parameters' order
