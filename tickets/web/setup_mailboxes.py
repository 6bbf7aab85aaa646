"""Set-up of our own addresses: whose mail they bring, how it is acknowledged, and a test of the way out and back."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tickets import answer_texts, teams
from tickets.answer_texts import auto_replies_of
from tickets.errors import Refused
from tickets.mail import trial
from tickets.mail.acknowledgement import AUTO_REPLY_PLACEHOLDERS
from tickets.mail.domain_keys import signing_domain
from tickets.models import InboundMail, Mailbox, OutboundMail, User
from tickets.web.responses import AgentRequest, is_htmx
from tickets.web.setup import FormPage, for_admins, show_form, take_form
from tickets.web.setup_forms import ChangeMailboxForm, MailboxForm
from tickets.web.setup_history import history_panel
from tickets.web.setup_previews import auto_reply_previews
from tickets.web.setup_text_forms import AutoReplyForm, by_language, into_fields


@require_GET
@for_admins
def setup_mailboxes(request: AgentRequest) -> HttpResponse:
    words = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    rows = Mailbox.objects.select_related("team").order_by("-is_active", "-is_default", "address")
    if words:
        rows = rows.filter(address__icontains=words)
    return render(request, "tickets/setup/mailboxes.html", {"mailboxes": rows, "words": words})


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_add_mailbox(request: AgentRequest) -> HttpResponse:
    page = FormPage(_("New mailbox"), _("Add the mailbox"), reverse("tickets:setup_mailboxes"), _("Mailboxes"))
    if request.method != "POST":
        return show_form(request, page, MailboxForm())
    return take_form(request, page, MailboxForm(request.POST), teams.add_mailbox, said=_("The mailbox is there."))


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_mailbox(request: AgentRequest, mailbox_id: int) -> HttpResponse:
    """One address: its rules, the last mails, tests, automatic replies."""
    row = get_object_or_404(Mailbox, pk=mailbox_id)
    if request.method != "POST":
        now = {name: getattr(row, name) for name in ChangeMailboxForm.base_fields}
        return show_form(request, _page(row), ChangeMailboxForm(initial=now), context=_context(row))
    act = partial(teams.change_mailbox, row)
    form = ChangeMailboxForm(request.POST)
    return take_form(request, _page(row), form, act, to=request.path, context=_context(row))


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_mailbox_test(request: AgentRequest, mailbox_id: int) -> HttpResponse:
    """POST sends a test; GET says how far the latest ones got."""
    row = get_object_or_404(Mailbox, pk=mailbox_id)
    refused = ""
    if request.method == "POST":
        try:
            trial.send_trial(row, by=request.user)
        except Refused as refusal:
            refused = str(refusal)
    if not is_htmx(request):
        if refused:
            messages.error(request, refused)
        return redirect(reverse("tickets:setup_mailbox", args=[row.pk]) + "#_mailbox_test")
    return render(request, "tickets/setup/_mailbox_test.html", _test_context(row) | {"refused": refused})


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def setup_auto_replies(request: AgentRequest, mailbox_id: int) -> HttpResponse:
    """What acknowledges a new ticket of this mailbox, in each language."""
    row = get_object_or_404(Mailbox, pk=mailbox_id)
    page = FormPage(
        _("Automatic reply of %(address)s") % {"address": row.address},
        _("Save"),
        reverse("tickets:setup_mailbox", args=[row.pk]),
        row.address,
        "tickets/setup/texts.html",
    )
    now = auto_replies_of(row)
    context = {
        "placeholders": AUTO_REPLY_PLACEHOLDERS.items(),
        "preview_url": reverse("tickets:setup_auto_reply_preview", args=[row.pk]),
        "previews": auto_reply_previews(row, by_language(request.POST) if request.method == "POST" else now),
    } | history_panel(row)
    if request.method != "POST":
        return show_form(request, page, AutoReplyForm(initial=into_fields(now)), context=context)

    def save(*, by: User, **values: Any) -> None:
        answer_texts.write_auto_replies(row, by_language(values), by=by)

    return take_form(request, page, AutoReplyForm(request.POST), save, to=request.path, context=context)


@require_POST
@for_admins
def setup_auto_reply_preview(request: AgentRequest, mailbox_id: int) -> HttpResponse:
    """How the mail looks with what is being typed."""
    row = get_object_or_404(Mailbox, pk=mailbox_id)
    previews = auto_reply_previews(row, by_language(request.POST))
    return render(request, "tickets/setup/_previews.html", {"previews": previews})


def _page(row: Mailbox) -> FormPage:
    back = reverse("tickets:setup_mailboxes")
    return FormPage(row.address, _("Save"), back, _("Mailboxes"), "tickets/setup/mailbox.html")


def _context(row: Mailbox) -> dict[str, Any]:
    return (
        {
            "last_in": InboundMail.objects.defer("raw")
            .filter(mailbox=row)
            .select_related("ticket")
            .order_by("-pk")
            .first(),
            "last_out": OutboundMail.objects.defer("body").filter(sender_address=row.address).order_by("-pk").first(),
            "plus_address": trial.sample_plus_address(row.address),
            "signing_domain": signing_domain(row.address),
            "sources": row.imap_sources.all(),
            "auto_replies": [language for language, text in auto_replies_of(row).items() if text],
        }
        | _test_context(row)
        | history_panel(row)
    )


def _test_context(row: Mailbox) -> dict[str, Any]:
    trials = trial.trials_of(row)
    return {"mailbox": row, "trials": trials, "is_on_its_way": any(each.is_on_its_way for each in trials)}
