"""The agents' forms: they check shape and clean into real types; rules are the rooms' business."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import getaddresses
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import validate_email
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.absence_words import away_words
from tickets.models import Kind, Priority, Status, Tag, Team, User
from tickets.writing import MOST_FILE_BYTES, NewFile

TIME_FORMAT = "%Y-%m-%dT%H:%M"
OTHER_TIME = "other"


def named(person: User) -> str:
    """The name, with the absence in brackets where `absences.mark_away` found one."""
    words = away_words(getattr(person, "away", None))
    return f"{person.name} ({words})" if words else person.name


# --- fields --------------------------------------------------------------------------------------------------------


class TimeInput(forms.DateTimeInput):
    """The browser's own picker for a day and an hour, in the person's zone."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format=TIME_FORMAT)


class TimeField(forms.DateTimeField):
    """A moment in the person's zone; texts with a zone of their own are taken too."""

    widget = TimeInput

    def __init__(self, **options: Any) -> None:
        options.setdefault("input_formats", [TIME_FORMAT, "%Y-%m-%dT%H:%M:%S"])
        options.setdefault("error_messages", {"invalid": _("This is not a date and time.")})
        super().__init__(**options)


class TagsField(forms.CharField):
    """Several tags with commas between them, completed while they are typed; cleaned into their names."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=500, **options)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = {"autocomplete": "off", "data-tags": reverse_lazy("tickets:find_tag"), "data-tags-many": ""}
        return super().widget_attrs(widget) | attrs | {"data-tags-new": _("new tag")}

    def clean(self, value: Any) -> list[str]:
        return [name for name in super().clean(value).split(",") if name.strip()]


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files, read into `NewFile`s."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        uploads: Sequence[UploadedFile[Any]] = [file for file in (data or []) if file]
        if sum(file.size or 0 for file in uploads) > MOST_FILE_BYTES:
            raise ValidationError(
                _("The files are too large: at most %(most)s MB fit on one message."),
                params={"most": MOST_FILE_BYTES // 1_000_000},
            )
        return [
            NewFile(
                name=file.name or "file",
                content=file.read(),
                media_type=file.content_type or "application/octet-stream",
            )
            for file in uploads
        ]


class AddressesField(forms.CharField):
    """Mail addresses with or without names, separated by commas; cleaned into (name, address) pairs."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value) or ""
        found: list[tuple[str, str]] = []
        for name, address in getaddresses([text.replace(";", ",")]):
            if not address:
                continue
            try:
                validate_email(address)
            except ValidationError as error:
                raise ValidationError(
                    _("“%(address)s” is not an e-mail address."), params={"address": address}
                ) from error
            found.append((name, address.lower()))
        if text.strip() and not found:
            raise ValidationError(_("“%(address)s” is not an e-mail address."), params={"address": text.strip()})
        return found


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """A person by id. The list of choices is the template's: the field only has to find him."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("error_messages", {"invalid_choice": _("There is no such person.")})
        super().__init__(queryset=User.objects.filter(is_active=True), **options)


class StatusField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """A status by its code."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("error_messages", {"invalid_choice": _("There is no such status.")})
        super().__init__(queryset=Status.objects.all(), to_field_name="code", **options)


def tomorrow_morning() -> datetime:
    """Nine o'clock tomorrow in the person's zone: what most people mean by "later"."""
    return timezone.localtime().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)


# --- a phone record --------------------------------------------------------------------------------------------------


class CallForm(forms.Form):
    """What was said on the phone."""

    direction = forms.ChoiceField(
        label=_("Who called"),
        choices=[("in", _("The customer called us")), ("out", _("We called the customer"))],
        widget=forms.RadioSelect,
        initial="in",
    )
    text = forms.CharField(
        label=_("What was said"),
        strip=False,
        widget=forms.Textarea({"rows": 6}),
        error_messages={"required": _("Write down what was said.")},
    )
    minutes = forms.IntegerField(required=False, min_value=1, max_value=1440, label=_("How long, in minutes"))


# --- the properties --------------------------------------------------------------------------------------------------


class ChangeStatusForm(forms.Form):
    to = StatusField(label=_("Status"))
    pending_until = TimeField(required=False, label=_("Until"))


class AssignForm(forms.Form):
    """Empty takes the owner off."""

    to = PersonField(required=False, label=pgettext_lazy("of a ticket", "Owner"))


class MoveForm(forms.Form):
    to = forms.ModelChoiceField(queryset=Team.objects.all(), label=_("Team"))


class ChangePriorityForm(forms.Form):
    to = forms.ModelChoiceField(queryset=Priority.objects.all(), to_field_name="code", label=_("Priority"))


class ChangeKindForm(forms.Form):
    to = forms.ModelChoiceField(queryset=Kind.objects.all(), to_field_name="code", label=_("Kind"))


class RenameForm(forms.Form):
    title = forms.CharField(
        max_length=1000, label=_("Title"), error_messages={"required": _("Give the ticket a title.")}
    )


class TagForm(forms.Form):
    tag = forms.CharField(max_length=200, required=False, label=_("Tag"))


class UntagForm(forms.Form):
    tag = forms.ModelChoiceField(queryset=Tag.objects.all())


class ParticipantForm(forms.Form):
    """Somebody by his address; a person who is new to us is added."""

    email = forms.EmailField(max_length=254, label=_("E-mail"))


class PersonForm(forms.Form):
    person = PersonField()


class EraseForm(forms.Form):
    reason = forms.CharField(
        max_length=300,
        label=_("Why the law demands it"),
        help_text=_("Kept in the history. Leave out the personal data itself."),
        widget=forms.Textarea({"rows": 3}),
    )


# --- a new ticket ----------------------------------------------------------------------------------------------------


class NewTicketForm(forms.Form):
    """A ticket by phone. Either `customer` is chosen, or a new person is typed in, or neither."""

    customer = PersonField(required=False, label=_("Customer"))
    new_name = forms.CharField(max_length=200, required=False, label=_("Name"))
    new_email = forms.EmailField(max_length=254, required=False, label=_("E-mail"))
    new_phone = forms.CharField(max_length=40, required=False, label=_("Phone"))
    channel = forms.ChoiceField(
        label=_("How it reached us"),
        choices=[("phone", _("By phone")), ("agent", _("In another way"))],
        initial="phone",
        required=False,
        widget=forms.RadioSelect,
    )
    title = forms.CharField(
        max_length=250,
        label=_("Title"),
        widget=forms.TextInput({"data-draft-too": True}),
        error_messages={"required": _("Give the ticket a title.")},
    )
    text = forms.CharField(
        label=_("What is it about"),
        strip=False,
        widget=forms.Textarea({"rows": 7}),
        error_messages={"required": _("Write down what was said.")},
    )
    team = forms.ModelChoiceField(queryset=Team.objects.none(), label=_("Team"), empty_label=None)
    kind = forms.ModelChoiceField(
        queryset=Kind.objects.filter(is_active=True), to_field_name="code", label=_("Kind"), empty_label=None
    )
    priority = forms.ModelChoiceField(
        queryset=Priority.objects.filter(is_active=True), to_field_name="code", label=_("Priority"), empty_label=None
    )
    owner = PersonField(required=False, label=pgettext_lazy("of a ticket", "Owner"))
    who = PersonField(required=False, label=_("Who is responsible"))
    by_when = TimeField(required=False, label=_("By when"))
    tags = TagsField(required=False, label=_("Tags"), help_text=_("Separate them with commas."))
    files = FilesField(required=False, label=_("Files"))  # type: ignore[assignment]  # fields are taken off the class

    def __init__(self, *args: Any, teams: Sequence[Team], agents: Sequence[User], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["team"].queryset = Team.objects.filter(pk__in=[team.pk for team in teams])  # type: ignore[attr-defined]
        people = [("", "–"), *((agent.pk, named(agent)) for agent in agents)]
        for name in ("owner", "who"):
            self.fields[name].widget = forms.Select(choices=people)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("who") and not cleaned.get("by_when") and "by_when" not in self.errors:
            self.add_error("by_when", _("Say by when."))
        if cleaned.get("by_when") and not cleaned.get("who") and "who" not in self.errors:
            self.add_error("who", _("Say who answers by then."))
        is_new = cleaned.get("new_email") or cleaned.get("new_phone")
        if is_new and not cleaned.get("customer") and not cleaned.get("new_name"):
            self.add_error("new_name", _("Type the person's name."))
        return cleaned
