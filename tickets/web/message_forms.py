"""Forms of what is done with a message or between tickets: forward, redirect, split, link."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from tickets.linking import Relation
from tickets.models import Attachment, Kind, Team, Ticket
from tickets.templatetags.ui import filesize_short
from tickets.web.forms import AddressesField, FilesField, PersonField


class AttachmentsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """Files that are on the ticket already, each with its size."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} ({filesize_short(obj.blob.size)})"


class ForwardForm(forms.Form):
    """To whom, with which words, and what of it goes along."""

    to = AddressesField(
        label=_("To"),
        help_text=_("Addresses, separated by commas"),
        error_messages={"required": _("Say whom it goes to.")},
    )
    cc = AddressesField(required=False, label=_("Cc"))
    subject = forms.CharField(required=False, max_length=400, label=_("Subject"))
    text = forms.CharField(required=False, strip=False, label=_("Your words"), widget=forms.Textarea({"rows": 5}))
    quoted = forms.CharField(
        required=False, strip=False, label=_("What goes along"), widget=forms.Textarea({"rows": 9})
    )
    attachments = AttachmentsField(queryset=Attachment.objects.none(), required=False, label=_("Files of the ticket"))
    files = FilesField(required=False, label=_("More files"))  # type: ignore[assignment]  # fields are taken off the class

    def __init__(self, *args: Any, offered: Iterable[Attachment], **options: Any) -> None:
        super().__init__(*args, **options)
        keys = [attachment.pk for attachment in offered]
        if not keys:
            del self.fields["attachments"]
            return
        found = Attachment.objects.filter(pk__in=keys).select_related("blob", "message")
        self.fields["attachments"].queryset = found  # type: ignore[attr-defined]


class RedirectForm(forms.Form):
    """To whom the mail goes on."""

    to = AddressesField(
        label=_("To"),
        help_text=_("The mail goes on as it came; answers go to its sender, not to us."),
        error_messages={"required": _("Say whom it goes to.")},
    )


class SplitForm(forms.Form):
    """What the new ticket is called, and whose it is."""

    title = forms.CharField(
        max_length=250, label=_("Title"), error_messages={"required": _("Give the ticket a title.")}
    )
    team = forms.ModelChoiceField(queryset=Team.objects.none(), label=_("Team"), empty_label=None)
    kind = forms.ModelChoiceField(
        queryset=Kind.objects.filter(is_active=True), to_field_name="code", label=_("Kind"), empty_label=None
    )
    customer = PersonField(required=False, label=_("Customer"))
    acknowledge = forms.BooleanField(
        required=False,
        label=_("Tell the customer the new number"),
        help_text=_("By the usual acknowledgement."),
    )

    def __init__(self, *args: Any, teams: Sequence[Team], people: Sequence[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["team"].queryset = Team.objects.filter(pk__in=[team.pk for team in teams])  # type: ignore[attr-defined]
        nobody: tuple[str, str | LazyText] = ("", _("nobody"))
        self.fields["customer"].widget = forms.Select(choices=[nobody, *people])


class LinkForm(forms.Form):
    """How this ticket stands to the other one, which is named by its number."""

    relation = forms.ChoiceField(
        choices=Relation.choices, initial=Relation.RELATES, label=_("This ticket"), required=False
    )
    number = forms.CharField(
        max_length=40,
        label=_("Number or title"),
        help_text=_("Type some digits or words and choose."),
        error_messages={"required": _("Type the number of a ticket.")},
    )

    def clean_relation(self) -> Relation:
        return Relation(self.cleaned_data["relation"] or Relation.RELATES)


class MergeForm(forms.Form):
    """Which other ticket says the same, and which of the two goes on."""

    into = forms.ChoiceField(required=False, label=_("Of the same customer"), widget=forms.RadioSelect)
    number = forms.CharField(
        max_length=40,
        required=False,
        label=_("Another number"),
        help_text=_("Type some digits or words and choose."),
    )
    goes_on = forms.ChoiceField(
        choices=[("other", _("The chosen one")), ("this", _("This one"))],
        label=_("Which one goes on?"),
        widget=forms.RadioSelect,
    )
    candidates: Sequence[Ticket] = ()

    def offer(self, candidates: Sequence[Ticket]) -> None:
        """The tickets to choose from."""
        self.candidates = candidates
        self.fields["into"].choices = [(each.number, str(each)) for each in candidates]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("into") and not cleaned.get("number") and not self.errors:
            raise forms.ValidationError(_("Choose the other ticket."))
        return cleaned
