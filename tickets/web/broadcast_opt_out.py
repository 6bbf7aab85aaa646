"""The page behind the link in a broadcast's mail: get no more of them, or come back. The link says who it is."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tickets.broadcasts import opting_out


# Mail programs post here too (RFC 8058), with no cookie: the signed link is the right.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def portal_broadcasts(request: HttpRequest, signed: str) -> HttpResponse:
    """Opening the page changes nothing, since scanners open links."""
    person = opting_out.person_of(signed)
    if person is None:
        raise Http404(_("This link is not one of ours."))
    if request.method == "POST":
        if request.POST.get("do") == "come_back":
            opting_out.come_back(person)
        else:
            opting_out.opt_out(person)
        if "List-Unsubscribe" in request.POST:
            return HttpResponse(status=204)
        return redirect("tickets:portal_broadcasts", signed)
    language = person.language if not request.user.is_authenticated else translation.get_language()
    with translation.override(language):
        context = {"person": person, "is_out": opting_out.is_out(person), "signed": signed}
        answer = render(request, "tickets/portal/broadcasts.html", context)
    answer["Content-Language"] = language
    answer["Referrer-Policy"] = "no-referrer"
    return answer
