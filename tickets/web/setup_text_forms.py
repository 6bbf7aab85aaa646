"""The forms of ready texts: one field for each language; shape only, rules are the rooms' business."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.urls import reverse_lazy
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.models import AnswerTemplate, Status, Team, User
from tickets.models.tags import HUES

PREFIX = "text_"


def by_language(values: Mapping[str, Any], prefix: str = PREFIX) -> dict[str, str]:
    """The fields of a form that hold a text for each language, by the language's code."""
    return {code: str(values.get(f"{prefix}{code}", "")) for code, _name in settings.LANGUAGES}


def into_fields(texts: Mapping[str, str], prefix: str = PREFIX) -> dict[str, str]:
    """The other way round: what a form begins with."""
    return {f"{prefix}{code}": text for code, text in texts.items()}


class TextsForm(forms.Form):
    """A text in each language of the product."""

    rows = 10

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for code, name in settings.LANGUAGES:
            self.fields[f"{PREFIX}{code}"] = forms.CharField(
                label=capfirst(name),
                required=False,
                strip=False,
                widget=forms.Textarea({"rows": self.rows, "lang": code}),
            )


class AutoReplyForm(TextsForm):
    """What acknowledges a new ticket. Empty means the house's own words."""


class TemplateForm(TextsForm):
    name = forms.CharField(
        label=_("Name"), max_length=80, error_messages={"required": _("Give the template a name.")},
        help_text=_("What an agent types to find it."),
    )  # fmt: skip
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.filter(is_active=True), required=False, empty_label=_("all teams")
    )
    position = forms.IntegerField(
        label=_("Place in the list"), min_value=0, max_value=9999, initial=0, help_text=_("Smaller ones come first.")
    )


class ChangeTemplateForm(TemplateForm):
    is_active = forms.BooleanField(label=_("Offered in the composer"), required=False)


class NamesForm(forms.Form):
    """A name in each language."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for code, name in settings.LANGUAGES:
            self.fields[f"name_{code}"] = forms.CharField(
                label=_("Name (%(language)s)") % {"language": name},
                max_length=60,
                widget=forms.TextInput({"lang": code}),
                error_messages={"required": _("Give it a name in each language.")},
            )
        names = [f"name_{code}" for code, _name in settings.LANGUAGES]
        self.order_fields([*names, *self.fields])


class KindForm(NamesForm):
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)


class PriorityForm(NamesForm):
    level = forms.TypedChoiceField(
        label=_("Level"),
        coerce=int,
        choices=[
            (4, pgettext_lazy("level of a priority", "4: before all others")),
            (3, pgettext_lazy("level of a priority", "3: soon")),
            (2, pgettext_lazy("level of a priority", "2: in its turn")),
            (1, pgettext_lazy("level of a priority", "1: when there is time")),
        ],
        initial=2,
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)


class StatusForm(NamesForm):
    status_type = forms.ChoiceField(
        label=pgettext_lazy("of a status", "Type"),
        choices=[each for each in Status.Type.choices if each[0] != Status.Type.MERGED],
        help_text=_("Decides what the product does; it can't change once a ticket has had the status."),
    )  # fmt: skip
    waits_for = forms.ChoiceField(
        label=_("Whose turn it is"),
        choices=Status.WaitsFor.choices,
        help_text=_("What the customer reads in the portal."),
    )
    closes_to = forms.ModelChoiceField(
        label=_("Closes to"),
        queryset=Status.objects.filter(
            is_active=True, type__in=[Status.Type.CLOSED_SUCCESSFUL, Status.Type.CLOSED_UNSUCCESSFUL]
        ),
        required=False,
        empty_label="–",
        help_text=_("For auto close: the status it turns into when the time is up."),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)


class TagForm(TextsForm):
    name = forms.CharField(label=_("Name"), max_length=60, error_messages={"required": _("Type a tag.")})
    description = forms.CharField(
        label=_("Description"),
        max_length=300,
        required=False,
        help_text=_("What it stands for, for those who pick it."),
    )
    colour = forms.TypedChoiceField(
        label=_("Colour"), coerce=int, empty_value=None, required=False, choices=[("", _("none")), *HUES.items()]
    )
    team = forms.ModelChoiceField(
        label=_("Team that looks after it"),
        queryset=Team.objects.filter(is_active=True),
        required=False,
        empty_label="–",
    )

    owner = forms.ModelChoiceField(
        label=_("Who answers for it"), queryset=User.objects.none(), required=False, empty_label="–",
        help_text=_("Looks after the problem behind the tag, whoever works on the tickets."),
    )  # fmt: skip
    synonyms = forms.CharField(
        label=_("Other words"),
        max_length=1000,
        required=False,
        help_text=_("Separated by commas. Whoever types one of them gets this tag."),
    )
    answer_template = forms.ModelChoiceField(
        label=_("Standing answer from a template"),
        queryset=AnswerTemplate.objects.filter(is_active=True),
        required=False,
        empty_label=_("none; or a text of its own below"),
    )
    field_order = ("name", "description", "colour", "synonyms", "team", "owner", "answer_template")
    rows = 5

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        agents = User.objects.filter(is_active=True, roles__overlap=["agent", "admin"])
        self.fields["owner"].queryset = agents.order_by("name")  # type: ignore[attr-defined]
        for code, name in settings.LANGUAGES:
            self.fields[f"{PREFIX}{code}"].label = _("Standing answer (%(language)s)") % {"language": name}
        texts = [f"{PREFIX}{code}" for code, _name in settings.LANGUAGES]
        self.order_fields([*self.field_order, *texts, *self.fields])

    def clean_synonyms(self) -> list[str]:
        return [word.strip() for word in self.cleaned_data["synonyms"].split(",") if word.strip()]


class JoinTagForm(forms.Form):
    """Which tag takes the place of this one."""

    into = forms.CharField(
        label=_("Into the tag"), max_length=60, error_messages={"required": _("Type a tag.")},
        widget=forms.TextInput({"autocomplete": "off", "data-tags": reverse_lazy("tickets:find_tag")}),
    )  # fmt: skip


class ChangeTagForm(TagForm):
    is_active = forms.BooleanField(
        label=_("Offered when a tag is typed"), required=False, help_text=_("Tickets that have it keep it.")
    )
