"""The outbox: what waits, what failed, and, where no mail server is set, what was captured to be read here."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tickets.errors import Refused
from tickets.mail.outgoing import resend_mail
from tickets.models import OutboundMail
from tickets.web.responses import AgentRequest
from tickets.web.setup import for_admins

SHOWN = 50
State = OutboundMail.State
TONES = {State.SENT: "ok", State.QUEUED: "accent", State.DEFERRED: "warn", State.FAILED: "bad", State.BOUNCED: "bad"}
CAN_RESEND = (State.FAILED, State.BOUNCED, State.DEFERRED)


@require_GET
@for_admins
def setup_outbox(request: AgentRequest) -> HttpResponse:
    """Newest first; `state` narrows."""
    state, before = request.GET.get("state", ""), request.GET.get("before", "")
    rows = OutboundMail.objects.select_related("ticket").defer("body").order_by("-pk")
    if state in State.values:
        rows = rows.filter(state=state)
    if before.isdigit():
        rows = rows.filter(pk__lt=int(before))
    mails = list(rows[: SHOWN + 1])
    counts = dict(OutboundMail.objects.values_list("state").annotate(n=Count("pk")).order_by())
    context = {
        "mails": [{"row": row, "tone": TONES[State(row.state)]} for row in mails[:SHOWN]],
        "more": mails[SHOWN - 1].pk if len(mails) > SHOWN else None,
        "state": state,
        "states": [(code, words, counts.get(code, 0)) for code, words in State.choices],
        "is_captured": settings.OUTGOING_SMTP is None,
    }
    return render(request, "tickets/setup/outbox.html", context)


@require_GET
@for_admins
def setup_outbound(request: AgentRequest, outbound_id: int) -> HttpResponse:
    """One mail with its text."""
    row = get_object_or_404(OutboundMail.objects.select_related("ticket", "message"), pk=outbound_id)
    files = list(row.message.attachments.select_related("blob")) if row.message else []
    shown_headers = {name: value for name, value in row.headers.items() if not name.startswith("_")}
    context = {
        "mail": row,
        "tone": TONES[State(row.state)],
        "files": files,
        "headers": shown_headers,
        "can_resend": row.state in CAN_RESEND,
    }
    return render(request, "tickets/setup/outbound.html", context)


@require_POST
@for_admins
def setup_resend(request: AgentRequest, outbound_id: int) -> HttpResponse:
    """Queues it again."""
    row = get_object_or_404(OutboundMail, pk=outbound_id)
    try:
        resend_mail(row, by=request.user)
        messages.success(request, _("The mail is queued again."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("tickets:setup_outbound", row.pk)
