"""The set-up pages' forms: shape only; rules are the rooms' business."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from tickets.models import ImapSource, Mailbox, Organisation, Role, Team, User
from tickets.web.account import time_zones

if TYPE_CHECKING:
    _ImapSourceModelForm = forms.ModelForm[ImapSource]
else:
    _ImapSourceModelForm = forms.ModelForm  # takes no subscript at run time


class TeamForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120, error_messages={"required": _("Give the team a name.")})
    description = forms.CharField(label=_("Description"), max_length=300, required=False)
    closed_follow_up = forms.ChoiceField(
        label=_("A message to a closed ticket"), choices=Team.ClosedFollowUp.choices, widget=forms.RadioSelect,
        initial=Team.ClosedFollowUp.REOPEN,
    )  # fmt: skip
    absent_owner = forms.ChoiceField(
        label=_("A message while its owner is away"), choices=Team.AbsentOwner.choices, widget=forms.RadioSelect,
        initial=Team.AbsentOwner.DEPUTY,
    )  # fmt: skip


class ChangeTeamForm(TeamForm):
    is_active = forms.BooleanField(label=_("The team works"), required=False)


class SignatureForm(forms.Form):
    """One text for each language of the product."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for code, name in settings.LANGUAGES:
            self.fields[code] = forms.CharField(
                label=capfirst(name),
                required=False,
                max_length=4000,
                strip=False,
                widget=forms.Textarea({"rows": 4, "lang": code}),
            )


class MemberForm(forms.Form):
    """Which agent joins the team."""

    agent = forms.ModelChoiceField(
        queryset=User.objects.none(), label=_("Agent"), error_messages={"required": _("Choose an agent.")}
    )

    def __init__(self, *args: Any, agents: Iterable[User], **options: Any) -> None:
        super().__init__(*args, **options)
        ids = [agent.pk for agent in agents]
        self.fields["agent"].queryset = User.objects.filter(pk__in=ids)  # type: ignore[attr-defined]


class PersonForm(forms.Form):
    """What an administrator may say about a person."""

    name = forms.CharField(
        label=_("Name"), max_length=200, help_text=_("As the person writes it."),
        error_messages={"required": _("Type the person's name.")},
    )  # fmt: skip
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    job_title = forms.CharField(label=_("Job title"), max_length=120, required=False)
    place = forms.CharField(
        label=_("Place"), max_length=120, required=False, help_text=_("Where the person works: site, floor, room.")
    )
    organisation = forms.ModelChoiceField(
        label=_("Organisation"), queryset=Organisation.objects.filter(is_active=True), required=False, empty_label="–"
    )
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=Role.choices, widget=forms.CheckboxSelectMultiple, initial=[Role.CUSTOMER],
        error_messages={"required": _("Choose one role at least.")},
    )  # fmt: skip
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones)


class InvitePersonForm(PersonForm):
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    field_order = ("name", "email")


class AddressForm(forms.Form):
    email = forms.EmailField(
        label=_("One more address"), max_length=254, error_messages={"required": _("Type an e-mail address.")}
    )


class OrganisationForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=200, error_messages={"required": _("Give the organisation a name.")}
    )
    shares_tickets = forms.BooleanField(label=_("Members see one another's tickets"), required=False)


class ChangeOrganisationForm(OrganisationForm):
    is_active = forms.BooleanField(label=_("Active"), required=False)


class ChangeMailboxForm(forms.Form):
    name = forms.CharField(
        label=_("Sender's name"), max_length=120, required=False, help_text=_("What people see beside the address.")
    )
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.filter(is_active=True), empty_label=None,
        help_text=_("Mail to the address becomes its tickets."),
    )  # fmt: skip
    is_default = forms.BooleanField(
        label=_("Default"),
        required=False,
        help_text=_("Takes mail that names none of our addresses, and requests from the portal."),
    )
    sends_auto_reply = forms.BooleanField(label=_("Acknowledges new tickets"), required=False, initial=True)
    trusts_headers = forms.BooleanField(
        label=_("Obeys X-Ticketdesk headers"),
        required=False,
        help_text=_(
            "A mail may then choose team, priority, kind and tags of its new ticket. Only for an address that none but "
            "your own systems write to: anybody who knows it can do the same."
        ),
    )
    is_active = forms.BooleanField(label=_("Active"), required=False, initial=True)


class MailboxForm(ChangeMailboxForm):
    address = forms.EmailField(
        label=_("Address"), max_length=254, error_messages={"required": _("Type the mailbox's address.")}
    )
    field_order = ("address", "name")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        del self.fields["is_active"]


class ImapSourceForm(_ImapSourceModelForm):
    """A mailbox on an IMAP server. An empty password or refresh token keeps the one there is."""

    password = forms.CharField(
        label=_("Password or client secret"), required=False, strip=False, max_length=4000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    refresh_token = forms.CharField(
        label=_("Refresh token"), required=False, max_length=8000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    class Meta:
        model = ImapSource
        fields = (
            "host", "port", "security", "user_name", "sign_in", "token_url", "client_id", "scope", "folder", "after",
            "move_to", "mailbox", "is_active",
        )  # fmt: skip
        widgets = {"sign_in": forms.RadioSelect}
        help_texts = {
            "token_url": _("Only for OAuth2: where access tokens are given out. Begins with https://."),
            "client_id": _("Only for OAuth2."),
            "scope": _("Only for OAuth2, as the provider names it. Several with blanks between."),
        }

    field_order = (
        "host", "port", "security", "user_name", "sign_in", "password", "token_url", "client_id", "scope",
        "refresh_token",
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["mailbox"].queryset = Mailbox.objects.filter(is_active=True)  # type: ignore[attr-defined]
        self.fields["refresh_token"].help_text = _("Only for OAuth2 with a refresh token.")
        sign_in = self.data.get("sign_in") or self.instance.sign_in
        password = self.fields["password"]
        password.required = not self.instance.secret and sign_in != ImapSource.SignIn.REFRESH_TOKEN
        is_password = sign_in == ImapSource.SignIn.PASSWORD
        password.error_messages["required"] = (
            _("Type the mailbox's password.") if is_password else _("Type the client's secret.")
        )
        if self.instance.secret:
            password.help_text = _("Leave it empty to keep the one that is set.")
        if self.instance.refresh_secret:
            self.fields["refresh_token"].help_text = _("Leave it empty to keep the one that is set.")

    def clean(self) -> dict[str, Any]:
        """What OAuth2 needs besides."""
        given = super().clean() or self.cleaned_data
        sign_in = given.get("sign_in")
        missing: dict[str, Any] = {}
        if sign_in == ImapSource.SignIn.REFRESH_TOKEN and not (
            given.get("refresh_token") or self.instance.refresh_secret
        ):
            missing["refresh_token"] = _("Type the refresh token.")
        if sign_in != ImapSource.SignIn.PASSWORD:
            missing |= {name: _("OAuth2 needs it.") for name in ("token_url", "client_id") if not given.get(name)}
        for name, words in missing.items():
            if name not in self.errors:
                self.add_error(name, words)
        return given


class ReleaseForm(forms.Form):
    """A ticket from a quarantined mail."""

    sender_email = forms.EmailField(
        label=_("Who wrote it"), max_length=254, required=False, help_text=_("When the mail does not say it.")
    )
    team = forms.ModelChoiceField(
        label=_("Team"),
        queryset=Team.objects.filter(is_active=True),
        required=False,
        empty_label=_("as its mailbox says"),
    )


class IgnoreForm(forms.Form):
    reason = forms.CharField(label=_("Why it needs no ticket"), max_length=500, required=False)
