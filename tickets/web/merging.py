"""Doors of merging: the dialog with its preview, the act, and taking it back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tickets import linking, merging
from tickets.access import load_ticket
from tickets.errors import NotAllowed, Refused
from tickets.models import Message, Ticket
from tickets.promises import open_promise
from tickets.web.message_forms import MergeForm
from tickets.web.responses import AgentRequest, for_agents, go_back, is_htmx
from tickets.web.ticket_dialogs import dialog

CANDIDATES_SHOWN = 8
WORDS_SHOWN = 8  # of the conversation that the two will make


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the preview, with the number that it is on."""

    message: Message
    number: str


@dataclass(slots=True)
class Preview:
    """What would come of it: which points at which, why not, what goes along, the end of the conversation."""

    source: Ticket
    target: Ticket
    refusal: str = ""
    along: list[str] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    earlier: int = 0


@require_http_methods(["GET", "POST"])
@for_agents
def merge(request: AgentRequest, number: str) -> HttpResponse:
    """The same thing reported twice: which other ticket, and which of the two goes on."""
    ticket = load_ticket(request.user, number, to="merge")
    form = MergeForm(request.POST or None, initial={"into": request.GET.get("into", ""), "goes_on": "other"})
    form.offer(candidates_for(request, ticket))
    if request.method == "POST" and form.is_valid():
        try:
            source, target = _pair(request, ticket, form.cleaned_data)
            target = merging.merge_ticket(source, into=target, by=request.user)
        except Refused as refusal:
            form.add_error("number" if form.cleaned_data["number"] else None, str(refusal))
        else:
            said = _("%(number)s was merged into %(target)s.") % {"number": source.number, "target": target.number}
            messages.success(request, said, extra_tags=reverse("tickets:unmerge", args=[source.number]))
            return _go_to(request, target)
    return dialog(
        request,
        ticket,
        form,
        title=_("Merge"),
        submit=_("Merge"),
        template="tickets/merge.html",
        preview=_preview(request, ticket, form.data or form.initial),
    )


@require_GET
@for_agents
def merge_preview(request: AgentRequest, number: str) -> HttpResponse:
    """The same for what is chosen in the dialog now."""
    ticket = load_ticket(request.user, number, to="merge")
    context = {"ticket": ticket, "preview": _preview(request, ticket, request.GET.dict())}
    return render(request, "tickets/_merge_preview.html", context)


@require_POST
@for_agents
def unmerge(request: AgentRequest, number: str) -> HttpResponse:
    """The ticket stands alone again; what stays where it landed is said."""
    ticket = load_ticket(request.user, number, to="see_internal")
    try:
        apart = merging.unmerge_ticket(ticket, by=request.user)
    except NotAllowed:
        raise
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _go_to(request, merging.target_of(ticket))
    said = _("%(number)s stands alone again.") % {"number": apart.ticket.number}
    if apart.stays:
        messages.warning(request, " ".join([said, *apart.stays]))
    else:
        messages.success(request, said)
    return _go_to(request, apart.ticket)


def candidates_for(request: AgentRequest, ticket: Ticket) -> list[Ticket]:
    """The customer's other tickets that the agent works on: open ones first, then the newest."""
    if ticket.customer_id is None:
        return []
    others = Ticket.objects.worked_by(request.user).filter(customer=ticket.customer, merged_into__isnull=True)
    ordered = others.exclude(pk=ticket.pk).order_by(F("closed_at").desc(nulls_first=True), "-opened_at")
    return list(ordered.select_related("status")[:CANDIDATES_SHOWN])


def _pair(request: AgentRequest, ticket: Ticket, chosen: dict[str, Any]) -> tuple[Ticket, Ticket]:
    """Which one points at which."""
    other = linking.ticket_of_number(str(chosen.get("number") or chosen.get("into") or ""), by=request.user)
    return (other, ticket) if chosen.get("goes_on") == "this" else (ticket, merging.target_of(other))


def _preview(request: AgentRequest, ticket: Ticket, chosen: Any) -> Preview | None:
    if not (chosen.get("number") or chosen.get("into")):
        return None
    try:
        source, target = _pair(request, ticket, chosen)
    except Refused as refusal:
        return Preview(ticket, ticket, refusal=str(refusal))
    preview = Preview(source, target)
    try:
        merging.check_merge(source, target, by=request.user)
    except Refused as refusal:
        preview.refusal = str(refusal)
        return preview
    preview.along = _along(source)
    numbers = {each.pk: each.number for each in (source, target)}
    for one in (source, target):
        numbers |= dict(merging.tickets_leading_to(one).values_list("pk", "number"))
    found = Message.objects.filter(ticket__in=numbers, is_automatic=False).order_by("-created_at", "-pk")
    shown = list(found.select_related("author")[:WORDS_SHOWN])
    preview.said = [Said(message, numbers[message.ticket_id]) for message in reversed(shown)]
    preview.earlier = found.count() - len(shown)
    return preview


def _along(source: Ticket) -> list[str]:
    """What goes along, in sentences."""
    said = []
    promise = open_promise(source)
    if promise is not None:
        said.append(_("The promise of %(name)s counts on the ticket that goes on.") % {"name": promise.who})
    people = source.participants.count() + source.watches.count()
    if people:
        sentence = ngettext(
            "%(n)s participant or watcher goes along.", "%(n)s participants and watchers go along.", people
        )
        said.append(sentence % {"n": people})
    return said


def _go_to(request: AgentRequest, ticket: Ticket) -> HttpResponse:
    """The whole page anew: it has become another conversation."""
    shown = ticket if Ticket.objects.worked_by(request.user).filter(pk=ticket.pk).exists() else None
    url = reverse("tickets:ticket", args=[ticket.number]) if shown else reverse("tickets:inbox")
    if not is_htmx(request):
        return redirect(url) if not request.POST.get("next") else go_back(request, url)
    answer = HttpResponse()
    answer["HX-Redirect"] = url
    return answer
