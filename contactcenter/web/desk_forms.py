"""The desk's forms: what came of a contact, who somebody is, until when not to be disturbed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contactcenter.models import BackgroundWork, Contact, Loan
from contactcenter.results import Disposition, Result
from tickets.web.forms import OTHER_TIME, PersonField, TimeField

NO_PROMISE = ""


class ResultForm(forms.Form):
    """What came of a contact. A ticket is named, or it is said that there is none: silence is neither."""

    disposition = forms.ChoiceField(
        choices=Disposition.choices, required=False, label=gettext_lazy("Result"), widget=forms.RadioSelect
    )
    number = forms.CharField(
        max_length=40,
        required=False,
        label=gettext_lazy("Ticket"),
        help_text=gettext_lazy("Type some digits or words and choose."),
    )
    is_without = forms.BooleanField(required=False, label=gettext_lazy("No ticket is needed"))
    notes = forms.CharField(
        max_length=10_000,
        required=False,
        strip=False,
        label=gettext_lazy("Short note"),
        help_text=gettext_lazy("Only colleagues see it; it stands on the ticket too."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    who = PersonField(required=False, label=gettext_lazy("Who answers"))
    by_when = forms.CharField(required=False, max_length=40, label=gettext_lazy("By when"))
    exact = TimeField(required=False, label=gettext_lazy("By when exactly"))

    @staticmethod
    def values_of(contact: Contact) -> dict[str, Any]:
        """What was said of it before."""
        wrap_up = getattr(contact, "wrap_up", None)
        ticket = wrap_up.ticket if wrap_up is not None else contact.ticket
        values: dict[str, Any] = {"number": ticket.number if ticket is not None else ""}
        if wrap_up is not None:
            values |= {"disposition": wrap_up.disposition, "notes": wrap_up.notes}
            values["is_without"] = wrap_up.is_without_ticket
        return values

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        number = cleaned.get("number") or ""
        if not number and not cleaned.get("is_without") and "number" not in self.errors:
            self.add_error("number", _("Choose a ticket, or say that there is none."))
        if number and cleaned.get("is_without"):
            self.add_error("is_without", _("A ticket is named above. Take out one of the two."))
        self._clean_time(cleaned)
        return cleaned

    def _clean_time(self, cleaned: dict[str, Any]) -> None:
        offered = cleaned.get("by_when") or NO_PROMISE
        if offered == NO_PROMISE:
            cleaned["by_when"] = None
        elif offered == OTHER_TIME:
            cleaned["by_when"] = cleaned.get("exact")
            if cleaned["by_when"] is None and "exact" not in self.errors:
                self.add_error("exact", _("Say by when."))
        else:
            try:
                cleaned["by_when"] = TimeField().clean(offered)
            except forms.ValidationError as error:
                self.add_error("by_when", error)

    @property
    def result(self) -> Result:
        """Of a valid form."""
        cleaned = self.cleaned_data
        return Result(
            disposition=cleaned["disposition"],
            number=cleaned["number"],
            notes=cleaned["notes"],
            who=cleaned["who"],
            by_when=cleaned["by_when"],
        )


class CallerForm(forms.Form):
    """Who is on the line: somebody known, or a new person by name, with an address if he gave one."""

    customer = PersonField(required=False, label=gettext_lazy("Person"))
    new_name = forms.CharField(max_length=200, required=False, label=gettext_lazy("Name"))
    new_email = forms.EmailField(required=False, label=gettext_lazy("E-mail"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("customer") is None and not cleaned.get("new_name") and not self.errors:
            self.add_error("new_name", _("Choose somebody, or write the name of a new person."))
        return cleaned


class MinutesForm(forms.Form):
    """For how long. None: not at all any more."""

    minutes = forms.IntegerField(min_value=1, max_value=8 * 60, required=False)


class ParkForm(forms.Form):
    """Why a ticket is laid aside, and where on its page he was."""

    reason = forms.ChoiceField(choices=BackgroundWork.Reason.choices, required=False)
    place = forms.CharField(max_length=300, required=False)

    def clean_reason(self) -> BackgroundWork.Reason:
        return BackgroundWork.Reason(self.cleaned_data["reason"] or BackgroundWork.Reason.OTHER)


class DeclineForm(forms.Form):
    """Why he can't help."""

    reason = forms.ChoiceField(
        choices=[(one.value, one.label) for one in (Loan.Reason.CUSTOMER, Loan.Reason.PROMISE, Loan.Reason.OTHER)],
        required=False,
    )

    def clean_reason(self) -> Loan.Reason:
        return Loan.Reason(self.cleaned_data["reason"] or Loan.Reason.OTHER)
