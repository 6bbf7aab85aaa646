"""Set-up of mail: IMAP sources, and the account of all mail that came in. Our addresses are in `setup_mailboxes`."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tickets.errors import Refused
from tickets.mail import sources
from tickets.mail.account import mail_account
from tickets.models import ImapSource, InboundMail, User
from tickets.web.responses import AgentRequest
from tickets.web.setup import FormPage, for_admins, show_form, take_form
from tickets.web.setup_forms import ImapSourceForm
from tickets.web.setup_history import history_panel

SHOWN = 50


@require_GET
@for_admins
def setup_imap(request: AgentRequest) -> HttpResponse:
    rows = ImapSource.objects.select_related("mailbox").order_by("-is_active", "host", "user_name")
    return render(request, "tickets/setup/imap.html", {"sources": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_add_imap(request: AgentRequest) -> HttpResponse:
    page = FormPage(_("New IMAP source"), _("Add the source"), reverse("tickets:setup_imap"), _("IMAP sources"))
    return _imap_form(request, page, ImapSource())


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_imap_source(request: AgentRequest, source_id: int) -> HttpResponse:
    row = get_object_or_404(ImapSource, pk=source_id)
    return _imap_form(request, FormPage(str(row), _("Save"), reverse("tickets:setup_imap"), _("IMAP sources")), row)


@require_POST
@for_admins
def setup_try_imap(request: AgentRequest, source_id: int) -> HttpResponse:
    """Signs in to the server once, and says how it went."""
    row = get_object_or_404(ImapSource, pk=source_id)
    try:
        waiting = sources.try_source(row)
    except Refused as refusal:
        messages.error(request, f"{row}: {refusal}")
    else:
        said = ngettext(
            "%(source)s: signed in, the folder is there, and %(n)s mail waits in it.",
            "%(source)s: signed in, the folder is there, and %(n)s mails wait in it.",
            waiting,
        )
        messages.success(request, said % {"source": row, "n": waiting})
    return redirect("tickets:setup_imap")


@require_GET
@for_admins
def setup_mail(request: AgentRequest) -> HttpResponse:
    """The sum that has to be right, and the latest mails of one sort."""
    state = request.GET.get("state", "")
    rows = InboundMail.objects.defer("raw").select_related("mailbox", "ticket", "handled_by").order_by("-pk")
    if state in InboundMail.State.values:
        rows = rows.filter(state=state)
    before = request.GET.get("before", "")
    if before.isdigit():
        rows = rows.filter(pk__lt=int(before))
    mails = list(rows[: SHOWN + 1])
    more = mails[SHOWN - 1].pk if len(mails) > SHOWN else None
    context: dict[str, Any] = {"account": mail_account(), "mails": mails[:SHOWN], "state": state, "more": more}
    return render(request, "tickets/setup/mail.html", context | {"states": InboundMail.State.choices})


def _imap_form(request: AgentRequest, page: FormPage, row: ImapSource) -> HttpResponse:
    context = history_panel(row) if row.pk else {}
    if request.method != "POST":
        return show_form(request, page, ImapSourceForm(instance=row), context=context)

    def save(*, by: User, **values: Any) -> None:
        sources.save_source(row, password=values["password"], refresh_token=values["refresh_token"], by=by)

    # A valid ModelForm has put its values onto `row`; the room saves it.
    said = "" if row.pk else _("The source is saved.")
    return take_form(request, page, ImapSourceForm(request.POST, instance=row), save, said=said, context=context)
