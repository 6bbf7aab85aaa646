"""Telephone exchanges for whoever runs the contact centre: which there are, how they are, what they sent in vain."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contactcenter import clock
from contactcenter.models import CallEvent, Exchange, Queue
from contactcenter.telephony import exchanges
from contactcenter.web.doors_webhook import REASONS
from contactcenter.web.entry import for_supervisors
from tickets import permissions as house
from tickets.errors import Refused
from tickets.web.responses import AgentRequest, go_back

REMARKABLE_SHOWN = 50


class ExchangeForm(forms.Form):
    """A new exchange. Which fields are needed depends on its kind, which the room says."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    kind = forms.ChoiceField(label=gettext_lazy("How it tells us"), choices=Exchange.Kind.choices)
    host = forms.CharField(label=gettext_lazy("Host"), max_length=253, required=False)
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=5038, required=False)
    user_name = forms.CharField(label=gettext_lazy("User name"), max_length=120, required=False)
    password = forms.CharField(
        label=gettext_lazy("Password"), max_length=200, required=False, widget=forms.PasswordInput()
    )
    interface_form = forms.CharField(
        label=gettext_lazy("Phones are named"),
        help_text=gettext_lazy("As the exchange names an agent's phone; {extension} stands for his extension."),
        max_length=120,
        initial="PJSIP/{extension}",
        required=False,
    )
    must_sign = forms.BooleanField(label=gettext_lazy("Each request has to be signed"), required=False)


class QueueNameForm(forms.Form):
    """What the exchange calls one of our queues."""

    name = forms.CharField(label=gettext_lazy("There it is called"), max_length=120)
    queue = forms.ModelChoiceField(label=gettext_lazy("Queue"), queryset=Queue.objects.filter(is_active=True))


@require_GET
@for_supervisors
def telephony(request: AgentRequest) -> HttpResponse:
    """All exchanges with their last event, and the events that were refused, late or odd."""
    return _show(request, ExchangeForm())


@require_POST
@for_supervisors
def add_exchange(request: AgentRequest) -> HttpResponse:
    """A new one; its token is shown on the page that answers, and never again."""
    if not house.can_set_up(request.user):  # a token opens a door to the house
        raise PermissionDenied(_("Only administrators may do this."))
    form = ExchangeForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    given = form.cleaned_data
    values = {
        "host": given["host"].strip(),
        "port": given["port"] or 5038,
        "user_name": given["user_name"].strip(),
        "interface_form": given["interface_form"].strip() or "PJSIP/{extension}",
        "must_sign": given["must_sign"],
    }
    try:
        added = exchanges.add_exchange(
            given["name"],
            kind=Exchange.Kind(given["kind"]),
            by=request.user,
            password=given["password"],
            **values,
        )
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _show(request, form, status=422)
    return _show(request, ExchangeForm(), added=added)


@require_http_methods(["GET", "HEAD", "POST"])
@for_supervisors
def exchange(request: AgentRequest, exchange_id: int) -> HttpResponse:
    """One exchange: the names of its queues, and its latest events."""
    found = get_object_or_404(Exchange, pk=exchange_id)
    form = QueueNameForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            exchanges.map_queue(found, name=form.cleaned_data["name"], queue=form.cleaned_data["queue"])
            return redirect("contactcenter:telephony_exchange", found.pk)
    events = CallEvent.objects.filter(exchange=found).select_related("contact__queue").order_by("-id")
    context = {
        "exchange": found,
        "form": form,
        "names": found.queues.select_related("queue"),
        "events": _told(events[:REMARKABLE_SHOWN]),
        "can_set_up": house.can_set_up(request.user),
    }
    return render(request, "contactcenter/telephony_exchange.html", context, status=status)


@require_POST
@for_supervisors
def stop_exchange(request: AgentRequest, exchange_id: int) -> HttpResponse:
    """Listened to no longer, or again."""
    if not house.can_set_up(request.user):
        raise PermissionDenied(_("Only administrators may do this."))
    found = get_object_or_404(Exchange, pk=exchange_id)
    is_active = request.POST.get("active") == "1"
    exchanges.set_active(found, is_active=is_active)
    said = _("The exchange is listened to again.") if is_active else _("The exchange is no longer listened to.")
    return go_back(request, "contactcenter:telephony", said=said)


def _show(request: AgentRequest, form: ExchangeForm, status: int = 200, added: Any = None) -> HttpResponse:
    remarkable = ~Q(reason="") & ~Q(verdict=CallEvent.Verdict.DUPLICATE)
    events = CallEvent.objects.filter(remarkable).select_related("exchange", "contact__queue").order_by("-id")
    day = CallEvent.objects.filter(remarkable, verdict="refused", received_at__gte=clock.now() - timedelta(days=1))
    refused = dict(day.order_by().values_list("exchange").annotate(Count("pk")))
    found = [(each, refused.get(each.pk, 0)) for each in Exchange.objects.all()]
    context = {
        "exchanges": found,
        "events": _told(events[:REMARKABLE_SHOWN]),
        "form": form,
        "can_set_up": house.can_set_up(request.user),
    }
    if added is not None:
        new, token, secret = added
        address = request.build_absolute_uri(f"/centre/telephony/hook/{token}/") if token else ""
        context |= {"new": new, "address": address, "secret": secret}
    answer = render(request, "contactcenter/telephony.html", context, status=status)
    if added is not None:
        answer["Cache-Control"] = "no-store"
    return answer


KINDS = {
    "new": gettext_lazy("new call"),
    "queued": gettext_lazy("queued"),
    "ringing": gettext_lazy("ringing"),
    "answered": gettext_lazy("answered"),
    "hold": gettext_lazy("put on hold"),
    "resumed": gettext_lazy("taken off hold"),
    "transfer": gettext_lazy("transferred"),
    "hangup": gettext_lazy("hung up"),
}
TONES = {"applied": "ok", "duplicate": "", "late": "warn", "refused": "bad", "": "accent"}


def _told(events: Any) -> list[dict[str, Any]]:
    """Rows with the sentence that explains them."""
    return [
        {
            "event": event,
            "kind": KINDS.get(event.kind, event.kind),
            "why": REASONS.get(event.reason, event.reason),
            "tone": TONES.get(event.verdict, ""),
        }
        for event in events
    ]
