"""The database is away, or lets nobody write: a clear page with 503, and when to come again, instead of a fault."""

from __future__ import annotations

import sys

from django.db import Error, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views import defaults

from ticketdesk.api import problem

COME_AGAIN = 30  # seconds
# PostgreSQL's codes (appendix A of its manual) for a server that can't be spoken to now: connections lost or too many,
# shutting down, starting. Without a code there was no server to give one.
AWAY = ("08", "53300", "57P01", "57P02", "57P03")
READ_ONLY = "25006"


def trouble_of(error: BaseException | None) -> str:
    """ "away", "read_only", or "" when it is not the database that can't be used."""
    while error is not None:
        if isinstance(error, Error):
            code = getattr(error.__cause__, "sqlstate", None) or ""
            if code == READ_ONLY:
                return "read_only"
            if isinstance(error, OperationalError | InterfaceError) and (not code or code.startswith(AWAY)):
                return "away"
        error = error.__cause__ or error.__context__
    return ""


def server_error(request: HttpRequest) -> HttpResponse:
    """What Django asks for when a page failed; it is called while the fault is being handled."""
    trouble = trouble_of(sys.exc_info()[1])
    if not trouble:
        return defaults.server_error(request)
    if trouble == "read_only":
        title, text = (
            _("Nothing can be saved right now"),
            _("The database can be read only, as while it is being moved."),
        )
    else:
        title, text = _("The database can't be reached"), _("Ticketdesk runs, but its database does not answer.")
    text += " " + _("What you sent was not saved: go back, where it still stands, and try again in half a minute.")
    if request.path.startswith("/api/"):
        answer: HttpResponse = problem(503, title, text)
    else:
        answer = HttpResponse(render_to_string("503.html", {"title": title, "text": text}), status=503)
    answer["Retry-After"] = str(COME_AGAIN)
    answer["Cache-Control"] = "no-store"
    return answer
