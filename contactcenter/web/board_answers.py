"""How the wallboard's acts answer: a passing word and the sign to read the rows anew, or back to the board."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django_htmx.http import trigger_client_event

from tickets.web.responses import go_back, is_htmx, toast


def done(
    request: HttpRequest,
    said: str | LazyText,
    *,
    tone: str = "ok",
    undo_url: str = "",
    in_dialog: bool = False,
) -> HttpResponse:
    """The act succeeded (or, with another tone, was refused). `undo_url` takes it back."""
    if not is_htmx(request):
        return go_back(request, reverse("contactcenter:board"), said=said, tone=tone)
    answer = HttpResponse(toast(request, said, tone, undo_url=undo_url))
    if in_dialog:
        trigger_client_event(answer, "dialog-close")
    trigger_client_event(answer, "board-changed")
    return answer
