""" "Call me back" in the portal: asked, where it stands, called off."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from contactcenter import places, wishes
from contactcenter.models import CallbackWish, Contact, Queue
from tickets.errors import Refused
from tickets.web.portal import PersonRequest, for_people


class CallbackForm(forms.Form):
    """A number, what it is about, and when. Rules are the room's business."""

    number = forms.CharField(
        label=gettext_lazy("At which number?"),
        max_length=40,
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"required": gettext_lazy("Give a phone number that we can call, such as +36 30 123 4567.")},
    )
    queue = forms.ModelChoiceField(
        label=gettext_lazy("What is it about?"),
        queryset=Queue.objects.none(),
        empty_label=None,
        error_messages={"required": gettext_lazy("Choose what it is about.")},
    )
    text = forms.CharField(
        label=gettext_lazy("In a few words"),
        help_text=gettext_lazy("Then whoever calls knows already."),
        required=False,
        strip=False,
        max_length=wishes.LONGEST_TEXT,
        widget=forms.Textarea({"rows": 3}),
    )
    wished_at = forms.DateTimeField(
        label=gettext_lazy("Not before"),
        help_text=gettext_lazy("Leave it empty, and we call as soon as it is your turn."),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = wishes.offered_queues()
        self.fields["queue"].queryset = offered  # type: ignore[attr-defined]  # of a ModelChoiceField
        if offered.count() == 1:
            self.fields["queue"].widget = forms.HiddenInput()
            self.initial.setdefault("queue", offered.get().pk)


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def callback(request: PersonRequest) -> HttpResponse:
    """The form, and above it where the wishes stand."""
    if request.method != "POST":
        return _show(request, CallbackForm(initial={"number": request.user.phone}))
    form = CallbackForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    given = form.cleaned_data
    wished: datetime | None = given["wished_at"]
    if wished is not None and timezone.is_naive(wished):
        wished = timezone.make_aware(wished)
    try:
        wishes.ask_for_callback(
            given["queue"], number=given["number"], by=request.user, text=given["text"], wished_at=wished
        )
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _show(request, form, status=422)
    messages.success(request, _("We call you back; your place in the line is kept."))
    return redirect("contactcenter:portal_callback")


@require_POST
@for_people
def call_off(request: PersonRequest, wish_id: int) -> HttpResponse:
    """The person does without."""
    wish = get_object_or_404(CallbackWish.objects.filter(contact__customer=request.user), pk=wish_id)
    try:
        wishes.call_off(wish, by=request.user)
    except Refused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("We do not call you back."))
    return redirect("contactcenter:portal_callback")


def _show(request: PersonRequest, form: CallbackForm, status: int = 200) -> HttpResponse:
    standing = [
        {
            "wish": wish,
            "contact": wish.contact,
            "place": places.place_of(wish.contact),
            "is_open": not wish.contact.is_over,
            "is_later": wish.contact.state == Contact.State.RETRY_WAIT,
            "is_with_agent": wish.contact.state in Contact.WITH_AGENT and not wish.contact.is_over,
        }
        for wish in wishes.recent_wishes(request.user)
    ]
    context = {"form": form, "standing": standing, "is_offered": wishes.offered_queues().exists()}
    return render(request, "contactcenter/callback.html", context, status=status)
