"""Planned and actual: how far agents kept to their shifts, and planning shifts from a file."""

from __future__ import annotations

import csv

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from contactcenter import adherence, clock
from contactcenter.models import Activity, Agent
from contactcenter.web.advice_words import percent, seconds
from contactcenter.web.entry import for_supervisors
from contactcenter.web.reports import csv_answer, read_asked, safe_cell
from tickets.errors import Refused
from tickets.web.responses import AgentRequest

LARGEST = 2_000_000  # bytes


@require_http_methods(["GET", "HEAD", "POST"])
@for_supervisors
def page(request: AgentRequest) -> HttpResponse:
    """The agents' adherence in the span of the address; a posted file plans shifts."""
    refusal = ""
    if request.method == "POST":
        try:
            count = adherence.plan_shifts(_read_file(request), by=request.user)
        except Refused as refused:
            refusal = str(refused)
        else:
            said = ngettext("%(count)d shift was planned.", "%(count)d shifts were planned.", count)
            messages.success(request, said % {"count": count})
            return redirect(f"{reverse('contactcenter:adherence')}?{request.GET.urlencode()}")
    context = {
        "asked": read_asked(request),
        "rows": [
            (str(one.agent), seconds(one.planned), seconds(one.kept), percent(one.share)) for one in _kept(request)
        ],
        "refusal": refusal,
        "activities": Activity.objects.filter(is_active=True),
        "example_day": timezone.localdate(clock.now()),
    }
    return render(request, "contactcenter/adherence.html", context, status=422 if refusal else 200)


@require_GET
@for_supervisors
def file(request: AgentRequest) -> HttpResponse:
    """The same as CSV, in seconds."""
    asked = read_asked(request)
    answer = csv_answer(f"adherence-{asked.first}-{asked.last}.csv")
    writer = csv.writer(answer)
    writer.writerow(["agent", "seconds_planned", "seconds_kept", "adherence"])
    for one in _kept(request):
        cells = [round(one.planned, 3), round(one.kept, 3), "" if one.share is None else round(one.share, 4)]
        writer.writerow([safe_cell(str(one.agent)), *cells])
    return answer


def _kept(request: AgentRequest) -> list[adherence.Kept]:
    asked = read_asked(request)
    return adherence.adherences(Agent.objects.select_related("user"), asked.start, asked.end)


def _in_words(one: adherence.Kept) -> tuple[str, str, str, str]:
    return str(one.agent), seconds(one.planned), seconds(one.kept), percent(one.share)


def _read_file(request: AgentRequest) -> str:
    uploaded = request.FILES.get("file")
    if uploaded is None:
        raise Refused(_("Choose a file."), field="file")
    if (uploaded.size or 0) > LARGEST:
        raise Refused(_("The file is too large."), field="file")
    try:
        text: str = uploaded.read().decode("utf-8-sig")
    except UnicodeDecodeError as unreadable:
        raise Refused(_("The file is not in UTF-8."), field="file") from unreadable
    return text
