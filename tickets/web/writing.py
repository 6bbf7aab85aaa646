"""Sending what the composer holds, taking it back, and what the composer asks for while somebody types."""

from __future__ import annotations

from email.utils import getaddresses
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tickets import answer_templates, desk, drafts, linking, permissions, recipients, undo
from tickets.access import load_ticket
from tickets.errors import Refused
from tickets.meanwhile import HeldBack
from tickets.models import Draft, Message, Ticket, User
from tickets.web.composer import Held, composer_context, waiting_context
from tickets.web.responses import AgentRequest, first_error, for_agents, fragments, go_back, is_htmx
from tickets.web.ticket_actions import done
from tickets.web.ticket_page import May, page_context, props_context
from tickets.web.writing_forms import WriteForm, page_of, typed_fields
from tickets.writing import NewFile

COMPOSER = "tickets/_composer.html"
WAITING = "tickets/_waiting.html"


# --- sending ---------------------------------------------------------------------------------------------------------


@require_POST
@for_agents
def write(request: AgentRequest, number: str) -> HttpResponse:
    """Sends the reply or saves the note. What was typed comes back when a rule says no."""
    form = WriteForm(request.POST, request.FILES)
    is_note = request.POST.get("kind") == "note"
    ticket = load_ticket(request.user, number, to="note" if is_note else "reply")
    if not form.is_valid():
        field = next(iter(form.errors))
        return refused(request, ticket, form, first_error(form.errors), "" if field == "__all__" else field)
    try:
        made = save_note(request, ticket, form) if is_note else send(request, ticket, form)
    except HeldBack as held:
        return held_back(request, ticket, form, held)
    except Refused as refusal:
        return refused(request, ticket, form, str(refusal), refusal.field)
    if isinstance(made, Draft):
        return on_its_way(request, ticket)
    answer = done(request, ticket, _("Note saved.") if is_note else _("Sent."), in_dialog=True)
    if is_htmx(request) and "HX-Redirect" not in answer:
        fresh = load_ticket(request.user, number, to="see_internal")
        context = props_context(request, fresh) | composer_context(request, fresh)
        answer.content = render(request, COMPOSER, context).content + b"\n" + answer.content
    return answer


def save_note(request: AgentRequest, ticket: Ticket, form: WriteForm) -> Message | None:
    """The note as the form has it, with the draft's files; at once, since it stays in the house."""
    cleaned = form.cleaned_data
    promise = promise_of(request, ticket, form)

    def act(files: list[NewFile]) -> Message:
        return desk.save_note(ticket, text=cleaned["note"], by=request.user, files=files, promise=promise)

    return drafts.say_once(
        ticket,
        "note",
        act,
        by=request.user,
        key=cleaned["key"],
        page=page_of(request.POST),
        files=cleaned["files"],
    )


def send(request: AgentRequest, ticket: Ticket, form: WriteForm) -> Draft | Message | None:
    """The reply as the form has it."""
    cleaned = form.cleaned_data
    if form.wants_nobody:
        raise Refused(_("Nobody is to get this. Add a reader, or write a note."), field="to")
    if cleaned["then"] is not None and cleaned["then"].is_closed and not cleaned["anyway"]:
        blocked = linking.warn_of_blockers(ticket)
        if blocked:
            raise HeldBack(blocked)
    answer = undo.Answer(
        text=cleaned["text"],
        to=cleaned["to"] or None,
        cc=cleaned["cc"],
        then=cleaned["then"],
        pending_until=cleaned["pending_until"],
        promise=promise_of(request, ticket, form),
    )
    return undo.send_answer(
        ticket,
        answer,
        by=request.user,
        fields=typed_fields(request.POST, kind="reply"),
        files=cleaned["files"],
        key=cleaned["key"],
        page=page_of(request.POST),
        based_on=cleaned["based_on"],
        anyway=cleaned["anyway"],
    )


def promise_of(request: AgentRequest, ticket: Ticket, form: WriteForm) -> desk.NewPromise | None:
    """The promise given with a text: by default for oneself, for others with the right to assign."""
    by_when = form.cleaned_data["by_when"]
    if by_when is None:
        return None
    who: User = form.cleaned_data["who"] or request.user
    permissions.require(who.pk == request.user.pk or permissions.can_assign(request.user, ticket))
    return desk.NewPromise(who=who, by_when=by_when)


def on_its_way(request: AgentRequest, ticket: Ticket) -> HttpResponse:
    """The reply waits at the end of the timeline, where it can be taken back; the composer is empty again."""
    if not is_htmx(request):
        return go_back(request, f"{reverse('tickets:ticket', args=[ticket.number])}#waiting")
    context = props_context(request, ticket) | composer_context(request, ticket)
    return fragments(request, context, COMPOSER, WAITING)


def refused(request: AgentRequest, ticket: Ticket, form: WriteForm, sentence: str, field: str) -> HttpResponse:
    """A rule said no: what was typed, with its sentence."""
    based_on = form.cleaned_data.get("based_on")
    return show_typed(request, ticket, composer_context(request, ticket, form, sentence, field, based_on=based_on))


def held_back(request: AgentRequest, ticket: Ticket, form: WriteForm, held: HeldBack) -> HttpResponse:
    """Something came in that the writer should know first: it is shown, and sending again sends."""
    shown = Held(held.lines, str(held))
    based_on = held.seq or form.cleaned_data.get("based_on")
    return show_typed(request, ticket, composer_context(request, ticket, form, held=shown, based_on=based_on))


def show_typed(request: AgentRequest, ticket: Ticket, typed: dict[str, Any]) -> HttpResponse:
    """The composer with what was typed in it, even where nothing more can be written, as on a merged ticket."""
    typed["may"] = May.ask(request.user, ticket)
    if is_htmx(request):
        return render(request, COMPOSER, props_context(request, ticket) | typed, status=422)
    return render(request, "tickets/ticket.html", page_context(request, ticket) | typed, status=422)


# --- taking it back --------------------------------------------------------------------------------------------------


@require_POST
@for_agents
def undo_send(request: AgentRequest, draft_id: int) -> HttpResponse:
    """The reply is back in the composer; too late, the page says so and shows it sent."""
    draft = Draft.objects.filter(pk=draft_id, user=request.user, ticket__isnull=False).select_related("ticket").first()
    said, tone = _("Taken back."), "ok"
    number = draft.ticket.number if draft and draft.ticket else request.POST.get("ticket", "")
    try:
        undo.undo_send(draft, by=request.user)
    except Refused as refusal:
        said, tone = str(refusal), "bad"
    ticket = load_ticket(request.user, number, to="see_internal")
    page = reverse("tickets:ticket", args=[ticket.number])
    if not is_htmx(request):
        return go_back(request, f"{page}#_composer_{ticket.number}", said=said, tone=tone)
    context = props_context(request, ticket) | composer_context(request, ticket) | {"takes_focus": tone == "ok"}
    if tone == "bad":  # the text in the composer is another one: leave it
        answer = fragments(request, context, "tickets/_nothing.html", WAITING, said=said, tone=tone)
        answer["HX-Reswap"] = "none"
    else:
        answer = fragments(request, context, COMPOSER, WAITING, said=said)
    answer["HX-Trigger"] = f"ticket-changed-{ticket.number}"
    return answer


@require_GET
@for_agents
def waiting(request: AgentRequest, number: str) -> HttpResponse:
    """Asked while a reply is on its way: nothing until that changes, then the page reads its timeline."""
    ticket = load_ticket(request.user, number, to="see_internal")
    context = waiting_context(ticket, drafts.drafts_on(ticket, by=request.user))
    shown = [draft for draft in request.GET.get("shown", "").split(",") if draft]
    answer = HttpResponse(status=204)
    if [str(each.draft.pk) for each in context["waiting"]] != shown:
        answer["HX-Trigger"] = f"ticket-changed-{ticket.number}"
    return answer


@require_GET
@for_agents
def composer(request: AgentRequest, number: str) -> HttpResponse:
    """The composer alone, with the drafts as they are kept."""
    ticket = load_ticket(request.user, number, to="note")
    context = props_context(request, ticket) | composer_context(request, ticket)
    return render(request, COMPOSER, context | {"takes_focus": True})


# --- while somebody types --------------------------------------------------------------------------------------------


@require_GET
@for_agents
def readers(request: AgentRequest, number: str) -> JsonResponse:
    """People to choose from (`q`), or what is odd about addresses (`check`)."""
    ticket = load_ticket(request.user, number, to="reply")
    checked = request.GET.getlist("check")[:50]
    if checked:
        parties = [(name, address) for name, address in getaddresses(checked) if address]
        found = [
            {"text": reader.written, "address": reader.address, "warning": reader.warning}
            for reader in recipients.judge(ticket, parties)
        ]
        return JsonResponse({"found": found})
    people = recipients.suggest_readers(ticket, request.GET.get("q", ""))
    return JsonResponse(
        {
            "found": [
                {
                    "text": recipients.written((person.name, person.email or "")),
                    "label": person.name,
                    "note": " · ".join(
                        filter(None, [person.email, person.organisation.name if person.organisation else ""])
                    ),
                }
                for person in people
            ]
        }
    )


@require_GET
@for_agents
def templates(request: AgentRequest, number: str) -> HttpResponse:
    """The ready answers, filled for this ticket: a list to put in from, or a page with them without script."""
    ticket = load_ticket(request.user, number, to="reply")
    found = answer_templates.templates_for(ticket, request.user)
    page = "tickets/_templates.html" if is_htmx(request) else "tickets/templates.html"
    return render(request, page, {"ticket": ticket, "templates": found})
