"""Forms of the contact centre's set-up: they check shape; what is allowed is the rooms' business."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

import holidays
from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from contactcenter.models import Agent, Queue
from contactcenter.setting_up import FLAGS, QUEUE_FIELDS
from contactcenter.web.setup_times import read_days, read_spans
from tickets.models import Team, User
from tickets.web.setup_text_forms import NamesForm

LEVELS = (2, 3, 4)


class QueueForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """A queue's promises and rules; the room writes them, never this form."""

    class Meta:
        model = Queue
        fields = QUEUE_FIELDS
        help_texts = {
            "offer_seconds": _("Seconds until an offer that nobody answers goes on."),
            "wrap_up_seconds": _("Seconds after a contact; 0 for none."),
            "answer_within": _("Seconds. The target of the service level."),
            "short_abandon": _("Seconds. Who gives up sooner is not held against us."),
            "most_waiting": _("So many may wait; empty for no limit."),
            "longest_wait": _("Seconds until a contact is sent elsewhere; empty for no limit."),
            "minimum_stay": _("Seconds. The rule sends no helper back sooner; a person may."),
            "callback_pause": _("Seconds."),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["team"].queryset = Team.objects.filter(is_active=True)  # type: ignore[attr-defined]
        others = Queue.objects.filter(is_active=True)
        self.fields["overflow_to"].queryset = others.exclude(pk=self.instance.pk)  # type: ignore[attr-defined]
        delays = {one.level: one.delay for one in self.instance.levels.all()} if self.instance.pk else {}
        for level in LEVELS:
            self.fields[f"level_{level}"] = forms.IntegerField(
                label=_("Level %(n)s opens after, seconds") % {"n": level},
                help_text=_("Empty: at once.") if level == LEVELS[0] else "",
                min_value=0,
                max_value=86400,
                required=False,
                initial=delays.get(level),
            )

    def clean(self) -> dict[str, Any]:
        """The levels' delays together."""
        cleaned = super().clean() or self.cleaned_data
        given = {level: cleaned.pop(f"level_{level}", None) for level in LEVELS}
        cleaned["delays"] = {level: delay for level, delay in given.items() if delay is not None}
        self.cleaned_data = cleaned
        return cleaned


class HoursForm(forms.Form):
    """The week, public holidays, days that differ."""

    name = forms.CharField(label=_("Name"), max_length=120)
    time_zone = forms.ChoiceField(label=_("Time zone"), initial="Europe/Budapest")
    holidays_of = forms.ChoiceField(
        label=_("Closed on public holidays of"), required=False, help_text=_("Moved working days are open as Fridays.")
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        zones = sorted(available_timezones())
        self.fields["time_zone"].choices = [(zone, zone) for zone in zones]  # type: ignore[attr-defined]
        countries = sorted(holidays.list_supported_countries())
        self.fields["holidays_of"].choices = [  # type: ignore[attr-defined]
            ("", _("none")),
            *((code, code) for code in countries if len(code) == 2),
        ]
        for number, weekday in WEEKDAYS.items():
            self.fields[f"day_{number}"] = forms.CharField(
                label=capfirst(weekday),
                required=False,
                max_length=200,
                help_text=_("Such as 08:00-12:00, 13:00-17:00; empty for closed.") if number == 0 else "",
            )
        self.fields["special"] = forms.CharField(
            label=_("Days that differ"),
            required=False,
            max_length=10_000,
            widget=forms.Textarea({"rows": 5}),
            help_text=_("One a line: 2026-12-24 is closed, 2026-12-12 08:00-12:00 has these hours."),
        )

    def clean(self) -> dict[str, Any]:
        """The texts as times; what can't be read is told at its field, and stays as it was typed."""
        cleaned = super().clean() or {}
        spans = {}
        for number in range(7):
            try:
                spans[number] = read_spans(cleaned.pop(f"day_{number}", ""))
            except forms.ValidationError as error:
                self.add_error(f"day_{number}", error)
        try:
            cleaned["special"] = read_days(cleaned.get("special", ""))
        except forms.ValidationError as error:
            self.add_error("special", error)
        return cleaned | {"spans": spans}


class ActivityForm(NamesForm):
    """Names and flags of an activity."""

    is_present = forms.BooleanField(label=_("Signed in"), required=False, initial=True)
    is_routable = forms.BooleanField(label=_("Gets contacts"), required=False)
    is_recallable = forms.BooleanField(label=_("Can be called back to the line"), required=False)
    is_productive = forms.BooleanField(label=_("Counts as work"), required=False)
    is_paid = forms.BooleanField(label=_("Paid"), required=False, initial=True)
    is_chosen = forms.BooleanField(
        label=_("Can be chosen"), required=False, initial=True, help_text=_("Off: only the system sets it.")
    )
    limit_minutes = forms.IntegerField(
        label=_("Longest, in minutes"),
        required=False,
        min_value=1,
        max_value=1440,
        help_text=_("Who is at it longer is listed on the wallboard."),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    flags = (*FLAGS, "is_active")


class AgentForm(forms.Form):
    """Where an agent belongs."""

    user = forms.ModelChoiceField(label=_("Colleague"), queryset=User.objects.none())
    home_team = forms.ModelChoiceField(label=_("Home team"), queryset=Team.objects.none())
    extension = forms.CharField(label=_("Extension"), required=False, max_length=80)
    is_supervisor = forms.BooleanField(label=_("Runs the contact centre"), required=False)
    is_active = forms.BooleanField(
        label=_("Belongs to the contact centre"),
        required=False,
        help_text=_("Off: signed out, and stays in the history."),
    )

    def __init__(self, *args: Any, agent: Agent | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        teams = Team.objects.filter(is_active=True)
        self.fields["home_team"].queryset = teams  # type: ignore[attr-defined]
        if agent is not None:
            del self.fields["user"]
            return
        del self.fields["is_active"]
        known = Agent.objects.values("user")
        people = User.objects.filter(is_active=True, roles__overlap=["agent", "admin"]).exclude(pk__in=known)
        self.fields["user"].queryset = people.order_by("name")  # type: ignore[attr-defined]


class SeatForm(forms.Form):
    """A place in a queue."""

    queue = forms.ModelChoiceField(label=_("Queue"), queryset=Queue.objects.none())
    level = forms.IntegerField(label=_("Level"), min_value=1, max_value=9, initial=1, help_text=_("1 comes first."))
    position = forms.IntegerField(label=_("Position"), min_value=0, max_value=999, initial=0)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["queue"].queryset = Queue.objects.filter(is_active=True)  # type: ignore[attr-defined]
