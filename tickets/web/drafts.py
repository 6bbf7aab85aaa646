"""Drafts while they are written: saved, restored, with their files; and the page of all that somebody has begun."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tickets import drafts
from tickets.access import load_ticket
from tickets.errors import Refused
from tickets.files import open_blob
from tickets.merge_paths import target_of
from tickets.models import Draft, DraftFile, Ticket
from tickets.web.composer import set_aside_of
from tickets.web.files import LOCKED
from tickets.web.responses import AgentRequest, for_agents, go_back, is_htmx
from tickets.web.writing_forms import DraftForm, typed_fields

RIGHT_FOR = {"reply": "reply", "note": "note", "call": "reply", "forward": "pass_on"}
ONE_FORWARDED = re.compile(r"forward-[0-9]{1,12}")  # a message of its own, see `drafts.kind_of_forward`


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A row of the page: where it belongs, what was typed."""

    draft: Draft
    words: str
    url: str
    title: str
    files: int
    kind: str


def ticket_for(request: AgentRequest, number: str, kind: str) -> Ticket | None:
    """The ticket that a draft of this kind is for; none for a new one."""
    if kind == Draft.Kind.NEW_TICKET:
        return None
    right = RIGHT_FOR.get(kind) or ("pass_on" if ONE_FORWARDED.fullmatch(kind) else None)
    if right is None:
        raise Http404(_("There is no such draft."))
    ticket = load_ticket(request.user, number, to=right)
    end = target_of(ticket)  # a page that was open when it was merged goes on where it leads
    return ticket if end.pk == ticket.pk else load_ticket(request.user, end.number, to=right)


@require_POST
@for_agents
def save(request: AgentRequest) -> HttpResponse:
    """Keeps what was typed so far. 409 when another page is ahead: its text comes back to choose from."""
    form = DraftForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"error": _("This is no draft.")}, status=422)
    said = form.cleaned_data
    ticket = ticket_for(request, said["ticket"], said["kind"])
    try:
        kept = drafts.save_draft(
            ticket,
            said["kind"],
            typed_fields(request.POST, kind=said["kind"]),
            by=request.user,
            version=said["version"] or 0,
            tab=said["tab"],
            key=said["key"],
            based_on=said["based_on"] or 0,
            take_over=said["take_over"],
            drop=said["drop"],
        )
    except Refused as refusal:
        return JsonResponse({"error": str(refusal)}, status=422)
    return JsonResponse(told(request, kept), status=409 if kept.is_newer else 200)


def told(request: HttpRequest, kept: drafts.Kept) -> dict[str, object]:
    """What the page hears of its draft: the version, the hour, and what else there is to choose from."""
    draft = kept.draft
    if draft is None:
        return {"version": 0, "saved": "", "notice": "", "sent": kept.is_sent}
    context = {
        "draft": draft,
        "newer": json.dumps(draft.fields),
        "set_aside": set_aside_of(draft),
        "is_newer": kept.is_newer,
    }
    return {
        "version": draft.version,
        "saved": f"{timezone.localtime(draft.saved_at):%H:%M}",
        "notice": render_to_string("tickets/_draft_notice.html", context, request).strip(),
    }


@require_GET
@for_agents
def mine(request: AgentRequest) -> HttpResponse:
    """Everything begun and not yet said, newest first."""
    found = drafts.drafts_of(request.user)
    ids = [draft.ticket_id for draft in found if draft.ticket_id]
    seen = set(Ticket.objects.worked_by(request.user).filter(pk__in=ids).values_list("pk", flat=True))
    lines = [line_of(draft, is_seen=draft.ticket_id is None or draft.ticket_id in seen) for draft in found]
    return render(request, "tickets/drafts.html", {"lines": lines})


def line_of(draft: Draft, *, is_seen: bool) -> DraftLine:
    if draft.ticket is None:
        url, title = reverse("tickets:new"), _("New ticket")
    elif is_seen:
        number = draft.ticket.number
        url = address_of(draft, number)
        title = draft.ticket.title
    else:
        url, title = "", _("A ticket that you no longer see")
    words = drafts.words_of(draft.fields) or next((other.words for other in set_aside_of(draft)), "")
    return DraftLine(draft, words, url, title, len(draft.files.all()), drafts.label_of(draft))


def address_of(draft: Draft, number: str) -> str:
    """Where one goes on writing it."""
    if not draft.kind.startswith(Draft.Kind.FORWARD):
        return f"{reverse('tickets:ticket', args=[number])}?write={draft.kind}#_composer_{number}"
    message = drafts.forwarded_by(draft.kind)
    if message is None:
        return reverse("tickets:forward_conversation", args=[number])
    return reverse("tickets:forward_message", args=[number, message])


@require_POST
@for_agents
def discard(request: AgentRequest, draft_id: int) -> HttpResponse:
    """The person doesn't want it any more."""
    draft = get_object_or_404(Draft, pk=draft_id, user=request.user)
    try:
        drafts.discard_draft(draft, by=request.user)
    except Refused as refusal:
        return go_back(request, reverse("tickets:drafts"), said=str(refusal), tone="bad")
    return go_back(request, reverse("tickets:drafts"), said=_("Draft thrown away."))


# --- files -----------------------------------------------------------------------------------------------------------


@require_POST
@for_agents
def add_file(request: AgentRequest) -> HttpResponse:
    """One chosen file goes up; the answer is its line in the list, or the sentence why it was left out."""
    kind = request.POST.get("kind", "")
    ticket = ticket_for(request, request.POST.get("ticket", ""), kind)
    upload = request.FILES.get("file")
    if upload is None or not upload.name:
        return HttpResponse(_("No file came."), status=422, content_type="text/plain; charset=utf-8")
    try:
        drafts.check_file(upload.name, upload.size or 0)
        file = drafts.add_file(
            ticket,
            kind,
            by=request.user,
            name=upload.name,
            content=upload.read(),
            media_type=upload.content_type or "",
        )
    except Refused as refusal:
        return HttpResponse(str(refusal), status=422, content_type="text/plain; charset=utf-8")
    return render(request, "tickets/_draft_file.html", {"file": file})


@require_POST
@for_agents
def remove_file(request: AgentRequest, file_id: int) -> HttpResponse:
    """Leaves a file out again."""
    file = get_object_or_404(DraftFile.objects.select_related("draft__ticket"), pk=file_id, draft__user=request.user)
    ticket = file.draft.ticket
    page = reverse("tickets:ticket", args=[ticket.number]) if ticket else reverse("tickets:new")
    try:
        drafts.remove_file(file, by=request.user)
    except Refused as refusal:
        if is_htmx(request):
            return HttpResponse(str(refusal), status=422, content_type="text/plain; charset=utf-8")
        return go_back(request, page, said=str(refusal), tone="bad")
    return HttpResponse("") if is_htmx(request) else go_back(request, page)


@require_GET
@for_agents
def file(request: AgentRequest, file_id: int) -> HttpResponseBase:
    """A file of one's own draft, to look at once more before it goes."""
    found = get_object_or_404(DraftFile.objects.select_related("blob"), pk=file_id, draft__user=request.user)
    try:
        content = open_blob(found.blob)
    except FileNotFoundError as error:
        raise Http404(_("This file is no longer there.")) from error
    answer = FileResponse(content, as_attachment=True, filename=found.name, content_type="application/octet-stream")
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = LOCKED
    return answer
