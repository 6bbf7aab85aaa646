"""What the promise control on the ticket page shows: who answers, by when, how long still, and what may be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets import absences, permissions
from tickets.absence_words import away_words
from tickets.at_hand import Colleague
from tickets.models import Promise, Ticket, User
from tickets.promises import ANY
from tickets.templatetags.ui import in_words, short_span
from tickets.web.forms import OTHER_TIME, PersonField, TimeField
from tickets.web.offers import Offer
from tickets.web.responses import AgentRequest


class ByWhenForm(forms.Form):
    """A moment that the page offered, or an exact one."""

    by_when = forms.CharField(required=False, max_length=40, label=gettext_lazy("By when"))
    exact = TimeField(required=False, label=gettext_lazy("By when exactly"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        offered = cleaned.get("by_when") or ""
        if offered and offered != OTHER_TIME:
            try:
                cleaned["by_when"] = TimeField().clean(offered)
            except forms.ValidationError as error:
                self.add_error("by_when", error)
        elif cleaned.get("exact") is not None:
            cleaned["by_when"] = cleaned["exact"]
        elif "exact" not in self.errors:
            self.add_error("exact", _("Say by when."))
        return cleaned


class PromiseForm(ByWhenForm):
    """Who answers by when. `seen` is the promise that the page showed; `sure`: even though he is away."""

    who = PersonField(label=gettext_lazy("Who answers"))
    seen = forms.CharField(required=False, max_length=20)
    sure = forms.BooleanField(required=False)

    def clean_seen(self) -> int | None:
        return seen_promise(self.cleaned_data["seen"], "seen" in self.data)


class WithdrawForm(forms.Form):
    seen = forms.CharField(required=False, max_length=20)

    def clean_seen(self) -> int | None:
        return seen_promise(self.cleaned_data["seen"], "seen" in self.data)


class DeclineForm(forms.Form):
    reason = forms.CharField(required=False, strip=True, max_length=5000, label=gettext_lazy("Why not?"))


def seen_promise(text: str, is_said: bool) -> int | None:
    """The promise that a page showed: its id, None for none; whatever there is where the page does not say."""
    if text.isascii() and text.isdigit():
        return int(text)
    return None if is_said and not text else ANY


@dataclass(frozen=True, slots=True)
class AwayWarning:
    """The colleague who was to be asked is away then; `deputy` stands in."""

    who: User
    deputy: User | None
    by_when: str
    words: str


@dataclass(frozen=True, slots=True)
class Control:
    """The open promise as one person sees it."""

    promise: Promise | None
    sentence: str
    span: str
    is_asked_of_me: bool
    may_agree: bool
    may_withdraw: bool
    team: Sequence[Colleague]
    others: Sequence[Colleague]
    preset: int
    is_open: bool


def promise_context(
    request: AgentRequest,
    ticket: Ticket,
    offered: Offer,
    promise: Promise | None,
    *,
    may_assign: bool,
    preset: str = "",
) -> dict[str, Any]:
    """For `_promise.html`, with everybody's absence; `preset` is the colleague to ask, by id."""
    user = request.user
    request.at_hand.mark_away([ticket.owner, ticket.responsible, promise.who if promise else None])
    team, others = (offered.agents, offered.colleagues) if may_assign else ([], [])
    return {
        "promise": promise,
        "control": control(user, promise, team, others, may_assign=may_assign, preset=preset),
    }


def control(
    user: User,
    promise: Promise | None,
    team: Sequence[Colleague],
    others: Sequence[Colleague],
    *,
    may_assign: bool,
    preset: str = "",
) -> Control:
    is_mine = promise is not None and promise.who_id == user.pk
    wanted = int(preset) if preset.isascii() and preset.isdigit() and len(preset) < 16 else 0
    return Control(
        promise=promise,
        sentence=state_words(promise, user),
        span=span_words(promise),
        is_asked_of_me=is_mine and promise is not None and promise.state == Promise.State.ASKED,
        may_agree=promise is not None
        and promise.proposed is not None
        and not is_mine
        and (may_assign or promise.asked_by_id == user.pk),
        may_withdraw=promise is not None and (is_mine or may_assign),
        team=[agent for agent in team if agent.pk != user.pk],
        others=[agent for agent in others if agent.pk != user.pk],
        preset=wanted,
        is_open=wanted != 0,
    )


def state_words(promise: Promise | None, user: User) -> str:
    """The state as a sentence."""
    if promise is None:
        return _("Nobody has promised an answer yet.")
    time = in_words(promise.by_when, time=True)
    words = {"name": promise.who.name, "time": time, "by": promise.asked_by.name if promise.asked_by else ""}
    if promise.who_id == user.pk:
        if promise.state != Promise.State.ASKED:
            return _("You promised to answer by %(time)s.") % words
        if promise.asked_by is None:
            return _("You were asked to answer by %(time)s.") % words
        return _("%(by)s asks you to answer by %(time)s.") % words
    if promise.state == Promise.State.ASKED:
        return _("%(name)s was asked to answer by %(time)s and has not accepted yet.") % words
    return _("%(name)s promised to answer by %(time)s.") % words


def span_words(promise: Promise | None, now: datetime | None = None) -> str:
    """How long it still is, or how late it is."""
    if promise is None:
        return ""
    left = (promise.by_when - (now or timezone.now())).total_seconds()
    span = short_span(left, parts=2)
    return _("%(span)s left") % {"span": span} if left >= 0 else _("%(span)s late") % {"span": span}


def warn_if_away(ticket: Ticket, who: User, by_when: datetime) -> AwayWarning | None:
    """Whoever is away at that time should not be counted on; his deputy may be."""
    absence = absences.absence_at(who, by_when)
    if absence is None:
        return None
    who.away = absence  # type: ignore[attr-defined]  # for the template
    return AwayWarning(
        who=who,
        deputy=absences.stand_in(who, at=by_when),
        by_when=timezone.localtime(by_when).strftime("%Y-%m-%dT%H:%M"),
        words=away_words(absence, with_deputy=False),
    )


def may_ask(user: User, ticket: Ticket, who: User) -> bool:
    """For oneself wherever one may write; asking others takes the right to assign."""
    return who.pk == user.pk or permissions.can_assign(user, ticket)
