"""How the house is: backlogs, timed jobs, failed items, versions, seals; and the erasures that law demands."""

from __future__ import annotations

import platform
import shutil
import tomllib
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET
from redis import Redis
from redis.exceptions import RedisError

from tickets.models import Erasure, InboundMail, JobRun, OutboundMail, PersonNoteErasure, Seal
from tickets.upkeep import backlogs
from tickets.web.responses import AgentRequest
from tickets.web.setup import for_admins

JOBS = {
    "process_inbound_mail": _("Mail that came in becomes tickets"),
    "send_due_mail": _("The outbox is sent"),
    "fetch_mailboxes": _("IMAP mailboxes are emptied"),
    "wake_pending_tickets": _("Pending tickets wake"),
    "seal_history": _("The history is sealed"),
    "send_due_notices": _("Notices are bundled into mails"),
    "tidy_notices": _("Old notices are removed"),
}
SHOWN_FAILURES = 10


@require_GET
@for_admins
def setup_system(request: AgentRequest) -> HttpResponse:
    """One page for the question: is everything all right?"""
    failed = OutboundMail.objects.filter(state=OutboundMail.State.FAILED).select_related("ticket").defer("body")
    stuck = InboundMail.objects.filter(state=InboundMail.State.WAITING, attempts__gt=1).defer("raw")
    context = {
        "backlogs": backlogs(),
        "jobs": [{"run": run, "words": JOBS.get(run.name, run.name)} for run in JobRun.objects.all()],
        "failed": failed.order_by("-pk")[:SHOWN_FAILURES],
        "stuck": stuck.order_by("pk")[:SHOWN_FAILURES],
        "seal": Seal.objects.order_by("-pk").first(),
        "disk": _disk(),
        "versions": _versions(),
    }
    return render(request, "tickets/setup/system.html", context)


@require_GET
@for_admins
def setup_erasures(request: AgentRequest) -> HttpResponse:
    """What was asked and by whom; someone else approves."""
    rows = Erasure.objects.select_related("message__ticket", "asked_by", "approved_by")
    asked = rows.filter(approved_by__isnull=True)
    done = rows.filter(approved_by__isnull=False).order_by("-approved_at")[:100]
    notes = PersonNoteErasure.objects.select_related("note__person", "asked_by", "approved_by")
    context = {
        "asked": asked,
        "done": done,
        "notes_asked": notes.filter(approved_by__isnull=True),
        "notes_done": notes.filter(approved_by__isnull=False).order_by("-approved_at")[:100],
    }
    return render(request, "tickets/setup/erasures.html", context)


def _disk() -> dict[str, Any]:
    """The disk under VAR_DIR, in bytes; nothing where there is no such folder."""
    try:
        usage = shutil.disk_usage(settings.VAR_DIR)
    except FileNotFoundError:
        return {}
    return {"free": usage.free, "total": usage.total, "percent": round(100 * usage.used / usage.total)}


def _versions() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        row = cursor.fetchone()
    return [
        ("Ticketdesk", _own_version()),
        ("Python", platform.python_version()),
        ("Django", django.get_version()),
        ("PostgreSQL", str(row[0]) if row else "?"),
        ("Redis", _redis_version()),
    ]


def _own_version() -> str:
    """As pyproject.toml says; the product runs from its own folder."""
    try:
        with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
            return str(tomllib.load(file)["project"]["version"])
    except FileNotFoundError:
        return "?"


def _redis_version() -> str:
    """Best effort: a page about the house must open while Redis is away."""
    try:
        with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1) as client:
            return str(client.info("server")["redis_version"])
    except RedisError:
        return str(_("not reachable"))
