"""Coming back after the session ended in the middle of something: who is here now, with a fresh token for forms."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from tickets.web.portal import PersonRequest, for_people
from tickets.web.responses import is_htmx


@require_GET
@never_cache
@for_people
def signed_in(request: PersonRequest) -> HttpResponse:
    """For the waiting page, as data; for the window in which somebody signed in, a page that closes itself."""
    if is_htmx(request):
        return JsonResponse({"person": request.user.pk, "token": get_token(request)})
    return render(request, "account/signed_in.html")
