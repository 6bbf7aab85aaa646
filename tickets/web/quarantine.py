"""Mail that could not become a ticket by itself: agents read it, make a ticket of it, or say why it needs none."""

from __future__ import annotations

from email import policy
from email.errors import MessageError
from email.parser import BytesHeaderParser

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import BinaryField
from django.db.models.functions import Substr
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from tickets import permissions
from tickets.errors import Refused
from tickets.mail import quarantine as room
from tickets.models import InboundMail
from tickets.web.responses import AgentRequest, for_agents
from tickets.web.setup_forms import IgnoreForm, ReleaseForm

SHOWN = 100
MOST_SOURCE = 60_000  # bytes of a raw mail that are shown; the whole can be saved
SHOWN_HEADERS = (
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "Return-Path",
    "Reply-To",
    "List-Id",
    "Auto-Submitted",
)

# What a code of the mail's readers and guards means to people.
REASONS: dict[str, str | LazyText] = {
    "too_large": gettext_lazy("Too large to be read"),
    "too_deep": gettext_lazy("Nested too deep"),
    "too_many_parts": gettext_lazy("Made of too many parts"),
    "timed_out": gettext_lazy("Took too long to be read"),
    "not_a_mail": gettext_lazy("Not a mail"),
    "no_sender": gettext_lazy("Does not say who wrote it"),
    "no_mailbox": gettext_lazy("No mailbox takes it"),
    "own_sender": gettext_lazy("Claims to come from one of our own addresses"),
    "notice_of_many": gettext_lazy("Answers news of several tickets or of a group, so it names no ticket"),
    "notice_stranger": gettext_lazy("Answers an agent's news, but does not come from an agent"),
    "notice_no_right": gettext_lazy("Answers news of a ticket on which the sender may write no notes"),
    "notice_answered_by_machine": gettext_lazy("A machine answered an agent's news"),
    "own_mail": gettext_lazy("Our own mail came back"),
    "error": gettext_lazy("Reading it failed again and again"),
    room.DECLARED: gettext_lazy("Declared not worth a ticket"),
}


def in_words(code: str) -> str:
    """The reason for people; an unknown code is shown as it stands."""
    return str(REASONS.get(code, code.replace("_", " ").capitalize()))


@require_GET
@for_agents
def quarantine(request: AgentRequest) -> HttpResponse:
    """What waits for a decision, oldest last; `?ignored` shows what was declared ignored."""
    _require(request)
    state = InboundMail.State.IGNORED if "ignored" in request.GET else InboundMail.State.QUARANTINED
    rows = list(
        InboundMail.objects.defer("raw")
        .select_related("mailbox__team", "handled_by")
        .annotate(head=Substr("raw", 1, 8000, output_field=BinaryField()))
        .filter(state=state)
        .order_by("-pk")[:SHOWN]
    )
    mails = [{"row": row, "reason": in_words(row.reason), "headers": dict(_headers(bytes(row.head)))} for row in rows]
    return render(request, "tickets/setup/quarantine.html", {"mails": mails, "is_ignored": state == "ignored"})


@require_GET
@for_agents
def quarantined(request: AgentRequest, inbound_id: int) -> HttpResponse:
    """One mail: its headers, the reason, the raw source as text."""
    return _show(request, _load(request, inbound_id), ReleaseForm(), IgnoreForm())


@require_GET
@for_agents
def quarantined_raw(request: AgentRequest, inbound_id: int) -> HttpResponse:
    """The raw mail to save."""
    row = _load(request, inbound_id)
    answer = HttpResponse(bytes(row.raw), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="mail-{row.pk}.eml"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_POST
@for_agents
def release(request: AgentRequest, inbound_id: int) -> HttpResponse:
    """Makes a ticket of it."""
    row = _load(request, inbound_id)
    form = ReleaseForm(request.POST)
    if form.is_valid():
        try:
            ticket = room.open_ticket_from(row, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("Ticket %(number)s was made of the mail.") % {"number": ticket.number})
            if permissions.can_see(request.user, ticket):
                return redirect("tickets:ticket", ticket.number)
            return redirect("tickets:quarantine")
    return _show(request, row, form, IgnoreForm(), status=422)


@require_POST
@for_agents
def ignore(request: AgentRequest, inbound_id: int) -> HttpResponse:
    """Declares it not worth a ticket, with the reason."""
    row = _load(request, inbound_id)
    form = IgnoreForm(request.POST)
    if form.is_valid():
        try:
            room.ignore_inbound(row, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("The mail needs no ticket; the reason is kept with it."))
            return redirect("tickets:quarantine")
    return _show(request, row, ReleaseForm(), form, status=422)


@require_POST
@for_agents
def retry(request: AgentRequest, inbound_id: int) -> HttpResponse:
    """Lets the intake read it once more."""
    try:
        room.retry_inbound(_load(request, inbound_id), request.user)
        messages.success(request, _("The mail waits to be read again."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("tickets:quarantine")


def _require(request: AgentRequest) -> None:
    if not permissions.can_handle_quarantine(request.user):
        raise PermissionDenied(_("Only agents handle quarantined mail."))


def _load(request: AgentRequest, inbound_id: int) -> InboundMail:
    """A mail that was set aside. Filed ones are read on their ticket, by those who see it."""
    _require(request)
    set_aside = InboundMail.objects.select_related("mailbox__team", "handled_by").filter(state__in=room.SET_ASIDE)
    return get_object_or_404(set_aside, pk=inbound_id)


def _show(
    request: AgentRequest, row: InboundMail, release_form: ReleaseForm, ignore_form: IgnoreForm, status: int = 200
) -> HttpResponse:
    raw = bytes(row.raw)
    context = {
        "row": row,
        "reason": in_words(row.reason),
        "headers": _headers(raw[:MOST_SOURCE]),
        "source": raw[:MOST_SOURCE].decode("utf-8", "backslashreplace").replace("\x00", "␀"),
        "is_cut": len(raw) > MOST_SOURCE,
        "release_form": release_form,
        "ignore_form": ignore_form,
        "is_quarantined": row.state == InboundMail.State.QUARANTINED,
    }
    return render(request, "tickets/setup/quarantined.html", context, status=status)


def _headers(raw: bytes) -> list[tuple[str, str]]:
    """The headers people look at, decoded where that is possible."""
    found: list[tuple[str, str]] = []
    parsed = BytesHeaderParser(policy=policy.default).parsebytes(raw)
    for name in SHOWN_HEADERS:
        try:
            value = parsed.get(name)
        except (MessageError, ValueError, IndexError, AttributeError, TypeError):  # the parser trips over broken ones
            value = _("(can't be read)")
        if value is not None:
            found.append((name, str(value).replace("\x00", "␀")[:500]))
    return found
