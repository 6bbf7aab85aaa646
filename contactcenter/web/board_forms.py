"""What the wallboard's dialogs ask."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from contactcenter.models import Agent, Loan, Queue

MINUTES = (15, 30, 45, 60, 90, 120, 240)


class PullInForm(forms.Form):
    """Whom to ask, how, and for how long."""

    agents = forms.ModelMultipleChoiceField(
        label=_("Who"), queryset=Agent.objects.none(), error_messages={"required": _("Choose somebody to ask.")}
    )
    consent = forms.ChoiceField(
        label=_("How they are asked"), choices=Loan.Consent.choices, initial=Loan.Consent.ASK, widget=forms.RadioSelect
    )
    minutes = forms.TypedChoiceField(
        label=_("For how long"),
        coerce=int,
        required=False,
        empty_value=None,
        choices=[("", _("until sent back")), *((n, _("%(n)s minutes") % {"n": n}) for n in MINUTES)],
    )

    def __init__(self, *args: object, candidates: Iterable[Agent], **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]  # passed on as they came
        keys = [agent.pk for agent in candidates]
        self.fields["agents"].queryset = Agent.objects.filter(pk__in=keys)  # type: ignore[attr-defined]


class MoveForm(forms.Form):
    """From which queue to which, at which level. Without the first he serves one more; without the second one less."""

    out_of = forms.ModelChoiceField(
        label=_("Out of"), queryset=Queue.objects.none(), required=False, empty_label=_("stays where they are")
    )
    into = forms.ModelChoiceField(
        label=_("Into"), queryset=Queue.objects.none(), required=False, empty_label=_("no other queue")
    )
    level = forms.IntegerField(label=_("Level"), min_value=1, max_value=9, initial=1)

    def __init__(self, *args: object, agent: Agent, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]  # passed on as they came
        served = agent.queue_memberships.filter(left_at__isnull=True, kind="home").values("queue")
        queues = Queue.objects.filter(is_active=True)
        self.fields["out_of"].queryset = queues.filter(pk__in=served)  # type: ignore[attr-defined]
        self.fields["into"].queryset = queues.exclude(pk__in=served)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, object]:
        """One of the two at least."""
        cleaned = super().clean() or {}
        if not self.errors and not (cleaned.get("out_of") or cleaned.get("into")):
            raise forms.ValidationError(_("Choose a queue to leave or to join."))
        return cleaned
