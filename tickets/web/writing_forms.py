"""The composer's form, and the fields that only it has."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from tickets.drafts import Page
from tickets.web.forms import OTHER_TIME, AddressesField, FilesField, PersonField, StatusField, TimeField

# What a form says of itself; the rest is what was typed.
ABOUT_THE_FORM = frozenset(
    {"csrfmiddlewaretoken", "ticket", "kind", "version", "tab", "key", "based_on", "take_over", "drop", "anyway"}
    | {"and", "next", "files", "draft_url"}
)
# Of the composer's fields, those that belong to one side alone.
ONLY_REPLY = ("text", "to", "cc", "then", "pending_until")
ONLY_NOTE = ("note",)
KEEP_STATUS = "keep"
JOINED = ("to", "cc", "attachments")  # several values of one name


class ManyAddresses(forms.TextInput):
    """The chips and the line beside them carry one name: together they are the value."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str | None:
        values = data.getlist(name) if isinstance(data, QueryDict) else [data[name]] if name in data else []
        return ", ".join(value for value in values if value.strip()) if values else None


class WriteForm(forms.Form):
    """Reply or note with what goes with it: status, promise, files. `kind` says which of the two texts counts."""

    kind = forms.ChoiceField(choices=[("reply", _("Reply")), ("note", _("Note"))])
    text = forms.CharField(required=False, strip=False, widget=forms.Textarea, label=_("Message"))
    note = forms.CharField(required=False, strip=False, widget=forms.Textarea, label=_("Internal note"))
    to = AddressesField(required=False, label=_("To"), widget=ManyAddresses)
    cc = AddressesField(required=False, label=_("Cc"), widget=ManyAddresses)
    then = StatusField(required=False, label=_("Then"))
    pending_until = TimeField(required=False, label=_("Until"))
    who = PersonField(required=False, label=_("Who is responsible"))
    by_when = forms.CharField(required=False, max_length=40, label=_("By when"))
    by_when_other = TimeField(required=False, label=_("By when exactly"))
    files = FilesField(required=False, label=_("Files"))  # type: ignore[assignment]  # fields are taken off the class
    key = forms.UUIDField(required=False)
    version = forms.IntegerField(required=False, min_value=0)
    tab = forms.CharField(required=False, max_length=40)
    based_on = forms.IntegerField(required=False, min_value=0)
    anyway = forms.BooleanField(required=False)

    def __init__(self, data: Any = None, files: Any = None) -> None:
        """The button of the send menu (`and`) says more than the list beside the text."""
        if data is not None and data.get("and"):
            data = data.copy()
            data["then"] = "" if data["and"] == KEEP_STATUS else data["and"]
        super().__init__(data, files)

    def clean_by_when(self) -> datetime | str | None:
        """A moment offered by the page, "other" for the picker beside it, or none."""
        value: str = self.cleaned_data["by_when"]
        if not value or value == OTHER_TIME:
            return value or None
        moment = TimeField().clean(value)
        return moment if isinstance(moment, datetime) else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("by_when") == OTHER_TIME:
            cleaned["by_when"] = cleaned.get("by_when_other")
            if cleaned["by_when"] is None and "by_when_other" not in self.errors:
                self.add_error("by_when_other", _("Say by when."))
        return cleaned

    @property
    def wants_nobody(self) -> bool:
        """The agent took every reader off: not the same as leaving the choice to us."""
        return "to" in self.data and not self.cleaned_data["to"]


class DraftForm(forms.Form):
    """What a page says of the draft that it saves; the typed fields stand beside."""

    ticket = forms.CharField(required=False, max_length=30)
    kind = forms.CharField(max_length=20)
    version = forms.IntegerField(required=False, min_value=0)
    tab = forms.CharField(required=False, max_length=40)
    key = forms.UUIDField(required=False)
    based_on = forms.IntegerField(required=False, min_value=0)
    take_over = forms.BooleanField(required=False)
    drop = forms.CharField(required=False, max_length=40)


def typed_fields(data: QueryDict, *, kind: str = "") -> dict[str, str]:
    """What was typed into a form, by the names of its fields; of the composer's two sides only the one that counts."""
    left_out = {"reply": ONLY_NOTE, "note": ONLY_REPLY}.get(kind, ())
    typed = {}
    for name, values in data.lists():
        if name in ABOUT_THE_FORM or name in left_out:
            continue
        texts = [str(value) for value in values]
        typed[name] = ", ".join(filter(None, texts)) if name in JOINED else texts[-1]
    return typed


def key_of(data: QueryDict) -> UUID | None:
    """The form's own key, by which a second sending is known; None when there is none or it is no key."""
    try:
        return UUID(data.get("key", ""))
    except ValueError:
        return None


def page_of(data: QueryDict) -> Page | None:
    """Which open page sends, and the version of the draft that it has seen; None without script."""
    version = data.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        return None
    return Page(int(version), data.get("tab", "")[:40])
