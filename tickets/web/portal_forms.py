"""The portal's forms: they check shape; rules are the rooms' business."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tickets.models import Kind, Priority
from tickets.web.forms import FilesField

# What a customer chooses, in his words: the code of ours, the words, what they mean.
KINDS = (
    ("incident", _("Something does not work"), _("It worked before, or it should")),
    ("request", _("I need something"), _("A device, access, a change")),
    ("question", _("I have a question"), _("How, why, how much")),
)
HINDRANCES = (
    ("high", _("I can't work"), _("Or others can't, because of it")),
    ("normal", _("It slows me down"), _("But I get on")),
    ("low", _("It can wait"), _("A few days do no harm")),
)


def code_field(choices: tuple[tuple[str, Any, Any], ...], **options: Any) -> forms.ChoiceField:
    return forms.ChoiceField(choices=[(code, words) for code, words, _meaning in choices], **options)


class NewRequestForm(forms.Form):
    """A customer's request: a title, what happened, what sort of thing it is, how much it hinders, files."""

    title = forms.CharField(
        label=_("What is it about?"),
        help_text=_("In one sentence, such as “The printer on the 2nd floor does not print”."),
        max_length=250,
        widget=forms.TextInput({"data-draft-too": True}),
        error_messages={"required": _("Say in a few words what it is about.")},
    )
    kind = code_field(KINDS, label=_("What sort of thing is it?"), initial="incident")
    hindrance = code_field(HINDRANCES, label=_("How much does it hinder you?"), initial="normal")
    text = forms.CharField(
        label=_("Details"),
        strip=False,
        widget=forms.Textarea({"rows": 6}),
        error_messages={"required": _("Write what happened, a few words will do.")},
    )
    files = FilesField(required=False, label=_("Files"))  # type: ignore[assignment]  # a field, not the posted files

    def clean_kind(self) -> Kind | None:
        return Kind.objects.filter(code=self.cleaned_data["kind"], is_active=True).first()

    def clean_hindrance(self) -> Priority | None:
        return Priority.objects.filter(code=self.cleaned_data["hindrance"], is_active=True).first()


class AnswerForm(forms.Form):
    """A customer's answer. Whether an empty text may go depends on the button, so the room decides."""

    text = forms.CharField(label=_("Your answer"), required=False, strip=False, widget=forms.Textarea({"rows": 5}))
    files = FilesField(required=False, label=_("Files"))  # type: ignore[assignment]  # a field, not the posted files
