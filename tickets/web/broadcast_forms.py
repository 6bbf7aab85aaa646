"""The composer of broadcasts: shape only; what may be said to whom is the room's business."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from tickets.broadcasts.plan import Order
from tickets.models import Broadcast
from tickets.web.forms import StatusField, TimeField
from tickets.web.setup_text_forms import PREFIX, by_language


class BroadcastForm(forms.Form):
    """What to say or to do. The kind decides which of the fields count."""

    kind = forms.ChoiceField(choices=Broadcast.Kind.choices, initial=Broadcast.Kind.REPLY)
    note = forms.CharField(
        label=_("Internal note"), required=False, strip=False, max_length=100_000, widget=forms.Textarea({"rows": 6})
    )
    status = StatusField(label=_("Status"), required=False)
    pending_until = TimeField(label=_("Until"), required=False)
    tells_late_joiners = forms.BooleanField(label=_("Later reporters get it too"), required=False, initial=True)
    preview = forms.CharField(label=_("Who reads it"), required=False, max_length=200)
    known = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for code, name in settings.LANGUAGES:
            self.fields[f"{PREFIX}{code}"] = forms.CharField(
                label=capfirst(name),
                required=False,
                strip=False,
                max_length=100_000,
                widget=forms.Textarea({"rows": 9, "lang": code}),
            )

    @property
    def texts(self) -> list[Any]:
        """The text fields, one for each language."""
        return [self[f"{PREFIX}{code}"] for code, _name in settings.LANGUAGES]

    def order(self) -> Order:
        """What was asked for; the form is valid."""
        said = self.cleaned_data
        kind = Broadcast.Kind(said["kind"])
        return Order(
            kind=kind,
            texts={"": said["note"]} if kind == Broadcast.Kind.NOTE else by_language(said),
            status=said["status"],
            pending_until=said["pending_until"],
            tells_late_joiners=said["tells_late_joiners"],
        )
