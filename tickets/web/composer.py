"""What the composer shows: drafts, readers and what is odd about them, what was refused, what is on its way."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from tickets import answer_templates, drafts, recipients
from tickets.history_words import Line
from tickets.mail import outgoing
from tickets.mail.composing import last_mail_of_customer
from tickets.meanwhile import newest_line
from tickets.models import Draft, DraftFile, Participant, Ticket, User
from tickets.recipients import Reader
from tickets.templatetags.ui import in_words
from tickets.web import forms
from tickets.web.writing_forms import WriteForm
from tickets.writing import LONGEST_TEXT, MOST_FILE_BYTES, MOST_FILES, PARTY


@dataclass(frozen=True, slots=True)
class TimeOffer:
    """A moment to promise, in words."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """A text of another open page that was kept beside the draft."""

    tab: str
    fields: dict[str, str]
    words: str
    at: Any

    @property
    def as_json(self) -> str:
        """The fields, for the script that puts them into the form."""
        return json.dumps(self.fields)


@dataclass(slots=True)
class Side:
    """One side of the composer: the draft as it is kept. `other_page`: a newer one that this page has not seen."""

    kind: str
    version: int = 0
    saved_at: Any = None
    refusal: str = ""
    files: list[DraftFile] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reply on its way, as the end of the timeline shows it."""

    draft: Draft
    text: str
    to: list[str]
    cc: list[str]
    seconds: int
    left: int


@dataclass(frozen=True, slots=True)
class Held:
    """Why an answer was held back, and what came in."""

    lines: list[Line]
    sentence: str


def composer_context(
    request: HttpRequest,
    ticket: Ticket,
    form: WriteForm | None = None,
    error: str = "",
    error_at: str = "",
    held: Held | None = None,
    based_on: int | None = None,
    participants: list[Participant] | None = None,
    has_drafts: bool = True,
) -> dict[str, Any]:
    """Everything of the composer; with a refused form, what was typed and what was wrong."""
    assert isinstance(request.user, User)
    mine = drafts.drafts_on(ticket, by=request.user) if has_drafts else []
    sides = {kind: side_of(mine, kind) for kind in ("reply", "note")}
    typed = typed_in_drafts(sides) | (typed_in(form) if form is not None and form.is_bound else {})
    if request.method == "GET" and request.GET.get("template"):
        typed["text"] = with_template(request, ticket, typed.get("text", ""))
    to, cc, more = readers(request, ticket, typed, participants)
    return {
        "write": form or WriteForm(),
        "typed": typed,
        "kind": kind_shown(request, typed, sides),
        "sides": sides,
        "recipients": to,
        "to": to,
        "cc": cc,
        "loose": {"to": typed.get("to_loose", ""), "cc": typed.get("cc_loose", "")},
        "more_readers": len(to) + len(cc) - 1,
        "everyone_else": more,
        "times": times_to_promise(),
        "write_error": error,
        "write_error_at": error_at,
        "held": held,
        "key": uuid.uuid4(),
        "based_on": newest_line(ticket) if based_on is None else based_on,
        "longest": LONGEST_TEXT,
        "most_files": MOST_FILES,
        "most_file_bytes": MOST_FILE_BYTES,
    } | waiting_context(ticket, mine)


def waiting_context(ticket: Ticket, mine: list[Draft]) -> dict[str, Any]:
    """The person's replies on their way, and those that came back."""
    waiting = [waiting_of(draft) for draft in mine if draft.send_at is not None]
    return {
        "waiting": waiting,
        "waiting_ids": ",".join(str(each.draft.pk) for each in waiting),
        "refused_draft": next((draft for draft in mine if draft.refusal and draft.send_at is None), None),
    }


def waiting_of(draft: Draft) -> Waiting:
    orders = draft.orders
    assert draft.send_at is not None
    left = (draft.send_at - timezone.now()).total_seconds()
    return Waiting(
        draft=draft,
        text=str(draft.fields.get("text", "")),
        to=[str(address) for _name, address in orders.get("to", [])],
        cc=[str(address) for _name, address in orders.get("cc", [])],
        seconds=int(orders.get("seconds") or 1),
        left=max(0, round(left)),
    )


def side_of(mine: list[Draft], kind: str) -> Side:
    """The draft of this kind as a side of the composer; an empty side without one."""
    draft = next((each for each in mine if each.kind == kind and each.send_at is None), None)
    if draft is None:
        return Side(kind)
    return Side(
        kind,
        draft.version,
        draft.saved_at if drafts.words_of(draft.fields) else None,
        draft.refusal,
        list(draft.files.all()),
        set_aside_of(draft),
        draft.fields,
    )


def set_aside_of(draft: Draft) -> list[SetAside]:
    found = [
        SetAside(tab, other["fields"], drafts.words_of(other["fields"])[:300], parse_datetime(str(other["at"])))
        for tab, other in draft.others.items()
    ]
    return sorted(found, key=lambda other: str(other.at), reverse=True)


def typed_in(form: WriteForm) -> dict[str, str]:
    """The fields as they came. Addresses that can't be taken apart are shown as they were written."""
    typed = {name: str(form[name].value() or "") for name in form.fields if name in form.data}
    return typed | {f"{name}_loose": typed[name] for name in ("to", "cc") if name in form.errors and name in typed}


def typed_in_drafts(sides: dict[str, Side]) -> dict[str, str]:
    reply, note = sides["reply"].fields, sides["note"].fields
    return {**note, **reply, "note": note.get("note", "")}


def with_template(request: HttpRequest, ticket: Ticket, text: str) -> str:
    """Without script a template is chosen on a page of its own: it comes below what was typed."""
    assert isinstance(request.user, User)
    found = answer_templates.templates_for(ticket, request.user)
    filled = next((each.text for each in found if each.key == request.GET["template"]), "")
    return "\n\n".join(part for part in (text.rstrip(), filled) if part)


def kind_shown(request: HttpRequest, typed: dict[str, str], sides: dict[str, Side]) -> str:
    """The side that was used; with drafts, the one that was written last."""
    if typed.get("kind"):
        return typed["kind"]
    if request.GET.get("write") == "note":
        return "note"
    reply, note = sides["reply"].saved_at, sides["note"].saved_at
    return "note" if note and (not reply or note > reply) else "reply"


def readers(
    request: HttpRequest, ticket: Ticket, typed: dict[str, str], participants: list[Participant] | None
) -> tuple[list[Reader], list[Reader], list[Reader]]:
    """To, Cc, and whom "reply to all" would add. By default the customer, and whoever takes part."""
    last = last_mail_of_customer(ticket)
    usual_to = outgoing.default_recipients(ticket, last=last)
    usual_cc = outgoing.default_copies(ticket) if participants is None else copies_for(participants)
    to = parties_in(typed["to"]) if "to" in typed else usual_to
    cc = parties_in(typed["cc"]) if "cc" in typed else usual_cc
    more = recipients.everyone_of(last, but=[address for _name, address in (*to, *cc)])
    if request.GET.get("all") and more:
        cc, more = [*cc, *more], []
    known = {address.lower() for _name, address in (*usual_to, *usual_cc)}
    judged = recipients.judge(ticket, [*to, *cc, *more], known=known)
    return judged[: len(to)], judged[len(to) : len(to) + len(cc)], judged[len(to) + len(cc) :]


def copies_for(participants: list[Participant]) -> list[PARTY]:
    """Whom a reply is copied to unless the agent says otherwise: those who take part."""
    people = [participant.user for participant in participants]
    return [(each.name, each.email) for each in people if each.email and each.is_active]


def parties_in(text: str) -> list[PARTY]:
    """The addresses in a field; what is none is left out."""
    try:
        found: list[PARTY] = forms.AddressesField(required=False).clean(text)
    except ValidationError:
        return []
    return found


def times_to_promise() -> list[TimeOffer]:
    """The moments people promise most: in two hours, today at four, tomorrow at nine, in two working days."""
    now = timezone.localtime()
    hour = now.replace(minute=0, second=0, microsecond=0)
    morning = forms.tomorrow_morning()
    moments = [hour + timedelta(hours=2), hour.replace(hour=16), morning]
    later = morning + timedelta(days=1)
    while later.weekday() >= 5:
        later += timedelta(days=1)
    moments.append(later)
    kept = sorted({moment for moment in moments if moment > now + timedelta(minutes=30)})
    return [TimeOffer(moment.strftime(forms.TIME_FORMAT), in_words(moment, time=True)) for moment in kept]
